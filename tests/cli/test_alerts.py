"""Alerts, and what changed, on the command line."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Cli, jsonl, record


def test_an_alert_from_making_to_deletion(cli: Cli, tmp_path: Path) -> None:
    assert cli("alerts").out == "No alert yet: broadsheet alerts make author NAME.\n"
    made = cli("alerts", "make", "author", "Bo Sample", "--name", "Bo", "--mail", "daily", "--json").json
    assert (made["id"], made["name"], made["mail"], made["near"], made["webhook"]) == (1, "Bo", "daily", 0, False)
    assert cli("alerts").out.splitlines()[1].split()[:3] == ["1", "Bo", "author"]
    new = tmp_path / "new.jsonl"
    new.write_text(jsonl([record(900) | {"title": "Something new by Bo"}]))
    assert cli("add", str(new)).code == 0
    assert cli("alerts", "run").out == "1 looked; 1 paper found\n"
    assert cli("alerts", "run").out == "0 looked; 0 papers found\n"
    assert [one["unseen"] for one in cli("alerts", "--json").json] == [1]
    assert cli("alerts", "show", "Bo").out.startswith("* Something new by Bo  [")
    assert [one["unseen"] for one in cli("alerts", "--json").json] == [0]
    shown = cli("alerts", "threshold", "Bo", "90", "--json").json
    assert (shown["near"], len(shown["rates"])) == (90.0, 8)
    assert cli("alerts", "change", "Bo", "--mail", "no", "--name", "B").out == "changed: B, page and feed\n"
    assert cli("alerts", "pause", "B").out == "paused: B\n"
    assert cli("alerts", "pause", "B", "--resume").out == "goes on: B\n"
    assert cli("alerts", "delete", "B").out == "deleted: B\n"
    assert cli("alerts", "--json").json == []


def test_what_is_wrong_is_named_with_its_fix(cli: Cli) -> None:
    for arguments, words in (
        (("make", "venue", "x"), "there are search, author, organisation, cites"),
        (("make", "author", "Nobody At All"), "no author"),
        (("make", "cites"), "say which papers are yours"),
        (("show", "nothing"), "there is none yet"),
        (("make", "author", "Bo Sample", "--webhook", "file:///etc/passwd"), "begins with https://"),
    ):
        run = cli("alerts", *arguments)
        assert (run.code, run.out) == (2, "")
        assert words in run.err


def test_a_note_says_where_no_record_lists_what_it_cites(cli: Cli) -> None:
    run = cli("alerts", "make", "cites", "author:Bo Sample")
    assert run.code == 0
    assert "says what it cites" in run.err


def test_what_changed_is_listed_and_seen(cli: Cli, tmp_path: Path) -> None:
    one, file = record(901) | {"title": "A paper that changes"}, tmp_path / "one.jsonl"
    for abstract in ("We will measure it.", "We have measured it."):
        file.write_text(json.dumps(one | {"abstract": abstract}) + "\n")
        assert cli("add", str(file)).code == 0
        if "will" in abstract:
            number = cli("search", "title:changes", "--json").json["results"][0]["id"]
            assert cli("save", str(number)).code == 0
    out = cli("alerts", "changes").out
    assert "New version" in out
    assert "Abstract: We [-will measure-] {+have measured+} it." in out
    assert cli("alerts", "changes", "--seen", "--json").json[0]["facts"] == ["New version"]
    assert cli("alerts", "changes").out == "Nothing changed.\n"


def test_every_command_answers_in_json(cli: Cli) -> None:
    made = cli(
        "alerts", "make", "author", "Bo Sample", "--near", "50.5", "--webhook", "https://x.example/s", "--json"
    ).json
    assert (made["near"], made["webhook"], made["shape"], made["name"]) == (50.5, True, "json", "Bo Sample")
    assert "x.example" not in str(made)
    assert cli("alerts", "show", "1", "--json").json == []
    assert cli("alerts", "run", "--json").json == {"alerts": 0, "papers": 0, "troubles": []}
    changed = cli("alerts", "change", "1", "--webhook", "", "--json").json
    assert (changed["webhook"], changed["mail"]) == (False, "digest")
    shaped = cli("alerts", "change", "1", "--webhook", "https://x.example/s", "--shape", "slack", "--json").json
    assert (shaped["webhook"], shaped["shape"]) == (True, "slack")
    assert cli("alerts", "pause", "1", "--json").json["paused"]
    assert cli("alerts", "pause", "1", "--resume", "--json").json["paused"] is None
    rates = cli("alerts", "threshold", "1", "--json").json["rates"]
    assert [rate["near"] for rate in rates] == [0, 50, 75, 90, 95, 98, 99, 99.5]
    assert {"papers", "a_week", "words"} <= rates[0].keys()
    assert cli("alerts", "changes", "--json").json == []
    assert cli("alerts", "delete", "1", "--json").json == {"deleted": "Bo Sample"}


def test_alerts_are_a_readers_own(cli: Cli) -> None:
    assert cli("reader", "create", "ada").code == 0
    assert cli("alerts", "make", "author", "Bo Sample", "--reader", "ada").code == 0
    assert cli("alerts", "--json").json == []
    assert [one["name"] for one in cli("alerts", "list", "--reader", "ada", "--json").json] == ["Bo Sample"]
    assert cli("alerts", "delete", "1").code == 2
    unknown = cli("alerts", "list", "--reader", "nobody")
    assert unknown.code == 2
    assert "nobody" in unknown.err


def test_the_list_says_how_each_tells_and_what_is_wrong_with_it(cli: Cli, tmp_path: Path) -> None:
    assert cli("searches", "save", "tables", "table search").code == 0
    for name, more in (("one", ("--mail", "no")), ("two", ("--mail", "weekly", "--webhook", "https://x.example/"))):
        assert cli("alerts", "make", "search", "tables", "--name", name, *more).code == 0
    lines = cli("alerts").out.splitlines()
    assert lines[0].split() == ["ID", "NAME", "KIND", "BRINGS", "BY", "NEW"]
    assert "page and feed" in lines[1]
    assert "weekly, webhook" in lines[2]
    assert cli("searches", "delete", "tables").code == 0
    new = tmp_path / "new.jsonl"
    new.write_text(jsonl([record(902)]))
    assert cli("add", str(new)).code == 0
    run = cli("alerts", "run")
    assert "its saved search was deleted" in run.err
    assert "trouble: its saved search was deleted" in cli("alerts").out
    assert cli("alerts", "threshold", "one").code == 2
    assert cli("alerts", "threshold", "one", "101").code == 2


def test_a_daily_run_finds_and_says_so(cli: Cli, tmp_path: Path) -> None:
    assert cli("alerts", "make", "author", "Bo Sample", "--mail", "no").code == 0
    new = tmp_path / "new.jsonl"
    new.write_text(jsonl([record(903), record(904)]))
    assert cli("add", str(new)).code == 0
    assert "alerts: 2 papers found" in cli("daily", "--no-sync").out
    assert "alerts" not in cli("daily", "--no-sync").out
