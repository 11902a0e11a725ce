"""Facts for a paper's page: organisations, listings, and differences between sources or versions. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from broadsheet.kit.paper import Paper
from broadsheet.kit.paper_json import to_json
from broadsheet.web.limits import LINE, shortened

__all__ = ["LISTED", "changed_fields", "differences", "listed", "organisations"]

LISTED = frozenset({"listed", "votes"})  # of `extra`
_ORGANISATIONS = 3  # named on a line
_NOT_COMPARED = frozenset({"extra", "urls"})  # of a record, not compared
_LABELS = {"ids": "identifiers", "is_retracted": "retracted", "pdf_url": "PDF"}


def organisations(paper: Paper) -> str:
    """The organisations that a source names apart from the authors, shortened; "" if there are none."""
    raw = paper.extra.get("organisations")
    names = [name for name in raw if isinstance(name, str) and name.strip()] if isinstance(raw, list | tuple) else []
    text = "; ".join(names[:_ORGANISATIONS])
    return shortened(text, LINE) + (f" and {len(names) - _ORGANISATIONS:,} more" if names[_ORGANISATIONS:] else "")


def listed(paper: Paper, sources: Sequence[str]) -> str:
    """When a paper was listed, its votes, and the source if it is only one; "" if nothing is known.

    Example: "listed Mar 11 · 2 votes (reading_list.jsonl)".
    """
    days, votes = paper.extra.get("listed"), paper.extra.get("votes")
    parts = [f"listed {shortened(days, 100)}"] if isinstance(days, str) and days else []
    if isinstance(votes, int) and not isinstance(votes, bool):
        parts.append(f"{votes:,} vote{'' if votes == 1 else 's'}")
    source = f" ({shortened(sources[0].rpartition(':')[2], 100)})" if len(set(sources)) == 1 else ""
    return " · ".join(parts) + source if parts else ""


def differences(
    records: Iterable[tuple[str, str, datetime, Paper]],
) -> list[tuple[str, list[tuple[str, str]]]]:
    """The fields in which a paper's sources differ: (field, [(source, its value), …])."""
    by_source = [(f"{source} {name}".strip(), to_json(paper)) for source, name, _, paper in records]
    fields = dict.fromkeys(key for _, record in by_source for key in record if key not in _NOT_COMPARED)
    rows = []
    for field in fields:
        values = [
            (shortened(source, 100), _as_text(record[field])) for source, record in by_source if record.get(field)
        ]
        if len({text for _, text in values}) > 1:
            rows.append((_LABELS.get(field, field), values))
    return rows


def _as_text(value: object) -> str:
    """A field's value on one line."""
    if isinstance(value, dict):
        text = ", ".join(f"{key} {item}" for key, item in value.items())
    elif isinstance(value, list | tuple):
        text = ", ".join(str(item.get("name", "")) if isinstance(item, dict) else str(item) for item in value)
    else:
        text = str(value)
    return shortened(text, LINE)


def changed_fields(older: Paper, newer: Paper) -> tuple[str, ...]:
    """The names of the fields that differ between two versions, in plain words."""
    names: Iterable[tuple[str, str]] = (
        ("title", "title"),
        ("abstract", "abstract"),
        ("authors", "authors"),
        ("venue", "venue"),
        ("comments", "comments"),
        ("version", "version"),
        ("keywords", "keywords"),
        ("categories", "categories"),
        ("ids", "identifiers"),
        ("is_retracted", "retraction"),
    )
    changes = tuple(label for name, label in names if getattr(older, name) != getattr(newer, name))
    return changes or ("dates or other details",)
