"""search --precise and what prepares it: says what is missing, encodes once, goes away again."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from broadsheet.pipeline.index.vector_file import MODULES
from tests.cli.conftest import Cli


def test_without_vectors_search_names_both_commands_that_help(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "queries.jsonl").write_text('{"query_id": "a", "query": "news feeds"}\n', encoding="utf-8")
    for arguments in (("news feeds",), ("--queries", "queries.jsonl", "--run", "-")):
        run = cli("search", "--precise", *arguments)
        assert (run.code, run.out) == (2, "")
        assert "pip install '.[transformers]'" in run.err
        assert "broadsheet precise build" in run.err
    assert cli("search", "news feeds").code == 0
    run = cli("precise", "drop", "--json")
    assert (run.code, run.json) == (0, {"dropped": False})


def test_build_search_and_drop(cli: Cli, library: Path, tmp_path: Path) -> None:
    for module in MODULES:
        pytest.importorskip(module)
    run = cli("precise", "build", "--json")
    assert (run.code, run.json["encoded"], run.json["kept"]) == (0, 18, 0)
    assert "0 papers encoded, 18 were up to date" in cli("precise", "build").out
    found = cli("search", "--precise", "journalism for readers", "-k", "3", "--json").json["results"]
    assert [result["title"].partition(" number")[0] for result in found] == ["News feeds"] * 3
    (tmp_path / "queries.jsonl").write_text(
        json.dumps({"query_id": "a", "query": "journalism for readers"}) + "\n", encoding="utf-8"
    )
    lines = cli("search", "--precise", "--queries", "queries.jsonl", "--run", "-", "-k", "3").out.splitlines()
    assert [line.split()[2] for line in lines] == [str(result["id"]) for result in found]
    assert cli("check").code == 0
    assert cli("precise", "drop").out == "removed\n"
    assert not (library / "indexes" / "precise" / "vectors.bin").exists()
    assert cli("search", "--precise", "journalism").code == 2
