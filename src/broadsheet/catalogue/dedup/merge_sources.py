"""Merging the records of several sources into one paper. Pure.

A newer record of a source overwrites the fields of the older one, but never with an empty value. Across sources each
field comes from the best source that has it; among equals the oldest record wins. Year and kind come from a source that
names a venue, if there is one: the year of a preprint is not the year of the journal version.
"""

from __future__ import annotations

from collections.abc import Sequence

from broadsheet.catalogue.paper_row import Data

__all__ = ["is_provider", "merge", "overlay"]

# Source names up to the colon, best first. A source that is not listed (a file) comes last.
_TEXT_ORDER = ("arxiv", "biorxiv", "medrxiv", "acl", "crossref", "openalex", "s2")
_VENUE_ORDER = ("crossref", "doi", "acl", "dblp", "openalex", "s2", "arxiv")
_CITATION_ORDER = ("openalex", "s2")
_VENUE_FIELDS = ("venue", "year", "kind")
_NESTED = ("ids", "extra")
_ET_AL = "et_al"  # in `extra`: the record names the first authors only
_PROVIDERS = frozenset(
    {*_TEXT_ORDER, *_VENUE_ORDER, "openreview", "pubmed", "europepmc", "huggingface", "hf", "unpaywall", "datacite"}
)


def is_provider(source: str) -> bool:
    """Whether the ids of this source are unique for good; those of a file are not."""
    return source.partition(":")[0] in _PROVIDERS


def overlay(old: Data, new: Data) -> Data:
    """Update a source's older data with its newer data; fields that only the older one has are kept."""
    out = old | new
    for key in _NESTED:
        if key in old and key in new:
            out[key] = old[key] | new[key]
    if "authors" in new and _is_cut(out) and not _is_cut(new) and len(new["authors"]) >= len(old.get("authors", ())):
        out["extra"] = {key: value for key, value in out["extra"].items() if key != _ET_AL}
    return {key: value for key, value in out.items() if value or key != "extra"}


def merge(sources: Sequence[tuple[str, Data]]) -> Data:
    """Merge (source, data) in order of arrival into the data of one paper; one source is returned unchanged."""
    if len(sources) == 1:
        return sources[0][1]
    out: Data = {}
    for _, data in _by_rank(sources, _TEXT_ORDER):
        out = data | out
    for keys, order in ((_VENUE_FIELDS, _VENUE_ORDER), (("citations",), _CITATION_ORDER)):
        by_rank = _by_rank(sources, order)
        if keys is _VENUE_FIELDS:
            by_rank.sort(key=_lacks_venue)
        for key in keys:
            for _, data in by_rank:
                if key in data:
                    out[key] = data[key]
                    break
    for key in _NESTED:
        combined: Data = {}
        for _, data in _by_rank(sources, _TEXT_ORDER):
            combined = data.get(key, {}) | combined
        if combined:
            out[key] = combined
    _complete_authors(out, [data for _, data in _by_rank(sources, _TEXT_ORDER)])
    if "urls" in out:
        out["urls"] = list(dict.fromkeys(url for _, data in sources for url in data.get("urls", ())))
    return out


def _lacks_venue(entry: tuple[str, Data]) -> bool:
    """Whether a source names no venue, or only the preprint."""
    data = entry[1]
    return "venue" not in data or data.get("kind") == "preprint"


def _complete_authors(out: Data, by_rank: Sequence[Data]) -> None:
    """Replace an author list that ends in `and others` by the complete list of another source."""
    if not _is_cut(out):
        return
    longest = max((len(data.get("authors", ())) for data in by_rank if _is_cut(data)), default=0)
    complete = next(
        (d["authors"] for d in by_rank if not _is_cut(d) and len(d.get("authors", ())) >= max(1, longest)), None
    )
    if complete:
        out["authors"] = complete
        out["extra"] = {key: value for key, value in out["extra"].items() if key != _ET_AL}
        if not out["extra"]:
            del out["extra"]


def _is_cut(data: Data) -> bool:
    return bool(data.get("extra", {}).get(_ET_AL))


def _by_rank(sources: Sequence[tuple[str, Data]], order: tuple[str, ...]) -> list[tuple[str, Data]]:
    def rank(entry: tuple[str, Data]) -> int:
        name = entry[0].partition(":")[0]
        return order.index(name) if name in order else len(order)

    return sorted(sources, key=rank)
