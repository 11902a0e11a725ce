"""Alerts: made, changed, run exactly once a paper, and how much each would bring."""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import TYPE_CHECKING

from broadsheet.catalogue.community.alerts import KINDS, MAILS, Alert, Hit, NewHit
from broadsheet.catalogue.reader_accounts import name_of
from broadsheet.community.alerts.closeness import Nearness
from broadsheet.community.alerts.targets import Target, Targets
from broadsheet.community.mail.shapes import require_hook
from broadsheet.kit.errors import BroadsheetError, UsageError
from broadsheet.kit.remember import remember
from broadsheet.pipeline.index.snapshot import IndexSnapshot

if TYPE_CHECKING:
    from broadsheet.community.community import Community

__all__ = ["KINDS", "LEVELS", "MAILS", "Alerts", "Rate", "Run"]

LEVELS = (0, 500, 750, 900, 950, 980, 990, 995)  # thresholds that are offered
DAYS = 90  # that a rate is counted on
_RATES = 500  # targets whose rates are kept
_NEAREST = 1000  # share of a paper where nothing says what is near
_BATCH = 100  # alerts whose finds are stored in one transaction
_BROKEN = (BroadsheetError, ValueError, TypeError, KeyError, AttributeError)  # what a target stored long ago may raise


@dataclass
class Run:
    """What one look of the alerts found."""

    alerts: int = 0  # that looked
    papers: int = 0
    troubles: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        found = f"{self.papers:,} paper{'' if self.papers == 1 else 's'} found"
        return "; ".join([found, *(f"{len(self.troubles)} in trouble: {one}" for one in self.troubles[:1])])


@dataclass(frozen=True, slots=True)
class Rate:
    """How much an alert would have brought with a threshold."""

    near: int
    papers: int  # in the last days
    a_week: float

    @property
    def words(self) -> str:
        """ "about 3 a week"."""
        if not self.papers:
            return f"none in the last {DAYS} days"
        if self.a_week >= 0.95:
            return f"about {self.a_week:,.0f} a week"
        return f"about {self.a_week * 30 / 7:.0f} a month" if self.a_week * 30 / 7 >= 0.95 else "less than 1 a month"


class Alerts:
    """The alerts of a community's readers."""

    def __init__(self, community: Community) -> None:
        self._community = community
        self._library = community.library
        self._table = community.library.catalogue.community.alerts
        self.targets = Targets(community)
        self._nearness = Nearness(community.library)
        self._counted: dict[tuple[str, Target, int, date], tuple[Counter[int], int]] = {}

    # Made and changed -------------------------------------------------------------------------------------------

    def all(self, reader: str) -> list[Alert]:
        """Those of a reader, by name. Raises UnknownReader."""
        return self._table.of_reader(self._library.reader(reader).id)

    def get(self, reader: str, which: int | str) -> Alert:
        """The one of this number or name. Raises UsageError with the nearest name."""
        alerts = self.all(reader)
        one = next((one for one in alerts if one.name == which), None)
        one = one or next((one for one in alerts if str(one.id) == str(which)), None)
        if one is None:
            names = [alert.name for alert in alerts]
            near = difflib.get_close_matches(str(which), names, 3) or names[:5]
            raise UsageError(f"no alert {str(which)[:100]!r}; there is {', '.join(near) or 'none yet'}")
        return one

    def unseen(self, reader: str) -> int:
        """How many papers its reader has not looked at."""
        return self._table.unseen(self._library.reader(reader).id) if reader else 0

    def make(
        self,
        reader: str,
        kind: str,
        target: str,
        name: str = "",
        *,
        near: int = 0,
        mail: str = "digest",
        hook_url: str = "",
        hook_shape: str = "",
    ) -> Alert:
        """Make an alert: papers that come from now on are found by it. Raises UsageError."""
        _require("kind", kind, KINDS)
        one = self.targets.named(reader, kind, target)
        values = self._checked(near=near, mail=mail, hook_url=hook_url, hook_shape=hook_shape)
        values["name"] = name_of(name.strip() or one.label[:80], "alert")
        snapshot = self._library.snapshot()
        reader_id = self._library.catalogue.readers.get(reader, create=reader == "me").id
        number = self._table.add(
            reader_id,
            kind=kind,
            target=one.key,
            first_paper=int(snapshot.ids.max(initial=0)),
            after_seq=snapshot.manifest.seq,
            **values,
        )
        return self.get(reader, number)

    def change(self, reader: str, which: int | str, **values: object) -> Alert:
        """Change the name, near, mail, hook_url or hook_shape of an alert. Raises UsageError."""
        alert = self.get(reader, which)
        new = self._checked(**values)
        if "name" in values:
            new["name"] = name_of(str(values["name"]), "alert")
        if new:
            self._table.change(alert, **new)
        return self.get(reader, alert.id)

    def pause(self, reader: str, which: int | str, *, paused: bool = True) -> Alert:
        """Pause an alert, or let it go on: what comes while it is paused is passed over. Raises UsageError."""
        alert = self.get(reader, which)
        if paused and alert.paused_at is None:
            self._table.pause(alert.id)
        elif not paused and alert.paused_at is not None:
            self._table.resume(alert.id, self._library.snapshot().manifest.seq)
        return self.get(reader, alert.id)

    def delete(self, reader: str, which: int | str) -> Alert:
        """Delete an alert with what it found; that cannot be undone. Raises UsageError."""
        alert = self.get(reader, which)
        self._table.delete(alert.id)
        return alert

    def look(self, reader: str, which: int | str) -> None:
        """Note that its reader has looked: nothing of it is unseen until more comes. Raises UsageError."""
        alert = self.get(reader, which)
        if alert.unseen and not self._library.catalogue.read_only:
            self._table.look(alert.id)

    def hits(self, reader: str, which: int | str, most: int = 50, skip: int = 0) -> list[Hit]:
        """What an alert found, the last first. Raises UsageError."""
        return self._table.hits(self.get(reader, which).id, most, skip)

    def _checked(self, **values: object) -> dict[str, object]:
        """What may be stored of these values. Raises UsageError."""
        new: dict[str, object] = {}
        if "near" in values:
            near = values["near"]
            if not isinstance(near, int) or not 0 <= near <= 999:
                raise UsageError("a threshold is a share from 0 to 99.9: so many of 100 papers must be farther")
            new["near"] = near
        if "mail" in values:
            new["mail"] = _require("way of mail", str(values["mail"]), MAILS)
        if "hook_url" in values:
            new |= _hook(str(values["hook_url"]).strip(), str(values.get("hook_shape") or ""))
        return new

    # Running ----------------------------------------------------------------------------------------------------

    def run(self, stops: Callable[[], bool] = lambda: False) -> Run:
        """Have every alert look at what changed since it looked last.

        What they find is stored in one transaction with how far they have looked: a run that is killed is made up for
        by the next, and no paper is found twice. An alert in trouble looks at the same changes again later.
        """
        done = Run()
        if not self._table.due(1 << 62, 1):
            return done
        snapshot = self._library.snapshot()
        changed: dict[tuple[int, int], list[int]] = {}
        looks: list[tuple[Alert, int, list[NewHit]]] = []
        for alert in self._table.due(snapshot.manifest.seq):
            if stops():
                break
            try:
                seq = self.targets.holds_up_to(alert.kind, snapshot.manifest.seq)
                span = alert.after_seq, seq
                if span not in changed:
                    changed[span] = self._table.changed(*span)
                looks.append((alert, seq, self._hits(snapshot, alert, changed[span])))
            except _BROKEN as error:
                done.troubles.append(f"{alert.name}: {error}")
                self._table.note_trouble(alert.id, str(error) or type(error).__name__)
            if len(looks) >= _BATCH:
                self._store(looks, done)
        self._store(looks, done)
        return done

    def _store(self, looks: list[tuple[Alert, int, list[NewHit]]], done: Run) -> None:
        """Store what was found, and count it; `looks` is empty afterwards."""
        if looks:
            stored = self._table.record_all(looks)
            done.alerts += sum(stored)
            done.papers += sum(len(hits) for (_, _, hits), is_new in zip(looks, stored, strict=True) if is_new)
            looks.clear()

    def _hits(self, snapshot: IndexSnapshot, alert: Alert, changed: Sequence[int]) -> list[NewHit]:
        """What an alert finds among changed papers that are newer than it and new to it."""
        target = self.targets.of(alert)
        newer = [number for number in changed if number > alert.first_paper]
        met = self.targets.among(alert.reader, target, newer, after=alert.first_paper)
        before = self._table.first_numbers(met) if met else {}
        met = {number: cited for number, cited in met.items() if before.get(number, number) > alert.first_paper}
        new = sorted(met.keys() - self._table.known(alert.id, met))
        near = self._nearness.of(snapshot, alert.reader_id, target.text, new)
        return [NewHit(number, near.get(number), met[number]) for number in new if _share(near, number) >= alert.near]

    # How much it brings -----------------------------------------------------------------------------------------

    def label(self, reader: str, kind: str, target: str) -> str:
        """What an alert would be called. Raises UsageError where there is no such target."""
        return self.targets.named(reader, _require("kind", kind, KINDS), target).label

    def rates(self, reader: str, kind: str, target: str, levels: Sequence[int] = LEVELS) -> tuple[Rate, ...]:
        """What an alert would have brought in the last 90 days with each threshold. Raises UsageError."""
        return self._rates(reader, self.targets.named(reader, _require("kind", kind, KINDS), target), levels)

    def rate(self, alert: Alert) -> Rate | None:
        """What an alert would have brought; None where its target is gone."""
        try:
            return self._rates(alert.reader, self.targets.of(alert), (alert.near,))[0]
        except _BROKEN:
            return None

    def _rates(self, reader: str, target: Target, levels: Sequence[int]) -> tuple[Rate, ...]:
        shares, days = self._shares(reader, target)
        counts = [sum(papers for share, papers in shares.items() if share >= level) for level in levels]
        return tuple(Rate(level, count, count * 7 / days) for level, count in zip(levels, counts, strict=True))

    def _shares(self, reader: str, target: Target) -> tuple[Counter[int], int]:
        """Of the recent papers that meet a target, how many are how near; and of how many days these are."""
        snapshot = self._library.snapshot()
        key = (reader, target, snapshot.manifest.seq, self._library.now().date())
        known = self._counted.get(key)
        if known is None:
            recent, days = self._recent(snapshot)
            met = list(self.targets.among(reader, target, recent))
            near = self._nearness.of(snapshot, self._library.reader(reader).id, target.text, met)
            shares = Counter(_share(near, number) for number in met)
            known = remember(self._counted, key, (shares, days), _RATES)
        return known

    def _recent(self, snapshot: IndexSnapshot) -> tuple[list[int], int]:
        """The papers of the last 90 days, by their date, else by when they were added; and how many days these are."""
        now = self._library.now()
        today = now.date()
        since = today.toordinal() - DAYS
        alive = snapshot.alive.rows()
        days, ids = snapshot.valid_days(today)[alive], snapshot.ids[alive]
        added_after = self._library.catalogue.papers.last_number_at(now - timedelta(days=DAYS))
        is_recent = (days > since) | ((days == 0) & (ids > added_after))
        known = days[days > 0]
        oldest = int(known.min()) if len(known) else since
        return ids[is_recent].tolist(), min(max(today.toordinal() - oldest, 7), DAYS)

    def citing_known(self) -> tuple[int, int]:
        """(papers of the last 90 days whose record lists what they cite, all of them)."""
        recent, _ = self._recent(self._library.snapshot())
        if not recent:
            return 0, 0
        return len(set(recent).intersection(self._table.citing(min(recent) - 1))), len(recent)


def _share(near: dict[int, int], number: int) -> int:
    """How near a paper is; where nothing says what is near, every paper is nearer than any threshold."""
    return near.get(number, 0) if near else _NEAREST


def _require(what: str, value: str, choices: Sequence[str]) -> str:
    if value not in choices:
        raise UsageError(f"{value[:40]!r} is no {what}; there are {', '.join(choices)}")
    return value


def _hook(url: str, shape: str) -> dict[str, object]:
    """The webhook that somebody typed, "" for none. Raises UsageError."""
    if not url:
        return {"hook_url": "", "hook_shape": ""}
    shape = shape or "json"
    require_hook(url, shape)
    return {"hook_url": url, "hook_shape": shape}
