"""PROP: the order of word sets, and reranking with few labels beside the same transformer not pre-trained."""

from __future__ import annotations

from broadsheet_lab.bench.report import Claimed
from broadsheet_lab.bench.study import Study
from broadsheet_lab.bench.text._library import opened
from broadsheet_lab.bench.text._pretraining import ASKED, LABELS, NOT, SETS, Pretraining
from broadsheet_lab.encoders.prop import PROP

__all__ = ["claims"]


def claims(study: Study) -> list[Claimed]:
    """The share of pairs in order, and the ratios of MRR@10."""
    found = Pretraining(opened(study.tell))
    mine, bare = (found.every(PROP, figure) for figure in ("tuned", "bare"))
    plain, cosine, words = found.every(None, "tuned"), found.by_cosine, found.by_words
    ordered, present = found.ordered_by(PROP)
    name = f"after {LABELS} labels, pre-trained"
    detail = {
        "MRR@10, no labels": {"pre-trained": round(float(bare.mean()), 4)},
        "seconds of pre-training": found.seconds(PROP),
    }
    orders = {"BM25's own order": float(words.mean()), "MiniLM's cosine": float(cosine.mean())}
    strongest = max(orders, key=lambda order: orders[order])
    return [
        Claimed.mean(
            SETS,
            "pairs of word sets ordered as their likelihoods (share)",
            ordered,
            rival=("how many of the words are in the text", float(present.mean())),
            detail={"pairs": found.pairs(PROP)},
        ),
        Claimed.ratio(
            ASKED,
            f"MRR@10, the first 10 of BM25 reranked after {LABELS} labels, pre-trained over not (ratio)",
            (name, mine),
            (NOT, plain),
            rival=(strongest, orders[strongest] / float(plain.mean())),
            detail=detail,
        ),
        Claimed.ratio(
            ASKED,
            f"MRR@10, the first 10 of BM25 reranked after {LABELS} labels over their order by MiniLM's cosine (ratio)",
            (name, mine),
            ("MiniLM's cosine", cosine),
            rival=(strongest, orders[strongest] / float(cosine.mean())),
            detail=detail,
        ),
    ]
