"""What a relay answers, at every point of a mail, and what that means for the mail: a server that says what it is told.

Each test scripts a real server on loopback, command by command. A mail that the relay perhaps has is never sent again,
one that it certainly has not is; these tests say at which answers that changes.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from io import BufferedRWPair
from pathlib import Path

import pytest

from broadsheet.community.mail.smtp import Fate, Outcome, Relay, RelayDown
from broadsheet.kit.errors import SettingError, UsageError
from broadsheet.settings.sections import Mail

CLOSE, SILENCE = "(close)", "(silence)"
MAIL = b"Subject: Kelp\r\n\r\nHello\r\n.a line that begins with a dot\r\n"
FRIENDLY = {
    "hello": "220 relay.example.org",
    "EHLO": "250 relay.example.org",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    ".": "250 2.0.0 taken",
    "RSET": "250 ok",
    "QUIT": "221 bye",
}


@dataclass
class Told:
    """What a relay was told."""

    port: int = 0
    lines: list[str] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)
    connections: int = 0


def _mail_of(stream: BufferedRWPair) -> str | None:
    """The mail that follows DATA; None if the connection ends within it."""
    text = []
    while (part := stream.readline().decode()) not in (".\r\n", ""):
        text.append(part)
    return "".join(text) if part else None


@contextmanager
def scripted(answers: Mapping[str, str]) -> Iterator[Told]:
    """A relay that answers each command as told, otherwise kindly."""
    told, script = Told(), FRIENDLY | dict(answers)
    listener = socket.create_server(("127.0.0.1", 0))
    told.port = listener.getsockname()[1]

    def serve() -> None:
        while True:
            try:
                connection, _ = listener.accept()
            except OSError:
                return
            with connection, connection.makefile("rwb") as stream:
                if stopped.is_set():
                    return
                told.connections += 1
                talk(stream)

    def talk(stream: BufferedRWPair) -> None:
        def say(what: str) -> bool:
            answer = script[what]
            if answer == SILENCE:
                stopped.wait(5)
            if answer in (CLOSE, SILENCE):
                return False
            stream.write(answer.encode() + b"\r\n")
            stream.flush()
            return True

        goes_on = say("hello")
        while goes_on and (line := stream.readline().decode()):
            told.lines.append(line.rstrip())
            goes_on = say(line[:4].strip().upper())
            is_data = line.startswith("DATA") and goes_on and script["DATA"].startswith("354")
            if is_data and (mail := _mail_of(stream)) is not None:
                told.mails.append(mail)
                goes_on = say(".")
            goes_on = goes_on and not line.startswith("QUIT")

    stopped = threading.Event()
    thread = threading.Thread(target=serve, daemon=True)
    thread.start()
    try:
        yield told
    finally:
        stopped.set()
        socket.create_connection(("127.0.0.1", told.port)).close()  # wakes accept(), as closing it does not
        thread.join(10)
        listener.close()
        assert not thread.is_alive()


def settings(port: int, **more: object) -> Mail:
    values = {"host": "127.0.0.1", "port": port, "security": "none", "sender": "Kelp <kelp@example.org>", "timeout": 1}
    return Mail(**(values | more))  # type: ignore[arg-type]


def sent(told: Told, *to: str, before: bool = True, **more: object) -> list[Outcome]:
    """What became of a mail to each of these addresses, over one relay."""
    with Relay(settings(told.port, **more)) as relay:
        return [relay.send(address, MAIL, lambda: before) for address in to or ("ada@example.org",)]


def test_a_mail_is_handed_over_as_it_is() -> None:
    with scripted({}) as told:
        assert sent(told) == [Outcome(Fate.sent, "250", "2.0.0 taken")]
    assert [line.partition(" ")[0].upper() for line in told.lines] == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]
    assert told.lines[0] == "ehlo example.org"
    assert told.mails == [MAIL.decode().replace("\n.a", "\n..a")]  # a dot at the beginning is doubled


def test_several_mails_go_over_one_connection() -> None:
    with scripted({}) as told:
        assert [one.fate for one in sent(told, "a@example.org", "b@example.org", "c@example.org")] == [Fate.sent] * 3
    assert (told.connections, len(told.mails)) == (1, 3)


@pytest.mark.parametrize(
    ("answers", "outcome"),
    [
        # to the address: 5.1.x, 5.2.1, or 550 without a status say that there is no such mailbox
        ({"RCPT": "550 5.1.1 no such user"}, Outcome(Fate.refused, "550 5.1.1", "no such user", is_hard=True)),
        ({"RCPT": "550 no such user"}, Outcome(Fate.refused, "550", "no such user", is_hard=True)),
        ({"RCPT": "553 not here"}, Outcome(Fate.refused, "553", "not here", is_hard=True)),
        ({"RCPT": "550 5.2.1 disabled"}, Outcome(Fate.refused, "550 5.2.1", "disabled", is_hard=True)),
        ({"RCPT": "552 5.2.2 full"}, Outcome(Fate.refused, "552 5.2.2", "full")),
        ({"RCPT": "550 5.7.1 not from you"}, Outcome(Fate.refused, "550 5.7.1", "not from you")),
        ({"RCPT": "554 no"}, Outcome(Fate.refused, "554", "no")),
        ({"RCPT": "450 4.2.1 later"}, Outcome(Fate.deferred, "450 4.2.1", "later")),
        ({"RCPT": "451 greylisted"}, Outcome(Fate.deferred, "451", "greylisted")),
        ({"RCPT": "251 forwarded"}, Outcome(Fate.sent, "250", "2.0.0 taken")),
        # to the text: never the mailbox's fault
        ({"DATA": "550 5.1.1 no"}, Outcome(Fate.refused, "550 5.1.1", "no")),
        ({"DATA": "451 busy"}, Outcome(Fate.deferred, "451", "busy")),
        ({".": "554 5.7.1 advertising"}, Outcome(Fate.refused, "554 5.7.1", "advertising")),
        ({".": "550 5.1.1 after all"}, Outcome(Fate.refused, "550 5.1.1", "after all")),
        ({".": "451 4.3.0 disk full"}, Outcome(Fate.deferred, "451 4.3.0", "disk full")),
        ({".": "421 4.3.2 shutting down"}, Outcome(Fate.deferred, "421 4.3.2", "shutting down")),
    ],
    ids=str,
)
def test_an_answer_says_what_becomes_of_a_mail(answers: Mapping[str, str], outcome: Outcome) -> None:
    with scripted(answers) as told:
        assert sent(told) == [outcome]


@pytest.mark.parametrize(
    ("at", "fate"),
    [("RCPT", Fate.deferred), ("DATA", Fate.deferred), (".", Fate.unknown)],
)
@pytest.mark.parametrize("answer", [CLOSE, SILENCE])
def test_up_to_the_last_byte_a_mail_can_be_repeated(at: str, fate: Fate, answer: str) -> None:
    with scripted({at: answer}) as told:
        [outcome] = sent(told)
        assert (outcome.fate, outcome.code) == (fate, "")
        assert outcome.text.partition(":")[0] in {"SMTPServerDisconnected", "ConnectionResetError", "TimeoutError"}
    assert len(told.mails) == (at == ".")


@pytest.mark.parametrize(
    ("answers", "said"),
    [
        ({"hello": "421 too busy"}, ": 421 too busy"),
        ({"hello": "554 go away"}, ": 554 go away"),
        ({"hello": CLOSE}, "SMTPServerDisconnected"),
        ({"hello": SILENCE}, "timed out"),
        ({"MAIL": "550 5.7.1 not you"}, "the relay does not accept mail from kelp@example.org: 550 5.7.1 not you"),
        ({"MAIL": "451 later"}, "does not accept mail from kelp@example.org: 451 later"),
        ({"EHLO": "500 what", "HELO": "500 what"}, "500"),
    ],
    ids=str,
)
def test_where_the_relay_takes_nothing_no_mail_is_to_blame(answers: Mapping[str, str], said: str) -> None:
    with scripted(answers) as told, pytest.raises(RelayDown) as caught:
        sent(told)
    assert said in str(caught.value)
    assert told.mails == []


def test_a_port_where_nobody_listens() -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with pytest.raises(RelayDown, match=rf"127\.0\.0\.1:{port}: ConnectionRefusedError"):
        sent(Told(port))


def test_a_mail_that_is_called_off_before_its_end_is_not_taken() -> None:
    with scripted({}) as told:
        assert sent(told, before=False) == [Outcome(Fate.deferred, text="called off")]
    assert told.mails == []


def test_a_mistake_before_the_last_byte_sends_no_half_of_a_mail() -> None:
    def fail() -> bool:
        raise KeyError("the database is gone")

    with scripted({}) as told, Relay(settings(told.port)) as relay:
        with pytest.raises(KeyError):
            relay.send("ada@example.org", MAIL, fail)
        assert relay.send("ada@example.org", MAIL, lambda: True).fate is Fate.sent
    assert len(told.mails) == 1
    assert told.connections == 2  # the open mail went with its connection


def test_after_a_refused_address_the_connection_serves_the_next() -> None:
    with scripted({"RCPT": "550 5.1.1 no"}) as told:
        assert [one.is_hard for one in sent(told, "a@example.org", "b@example.org")] == [True, True]
    assert told.connections == 1
    assert [line.upper()[:4] for line in told.lines].count("RSET") == 2


@pytest.mark.parametrize("answers", [{"RSET": "500 what"}, {"RSET": CLOSE}, {"RCPT": "421 bye"}], ids=str)
def test_a_connection_in_doubt_is_given_up(answers: Mapping[str, str]) -> None:
    with scripted({"RCPT": "550 5.1.1 no", **answers}) as told:
        sent(told, "a@example.org", "b@example.org")
    assert told.connections == 2


# --- settings -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("missing", [{"host": ""}, {"sender": ""}])
def test_without_a_relay_nothing_is_tried(missing: dict[str, str]) -> None:
    with pytest.raises(UsageError if "sender" in missing else SettingError, match=r"not set|not an e-mail address"):
        Relay(settings(1, **missing)).send("ada@example.org", MAIL, lambda: True)


def test_a_password_goes_over_no_open_line_but_to_this_machine() -> None:
    with pytest.raises(SettingError, match="would send the password readable"):
        sent(Told(25), host="smtp.example.org", user="kelp", password="secret")
    with scripted({"EHLO": "250-relay.example.org\r\n250 AUTH PLAIN", "AUTH": "235 ok"}) as told:
        assert sent(told, user="kelp", password="secret")[0].fate is Fate.sent
    assert told.lines[1].startswith("AUTH PLAIN ")


def test_the_password_is_the_first_line_of_its_file(tmp_path: Path) -> None:
    (tmp_path / "password").write_text("first line \nand a note\n")
    with scripted({"EHLO": "250-relay.example.org\r\n250 AUTH PLAIN", "AUTH": "235 ok"}) as told:
        sent(told, user="kelp", password_file=str(tmp_path / "password"))
    assert told.lines[1] == "AUTH PLAIN AGtlbHAAZmlyc3QgbGluZQ=="  # \0kelp\0first line
    with pytest.raises(SettingError, match="cannot be read"):
        sent(Told(25), user="kelp", password_file=str(tmp_path / "missing"))


def test_who_may_not_sign_in_is_told_and_no_mail_is_to_blame() -> None:
    answers = {"EHLO": "250-relay.example.org\r\n250 AUTH PLAIN", "AUTH": "535 5.7.8 wrong password"}
    with scripted(answers) as told, pytest.raises(RelayDown, match="535"):
        sent(told, user="kelp", password="wrong")


def test_a_relay_without_encryption_is_not_used_where_it_is_wanted() -> None:
    with scripted({}) as told, pytest.raises(RelayDown, match="STARTTLS"):
        sent(told, security="starttls")
    assert told.mails == []
