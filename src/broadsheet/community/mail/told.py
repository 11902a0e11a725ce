"""What mails tell of alerts and of changed papers: chosen when a mail is composed, written when it is sent."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from broadsheet.catalogue.community.alert_mail import Waiting
from broadsheet.catalogue.community.mail_queue import Delivery
from broadsheet.catalogue.community.mail_recipients import Recipient
from broadsheet.catalogue.community.paper_changes import Unseen
from broadsheet.catalogue.database import stored_time
from broadsheet.community.alerts.changes import Change, Changes
from broadsheet.pipeline.library import Library

if TYPE_CHECKING:
    from broadsheet.community.mail.letters import Item, Letters

__all__ = ["NOTHING", "Found", "Gathered", "Section", "Teller", "brought", "from_json", "to_json"]

MOST = 10  # papers of an alert, and changes, in one mail; the page has all
_MOST_ALERTS = 20  # with their papers in one mail
_LONGEST = 700  # characters of a difference


@dataclass(frozen=True, slots=True)
class Found:
    """What an alert brings to a mail: how many papers, and the nearest."""

    alert_id: int
    name: str
    count: int
    papers: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Gathered:
    """What a mail tells, and what is noted with it."""

    alerts: tuple[Found, ...] = ()
    changes: tuple[tuple[int, str], ...] = ()  # (paper, since when)
    more_changes: int = 0
    waiting: tuple[Waiting, ...] = ()
    marks: tuple[tuple[int, datetime], ...] = ()

    def __bool__(self) -> bool:
        return bool(self.alerts or self.changes)


NOTHING = Gathered()


@dataclass(frozen=True, slots=True)
class Section:
    """A part of a mail with a title of its own."""

    title: str
    url: str
    items: Sequence[Item]
    note: str = ""


class Teller:
    """Gathers what readers are told, and writes it."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._mail = library.catalogue.community.alert_mail
        self._changes = Changes(library)

    def gather(self, reader_id: int, mail: str, reader: str = "") -> Gathered:
        """What waits for a reader's mail of this kind; with the reader's name, changed papers too."""
        waiting = self._mail.unmailed(reader_id, mail)
        alerts = []
        for at, one in enumerate(waiting):
            best = self._mail.best_unmailed(one.alert_id, MOST) if at < _MOST_ALERTS else []
            if best or at >= _MOST_ALERTS:  # else all that it found is deleted
                alerts.append(Found(one.alert_id, one.name, one.count, tuple(hit.paper_id for hit in best)))
        unseen = [one for one in self._changes.unseen(reader) if not one.is_mailed] if reader else []
        return Gathered(
            tuple(alerts),
            tuple((one.paper_id, stored_time(one.since)) for one in unseen[:MOST]),
            max(len(unseen) - MOST, 0),
            tuple(waiting),
            tuple((one.paper_id, one.at) for one in unseen),
        )

    def sections(
        self,
        letters: Letters,
        recipient: Recipient,
        alerts: Sequence[Found],
        changes: Sequence[tuple[int, str]],
        more_changes: int,
        live: Collection[tuple[int, int]] | None,
        shown: Collection[int] = (),
    ) -> list[Section]:
        """The sections of a mail; `live` are the (alert, paper) that it still brings, None for all of a preview.

        A paper that is `shown` already, or in an earlier section, is counted and not shown again.
        """
        base, now = letters.base, self._library.now()
        ids = {number for found in alerts for number in found.papers}
        leads = self._library.catalogue.papers.resolve_many(map(str, ids))
        papers = {one.id: one for one in self._library.papers([n for n in leads.values() if n is not None])}
        known, sections = set(shown), []
        for found in alerts:
            now_numbered = [leads[str(number)] for number in found.papers]
            still = [
                number
                for number in now_numbered
                if number is not None and number in papers and (live is None or (found.alert_id, number) in live)
            ]
            if found.papers and not still:
                continue
            new = [number for number in dict.fromkeys(still) if number not in known]
            known.update(new)
            items = [letters.item(recipient, papers[number], _others(number, found, alerts), now) for number in new]
            title = f"{found.name}: {found.count:,} paper{'' if found.count == 1 else 's'}"
            url = f"{base}/alerts/{found.alert_id}"
            sections.append(Section(title, url, items, _note(found.count - len(still), len(items))))
        changed = self._changed(letters, recipient, changes, now)
        if changed:
            note = f"{more_changes:,} more changed; the library lists them." if more_changes else ""
            sections.append(Section("Changed since you read it", f"{base}/library?shelf=changed", changed, note))
        return sections

    def _changed(
        self, letters: Letters, recipient: Recipient, changes: Sequence[tuple[int, str]], now: datetime
    ) -> list[Item]:
        since = {paper_id: datetime.fromisoformat(at) for paper_id, at in changes}
        still = {one.paper_id: one for one in self._changes.unseen(recipient.reader)} if since else {}
        read = self._changes.read([_from(still[number], at) for number, at in since.items() if number in still])
        return [letters.item(recipient, one.stored, one.line, now, lead=_difference(one)) for one in read]


def _note(more: int, shown: int) -> str:
    if more > 0:
        return f"{more:,} more {'is' if more == 1 else 'are'} on the page of this alert."
    return "" if shown else "It stands above in this mail."


def _from(one: Unseen, since: datetime) -> Unseen:
    return Unseen(one.paper_id, since, one.at, one.what, one.is_mailed)


def _difference(change: Change) -> str:
    text = " ".join(f"{part.label}: {part.text}" for part in change.differences)
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _others(number: int, found: Found, alerts: Sequence[Found]) -> str:
    others = [one.name for one in alerts if one is not found and number in one.papers]
    return f"also found by {', '.join(others[:3])}" if others else ""


def brought(library: Library, delivery: Delivery, alerts: Sequence[Found]) -> set[tuple[int, int]]:
    """(alert, paper) of what a delivery still brings, as papers are numbered now."""
    ids = {number for found in alerts for number in found.papers}
    now = {number for number in library.catalogue.papers.resolve_many(map(str, ids)).values() if number is not None}
    return library.catalogue.community.alert_mail.of_delivery(delivery.id, now)


def to_json(gathered: Gathered) -> Mapping[str, object]:
    """What the queue keeps of it."""
    alerts = [[one.alert_id, one.name, one.count, list(one.papers)] for one in gathered.alerts]
    return {"alerts": alerts, "changes": [list(one) for one in gathered.changes], "more": gathered.more_changes}


def from_json(data: Mapping[str, object]) -> Gathered:
    """What a mail tells, from the queue; mails queued by earlier versions tell nothing."""
    alerts, changes, more = (data.get(name) for name in ("alerts", "changes", "more"))
    found = (
        [Found(int(a), str(b), int(c), tuple(map(int, d))) for a, b, c, d in alerts] if isinstance(alerts, list) else []
    )
    changed = [(int(a), str(b)) for a, b in changes] if isinstance(changes, list) else []
    return Gathered(tuple(found), tuple(changed), more if isinstance(more, int) else 0)
