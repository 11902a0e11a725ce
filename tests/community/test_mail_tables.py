"""The queue of mails and those who get them: every step of a delivery, and what is never sent twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from broadsheet.catalogue.community.mail_queue import Delivery, NewDelivery
from broadsheet.catalogue.community.mail_recipients import Composed, Preference, Recipient
from broadsheet.kit.errors import UsageError
from tests.catalogue.made import ARTICLE, PREPRINT
from tests.clock import NOON
from tests.community.house import Desk

HOUR = timedelta(hours=1)
DAILY = Preference("daily", 7, "Europe/Berlin")


def mail(recipient: str = "reader 1", edition: str = "2026-07-01", **more: object) -> NewDelivery:
    new = NewDelivery(recipient, edition, "digest", "rita@example.org", f"<{recipient}.{edition}@x>", '{"papers":[1]}')
    return replace(new, **more)  # type: ignore[arg-type]


def queued(desk: Desk, new: NewDelivery | None = None) -> Delivery:
    """A delivery that waits."""
    new = new or mail()
    assert desk.tables.mail_queue.add(new) is True
    delivery = desk.tables.mail_queue.of_message(new.message_id)
    assert delivery is not None
    return delivery


def again(desk: Desk, delivery: Delivery) -> Delivery:
    """The delivery as it is now."""
    now = desk.tables.mail_queue.get(delivery.id)
    assert now is not None
    return now


def test_a_recipient_has_one_delivery_of_an_edition(desk: Desk) -> None:
    queue = desk.tables.mail_queue
    assert queue.add(mail()) is True
    assert queue.add(mail(message_id="<other@x>", address="new@example.org")) is False
    assert queue.add(mail(edition="2026-07-02")) is True
    assert queue.add(mail("subscriber 1")) is True
    assert queue.counts() == {"queued": 3}
    assert queue.of_message("") is None
    assert queue.of_message("<other@x>") is None
    assert queue.get(99) is None


def test_what_is_urgent_goes_first_and_what_waits_longest_next(desk: Desk) -> None:
    queue = desk.tables.mail_queue
    queue.add(mail(edition="first"))
    desk.after(HOUR)
    queue.add(mail(edition="second"))
    queue.add(mail(edition="link", kind="message", urgency=0))
    queue.add(mail(edition="nothing", state="skipped", error="no new papers\x00"))
    assert [one.edition for one in queue.due()] == ["link", "first", "second"]
    assert [one.edition for one in queue.due(1)] == ["link"]
    assert [(one.edition, one.error) for one in queue.listed("skipped")] == [("nothing", "no new papers")]
    assert queue.written_since("reader 1", NOON + HOUR) == 3
    assert queue.written_since("reader 1", NOON) == 4
    assert queue.written_since("reader 2", NOON) == 0


def test_a_delivery_is_begun_once_and_arrives(desk: Desk) -> None:
    queue, delivery = desk.tables.mail_queue, queued(desk)
    assert (delivery.state, delivery.attempts, delivery.tried_at) == ("queued", 0, None)
    desk.after(HOUR)
    assert queue.begin(delivery.id) is True
    assert queue.begin(delivery.id) is False
    assert queue.due() == []
    queue.sent(delivery, "250 ok")
    arrived = again(desk, delivery)
    assert (arrived.state, arrived.attempts, arrived.sent_at, arrived.error) == ("sent", 1, NOON + HOUR, "250 ok")
    assert arrived.content == ""  # what was sent is not stored
    assert queue.resend([delivery.id]) == 0
    assert queue.drop([delivery.id]) == 0


def test_what_was_being_sent_when_its_process_ended_is_not_sent_again_by_itself(desk: Desk) -> None:
    queue, delivery = desk.tables.mail_queue, queued(desk)
    waiting = queued(desk, mail(edition="2026-07-02"))
    queue.begin(delivery.id)
    assert queue.recover() == 1
    assert queue.recover() == 0
    lost = again(desk, delivery)
    assert (lost.state, lost.content) == ("unknown", '{"papers":[1]}')
    assert "perhaps sent" in lost.error
    assert [one.id for one in queue.due()] == [waiting.id]
    desk.after(HOUR)
    assert queue.resend([delivery.id, waiting.id, 99]) == 1
    resent = again(desk, delivery)
    assert (resent.state, resent.attempts, resent.next_at, resent.error) == ("queued", 0, NOON + HOUR, "")


def test_a_delivery_is_tried_again_at_its_moment(desk: Desk) -> None:
    queue, delivery = desk.tables.mail_queue, queued(desk)
    queue.begin(delivery.id)
    queue.defer(delivery, "451 later " + "x" * 900, NOON + HOUR, tried=False)
    assert queue.due() == []
    assert [one.id for one in queue.listed("deferred")] == [delivery.id]
    deferred = again(desk, delivery)
    assert (deferred.attempts, deferred.next_at, len(deferred.error)) == (1, NOON + HOUR, 500)
    desk.after(HOUR)
    assert [one.id for one in queue.due()] == [delivery.id]
    queue.defer(delivery, "no connection", NOON + 2 * HOUR)
    assert again(desk, delivery).attempts == 2


@pytest.mark.parametrize(
    ("kind", "state", "content"),
    [("digest", "dead", '{"papers":[1]}'), ("message", "dead", ""), ("digest", "skipped", "")],
)
def test_what_is_given_up_keeps_its_content_unless_it_may_hold_a_link(
    desk: Desk, kind: str, state: str, content: str
) -> None:
    queue, delivery = desk.tables.mail_queue, queued(desk, mail(kind=kind))
    queue.give_up(delivery, "550 no such mailbox", state=state)
    given_up = again(desk, delivery)
    assert (given_up.state, given_up.content, given_up.attempts) == (state, content, 1)
    assert queue.resend([delivery.id]) == int(bool(content))


@pytest.mark.parametrize(("as_sent", "state"), [(True, "sent"), (False, "skipped")])
def test_what_waits_is_taken_off_the_lists(desk: Desk, as_sent: bool, state: str) -> None:
    queue, delivery = desk.tables.mail_queue, queued(desk)
    queue.unknown(delivery, "the connection ended")
    assert queue.drop([delivery.id, 99], as_sent=as_sent) == 1
    assert queue.counts() == {state: 1}
    assert again(desk, delivery).content == ""


def test_three_mails_that_come_back_within_a_month_suspend_an_address(desk: Desk) -> None:
    queue = desk.tables.mail_queue
    deliveries = [queued(desk, mail(edition=f"{n}")) for n in range(6)]
    assert queue.bounce(deliveries[0], "550", "no such mailbox", is_hard=True) is False
    desk.after(timedelta(days=31))
    assert queue.bounce(deliveries[1], "550", "no such mailbox", is_hard=True) is False
    assert queue.bounce(deliveries[2], "452", "mailbox full", is_hard=False) is False
    assert queue.bounce(deliveries[3], "550", "no such mailbox", is_hard=True) is False
    assert queue.suspension("rita@example.org") == ""
    assert queue.bounce(deliveries[4], "550", "no\x00 such mailbox", is_hard=True) is True
    reason = "3 mails came back within 30 days: 550 no such mailbox"
    assert queue.suspended() == [("rita@example.org", NOON + timedelta(days=31), reason)]
    assert queue.suspension("rita@example.org") == reason
    assert [one.code for one in queue.bounces(3)] == ["550", "550", "452"]
    assert queue.release("rita@example.org") is True
    assert queue.release("rita@example.org") is False
    assert queue.bounces() == []
    assert queue.bounce(deliveries[5], "550", "", is_hard=True) is False  # it begins anew


# --- recipients -----------------------------------------------------------------------------------------------------


def active(desk: Desk, address: str = "sam@example.org") -> Recipient:
    """A subscriber whose address is confirmed and whose mail is due now."""
    people = desk.tables.mail_recipients
    people.confirm(people.ask(address, DAILY).id, NOON)
    return next(one for one in people.due(NOON, 10) if one.address == address)


def test_who_subscribes_confirms_leaves_and_comes_back(desk: Desk) -> None:
    people = desk.tables.mail_recipients
    pending = people.ask("sam@example.org", DAILY)
    assert (pending.state, pending.due_at, pending.preference) == ("pending", None, DAILY)
    assert people.ask("sam@example.org", Preference("weekly", 9, "UTC")).id == pending.id
    assert people.due(NOON + HOUR, 10) == []
    assert people.named(f"subscriber {pending.id}") is None
    confirmed = people.confirm(pending.id, NOON)
    assert (confirmed.state, confirmed.due_at, confirmed.preference.frequency) == ("active", NOON, "weekly")
    assert people.confirm(pending.id, NOON + HOUR).due_at == NOON  # a second time changes nothing
    assert people.ask("sam@example.org", DAILY).preference.frequency == "weekly"
    assert people.stop(f"subscriber {pending.id}") is True
    assert people.named(f"subscriber {pending.id}") is None
    with pytest.raises(UsageError, match="subscribe again"):
        people.confirm(pending.id, NOON)
    people.change(pending.id, DAILY, NOON + HOUR)
    assert people.subscriber_counts() == {"active": 1}
    assert [(one.name, one.due_at) for one in people.due(NOON + HOUR, 10)] == [
        (f"subscriber {pending.id}", NOON + HOUR)
    ]


@pytest.mark.parametrize("name", ["", "reader", "reader x", "subscriber -1", "robot 1", "subscriber 99", "reader 99"])
def test_names_of_nobody(desk: Desk, name: str) -> None:
    assert desk.tables.mail_recipients.named(name) is None
    assert desk.tables.mail_recipients.stop(name) is False


def test_who_never_confirms_is_forgotten(desk: Desk) -> None:
    people = desk.tables.mail_recipients
    people.ask("sam@example.org", DAILY)
    desk.after(HOUR)
    people.ask("sue@example.org", DAILY)
    sid = active(desk, "sid@example.org")
    assert people.forget_pending(NOON + HOUR) == 1
    assert [one.email for one in people.subscribers()] == ["sue@example.org", "sid@example.org"]
    assert people.subscriber_of("sam@example.org") is None
    assert people.subscriber(sid.number) is not None


def test_readers_choose_and_are_due_before_subscribers(desk: Desk) -> None:
    people, rita = desk.tables.mail_recipients, desk.account("rita", email="rita@example.org")
    assert people.preference(rita.reader_id) is None
    people.set_preference(rita.reader_id, DAILY, NOON + HOUR)
    assert people.preference(rita.reader_id) == DAILY
    assert people.reader_name(rita.reader_id) == "rita"
    assert people.reader_name(99) == ""
    sam = active(desk)
    assert [one.name for one in people.due(NOON, 10)] == [sam.name]
    assert [one.name for one in people.due(NOON + HOUR, 10)] == [f"reader {rita.reader_id}", sam.name]
    assert [one.name for one in people.due(NOON + HOUR, 1)] == [f"reader {rita.reader_id}"]
    named = people.named(f"reader {rita.reader_id}")
    assert named is not None
    assert (named.reader, named.address) == ("rita", "rita@example.org")
    assert people.stop(f"reader {rita.reader_id}") is True
    assert [one.name for one in people.due(NOON + HOUR, 10)] == [sam.name]


def test_a_digest_is_queued_with_its_papers_and_the_next_day_in_one_step(desk: Desk) -> None:
    desk.catalogue.papers.add([PREPRINT, ARTICLE])
    people, sam = desk.tables.mail_recipients, active(desk)
    tomorrow = NOON + 24 * HOUR
    composed = Composed(sam, tomorrow, mail(sam.name), (1, 2, 99))
    assert people.queue([composed]) == 1
    assert people.queue([composed]) == 0  # two processes composed it: one is queued
    assert people.due(NOON, 10) == []
    assert [one.due_at for one in people.due(tomorrow, 10)] == [tomorrow]
    assert people.all_delivered(sam.name) == {1, 2}
    assert people.delivered(sam.name, [2, 3]) == {2}
    assert people.delivered("reader 1", [1, 2]) == set()
    [delivery] = desk.tables.mail_queue.due()
    assert people.papers_of(delivery, [1, 2, 99]) == {1: 1, 2: 2}
    people.give_back(delivery)
    assert people.all_delivered(sam.name) == set()
    assert people.papers_of(delivery, [1, 2]) == {}
    later = Composed(replace(sam, due_at=tomorrow), tomorrow + 24 * HOUR, mail(sam.name, "next"), (1,))
    assert people.queue([later]) == 1
    people.take_again(delivery, [1, 2])
    assert people.papers_of(delivery, [1, 2]) == {2: 2}  # the first came with the next one
    assert people.all_delivered(sam.name) == {1, 2}


def test_where_there_is_nothing_new_only_the_day_moves_on(desk: Desk) -> None:
    people, sam = desk.tables.mail_recipients, active(desk)
    assert people.queue([Composed(sam, NOON + HOUR)]) == 0
    assert [one.due_at for one in people.due(NOON + HOUR, 10)] == [NOON + HOUR]
    assert people.queue([Composed(sam, NOON + 9 * HOUR)]) == 0  # composed from what is old: changes nothing
    assert [one.due_at for one in people.due(NOON + HOUR, 10)] == [NOON + HOUR]
    assert desk.tables.mail_queue.counts() == {}


def test_what_came_with_old_mails_is_forgotten(desk: Desk) -> None:
    desk.catalogue.papers.add([PREPRINT, ARTICLE])
    people, sam = desk.tables.mail_recipients, active(desk)
    due = sam.due_at
    assert due is not None
    people.queue([Composed(sam, due + 24 * HOUR, mail(sam.name), (1,))])
    desk.after(400 * 24 * HOUR)
    people.queue([Composed(replace(sam, due_at=due + 24 * HOUR), due + 48 * HOUR, mail(sam.name, "late"), (2,))])
    desk.after(HOUR)
    assert people.forget_delivered(desk.catalogue.now() - 400 * 24 * HOUR) == 1
    assert people.all_delivered(sam.name) == {2}
    assert people.forget_delivered(desk.catalogue.now() - 400 * 24 * HOUR) == 0
