"""Deleting and restoring from the command line."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Cli, jsonl, record


def test_a_paper_is_deleted_and_restored(cli: Cli) -> None:
    assert cli("save", "inv-3", "--json").code == 0
    run = cli("delete", "inv-3", "--json")
    assert (run.code, run.json["deleted"]) == (0, 1)
    assert cli("show", "inv-3").code == 2
    Path("again.jsonl").write_text(jsonl([record(3)]), encoding="utf-8")
    assert [one["kind"] for one in cli("trash", "--json").json] == ["paper"]
    run = cli("restore", str(run.json["deletion"]), "--json")
    assert len(run.json["papers"]) == 1
    assert cli("show", "inv-3", "--json").json["id"] == run.json["papers"][0]
    assert cli("trash").out.strip() == "Nothing is deleted."


def test_an_import_is_undone_and_its_papers_stay_away_no_longer(cli: Cli) -> None:
    mine = {**record(3), "id": "mine", "title": "Deep water and what it hides from us"}
    Path("mine.jsonl").write_text(jsonl([mine]), encoding="utf-8")
    assert cli("add", "mine.jsonl", "--json").json["added"] == 1
    latest = cli("imports", "--json").json[0]
    assert (latest["source"], latest["records"], latest["papers"]) == ("mine.jsonl", 1, 1)
    assert cli("imports", "--undo", str(latest["id"]), "--json").json["deleted"] == 1
    assert cli("add", "mine.jsonl", "--json").json["added"] == 1
    assert cli("delete", "mine").code == 0
    held = cli("add", "mine.jsonl")
    assert "1 known but deleted" in held.out
    assert cli("add", "mine.jsonl", "--again", "--json").json["added"] == 1
    assert cli("trash", "--empty", "--json").json == {"forgotten": 2}


def test_another_work_under_a_known_key_is_kept_apart_with_a_note(cli: Cli) -> None:
    first = {"id": "a4", "title": "Whales of the north", "authors": [{"name": "A W"}], "year": 2011}
    other = {"id": "a4", "title": "Trains of the south", "authors": [{"name": "B T"}], "year": 1999}
    for folder, one in (("p", first), ("q", other)):
        Path(folder).mkdir()
        Path(folder, "refs.jsonl").write_text(jsonl([one]), encoding="utf-8")
    assert cli("add", "p/refs.jsonl", "--json").json["added"] == 1
    run = cli("add", "q/refs.jsonl")
    assert (run.code, "the key a4 is another work's" in run.out, "1 added" in run.out) == (0, True, True)
