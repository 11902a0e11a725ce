"""The queue of mails against a model: begun, sent, put off, given up, interrupted, sent again, in any order.

The one promise that matters: a mail that was sent, or perhaps was, goes out again only where somebody says so.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from broadsheet.catalogue import Catalogue
from broadsheet.catalogue.community.mail_queue import BOUNCE_DAYS, HARD_BOUNCES, Delivery, MailQueue, NewDelivery
from tests.clock import NOON
from tests.kept import empty_catalogue

RECIPIENTS, EDITIONS, KINDS = ("reader 1", "reader 2", "subscriber 1"), ("daily 1", "daily 2"), ("digest", "message")
ADDRESSES = {name: f"{name.replace(' ', '')}@example.org" for name in RECIPIENTS}
MINUTE = timedelta(minutes=1)


@dataclass
class Known:
    """A delivery as the model knows it."""

    number: int
    kind: str
    urgency: int
    state: str = "queued"
    tries: int = 0
    next_at: datetime = NOON
    content: str = "{}"
    times_sent: int = 0
    times_released: int = 1  # how often somebody said that it may go out (again)


class QueueLife(RuleBasedStateMachine):
    """Three recipients and two editions."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(shutil.copyfile(empty_catalogue(), Path(self.folder.name) / "catalogue.db"))
        self.now = NOON
        self.catalogue = Catalogue.open(path, clock=lambda: self.now)
        self.queue: MailQueue = self.catalogue.community.mail_queue
        self.known: dict[tuple[str, str], Known] = {}
        self.bounces: dict[int, tuple[str, datetime, bool]] = {}
        self.suspended: set[str] = set()

    def teardown(self) -> None:
        self.catalogue.close()
        self.folder.cleanup()

    def pick(self, data: st.DataObject, *states: str) -> tuple[Known, Delivery]:
        """One delivery in one of these states, or in any."""
        one = data.draw(
            st.sampled_from([known for known in self.known.values() if not states or known.state in states])
        )
        delivery = self.queue.get(one.number)
        assert delivery is not None
        return one, delivery

    def has(self, *states: str) -> bool:
        return any(known.state in states for known in self.known.values())

    @rule(
        recipient=st.sampled_from(RECIPIENTS),
        edition=st.sampled_from(EDITIONS),
        kind=st.sampled_from(KINDS),
        urgency=st.integers(0, 1),
    )
    def is_queued(self, recipient: str, edition: str, kind: str, urgency: int) -> None:
        message = f"<{recipient}.{edition}@x>".replace(" ", "")
        new = NewDelivery(recipient, edition, kind, ADDRESSES[recipient], message, "{}", urgency=urgency)
        is_new = (recipient, edition) not in self.known
        assert self.queue.add(new) is is_new
        if is_new:
            delivery = self.queue.of_message(message)
            assert delivery is not None
            self.known[recipient, edition] = Known(delivery.id, kind, urgency, next_at=self.now)

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def is_begun(self, data: st.DataObject) -> None:
        one, _ = self.pick(data)
        assert self.queue.begin(one.number) is (one.state == "queued")
        if one.state == "queued":
            one.state, one.tries = "sending", one.tries + 1

    @precondition(lambda self: self.has("sending"))
    @rule(data=st.data())
    def arrives(self, data: st.DataObject) -> None:
        one, delivery = self.pick(data, "sending")
        self.queue.sent(delivery, "250 ok")
        one.state, one.content, one.times_sent = "sent", "", one.times_sent + 1

    @precondition(lambda self: self.has("sending"))
    @rule(data=st.data())
    def perhaps_arrives(self, data: st.DataObject) -> None:
        one, delivery = self.pick(data, "sending")
        self.queue.unknown(delivery, "perhaps sent: nobody answered")
        one.state, one.times_sent = "unknown", one.times_sent + 1

    @precondition(lambda self: self.has("sending"))
    @rule()
    def the_process_ends(self) -> None:
        of_sending = [one for one in self.known.values() if one.state == "sending"]
        assert self.queue.recover() == len(of_sending)
        for one in of_sending:
            one.state, one.times_sent = "unknown", one.times_sent + 1

    @precondition(lambda self: self.has("sending", "queued"))
    @rule(data=st.data(), minutes=st.integers(1, 90))
    def is_put_off(self, data: st.DataObject, minutes: int) -> None:
        one, delivery = self.pick(data, "sending", "queued")
        has_begun = one.state == "sending"
        self.queue.defer(delivery, "451 later", self.now + minutes * MINUTE, tried=not has_begun)
        one.state, one.next_at, one.tries = "queued", self.now + minutes * MINUTE, one.tries + (not has_begun)

    @precondition(lambda self: self.has("sending", "queued"))
    @rule(data=st.data(), state=st.sampled_from(("dead", "skipped")))
    def is_given_up(self, data: st.DataObject, state: str) -> None:
        one, delivery = self.pick(data, "sending", "queued")
        is_a_try = one.state == "queued"
        self.queue.give_up(delivery, "550 no", state=state, tried=is_a_try)
        one.state, one.tries = state, one.tries + is_a_try
        if state == "skipped" or one.kind == "message":  # a message may hold a link
            one.content = ""

    @precondition(lambda self: self.known)
    @rule(data=st.data())
    def operator_sends_it_again(self, data: st.DataObject) -> None:
        one, _ = self.pick(data)
        is_possible = one.state in ("unknown", "dead") and one.content != ""
        assert self.queue.resend([one.number, 999]) == int(is_possible)
        if is_possible:
            one.state, one.tries, one.next_at, one.times_released = "queued", 0, self.now, one.times_released + 1

    @precondition(lambda self: self.known)
    @rule(data=st.data(), as_sent=st.booleans())
    def operator_drops_it(self, data: st.DataObject, as_sent: bool) -> None:
        one, _ = self.pick(data)
        is_possible = one.state in ("unknown", "dead", "queued")
        assert self.queue.drop([one.number], as_sent=as_sent) == int(is_possible)
        if is_possible:
            one.state, one.content = "sent" if as_sent else "skipped", ""

    @precondition(lambda self: self.known)
    @rule(data=st.data(), is_hard=st.booleans())
    def comes_back(self, data: st.DataObject, is_hard: bool) -> None:
        one, delivery = self.pick(data)
        # a report that comes twice is one bounce
        self.bounces.setdefault(one.number, (delivery.address, self.now, is_hard))
        since = self.now - timedelta(days=BOUNCE_DAYS)
        of_address = [
            hard for address, at, hard in self.bounces.values() if address == delivery.address and at >= since
        ]
        is_suspended = is_hard and sum(of_address) >= HARD_BOUNCES
        assert self.queue.bounce(delivery, "5.1.1", "no such user", is_hard=is_hard) is is_suspended
        if is_suspended:
            self.suspended.add(delivery.address)

    @rule(recipient=st.sampled_from(RECIPIENTS))
    def address_is_released(self, recipient: str) -> None:
        address = ADDRESSES[recipient]
        assert self.queue.release(address) is (address in self.suspended)
        self.suspended.discard(address)
        self.bounces = {number: one for number, one in self.bounces.items() if one[0] != address}

    @rule(minutes=st.sampled_from((1, 30, 60 * 24, 60 * 24 * 40)))
    def time_passes(self, minutes: int) -> None:
        self.now += minutes * MINUTE

    # What must be true then -------------------------------------------------------------------------------------

    @invariant()
    def every_delivery_is_in_the_state_of_the_model(self) -> None:
        for one in self.known.values():
            delivery = self.queue.get(one.number)
            assert delivery is not None
            assert (delivery.state, delivery.attempts, delivery.content) == (one.state, one.tries, one.content)
        states = [one.state for one in self.known.values()]
        assert self.queue.counts() == {state: states.count(state) for state in set(states)}

    @invariant()
    def what_is_due_is_what_waits_the_urgent_first(self) -> None:
        waiting = [one for one in self.known.values() if one.state == "queued" and one.next_at <= self.now]
        waiting.sort(key=lambda one: (one.urgency, one.next_at, one.number))
        assert [one.id for one in self.queue.due()] == [one.number for one in waiting]
        assert [one.id for one in self.queue.due(1)] == [one.number for one in waiting[:1]]

    @invariant()
    def nothing_goes_out_oftener_than_somebody_said(self) -> None:
        for one in self.known.values():
            assert one.times_sent <= one.times_released

    @invariant()
    def addresses_that_are_suspended_say_so(self) -> None:
        assert {address for address, *_ in self.queue.suspended()} == self.suspended
        for address in ADDRESSES.values():
            assert bool(self.queue.suspension(address)) is (address in self.suspended)


TestQueueLife = QueueLife.TestCase
TestQueueLife.settings = settings(max_examples=20, stateful_step_count=30, deadline=None, phases=[Phase.generate])


def test_a_report_that_comes_twice_is_one_bounce(tmp_path: Path) -> None:
    with Catalogue.open(
        Path(shutil.copyfile(empty_catalogue(), tmp_path / "catalogue.db")), clock=lambda: NOON
    ) as catalogue:
        queue = catalogue.community.mail_queue
        for n in range(HARD_BOUNCES):
            queue.add(NewDelivery("reader 1", f"daily {n}", "digest", "a@example.org", f"<{n}@x>", "{}"))
        first = queue.of_message("<0@x>")
        assert first is not None
        assert [queue.bounce(first, "5.1.1", "no", is_hard=True) for _ in range(5)] == [False] * 5
        others = [queue.of_message(f"<{n}@x>") for n in range(1, HARD_BOUNCES)]
        assert [queue.bounce(one, "5.1.1", "no", is_hard=True) for one in others if one] == [False, True]
        assert queue.suspension("a@example.org") == f"3 mails came back within {BOUNCE_DAYS} days: 5.1.1 no"
