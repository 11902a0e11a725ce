"""Collections and exports."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.conftest import Cli


def test_a_collection_from_first_paper_to_deletion(cli: Cli) -> None:
    assert cli("collection", "add", "chapter two", "inv-1", "inv-2").out == "added: inv-1, inv-2\n"
    assert len(cli("collection", "list", "--json").json["chapter two"]) == 2
    assert cli("collection", "list").out.splitlines()[1].split() == ["chapter", "two", "2"]
    shown = cli("collection", "show", "chapter two", "--json").json
    assert [paper["sources"][0]["id"] for paper in shown] == ["inv-1", "inv-2"]
    assert cli("collection", "remove", "chapter two", "inv-1").code == 0
    assert cli("export", "--collection", "chapter two", "--format", "jsonl").out.count("\n") == 1
    assert cli("collection", "add", "chapter two", "inv-3", "inv-999").code == 1
    wrong = cli("collection", "show", "chapter too")
    assert wrong.code == 2
    assert "did you mean 'chapter two'?" in wrong.err
    assert cli("collection", "delete", "chapter two").code == 0
    assert cli("collection", "list", "--json").json == {}
    assert cli("show", "inv-2").code == 0


@pytest.mark.parametrize(("form", "begins"), [("bibtex", "@"), ("ris", "TY  - "), ("csl", "["), ("jsonl", "{")])
def test_export_of_the_whole_library_in_every_form(cli: Cli, tmp_path: Path, form: str, begins: str) -> None:
    run = cli("export", "--all", "--format", form, "-o", "out.txt", "--json")
    assert (run.code, run.json) == (0, {"papers": 18, "file": "out.txt"})
    text = (tmp_path / "out.txt").read_text(encoding="utf-8")
    assert text.lstrip().startswith(begins)
    assert text.count("for imaginary readers") == 18
    if form == "csl":
        assert len(json.loads(text)) == 18


def test_export_of_a_search_keeps_its_order(cli: Cli) -> None:
    best = cli("search", "table search", "-k", "3", "--json").json["results"]
    lines = cli("export", "--search", "table search", "-k", "3", "--format", "jsonl").out.splitlines()
    assert [json.loads(line)["title"] for line in lines] == [hit["title"] for hit in best]


@pytest.mark.parametrize("arguments", [[], ["--saved", "--all"]])
def test_export_asks_which_papers(cli: Cli, arguments: list[str]) -> None:
    run = cli("export", *arguments)
    assert run.code == 2
    assert "one of --saved, --tag, --collection, --search, --all" in run.err


def test_a_place_that_cannot_be_written_is_named(cli: Cli, tmp_path: Path) -> None:
    run = cli("export", "--all", "-o", str(tmp_path / "absent" / "out.bib"))
    assert run.code == 2
    assert "cannot be written" in run.err
