"""Groups from the command line, each command as one of their members."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Cli
from tests.cli.test_accounts import WORDS, community


def test_a_group_from_its_first_member_to_its_last(cli: Cli, library: Path) -> None:
    community(library)
    for name in ("rita", "otto", "cleo"):
        cli("account", "create", name, stdin=WORDS)
    assert cli("group", "--reader", "rita").out == "No groups yet: broadsheet group make NAME.\n"
    assert cli("group", "make", "Tuesday club", "--about", "one a week", "--reader", "rita").out.endswith("group 1\n")
    assert cli("group", "invite", "Tuesday club", "otto", "--reader", "rita").out == "invited: otto\n"
    assert cli("group", "list", "--reader", "otto", "--json").json["invited"] == [{"id": 1, "name": "Tuesday club"}]
    assert cli("group", "join", "1", "--reader", "otto").out == "joined: group 1\n"
    link = cli("group", "invite", "1", "--reader", "rita").out.strip()
    assert cli("group", "join", f"https://example.org{link}", "--reader", "cleo").out == "joined: group 1\n"
    members = cli("group", "members", "Tuesday club", "--reader", "otto", "--json").json
    assert [(one["name"], one["role"]) for one in members] == [
        ("rita", "owner"), ("otto", "member"), ("cleo", "member"),
    ]  # fmt: skip
    assert cli("group", "nominate", "1", "inv-2", "--why", "new", "--reader", "otto").out == "nominated: inv-2\n"
    cli("group", "nominate", "1", "inv-3", "--reader", "cleo")
    assert cli("group", "vote", "1", "inv-3", "--reader", "rita").out == "voted for: inv-3\n"
    assert cli("group", "vote", "1", "inv-2", "--back", "--reader", "otto").out == "taken back: inv-2\n"
    assert cli("group", "pick", "1", "--on", "soon", "--reader", "rita").code == 2
    assert cli("group", "pick", "1", "--on", "2026-12-10", "--reader", "otto").code == 2
    picked = cli("group", "pick", "Tuesday club", "--on", "2036-12-10", "--reader", "rita").out
    assert picked.startswith("read on 2036-12-10: ")
    shown = cli("group", "show", "1", "--reader", "otto", "--json").json
    assert [(len(shown[part]), part) for part in ("next", "nominated", "earlier")] == [
        (1, "next"), (1, "nominated"), (0, "earlier"),
    ]  # fmt: skip
    assert "2 votes" in cli("group", "show", "1", "--reader", "rita").out
    assert (
        cli("comments", "1", "--add", "for us", "--for", "group:1", "--reader", "otto").out.splitlines()[1]
        == "  for us"
    )
    assert cli("comments", "1").out == "No comments.\n"
    assert cli("comments", "1", "--add", "mine", "--for", "me", "--reader", "otto").code == 0
    assert "mine" not in cli("comments", "1", "--for", "me", "--reader", "rita").out
    for name in ("rita", "otto"):
        assert cli("group", "leave", "1", "--reader", name).out == "left: 1\n"
    assert "brings it back" in cli("group", "leave", "1", "--reader", "cleo").out
    assert cli("group", "show", "1", "--reader", "cleo").code == 2


def test_a_stranger_and_a_reader_alone_are_refused(cli: Cli, library: Path) -> None:
    refused = cli("group", "list")
    assert (refused.code, "this library has one reader" in refused.err) == (2, True)
    community(library)
    for name in ("rita", "otto"):
        cli("account", "create", name, stdin=WORDS)
    cli("group", "make", "Quiet", "--reader", "rita")
    for arguments in (("show", "Quiet"), ("members", "1"), ("vote", "1", "inv-1"), ("join", "1"), ("leave", "Quiet")):
        answer = cli("group", *arguments, "--reader", "otto")
        assert (answer.code, answer.out) == (2, ""), arguments
    assert cli("comments", "1", "--for", "group:1", "--reader", "otto").code == 2


def test_every_command_answers_in_json(cli: Cli, library: Path) -> None:
    community(library)
    for name in ("rita", "otto"):
        cli("account", "create", name, stdin=WORDS)
    rita, otto = ("--reader", "rita", "--json"), ("--reader", "otto", "--json")
    assert cli("group", "make", "Club", *rita).json == {"group": 1}
    assert cli("group", "invite", "Club", "otto", *rita).json == {"invited": "otto", "link": ""}
    assert cli("group", "join", "1", *otto).json == {"group": 1}
    assert cli("group", "list", *otto).json == {"in": [{"id": 1, "name": "Club"}], "invited": []}
    assert cli("group", "nominate", "Club", "inv-1", *rita).json == {"nominated": "inv-1"}
    assert cli("group", "vote", "Club", "inv-1", *otto).json == {"paper": "inv-1", "voted": True}
    paper = cli("show", "inv-1", "--json").json["id"]
    shown = cli("group", "show", "Club", *otto).json
    assert shown["nominated"] == [{"paper": paper, "by": "rita", "why": "", "votes": 2, "read_on": None}]
    picked = cli("group", "pick", "Club", "--on", "2036-01-01", "--paper", "inv-1", *rita).json
    assert picked == {"paper": paper, "read_on": "2036-01-01"}
    link = cli("group", "invite", "Club", *rita).json["link"]
    assert link.startswith("/groups/join/")
    assert cli("group", "members", "1", *otto).json == [
        {"name": "rita", "role": "owner", "shows": False},
        {"name": "otto", "role": "member", "shows": False},
    ]
    assert cli("group", "leave", "Club", *otto).json == {"left": "Club", "deletion": None}
    left = cli("group", "leave", "Club", *rita).json
    assert cli("restore", str(left["deletion"])).code == 0
    assert cli("group", "list", *rita).json["in"] == [{"id": 1, "name": "Club"}]


def test_what_cannot_be_done_says_why(cli: Cli, library: Path) -> None:
    community(library)
    for name in ("rita", "otto"):
        cli("account", "create", name, stdin=WORDS)
    cli("group", "make", "Club", "--reader", "rita")
    cases = {
        ("make", ""): "a group needs a name",
        ("make", "x" * 81): "at most 80 characters",
        ("invite", "Club", "nobody"): "no member is called 'nobody'",
        ("invite", "Club", "rita"): "rita is in the group already",
        ("join", "guess"): "taken back, or its link is not whole",
        ("join", "7"): "group 7 does not invite you",
        ("nominate", "Club", "none"): "no paper 'none'",
        ("vote", "Club", "inv-1"): "is not nominated in this group",
        ("pick", "Club", "--on", "2036-01-01"): "no paper is nominated yet",
        ("pick", "Club", "--on", "2036-13-01"): "--on takes a day such as 2026-12-10",
        ("members", "Other"): "there is no group 'Other' of yours",
    }
    for arguments, said in cases.items():
        answer = cli("group", *arguments, "--reader", "rita")
        assert (answer.code, answer.out, said in answer.err) == (2, "", True), (arguments, answer.err)
    cli("group", "nominate", "Club", "inv-1", "--reader", "rita")
    past = cli("group", "pick", "Club", "--on", "2020-01-01", "--reader", "rita")
    assert (past.code, "is past; choose today or a later day" in past.err) == (2, True)
    assert cli("group", "list", "--reader", "nobody").code == 2


def test_names_do_not_change_the_terminal(cli: Cli, library: Path) -> None:
    community(library)
    cli("account", "create", "rita", stdin=WORDS)
    assert "\x1b" not in cli("group", "make", "\x1b[31mred", "--about", "\x1b[0m", "--reader", "rita").out
    assert "\x1b" not in cli("group", "list", "--reader", "rita").out
    cli("group", "nominate", "1", "inv-1", "--why", "\x1b[31m", "--reader", "rita")
    assert "\x1b" not in cli("group", "show", "1", "--reader", "rita").out
