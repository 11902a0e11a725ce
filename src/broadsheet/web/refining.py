"""Refinements of a search: links to the same query with a filter. Pure functions, no library access."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from broadsheet.kit import venues
from broadsheet.kit.paper import Paper
from broadsheet.web.links import Link, search_link

__all__ = ["narrowings", "refinements"]

_REFINEMENTS = (  # (heading, (word of the query, label))
    ("Only", (("is:saved", "saved papers"), ("has:pdf", "with a PDF"), ("has:code", "with code"))),
)
_MAX_OFFERS = 4  # years, and venues
_SAYS_YEAR = re.compile(r"(?<!\S)-?year:", re.IGNORECASE)
_SAYS_VENUE = re.compile(r"(?<!\S)-?venue:", re.IGNORECASE)


def refinements(query: str) -> tuple[tuple[str, tuple[Link, ...]], ...]:
    """Links that filter the query, and links that remove its own filter: (heading, links)."""
    words_of_query = set(query.lower().split())
    groups = []
    for heading, options in _REFINEMENTS:
        active = [word for word, _ in options if word in words_of_query]
        links = [
            Link(label, search_link("", f"{query} {word}".strip()))
            for word, label in options
            if word not in words_of_query
        ]
        if active:
            plain = " ".join(part for part in query.split() if part.lower() not in active)
            links.append(Link("all papers", search_link("", plain)))
        groups.append((heading, tuple(links)))
    return tuple(groups)


def narrowings(query: str, papers: Sequence[Paper]) -> tuple[tuple[str, tuple[Link, ...]], ...]:
    """Links that restrict the query to one year or venue of the papers on the page: (heading, links)."""
    groups: list[tuple[str, tuple[Link, ...]]] = []
    years = Counter(paper.year for paper in papers if paper.year)
    if len(years) > 1 and not _SAYS_YEAR.search(query):
        newest = sorted(years, reverse=True)[:_MAX_OFFERS]
        groups.append(("Year", tuple(Link(str(year), search_link("", f"{query} year:{year}")) for year in newest)))
    names = Counter(venues.display_name(paper.venue) for paper in papers if 0 < len(paper.venue) <= 60)
    if names and not _SAYS_VENUE.search(query):
        common = [name for name, _ in names.most_common(_MAX_OFFERS)]
        quotable = [(name, name.replace('"', " ")) for name in common]
        groups.append(
            ("Venue", tuple(Link(name, search_link("", f'{query} venue:"{quoted}"')) for name, quoted in quotable))
        )
    return tuple(groups)
