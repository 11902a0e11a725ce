"""Days of editions and hours of mail in every kind of zone: clocks that change, half hours, the date line.

The rules of the zones are those of the package tzdata, which the project has with it, not those of the machine.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.catalogue.community.mail_recipients import FREQUENCIES, Preference
from broadsheet.community.mail.calendar import checked, days_of, latest_slot, next_due
from broadsheet.community.periods import (
    FIRST_YEAR,
    LAST_YEAR,
    ClosingHour,
    Kind,
    any_period,
    day_named,
    period_named,
    period_of,
)
from broadsheet.kit.errors import UsageError

ZONES = (
    "UTC",
    "Europe/Paris",
    "America/New_York",
    "America/St_Johns",  # half an hour
    "Australia/Lord_Howe",  # its clocks change by half an hour
    "Asia/Kathmandu",  # three quarters
    "Pacific/Apia",  # has no 30 December 2011
    "Pacific/Kiritimati",  # fourteen hours ahead
    "Pacific/Pago_Pago",  # eleven behind
    "Africa/Casablanca",  # its clocks change for a month of each year
    "America/Sao_Paulo",  # had days without a midnight
)
HOURS = ("00:00", "00:30", "02:30", "12:00", "18:00", "23:59")
ZONE, HOUR = st.sampled_from(ZONES), st.sampled_from(HOURS)
MOMENTS = st.datetimes(datetime(2005, 1, 1), datetime(2035, 1, 1), timezones=st.just(UTC))
DAYS = st.dates(date(2005, 1, 1), date(2035, 1, 1))
PREFERENCES = st.builds(Preference, st.sampled_from(FREQUENCIES[:3]), st.integers(0, 23), ZONE)


# --- days of editions -----------------------------------------------------------------------------------------------


@given(ZONE, HOUR, MOMENTS)
def test_every_moment_is_of_the_day_that_is_open_then(zone: str, hour: str, moment: datetime) -> None:
    closing = ClosingHour.of(zone, hour)
    day = closing.day_of(moment)
    assert closing.opens_at(day) <= moment < closing.closes_at(day)


@given(ZONE, HOUR, MOMENTS, st.integers(0, 400))
def test_time_never_goes_back_to_an_earlier_day(zone: str, hour: str, moment: datetime, hours: int) -> None:
    closing = ClosingHour.of(zone, hour)
    assert closing.day_of(moment) <= closing.day_of(moment + timedelta(hours=hours))


@given(ZONE, HOUR, DAYS)
def test_days_follow_each_other_without_gap_and_none_is_lost(zone: str, hour: str, day: date) -> None:
    closing = ClosingHour.of(zone, hour)
    for one, following in pairwise(day + timedelta(days=n) for n in range(5)):
        assert closing.closes_at(one) == closing.opens_at(following)
        # the date line takes a day of Samoa's: it is open for no time at all, and nothing can enter it
        assert closing.opens_at(following) <= closing.closes_at(following)
        if closing.opens_at(following) < closing.closes_at(following):
            assert closing.day_of(closing.opens_at(following)) == following


@given(ZONE, HOUR, DAYS)
def test_a_day_lasts_about_a_day(zone: str, hour: str, day: date) -> None:
    closing = ClosingHour.of(zone, hour)
    hours = (closing.closes_at(day) - closing.opens_at(day)) / timedelta(hours=1)
    if zone != "Pacific/Apia":
        assert 22.5 <= hours <= 25.5
    assert 0 <= hours <= 48


def test_the_date_line_takes_a_day_of_samoas_editions() -> None:
    """Samoa went from the 29th to the 31st of December 2011. The hour of the 30th that never was counts as if the
    calendar had not changed, so that it is the 31st which is open for no time."""
    apia = ClosingHour.of("Pacific/Apia", "18:00")
    days = [date(2011, 12, n) for n in (28, 29, 30, 31)]
    assert [(apia.closes_at(day) - apia.opens_at(day)).days for day in days] == [1, 1, 1, 0]
    hours = [datetime(2011, 12, 29, tzinfo=UTC) + timedelta(hours=n) for n in range(72)]
    assert list(dict.fromkeys(map(apia.day_of, hours))) == [*days[:3], date(2012, 1, 1)]


@pytest.mark.parametrize("zone", ZONES)
def test_the_day_is_the_one_on_the_wall_where_days_close_at_midnight(zone: str) -> None:
    closing = ClosingHour.of(zone, "00:00")
    for month in range(1, 13):
        noon = datetime(2026, month, 14, 12, tzinfo=ZoneInfo(zone))
        # what is open during the 14th closes at the 0 o'clock with which the 15th begins
        assert closing.day_of(noon) == date(2026, month, 15)


@given(DAYS, HOUR)
def test_east_of_the_date_line_a_day_closes_a_day_earlier_than_west_of_it(day: date, hour: str) -> None:
    east, west = ClosingHour.of("Pacific/Kiritimati", hour), ClosingHour.of("Pacific/Pago_Pago", hour)
    assert west.closes_at(day) - east.closes_at(day) == timedelta(hours=25)


# --- weeks and months -----------------------------------------------------------------------------------------------


@given(st.dates(date(FIRST_YEAR + 1, 1, 1), date(LAST_YEAR - 1, 12, 31)), st.sampled_from(Kind))
def test_a_period_has_the_day_it_is_of_and_its_name_leads_back_to_it(day: date, kind: Kind) -> None:
    period = period_of(kind, day)
    assert period.first <= day <= period.last
    assert period_named(kind, period.name) == period
    assert any_period(period.name) == period
    assert period_of(kind, period.first) == period_of(kind, period.last) == period
    before, after = period_of(kind, period.first - timedelta(days=1)), period_of(kind, period.last + timedelta(days=1))
    assert (before.last, after.first) == (period.first - timedelta(days=1), period.last + timedelta(days=1))


@given(st.dates(date(1901, 1, 1), date(2998, 12, 31)))
def test_a_week_begins_on_monday_and_a_month_on_the_first(day: date) -> None:
    week, month = period_of(Kind.week, day), period_of(Kind.month, day)
    assert (week.first.weekday(), (week.last - week.first).days) == (0, 6)
    assert (month.first.day, month.last.month, (month.last + timedelta(days=1)).day) == (1, day.month, 1)
    assert day_named(day.isoformat()) == day


@given(st.text(max_size=12) | st.from_regex(r"\d{1,5}-[wW]?\d{1,3}(-\d{1,3})?", fullmatch=True))
def test_a_text_is_a_period_or_is_refused_with_the_three_forms(text: str) -> None:
    said = ""
    try:
        period = any_period(text)
    except UsageError as error:
        said = str(error)
    if said:
        assert said == f"{text[:40]!r} is no day, week or month; write it as 2026-11-28, 2026-W48 or 2026-11"
    else:
        assert FIRST_YEAR - 1 <= period.first.year <= LAST_YEAR
        assert any_period(period.name) == period


# --- hours of mail --------------------------------------------------------------------------------------------------


@given(PREFERENCES, MOMENTS)
def test_the_next_mail_is_later_than_now_and_within_a_week(preference: Preference, now: datetime) -> None:
    due = next_due(preference, now)
    assert due is not None
    longest = {"daily": 3, "weekdays": 5, "weekly": 9}[preference.frequency]  # a clock or a date line in between
    assert now < due <= now + timedelta(days=longest)


@given(PREFERENCES, MOMENTS)
def test_nothing_is_due_between_now_and_the_next_mail(preference: Preference, now: datetime) -> None:
    due = next_due(preference, now)
    assert due is not None
    just_before = due - timedelta(seconds=1)
    assert latest_slot(preference, just_before) == latest_slot(preference, now)
    assert latest_slot(preference, due) > latest_slot(preference, now)
    assert next_due(preference, just_before) == due if just_before > now else True


@given(PREFERENCES, MOMENTS)
def test_a_slot_is_a_day_of_the_frequency_that_has_come(preference: Preference, now: datetime) -> None:
    slot = latest_slot(preference, now)
    assert slot <= now.astimezone(ZoneInfo(preference.time_zone)).date()
    assert preference.frequency == "daily" or slot.weekday() < (1 if preference.frequency == "weekly" else 5)


@given(PREFERENCES, MOMENTS)
def test_mails_of_a_month_bring_every_day_once(preference: Preference, now: datetime) -> None:
    """Each mail is about the days since the one before it: none twice, none left out."""
    slots = []
    for _ in range(24 if preference.frequency != "weekly" else 5):
        due = next_due(preference, now)
        assert due is not None
        now = due
        slots.append(latest_slot(preference, now))
    brought = [slot - timedelta(days=n) for slot in slots[1:] for n in range(days_of(preference, slot))]
    assert len(brought) == len(set(brought))
    first, last = min(brought), max(brought)
    missing = {first + timedelta(days=n) for n in range((last - first).days + 1)} - set(brought)
    assert missing <= {date(2011, 12, 30)}  # which Samoa never had


@given(MOMENTS, st.integers(0, 23), ZONE)
def test_never_is_never(now: datetime, hour: int, zone: str) -> None:
    assert next_due(Preference("never", hour, zone), now) is None


@pytest.mark.parametrize("zone", ZONES)
@pytest.mark.parametrize("frequency", FREQUENCIES)
@pytest.mark.parametrize("hour", [0, 7, "23"])
def test_what_somebody_chose_is_kept(frequency: str, hour: int | str, zone: str) -> None:
    assert checked(frequency, hour, zone, "ada@example.org") == Preference(
        frequency, int(hour), zone, "ada@example.org"
    )


@pytest.mark.parametrize(
    ("frequency", "hour", "zone", "said"),
    [
        ("hourly", 7, "UTC", "'hourly' is no frequency; there are daily, weekdays, weekly, never"),
        ("", 7, "UTC", "'' is no frequency"),
        ("daily", 24, "UTC", "'24' is no hour; it is a number from 0 to 23"),
        ("daily", "-1", "UTC", "'-1' is no hour"),
        ("daily", "7.5", "UTC", "'7.5' is no hour"),
        ("daily", "", "UTC", "'' is no hour"),
        ("daily", 7, "Europe/Atlantis", "'Europe/Atlantis' is no time zone such as Europe/Paris or UTC"),
        ("daily", 7, "../../etc/passwd", "is no time zone"),
        ("daily", 7, "/etc/localtime", "is no time zone"),
        ("daily", 7, "", "is no time zone"),
    ],
)
def test_what_nobody_can_choose(frequency: str, hour: int | str, zone: str, said: str) -> None:
    with pytest.raises(UsageError) as caught:
        checked(frequency, hour, zone)
    assert said in str(caught.value)


@pytest.mark.parametrize(
    ("day", "utc"),
    [
        (datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 3, 29, 5, tzinfo=UTC)),  # the clock goes forward at 2
        (datetime(2026, 3, 27, 12, tzinfo=UTC), datetime(2026, 3, 28, 6, tzinfo=UTC)),
        (datetime(2026, 10, 24, 12, tzinfo=UTC), datetime(2026, 10, 25, 6, tzinfo=UTC)),  # and back at 3
        (datetime(2026, 10, 23, 12, tzinfo=UTC), datetime(2026, 10, 24, 5, tzinfo=UTC)),
    ],
)
def test_seven_on_the_wall_is_seven_on_the_wall_when_the_clock_changes(day: datetime, utc: datetime) -> None:
    due = next_due(Preference("daily", 7, "Europe/Paris"), day)
    assert due == utc
    assert due is not None
    assert due.astimezone(ZoneInfo("Europe/Paris")).hour == 7
