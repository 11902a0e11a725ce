"""Lists and feeds of one field, or of papers with so many votes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import urlencode

from fastapi import Depends, Query

from broadsheet.kit.fields import slug
from broadsheet.web.site import Site

__all__ = ["FieldName", "Restricted", "Restriction", "of_field", "papers_of_field", "restricted"]

FieldName = Annotated[str, Query(max_length=100, description="only papers of this field")]
_Votes = Annotated[int, Query(ge=0, le=1_000_000, description="only papers with so many votes, here and elsewhere")]


@dataclass(frozen=True, slots=True)
class Restriction:
    """Which papers a feed has: of one field, with so many votes, here and elsewhere together, as they are now."""

    field: str  # its name in addresses
    votes: int

    @property
    def values(self) -> dict[str, str | int]:
        """What it is in an address."""
        values: dict[str, str | int] = {"field": self.field, "min_votes": self.votes}
        return {name: value for name, value in values.items() if value}

    @property
    def query(self) -> str:
        """The end of an address, with its ?; "" where nothing is left out."""
        return "?" + urlencode(self.values) if self.values else ""

    def words(self, site: Site) -> list[str]:
        """What it says in a title."""
        field = [site.community.fields.named(self.field)] if self.field else []
        return [*field, *([f"{self.votes} votes or more"] if self.votes else [])]


def _restriction(field: FieldName = "", min_votes: _Votes = 0, min_upvotes: _Votes = 0) -> Restriction:
    return Restriction(slug(field), max(min_votes, min_upvotes))


Restricted = Annotated[Restriction, Depends(_restriction)]


def restricted(site: Site, ids: Sequence[int], only: Restriction) -> list[int]:
    """Those of the papers that a restriction lets through, in order."""
    ids = of_field(site, ids, only.field)
    if only.votes and ids:
        votes = site.community.votes.totals(ids)
        ids = [number for number in ids if votes[number] >= only.votes]
    return ids


def papers_of_field(site: Site, field: str) -> list[int] | None:
    """All papers of a field; None, for all papers, where it is ""."""
    return site.library.matching(f'field:"{field}"') if field else None


def of_field(site: Site, ids: Sequence[int], field: str) -> list[int]:
    """Those of the papers that are of a field; all where it is ""."""
    if not field:
        return list(ids)
    categories, fields = site.library.catalogue.papers.categories(ids), site.community.fields
    return [number for number in ids if field in map(slug, fields.of_categories(categories.get(number, ())))]
