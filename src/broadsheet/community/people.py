"""Authors as pages show them: a person by ORCID, or everybody of one name who has none."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from broadsheet.catalogue.community.organisations import Count
from broadsheet.catalogue.community.people import Person
from broadsheet.catalogue.community.people_index import name_key
from broadsheet.community.organisations import Organisations, papers_a_year
from broadsheet.kit.errors import UsageError
from broadsheet.pipeline.library import Library

__all__ = ["AuthorProfile", "People", "author_slug", "key_of_slug"]

_ORCID = re.compile(r"\d{4}-\d{4}-\d{4}-\d{3}[\dX]")
_SCHEME = "orcid:"


def author_slug(key: str) -> str:
    """The part of an author's address that names them: an ORCID, or the words of a name with hyphens."""
    return key.removeprefix(_SCHEME) if key.startswith(_SCHEME) else key.replace(" ", "-")


def key_of_slug(slug: str) -> str:
    """The key of the person that a part of an address, a name or an ORCID names."""
    orcid = slug.strip().rpartition("/")[2].upper()
    return _SCHEME + orcid if _ORCID.fullmatch(orcid) else name_key(slug.replace("-", " "))


@dataclass(frozen=True, slots=True)
class AuthorProfile:
    """What is known of an author."""

    person: Person
    papers: Sequence[tuple[int, int]]  # (number, year; 0: unknown), newest first
    years: Sequence[tuple[int, int]]  # (year, papers), latest first
    coauthors: Sequence[Count]
    organisations: Sequence[Count]
    namesakes: Sequence[tuple[Person, int]]  # others of the name, with their papers

    @property
    def slug(self) -> str:
        """The author's part of the address."""
        return author_slug(self.person.key)


class People:
    """Authors over a library."""

    def __init__(self, library: Library, organisations: Organisations) -> None:
        self._organisations = organisations
        self._stored = library.catalogue.community.people

    def find(self, slug: str) -> Person | None:
        """The author whom a part of an address, a name or an ORCID names; of a name without others, its one ORCID."""
        self._organisations.update()
        key = key_of_slug(slug)
        person = self._stored.get(key)
        if person is not None and self._stored.papers(person.id):
            return person
        several = self._stored.with_orcid(key)
        return several[0] if len(several) == 1 else person

    def named(self, text: str) -> Person:
        """`find`; raises UsageError where nobody has this name."""
        if person := self.find(text):
            return person
        raise UsageError(f"no author {text[:100]!r} here; `broadsheet search author:{text[:100]}` finds parts of names")

    def papers(self, person: Person) -> list[int]:
        """The papers of an author, newest first."""
        return [number for number, _ in self._stored.papers(person.id)]

    def profile(self, person: Person) -> AuthorProfile:
        """The papers, co-authors and organisations of an author."""
        papers = self._stored.papers(person.id)
        return AuthorProfile(
            person=person,
            papers=papers,
            years=papers_a_year(papers),
            coauthors=self._stored.coauthors(person.id),
            organisations=self._stored.organisations(person.id),
            namesakes=self._namesakes(person),
        )

    def _namesakes(self, person: Person) -> list[tuple[Person, int]]:
        key = name_key(person.name)
        others = [*filter(None, [self._stored.get(key)]), *self._stored.with_orcid(key)]
        counts = [(one, len(self._stored.papers(one.id))) for one in others if one.id != person.id]
        return [(one, count) for one, count in counts if count]
