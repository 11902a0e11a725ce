"""The commands for comments and for curators."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Cli
from tests.cli.test_accounts import WORDS, community


def test_a_reader_keeps_notes(cli: Cli) -> None:
    assert cli("comments", "1").out == "No comments.\n"
    assert cli("comments", "1", "--add", "read **section 3**\nand 4").code == 0
    lines = cli("comments", "1", "--add", "done", "--answer", "1").out.splitlines()
    assert [line.partition(", ")[0] for line in lines] == [
        "1. me",
        "  read **section 3**",
        "  and 4",
        "  2. me",
        "    done",
    ]
    assert cli("comments", "1", "--reader", "other").out == "No comments.\n"
    refused = cli("comments", "1", "--add", " ")
    assert (refused.code, refused.err) == (2, "broadsheet: there is no text in it\n")


def test_members_comment_and_the_operator_moderates(cli: Cli, library: Path) -> None:
    community(library)
    for name in ("rita", "otto"):
        cli("account", "create", name, stdin=WORDS)
    assert cli("comments", "1", "--add", "buy \x1b[31mkelp", "--reader", "rita").code == 0
    assert cli("comments", "1", "--add", "no", "--answer", "1", "--reader", "otto").code == 0
    assert "\x1b" not in cli("comments", "1").out
    assert cli("moderation", "list").out == "Nothing is reported.\n"
    assert cli("moderation", "hide", "1", "an advertisement").out == "hidden: 1\n"
    first, second = cli("comments", "1", "--json").json
    assert (first["state"], first["text"], first["hidden_reason"]) == ("hidden", "", "an advertisement")
    assert (second["parent"], second["depth"], second["text"]) == (1, 1, "no")
    assert "(hidden: an advertisement)" in cli("comments", "1").out
    cli("moderation", "unhide", "1", "a joke")
    assert cli("moderation", "dismiss", "comment 1", "it stands").out == "closed: 0 reports\n"
    assert [
        (one["actor"], one["act"], one["target"], one["reason"]) for one in cli("moderation", "log", "--json").json
    ] == [
        ("command line", "unhide", "comment 1", "a joke"),
        ("command line", "hide", "comment 1", "an advertisement"),
    ]
    assert cli("moderation", "log", "-k", "1").out.splitlines()[1].endswith("comment 1  a joke")
    for arguments in (("hide", "9", "why"), ("hide", "1", " "), ("resolve", "account 1", "why")):
        assert cli("moderation", *arguments).code == 2
