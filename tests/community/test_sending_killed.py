"""kill -9 in the middle of sending, many times: nothing lost, nothing twice."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from datetime import timedelta
from pathlib import Path

from broadsheet.community.scheduler import Scheduler
from tests.community import killer
from tests.community.mailing import Clock, enter, mailing
from tests.community.relay import relay
from tests.often import often

ROOT = Path(__file__).parents[2]
SUBSCRIBERS, KILLS = 250, 110


def test_mails_arrive_once_however_often_the_courier_is_killed(tmp_path: Path) -> None:
    clock = Clock(killer.NOW - timedelta(days=1))
    with relay() as sink:
        with mailing(tmp_path, sink, clock) as community:
            recipients = community.mail.recipients
            preference = community.mail.subscriptions.default
            for n in range(SUBSCRIBERS):
                asked = recipients.ask(f"accept{n}@example.org", preference)
                daily = type(preference)("daily", 6, "UTC")
                recipients.change(asked.id, daily, killer.NOW)
            enter(community, 1, 2, 3)
            clock.now = killer.NOW
            assert Scheduler(community).run()[1] == f"mail: {SUBSCRIBERS} queued"
        command = [sys.executable, "-m", "tests.community.killer", str(tmp_path), str(often(KILLS)), "20260630"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=280, check=True, cwd=ROOT)
        assert done.stdout.split() == ["0", "0", "0"]
        arrived = Counter(sink.ids())
        with mailing(tmp_path, sink, clock) as community:
            queue = community.mail.queue
            counts = queue.counts()
            sent = {one.message_id for one in queue.listed("sent", SUBSCRIBERS)}
            unknown = {one.message_id for one in queue.listed("unknown", SUBSCRIBERS)}
            assert community.library.catalogue.check() == []
    assert set(arrived.values()) == {1}, "a mail arrived twice"
    assert counts.keys() <= {"sent", "unknown"}
    assert len(sent) + len(unknown) == SUBSCRIBERS, "a mail is lost"
    assert sent <= arrived.keys()
    assert arrived.keys() <= sent | unknown
    assert len(unknown) <= often(KILLS)  # at most one a kill: that between the last byte and its record
