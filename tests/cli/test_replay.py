"""The replay of a reader's past on the command line."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import broadsheet
from broadsheet.catalogue import Event
from tests.cli.conftest import Cli, Run, jsonl, record

BEGUN = datetime(2020, 1, 1, tzinfo=UTC)
PAPERS, SAVES = 72, 12  # a twelfth of a topic a day


@pytest.fixture(scope="module")
def past(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a library whose reader saved a paper a day, all of one topic, and one of all at the end."""
    folder = tmp_path_factory.mktemp("past")
    (folder / "papers.jsonl").write_text(jsonl([record(n) for n in range(PAPERS)]), encoding="utf-8")
    with broadsheet.open(folder / "library", clock=lambda: BEGUN) as library:
        library.add(folder / "papers.jsonl")
        me = library.catalogue.readers.get("me", create=True).id
        for day in range(SAVES):
            at = BEGUN + timedelta(days=1 + day)
            library.catalogue.readers.log(me, [Event("save", library.resolve(f"inv-{6 * day}"), at=at)])
        library.create_reader("ann")
    return folder / "library"


@pytest.fixture
def run(cli: Cli, past: Path, tmp_path: Path) -> Callable[..., Run]:
    folder = shutil.copytree(past, tmp_path / "past")
    return lambda *arguments: cli(*arguments, into=folder)


def test_a_table_with_intervals_and_what_it_says(run: Callable[..., Run]) -> None:
    lines = run("replay", "--steps", "4").out.splitlines()
    assert lines[0].startswith("me: 9 saves on 9 days, 2020-01-05 to 2020-01-13, by 3 models among up to 61 papers, ")
    assert lines[1] == "3 saves are left out: nothing was known before, or too few papers were there."
    assert lines[3].split("  ")[0] == "RANKING"
    labels = [line[:52].rstrip() for line in lines[4:10]]
    assert [label.split("  ")[0] for label in labels] == [
        "Your page, with your mix",
        "Fit alone, neither newness nor variety",
        "arXiv-sanity's way: words and a linear SVM",
        "Words of your titles (BM25)",
        "Newest first",
        "At random",
    ]
    assert all(line.count("[") == line.count("]") == 2 for line in lines[4:10])
    said = "9 saves on 9 days: too few to tell your page from newest first."
    assert said in lines
    assert any(line.startswith("Probabilities of the first papers: Brier score 0.") for line in lines)


def test_a_mix_is_tried_and_json_has_every_number(run: Callable[..., Run]) -> None:
    report = run("replay", "--recency", "1", "--since", "2020-01-08", "--json").json
    assert (report["saves"], report["first"], report["tried"]["recency"]) == (6, "2020-01-08", 1.0)
    assert [one["name"] for one in report["rankings"]][:2] == ["page", "tried"]
    assert report["differences"][-1]["name"] == "tried"
    assert set(report["calibration"]) == {"papers", "saved", "brier", "brier_of_rate", "bins"}
    assert run("reader", "tune", "me", "--json").json["recency"] == 0.25  # nothing was taken


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--since", "yesterday"), "--since wants a date such as 2026-01-31, not 'yesterday'"),
        (("--since", "2021-01-01"), "nothing to replay: me saved no paper since 2021-01-01"),
        (("--reader", "ann"), "nothing to replay: ann saved no paper; save some, and try again later"),
        (("--reader", "nobody"), "nobody"),
        (("--recency", "2"), "recency"),
    ],
)
def test_what_cannot_be_replayed_is_said(run: Callable[..., Run], arguments: tuple[str, ...], says: str) -> None:
    refused = run("replay", *arguments)
    assert (refused.code, refused.out) == (2, "")
    assert says in refused.err


def test_pages_are_drafted_from_two_mixes_until_that_is_stopped(run: Callable[..., Run]) -> None:
    assert run("replay", "interleave").out == "no draft of me yet; `start` starts one\n"
    assert run("replay", "interleave", "start").err.startswith("broadsheet: the other mix is your own; say another")
    started = run("replay", "interleave", "start", "--recency", "1", "--ranking", "words")
    assert started.out == "pages of me are drafted from two mixes; the other: recency 1.0, ranking words\n"
    assert "team" not in run("feed", "-k", "6").out
    shown = run("replay", "interleave", "show", "--json").json
    assert (shown["draft"]["other"], shown["verdict"]["pages"]) == ({"recency": 1.0, "ranking": "words"}, 1)
    assert run("replay", "interleave", "stop", "--json").json == {"reader": "me", "stopped": True}
    assert run("replay", "interleave", "stop").code == 2
    lines = run("replay", "interleave", "show").out.splitlines()
    assert lines[0].startswith("1 page: 0 for your mix, 0 for the other, 1 even: too few to tell")
    assert lines[1] == "papers wanted: 0 of your mix, 0 of the other"
    assert run("replay", "interleave", "show", "--all").out.startswith("No page was drafted yet")
