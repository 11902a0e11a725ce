"""What the product's search is meant to reach, set against what was measured."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from broadsheet_lab.bench.report import Number
from broadsheet_lab.bench.search.product import DEFAULT, label

__all__ = ["numbers"]

_PRECISE = label("precise")
_TLDR = (
    # system, metric, unit, target, at most
    (DEFAULT, "mrr@10", "", 0.90, False),
    (DEFAULT, "recall@10", "", 0.955, False),
    (DEFAULT, "median_ms", "ms", 10.0, True),
    (_PRECISE, "mrr@10", "", 0.92, False),
    (_PRECISE, "median_ms", "ms", 60.0, True),
)
_MISSES = 0.85  # of BM25's


def numbers(sets: Mapping[str, Any]) -> Iterator[Number]:
    """One figure a target whose systems were measured."""
    tldr = sets.get("tldr", {}).get("systems", {})
    for name, metric, unit, target, at_most in _TLDR:
        if name in tldr:
            yield Number(f"{name}, tldr queries, {metric}", tldr[name][metric], unit, target, at_most)
    titles = sets.get("title", {}).get("systems", {})
    if DEFAULT in titles and titles.get("bm25", {}).get("recall@10", 1.0) < 1:
        ratio = (1 - titles[DEFAULT]["recall@10"]) / (1 - titles["bm25"]["recall@10"])
        yield Number(f"{DEFAULT}, title queries, misses@10 over BM25's", ratio, "", _MISSES)
