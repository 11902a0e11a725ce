"""Interests and mutes on the command line."""

from __future__ import annotations

from pathlib import Path

import pytest
import typer

from broadsheet.cli.steering import _said
from tests.cli.conftest import Cli


def test_interests_from_finding_to_undo(cli: Cli, tmp_path: Path) -> None:
    assert cli("interests").out.startswith("No interests yet: save papers, or `broadsheet interests make")
    assert cli("save", "1", "2").code == 0
    listed = cli("interests", "--json").json
    (one,) = listed["interests"]
    assert (one["share"], one["papers"], one["state"], listed["mutes"]) == (1.0, 2, "on", [])
    assert cli("interests", "show", one["name"], "--json").json["papers"][0]["id"] in {1, 2}
    assert cli("interests", "rename", one["key"], "Mine").out.startswith("renamed “")
    assert cli("interests", "weigh", "Mine", "2").code == 0
    assert cli("interests", "quota", "Mine", "0.5").code == 0
    row = cli("interests").out.splitlines()[1].split()
    assert row == ["1", "Mine", "50%", "2", "2", "50%"]
    assert cli("interests", "quota", "Mine", "none").code == 0
    assert cli("interests", "quota", "Mine", "lots").code == 2
    assert "no interest 'Yours'; there is Mine" in cli("interests", "show", "Yours").err
    assert cli("interests", "mute", "Mine").code == 0
    assert cli("interests", "undo").out.startswith("undone: muted “Mine”")
    (tmp_path / "ids.txt").write_text("3\n", encoding="utf-8")
    assert cli("interests", "make", "--list", str(tmp_path / "ids.txt"), "--name", "Listed").code == 0
    assert cli("interests", "merge", "Mine", "Listed").code == 0
    assert cli("interests", "split", "Mine", "3").code == 0
    assert cli("interests", "delete", "Mine", "--json").json["done"] == "deleted “Mine”"
    assert cli("interests", "reset").code == 0
    undone = [cli("interests", "undo").out for _ in range(12)]
    assert undone[1].startswith("undone: deleted “Mine”")
    assert undone[-1] == "Nothing to undo.\n"


def test_one_thing_makes_an_interest(cli: Cli) -> None:
    assert cli("interests", "make").code == 2
    assert cli("interests", "make", "this", "--author", "that").code == 2
    assert "no paper has the tag" in cli("interests", "make", "--tag", "none").err
    assert cli("searches", "save", "own", "retrieval").code == 0
    made = cli("interests", "make", "--search", "own")
    assert made.out.startswith("made an interest; ")
    assert cli("interests", "--json").json["interests"][0]["value"] == "retrieval"


def test_mutes_come_and_go_and_the_page_counts_them(cli: Cli) -> None:
    assert cli("mute", "word", "no", "such", "words").out.startswith("muted the word no such words; 0 papers leave")
    assert cli("mute", "year", "2020").code == 2
    assert "muted word: no such words" in cli("interests").out
    assert cli("unmute", "word", "no such words").code == 0
    assert "is not muted" in cli("unmute", "word", "x").err
    assert cli("feed", "--as-of", "2999-01-01").code == 2
    assert cli("feed", "--as-of", "2020-01-01", "--catch-up", "3").code == 2
    assert cli("feed", "--as-of", "2020-01-01", "--json").json["items"] == []


def test_questions_are_shown_one_by_one_away_from_a_terminal(cli: Cli) -> None:
    first = cli("interests", "start", "--json").json["next"]
    assert f"[{first['id']}]: `broadsheet rate {first['id']} up` for yes" in cli("interests", "start").out
    assert cli("interests", "start", "--no", str(first["id"]), "--json").json["next"] != first


def test_an_answer_is_what_it_begins_with() -> None:
    assert [_said(typed) for typed in ("y", "yes", "NEAR", "ne", "n", "no")] == [
        "yes",
        "yes",
        "near",
        "near",
        "no",
        "no",
    ]
    for typed in ("", "maybe", "yess"):
        with pytest.raises(typer.BadParameter, match="yes, near"):
            _said(typed)
