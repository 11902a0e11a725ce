# What a newcomer and a developer run. Needs Python 3.11 or newer and make; everything else goes into .venv.
PYTHON  ?= python3
PORT    ?= 8000
LIBRARY ?= library
VENV    := .venv
BIN     := $(VENV)/bin
# What judges the pages, beside the browser: outside the repository, in these versions.
TOOLS   ?= $(or $(XDG_CACHE_HOME),$(HOME)/.cache)/broadsheet-browser
JUDGES  := axe-core@4.14.1 html-validate@10.17.0
APT     := as=; [ "$$(id -u)" = 0 ] || as=sudo; $$as apt-get update -qq && $$as apt-get install -y -qq
PIP     := $(BIN)/python -m pip --disable-pip-version-check

.DEFAULT_GOAL := help
.PHONY: help demo test test-anywhere lint docs reference browser constraints clean

help:
	@echo "make demo [PORT=8123]   fill a library and read it at http://127.0.0.1:$(PORT)"
	@echo "make test               every check and every test of both houses but the browser's"
	@echo "make test-anywhere      the tests in other places: processors, time zones, locales, orders, clocks, Pythons"
	@echo "make browser            the walk through a real browser, and its judges (installs Debian's chromium if missing)"
	@echo "make lint               style, types and layers alone"
	@echo "make docs               the documentation as a site, in build/site"
	@echo "make reference          renew the pages of docs/reference, made from the code"
	@echo "make constraints        write down the exact versions of a fresh installation"
	@echo "make clean              remove .venv and caches; libraries stay"

$(VENV)/installed: pyproject.toml constraints.txt hatch_build.py $(wildcard native/*)
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; try: make PYTHON=python3.12"; exit 1; }
	@echo "1/3 Installing into $(VENV) (once; a minute or two, most of it downloading)"
	@start=$$(date +%s); $(PYTHON) -m venv $(VENV) \
		&& $(PIP) install --progress-bar on --constraint constraints.txt --editable . \
		&& echo "    installed in $$(( $$(date +%s) - start )) seconds"
	@touch $@

$(VENV)/installed-dev: $(VENV)/installed lab/pyproject.toml
	@echo "Installing what the checks need"
	@$(PIP) install --progress-bar on --constraint constraints.txt --editable '.[dev,docs]' --editable './lab[bench]'
	@$(PIP) install --quiet --constraint constraints.txt --editable './lab[ann]' \
		|| echo "hnswlib needs a C++ compiler and Python's headers: its tests are skipped"
	@touch $@

# Exit code 1 is "partly": some records or a source stayed out, and what came in is worth reading.
demo: $(VENV)/installed
	@echo "2/3 Adding the reading list to $(abspath $(LIBRARY)); in another folder, the same library is"
	@echo "    export BROADSHEET_LIBRARY='$(abspath $(LIBRARY))'"
	@$(BIN)/broadsheet --library $(LIBRARY) add --reading-list || test $$? -eq 1
	@echo "3/3 Asking arXiv for the newest papers of cs.IR and cs.LG (30 seconds at most)"
	@BROADSHEET_ARXIV__DAYS=3 $(BIN)/broadsheet --library $(LIBRARY) sync --seconds 30 || test $$? -eq 1
	@exec $(BIN)/broadsheet --library $(LIBRARY) serve --port $(PORT)

lint: $(VENV)/installed-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/mypy --config-file lab/pyproject.toml
	$(BIN)/lint-imports --no-cache
	cd lab && ../$(BIN)/lint-imports --no-cache
	$(BIN)/python tests/reachable.py
	$(BIN)/python tests/measured.py

# COVER=1: with branch coverage, and a bar for each of the folders through which papers pass.
test: lint
	$(BIN)/pytest -n auto -m "not browser" $(if $(COVER),--cov --cov-report=json:build/coverage.json)
	$(if $(COVER),$(BIN)/python tests/measured.py build/coverage.json)

# SHORT=--short: one run in which as many places as go together are true at once.
test-anywhere: $(VENV)/installed-dev
	@{ ls /usr/share/i18n/locales/tr_TR && command -v cc; } >/dev/null 2>&1 || { $(APT) locales gcc libc6-dev; }
	$(BIN)/python tests/anywhere.py $(SHORT)

docs: $(VENV)/installed-dev
	$(BIN)/mkdocs build --strict --quiet --clean
	@echo "open build/site/index.html"

reference: $(VENV)/installed-dev
	$(BIN)/python scripts/reference.py
	$(BIN)/python scripts/statements.py

browser: $(VENV)/installed-dev
	@command -v chromium >/dev/null && command -v chromedriver >/dev/null && command -v npm >/dev/null \
		|| { $(APT) chromium chromium-driver nodejs npm; }
	@mkdir -p $(TOOLS) && npm install --prefix $(TOOLS) --no-audit --no-fund --silent $(JUDGES) \
		|| echo "npm could not bring $(JUDGES): the tests that need them are skipped"
	BROADSHEET_BROWSER_TOOLS=$(TOOLS) $(BIN)/pytest -m browser

constraints:
	rm -rf build/constraints
	$(PYTHON) -m venv build/constraints
	build/constraints/bin/python -m pip install --quiet --upgrade --editable '.[dev,docs]' --editable './lab[bench,ann,peers,transformers]'
	build/constraints/bin/python -m pip freeze --exclude-editable > constraints.txt
	rm -rf build/constraints

clean:
	rm -rf $(VENV) build dist .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
