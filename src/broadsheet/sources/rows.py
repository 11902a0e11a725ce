"""One table row, as a mapping from column name to value, to one paper. Shared by JSON lines and Parquet."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from broadsheet.kit.errors import RecordError
from broadsheet.kit.paper import Paper, Person
from broadsheet.sources.ids import clean_url, identifiers
from broadsheet.sources.names import MAX_AUTHORS, split_authors
from broadsheet.sources.text import clean, parse_date, year_of

__all__ = ["DROPPED", "paper_of", "plain"]

# Short statements of papers are the queries of the known-item benchmark. They are dropped on the way in: a library
# keeps what it can index, and an index that has seen the queries proves nothing.
DROPPED = frozenset({"tldr", "tl;dr"})

_COLUMNS = (
    "paper_id id title abstract summary authors affiliations venue year keywords url pdf pdf_url doi arxiv arxiv_id "
    "openreview acl openalex s2 pmid citations categories kind submitted announced updated language licence "
    "comments"
)
_KNOWN = frozenset(_COLUMNS.split())
_MAX_DEPTH = 16  # of values kept in `extra`; deeper is no bibliography
_MAX_INT = 2**63  # what a database column holds


def paper_of(row: Mapping[str, Any]) -> tuple[Paper, str]:
    """(paper, its id in the source) of a row. Raises RecordError if it has no title or is nested absurdly.

    A column we have no name for goes to `extra`, and so do a year that is none and affiliations that cannot be
    told apart by author; empty values do not.
    """
    get = row.get
    title = _text(get("title"))
    if not title:
        raise RecordError(f"the record has no title (its columns: {', '.join(list(map(str, row))[:12]) or 'none'})")
    extra = {
        name: kept
        for name, value in row.items()
        if value is not None
        and name not in _KNOWN
        and name.lower() not in DROPPED
        and (kept := _keep(value)) is not None
    }
    authors = _authors(get("authors"), get("affiliations"), extra)
    url, pdf = clean_url(_text(get("url"))), clean_url(_text(get("pdf")) or _text(get("pdf_url")))
    given = {scheme: _text(get(scheme)) for scheme in ("openreview", "acl", "openalex", "s2", "pmid") if get(scheme)}
    year = get("year")
    number = year if type(year) is int and 1000 <= year < 3000 else year_of(year)
    if number is None and (kept := _keep(year)) is not None:
        extra["year"] = kept
    paper = Paper(
        title,
        _text(get("abstract")),
        authors,
        identifiers(
            arxiv=_text(get("arxiv")) or _text(get("arxiv_id")), doi=_text(get("doi")), urls=(url, pdf), given=given
        ),
        number,
        _text(get("venue")),
        _text(get("kind")),
        _text(get("summary")),
        _texts(get("keywords")),
        _texts(get("categories")),
        _day(get("submitted")),
        _day(get("announced")),
        _day(get("updated")),
        urls=(url,) if url else (),
        pdf_url=pdf,
        licence=_text(get("licence")),
        comments=_text(get("comments")),
        language=_text(get("language")),
        citations=_count(get("citations")),
        extra=extra,
    )
    return paper, _text(get("paper_id")) or _text(get("id"))


def _text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return clean(value)
    return str(value) if type(value) is int and abs(value) < _MAX_INT else ""


def _texts(value: object) -> tuple[str, ...]:
    """A list of texts, or one text with `;` (else `,`) between them."""
    if isinstance(value, str):
        value = value.split(";" if ";" in value else ",")
    if not isinstance(value, (list, tuple)):
        return ()
    return tuple([text for item in value if (text := _text(item))]) if value else ()


def _day(value: object) -> date | None:
    if value is None:
        return None
    if isinstance(value, datetime):
        return value.date()
    if isinstance(value, date):
        return value
    return parse_date(value) if isinstance(value, str) else None


def _count(value: object) -> int | None:
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return value if type(value) is int and 0 <= value < _MAX_INT else None


def _authors(value: object, affiliations: object, extra: dict[str, Any]) -> tuple[Person, ...]:
    """The people; each with the affiliations at the same place of the `;` list, if there are as many places."""
    people: Sequence[object] = ()
    if isinstance(value, str):
        people = split_authors(value)
    elif isinstance(value, (list, tuple)):
        people = [item for item in value[:MAX_AUTHORS] if item]
    if isinstance(affiliations, str) and affiliations:
        places = affiliations.split(";")
        if len(places) == len(people):
            pairs = zip(people, places, strict=True)
            return tuple([person for item, place in pairs if (person := _person(item, _places(place)))])
    if (kept := _keep(affiliations)) is not None:
        extra["affiliations"] = kept
    return tuple([person for item in people if (person := _person(item, ()))])


def _places(text: str) -> tuple[str, ...]:
    if "+" not in text:
        place = clean(text)
        return (place,) if place else ()
    return tuple([place for part in text.split("+") if (place := clean(part))])


def _person(item: object, places: tuple[str, ...]) -> Person | None:
    """A person from a name or from an object with `name`, or `given`/`first` and `family`/`last`."""
    if isinstance(item, str):
        name = clean(item)
        return Person(name, "", "", "", places) if name else None
    if isinstance(item, Person):
        return replace(item, affiliations=places)
    if not isinstance(item, Mapping):
        return None
    given = _text(item.get("given")) or _text(item.get("first"))
    family = _text(item.get("family")) or _text(item.get("last"))
    name = _text(item.get("name")) or f"{given} {family}".strip()
    own = item.get("affiliations") or item.get("affiliation")
    affiliations = places or (_places(own) if isinstance(own, str) else _texts(own))
    return Person(name, given, family, _text(item.get("orcid")), affiliations) if name else None


def _keep(value: object) -> Any:
    """A value as `extra` keeps it: what JSON can say, without nulls; None if nothing is left."""
    if isinstance(value, str):
        return clean(value) or None
    if isinstance(value, (int, float)) or value is None:
        return plain(value)
    kept = plain(value)
    return kept or None


def plain(value: Any, depth: int = 0) -> Any:
    """A value as JSON can say it, texts cleaned, nulls left out. Raises RecordError if it is nested absurdly."""
    if depth > _MAX_DEPTH:
        raise RecordError(f"the record is nested more than {_MAX_DEPTH} levels deep")
    if value is None or isinstance(value, (str, bool, int, float)):
        return _plain_scalar(value)
    if isinstance(value, Mapping):
        pairs = ((clean(str(key)), plain(item, depth + 1)) for key, item in value.items())
        return {key: item for key, item in pairs if item is not None}
    if isinstance(value, (list, tuple)):
        if set(map(type, value)) == {str}:  # by far the most common list
            return [text for item in value if (text := clean(item))]
        return [kept for item in value if (kept := plain(item, depth + 1)) is not None]
    return value.isoformat() if isinstance(value, date) else clean(str(value))[:1000]


def _plain_scalar(value: str | bool | int | float | None) -> str | bool | int | float | None:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _MAX_INT:
        return str(value)
    return value
