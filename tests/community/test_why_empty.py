"""Why an edition has no papers: what its page says, for everything that can have happened."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from broadsheet.catalogue import Run
from broadsheet.community.why_empty import why_empty

WEDNESDAY, SATURDAY = date(2026, 7, 1), date(2026, 7, 4)


def run(source: str, day: date = WEDNESDAY, hour: int = 9, **report: object) -> Run:
    started = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
    return Run(1, source, started, started, report)


def empty(first: date, *runs: Run, last: date | None = None, today: date | None = None, is_open: bool = False) -> str:
    """Why there is nothing from `first` to `last`."""
    last = last or first
    midnight = datetime(first.year, first.month, first.day, tzinfo=UTC)
    return why_empty(
        first,
        last,
        today=today or last,
        begun=date(2026, 6, 1),
        is_open=is_open,
        closes_at=datetime(last.year, last.month, last.day, 18, tzinfo=UTC),
        runs=runs,
        span=(midnight, midnight + timedelta(days=(last - first).days + 1)),
    )


NOBODY = "Nobody submitted or picked a paper, and no source was asked for new ones."


@pytest.mark.parametrize(
    ("said", "words"),
    [
        (empty(WEDNESDAY), NOBODY),
        (empty(SATURDAY), "It was a weekend, when most sources announce nothing."),
        (empty(WEDNESDAY, today=date(2026, 6, 30)), "This day has not begun yet."),
        (empty(WEDNESDAY, last=date(2026, 7, 7), today=date(2026, 6, 30)), "This time has not begun yet."),
        (empty(date(2026, 5, 30)), "Editions begin on 1 June 2026."),
        (
            empty(WEDNESDAY, run("arxiv", added=3)),
            "New papers came, but none was submitted, picked, or above the bar for sources.",
        ),
        (
            empty(WEDNESDAY, run("arxiv"), run("crossref")),
            "There were no new papers (arxiv, crossref), and nobody submitted or picked one.",
        ),
        (
            empty(WEDNESDAY, run("arxiv", messages=["it answered 503."])),
            "The source arxiv could not be read: it answered 503.",
        ),
        (
            empty(WEDNESDAY, run("b", messages=["two"]), run("a", messages=["one"])),
            "The source a could not be read: one. The source b could not be read: two.",
        ),
        (empty(WEDNESDAY, run("arxiv", day=date(2026, 6, 30))), NOBODY),  # that was another day's
        (empty(WEDNESDAY, run("arxiv", day=date(2026, 7, 2), hour=0)), NOBODY),
        (
            empty(WEDNESDAY, is_open=True),
            f"Nothing is in this edition yet; it closes at 18:00 UTC. {NOBODY}",
        ),
        (
            empty(SATURDAY, is_open=True),
            "Nothing is in this edition yet; it closes at 18:00 UTC. It is a weekend, when most sources announce "
            "nothing.",
        ),
    ],
)
def test_an_empty_edition_says_why(said: str, words: str) -> None:
    assert said == words


def test_a_source_that_was_read_later_is_not_to_blame() -> None:
    """Runs are listed with the newest first."""
    failed, fine = run("arxiv", hour=6, messages=["503"]), run("arxiv", hour=9, added=2, messages=["2 skipped"])
    assert empty(WEDNESDAY, fine, failed).startswith("New papers came, but none")
    late = run("arxiv", hour=10, messages=["504"])
    assert empty(WEDNESDAY, late, fine, failed) == "The source arxiv could not be read: 504."


def test_the_words_of_a_source_are_cut() -> None:
    assert len(empty(WEDNESDAY, run("arxiv", messages=["x" * 5000]))) < 300
