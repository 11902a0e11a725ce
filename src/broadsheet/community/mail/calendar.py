"""When a mail is due, by frequency, hour and time zone. Pure functions.

A slot is the local day that a mail is for; each slot is served once, and of several that were missed the newest.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from broadsheet.catalogue.community.mail_recipients import FREQUENCIES, Preference
from broadsheet.kit.errors import UsageError
from broadsheet.settings.kinds import ZONE

__all__ = ["checked", "days_of", "latest_slot", "moment_of", "next_due"]

_MONDAY, _SATURDAY = 0, 5


def checked(frequency: str, hour: str | int, time_zone: str, address: str = "") -> Preference:
    """A preference as somebody typed it. Raises UsageError."""
    if frequency not in FREQUENCIES:
        raise UsageError(f"{frequency[:40]!r} is no frequency; there are {', '.join(FREQUENCIES)}")
    if not str(hour).isdigit() or not 0 <= int(hour) <= 23:
        raise UsageError(f"{str(hour)[:40]!r} is no hour; it is a number from 0 to 23")
    try:
        zone = ZONE.read(time_zone)
    except ValueError:
        raise UsageError(f"{time_zone[:60]!r} is no time zone such as Europe/Paris or UTC") from None
    return Preference(frequency, int(hour), zone, address)


def latest_slot(preference: Preference, now: datetime) -> date:
    """The newest day whose mail is due at `now`, or was."""
    day = now.astimezone(ZoneInfo(preference.time_zone)).date()
    while not _is_slot(preference, day) or moment_of(preference, day) > now:
        day -= timedelta(days=1)
    return day


def next_due(preference: Preference, now: datetime) -> datetime | None:
    """When the first mail after `now` is due, in UTC; None for never."""
    if preference.frequency == "never":
        return None
    day = now.astimezone(ZoneInfo(preference.time_zone)).date()
    while not _is_slot(preference, day) or moment_of(preference, day) <= now:
        day += timedelta(days=1)
    return moment_of(preference, day)


def days_of(preference: Preference, slot: date) -> int:
    """How many days of editions the mail of a slot is about."""
    if preference.frequency == "weekly":
        return 7
    return 3 if preference.frequency == "weekdays" and slot.weekday() == _MONDAY else 1


def _is_slot(preference: Preference, day: date) -> bool:
    if preference.frequency == "weekly":
        return day.weekday() == _MONDAY
    return preference.frequency == "daily" or day.weekday() < _SATURDAY


def moment_of(preference: Preference, day: date) -> datetime:
    """When the mail of a slot is due, in UTC."""
    return datetime.combine(day, time(preference.hour), ZoneInfo(preference.time_zone)).astimezone(UTC)
