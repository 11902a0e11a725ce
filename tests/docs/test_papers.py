"""The small files beside the code are valid and say what is so."""

from __future__ import annotations

import re
import tomllib
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.docs.blocks import ROOT, pages

yaml = pytest.importorskip("yaml")  # comes with mkdocs
PLACES = (ROOT, ROOT / "src" / "broadsheet", ROOT / "lab" / "src" / "broadsheet_lab")
VERSION = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]


def read(name: str) -> Any:
    return yaml.safe_load((ROOT / name).read_text(encoding="utf-8"))


def test_the_citation_has_what_its_format_requires_and_names_this_version() -> None:
    citation = read("CITATION.cff")
    assert citation["cff-version"] == "1.2.0"
    assert citation["type"] == "software"
    assert {"message", "title", "authors"} <= set(citation)
    assert all("name" in author or "family-names" in author for author in citation["authors"])
    assert citation["version"] == VERSION
    assert citation["license"] == "Apache-2.0"
    released = citation.get("date-released")
    assert released is None or isinstance(released, date)


def test_hooks_before_a_commit_run_the_commands_of_the_repository_alone() -> None:
    [local] = read(".pre-commit-config.yaml")["repos"]
    hooks = local["hooks"]
    assert local["repo"] == "local"
    assert {hook["language"] for hook in hooks} == {"system"}
    lint = (ROOT / "Makefile").read_text(encoding="utf-8").partition("\nlint:")[2].partition("\n\n")[0]
    for line in re.findall(r"\$\(BIN\)/(.+)", lint):
        assert any(hook["entry"].startswith(f".venv/bin/{line.partition(' --')[0]}") for hook in hooks), line
    for name in re.findall(r"tests/\S+\.py", " ".join(hook["entry"] for hook in hooks)):
        assert (ROOT / name).is_file()


def test_lines_of_the_changelog_are_short_and_grouped() -> None:
    text = (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^### (.+)$", text, re.MULTILINE)) <= {"Added", "Changed", "Fixed", "Removed"}
    for entry in re.split(r"^\* ", text, flags=re.MULTILINE)[1:]:
        assert len(" ".join(entry.partition("\n\n")[0].split())) <= 240, entry


def test_terms_of_the_glossary_stand_once_and_in_order() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    sections = [re.findall(r"^\| (?!term )([^|]+?) \|", part, re.MULTILINE) for part in text.split("\n## ")[1:]]
    terms = [term.casefold() for section in sections for term in section]
    assert len(terms) == len(set(terms)) > 120
    for section in sections:
        assert section == sorted(section, key=str.casefold)
    standard = {"query", "posting", "snapshot", "segment", "candidate", "feature", "reranker", "snippet", "interest"}
    assert standard | {"impression", "merge", "quarantine", "result", "mask", "ranking"} <= set(terms)


@pytest.mark.parametrize(
    "page", [path for path in pages() if path.name != "add-a-method.md"], ids=lambda path: path.name
)
def test_files_that_a_page_names_exist(page: Path) -> None:
    for name in re.findall(r"`((?:[\w.-]+/)+[\w.-]+\.(?:py|c|h|json|bin|sh))`", page.read_text(encoding="utf-8")):
        assert any((place / name).exists() for place in PLACES), f"{page.name}: {name}"


def test_classes_that_the_glossary_names_exist() -> None:
    text = (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8")
    source = "\n".join(path.read_text(encoding="utf-8") for path in (ROOT / "src" / "broadsheet").rglob("*.py"))
    for name in re.findall(r"`([A-Z][a-z]+(?:[A-Z][a-z]+)*)(?:\.\w+)?`", text):
        assert re.search(rf"^class {name}\b", source, re.MULTILINE), name
