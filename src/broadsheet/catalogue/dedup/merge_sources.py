"""One paper out of what several sources say about it. Pure.

A source that speaks again overwrites its own fields, but never with nothing. Across sources each field comes from
the best source that has it; among equals the first to arrive wins. Year and kind come from a source that says where
the paper appeared, if one does: the year of a preprint is not that of the journal.
"""

from __future__ import annotations

from collections.abc import Sequence

from broadsheet.catalogue.paper_row import Data

__all__ = ["is_provider", "merge", "overlay"]

# By the part of a source's name before the colon, best first. What is in neither list (files) comes last.
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
    """Whether this source's ids are unique for good; a file's are not, another file may have the same name."""
    return source.partition(":")[0] in _PROVIDERS


def overlay(old: Data, new: Data) -> Data:
    """What a source says now: `new`, and what it said before and does not repeat."""
    out = old | new
    for key in _NESTED:
        if key in old and key in new:
            out[key] = old[key] | new[key]
    if "authors" in new and _is_cut(out) and not _is_cut(new) and len(new["authors"]) >= len(old.get("authors", ())):
        out["extra"] = {key: value for key, value in out["extra"].items() if key != _ET_AL}
    return {key: value for key, value in out.items() if value or key != "extra"}


def merge(sources: Sequence[tuple[str, Data]]) -> Data:
    """The paper that these (source, data) describe, in order of arrival. One source: its data as they are."""
    if len(sources) == 1:
        return sources[0][1]
    out: Data = {}
    for _, data in _ranked(sources, _TEXT_ORDER):
        out = data | out
    for keys, order in ((_VENUE_FIELDS, _VENUE_ORDER), (("citations",), _CITATION_ORDER)):
        ranked = _ranked(sources, order)
        if keys is _VENUE_FIELDS:
            ranked.sort(key=_is_unplaced)
        for key in keys:
            for _, data in ranked:
                if key in data:
                    out[key] = data[key]
                    break
    for key in _NESTED:
        together: Data = {}
        for _, data in _ranked(sources, _TEXT_ORDER):
            together = data.get(key, {}) | together
        if together:
            out[key] = together
    _complete_authors(out, [data for _, data in _ranked(sources, _TEXT_ORDER)])
    if "urls" in out:
        out["urls"] = list(dict.fromkeys(url for _, data in sources for url in data.get("urls", ())))
    return out


def _is_unplaced(entry: tuple[str, Data]) -> bool:
    """Whether a source does not say where the paper appeared: it knows the preprint at best."""
    data = entry[1]
    return "venue" not in data or data.get("kind") == "preprint"


def _complete_authors(out: Data, ranked: Sequence[Data]) -> None:
    """Where one source names the first authors `and others`, and another names all, take the others."""
    if not _is_cut(out):
        return
    longest = max((len(data.get("authors", ())) for data in ranked if _is_cut(data)), default=0)
    whole = next(
        (d["authors"] for d in ranked if not _is_cut(d) and len(d.get("authors", ())) >= max(1, longest)), None
    )
    if whole:
        out["authors"] = whole
        out["extra"] = {key: value for key, value in out["extra"].items() if key != _ET_AL}
        if not out["extra"]:
            del out["extra"]


def _is_cut(data: Data) -> bool:
    return bool(data.get("extra", {}).get(_ET_AL))


def _ranked(sources: Sequence[tuple[str, Data]], order: tuple[str, ...]) -> list[tuple[str, Data]]:
    def rank(entry: tuple[str, Data]) -> int:
        name = entry[0].partition(":")[0]
        return order.index(name) if name in order else len(order)

    return sorted(sources, key=rank)
