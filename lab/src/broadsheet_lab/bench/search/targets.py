"""What the product's search is meant to reach, set against what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from broadsheet_lab.bench.report import Number
from broadsheet_lab.bench.search.classic import NAMES as OTHER_FIELDS
from broadsheet_lab.bench.search.needs import KINDS
from broadsheet_lab.bench.search.product import DEFAULT, label

__all__ = ["numbers"]

_PRECISE = label("precise")
_REACHED = {  # kind: MRR@10 and recall@10 of the default search
    "short": (0.70, 0.88),
    "need": (0.83, 0.95),
    "recall": (0.93, 0.98),
    "tldr": (0.91, 0.96),
    "title": (0.88, 0.955),
}
_SLIP, _LENGTHS = 0.05, 0.01  # what a slip of typing, and papers of mixed lengths, may cost in MRR@10
_OVER_WORDS = 1.1  # nDCG@10 over bm25s in other fields
_PRECISE_GAIN = 0.02
_SIMILAR = 1.3  # nDCG@10 over the mean of MiniLM's vectors
_TIMES_BM25S = 15.0  # the median of a page over that of bm25s


def numbers(sets: Mapping[str, Any]) -> Iterator[Number]:
    """One figure a target whose systems were measured."""
    found = {name: one["systems"] for name, one in sets.items()}
    for kind, (mrr, recall) in _REACHED.items():
        if row := found.get(kind, {}).get(DEFAULT):
            yield Number(f"{DEFAULT}, {kind} queries, mrr@10", row["mrr@10"], "", mrr, at_most=False)
            yield Number(f"{DEFAULT}, {kind} queries, recall@10", row["recall@10"], "", recall, at_most=False)
    yield from _costs(found)
    yield from _ratios(found)
    for kind, one in sets.items():
        metric, systems = one["objective"], one["systems"]
        if DEFAULT in systems and _PRECISE in systems:
            gain = systems[_PRECISE][metric] - systems[DEFAULT][metric]
            yield Number(f"{_PRECISE}, {kind} queries, gain in {metric}", gain, "", _PRECISE_GAIN, at_most=False)


def _costs(found: Mapping[str, Any]) -> Iterator[Number]:
    for kind in KINDS:
        for variant, what, limit in (("slips", "one slip of typing", _SLIP), ("mixed", "mixed lengths", _LENGTHS)):
            even, other = (found.get(name, {}).get(DEFAULT) for name in (kind, f"{kind}-{variant}"))
            if even and other:
                yield Number(f"{kind} queries, cost of {what} in mrr@10", even["mrr@10"] - other["mrr@10"], "", limit)


def _ratios(found: Mapping[str, Any]) -> Iterator[Number]:
    for field in OTHER_FIELDS:
        systems = found.get(field, {})
        for peer, least in (("bm25s", _OVER_WORDS), ("bm25s + minilm", 1.0)):
            if DEFAULT in systems and peer in systems:
                ratio = systems[DEFAULT]["ndcg@10"] / systems[peer]["ndcg@10"]
                yield Number(f"{DEFAULT}, {field} queries, ndcg@10 over {peer}", ratio, "", least, at_most=False)
    similar = found.get("similar", {})
    if "broadsheet similar" in similar and "minilm mean" in similar:
        ratio = similar["broadsheet similar"]["ndcg@10"] / similar["minilm mean"]["ndcg@10"]
        yield Number("similar papers, ndcg@10 over the mean of MiniLM's vectors", ratio, "", _SIMILAR, at_most=False)
    tldr = found.get("tldr", {})
    if DEFAULT in tldr and "bm25s" in tldr:
        times = tldr[DEFAULT]["median_ms"] / tldr["bm25s"]["median_ms"]
        yield Number(f"{DEFAULT}, tldr queries, median time over bm25s", times, "×", _TIMES_BM25S)
