"""What changed of papers that somebody keeps: rows derived from earlier contents, and what each reader has seen.

Derived in portions from the change log, so that what a page asks costs one join and no comparison of texts.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, TypeAlias

from broadsheet.catalogue import change_log
from broadsheet.catalogue.database import Database, fetch, in_list, insert, parse_time, stored_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import to_data
from broadsheet.kit.errors import CorruptFile, LibraryError
from broadsheet.kit.lazy import lazy
from broadsheet.kit.paper import Paper
from broadsheet.kit.paper_json import from_json

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broadsheet.catalogue.statements import organisations as meta_statements
    from broadsheet.catalogue.statements import paper_changes as statements
else:  # what only reads does not load SQLAlchemy
    meta_statements, statements = lazy("broadsheet.catalogue.statements", "organisations", "paper_changes")

__all__ = ["PaperChangeTable", "Unseen"]

Compare: TypeAlias = Callable[[Paper, Paper], Sequence[str]]  # the earlier content, the later → what changed
STATE = "paper_changes"  # its row in `meta`
_PORTION = 2000  # changes of the catalogue looked at in one transaction


@dataclass(frozen=True, slots=True)
class Unseen:
    """A paper that a reader keeps and that changed since."""

    paper_id: int
    since: datetime  # when it was saved, opened or marked as seen
    at: datetime  # the last change
    what: tuple[str, ...]  # text | venue | code | standing
    is_mailed: bool  # the last change was


class PaperChangeTable:
    """The changes of papers."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def update(self, compare: Compare, stops: Callable[[], bool] = lambda: False) -> int:
        """Bring the rows up to date, or as far as they are when it `stops`; returns the last change that they hold.

        Where nothing can be written the rows stay as they are.
        """
        with self._database.read() as connection:
            seq = _state(connection)
        last = change_log.last_seq(self._database)
        try:
            while seq < last and not self._database.read_only and not stops():
                with self._database.write() as connection:
                    seq = _step(connection, compare)
        except CorruptFile:
            raise
        except LibraryError:
            return seq
        return seq

    def unseen(self, reader_id: int) -> list[Unseen]:
        """What changed of the papers that a reader keeps and was not seen, the last change first."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.UNSEEN_CHANGES, reader_id=reader_id)
        return _joined(rows)

    def unseen_of(self, reader_id: int, paper_id: int) -> Unseen | None:
        """What changed of one of them."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.UNSEEN_CHANGES_OF_PAPER, reader_id=reader_id, paper_id=paper_id)
        return next(iter(_joined(rows)), None)

    def note_seen(self, reader_id: int, changes: Sequence[Unseen]) -> None:
        """A reader has seen these changes; a clock that was wrong does not bring them back."""
        with self._database.write() as connection:
            now = self._database.now()
            rows = [_mark(reader_id, one.paper_id, seen_at=max(now, stored_time(one.at))) for one in changes]
            if rows:
                connection.execute(statements.NOTE_CHANGES_SEEN, rows)


def mark_mailed(connection: Connection, reader_id: int, changes: Sequence[tuple[int, datetime]], number: int) -> None:
    """Note within a transaction that a delivery brings the changes of papers up to a time each."""
    rows = [
        _mark(reader_id, paper_id, mailed_at=stored_time(at), delivery_id=number) for paper_id, at in sorted(changes)
    ]
    if rows:
        connection.execute(statements.NOTE_CHANGES_MAILED, rows)


def _mark(
    reader_id: int, paper_id: int, seen_at: str = "", mailed_at: str = "", delivery_id: int = 0
) -> dict[str, object]:
    return {
        **{"reader_id": reader_id, "paper_id": paper_id, "seen_at": seen_at},
        **{"mailed_at": mailed_at, "delivery_id": delivery_id},
    }


def _state(connection: Connection | object) -> int:
    rows = fetch(connection, sql.META, name=STATE)  # type: ignore[arg-type]
    return int(rows[0][0]) if rows and str(rows[0][0]).isdigit() else 0


def _step(connection: Connection, compare: Compare) -> int:
    """Derive one portion; another process may have derived some meanwhile, so the state is read again."""
    seq = _state(connection)
    upto = fetch(connection, sql.SEQ_TO_DERIVE, after=seq, most=_PORTION)[0][0]
    if upto is None:
        return seq
    papers = {number for (number,) in fetch(connection, sql.TO_DERIVE, after=seq, upto=upto)}
    _derive(connection, papers, compare)
    connection.execute(meta_statements.SET_META, {"key": STATE, "value": str(upto)})
    return int(upto)


def _derive(connection: Connection, papers: Iterable[int], compare: Compare) -> None:
    """Write the changes of these papers again; a deleted paper has none."""
    ids = in_list(papers)
    connection.execute(statements.FORGET_PAPER_CHANGES, {"ids": ids})
    current = {row[0]: from_json(to_data(row)) for row in fetch(connection, sql.PAPER_ROWS, ids=ids)}
    chains: dict[int, list[tuple[str, Paper]]] = {}
    for paper_id, at, content in fetch(connection, sql.CONTENTS, ids=ids):
        chains.setdefault(paper_id, []).append((at, from_json(json.loads(content))))
    rows = []
    for paper_id, chain in chains.items():
        if paper_id in current:
            later = [*(paper for _, paper in chain[1:]), current[paper_id]]
            for (at, before), after in zip(chain, later, strict=True):
                if what := compare(before, after):
                    rows.append((paper_id, at, ",".join(what)))
    insert(connection, statements.ADD_PAPER_CHANGES, rows)


def _joined(rows: Sequence[tuple[int, str, str, str, str]]) -> list[Unseen]:
    """One entry a paper, the last change first."""
    of_paper: dict[int, list[tuple[int, str, str, str, str]]] = {}
    for row in rows:
        of_paper.setdefault(row[0], []).append(row)
    unseen = []
    for paper_id, group in of_paper.items():
        last = max(at for _, _, at, _, _ in group)
        what = dict.fromkeys(
            name for *_, names, _ in sorted(group, key=lambda row: row[2]) for name in names.split(",")
        )
        unseen.append(Unseen(paper_id, parse_time(group[0][1]), parse_time(last), tuple(what), group[0][4] >= last))
    return sorted(unseen, key=lambda one: (one.at, one.paper_id), reverse=True)
