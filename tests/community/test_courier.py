"""What becomes of single messages with a real relay, whatever it does."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

import broadsheet
from broadsheet.catalogue.community.mail_queue import Delivery
from broadsheet.community import Community
from broadsheet.community.mail.mail import Mail
from broadsheet.kit.errors import UsageError
from tests.clock import NOON
from tests.community.relay import Sink, relay, settings


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with relay() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def mail(tmp_path: Path, sink: Sink, clock: Clock) -> Iterator[Mail]:
    sink.mails.clear()
    settings(tmp_path, sink.port)
    with broadsheet.open(tmp_path, clock=clock) as library:
        yield Community(library).mail


def only(mail: Mail, state: str) -> Delivery:
    (delivery,) = mail.queue.listed(state)
    return delivery


def test_a_message_arrives_as_it_was_written(mail: Mail, sink: Sink) -> None:
    text = "Grüße,\n.a line with a dot\n" + "long " * 300 + "\nhttps://papers.example.org/reset/abc=3D"
    mail.send_message("Accept@EXAMPLE.org", "Your link – für\r\nBcc: eve@example.org", text)
    assert dict(mail.deliver().counts) == {"sent": 1}
    ((to, arrived),) = sink.mails
    assert to == "Accept@example.org"
    assert arrived["To"] == "Accept@example.org"
    assert arrived["From"] == "Daily kelp <papers@example.org>"
    assert arrived["Subject"] == "Your link – für Bcc: eve@example.org"
    assert arrived["Bcc"] is None
    assert arrived["Auto-Submitted"] == "auto-generated"
    assert arrived["Date"].datetime == NOON
    assert arrived.get_content().splitlines() == text.splitlines()
    assert arrived.defects == []
    delivery = only(mail, "sent")
    assert (delivery.message_id, delivery.content, delivery.attempts) == (arrived["Message-ID"], "", 1)
    assert mail.deliver().counts.total() == 0


@pytest.mark.parametrize(
    "address", ["", "ada", "a@", "ada@example.org\r\nBcc: x@y.org", "a b@c.org", "<a@b.org>", "a@b..org"]
)
def test_what_is_no_address_is_refused(mail: Mail, address: str) -> None:
    with pytest.raises(UsageError, match="is not an e-mail address"):
        mail.send_message(address, "Hello", "You")


def test_a_deferred_mail_is_tried_again_later_and_given_up_in_the_end(mail: Mail, clock: Clock) -> None:
    mail.send_message("defer@example.org", "Hello", "You")
    assert dict(mail.deliver().counts) == {"deferred": 1}
    delivery = only(mail, "deferred")
    assert (delivery.attempts, delivery.error) == (1, "450 4.2.1 come back later")
    assert delivery.next_at == NOON + timedelta(minutes=5)
    assert mail.deliver().counts.total() == 0
    for minutes, result in ((5, "deferred"), (15, "dead")):
        clock.now += timedelta(minutes=minutes)
        assert dict(mail.deliver().counts) == {result: 1}
    dead = only(mail, "dead")
    assert dead.error == "tried 3 times: 450 4.2.1 come back later"
    assert dead.content == ""


def test_a_refused_mail_is_a_bounce_and_three_suspend_the_address(mail: Mail, sink: Sink) -> None:
    for at in range(1, 4):
        mail.send_message("reject@example.org", "Hello", "You")
        assert dict(mail.deliver().counts) == {"refused": 1}
        assert [bounce.code for bounce in mail.queue.bounces()] == ["550 5.1.1"] * at
    assert [address for address, _, _ in mail.queue.suspended()] == ["reject@example.org"]
    mail.send_message("reject@example.org", "Hello", "You")
    assert dict(mail.deliver().counts) == {"dead": 1}
    assert mail.queue.listed("dead")[0].error.startswith(
        "the address is suspended: 3 mails came back within 30 days: 550"
    )
    assert mail.queue.release("reject@example.org")
    assert not mail.queue.release("reject@example.org")
    mail.send_message("reject@example.org", "Hello", "You")
    assert dict(mail.deliver().counts) == {"refused": 1}
    assert mail.queue.suspended() == []


def test_a_refused_text_does_not_suspend_who_it_was_for(mail: Mail) -> None:
    for _ in range(4):
        mail.send_message("spam@example.org", "Hello", "You")
        assert dict(mail.deliver().counts) == {"refused": 1}
    assert [bounce.is_hard for bounce in mail.queue.bounces()] == [False] * 4
    assert mail.queue.suspended() == []


def test_a_connection_that_breaks_within_a_mail_loses_nothing(mail: Mail, sink: Sink) -> None:
    mail.send_message("drop@example.org", "Hello", "word " * 3000)
    mail.send_message("accept@example.org", "Hello", "You")
    counts = mail.deliver().counts
    # the mail may have left whole before the connection is seen to be gone
    assert counts in ({"deferred": 1, "sent": 1}, {"unknown": 1, "sent": 1})
    assert [to for to, _ in sink.mails] == ["accept@example.org"]


def test_what_was_perhaps_sent_is_not_sent_again_by_itself(mail: Mail, sink: Sink, clock: Clock) -> None:
    mail.send_message("vanish@example.org", "Hello", "You")
    assert dict(mail.deliver().counts) == {"unknown": 1}
    clock.now += timedelta(hours=3)
    assert mail.deliver().counts.total() == 0
    unknown = only(mail, "unknown")
    assert unknown.error.startswith("perhaps sent: ")
    assert unknown.attempts == 1
    assert len(sink.mails) == 1
    assert mail.queue.resend([unknown.id]) == 1
    assert dict(mail.deliver().counts) == {"unknown": 1}
    assert len(set(sink.ids())) == 1  # so that a mailbox can see that it is the same
    assert mail.queue.drop([unknown.id], as_sent=True) == 1
    assert only(mail, "sent").content == ""


def test_a_relay_that_answers_too_late_perhaps_has_the_mail(mail: Mail) -> None:
    mail.send_message("slow@example.org", "Hello", "You")
    assert dict(mail.deliver().counts) == {"unknown": 1}


def test_while_the_relay_is_down_nothing_is_counted_against_a_mail(tmp_path: Path, sink: Sink, clock: Clock) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        settings(tmp_path, free.getsockname()[1])
    with broadsheet.open(tmp_path, clock=clock) as library:
        mail = Community(library).mail
        for _ in range(5):
            mail.send_message("accept@example.org", "Hello", "You")
        for _ in range(9):
            round_ = mail.deliver()
            assert round_.counts.total() == 0
            assert "Connection refused" in round_.problem
        assert {delivery.attempts for delivery in mail.queue.due()} == {0}
    settings(tmp_path, sink.port)
    sink.mails.clear()
    with broadsheet.open(tmp_path, clock=clock) as library:
        assert dict(Community(library).mail.deliver().counts) == {"sent": 5}
    assert len(sink.mails) == 5


def test_a_message_is_not_sent_after_its_time(mail: Mail, sink: Sink, clock: Clock) -> None:
    mail.send_message("accept@example.org", "Hello", "You", expires=timedelta(hours=1))
    clock.now += timedelta(hours=1)
    assert dict(mail.deliver().counts) == {"dead": 1}
    assert sink.mails == []
    assert only(mail, "dead").content == ""


def test_without_a_relay_nothing_is_queued(tmp_path: Path) -> None:
    with broadsheet.open(tmp_path, clock=lambda: datetime(2026, 7, 1, tzinfo=UTC)) as library:
        mail = Community(library).mail
        assert not mail.is_set_up
        with pytest.raises(UsageError, match="no mail can be sent"):
            mail.send_message("ada@example.org", "Hello", "You")


def test_a_password_is_never_sent_readable(tmp_path: Path) -> None:
    settings(tmp_path, 25, 'user = "ada"\npassword = "secret"')
    text = (tmp_path / "broadsheet.toml").read_text().replace("127.0.0.1", "192.0.2.1")
    (tmp_path / "broadsheet.toml").write_text(text)
    with broadsheet.open(tmp_path) as library:
        mail = Community(library).mail
        mail.send_message("ada@example.org", "Hello", "You")
        with pytest.raises(UsageError, match="would send the password readable"):
            mail.deliver()
