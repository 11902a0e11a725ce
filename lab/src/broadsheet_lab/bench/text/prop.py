"""PROP on frozen vectors: the order of word sets, and what it brings to queries."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.report import Claimed, interval
from broadsheet_lab.bench.study import Study
from broadsheet_lab.bench.text._pretraining import (
    KEYWORDS,
    NOT,
    PRETRAINED,
    SETS,
    TLDR,
    Base,
    Pretraining,
    Vectors,
    embeddings,
    sentences,
)
from broadsheet_lab.bench.text._ranks import ratio
from broadsheet_lab.encoders.prop import LanguageModel

__all__ = ["claims", "learned", "word_sets"]

PAIRS = 10  # of word sets a paper
SENTENCES = (1_000, 3)  # papers and pairs of each, where each set has to go through the transformer


def word_sets(base: Base, papers: NDArray[np.int64], pairs: int, seed: int) -> Vectors:
    """Of the papers, drawn from the language model of the dev papers."""
    study = base.study
    model = LanguageModel().fit([text for text, dev in zip(study.texts, study.dev, strict=True) if dev])
    found = model.pairs([study.texts[i] for i in papers], per_document=pairs, seed=seed)
    return Vectors.of(base, found, papers)


def learned(base: Base) -> Pretraining:
    """Pre-trained on word sets of the dev papers."""
    return Pretraining.on(base, word_sets(base, np.flatnonzero(base.study.dev), PAIRS, seed=0))


def claims(study: Study) -> list[Claimed]:
    """The share of pairs in order and the ratios of MRR@10."""
    base = embeddings(study)
    dev, test = np.flatnonzero(study.dev), np.flatnonzero(~study.dev)
    judged = word_sets(base, test[::6], 3, seed=1)
    found = learned(base)
    tuned = sentences(study)
    few = np.sort(np.random.default_rng(0).permutation(dev)[: SENTENCES[0]])
    over = Pretraining.on(tuned, word_sets(tuned, few, SENTENCES[1], seed=0))
    right = judged.ordered(found.ranker)
    return [
        Claimed(
            SETS,
            "pairs of word sets ordered as their likelihoods (share)",
            float(right.mean()),
            interval=interval(right),
            baseline={"cosine, not pre-trained": float(judged.ordered(None).mean())},
            detail={"pairs": len(right), "chosen on the dev half": found.chosen},
        ),
        ratio(KEYWORDS, "MRR@10 without labels, pre-trained over not (ratio)", *found.unlabelled(KEYWORDS)),
        ratio(
            KEYWORDS,
            "MRR@10 after 10 labels, pre-trained over not (ratio)",
            (PRETRAINED, found.labelled()),
            (NOT, base.tuned(base.identity)),
        ),
        ratio(TLDR, "MRR@10 without labels, pre-trained over not (ratio)", *found.unlabelled(TLDR)),
        ratio(
            KEYWORDS,
            "MRR@10 without labels, pre-trained over not, sentence vectors (ratio)",
            *over.unlabelled(KEYWORDS),
            {"chosen on the dev half": over.chosen},
        ),
    ]
