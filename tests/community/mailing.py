"""A community with members and subscribers who get mail, for tests."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import broadsheet
from broadsheet.catalogue.community.accounts import NewAccount
from broadsheet.community import Community
from broadsheet.kit.paper import Identifiers, Paper, Person, Record
from tests.community.relay import Sink, settings

MONDAY = datetime(2026, 6, 29, 6, tzinfo=UTC)
SUBJECTS = ("Kelp forests", "Graph colouring", "Cold fermentation", "Token pruning", "Coral acoustics", "Sparse coding")


class Clock:
    """A clock that tests move."""

    def __init__(self, now: datetime = MONDAY) -> None:
        self.now = now

    def __call__(self) -> datetime:
        return self.now

    def tomorrow(self, hour: int = 6, days: int = 1) -> None:
        """Move to an hour of a later day."""
        self.now = (self.now + timedelta(days=days)).replace(hour=hour, minute=0, second=0)


def paper(n: int, day: date) -> Record:
    """An invented paper."""
    subject = SUBJECTS[n % len(SUBJECTS)]
    text = f"This invented study of {subject.lower()} reports outcome {n}. It has <b>no tags</b> & costs $O(n^2)$."
    made = Paper(
        title=f"{subject} in study number {n}",
        abstract=text,
        authors=(Person(f"Ada Writer{n}"), Person("Bo Sample")),
        ids=Identifiers(arxiv=f"{day:%y%m}.{n:05d}"),
        year=day.year,
        submitted=day,
        categories=("cs.LG",),
    )
    return Record(made, "invented", f"inv-{n}", f"invented:{n}")


@contextmanager
def mailing(folder: Path, sink: Sink, clock: Clock, more: str = "") -> Iterator[Community]:
    """An open community whose mail goes to the sink."""
    community = '[community]\nmode = "community"\nurl = "https://papers.example.org"\n'
    settings(folder, sink.port, f'open_list = "yes"\nunsubscribe = "leave@example.org"\n{more}\n{community}')
    with broadsheet.open(folder, clock=clock) as library:
        yield Community(library)


def member(community: Community, name: str, frequency: str = "daily", hour: int = 6, zone: str = "UTC") -> int:
    """A member with a confirmed address who gets mail; the reader's number."""
    new = NewAccount(name=name, password="", role="reader", email=f"{name}@example.org")
    account = community.library.catalogue.community.accounts.create(new)
    community.mail.subscriptions.choose(name, frequency, hour, zone)
    return account.reader_id


def enter(community: Community, *numbers: int) -> list[int]:
    """Add papers of today and pick them for the open day; their numbers."""
    today = community.library.now().date()
    ids = community.library.add(*(paper(n, today) for n in numbers)).paper_ids
    for number in ids:
        community.editions.enter(number, "pick", "ada")
    return list(ids)


def text_of(mail: EmailMessage) -> str:
    """The text part of a mail."""
    body = mail.get_body(("plain",))
    assert body is not None
    return str(body.get_content()).replace("\r\n", "\n")


def links(mail: EmailMessage, word: str) -> list[str]:
    """The paths in the text of a mail that contain a word."""
    return [path for path in re.findall(r"https://papers\.example\.org(/\S+)", text_of(mail)) if word in path]
