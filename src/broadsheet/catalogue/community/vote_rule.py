"""Which votes are counted: all but those of a paper's own authors, unless an administrator decided otherwise.

A reader is an author by a confirmed claim to the name, or by a full name that equals it. The rule is applied when a
vote is cast and again whenever a paper's authors, a reader's names or a decision change.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from broadsheet.catalogue.database import Reading, fetch, in_list
from broadsheet.catalogue.dialects import sql
from broadsheet.kit.lazy import lazy
from broadsheet.kit.text import fold

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broadsheet.catalogue.statements import votes as statements
else:  # an import of papers without votes does not load it
    (statements,) = lazy("broadsheet.catalogue.statements", "votes")

__all__ = ["OWN_WORK", "apply_rule", "apply_rule_to_reader", "misjudged"]

OWN_WORK = "own work"


def apply_rule(connection: Connection, paper_ids: Collection[int]) -> None:
    """Decide for every vote on these papers whether it is counted."""
    if changes := misjudged(connection, paper_ids):
        connection.execute(statements.JUDGE_VOTE, changes)


def misjudged(connection: Reading, paper_ids: Collection[int]) -> list[dict[str, Any]]:
    """The votes on these papers that are not counted as the rule says, as what to change."""
    rows = fetch(connection, sql.VOTES_TO_JUDGE, ids=in_list(paper_ids))
    if not rows:
        return []
    names: dict[int, set[tuple[str, ...]]] = defaultdict(set)
    for reader_id, name in fetch(connection, sql.NAMES_OF_READERS, ids=in_list({row[1] for row in rows})):
        names[reader_id].add(_key(name))
    changes = []
    for vote, reader_id, counted, why_not, decided, reason, authors in rows:
        is_own = bool(names[reader_id]) and not names[reader_id].isdisjoint(map(_key, authors.split("\n")))
        verdict = (0, OWN_WORK) if is_own else (1, "")
        if decided is not None:
            verdict = (1, "") if decided else (0, reason)
        if verdict != (counted, why_not):
            changes.append({"vote": vote, "counted": verdict[0], "why_not": verdict[1]})
    return changes


def apply_rule_to_reader(connection: Connection, reader_id: int) -> None:
    """Decide again for every vote of a reader: call it when a full name or a claim has changed."""
    papers = {paper_id for (paper_id,) in fetch(connection, sql.PAPERS_VOTED_BY, reader_id=reader_id)}
    apply_rule(connection, papers)


def _key(name: str) -> tuple[str, ...]:
    """A name in any order and case, with or without accents: "Müller, Åsa" is "Asa Muller"."""
    return tuple(sorted((fold(name) or name).split()))
