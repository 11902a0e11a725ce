"""When the mail of an alert is due: the next hour of its reader after a paper was found, in their time zone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from broadsheet.catalogue.community.alerts import NewHit
from broadsheet.catalogue.community.mail_recipients import Preference
from broadsheet.community import Community
from broadsheet.community.mail.calendar import latest_slot, moment_of
from tests.community.mailing import Clock, mailing, member, paper
from tests.community.relay import Sink

MONDAY = datetime(2026, 6, 29, tzinfo=UTC)


@pytest.fixture
def clock() -> Clock:
    return Clock(MONDAY)


@pytest.fixture
def community(tmp_path: Path, clock: Clock) -> Iterator[Community]:
    with mailing(tmp_path, Sink(port=1), clock) as made:
        made.library.add(*(paper(n, clock().date()) for n in range(1, 6)))
        yield made


def found(community: Community, name: str, *numbers: int) -> None:
    """Papers that an alert finds at this moment."""
    table = community.library.catalogue.community.alerts
    (alert,) = [one for one in table.of_reader(1) if one.name == name]
    assert table.record(alert, alert.after_seq + 1, [NewHit(number) for number in numbers])


def queued(community: Community) -> list[str]:
    """The editions of what is queued now."""
    community.mail.alert_mails().compose_due(community.library.now())
    queue = community.library.catalogue.community.mail_queue
    return [one.edition for one in queue.listed("queued")]


@pytest.mark.parametrize(
    ("mail", "zone", "hour", "found_at", "due_at"),
    [
        ("daily", "UTC", 7, timedelta(hours=6, minutes=59), timedelta(hours=7)),
        ("daily", "UTC", 7, timedelta(hours=7), timedelta(hours=31)),
        ("daily", "UTC", 0, timedelta(hours=1), timedelta(hours=24)),
        ("daily", "America/New_York", 7, timedelta(hours=10), timedelta(hours=11)),
        ("daily", "Asia/Tokyo", 7, timedelta(hours=10), timedelta(hours=22)),
        ("weekly", "UTC", 7, timedelta(hours=6), timedelta(hours=7)),
        ("weekly", "UTC", 7, timedelta(hours=8), timedelta(days=7, hours=7)),
        ("weekly", "Asia/Tokyo", 7, timedelta(days=5), timedelta(days=6, hours=22)),
        ("once", "UTC", 7, timedelta(hours=3), timedelta(hours=3)),
    ],
)
def test_a_mail_is_due_at_the_next_hour_of_its_reader(
    community: Community, clock: Clock, mail: str, zone: str, hour: int, found_at: timedelta, due_at: timedelta
) -> None:
    member(community, "dora", frequency="never", hour=hour, zone=zone)
    community.alerts.make("dora", "author", "Bo Sample", "Bo", mail=mail)
    clock.now = MONDAY + found_at
    found(community, "Bo", 1, 2)
    if due_at > found_at:
        clock.now = MONDAY + due_at - timedelta(minutes=1)
        assert queued(community) == []
    clock.now = MONDAY + due_at
    (edition,) = queued(community)
    assert edition.startswith("alerts 2" if mail == "once" else f"alerts {mail} 20")
    assert queued(community) == [edition]


def test_what_comes_after_the_hour_waits_for_the_next_and_nothing_is_lost(community: Community, clock: Clock) -> None:
    member(community, "dora", frequency="never", hour=7)
    community.alerts.make("dora", "author", "Bo Sample", "Bo", mail="daily")
    for day, numbers in ((0, (1,)), (1, (2, 3)), (4, (4,))):
        clock.now = MONDAY + timedelta(days=day, hours=6)
        found(community, "Bo", *numbers)
        clock.now = MONDAY + timedelta(days=day, hours=8)
        queued(community)
        found(community, "Bo", 5)  # known after the first time
    assert queued(community) == ["alerts daily 2026-07-03", "alerts daily 2026-06-30", "alerts daily 2026-06-29"]
    assert community.library.catalogue.community.alert_mail.unmailed(1, "daily") == []


def test_a_change_of_the_way_takes_what_waits_along(community: Community, clock: Clock) -> None:
    member(community, "dora", frequency="never", hour=7)
    community.alerts.make("dora", "author", "Bo Sample", "Bo", mail="weekly")
    clock.now = MONDAY + timedelta(hours=9)
    found(community, "Bo", 1)
    assert queued(community) == []
    community.alerts.change("dora", "Bo", mail="once")
    assert queued(community) == ["alerts 1"]


def test_an_hour_that_a_change_of_clocks_skips_is_a_slot_all_the_same() -> None:
    spring = Preference("daily", 2, "Europe/Paris")  # 2:00 is skipped on 29 March 2026
    now = datetime(2026, 3, 29, 3, tzinfo=UTC)
    slot = latest_slot(spring, now)
    assert slot.isoformat() == "2026-03-29"
    assert moment_of(spring, slot) <= now


def test_a_suspended_address_is_not_written_to(community: Community, clock: Clock) -> None:
    member(community, "dora", frequency="never")
    community.alerts.make("dora", "author", "Bo Sample", "Bo", mail="once")
    accounts = community.library.catalogue.community.accounts
    account = accounts.named("dora")
    assert account is not None
    found(community, "Bo", 1)
    accounts.change(account.id, suspended_at=clock().isoformat(), suspended_reason="advertisements")
    assert queued(community) == []
    accounts.change(account.id, suspended_at=None, suspended_reason="")
    assert queued(community) == ["alerts 1"]
