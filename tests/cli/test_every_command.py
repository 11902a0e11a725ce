"""What holds for every command: its help, its JSON, its words for an empty library, and a missing one."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from broadsheet.cli import COMMANDS, main
from tests.cli.conftest import Cli, jsonl, record

GROUPS = {
    "collection": (
        *("list", "show", "add", "remove", "delete", "order", "section", "remark"),
        *("share", "unshare", "complete", "export"),
    ),
    "group": ("list", "make", "join", "invite", "members", "show", "nominate", "vote", "pick", "leave"),
    "reader": ("list", "create", "delete", "tune", "import"),
    "replay": ("run",),
    "replay interleave": ("start", "stop", "show"),
    "precise": ("build", "drop"),
    "atlas": ("regions", "build", "drop"),
    "mail": ("status", "send", "resend", "drop", "release", "bounce"),
    "webhook": ("add", "list", "remove", "test"),
    "account": ("create", "list", "role", "suspend", "restore", "password", "invite", "sessions"),
    "interests": (
        *("list", "show", "make", "rename", "weigh", "quota", "mute", "unmute", "split", "merge", "delete", "reset"),
        *("undo", "start"),
    ),
    "edition": ("show", "pick", "unpick", "close"),
    "opml": ("export", "import"),
    "moderation": ("list", "hide", "unhide", "resolve", "dismiss", "log"),
}
ALL = [(one.name,) for one in COMMANDS] + [(*group.split(), name) for group, names in GROUPS.items() for name in names]


@pytest.mark.parametrize("command", ALL, ids=" ".join)
@pytest.mark.parametrize("option", ["--help", "-h"])
def test_help_says_how_to_call_it(
    capsys: pytest.CaptureFixture[str], command: tuple[str, ...], option: str, tmp_path: Path
) -> None:
    assert main([*command, option]) == 0
    out, err = capsys.readouterr()
    assert err == ""
    assert out.startswith(f"Usage: broadsheet {' '.join(command)} [OPTIONS]")
    assert "--help" in out
    assert max(map(len, out.splitlines())) <= 100
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", ALL, ids=" ".join)
def test_an_unknown_option_is_refused(cli: Cli, command: tuple[str, ...]) -> None:
    refused = cli(*command, "--no-such-option")
    assert (refused.code, refused.out) == (2, "")
    assert "no-such-option" in refused.err
    assert "Traceback" not in refused.err


READS = [
    ("search", "x"),
    ("similar", "1"),
    ("show", "1"),
    ("feed",),
    ("save", "1"),
    ("unsave", "1"),
    ("rate", "1", "up"),
    ("hide", "1"),
    ("unhide", "1"),
    ("tag", "1", "x"),
    ("undo",),
    ("vote", "1"),
    ("unvote", "1"),
    ("submit", "1"),
    ("author", "Ada"),
    ("organisations",),
    ("export", "--all"),
    ("check",),
    ("backup", "copy.db"),
    ("quarantine",),
    ("merges",),
    ("delete", "1"),
    ("imports",),
    ("trash",),
    ("restore", "1"),
    ("collection", "list"),
    ("collection", "add", "x", "1"),
    ("reader", "list"),
    ("reader", "tune", "me"),
    ("replay",),
    ("precise", "drop"),
    ("atlas",),
    ("atlas", "build"),
    ("mail", "status"),
    ("mail", "send"),
    ("mail", "release", "a@b.org"),
    ("digest", "--preview"),
    ("opml", "export"),
    ("takeout", "x.zip"),
    ("comments", "1"),
    ("moderation", "list"),
    ("moderation", "hide", "1", "spam"),
    ("moderation", "log"),
]


@pytest.mark.parametrize("command", READS, ids=" ".join)
def test_where_there_is_no_library_none_is_made(cli: Cli, tmp_path: Path, command: tuple[str, ...]) -> None:
    missing = tmp_path / "missing"
    refused = cli(*command, into=missing)
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith(f"broadsheet: {missing}: no library here; ")
    assert not missing.exists()


ANSWERS: list[tuple[tuple[str, ...], type, set[str]]] = [
    (("search", "interaction"), dict, {"query", "total", "matching", "results", "notes", "liked", "offset"}),
    (("similar", "1"), dict, {"query", "total", "results"}),
    (("show", "1"), dict, {"id", "title", "authors", "year", "venue", "sources", "added_at"}),
    (("show", "1", "--versions"), list, set()),
    (("show", "1", "--sources"), list, set()),
    (("show", "1", "--bibtex"), dict, {"format", "text"}),
    (("show", "1", "--csl"), list, set()),
    (("feed",), dict, {"reader", "policy", "cold", "items"}),
    (("save", "1", "2"), dict, {"reader", "action", "value", "done"}),
    (("rate", "1", "down"), dict, {"reader", "action", "value", "done"}),
    (("tag", "1", "x"), dict, {"reader", "action", "value", "done"}),
    (("undo",), dict, {"undone"}),
    (("vote", "1"), dict, {"votes"}),
    (("unvote", "1"), dict, {"votes"}),
    (("submit", "1"), dict, {"id", "title", "day", "note"}),
    (("organisations",), list, set()),
    (("author", "Bo Sample"), dict, {"key", "name", "orcid", "papers", "organisations", "coauthors", "namesakes"}),
    (("reader", "list"), list, set()),
    (("reader", "create", "ann"), dict, {"created"}),
    (("reader", "tune", "me", "--recency", "1"), dict, {"reader", "recency", "diversity", "exploration"}),
    (("collection", "list"), dict, set()),
    (("collection", "add", "x", "1"), dict, {"collection", "added"}),
    (("opml", "export"), dict, {"feeds"}),
    (("daily", "--no-sync"), dict, {"done"}),
    (("mail", "status"), dict, {"relay", "counts", "deferred", "unknown", "dead", "suspended", "jobs"}),
    (("mail", "send"), dict, {"counts", "problem"}),
    (("check",), dict, {"problems", "repaired", "doubtful", "parted"}),
    (("quarantine",), list, set()),
    (("quarantine", "--clear-all"), dict, {"cleared"}),
    (("merges",), list, set()),
    (("imports",), list, set()),
    (("trash",), list, set()),
    (("trash", "--empty"), dict, {"forgotten"}),
    (("delete", "1"), dict, {"deletion", "deleted"}),
    (("precise", "drop"), dict, {"dropped"}),
    (("atlas", "build"), dict, {"papers", "placed", "regions", "is_new", "seconds"}),
    (("atlas", "drop"), dict, {"dropped"}),
    (("comments", "1"), list, set()),
    (("comments", "1", "--add", "x"), list, set()),
    (("moderation", "list"), list, set()),
    (("moderation", "resolve", "paper 1", "done"), dict, {"closed"}),
    (("moderation", "log"), list, set()),
]


@pytest.mark.parametrize(
    ("command", "kind", "keys"), ANSWERS, ids=lambda one: " ".join(one) if isinstance(one, tuple) else ""
)
@pytest.mark.parametrize("before", [True, False], ids=["before", "after"])
def test_json_is_one_document_and_nothing_else(
    cli: Cli, command: tuple[str, ...], kind: type, keys: set[str], before: bool
) -> None:
    cli("reader", "create", "me")
    told = cli("--json", *command) if before else cli(*command, "--json")
    assert told.code == 0, told.err
    assert type(told.json).__name__ == kind.__name__
    assert not keys or keys <= told.json.keys()


@pytest.mark.parametrize(
    ("command", "said"),
    [
        (("collection", "show", "Empty"), "This collection is empty."),
        (("merges",), "No merges."),
        (("quarantine",), "Nothing is quarantined."),
        (("trash",), "Nothing is deleted."),
        (("undo",), "Nothing to undo."),
        (("precise", "drop"), "nothing to remove: there are no such vectors"),
        (("atlas", "drop"), "nothing to remove: there is no map"),
        (("show", "1", "--versions"), "No earlier version: this paper has not changed since it came."),
        (("search", "interaction year:1850"), "No paper matches."),
    ],
    ids=lambda one: " ".join(one) if isinstance(one, tuple) else "",
)
def test_where_there_is_nothing_it_is_said(cli: Cli, command: tuple[str, ...], said: str) -> None:
    cli("collection", "add", "Empty", "1")
    cli("collection", "remove", "Empty", "1")
    assert said in cli(*command).out.splitlines()


def without_moments(data: Any) -> Any:
    """An answer without how long it took."""
    return {key: value for key, value in data.items() if key != "seconds"}


def test_the_same_search_gives_the_same_answer(cli: Cli) -> None:
    first, again = (without_moments(cli("search", "imaginary readers", "--json").json) for _ in range(2))
    assert first == again
    assert [one["rank"] for one in first["results"]] == list(range(1, 11))
    scores = [one["score"] for one in first["results"]]
    assert scores == sorted(scores, reverse=True)


def test_an_export_comes_back_as_it_went(cli: Cli, tmp_path: Path) -> None:
    told = cli("export", "--all", "--format", "jsonl", "-o", str(tmp_path / "all.jsonl"), "--json")
    assert told.json == {"papers": 18, "file": str(tmp_path / "all.jsonl")}
    other = tmp_path / "other"
    assert cli("add", str(tmp_path / "all.jsonl"), into=other).code == 0
    lines = [cli("export", "--all", "--format", "jsonl", into=one).out.splitlines() for one in (other,)]
    ours = cli("export", "--all", "--format", "jsonl").out.splitlines()
    titles = [sorted(json.loads(line)["title"] for line in some) for some in (*lines, ours)]
    assert titles[0] == titles[1]


def test_partly_done_is_1_and_names_what_was_left(cli: Cli, tmp_path: Path) -> None:
    for command, done in ((("save",), "saved: 1"), (("hide",), "hidden: 1"), (("collection", "add", "x"), "added: 1")):
        told = cli(*command, "1", "no-such-id")
        assert (told.code, told.out.strip()) == (1, done)
        assert "no paper 'no-such-id'" in told.err
    (tmp_path / "mixed.jsonl").write_text(jsonl([{**record(50), "id": "m-50"}]) + "{broken\n", encoding="utf-8")
    added = cli("add", str(tmp_path / "mixed.jsonl"))
    assert added.code == 1
    assert "mixed.jsonl:2" in cli("quarantine").out
