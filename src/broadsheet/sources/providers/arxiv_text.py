"""Cleans arXiv's texts and lists of authors, in the same way for feed, harvest, query and snapshot."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace

from broadsheet.kit.paper import Person
from broadsheet.sources.text.clean import clean
from broadsheet.sources.text.latex import to_unicode
from broadsheet.sources.text.names import parse_name, split_authors
from broadsheet.sources.text.person_names import names_group

__all__ = ["arxiv_people", "arxiv_text", "split_with_places"]

_FOR = re.compile(
    r"(?:^|[\s,(]+)(?:for|on behalf of|representing) (?:the )?(?P<group>[^()]*?)\)?$", re.IGNORECASE
)  # fmt: skip
_PARENTHESES = re.compile(r"\((?:[^()]|\([^()]*\))*\)")
_MARK = re.compile(r"[\s()\d*†‡§¶,;:.]*")
_OTHERS = frozenset({"et al", "et al.", "and others", "others"})


def arxiv_text(text: str) -> str:
    """Convert a title, abstract or comment to one line of Unicode without TeX commands; mathematics is unchanged."""
    return clean(to_unicode(text, keep_braces=True))


def arxiv_people(people: Iterable[Person]) -> tuple[Person, ...]:
    """The authors, with collaborations as separate groups and without punctuation between names.

    Collaborations are recognised in `The LIGO Scientific Collaboration`, `Ann Other for the River Collaboration`,
    `(on behalf of the River Collaboration)` and `River Collaboration:` before its members.
    """
    return tuple(dict.fromkeys(one for person in people for one in _split_group(person)))


def _split_group(person: Person) -> Iterator[Person]:
    name = person.name
    group, colon, rest = name.partition(":")
    if colon and (_is_group(group.strip()) or not rest.strip(" .,;")):
        yield from _split_group(Person(group.strip()))
        if member := parse_name(rest):
            yield from _split_group(member)
        return
    match = _FOR.search(name)
    if match and _is_group(match["group"]):
        member = parse_name(name[: match.start()].strip(" ,(")) if match.start() else None
        if member:
            yield replace(member, orcid=person.orcid, affiliations=person.affiliations)
        yield Person(match["group"], affiliations=() if member else person.affiliations, is_group=True)
        return
    name = name.strip(" :;,")
    if not any(map(str.isalpha, name)) or name.lower() in _OTHERS:
        return
    if _is_group(name):
        yield Person(name, affiliations=person.affiliations, is_group=True)
    else:
        yield person


def _is_group(name: str) -> bool:
    return names_group(name[:1].upper() + name[1:])  # `the LIGO Scientific Collaboration`


def split_with_places(text: str) -> tuple[Person, ...]:
    """The people in a text that has affiliations in parentheses after names: `A B (Uni of X), C D`."""
    people: list[Person] = []
    position = 0
    for parentheses in [*_PARENTHESES.finditer(text), None]:
        names = text[position : parentheses.start() if parentheses else len(text)].strip(" ,;")
        names = names.removeprefix("and ")
        people += split_authors(names)[0] if any(map(str.isalpha, names)) else ()
        if parentheses is None:
            break
        position = parentheses.end()
        place = clean(parentheses[0][1:-1])
        if _FOR.search(place) and _is_group(place):
            people.append(Person(f"({place})"))
        elif people and not _MARK.fullmatch(place) and not place.startswith("("):
            people[-1] = replace(people[-1], affiliations=(*people[-1].affiliations, place))
    return tuple(people)
