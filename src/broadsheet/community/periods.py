"""Days, ISO weeks and months by name, and when a day of editions opens and closes. Pure functions.

A day closes at one hour of the clock on its own date, in one time zone, and the next opens at that moment. So a day
has 23 or 25 hours where the clock changes in between. An hour that the clock skips is counted as if it had not
changed; of an hour that comes twice the first counts.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from broadsheet.kit.errors import UsageError

__all__ = ["ClosingHour", "Kind", "Period", "any_period", "day_named", "period_named", "period_of"]

FIRST_YEAR, LAST_YEAR = 1900, 2999
_ONE_DAY = timedelta(days=1)
_NAMES = {
    "date": (re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})"), "2026-11-28"),
    "week": (re.compile(r"(\d{4})-[Ww](\d{1,2})"), "2026-W48"),
    "month": (re.compile(r"(\d{4})-(\d{1,2})"), "2026-11"),
}


class Kind(StrEnum):
    """What an edition spans; the value is its word in addresses."""

    day = "date"
    week = "week"
    month = "month"


@dataclass(frozen=True, slots=True)
class Period:
    """The days from `first` to `last`, both included."""

    kind: Kind
    first: date
    last: date

    @property
    def name(self) -> str:
        """The name in addresses: 2026-11-28, 2026-W48, 2026-11."""
        if self.kind is Kind.day:
            return self.first.isoformat()
        if self.kind is Kind.month:
            return f"{self.first:%Y-%m}"
        year, week, _ = self.first.isocalendar()
        return f"{year}-W{week:02}"

    @property
    def path(self) -> str:
        """The path of its page."""
        return f"/papers/{self.kind}/{self.name}"


def period_of(kind: Kind, day: date) -> Period:
    """The day, week or month that `day` lies in."""
    if kind is Kind.day:
        return Period(kind, day, day)
    if kind is Kind.week:
        monday = day - timedelta(days=day.weekday())
        return Period(kind, monday, monday + timedelta(days=6))
    first = day.replace(day=1)
    return Period(kind, first, (first + timedelta(days=31)).replace(day=1) - _ONE_DAY)


def period_named(kind: Kind, text: str) -> Period:
    """The period of this name; zeros in front may be missing. Raises UsageError with the right form."""
    pattern, example = _NAMES[kind]
    match = pattern.fullmatch(text.strip()) if text.isascii() else None
    try:
        if match is None:
            raise ValueError
        numbers = [int(part) for part in match.groups()]
        if not FIRST_YEAR <= numbers[0] <= LAST_YEAR:
            raise ValueError
        if kind is Kind.week:
            return period_of(kind, date.fromisocalendar(numbers[0], numbers[1], 1))
        return period_of(kind, date(numbers[0], numbers[1], numbers[2] if kind is Kind.day else 1))
    except ValueError:
        what = "day" if kind is Kind.day else str(kind)
        raise UsageError(f"{text[:40]!r} is no {what}; write it as {example}") from None


def any_period(text: str) -> Period:
    """The day, week or month of this name. Raises UsageError."""
    for kind in Kind:
        try:
            return period_named(kind, text)
        except UsageError:
            continue
    raise UsageError(f"{text[:40]!r} is no day, week or month; write it as 2026-11-28, 2026-W48 or 2026-11")


def day_named(text: str) -> date:
    """The day of this name. Raises UsageError."""
    return period_named(Kind.day, text).first


@dataclass(frozen=True, slots=True)
class ClosingHour:
    """The hour at which days close, in a time zone."""

    zone: ZoneInfo
    hour: time

    @classmethod
    def of(cls, zone: str, hour: str) -> ClosingHour:
        """From the settings' texts, such as Europe/Paris and 18:00."""
        return cls(ZoneInfo(zone), time.fromisoformat(hour))

    def closes_at(self, day: date) -> datetime:
        """The moment in UTC at which `day` closes."""
        return datetime.combine(day, self.hour, self.zone).astimezone(UTC)

    def opens_at(self, day: date) -> datetime:
        """The moment in UTC at which `day` opens: when the day before closes."""
        return self.closes_at(day - _ONE_DAY)

    def day_of(self, moment: datetime) -> date:
        """The day that is open at `moment`: the first that closes later."""
        day = moment.astimezone(self.zone).date() - _ONE_DAY
        while self.closes_at(day) <= moment:
            day += _ONE_DAY
        return day
