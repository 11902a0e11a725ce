"""Word embeddings: the guidelines about domain, model and stopping, and the weighted mean, on the tldr queries."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet.encoders.contract import Encoder
from broadsheet_lab.bench.report import Claimed, ratio_interval, reciprocal
from broadsheet_lab.bench.study import Study
from broadsheet_lab.encoders.lsa import LSA
from broadsheet_lab.encoders.word_embeddings import WordEmbeddings

__all__ = ["claims", "glove_of", "skip_gram_of"]

Floats = NDArray[np.float64]

_DATASET = "papers.parquet, sample of 12,000, tldr queries, test half"
_LEARNING = {"iclr", "nips", "icml"}  # the field of the queries, all of ICLR
_ROBOTS = {"icra", "iros", "corl", "rss"}
_EPOCHS = 10
_LONG = 40
_GLOVE_EPOCHS = 20
_GLOVE_RATE = 0.2
_HELD_OUT = 20  # one text of so many is kept for the loss


class _Search:
    """Reciprocal ranks of the tldr queries by cosine, ties counted against the wanted paper."""

    def __init__(self, study: Study) -> None:
        self.texts = study.texts
        self.queries = study.tldr
        self.wanted = np.array([rows[0] for rows in self.queries.wanted])

    def inverse(self, encoder: Encoder) -> Floats:
        scores = encoder.encode(self.queries.texts) @ encoder.encode(self.texts).T
        own = scores[np.arange(len(scores)), self.wanted]
        return reciprocal((scores >= own[:, None]).sum(axis=1).tolist())

    def test(self, encoder: Encoder) -> Floats:
        return self.inverse(encoder)[~self.queries.dev]


def _ratio(metric: str, over: Floats, under: Floats, name: str, **detail: object) -> Claimed:
    return Claimed(
        _DATASET,
        metric,
        float(over.mean() / under.mean()),
        interval=ratio_interval(over, under),
        baseline={f"MRR@10, {name}": float(under.mean())},
        detail={"MRR@10": round(float(over.mean()), 4), "queries": len(over), **detail},
    )


class _Watched:
    """Skip-gram on a few texts, long enough to overfit: what each epoch finds, and loses on those held out."""

    def __init__(self, search: _Search, texts: Sequence[str]) -> None:
        held = [t for i, t in enumerate(texts) if i % _HELD_OUT == 0]
        self.found: list[Floats] = []
        self.losses: list[float] = []

        def task(encoder: WordEmbeddings) -> float:
            self.found.append(search.inverse(encoder))
            self.losses.append(encoder.loss(held))
            return float(self.found[-1][search.queries.dev].mean())

        learned = [t for i, t in enumerate(texts) if i % _HELD_OUT]
        self.encoder = WordEmbeddings(epochs=_LONG).fit(learned, task=task, patience=_LONG)

    def stopping(self, dev: NDArray[np.bool_]) -> Claimed:
        by_task, by_loss = self.encoder.epochs_ - 1, int(np.argmin(self.losses))
        return _ratio(
            "MRR@10, stopped by the task's dev half over stopped by the loss on held-out texts (ratio)",
            self.found[by_task][~dev],
            self.found[by_loss][~dev],
            "stopped by the loss",
            epochs={"by the task": by_task + 1, "by the loss": by_loss + 1},
            losses=[round(loss, 4) for loss in self.losses],
            dev=[round(float(inverse[dev].mean()), 4) for inverse in self.found],
        )


def _corpora(study: Study, search: _Search) -> tuple[list[str], list[str]]:
    """(papers of the queries' field, twice as many of robotics); none that a test query asks for."""
    asked = set(search.wanted[~search.queries.dev].tolist())
    venues = study.table["venue"]
    near = [study.texts[i] for i, venue in enumerate(venues) if venue in _LEARNING and i not in asked]
    far = [study.texts[i] for i, venue in enumerate(venues) if venue in _ROBOTS]
    near = near[: len(far) // 2]
    return near, far[: 2 * len(near)]


def _domains(near: Sequence[str], far: Sequence[str], search: _Search) -> Claimed:
    one, other = (search.test(WordEmbeddings(epochs=2 * _EPOCHS).fit(corpus)) for corpus in (near, far))
    return _ratio(
        "MRR@10, learned on papers of the queries' field over twice as many of another field (ratio)",
        one,
        other,
        "learned on robotics",
        papers={"of the field": len(near), "of another": len(far)},
    )


def skip_gram_of(texts: Sequence[str]) -> WordEmbeddings:
    """Skip-gram on the texts, with the settings that are measured."""
    return WordEmbeddings(epochs=_EPOCHS).fit(texts)


def glove_of(texts: Sequence[str]) -> WordEmbeddings:
    """GloVe on the texts, with the settings that are measured."""
    return WordEmbeddings(model="glove", epochs=_GLOVE_EPOCHS, rate=_GLOVE_RATE).fit(texts)


def claims(study: Study) -> list[Claimed]:
    """Skip-gram, GloVe and plain means on one search; two corpora and two ways to stop."""
    search = _Search(study)
    near, far = _corpora(study, search)
    skip_gram, glove = skip_gram_of(study.texts), glove_of(study.texts)
    weighted = search.test(skip_gram)
    skip_gram.weights_ = np.ones_like(skip_gram.weights_)
    skip_gram.common_ = np.zeros_like(skip_gram.common_)
    plain = search.test(skip_gram)
    lsa = {d: float(search.test(LSA(dimensions=d).fit(study.texts)).mean()) for d in (skip_gram.dimensions, 256)}
    same = {f"MRR@10 of LSA, {d} dimensions": round(value, 4) for d, value in lsa.items()}
    return [
        _domains(near, far, search),
        _ratio(
            "MRR@10, skip-gram over GloVe (ratio)",
            weighted,
            search.test(glove),
            "GloVe",
            epochs={"skip-gram": skip_gram.epochs_, "GloVe": glove.epochs_},
            **same,
        ),
        _Watched(search, near).stopping(search.queries.dev),
        _ratio("MRR@10, weighted mean of words over the plain mean (ratio)", weighted, plain, "plain mean"),
    ]
