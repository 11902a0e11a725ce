"""How SQLite writes what `statements.elements` names, and any statement as text for the driver alone."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import Any

from sqlalchemy import ClauseElement, Select, Table, bindparam, column, select, table
from sqlalchemy.dialects.sqlite import Insert, dialect, insert
from sqlalchemy.dialects.sqlite.base import SQLiteCompiler
from sqlalchemy.ext.compiler import compiles

from broadsheet.catalogue.statements.elements import AnyOf, Contains, Each, IsJson, JsonField, JsonLength, Lookup

__all__ = ["Insert", "by_index", "insert", "into", "last_number", "rows_text", "text_of", "upsert"]

_SEQUENCES = table("sqlite_sequence", column("name"), column("seq"))


@compiles(AnyOf, "sqlite")
def _any_of(element: AnyOf, compiler: SQLiteCompiler, **options: Any) -> str:
    column, values = (compiler.process(part, **options) for part in element.clauses)
    return f"{column} IN (SELECT value FROM json_each({values}))"


@compiles(Each, "sqlite")
def _each(element: Each, compiler: SQLiteCompiler, **options: Any) -> str:
    return f"json_each({compiler.process(element.clauses, **options)})"


@compiles(JsonField, "sqlite")
def _json_field(element: JsonField, compiler: SQLiteCompiler, **options: Any) -> str:
    column, name = element.clauses
    return f"json_extract({compiler.process(column, **options)}, '$.{name.value}')"


@compiles(JsonLength, "sqlite")
def _json_length(element: JsonLength, compiler: SQLiteCompiler, **options: Any) -> str:
    column, name = element.clauses
    return f"json_array_length({compiler.process(column, **options)}, '$.{name.value}')"


@compiles(IsJson, "sqlite")
def _is_json(element: IsJson, compiler: SQLiteCompiler, **options: Any) -> str:
    return f"json_valid({compiler.process(element.clauses, **options)})"


@compiles(Contains, "sqlite")
def _contains(element: Contains, compiler: SQLiteCompiler, **options: Any) -> str:
    return f"instr({compiler.process(element.clauses, **options)})"


@compiles(Lookup, "sqlite")
def _lookup(element: Lookup, compiler: SQLiteCompiler, **options: Any) -> str:
    # CROSS JOIN makes SQLite keep the order of the tables; it cannot estimate the length of a JSON list.
    options |= {"asfrom": True}
    assert element.onclause is not None
    left, right = (compiler.process(side, **options) for side in (element.left, element.right))
    return f"{left} CROSS JOIN {right} ON {compiler.process(element.onclause)}"


class _Text(SQLiteCompiler):
    """Writes constants as literals, so that SQLite can use partial indexes, and adds the hints of `by_index`."""

    def visit_bindparam(self, bindparam: Any, *args: Any, **options: Any) -> str:
        if not bindparam.required:
            options["literal_binds"] = True
        return str(super().visit_bindparam(bindparam, *args, **options))  # type: ignore[no-untyped-call]

    def get_from_hint_text(self, table: Any, text: str | None) -> str | None:  # noqa: ARG002
        return text


def text_of(statement: ClauseElement) -> str:
    """The statement as one line of SQL, its parameters as `:name`."""
    named_dialect = dialect(paramstyle="named")
    named_dialect.statement_compiler = _Text
    return re.sub(r" *\n *", " ", str(statement.compile(dialect=named_dialect)))


@lru_cache(maxsize=128)
def rows_text(statement: Insert) -> str:
    """An insert as one line of SQL, its values as `?` in the order of the columns, for rows as tuples."""
    return re.sub(r" *\n *", " ", str(statement.compile(dialect=dialect())))


def into(target: Table, *columns: str, ignoring: bool = False) -> Insert:
    """An insert of all columns, or of these in the table's order; `ignoring` skips rows whose key exists."""
    names = list(columns) or target.c.keys()
    if names != [column.name for column in target.c if column.name in names]:
        raise ValueError(f"{target.name}: name columns in the table's order, not {names}")
    rows = insert(target).values({name: bindparam(None, type_=target.c[name].type) for name in names})
    return rows.on_conflict_do_nothing() if ignoring else rows


def upsert(rows: Insert, *update: str, keys: Sequence[str] = (), **computed: Any) -> Insert:
    """Make an insert an upsert: where the key exists, overwrite the columns `update` and compute the `computed` ones.

    `keys` are the columns of the key; the default is the primary key.
    """
    unique = list(keys) or [column.name for column in rows.table.primary_key]
    return rows.on_conflict_do_update(
        index_elements=unique, set_={name: rows.excluded[name] for name in update} | computed
    )


def by_index(query: Select[Any], target: Table, name: str) -> Select[Any]:
    """The query with a hint to read `target` by this index only."""
    return query.with_hint(target, f"INDEXED BY {name}", "sqlite")


def last_number() -> Select[Any]:
    """A query for the largest id that the AUTOINCREMENT table `of` ever used; no row if it never used one."""
    return select(_SEQUENCES.c.seq).where(_SEQUENCES.c.name == bindparam("of"))
