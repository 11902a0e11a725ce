"""METHODS.md and the tables of the docs are made of the cards and of what was measured."""

from __future__ import annotations

from pathlib import Path

import pytest

from broadsheet.methods import Method, methods
from broadsheet_lab.bench.__main__ import main
from broadsheet_lab.method_pages import FOLDER, MENU, every_method, render_menu, render_pages
from broadsheet_lab.methods_page import lab_methods, read_results, render_methods
from broadsheet_lab.tables import fill_numbers

ROOT = Path(__file__).parents[2]
LAB = ROOT / "lab"
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
RESULTS = read_results(LAB / "results")
STALE = "stale: run `python -m broadsheet_lab.bench --table`"


def test_the_methods_page_is_current() -> None:
    page = (LAB / "METHODS.md").read_text(encoding="utf-8")
    assert page == render_methods(methods(), lab_methods(), RESULTS), STALE


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_numbers_in_the_pages_are_current(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert text == fill_numbers(text, RESULTS), STALE


@pytest.mark.parametrize("method", lab_methods(), ids=lambda method: method.name)
def test_every_method_has_a_test_of_its_own_and_a_page_or_two(method: Method) -> None:
    assert not method.card.stage
    assert (LAB / "tests" / "methods" / f"test_{method.name}.py").is_file()
    assert len(method.path.read_text(encoding="utf-8").splitlines()) <= 300


def test_every_method_has_a_current_page_in_the_menu() -> None:
    pages = render_pages(RESULTS)
    for path, text in pages.items():
        assert (ROOT / path).is_file(), f"{path}: {STALE}"
        assert (ROOT / path).read_text(encoding="utf-8") == text, f"{path}: {STALE}"
    assert {ROOT / path for path in pages} == set((ROOT / FOLDER).glob("*.md")), STALE
    menu = (ROOT / MENU).read_text(encoding="utf-8")
    assert menu == render_menu(menu), STALE


@pytest.mark.parametrize("method", every_method(), ids=lambda method: method.name)
def test_a_card_says_when_to_choose_a_method_what_it_costs_and_why_it_is_unused(method: Method) -> None:
    card = method.card
    assert card.when
    assert card.costs
    assert bool(card.stage) != bool(card.unused)


def test_methods_build_on_methods() -> None:
    known = {method.name for method in every_method()}
    assert {name for method in every_method() for name in method.card.builds_on} <= known


def test_a_method_stands_in_one_house() -> None:
    assert not {(one.room, one.name) for one in methods()} & {(one.room, one.name) for one in lab_methods()}


def test_a_name_is_needed_and_tables_are_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main([]) == 2
    assert "nothing to measure: name a method or benchmark" in capsys.readouterr().err
    assert main(["nosuch"]) == 2
    assert "no method or benchmark 'nosuch'; there are the benchmarks spine," in capsys.readouterr().err
    Path("README.md").write_text("<!-- numbers:spine -->\n<!-- /numbers -->\n", encoding="utf-8")
    Path("lab/results").mkdir(parents=True)
    numbers = '{"numbers": [{"what": "papers/s", "value": 4000, "target": "≥ 3,000"}]}'
    Path("lab/results/spine.json").write_text(numbers, encoding="utf-8")
    assert main(["--table"]) == 0
    assert capsys.readouterr().out == f"written: {Path('lab/METHODS.md')}\nwritten: README.md\n"
    assert Path("lab/METHODS.md").read_text(encoding="utf-8").startswith("# Methods\n")
    assert "| papers/s | 4,000 | ≥ 3,000 |" in Path("README.md").read_text(encoding="utf-8")
