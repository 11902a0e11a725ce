"""Reads people from table rows and JSON objects, in the forms that exporters and providers use."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from typing import Any, NamedTuple

from broadsheet.kit.paper import Person
from broadsheet.sources.text.clean import clean
from broadsheet.sources.text.latex import to_unicode
from broadsheet.sources.text.name_marks import is_nameless, without_marks
from broadsheet.sources.text.names import MAX_AUTHORS, from_parts, is_et_al, parse_name, printed_list, split_authors
from broadsheet.sources.text.person_names import names_group

__all__ = ["People", "people_of", "person_of"]

_GIVEN = ("given", "first", "firstName", "first_name", "givenName", "given_name", "firstname", "forenames", "forename")
_MIDDLE = ("middle", "middleName", "middle_name", "dropping-particle")
_FAMILY = ("family", "last", "lastName", "last_name", "familyName", "family_name", "lastname", "surname", "keyname")
_WHOLE = ("name", "display_name", "full_name", "fullname", "raw_author_name", "author_name", "text")
_PLACES = ("affiliations", "affiliation", "institutions", "raw_affiliation_strings")
_ORCID = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]", re.IGNORECASE)


class People(NamedTuple):
    """The people in a value, the parts of the value that are not people, and whether it ends in `et al.`."""

    people: tuple[Person, ...]
    rest: list[Any]
    et_al: bool = False


def people_of(value: object, *, bare_name_is_group: bool = False) -> People:
    """Read the people in a list of people, one person, or a text with several names."""
    if isinstance(value, str):
        items = printed_list(value)
        if items is None or not any(isinstance(item, Mapping) for item in items):
            people, et_al = split_authors(value)
            return People(people, [], et_al)
        value = items
    if isinstance(value, Mapping):
        inner = next((value[key] for key in ("author", "authors") if isinstance(value.get(key), list)), None)
        value = [value] if inner is None else inner
    if not isinstance(value, (list, tuple)):
        return People((), [] if value is None else [value])
    if len(value) == 1 and isinstance(value[0], str) and _has_several_names(value[0]):
        return people_of(value[0])
    persons, rest = [], []
    for item in value[:MAX_AUTHORS]:
        if person := person_of(item, bare_name_is_group=bare_name_is_group):
            persons.append(person)
        elif item:
            rest.append(item)
    et_al = bool(persons) and not persons[-1].given and is_et_al(persons[-1].name)
    return People(tuple(persons[:-1] if et_al else persons), rest, et_al)


def _has_several_names(text: str) -> bool:
    return ";" in text or (" and " in text and "," in text)


def person_of(item: object, *, bare_name_is_group: bool = False) -> Person | None:
    """Read a person from a name, from a list (family, given, suffix), or from an object; None if there is no name.

    An object with a `literal` is a group; with `bare_name_is_group` so is an object with only a name.
    """
    if isinstance(item, str):
        return _person_named(item)
    if isinstance(item, (list, tuple)):
        parts = [clean(to_unicode(part)) if isinstance(part, str) else "" for part in item]
        if not 1 <= len(parts) <= 3 or len(parts) != sum(isinstance(part, str) or part is None for part in item):
            return None
        person = from_parts(*[*parts[1:2], parts[0], *parts[2:]]) if len(parts) > 1 else _person_named(parts[0])
        return person if person and person.name else None
    return _from_object(item, bare_name_is_group) if isinstance(item, Mapping) else None


@lru_cache(maxsize=65536)  # in a large file most names are repeated
def _person_named(text: str) -> Person | None:
    name = without_marks(clean(text))
    if is_nameless(name):
        return None
    if names_group(name):
        return Person(name, is_group=True)
    return parse_name(name) if "," in name or "{" in name or "\\" in name else Person(name)


def _from_object(item: Mapping[str, Any], bare_name_is_group: bool) -> Person | None:
    author = item.get("author")
    if isinstance(author, Mapping):  # OpenAlex: the person is nested, beside the affiliations
        item = {**item, **author}
    particle = _text(item, ("non-dropping-particle",))
    family = f"{particle} {_text(item, _FAMILY)}".strip()
    given = f"{_text(item, _GIVEN)} {_text(item, _MIDDLE)}".strip()
    literal, name = _text(item, ("literal",)), _text(item, _WHOLE)
    if family or given:
        person = from_parts(given, family, _text(item, ("suffix",)))
        person = replace(person, name=name) if name and not bare_name_is_group else person
    elif literal or (name and (bare_name_is_group or names_group(name) or item.get("is_group") is True)):
        person = Person(literal or name, is_group=True)
    elif name:
        person = _person_named(name) or Person(name)
    else:
        return None
    orcid = _ORCID.search(_text(item, ("orcid", "ORCID")))
    return replace(person, orcid=orcid[0].upper() if orcid else "", affiliations=_places(item))


def _text(item: Mapping[str, Any], keys: Sequence[str]) -> str:
    """The text, or the joined list of texts, under the first of the keys that has one."""
    for key in keys:
        value = item.get(key)
        if isinstance(value, list):
            value = " ".join(part for part in value if isinstance(part, str))
        if isinstance(value, str) and (text := clean(value)):
            return text
    return ""


def _places(item: Mapping[str, Any]) -> tuple[str, ...]:
    for key in _PLACES:
        value = item.get(key)
        if isinstance(value, str):
            value = value.split("+")
        if isinstance(value, Mapping):
            value = [value]
        if isinstance(value, (list, tuple)):
            names = [place if isinstance(place, str) else _place(place) for place in value]
            if places := tuple(dict.fromkeys(text for place in names if (text := clean(place)))):
                return places
    return ()


def _place(value: object) -> str:
    return _text(value, ("name", "display_name", "institution")) if isinstance(value, Mapping) else ""
