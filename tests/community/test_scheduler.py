"""What happens by itself: what is due is done once, and a step or a process that fails is made up for."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import chain, repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from broadsheet.community import Community, scheduler
from broadsheet.community.scheduler import LOCK, Background, Scheduler
from broadsheet.kit.errors import LibraryError, SourceError
from broadsheet.pipeline.locks import exclusive
from tests.community.mailing import Clock, enter, mailing, member
from tests.community.relay import Sink


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def community(tmp_path: Path, clock: Clock) -> Iterator[Community]:
    with mailing(tmp_path, Sink(port=1), clock) as made:
        yield made


def syncing(community: Community, monkeypatch: pytest.MonkeyPatch, *results: Any) -> list[int]:
    """Let syncs end as told, one after the other; counts them."""
    calls: list[int] = []

    def sync(*_: object, stop: Callable[[], bool]) -> Any:
        calls.append(len(calls))
        assert stop() is False
        result = results[min(len(calls), len(results)) - 1]
        if isinstance(result, BaseException):
            raise result
        return result

    monkeypatch.setattr(community.library, "sync", sync)
    return calls


def report(source: str, added: int, *messages: str) -> SimpleNamespace:
    return SimpleNamespace(source=source, added=added, messages=messages)


def jobs(community: Community) -> dict[tuple[str, str], str]:
    """(name, period) → outcome."""
    return {(job.name, job.period): job.outcome for job in community.library.catalogue.community.jobs.latest()}


def test_sources_are_synced_once_in_so_many_hours(
    community: Community, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = syncing(community, monkeypatch, [report("arxiv", 1200), report("crossref", 0, "first", "503, later")])
    six_hourly = Scheduler(community, sync_hours=6)
    done = []
    for hour in range(24):
        clock.now = clock.now.replace(hour=hour)
        done += [(hour, line) for line in six_hourly.run() if line.startswith("sync")]
    line = "sync: arxiv: 1,200 new; crossref: 0 new (503, later)"
    assert done == [(0, line), (6, line), (12, line), (18, line)]
    assert len(calls) == 4
    assert sorted(period for name, period in jobs(community) if name == "sync") == [
        f"2026-06-29 {hour}:00" for hour in ("00", "06", "12", "18")
    ]


def test_the_setting_says_how_often_and_none_is_never(community: Community, monkeypatch: pytest.MonkeyPatch) -> None:
    calls = syncing(community, monkeypatch, [])
    assert Scheduler(community).run() == []
    settings = community.library.settings
    community.library.settings = replace(settings, schedule=replace(settings.schedule, sync_hours=24))
    assert Scheduler(community).run() == ["sync: no source is set up"]
    assert Scheduler(community, sync_hours=0).run() == []
    assert len(calls) == 1


def test_a_sync_that_fails_is_noted_and_stops_nothing(
    community: Community, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    syncing(community, monkeypatch, SourceError("arxiv: 503"))
    enter(community, 1)
    clock.tomorrow()
    lines = Scheduler(community, sync_hours=24).run()
    assert lines == ["sync: failed: arxiv: 503", "closed: 2026-06-29"]
    assert jobs(community)["sync", "2026-06-30 00:00"] == "failed: arxiv: 503"
    assert jobs(community)["close", "2026-06-29"] == "1 papers."


def test_a_sync_whose_process_ended_is_begun_anew(
    community: Community, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = syncing(community, monkeypatch, KeyboardInterrupt(), [report("arxiv", 2)])
    with pytest.raises(KeyboardInterrupt):
        Scheduler(community, sync_hours=24).run()
    assert jobs(community) == {("sync", "2026-06-29 00:00"): ""}
    assert Scheduler(community, sync_hours=24).run() == ["sync: arxiv: 2 new"]
    assert Scheduler(community, sync_hours=24).run() == []
    assert len(calls) == 2


@pytest.mark.parametrize("step", ["close", "compose", "publish"])
def test_a_step_that_fails_stops_no_other(
    community: Community,
    clock: Clock,
    step: str,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def fail(*_: object) -> list[str]:
        raise LibraryError("the disk is full")

    fail.__name__ = f"_{step}"
    member(community, "dora")
    enter(community, 1)
    clock.tomorrow()
    every = Scheduler(community)
    monkeypatch.setattr(every, f"_{step}", fail)
    lines = every.run()
    assert f"{step} failed: the disk is full" in lines
    assert ("closed: 2026-06-29" in lines) is (step != "close")
    assert ("mail: 1 queued" in lines) is (step == "publish")
    assert jobs(community)[step, "2026-06-30 06:00, failed"] == "the disk is full"
    assert f"{step} failed: the disk is full" in caplog.text
    later = Scheduler(community).run()  # what was missed is made up for
    assert "closed: 2026-06-29" in [*lines, *later]
    assert ("mail: 1 queued" in [*lines, *later]) is (step != "close")  # without a closed day there was no mail


def test_of_two_processes_one_does_what_is_due(community: Community, clock: Clock) -> None:
    enter(community, 1)
    clock.tomorrow()
    with exclusive(community.library.path / LOCK, wait=0):
        assert Scheduler(community).run() == ["another process does what is due"]
    assert Scheduler(community).run() == ["closed: 2026-06-29"]


def test_who_is_told_to_stop_begins_nothing_more(community: Community, clock: Clock) -> None:
    enter(community, 1)
    clock.tomorrow()
    assert Scheduler(community).run(lambda: True) == []
    after_three = chain([False] * 3, repeat(True))  # sync, connections, close
    assert Scheduler(community, sync_hours=0).run(lambda: next(after_three)) == ["closed: 2026-06-29"]


def test_days_that_nobody_was_there_for_are_closed_late(community: Community, clock: Clock) -> None:
    enter(community, 1)
    clock.tomorrow(days=4)
    assert Scheduler(community).run() == ["closed: 2026-06-29, 2026-06-30, 2026-07-01, 2026-07-02"]
    outcomes = {period: outcome for (name, period), outcome in jobs(community).items() if name == "close"}
    assert outcomes["2026-06-29"] == "1 papers."
    assert outcomes["2026-07-01"].startswith("0 papers. Nobody submitted or picked a paper")


# --- the threads of a server ----------------------------------------------------------------------------------------


class Rounds:
    """Counts the rounds of the scheduler, and lets some of them fail."""

    def __init__(self, *errors: Exception | None) -> None:
        self.errors = list(errors)
        self.begun = threading.Semaphore(0)

    def __call__(self, *_: object) -> list[str]:
        self.begun.release()
        if self.errors and (error := self.errors.pop(0)):
            raise error
        return []

    def wait(self, times: int) -> None:
        for _ in range(times):
            assert self.begun.acquire(timeout=60)


@pytest.fixture
def quick(monkeypatch: pytest.MonkeyPatch) -> None:
    """Rounds follow each other at once."""
    monkeypatch.setattr(scheduler, "EVERY", 0.001)
    monkeypatch.setattr(scheduler, "COURIER_EVERY", 0.001)


@pytest.mark.usefixtures("quick")
def test_a_server_goes_on_whatever_happens_in_a_round(
    community: Community, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    rounds = Rounds(LibraryError("the disk is full"), ValueError("a mistake of ours"), None)
    deliveries = Rounds(OSError("no route"), None)
    monkeypatch.setattr(Scheduler, "run", rounds)
    monkeypatch.setattr(community.mail, "deliver", deliveries)
    with caplog.at_level(logging.WARNING):
        background = Background(community)
        background.start()
        rounds.wait(4)
        deliveries.wait(3)
        background.stop(60)
    assert "the disk is full" in caplog.text
    assert "a mistake of ours" in caplog.text
    assert "no route" in caplog.text
    assert not [thread for thread in threading.enumerate() if thread.name in ("scheduler", "courier")]


@pytest.mark.usefixtures("quick")
def test_a_server_without_a_relay_sends_nothing_until_there_is_a_webhook(
    tmp_path: Path, clock: Clock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "library").mkdir()
    with mailing(tmp_path / "library", Sink(port=1), clock) as community:
        settings = community.library.settings
        community.library.settings = replace(settings, mail=replace(settings.mail, host=""))
        assert not community.mail.can_deliver
        deliveries, rounds = Rounds(), Rounds()
        monkeypatch.setattr(community.mail, "deliver", deliveries)
        monkeypatch.setattr(Scheduler, "run", rounds)
        background = Background(community)
        background.start()
        rounds.wait(5)
        assert not deliveries.begun.acquire(blocking=False)
        community.mail.posting().add("lab", "https://chat.example.org/x", "slack")
        deliveries.wait(2)
        background.stop(60)


def test_what_is_urgent_wakes_the_courier(community: Community, monkeypatch: pytest.MonkeyPatch) -> None:
    """A link to reset a password does not wait for the next round, which is a long time off here."""
    monkeypatch.setattr(scheduler, "EVERY", 3600.0)
    monkeypatch.setattr(scheduler, "COURIER_EVERY", 3600.0)
    deliveries = Rounds()
    monkeypatch.setattr(community.mail, "deliver", deliveries)
    background = Background(community)
    background.start()
    deliveries.wait(1)
    community.mail.send_message("ada@example.org", "Hello", "You")
    deliveries.wait(1)
    background.stop(60)
    assert community.mail.queue.counts() == {"queued": 1}


def test_a_server_that_never_began_stops_at_once(community: Community) -> None:
    Background(community).stop(60)
