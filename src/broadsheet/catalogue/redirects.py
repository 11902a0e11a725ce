"""Numbers of papers that became part of another paper: an old number leads to where its paper is now.

A paper may be absorbed by one that is itself absorbed later, so a redirect is one step and a number is followed
step by step. No number is given twice, so the steps never run in a circle.
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

__all__ = ["follow", "leave", "turn"]


def follow(connection: Reading, numbers: Iterable[int]) -> dict[int, int]:
    """Per number the paper it means today: itself while it is a paper; numbers that lead to none are left out."""
    return dict(fetch(connection, sql.LIVE_PAPERS, ids=in_list(set(numbers))))


def leave(connection: Connection, pairs: Sequence[tuple[int, int]]) -> None:
    """Let each old number lead to the paper beside it."""
    insert(connection, statements.ADD_REDIRECTS, pairs)


def turn(connection: Connection, old_id: int, paper_id: int) -> None:
    """Let a number that leads somewhere already lead to this paper instead."""
    connection.execute(statements.TURN_REDIRECT, {"number": old_id, "paper_id": paper_id})
