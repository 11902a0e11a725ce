"""Names of days, weeks and months, and the hours at which days close."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from broadsheet.community.periods import ClosingHour, Kind, period_named, period_of
from broadsheet.kit.errors import UsageError

PARIS = ClosingHour.of("Europe/Paris", "18:00")


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[arg-type,misc]


def test_a_day_closes_at_its_hour_and_the_next_begins() -> None:
    day = date(2026, 11, 28)
    assert PARIS.closes_at(day) == utc(2026, 11, 28, 17)
    assert PARIS.opens_at(day) == utc(2026, 11, 27, 17)
    assert PARIS.day_of(utc(2026, 11, 28, 16, 59, 59)) == day
    assert PARIS.day_of(utc(2026, 11, 28, 17)) == date(2026, 11, 29)
    assert PARIS.day_of(utc(2026, 11, 27, 17)) == day


@pytest.mark.parametrize(("day", "hours"), [(date(2026, 3, 29), 23), (date(2026, 10, 25), 25), (date(2026, 6, 1), 24)])
def test_days_on_which_the_clock_changes(day: date, hours: int) -> None:
    assert PARIS.closes_at(day) - PARIS.opens_at(day) == timedelta(hours=hours)


def test_a_closing_hour_that_the_clock_skips_or_repeats() -> None:
    skipped = ClosingHour.of("Europe/Paris", "02:30")  # on 29 March 02:00 becomes 03:00
    assert skipped.closes_at(date(2026, 3, 29)) == utc(2026, 3, 29, 1, 30)  # 03:30 by the new clock
    assert skipped.closes_at(date(2026, 10, 25)) == utc(2026, 10, 25, 0, 30)  # the first of two
    assert skipped.day_of(utc(2026, 10, 25, 1)) == date(2026, 10, 26)
    assert skipped.closes_at(date(2026, 3, 29)) - skipped.opens_at(date(2026, 3, 29)) == timedelta(hours=24)
    assert skipped.closes_at(date(2026, 3, 30)) - skipped.opens_at(date(2026, 3, 30)) == timedelta(hours=23)


@pytest.mark.parametrize("zone", ["Pacific/Apia", "America/New_York", "Australia/Lord_Howe", "Pacific/Kiritimati"])
@pytest.mark.parametrize("hour", ["00:00", "02:15", "23:59"])
def test_every_moment_has_one_day(zone: str, hour: str) -> None:
    closing = ClosingHour.of(zone, hour)
    moment = utc(2011, 12, 28)
    day = closing.day_of(moment)
    for _ in range(24 * 20):
        moment += timedelta(minutes=30)
        assert closing.day_of(moment) >= day
        day = closing.day_of(moment)
        assert closing.opens_at(day) <= moment < closing.closes_at(day)


@pytest.mark.parametrize(
    ("kind", "text", "name", "first", "last"),
    [
        (Kind.day, "2026-11-28", "2026-11-28", date(2026, 11, 28), date(2026, 11, 28)),
        (Kind.day, "2026-6-3", "2026-06-03", date(2026, 6, 3), date(2026, 6, 3)),
        (Kind.week, "2026-W48", "2026-W48", date(2026, 11, 23), date(2026, 11, 29)),
        (Kind.week, "2026-w1", "2026-W01", date(2025, 12, 29), date(2026, 1, 4)),
        (Kind.week, "2026-W53", "2026-W53", date(2026, 12, 28), date(2027, 1, 3)),
        (Kind.month, "2026-2", "2026-02", date(2026, 2, 1), date(2026, 2, 28)),
        (Kind.month, "2024-02", "2024-02", date(2024, 2, 1), date(2024, 2, 29)),
        (Kind.month, "2026-12", "2026-12", date(2026, 12, 1), date(2026, 12, 31)),
    ],
)
def test_names(kind: Kind, text: str, name: str, first: date, last: date) -> None:
    period = period_named(kind, text)
    assert (period.name, period.first, period.last) == (name, first, last)
    assert period == period_of(kind, last)
    assert period.path == f"/papers/{kind}/{name}"


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        (Kind.day, "2026-02-30"),
        (Kind.day, "2026-13-01"),
        (Kind.day, "0001-01-01"),
        (Kind.day, "9999-12-31"),
        (Kind.day, "20261128"),
        (Kind.day, "٢٠٢٦-١١-٢٨"),
        (Kind.day, ""),
        (Kind.week, "2025-W53"),
        (Kind.week, "2026-W00"),
        (Kind.month, "2026-13"),
        (Kind.month, "2026-0"),
    ],
)
def test_what_is_no_name(kind: Kind, text: str) -> None:
    with pytest.raises(UsageError, match="write it as 2026-"):
        period_named(kind, text)
