"""Mails that come back, as a pipe gives them to the command."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from broadsheet.cli import main
from broadsheet.community import Community
from broadsheet.community.mail.incoming import Incoming, receive
from broadsheet.community.mail.links import Purpose
from broadsheet.kit.errors import UsageError
from tests.community.mailing import Clock, mailing, member
from tests.community.relay import Sink, relay


@pytest.fixture(scope="module")
def sink() -> Iterator[Sink]:
    with relay() as running:
        yield running


@pytest.fixture
def community(tmp_path: Path, sink: Sink) -> Iterator[Community]:
    sink.mails.clear()
    with mailing(tmp_path, sink, Clock()) as made:
        yield made


def send(community: Community, address: str = "accept@example.org") -> str:
    """Send a message; its Message-ID."""
    community.mail.send_message(address, "Hello", "You")
    community.mail.deliver()
    return community.mail.queue.listed("sent")[0].message_id


def report(message_id: str, address: str, status: str = "5.1.1", action: str = "failed") -> bytes:
    """A report of non-delivery as Postfix writes it."""
    return f"""From: MAILER-DAEMON@relay.example.org
To: papers@example.org
Subject: Undelivered Mail Returned to Sender
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="B"

--B
Content-Type: text/plain

I'm sorry to have to inform you that your message could not be delivered.
--B
Content-Type: message/delivery-status

Reporting-MTA: dns; relay.example.org

Final-Recipient: rfc822; {address}
Original-Recipient: rfc822;{address}
Action: {action}
Status: {status}
Diagnostic-Code: smtp; 550 {status} User unknown

--B
Content-Type: message/rfc822

Message-ID: {message_id}
Subject: Hello

You
--B--
""".encode()


def test_three_reports_of_three_mails_suspend_an_address(community: Community) -> None:
    first = send(community)
    for _ in range(5):  # a report that comes again is one bounce
        assert receive(community.mail, report(first, "accept@example.org"))[0].kind == "bounce"
    assert len(community.mail.queue.bounces()) == 1
    for _ in range(2):
        said = receive(community.mail, report(send(community), "accept@example.org"))
    assert said == [Incoming("bounce", "accept@example.org: 5.1.1 550 5.1.1 User unknown; suspended")]
    assert [address for address, _, _ in community.mail.queue.suspended()] == ["accept@example.org"]


def test_a_report_is_believed_only_with_a_message_id_of_ours(community: Community) -> None:
    send(community)
    (said,) = receive(community.mail, report("<guess@example.org>", "accept@example.org"))
    assert said == Incoming("other", "accept@example.org: the report names no mail of ours")
    assert community.mail.queue.bounces() == []


def test_a_delay_is_no_bounce(community: Community) -> None:
    (said,) = receive(community.mail, report(send(community), "accept@example.org", "4.4.1", "delayed"))
    assert said.kind == "other"
    assert community.mail.queue.bounces() == []


def test_a_full_mailbox_suspends_nobody(community: Community) -> None:
    for _ in range(4):
        receive(community.mail, report(send(community), "accept@example.org", "5.2.2"))
    assert len(community.mail.queue.bounces()) == 4
    assert community.mail.queue.suspended() == []


def test_one_unsubscribes_by_mail(community: Community) -> None:
    number = member(community, "dora")
    token = community.mail.links.make(Purpose.stop, f"reader {number}")
    said = receive(community.mail, f"From: dora@example.org\nSubject: Re: unsubscribe {token}\n\n\n".encode())
    assert said == [Incoming("unsubscribe", "unsubscribed")]
    assert community.mail.subscriptions.of_reader("dora").frequency == "never"
    forged = token[:-1] + ("A" if token[-1] != "A" else "B")
    (refused,) = receive(community.mail, f"Subject: unsubscribe {forged}\n\n".encode())
    assert refused.kind == "other"


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xfe\x00" * 100,
        b'Content-Type: multipart/report; boundary=""\n\n--\n--\n',
        b"Content-Type: message/delivery-status\n\nFinal-Recipient: rfc822;\nAction: failed\n\n",
        b"Subject: =?utf-8?b?////?= unsubscribe\nContent-Type: x/y; charset=nonsense\n\nhello",
        b"Content-Type: multipart/mixed; boundary=a\n\n" + b"--a\nContent-Type: multipart/mixed; boundary=a\n\n" * 50,
    ],
)
def test_a_broken_mail_does_nothing(community: Community, content: bytes) -> None:
    assert {one.kind for one in receive(community.mail, content)} == {"other"}


def test_a_huge_mail_is_refused(community: Community) -> None:
    with pytest.raises(UsageError, match="larger than"):
        receive(community.mail, b"x" * 5_000_001)


def test_the_command_reads_a_file(community: Community, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = tmp_path / "bounce.eml"
    path.write_bytes(report(send(community), "accept@example.org"))
    assert main(["--library", str(community.library.path), "mail", "bounce", str(path)]) == 0
    assert "bounce: accept@example.org: 5.1.1" in capsys.readouterr().out
