"""Votes: one row a reader and work. The number shown is a count of rows; nothing else counts.

Every change holds the write lock from its first read, so votes of any number of processes count once each.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from broadsheet.catalogue.community.vote_rule import apply_rule, apply_rule_to_reader
from broadsheet.catalogue.database import Database, fetch, in_list, insert, parse_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.paper_row import clean_text
from broadsheet.catalogue.redirects import follow
from broadsheet.kit.errors import UnknownPaper, UnknownReader, UsageError
from broadsheet.kit.lazy import lazy

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broadsheet.catalogue.statements import votes as statements
else:  # what only reads does not load SQLAlchemy
    (statements,) = lazy("broadsheet.catalogue.statements", "votes")

__all__ = ["Decision", "OwnVote", "Vote", "Votes"]

_LONGEST = 200  # characters of a page's name and of a reason


@dataclass(frozen=True, slots=True)
class Vote:
    """One vote; whether it is counted, and if not, why."""

    reader_id: int
    reader: str
    paper_id: int
    at: datetime
    page: str  # the policy of the page it was cast from
    position: int | None  # of the paper on that page, from 1
    counted: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class OwnVote:
    """What a reader sees of their own vote."""

    counted: bool
    why_not: str


@dataclass(frozen=True, slots=True)
class Decision:
    """What an administrator decided about a reader's vote; it stays when the vote is withdrawn and cast again."""

    reader_id: int
    counted: bool
    reason: str
    by: str
    at: datetime


class Votes:
    """The votes of a catalogue."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def cast(self, reader_id: int, paper_id: int, page: str = "", position: int | None = None) -> Vote:
        """The reader's vote for a paper; a second one changes nothing. Raises UnknownPaper, UnknownReader."""
        with self._database.write() as connection:
            paper_id = _live(connection, reader_id, paper_id)
            row = (reader_id, paper_id, self._database.now(), clean_text(page)[:_LONGEST], position)
            insert(connection, statements.CAST_VOTE, [row])
            apply_rule(connection, [paper_id])
            return _vote(fetch(connection, sql.VOTE, reader_id=reader_id, paper_id=paper_id)[0])

    def withdraw(self, reader_id: int, paper_id: int) -> bool:
        """Take a vote back; False if there was none. Raises UnknownPaper, UnknownReader."""
        with self._database.write() as connection:
            paper_id = _live(connection, reader_id, paper_id)
            removed = connection.execute(statements.WITHDRAW_VOTE, {"reader": reader_id, "paper": paper_id})
            return removed.rowcount > 0

    def decide(self, reader_id: int, paper_id: int, *, counted: bool, reason: str, by: str) -> None:
        """Count a vote or leave it out by decision of `by`, with a reason. Raises UsageError, UnknownPaper."""
        reason = clean_text(reason).strip()
        if not 0 < len(reason) <= _LONGEST:
            raise UsageError(f"give a reason of 1 to {_LONGEST} characters; the voter can read it")
        with self._database.write() as connection:
            paper_id = _live(connection, reader_id, paper_id)
            at = self._database.now()
            row = {"reader_id": reader_id, "paper_id": paper_id, "counted": int(counted), "reason": reason, "by": by}
            connection.execute(statements.DECIDE_VOTE, row | {"at": at})
            apply_rule(connection, [paper_id])
            act = "count a vote" if counted else "leave a vote out"
            insert(
                connection, statements.LOG_DECISION, [(at, by, act, f"reader {reader_id}, paper {paper_id}", reason)]
            )

    def names_changed(self, reader_id: int) -> None:
        """Decide again which votes of a reader are own votes: their full name or a claim has changed."""
        with self._database.write() as connection:
            apply_rule_to_reader(connection, reader_id)

    def counts(self, paper_ids: Collection[int]) -> dict[int, int]:
        """The counted votes of papers; a paper without any is left out."""
        with self._database.read() as connection:
            return dict(fetch(connection, sql.VOTE_COUNTS, ids=in_list(set(paper_ids))))

    def counts_elsewhere(self, paper_ids: Collection[int]) -> dict[int, int]:
        """The votes that other places count for papers: the latest number of each source, added up."""
        with self._database.read() as connection:
            return dict(fetch(connection, sql.VOTES_ELSEWHERE, ids=in_list(set(paper_ids))))

    def all_totals(self) -> dict[int, int]:
        """The votes of all papers that have any, here and elsewhere together."""
        with self._database.read() as connection:
            totals = Counter(dict(fetch(connection, sql.ALL_VOTE_COUNTS)))
            totals.update(dict(fetch(connection, sql.ALL_VOTES_ELSEWHERE)))
        return dict(totals)

    def own(self, reader_id: int, paper_ids: Collection[int]) -> dict[int, OwnVote]:
        """The reader's votes among these papers."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.VOTED_BY_READER, reader_id=reader_id, ids=in_list(set(paper_ids)))
        return {paper_id: OwnVote(bool(counted), why_not) for paper_id, counted, why_not in rows}

    def of_reader(self, reader_id: int, limit: int = 1000) -> list[Vote]:
        """A reader's votes for papers that are here, newest first."""
        with self._database.read() as connection:
            return [_vote(row) for row in fetch(connection, sql.VOTES_OF_READER, reader_id=reader_id, most=limit)]

    def of_paper(self, paper_id: int) -> list[Vote]:
        """All votes for a paper, counted or not, in order: for administrators."""
        with self._database.read() as connection:
            return [_vote(row) for row in fetch(connection, sql.VOTES_OF_PAPER, paper_id=paper_id)]

    def decisions(self, paper_id: int) -> list[Decision]:
        """What administrators decided about votes for a paper."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.DECISIONS_OF_PAPER, paper_id=paper_id)
        return [Decision(row[0], bool(row[1]), row[2], row[3], parse_time(row[4])) for row in rows]

    def voters(self, paper_id: int, limit: int = 200) -> list[str]:
        """Names of those whose vote is counted and who agreed to be shown, in order of voting."""
        with self._database.read() as connection:
            return [name for (name,) in fetch(connection, sql.VOTERS, paper_id=paper_id, most=limit)]


def _live(connection: Connection, reader_id: int, paper_id: int) -> int:
    """The paper that a number leads to now: votes for a merged record are votes for its survivor."""
    if not fetch(connection, sql.LAST_EVENT_OF_READER, reader_id=reader_id):
        raise UnknownReader(f"no reader has the number {reader_id}")
    live = follow(connection, [paper_id]).get(paper_id)
    if live is None:
        raise UnknownPaper(f"no paper has the number {paper_id}")
    return live


def _vote(row: Sequence[Any]) -> Vote:
    return Vote(row[0], row[1], row[2], parse_time(row[3]), row[4], row[5], bool(row[6]), row[7])
