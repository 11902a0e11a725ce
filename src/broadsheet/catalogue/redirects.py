"""Numbers of papers that became part of another paper: an old number leads to where its paper is now.

A paper may be absorbed by one that is itself absorbed later, so a redirect is one step and a number is followed
step by step. No number is given twice, so the steps never run in a circle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from broadsheet.catalogue.database import Reading, fetch, in_list, insert

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["follow", "leave", "turn"]

_LIVE = (
    "WITH RECURSIVE way (asked, id) AS (SELECT value, value FROM json_each(?) "
    "UNION SELECT way.asked, r.paper_id FROM way CROSS JOIN redirects r ON r.old_id = way.id) "
    "SELECT way.asked, p.id FROM way CROSS JOIN papers p ON p.id = way.id"
)


def follow(connection: Reading, numbers: Iterable[int]) -> dict[int, int]:
    """Per number the paper it means today: itself while it is a paper; numbers that lead to none are left out."""
    return dict(fetch(connection, _LIVE, in_list(set(numbers))))


def leave(connection: Connection, pairs: Sequence[tuple[int, int]]) -> None:
    """Let each old number lead to the paper beside it."""
    insert(connection, "INSERT INTO redirects (old_id, paper_id)", 2, pairs)


def turn(connection: Connection, old_id: int, paper_id: int) -> None:
    """Let a number that leads somewhere already lead to this paper instead."""
    connection.exec_driver_sql("UPDATE redirects SET paper_id = ? WHERE old_id = ?", (paper_id, old_id))
