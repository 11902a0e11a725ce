"""What a community's rows do when papers become one, part, or are restored: votes, comments, editions and the others.

Rows of a deleted paper stay where they are, as events do, and follow the paper when it is restored. Where two papers
become one, two rows of one thing become one row: `_JOINED` says which stays. What a closed edition printed stays.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from broadsheet.catalogue.community.vote_rule import apply_rule
from broadsheet.catalogue.database import fetch, in_list, insert
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.statements import community_rows as statements
from broadsheet.catalogue.statements import harvest

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["forget_rows", "move_rows", "split_rows"]

Row: TypeAlias = dict[str, Any]


def _first(*columns: str) -> Callable[[Sequence[Row]], list[Row]]:
    """The row with the lowest values stays."""
    return lambda rows: [min(rows, key=lambda row: [row[column] for column in columns])]


def _last(column: str) -> Callable[[Sequence[Row]], list[Row]]:
    """The row with the highest value stays."""
    return lambda rows: [max(rows, key=lambda row: row[column])]


def _sum(column: str) -> Callable[[Sequence[Row]], list[Row]]:
    """One row with the sum of all."""
    return lambda rows: [{**rows[0], column: sum(row[column] for row in rows)}]


def _furthest(*columns: str) -> Callable[[Sequence[Row]], list[Row]]:
    """One row with the highest of each of these values."""
    return lambda rows: [{**rows[0], **{column: max(row[column] for row in rows) for column in columns}}]


def _printed_or_first(rows: Sequence[Row]) -> list[Row]:
    """All printed entries of editions; if none is printed, the earliest entry."""
    printed = sorted((row for row in rows if row["printed"] is not None), key=lambda row: row["day"])
    return printed or _first("day", "entered_at")(rows)


def _dated_or_first(rows: Sequence[Row]) -> list[Row]:
    """The nomination that has a day, the latest; if none has one, the earliest nomination."""
    dated = [row for row in rows if row["read_on"] is not None]
    return _last("read_on")(dated) if dated else _first("at")(rows)


_JOINED: Mapping[str, tuple[tuple[str, ...], Callable[[Sequence[Row]], list[Row]]]] = {
    # table: (what tells two rows of a paper apart, which of the rows of one thing stay)
    "votes": (("reader_id",), _first("at", "id")),
    "vote_decisions": (("reader_id",), _last("at")),
    "edition_papers": ((), _printed_or_first),
    "paper_links": (("url",), _first("at", "id")),
    "paper_tags": (("tag",), _first("at")),
    "paper_counts": (("source", "kind", "day"), _last("value")),
    "listings": (("place",), _first("day", "at")),
    "exposures": (("day", "page", "position"), _sum("shown")),
    "delivery_papers": (("recipient",), _first("delivery_id")),
    "stream_papers": (("reader_id", "stream"), _first("at")),
    "read_marks": (("reader_id",), _last("at")),
    "group_nominations": (("group_id",), _dated_or_first),
    "group_votes": (("group_id", "account_id"), _first("at")),
    "alert_papers": (("alert_id",), _first("id")),
    "change_marks": (("reader_id",), _furthest("seen_at", "mailed_at")),
    "interest_papers": (("interest_id",), _first("paper_id")),
}


def move_rows(connection: Connection, survivors: Mapping[int, int]) -> None:
    """Move the rows of absorbed papers (keys) to their survivors, which may have rows of their own."""
    absorbed = {number for (number,) in fetch(connection, sql.PAPERS_WITH_ROWS, ids=in_list(survivors))}
    if not absorbed:
        return
    moves = {old: survivors[old] for old in absorbed}
    for table, statement in statements.MOVE_ROWS.items():
        if table in _JOINED:
            _join(connection, table, moves)
        else:
            connection.execute(statement, [{"old_id": old, "new_id": new} for old, new in moves.items()])
    apply_rule(connection, set(moves.values()))


def split_rows(connection: Connection, old_id: int, new_id: int, until: str) -> None:
    """Move the rows from before `until` to a new paper, and the answers to comments among them."""
    move = {"old_id": old_id, "new_id": new_id}
    for table, statement in statements.MOVE_ROWS_BEFORE.items():
        is_day = table in {"paper_counts", "exposures"}
        connection.execute(statement, move | {"before": until[:10] if is_day else until})
    while connection.execute(statements.MOVE_ANSWERS, move).rowcount:
        pass
    apply_rule(connection, [old_id, new_id])


def forget_rows(connection: Connection, paper_ids: Sequence[int]) -> None:
    """Delete the rows of papers that are deleted for good, but for what an edition printed."""
    for statement in statements.FORGET_ROWS.values():
        connection.execute(statement, {"ids": in_list(paper_ids)})


def _join(connection: Connection, table: str, moves: Mapping[int, int]) -> None:
    """Replace the rows of all these papers by those that stay."""
    ids = in_list({*moves, *moves.values()})
    rows = [dict(row) for row in connection.execute(harvest.rows_of(table), {"ids": ids}).mappings()]
    if not rows:
        return
    joined = joined_rows(table, rows, moves)
    connection.execute(statements.TAKE_ROWS[table], {"ids": ids})
    columns = tuple(rows[0])
    insert(connection, harvest.rows_into(table, columns), [tuple(row.values()) for row in joined])


def joined_rows(table: str, rows: Sequence[Row], moves: Mapping[int, int]) -> list[Row]:
    """The rows that stay, with the numbers of the survivors; of several for one thing the first gets the number."""
    key, which = _JOINED[table]
    groups: dict[tuple[Any, ...], list[Row]] = defaultdict(list)
    for row in rows:
        survivor = moves.get(row["paper_id"], row["paper_id"])
        groups[survivor, *(row[column] for column in key)].append(row)
    joined: list[Row] = []
    for (survivor, *_), group in groups.items():
        stay = which(group)
        head = next((row for row in stay if row["paper_id"] == survivor), stay[0])
        joined += [{**row, "paper_id": survivor} if row is head else row for row in stay]
    return joined
