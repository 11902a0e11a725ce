"""What of a reader's rows is in an archive, and what another library takes in.

Tables are found by their columns, as in `belongings`; here stands only what their columns do not say.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

from sqlalchemy import Column, Table, UniqueConstraint

from broadsheet.catalogue.community.belongings import SECRET
from broadsheet.catalogue.schema import METADATA

__all__ = ["DERIVED", "MINE", "brought", "columns_of", "filled", "is_archived", "keys_of", "paper_columns", "target_of"]

MINE = "me"  # what an archive has for the number of its reader or account
DERIVED = frozenset({"reader_papers", "reader_days", "reader_tags"})  # the sum of the events
_NOT_ARCHIVED = frozenset(
    {"stream_papers", "takeout_imports", "steering_changes", "reader_days"}
)  # of one library alone
_NOT_BROUGHT = frozenset(  # to be read in the archive: what belongs to an account, an address or a library
    {
        *("readers", "accounts", "private_feeds", "reader_programs", "connections", "connection_items"),
        *("vote_decisions", "mail_preferences", "deliveries", "delivery_papers", "alert_papers", "change_marks"),
        *("collection_members", "collection_groups", "replays"),
    }
)
_OF_ONE_LIBRARY: Mapping[str, Mapping[str, str]] = {  # column → what another library fills it with
    "saved_searches": {"seen_paper": "newest"},
    "alerts": {"first_paper": "newest", "after_seq": "last_change", "seen_hit": "zero"},
    "alert_papers": {"cited_paper": "zero", "delivery_id": "zero", "post_id": "zero"},
    "change_marks": {"delivery_id": "zero"},
}
_REFERENCES: Mapping[tuple[str, str], str] = {  # columns that name a row of a table without a foreign key
    ("events", "undoes"): "events",
    ("comments", "parent_id"): "comments",
}


def is_archived(table: Table) -> bool:
    """Whether an archive has the rows of a table."""
    return table.name not in _NOT_ARCHIVED


def brought() -> Iterator[Table]:
    """The tables whose rows another library takes in as they are, parents first; events and their sum are no such."""
    taken = {"readers"}
    for table in sorted(METADATA.sorted_tables, key=lambda table: table.name == "alerts"):  # they name searches
        parents = {key.column.table.name for key in table.foreign_keys} - {"papers", "reading_groups"}
        is_own = "reader_id" in table.columns or bool(parents & (taken - {"readers"}))
        if is_own and parents <= taken and table.name not in _NOT_BROUGHT | _NOT_ARCHIVED | DERIVED | {"events"}:
            taken.add(table.name)
            yield table


@cache
def columns_of(table: Table) -> list[Column[object]]:
    """The columns that an archive has."""
    hidden = SECRET | _OF_ONE_LIBRARY.get(table.name, {}).keys()
    return [column for column in table.columns if column.name not in hidden]


def filled(table: Table) -> Mapping[str, str]:
    """The columns that an archive lacks and what another library fills them with: newest, last_change or zero."""
    return _OF_ONE_LIBRARY.get(table.name, {})


@cache
def paper_columns(table: Table) -> list[str]:
    """The columns that name a paper."""
    return [name for name in table.columns.keys() if name == "paper_id" or name.endswith("_paper_id")]  # noqa: SIM118


def target_of(table: Table, column: Column[object]) -> str:
    """The table of a reader's rows that a column names one of; "" for other columns."""
    if known := _REFERENCES.get((table.name, column.name)):
        return known
    tables = {key.column.table.name for key in column.foreign_keys} - {"readers", "accounts", "papers"}
    return tables.pop() if tables else ""


def keys_of(table: Table) -> list[list[str]]:
    """The sets of columns that tell two rows apart; where there is none, all of them together do."""
    keys = [[column.name for column in table.primary_key if column.name != "id"]]
    keys += [list(one.columns.keys()) for one in table.constraints if isinstance(one, UniqueConstraint)]
    keys = [key for key in keys if key and not SECRET & set(key)]
    return keys or [[column.name for column in columns_of(table) if column.name != "id"]]
