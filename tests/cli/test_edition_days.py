"""Editions on the command line over several days, at moments that the tests set."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.clocked import Clock, at
from tests.cli.conftest import Cli

ZONE = '[edition]\ntime_zone = "Europe/Paris"\ncloses = "18:00"\nfields = ["Retrieval = cs.IR"]\n'


@pytest.fixture
def clock(library: Path) -> Iterator[Clock]:
    (library / "broadsheet.toml").write_text(ZONE)
    clock = Clock(datetime(2026, 6, 29, 12, tzinfo=UTC))
    with at(clock):
        yield clock


def test_days_are_picked_closed_and_shown(cli: Cli, clock: Clock) -> None:
    assert cli("edition", "pick", "inv-1", "inv-2").out == "In the edition of 2026-06-29: inv-1, inv-2\n"
    cli("vote", "inv-2")
    opened = cli("edition").out.splitlines()
    assert opened[0] == "2026-06-29  2 papers, open until 2026-06-29 16:00 UTC"
    assert opened[2].strip().endswith("pick me")
    clock.tomorrow(2)
    closed = cli("edition", "close").out.splitlines()
    assert closed == [
        "Closed 2026-06-29.",
        "Closed 2026-06-30.",
        "2026-07-01 is open until 2026-07-01 16:00 UTC; papers so far: 0.",
    ]
    assert cli("edition", "close").out.splitlines()[0] == "No day was due."
    assert cli("edition").out.splitlines()[0] == "2026-06-29  2 papers, closed"  # the latest that has papers
    empty = cli("edition", "2026-06-30").out.splitlines()
    assert empty == [
        "2026-06-30  0 papers, closed",
        "Nobody submitted or picked a paper, and no source was asked for new ones.",
        "Before: 2026-06-29",
    ]


def test_an_edition_is_one_document(cli: Cli, clock: Clock) -> None:
    cli("edition", "pick", "inv-1", "inv-2", "--reader", "cleo")
    cli("vote", "inv-2")
    clock.tomorrow()
    assert cli("edition", "close", "--json").json == {
        "closed": ["2026-06-29"],
        "open": "2026-06-30",
        "papers": 0,
        "hub": "",
    }
    day = cli("edition", "2026-6-29", "--json").json
    assert {name: day[name] for name in ("name", "first", "last", "is_open", "note", "previous", "following")} == {
        "name": "2026-06-29",
        "first": "2026-06-29",
        "last": "2026-06-29",
        "is_open": False,
        "note": "",
        "previous": None,
        "following": None,
    }
    assert [(one["place"], one["via"], one["by"]) for one in day["papers"]] == [
        (1, "pick", "cleo"),
        (2, "pick", "cleo"),
    ]
    assert sorted(one["votes"] for one in day["papers"]) == [0, 1]
    for name, first, last in (("2026-W27", "2026-06-29", "2026-07-05"), ("2026-06", "2026-06-01", "2026-06-30")):
        longer = cli("edition", name, "--json").json
        assert (longer["name"], longer["first"], longer["last"]) == (name, first, last)
        assert [one["votes"] for one in longer["papers"]] == [1, 0]  # the most votes first


def test_a_printed_paper_stays_when_it_is_deleted(cli: Cli, clock: Clock) -> None:
    cli("edition", "pick", "inv-1")
    title = cli("show", "inv-1", "--json").json["title"]
    clock.tomorrow()
    cli("edition", "close")
    refused = cli("edition", "unpick", "inv-1")
    assert (refused.code, "was printed on 2026-06-29; what is printed stays" in refused.err) == (2, True)
    assert cli("delete", "inv-1").code == 0
    shown = cli("edition", "2026-06-29").out
    assert title in shown
    assert "pick me · deleted" in shown
    assert cli("edition", "2026-06-29", "--json").json["papers"][0]["paper"] is None


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("2026-06-28", "Editions begin on 29 June 2026."),
        ("2026-07-09", "This day has not begun yet."),
        ("2026-W40", "This time has not begun yet."),
        ("2026-06-29", "Nothing is in this edition yet; it closes at 18:00 CEST. Nobody submitted"),
    ],
)
def test_an_empty_edition_says_why(cli: Cli, clock: Clock, name: str, said: str) -> None:
    cli("edition", "close")  # from here on there are editions
    assert cli("edition", name).out.splitlines()[1].startswith(said)


def test_some_of_several_papers(cli: Cli, clock: Clock) -> None:
    partly = cli("edition", "pick", "inv-1", "nobody", "inv-2", "--json")
    assert (partly.code, partly.json) == (1, {"picked": ["inv-1", "inv-2"], "day": "2026-06-29"})
    partly = cli("edition", "unpick", "nobody", "inv-1")
    assert (partly.code, partly.out) == (1, "Taken out: inv-1\n")
    none = cli("edition", "pick", "nobody")
    assert (none.code, none.out) == (2, "")


def test_a_hub_that_does_not_answer_is_told_with_code_1(cli: Cli, library: Path, clock: Clock) -> None:
    cli("edition", "pick", "inv-1")
    clock.tomorrow()
    (library / "broadsheet.toml").write_text(f'{ZONE}hub = "https://hub.example.org/publish"\n')
    run = cli("edition", "close")
    assert (run.code, run.out.splitlines()[0]) == (1, "Closed 2026-06-29.")
    assert "the hub was not told: [edition] hub needs [community] url" in run.err
