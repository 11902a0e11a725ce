"""The daily mail as text and HTML, and its headers. It loads nothing from anywhere: no picture, no font, no script."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from pathlib import Path
from typing import Any
from urllib.parse import quote

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from broadsheet.catalogue.community.mail_queue import Delivery
from broadsheet.catalogue.community.mail_recipients import Recipient
from broadsheet.community.entries import Entry
from broadsheet.community.mail.links import Links, Purpose
from broadsheet.community.mail.mime import compose, one_line
from broadsheet.community.mail.news import Content, Newsroom
from broadsheet.community.mail.told import Section
from broadsheet.community.periods import Kind, period_of
from broadsheet.kit import venues
from broadsheet.kit.central_sentence import lead_sentence
from broadsheet.kit.markup import edits, formulas
from broadsheet.kit.reader_actions import AWAY
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.records import Stored

__all__ = ["Item", "Letter", "Letters"]

VALID = timedelta(days=60)  # how long a link of a mail saves a paper
_WIDTH = 72  # characters of a line of text
_LEAD = 280
_DIFFERENCE = 700
_TITLE = 250
_BYLINE = 160
_WHY = 220
_NO_PAPERS = {"papers": (), "papers_title": "", "edition_url": "", "note": "", "own": (), "away": ""}  # of a day
_OFTEN = {"daily": "every day", "weekdays": "every weekday", "weekly": "every Monday"}


@dataclass(frozen=True, slots=True)
class Item:
    """A paper in a mail."""

    title: str
    byline: str
    meta: str
    lead: str
    why: str
    url: str
    save: str = ""  # the address of a link, for readers
    hide: str = ""


@dataclass(frozen=True, slots=True)
class Letter:
    """A mail before it is packed."""

    subject: str
    text: str
    html: str
    headers: Mapping[str, str]


class Letters:
    """Writes the mails of a library."""

    def __init__(self, library: Library, links: Links, newsroom: Newsroom) -> None:
        self._library = library
        self._links = links
        self._newsroom = newsroom
        self._title = library.settings.server.title
        self._mailbox = library.settings.mail.unsubscribe
        self._reply_to = library.settings.mail.reply_to

    def write(
        self,
        recipient: Recipient,
        content: Content,
        live: Mapping[int, int],
        sections: Sequence[Section] = (),
    ) -> Letter | None:
        """The mail of a recipient; `live` are the papers of its content that it still brings, by their number there.

        `sections` come after them. None where nothing is left.
        """
        now = self._library.now()
        papers, note = self._papers(recipient, content, live, now)
        own = self._own(recipient, content, live, now)
        items = [*papers, *own, *(item for section in sections for item in section.items)]
        if not items and not sections:
            return None
        first = items[0].title if items else sections[0].title
        count = len(items)
        day = date.fromisoformat(content.last) if content.last else now.date()
        named = f"{day.day} {day:%B}"
        subject = one_line(f"{self._title}, {named}: {first}", 150)
        stop = self._links.make(Purpose.stop, recipient.name)
        values = {
            "subject": subject,
            "preview": one_line("; ".join(item.title for item in items[1:4]), 140),
            "site_title": self._title,
            "base": self._links.base,
            "dateline": f"{day:%A}, {named} {day.year} · {count} paper{'' if count == 1 else 's'}",
            "papers": papers,
            "papers_title": _papers_title(content, day),
            "edition_url": f"{self._links.base}{period_of(Kind.day, day).path}",
            "note": note,
            "own": own,
            "away": self._away(recipient),
            "sections": sections,
            "because": self._because(recipient),
            "prefer": self._links.address("/mail/preferences", self._links.make(Purpose.prefer, recipient.name)),
            "stop": self._links.address("/mail/unsubscribe", stop),
        }
        return self._printed_letter(values, self._headers(stop))

    def write_alerts(self, recipient: Recipient, sections: Sequence[Section], because: str) -> Letter | None:
        """The mail of a reader's alerts alone; None where nothing is left."""
        if not sections:
            return None
        now = self._library.now()
        items = [item for section in sections for item in section.items]
        named = f"{now.day} {now:%B}"
        stop = self._links.make(Purpose.alerts, recipient.name)
        values = {
            "subject": one_line(f"{self._title}: {'; '.join(section.title for section in sections[:3])}", 150),
            "preview": one_line("; ".join(item.title for item in items[:3]), 140),
            "site_title": self._title,
            "base": self._links.base,
            "dateline": f"{now:%A}, {named} {now.year} · alerts",
            **_NO_PAPERS,
            "sections": sections,
            "because": because,
            "prefer": f"{self._links.base}/alerts",
            "stop": self._links.address("/mail/unsubscribe", stop),
        }
        return self._printed_letter(values, self._headers(stop, "alerts"))

    def packed(self, letter: Letter, delivery: Delivery) -> bytes:
        """The letter as the mail of a delivery."""
        return compose(
            sender=self._library.settings.mail.sender,
            to=delivery.address,
            subject=letter.subject,
            text=letter.text,
            html=letter.html,
            message_id=delivery.message_id,
            date=self._library.now(),
            headers=letter.headers,
        )

    def _printed_letter(self, values: Mapping[str, Any], headers: Mapping[str, str]) -> Letter:
        html = self._environments[0].get_template("digest.html").render(values)
        text = self._environments[1].get_template("digest.txt").render(values)
        return Letter(values["subject"], text, html, headers)

    def _headers(self, stop: str, name: str = "daily") -> dict[str, str]:
        """What programs read: how to leave, by https in one click only where that is true, and by mail."""
        domain = (self._library.settings.mail.sender.rpartition("@")[2].strip("> ")) or "localhost"
        headers = {"List-Id": f"{quote(one_line(self._title, 60))} <{name}.{domain}>", "Precedence": "bulk"}
        ways = []
        if self._links.base.startswith("https://"):
            ways.append(f"<{self._links.address('/mail/unsubscribe', stop)}>")
            headers["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
        if self._mailbox:
            ways.append(f"<mailto:{self._mailbox}?subject=unsubscribe%20{stop}>")
        if ways:
            headers["List-Unsubscribe"] = ", ".join(ways)
        if self._reply_to:
            headers["Reply-To"] = self._reply_to
        return headers

    def _papers(
        self, recipient: Recipient, content: Content, live: Mapping[int, int], now: datetime
    ) -> tuple[list[Item], str]:
        if not content.last:
            return [], ""
        news = self._newsroom.news(date.fromisoformat(content.first), date.fromisoformat(content.last))
        entries = {entry.paper_id: entry for entry in news.entries if entry.paper_id is not None}
        items = []
        for number, why in content.papers:
            entry = entries.get(number) or entries.get(live.get(number, 0))
            if entry is not None and number in live:
                items.append(self._printed(recipient, entry, live[number], why, now))
        return items, news.note

    def _own(self, recipient: Recipient, content: Content, live: Mapping[int, int], now: datetime) -> list[Item]:
        reasons = {live[number]: why for number, why in content.own if number in live}
        return [self.item(recipient, one, reasons[one.id], now) for one in self._library.papers(list(reasons))]

    def _printed(self, recipient: Recipient, entry: Entry, paper_id: int, why: str, now: datetime) -> Item:
        printed = entry.printed
        authors = ", ".join(printed.authors) + (f" and {printed.more_authors} more" if printed.more_authors else "")
        votes = printed.votes + printed.elsewhere
        counts = [_counted(votes, "vote"), _counted(printed.comments, "comment")]
        meta = " · ".join(part for part in (printed.venue, printed.dated, *counts) if part)
        url, save, hide = self._addresses(recipient, paper_id, now)
        return Item(
            *(_readable(printed.title, _TITLE), one_line(authors, _BYLINE), one_line(meta, _BYLINE)),
            *(_readable(printed.said or printed.lead, _LEAD), _readable(why, _WHY), url, save, hide),
        )

    @property
    def base(self) -> str:
        """What the addresses of links begin with."""
        return self._links.base

    def item(self, recipient: Recipient, stored: Stored, why: str, now: datetime, *, lead: str = "") -> Item:
        """A paper as mails print it; `lead` instead of its summary."""
        paper = stored.paper
        names = [person.name for person in paper.authors[:6]]
        authors = ", ".join(names) + (f" and {len(paper.authors) - 6} more" if len(paper.authors) > 6 else "")
        known = paper.announced or paper.submitted or paper.updated
        place = venues.display_name(paper.venue) or (paper.categories[0] if paper.categories else "")
        meta = " · ".join(part for part in (place, known.isoformat() if known else str(paper.year or "")) if part)
        said = lead_sentence(paper.summary, paper.abstract, _LEAD)
        url, save, hide = self._addresses(recipient, stored.id, now)
        return Item(
            *(_readable(paper.title.strip() or "Untitled", _TITLE), one_line(authors, _BYLINE)),
            one_line(meta, _BYLINE),
            _readable(lead, _DIFFERENCE) if lead else _readable(said, _LEAD),
            *(_readable(why[:1].upper() + why[1:], _WHY), url, save, hide),
        )

    def _addresses(self, recipient: Recipient, paper_id: int, now: datetime) -> tuple[str, str, str]:
        """The page of a paper, and for a reader the links that save it and say that it is of no interest."""
        page = f"{self._links.base}/paper/{paper_id}"
        if not recipient.reader:
            return page, "", ""
        # until the end of a day, so that all links of a day are alike
        until = now.replace(hour=0, minute=0, second=0, microsecond=0) + VALID
        tokens = (
            self._links.make(Purpose.act, recipient.name, action=action, paper_id=paper_id, until=until)
            for action in ("save", "hide")
        )
        save, hide = (self._links.address("/mail/act", token) for token in tokens)
        return page, save, hide

    def _away(self, recipient: Recipient) -> int:
        """The days for which a reader did not look at their page, where these are many; else 0."""
        days = self._library.days_away(recipient.reader) if recipient.reader else 0
        return days if days > AWAY else 0

    def _because(self, recipient: Recipient) -> str:
        preference = recipient.preference
        when = f"{_OFTEN.get(preference.frequency, preference.frequency)} at {preference.hour}:00"
        return f"You asked {self._title} for this mail, {when} ({preference.time_zone}), at {recipient.address}."

    @cached_property
    def _environments(self) -> tuple[Environment, Environment]:
        """For HTML and for text."""
        both = []
        for escapes in (True, False):
            one = Environment(
                loader=FileSystemLoader(Path(__file__).parent / "templates"),
                autoescape=escapes,
                auto_reload=False,
                trim_blocks=True,
                lstrip_blocks=True,
                undefined=StrictUndefined,
            )
            one.filters["wrap"] = _wrapped
            both.append(one)
        return both[0], both[1]


def _papers_title(content: Content, day: date) -> str:
    if content.first == content.last:
        return f"The paper of {day.day} {day:%B}"
    first = date.fromisoformat(content.first)
    return f"The papers of {first.day} {first:%B} to {day.day} {day:%B}"


def _counted(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}" if count else ""


def _readable(text: str, longest: int) -> str:
    """A text on one line, formulas as letters: mail programs show no mathematics."""
    spans = formulas(text)
    if spans:
        parts, at = [], 0
        for start, stop, replacement in edits(text):
            if any(first <= start < last for first, last in spans):
                parts += [text[at:start], replacement]
                at = stop
        text = "".join((*parts, text[at:]))
    return one_line(text, longest)


def _wrapped(text: str, indent: str) -> str:
    """The text in lines of a mail; those after the first are indented."""
    lines: Sequence[str] = textwrap.wrap(text, _WIDTH - len(indent), break_long_words=False, break_on_hyphens=False)
    return f"\n{indent}".join(lines)
