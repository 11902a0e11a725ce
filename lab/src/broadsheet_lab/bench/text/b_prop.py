"""B-PROP beside PROP, both pre-trained on as many word sets of the same papers, in the same way."""

from __future__ import annotations

from broadsheet_lab.bench.report import Claimed
from broadsheet_lab.bench.study import Study
from broadsheet_lab.bench.text._library import opened
from broadsheet_lab.bench.text._pretraining import ASKED, LABELS, SETS, Pretraining
from broadsheet_lab.encoders.b_prop import BPROP
from broadsheet_lab.encoders.prop import PROP

__all__ = ["claims"]


def claims(study: Study) -> list[Claimed]:
    """The share of pairs in order, and B-PROP's MRR@10 over PROP's without labels and with some."""
    found = Pretraining(opened(study.tell))
    ordered, present = found.ordered_by(BPROP)
    orders = {"BM25's own order": float(found.by_words.mean()), "MiniLM's cosine": float(found.by_cosine.mean())}
    strongest = max(orders, key=lambda order: orders[order])

    def over_prop(when: str, figure: str) -> Claimed:
        under = found.every(PROP, figure)
        return Claimed.ratio(
            ASKED,
            f"MRR@10, the first 10 of BM25 reranked {when}, B-PROP over PROP (ratio)",
            ("B-PROP", found.every(BPROP, figure)),
            ("PROP", under),
            rival=(strongest, orders[strongest] / float(under.mean())),
            detail={"seconds of pre-training": {"B-PROP": found.seconds(BPROP), "PROP": found.seconds(PROP)}},
        )

    return [
        Claimed.mean(
            SETS,
            "pairs of word sets ordered as their contrastive scores (share)",
            ordered,
            rival=("how many of the words are in the text", float(present.mean())),
            detail={"pairs": found.pairs(BPROP)},
        ),
        over_prop("without labels", "bare"),
        over_prop(f"after {LABELS} labels", "tuned"),
    ]
