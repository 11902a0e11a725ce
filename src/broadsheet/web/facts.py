"""Facts of a paper beside its record, and where sources or versions differ. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from broadsheet.kit.paper import Paper
from broadsheet.kit.paper_json import to_json
from broadsheet.web.limits import LINE, shortened

__all__ = ["LISTED", "changed_fields", "differences", "listed", "organisations"]

LISTED = frozenset({"listed", "votes"})  # of `extra`
_ORGANISATIONS = 3  # named on a line
_ASIDE = frozenset({"extra", "urls"})  # of a record, not compared
_LABELS = {"ids": "identifiers", "is_retracted": "retracted", "pdf_url": "PDF"}


def organisations(paper: Paper) -> str:
    """The authors' organisations that a source names apart from the authors, and how many more; "" if none does."""
    named = paper.extra.get("organisations")
    known = [one for one in named if isinstance(one, str) and one.strip()] if isinstance(named, list | tuple) else []
    shown = "; ".join(known[:_ORGANISATIONS])
    return shortened(shown, LINE) + (f" and {len(known) - _ORGANISATIONS:,} more" if known[_ORGANISATIONS:] else "")


def listed(paper: Paper, sources: Sequence[str]) -> str:
    """Under which days a paper is listed and with how many votes, with the one source that says so: "listed Mar 11,
    2 votes (reading_list.jsonl)". "" if nothing is known."""
    days, votes = paper.extra.get("listed"), paper.extra.get("votes")
    said = [f"listed {shortened(days, 100)}"] if isinstance(days, str) and days else []
    if isinstance(votes, int) and not isinstance(votes, bool):
        said.append(f"{votes:,} vote{'' if votes == 1 else 's'}")
    where = f" ({shortened(sources[0].rpartition(':')[2], 100)})" if len(set(sources)) == 1 else ""
    return " · ".join(said) + where if said else ""


def differences(
    records: Iterable[tuple[str, str, datetime, Paper]],
) -> list[tuple[str, list[tuple[str, str]]]]:
    """Where sources of a paper differ: (field, (source, its value) of each source that has one)."""
    by_source = [(f"{source} {name}".strip(), to_json(paper)) for source, name, _, paper in records]
    fields = dict.fromkeys(key for _, said in by_source for key in said if key not in _ASIDE)
    found = []
    for field in fields:
        says = [(shortened(source, 100), _said(said[field])) for source, said in by_source if said.get(field)]
        if len({text for _, text in says}) > 1:
            found.append((_LABELS.get(field, field), says))
    return found


def _said(value: object) -> str:
    """A field's value on one line."""
    if isinstance(value, dict):
        text = ", ".join(f"{key} {one}" for key, one in value.items())
    elif isinstance(value, list | tuple):
        text = ", ".join(str(one.get("name", "")) if isinstance(one, dict) else str(one) for one in value)
    else:
        text = str(value)
    return shortened(text, LINE)


def changed_fields(older: Paper, newer: Paper) -> tuple[str, ...]:
    """What differs between two versions, in words a reader uses."""
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
    differing = tuple(word for name, word in names if getattr(older, name) != getattr(newer, name))
    return differing or ("dates or other details",)
