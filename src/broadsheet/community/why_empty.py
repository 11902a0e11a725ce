"""Why an edition has no papers, in a sentence. A pure function."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime

from broadsheet.catalogue import Run

__all__ = ["why_empty"]

_SATURDAY = 5
_LONGEST = 200  # characters of a source's error


def why_empty(
    first: date,
    last: date,
    *,
    today: date,
    begun: date,
    is_open: bool,
    closes_at: datetime,
    runs: Sequence[Run],
    span: tuple[datetime, datetime],
) -> str:
    """Why nothing came between `first` and `last`, from the runs of sources within `span`.

    `today` is the open day, `begun` the first day of all, `closes_at` has the zone to print.
    """
    if first > today:
        return f"{'This day' if first == last else 'This time'} has not begun yet."
    if last < begun:
        return f"Editions begin on {_day(begun)}."
    inside = [run for run in runs if span[0] <= run.started < span[1]]
    latest = {run.source: run for run in reversed(inside)}  # a source that failed and was read later is not to blame
    failed = {source: _error(run) for source, run in latest.items() if _error(run)}
    came = [run for run in inside if run.report.get("added") or run.report.get("updated")]
    parts = [f"The source {source} could not be read: {error}" for source, error in sorted(failed.items())]
    if not parts and not came and first == last and first.weekday() >= _SATURDAY:
        parts.append("It was a weekend, when most sources announce nothing.")
    if not parts and came:
        parts.append("New papers came, but none was submitted, picked, or above the bar for sources.")
    elif not parts and inside:
        names = ", ".join(sorted({run.source for run in inside}))
        parts.append(f"There were no new papers ({names}), and nobody submitted or picked one.")
    elif not parts:
        parts.append("Nobody submitted or picked a paper, and no source was asked for new ones.")
    if is_open:
        said = " ".join(parts).replace("It was a weekend", "It is a weekend")
        return f"Nothing is in this edition yet; it closes at {closes_at:%H:%M} {closes_at.tzname()}. {said}"
    return " ".join(parts)


def _error(run: Run) -> str:
    messages = list(run.report.get("messages", []))
    is_failed = bool(messages) and not run.report.get("added") and not run.report.get("updated")
    return str(messages[-1])[:_LONGEST].rstrip(".") + "." if is_failed else ""


def _day(day: date) -> str:
    return f"{day.day} {day:%B %Y}"
