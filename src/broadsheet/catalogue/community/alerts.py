"""Alerts: what readers want to be told of, how far each has looked, and the papers that it found, each once."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import TYPE_CHECKING, Any

from broadsheet.catalogue.database import Database, fetch, in_list, insert, parse_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import clean_text
from broadsheet.kit.errors import UsageError
from broadsheet.kit.lazy import lazy

if TYPE_CHECKING:
    from broadsheet.catalogue.statements import alerts as statements
else:  # what only reads does not load SQLAlchemy
    (statements,) = lazy("broadsheet.catalogue.statements", "alerts")

__all__ = ["KINDS", "MAILS", "MOST_ALERTS", "Alert", "AlertTable", "Hit", "NewHit"]

KINDS = ("search", "author", "organisation", "cites")
MAILS = ("digest", "once", "daily", "weekly", "no")
MOST_ALERTS = 200  # of one reader
NEVER = -1  # instead of a delivery: it is not told in this way
_LONGEST = 300  # characters of a trouble


@dataclass(frozen=True, slots=True)
class Alert:
    """What a reader wants to be told of."""

    id: int  # never given to another one
    reader_id: int
    kind: str  # one of KINDS
    target: str
    name: str
    near: int  # so many of 1,000 papers of the library must be farther; 0: every paper
    mail: str  # one of MAILS
    hook_url: str
    hook_shape: str
    created_at: datetime
    paused_at: datetime | None
    first_paper: int  # the newest paper when it was made
    after_seq: int  # the last change that it has looked at
    trouble: str  # why it finds nothing at present
    reader: str  # the name
    found: int  # papers so far
    unseen: int  # of them since its reader looked


@dataclass(frozen=True, slots=True)
class NewHit:
    """A paper that an alert finds now."""

    paper_id: int
    near: int | None = None  # as in Alert
    cited_paper: int = 0


@dataclass(frozen=True, slots=True)
class Hit:
    """A paper that an alert found."""

    id: int
    alert_id: int
    paper_id: int
    found_at: datetime
    near: int | None
    cited_paper: int
    is_new: bool  # since its reader looked


_FIELDS = tuple(one.name for one in fields(Alert))


class AlertTable:
    """The alerts of a catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Alerts -----------------------------------------------------------------------------------------------------

    def of_reader(self, reader_id: int) -> list[Alert]:
        """Those of a reader, by name."""
        return self._several(sql.ALERTS_OF_READER, reader_id=reader_id)

    def get(self, alert_id: int) -> Alert | None:
        """One of them."""
        return next(iter(self._several(sql.ALERT, alert_id=alert_id)), None)

    def due(self, seq: int, most: int = 100_000) -> list[Alert]:
        """Those, not paused, that have not looked at every change up to `seq`."""
        return self._several(sql.ALERTS_DUE, seq=seq, most=most)

    def unseen(self, reader_id: int) -> int:
        """How many papers alerts found since their reader looked."""
        with self._database.read() as connection:
            return int(fetch(connection, sql.UNSEEN_OF_READER, reader_id=reader_id)[0][0])

    def has_hooks(self) -> bool:
        """Whether any alert posts to an address."""
        with self._database.read() as connection:
            return bool(fetch(connection, sql.ANY_HOOK))

    def add(self, reader_id: int, *, first_paper: int, after_seq: int, **values: Any) -> int:
        """Add an alert and return its number. Raises UsageError where the name is taken or the reader has too many."""
        with self._database.write() as connection:
            others = fetch(connection, sql.ALERTS_OF_READER, reader_id=reader_id)
            if len(others) >= MOST_ALERTS:
                raise UsageError(f"a reader has {MOST_ALERTS} alerts at most; delete one first")
            _refuse_taken(others, values["name"])
            row = {"hook_url": "", "hook_shape": "", "near": 0} | values
            row |= {"reader_id": reader_id, "created_at": self._database.now(), "first_paper": first_paper}
            row |= {"after_seq": after_seq, "seen_hit": 0, "trouble": "", "paused_at": None}
            return int(connection.execute(statements.ADD_ALERT, row).lastrowid)

    def change(self, alert: Alert, **values: Any) -> None:
        """Overwrite columns of an alert. What it found before mail or a webhook was asked for is not told by it."""
        with self._database.write() as connection:
            others = fetch(connection, sql.ALERTS_OF_READER, reader_id=alert.reader_id)
            _refuse_taken([row for row in others if row[0] != alert.id], values.get("name", ""))
            if alert.mail == "no" or values.get("mail") == "no":
                connection.execute(statements.PASS_MAIL, {"number": alert.id})
            if "hook_url" in values:
                connection.execute(statements.PASS_POSTS, {"number": alert.id})
            connection.execute(statements.CHANGE_ALERT.values(**values), {"number": alert.id})

    def pause(self, alert_id: int) -> None:
        """Look at nothing until it goes on."""
        with self._database.write() as connection:
            values = {"paused_at": self._database.now()}
            connection.execute(statements.CHANGE_ALERT.values(**values), {"number": alert_id})

    def resume(self, alert_id: int, seq: int) -> None:
        """Go on after the change of this number: what came meanwhile is passed over."""
        with self._database.write() as connection:
            values = {"paused_at": None, "after_seq": seq, "trouble": ""}
            connection.execute(statements.CHANGE_ALERT.values(**values), {"number": alert_id})

    def note_trouble(self, alert_id: int, why: str) -> None:
        """Note why an alert finds nothing; it looks at the same changes again later."""
        with self._database.write() as connection:
            values = {"trouble": clean_text(why)[:_LONGEST]}
            connection.execute(statements.CHANGE_ALERT.values(**values), {"number": alert_id})

    def look(self, alert_id: int) -> None:
        """Its reader has seen all that it found."""
        with self._database.write() as connection:
            connection.execute(statements.NOTE_SEEN, {"number": alert_id})

    def delete(self, alert_id: int) -> None:
        """Delete an alert with all that it found."""
        with self._database.write() as connection:
            connection.execute(statements.DELETE_ALERT, {"number": alert_id})

    def stop_mail(self, reader_id: int) -> bool:
        """No more mail from the alerts of a reader; False where none wrote."""
        with self._database.write() as connection:
            return connection.execute(statements.STOP_ALERT_MAIL, {"of_reader": reader_id}).rowcount > 0

    # What is found ----------------------------------------------------------------------------------------------

    def changed(self, after: int, upto: int) -> list[int]:
        """The papers that were added or changed after a change of the catalogue, up to another."""
        with self._database.read() as connection:
            return [number for (number,) in fetch(connection, sql.CHANGED_BETWEEN, after=after, upto=upto)]

    def citing(self, after: int, upto: int = 1 << 62) -> list[int]:
        """The papers of these numbers whose record may list what they cite."""
        with self._database.read() as connection:
            return [number for (number,) in fetch(connection, sql.CITING, after=after, upto=upto)]

    def last_action(self, reader_id: int) -> int:
        """The number of the last thing that a reader did; 0 for nothing yet."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.LAST_EVENT_OF_READER, reader_id=reader_id)
        return int(rows[0][0]) if rows else 0

    def latest_saved(self, reader_id: int, most: int) -> list[int]:
        """The papers that a reader saved last."""
        with self._database.read() as connection:
            return [number for (number,) in fetch(connection, sql.LATEST_SAVED, reader_id=reader_id, most=most)]

    def first_numbers(self, paper_ids: Collection[int]) -> dict[int, int]:
        """Of the papers that had other numbers before, such as those restored: paper → its lowest number."""
        with self._database.read() as connection:
            return dict(fetch(connection, sql.OLD_NUMBERS, ids=in_list(set(paper_ids))))

    def known(self, alert_id: int, paper_ids: Collection[int]) -> set[int]:
        """Which of these papers an alert has found before."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.KNOWN_HITS, alert_id=alert_id, ids=in_list(set(paper_ids)))
        return {number for (number,) in rows}

    def record(self, alert: Alert, upto: int, hits: Sequence[NewHit]) -> bool:
        """`record_all` of one alert."""
        return self.record_all([(alert, upto, hits)]) == [True]

    def record_all(self, looks: Sequence[tuple[Alert, int, Sequence[NewHit]]]) -> list[bool]:
        """Store what alerts found up to a change each, in one transaction with how far they have looked.

        False, and nothing of it is stored, for an alert that another process moved meanwhile. A paper that an alert
        found before stays as it was.
        """
        stored = []
        with self._database.write() as connection:
            now = self._database.now()
            rows = []
            for alert, upto, hits in looks:
                step = {"number": alert.id, "before": alert.after_seq, "upto": upto}
                stored.append(connection.execute(statements.ADVANCE_ALERT, step).rowcount == 1)
                told = tuple(0 if on else NEVER for on in (alert.mail != "no", alert.hook_url))
                for hit in hits if stored[-1] else ():
                    rows.append((alert.id, alert.reader_id, hit.paper_id, now, hit.near, hit.cited_paper, *told))
            insert(connection, statements.ADD_ALERT_PAPERS, rows)
        return stored

    def hits(self, alert_id: int, most: int = 50, skip: int = 0) -> list[Hit]:
        """What an alert found, the last first."""
        with self._database.read() as connection:
            return list(map(_hit, fetch(connection, sql.HITS_OF_ALERT, alert_id=alert_id, most=most, skip=skip)))

    def hits_of_reader(self, reader_id: int, most: int = 50, skip: int = 0) -> list[Hit]:
        """What all alerts of a reader found, the last first."""
        with self._database.read() as connection:
            return list(map(_hit, fetch(connection, sql.HITS_OF_READER, reader_id=reader_id, most=most, skip=skip)))

    def _several(self, query: str, **parameters: Any) -> list[Alert]:
        with self._database.read() as connection:
            return list(map(_alert, fetch(connection, query, **parameters)))


def _refuse_taken(others: Sequence[Sequence[Any]], name: str) -> None:
    if any(row[4] == name for row in others):
        raise UsageError(f"there is an alert named {name[:100]!r} already")


def _alert(row: Sequence[Any]) -> Alert:
    values: dict[str, Any] = dict(zip(_FIELDS, row, strict=True))
    paused_at = values["paused_at"]
    values |= {
        "created_at": parse_time(values["created_at"]),
        "paused_at": parse_time(paused_at) if paused_at else None,
    }
    return Alert(**values)


def _hit(row: Sequence[Any]) -> Hit:
    number, alert_id, paper_id, found_at, near, cited, is_new = row
    return Hit(number, alert_id, paper_id, parse_time(found_at), near, cited, bool(is_new))
