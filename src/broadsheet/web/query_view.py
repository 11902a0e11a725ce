"""How a query was understood and what it can be narrowed to, as links. Pure functions, no library access."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from broadsheet.pipeline.records import Facets, FacetValue
from broadsheet.pipeline.search.query import Part, Query
from broadsheet.pipeline.search.query_edit import find_part, narrowed, without
from broadsheet.web.limits import shortened
from broadsheet.web.search_address import SearchAddress

__all__ = ["Chip", "FacetLink", "chips", "facet_groups"]

_SHOWN = 60  # characters of a value
_LONGEST = 300  # characters of a value that a link can have
_KINDS = {
    "author": "author",
    "venue": "venue",
    "org": "organisation",
    "field": "field",
    "year": "year",
    "title": "in the title",
    "phrase": "exactly",
    "word": "word",
    "id": "paper",
    "known": "paper",
    "like": "like paper",
    "tag": "my tag",
    "sort": "sorted by",
    "ignored": "not understood",
}
_MARKS = {("is", "saved"): "in my library"}
_HEADINGS = {"year": "Year", "venue": "Venue", "org": "Organisation", "field": "Field", "has": "Only", "is": "Only"}


@dataclass(frozen=True, slots=True)
class Chip:
    """A part of a query, and the address of the results without it."""

    kind: str
    text: str
    href: str
    is_alternative: bool = False  # to the chip before


@dataclass(frozen=True, slots=True)
class FacetLink:
    """A value that results can be narrowed to, or, if it is chosen, freed from."""

    label: str
    count: int
    href: str
    is_chosen: bool
    share: int  # of the most frequent value of its kind, in percent


def chips(query: Query, address: SearchAddress) -> Sequence[Chip]:
    """The filters, orders and known papers of a query; words that only rank are not among them."""
    out = []
    for at, part in enumerate(query.parts):
        is_joined = part.joined_at >= 0 or (at + 1 < len(query.parts) and query.parts[at + 1].joined_at >= 0)
        if part.kind == "word" and not part.negated and not is_joined:
            continue
        href = address.link(q=without(query, part))
        out.append(Chip(_kind_of(part), _text_of(part), href, part.joined_at >= 0))
    return out


def _kind_of(part: Part) -> str:
    if part.kind in ("is", "has"):
        return "without" if part.negated else "only"
    return f"not {_KINDS[part.kind]}" if part.negated else _KINDS[part.kind]


def _text_of(part: Part) -> str:
    if part.kind in ("is", "has"):
        return _MARKS.get((part.kind, part.value), f"has {part.value}")
    text = shortened(part.value, _SHOWN)
    return f"“{text}”" if part.kind == "phrase" else text


def facet_groups(query: Query, facets: Facets, address: SearchAddress) -> Sequence[tuple[str, Sequence[FacetLink]]]:
    """(heading, links) of each kind of which there is a choice."""
    groups: dict[str, list[FacetLink]] = {}
    for kind in ("year", "venue", "org", "field", "has", "is"):
        values = [value for value in facets.values if value.kind == kind]
        groups.setdefault(_HEADINGS[kind], []).extend(_links(query, values, facets.counted, address))
    return [(heading, links) for heading, links in groups.items() if links]


def _links(query: Query, values: Sequence[FacetValue], counted: int, address: SearchAddress) -> Iterator[FacetLink]:
    most = max((value.count for value in values), default=1)
    for value in values:
        part = find_part(query, value.kind, value.value)
        is_all = len(values) == 1 and value.count == counted and part is None
        if is_all or (part is None and len(value.value) > _LONGEST):
            continue  # nothing would change, or no address holds it
        if part:
            href = address.link(q=without(query, part))
        elif query.parts or not query.text:
            href = address.link(q=narrowed(query, value.kind, value.value))
        else:  # a pasted passage has no filters: what it lists is searched
            within = (*address.within, address.q)
            href = address.link(q=narrowed(Query(""), value.kind, value.value), within=within)
        label = shortened(value.label, _SHOWN)
        yield FacetLink(label, value.count, href, part is not None, round(100 * value.count / most))
