"""Where a search page searches: among the papers of a list, within the results of earlier queries; shown as chips."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from urllib.parse import quote

from broadsheet.community.paper_sets import PaperSet
from broadsheet.web.search_address import SearchAddress
from broadsheet.web.site import Site

__all__ = ["Chip", "SearchScope", "scope_of"]

_PAGES = {  # kind of a set → the start of its page's address
    "shelf": "/library?shelf=",
    "tag": "/library?tag=",
    "collection": "/library?collection=",
    "organisation": "/organisations/",
    "author": "/authors/",
    "tagged": "/tags/",
}


@dataclass(frozen=True, slots=True)
class Chip:
    """A part of the scope, and the addresses of its own page and of the search without it."""

    label: str
    href: str
    without: str


@dataclass(frozen=True, slots=True)
class SearchScope:
    """What a search is restricted to."""

    chips: Sequence[Chip] = ()
    among: Sequence[int] | None = None  # papers
    within: Sequence[str] = ()
    narrower: Sequence[tuple[str, str]] = ()  # the hidden fields of a form that searches within these results


def scope_of(site: Site, address: SearchAddress) -> SearchScope:
    """The scope of a search page. Raises UsageError where a set of papers is not there."""
    papers = site.community.paper_sets.named(site.reader, address.among) if address.among else None
    chips = [Chip(_label(papers), _page(papers), address.link(among=""))] if papers else []
    chips += [
        Chip(text, address.link(q=text, within=address.within[:at]), address.link(within=_left_out(address.within, at)))
        for at, text in enumerate(address.within)
    ]
    narrower = [*address.hidden("q", "within"), *(("within", text) for text in (*address.within, address.q) if text)]
    return SearchScope(chips, papers.ids if papers else None, address.within, narrower)


def _left_out(values: Sequence[str], at: int) -> tuple[str, ...]:
    return (*values[:at], *values[at + 1 :])


def _label(papers: PaperSet) -> str:
    return papers.label[:1].upper() + papers.label[1:]


def _page(papers: PaperSet) -> str:
    start = _PAGES.get(papers.kind, "")
    return start + quote(papers.key, safe="") if start else ""
