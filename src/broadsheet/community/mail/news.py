"""What a mail is about: the papers of the newest closed days, and those chosen for its reader, none of them twice."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from broadsheet.catalogue.community.mail_recipients import MailRecipients, Recipient
from broadsheet.community.editions import Editions
from broadsheet.community.entries import Entry
from broadsheet.community.mail import told
from broadsheet.community.mail.calendar import days_of
from broadsheet.community.mail.told import NOTHING, Gathered, Teller
from broadsheet.kit.remember import remember
from broadsheet.pipeline.library import Library

__all__ = ["Choice", "Content", "News", "Newsroom"]

NEW_FOR = timedelta(days=14)  # how old a paper may be that is chosen for a reader
_LOOK_BACK = timedelta(days=60)
_CACHED = 16


@dataclass(frozen=True, slots=True)
class News:
    """The papers of some closed days, best first."""

    first: date
    last: date
    entries: tuple[Entry, ...]
    note: str  # why there are none


@dataclass(frozen=True, slots=True)
class Content:
    """What one mail brings, as the queue keeps it: numbers of papers with the reason of each."""

    first: str  # the days of the edition; "" where no day was closed yet
    last: str
    papers: tuple[tuple[int, str], ...]
    own: tuple[tuple[int, str], ...] = ()
    told: Gathered = NOTHING  # of alerts and changed papers

    def to_text(self) -> str:
        """As JSON."""
        row = {
            "first": self.first,
            "last": self.last,
            "papers": self.papers,
            "own": self.own,
            **told.to_json(self.told),
        }
        return json.dumps(row, ensure_ascii=False, separators=(",", ":"))

    @classmethod
    def from_text(cls, text: str) -> Content:
        """From JSON."""
        data = json.loads(text)
        papers, own = (tuple((int(number), str(why)) for number, why in data[key]) for key in ("papers", "own"))
        return cls(data["first"], data["last"], papers, own, told.from_json(data))

    @property
    def ids(self) -> tuple[int, ...]:
        """The numbers of the papers of the day and of the reader's own."""
        return tuple(number for number, _ in (*self.papers, *self.own))


@dataclass(frozen=True, slots=True)
class Choice:
    """The content for a recipient, or why there is none."""

    content: Content | None
    why: str = ""


class Newsroom:
    """Chooses papers for recipients; what several get is read once."""

    def __init__(self, library: Library, editions: Editions) -> None:
        self._library = library
        self._editions = editions
        self._recipients: MailRecipients = library.catalogue.community.mail_recipients
        self._teller = Teller(library)
        self._news: dict[tuple[date, date], News] = {}
        self._last_closed: tuple[date, date | None] | None = None

    def choose(self, recipient: Recipient, slot: date) -> Choice:
        """What a recipient gets in the mail of a slot."""
        settings = self._library.settings.mail
        news = self._of_slot(days_of(recipient.preference, slot))
        ids = [entry.paper_id for entry in news.entries if entry.paper_id is not None] if news else []
        sent = self._recipients.delivered(recipient.name, ids)
        taken: dict[int, str] = {}
        for entry in news.entries if news else ():
            if entry.paper_id is not None and entry.paper_id not in sent and len(taken) < settings.papers:
                taken.setdefault(entry.paper_id, entry.printed.reason)
        own = self._own(recipient, taken) if recipient.reader and settings.own_papers else ()
        gathered = self._teller.gather(recipient.number, "digest", recipient.reader) if recipient.reader else NOTHING
        if not (taken or own or gathered):
            return Choice(None, self._why(news, ids))
        first, last = (news.first.isoformat(), news.last.isoformat()) if news else ("", "")
        return Choice(Content(first, last, tuple(taken.items()), own, gathered))

    def news(self, first: date, last: date) -> News:
        """The papers of the closed days from `first` to `last`, by place and then by day."""
        key = first, last
        known = self._news.get(key)
        if known is None:
            closed = [row.day for row in self._editions.closed(first, last)]
            editions = [self._editions.edition(day) for day in closed]
            entries = [entry for edition in editions for entry in edition.entries]
            entries.sort(key=lambda entry: (entry.place, -entry.day.toordinal()))
            notes = [edition.note for edition in editions if edition.note]
            news = News(first, last, tuple(entries), notes[-1] if notes else "")
            known = remember(self._news, key, news, _CACHED)
        return known

    def _of_slot(self, days: int) -> News | None:
        """The news of the newest closed days; None where no day was closed lately."""
        today = self._editions.today
        if self._last_closed is None or self._last_closed[0] != today:
            closed = self._editions.closed(today - _LOOK_BACK, today)
            self._last_closed = today, closed[-1].day if closed else None
            self._news.clear()
        last = self._last_closed[1]
        return self.news(last - timedelta(days=days - 1), last) if last else None

    def _own(self, recipient: Recipient, taken: dict[int, str]) -> tuple[tuple[int, str], ...]:
        """New papers of the reader's own page; none for a reader of whom nothing is known."""
        settings = self._library.settings.mail
        sent = self._recipients.all_delivered(recipient.name)
        since = (self._library.now() - NEW_FOR).date()
        without = sent.union(taken)
        page = self._library.feed(recipient.reader, settings.own_papers, log=False, without=without, since=since)
        if page.cold:
            return ()
        return tuple(
            (item.stored.id, item.reasons[0].text if item.reasons else "")
            for item in page.items
            if item.stored.id not in without
        )

    def _why(self, news: News | None, ids: Sequence[int]) -> str:
        if news is None:
            return "no edition has closed yet"
        if news.note and not ids:
            return f"nothing new in the edition of {news.last}: {news.note}"
        return f"nothing new: every paper up to {news.last} was sent before"
