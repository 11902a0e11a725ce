"""SQL elements that SQLAlchemy has no portable form for; each dialect compiles them.

A list of values is one parameter of any length, encoded as JSON (see `database.in_list`).
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, FromClause, Integer, Text, bindparam, column, literal
from sqlalchemy.exc import UnsupportedCompilationError
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.expression import Join, TableValuedAlias
from sqlalchemy.sql.functions import FunctionElement

__all__ = [
    "AnyOf",
    "Contains",
    "Each",
    "Element",
    "IsJson",
    "JsonField",
    "JsonLength",
    "Lookup",
    "any_of",
    "contains",
    "each",
    "is_json",
    "json_field",
    "json_length",
    "lookup",
]


class Element(FunctionElement[Any]):
    """The base of the elements: each dialect must have a compilation rule for it."""

    inherit_cache = True


@compiles(Element)
def _no_rule(element: Element, compiler: Any, **_: Any) -> str:
    raise UnsupportedCompilationError(compiler, type(element))


class Lookup(Join):
    """A join that reads the left table first and looks each row up in the right one."""

    inherit_cache = True


@compiles(Lookup)
def _join(element: Lookup, compiler: Any, **options: Any) -> str:
    return str(compiler.visit_join(element, **options))


class AnyOf(Element):
    """Whether a column's value is in a list."""

    inherit_cache = True


class Each(Element):
    """A list as rows of one column, `value`."""

    inherit_cache = True


class JsonField(Element):
    """A field of a JSON text; NULL where it has none."""

    type = Text()
    inherit_cache = True


class JsonLength(Element):
    """The length of a list in a JSON text; NULL where there is none."""

    type = Integer()
    inherit_cache = True


class IsJson(Element):
    """Whether a text is JSON."""

    inherit_cache = True


class Contains(Element):
    """Whether a text contains another, case-sensitive."""

    inherit_cache = True


def any_of(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """Whether the column has one of the values of the list `name`."""
    return AnyOf(column, bindparam(name, type_=Text()))


def each(name: str) -> TableValuedAlias:
    """The values of the list `name` as rows of one column, `value`."""
    return Each(bindparam(name, type_=Text())).table_valued(column("value"), name="listed")


def lookup(first: FromClause, second: FromClause, on: ColumnElement[bool]) -> Lookup:
    """Join the short list `first` with the rows of `second` that it looks up."""
    return Lookup(first, second, on)


def json_field(column: ColumnElement[Any], name: str) -> ColumnElement[Any]:
    """The field `name` of the JSON in a column."""
    return JsonField(column, literal(name))


def json_length(column: ColumnElement[Any], name: str) -> ColumnElement[int]:
    """The length of the list in the field `name` of the JSON in a column."""
    return JsonLength(column, literal(name))


def is_json(column: ColumnElement[Any]) -> ColumnElement[bool]:
    """Whether a column holds JSON."""
    return IsJson(column)


def contains(column: ColumnElement[Any], text: str) -> ColumnElement[bool]:
    """Whether a column contains a text."""
    return Contains(column, literal(text))
