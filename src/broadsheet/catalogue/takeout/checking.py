"""Checks rows of an archive, which may be damaged or hostile, before anything is done with them."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Collection, Mapping
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Float, Integer, Table

from broadsheet.catalogue.community import alerts
from broadsheet.catalogue.database import stored_time
from broadsheet.catalogue.events import KINDS
from broadsheet.catalogue.paper_row import clean_text
from broadsheet.catalogue.schema import METADATA
from broadsheet.catalogue.steering import INTEREST_KINDS, INTEREST_STATES, MUTE_KINDS
from broadsheet.catalogue.takeout.shape import columns_of, is_archived, paper_columns
from broadsheet.kit.errors import UsageError

__all__ = ["checked_row", "is_known"]

_LONGEST_NAME = 200  # characters of a name or a tag
_TIME = re.compile(r"at|.*_at|.*_since")
_JSON = {("saved_searches", "search"): dict, ("collections", "sections"): list, ("readers", "settings"): dict}
_ONE_OF: dict[tuple[str, str], Collection[str]] = {
    ("interests", "kind"): INTEREST_KINDS,
    ("interests", "state"): INTEREST_STATES,
    ("mutes", "kind"): MUTE_KINDS,
    ("alerts", "kind"): alerts.KINDS,
    ("alerts", "mail"): alerts.MAILS,
    ("highlights", "field"): ("title", "abstract"),
}
_SHARES = {("interests", "weight"): 100.0, ("interests", "quota"): 1.0, ("events", "propensity"): 1.0}  # at most


def is_known(table: str) -> bool:
    """Whether this library has a table of that name whose rows are in archives."""
    return table in METADATA.tables and is_archived(METADATA.tables[table])


def checked_row(name_of_table: str, place: str, value: Mapping[str, Any]) -> dict[str, Any]:
    """A row with the columns of its table, each with a value it can hold. Raises UsageError that names the `place`."""
    table = METADATA.tables[name_of_table]
    papers = set(paper_columns(table))
    row: dict[str, Any] = {}
    for column in columns_of(table):
        name = column.name
        if name not in value:
            if name in papers or (table.name == "events" and not column.nullable):
                raise UsageError(f"{place}: has no {name}")
            if not column.nullable and column.server_default is None and name not in ("id", "reader_id"):
                raise UsageError(f"{place}: has no {name}")
            if column.nullable:
                row[name] = None
            continue
        one = value[name]
        if name in papers or name in ("reader_id", "account_id"):
            good = one is None or (isinstance(one, str) and len(one) <= 2000)
        elif one is None:
            good = column.nullable or bool(column.foreign_keys)
        elif isinstance(column.type, Integer):
            good = isinstance(one, int) and not isinstance(one, bool) and abs(one) < 2**53
        elif isinstance(column.type, Float):
            most = _SHARES.get((table.name, name), math.inf)
            good = (
                isinstance(one, int | float) and not isinstance(one, bool) and 0 <= one <= most and math.isfinite(one)
            )
        else:
            good = isinstance(one, str) and one in _ONE_OF.get((table.name, name), {one})
        if not good:
            raise UsageError(f"{place}: {name} cannot be {str(one)[:60]!r}")
        row[name] = _text(table, name, one, place) if isinstance(one, str) and name not in papers else one
    return _event(row, place) if table.name == "events" else row


def _text(table: Table, name: str, text: str, place: str) -> str:
    text = clean_text(text)
    if _TIME.fullmatch(name) and text:
        try:
            return stored_time(datetime.fromisoformat(text).astimezone(UTC))
        except (ValueError, OverflowError):
            raise UsageError(f"{place}: {name} is no time: {text[:60]!r}") from None
    if kind := _JSON.get((table.name, name)):
        if not _is_json(text, kind):
            raise UsageError(f"{place}: {name} is not what it should be: {text[:60]!r}")
    elif name in ("name", "tag") and not 0 < len(text.strip()) <= _LONGEST_NAME:
        raise UsageError(f"{place}: {name} has 1 to {_LONGEST_NAME} characters")
    return text


def _event(row: dict[str, Any], place: str) -> dict[str, Any]:
    if row["kind"] not in KINDS:
        raise UsageError(f"{place}: no kind of event {row['kind'][:60]!r}")
    if row["kind"] in ("tag", "untag") and not 0 < len(row["value"].strip()) <= _LONGEST_NAME:
        raise UsageError(f"{place}: a tag has 1 to {_LONGEST_NAME} characters")
    return {**row, "policy": row["policy"][:_LONGEST_NAME]}


def _is_json(text: str, kind: type) -> bool:
    try:
        return isinstance(json.loads(text), kind)
    except (ValueError, RecursionError):
        return False
