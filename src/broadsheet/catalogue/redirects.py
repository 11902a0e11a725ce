"""Redirects: the number of a paper that was merged into another leads to that paper.

A redirect is one step, and a number is followed step by step, since the survivor may be absorbed later. Numbers are
never used twice, so there are no cycles.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from broadsheet.catalogue.database import Reading, fetch, in_list, insert
from broadsheet.catalogue.dialects import sql
from broadsheet.kit.lazy import lazy

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broadsheet.catalogue.statements import dedup as statements
else:  # what only reads does not load SQLAlchemy
    (statements,) = lazy("broadsheet.catalogue.statements", "dedup")

__all__ = ["add_redirects", "change_redirect", "follow"]


def follow(connection: Reading, numbers: Iterable[int]) -> dict[int, int]:
    """Map each number to the paper it leads to now: itself if that paper exists; numbers of no paper are left out."""
    return dict(fetch(connection, sql.LIVE_PAPERS, ids=in_list(set(numbers))))


def add_redirects(connection: Connection, pairs: Sequence[tuple[int, int]]) -> None:
    """Redirect the first number of each pair to the second."""
    insert(connection, statements.ADD_REDIRECTS, pairs)


def change_redirect(connection: Connection, old_id: int, paper_id: int) -> None:
    """Point an existing redirect at another paper."""
    connection.execute(statements.TURN_REDIRECT, {"number": old_id, "paper_id": paper_id})
