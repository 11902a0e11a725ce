"""Converts a paper to JSON and back: one form for the catalogue, exports, the API and JSONL files.

Empty fields are left out. Dates are ISO days; authors are objects (a string is read as a name); identifiers are under
`ids` (at the top level they are read too). Unknown keys go to `extra`.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import fields
from datetime import date
from operator import attrgetter
from typing import Any

from broadsheet.kit.errors import RecordError
from broadsheet.kit.paper import Identifiers, Paper, Person

__all__ = ["MAX_DEPTH", "from_json", "person_to_json", "to_full_json", "to_json"]

_TEXTS = ("abstract", "venue", "kind", "summary", "pdf_url", "licence", "comments", "language")
_LISTS = ("keywords", "categories", "urls")
_DATES = ("submitted", "announced", "updated")
_NUMBERS = ("year", "version", "citations")
_PERSON_TEXTS = ("given", "family", "orcid", "suffix")
_SCHEMES = tuple(f.name for f in fields(Identifiers))
_texts_of, _texts_of_person, _ids_of = (attrgetter(*names) for names in (_TEXTS, _PERSON_TEXTS, _SCHEMES))
_KNOWN = frozenset(
    ("title", "authors", "ids", "is_retracted", "extra", *_TEXTS, *_LISTS, *_DATES, *_NUMBERS, *_SCHEMES)
)
MAX_DEPTH = 40  # levels of nesting kept in `extra`; hostile input must not exhaust the stack
_LARGEST = {"year": 9999, "version": 2**31, "citations": 2**53}


def to_json(paper: Paper) -> dict[str, Any]:
    """The paper as plain JSON values, empty fields left out; `from_json` gives the same paper back."""
    out: dict[str, Any] = {"title": paper.title}
    for key, value in zip(_TEXTS, _texts_of(paper), strict=True):
        if value:
            out[key] = value
    if paper.authors:
        out["authors"] = [person_to_json(person) for person in paper.authors]
    if ids := {scheme: value for scheme, value in zip(_SCHEMES, _ids_of(paper.ids), strict=True) if value}:
        out["ids"] = ids
    for key in _LISTS:
        if value := getattr(paper, key):
            out[key] = list(value)
    for key in _DATES:
        if value := getattr(paper, key):
            out[key] = value.isoformat()
    for key in _NUMBERS:
        if (value := getattr(paper, key)) is not None:
            out[key] = value
    if paper.is_retracted:
        out["is_retracted"] = True
    if paper.extra:
        out["extra"] = _plain(paper.extra)
    return out


def to_full_json(paper: Paper) -> dict[str, Any]:
    """As `to_json`, with every field of the paper and of its people present: empty text, list or object, or null."""
    out: dict[str, Any] = dict.fromkeys(("title", *_TEXTS), "")
    out |= {key: [] for key in ("authors", *_LISTS)} | dict.fromkeys((*_DATES, *_NUMBERS))
    out |= {"ids": {}, "is_retracted": False, "extra": {}} | to_json(paper)
    empty = {**dict.fromkeys(_PERSON_TEXTS, ""), "is_group": False}
    out["authors"] = [{**empty, "affiliations": [], **person} for person in out["authors"]]
    return out


def from_json(data: Mapping[str, Any]) -> Paper:
    """The paper a JSON object describes. Raises RecordError naming the key whose value cannot be used."""
    if not isinstance(data, Mapping):
        raise RecordError(f"a paper must be a JSON object, not {_kind(data)}")
    title = _text(data, "title")
    if not title.strip():
        raise RecordError("title: missing or empty; a paper needs at least a title")
    values: dict[str, Any] = {key: _text(data, key) for key in _TEXTS if key in data}
    values |= {key: _texts(data, key) for key in _LISTS if key in data}
    values |= {key: _date(data, key) for key in _DATES if key in data}
    values |= {key: _number(data, key) for key in _NUMBERS if key in data}
    return Paper(
        title=title,
        authors=_authors(data.get("authors")),
        ids=_identifiers(data),
        is_retracted=_flag(data, "is_retracted"),
        extra=_extra(data),
        **values,
    )


def person_to_json(person: Person) -> dict[str, Any]:
    """A person as a JSON object, empty fields left out."""
    out: dict[str, Any] = {"name": person.name}
    for part, value in zip(_PERSON_TEXTS, _texts_of_person(person), strict=True):
        if value:
            out[part] = value
    if person.affiliations:
        out["affiliations"] = list(person.affiliations)
    if person.is_group:
        out["is_group"] = True
    return out


def _plain(value: Any, depth: int = 0) -> Any:
    """A value as JSON can hold it: tuples become lists, dates become text, NaN and infinities become null."""
    if depth > MAX_DEPTH:
        return None
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {str(key): _plain(part, depth + 1) for key, part in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [_plain(part, depth + 1) for part in value]
    return value.isoformat() if isinstance(value, date) else str(value)


def _authors(value: Any) -> tuple[Person, ...]:
    if value is None:
        return ()
    if not isinstance(value, list):
        raise RecordError(f"authors: must be a list, not {_kind(value)}")
    return tuple(_person(one, f"authors[{position}]") for position, one in enumerate(value))


def _person(value: Any, key: str) -> Person:
    if isinstance(value, str):
        value = {"name": value}
    if not isinstance(value, dict):
        raise RecordError(f"{key}: must be a name or an object with a name, not {_kind(value)}")
    name = value.get("name")
    if not isinstance(name, str) or not name.strip():
        raise RecordError(f"{key}.name: missing or empty")
    if len(value) == 1:
        return Person(name)
    parts = {part: _text(value, part, f"{key}.") for part in _PERSON_TEXTS if part in value}
    is_group = _flag(value, "is_group", f"{key}.")
    return Person(name, affiliations=_texts(value, "affiliations", f"{key}."), is_group=is_group, **parts)


def _identifiers(data: Mapping[str, Any]) -> Identifiers:
    ids = data.get("ids")
    if ids is not None and not isinstance(ids, dict):
        raise RecordError(f"ids: must be an object, not {_kind(ids)}")
    values = {scheme: _text(data, scheme) for scheme in _SCHEMES if scheme in data}
    if ids:
        values |= {scheme: _text(ids, scheme, "ids.") for scheme in _SCHEMES if scheme in ids}
    return Identifiers(**values)


def _extra(data: Mapping[str, Any]) -> dict[str, Any]:
    extra = data.get("extra")
    if extra is not None and not isinstance(extra, dict):
        raise RecordError(f"extra: must be an object, not {_kind(extra)}")
    out = dict(extra or {})
    out.update({key: value for key, value in data.items() if key not in _KNOWN and value is not None})
    if isinstance(data.get("ids"), dict):
        out.update({key: value for key, value in data["ids"].items() if key not in _SCHEMES and value is not None})
    return out


def _text(data: Mapping[str, Any], key: str, prefix: str = "") -> str:
    value = data.get(key)
    if value is None:
        return ""
    if not isinstance(value, str):
        raise RecordError(f"{prefix}{key}: must be text, not {_kind(value)}")
    return value


def _texts(data: Mapping[str, Any], key: str, prefix: str = "") -> tuple[str, ...]:
    value = data.get(key)
    if value is None:
        return ()
    if not isinstance(value, list) or not all(isinstance(part, str) for part in value):
        raise RecordError(f"{prefix}{key}: must be a list of texts, not {_kind(value)}")
    return tuple(value)


def _number(data: Mapping[str, Any], key: str) -> int | None:
    value = data.get(key)
    if value is None:
        return None
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    if not isinstance(value, int) or isinstance(value, bool):
        raise RecordError(f"{key}: must be a whole number, not {_kind(value)}")
    if not 0 <= value <= _LARGEST[key]:
        raise RecordError(f"{key}: {str(value)[:30]} is not between 0 and {_LARGEST[key]}")
    return value


def _flag(data: Mapping[str, Any], key: str, prefix: str = "") -> bool:
    value = data.get(key)
    if value is not None and not isinstance(value, bool):
        raise RecordError(f"{prefix}{key}: must be true or false, not {_kind(value)}")
    return bool(value)


def _date(data: Mapping[str, Any], key: str) -> date | None:
    text = _text(data, key)
    if not text:
        return None
    try:
        return date.fromisoformat(text[:10] if text[10:11] in {"T", " "} else text)
    except ValueError:
        raise RecordError(f"{key}: {text[:40]!r} is not a date like 2026-03-01") from None


def _kind(value: Any) -> str:
    """A short description of a bad value, for messages."""
    text = repr(value)
    return f"{type(value).__name__} {text[:40] + '…' if len(text) > 40 else text}"
