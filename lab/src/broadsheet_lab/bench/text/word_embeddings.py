"""Word embeddings: the guidelines about domain and model on the tldr queries, and papers' fields told by a network.

Rates are chosen on the dev half; everything is learned with three seeds. The field of a paper is that of its venue.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.encoders.contract import Encoder
from broadsheet.kit.bag_of_words import bag, find_sorted
from broadsheet.kit.text import tokenize
from broadsheet_lab.bench._cached import cached
from broadsheet_lab.bench.report import Claimed, reciprocal
from broadsheet_lab.bench.study import Study
from broadsheet_lab.encoders import _recurrent_documents, _window_kernels, _word_kernels, word_embeddings
from broadsheet_lab.encoders.lsa import LSA
from broadsheet_lab.encoders.word_embeddings import CARD, Model, RecurrentDocuments, WordEmbeddings

__all__ = ["claims", "glove_of", "skip_gram_of"]

Floats = NDArray[np.float64]
SEEDS = (0, 1, 2)
DIMENSIONS = 50
CORPUS = 1_200  # papers that the models are compared on, those of the queries among them
RATES: dict[Model, tuple[float, ...]] = {  # to choose from
    "skip-gram": (0.1, 0.2),
    "cbow": (0.2, 0.4, 0.8),
    "order": (0.1, 0.2),
    "lbl": (0.05, 0.1),
    "glove": (0.1, 0.2),
}
EPOCHS = 15
STEPS, TOKENS = 150, 64  # of the network
_SOURCES = (_word_kernels, _window_kernels, word_embeddings)
_LEARNING = {"iclr", "nips", "icml"}  # the field of the queries, all of ICLR
_ROBOTS = {"icra", "iros", "corl", "rss"}
FIELDS = {
    "learning": _LEARNING | {"aistats", "colt", "uai", "acml", "alt"},
    "robots": _ROBOTS,
    "vision": {"cvpr", "iccv", "eccv", "wacv", "3dv"},
    "language": {"acl", "naacl", "coling", "colm"},
    "web": {"www"},
}
READ = 100  # words of a text that MiniLM reads
TOLD = (2_000, 1_000)  # papers of the dev half that are learned from, and of the test half that are told


class _Search:
    """Reciprocal ranks of the tldr queries by cosine among all papers, ties counted against the wanted one."""

    def __init__(self, study: Study) -> None:
        self.texts = study.texts
        self.queries = study.tldr
        self.wanted = np.array([rows[0] for rows in self.queries.wanted])

    def inverse(self, encoder: Encoder) -> Floats:
        scores = encoder.encode(self.queries.texts) @ encoder.encode(self.texts).T
        own = scores[np.arange(len(scores)), self.wanted]
        return reciprocal((scores >= own[:, None]).sum(axis=1).tolist())


def _found(search: _Search, name: str, texts: Sequence[str], **choices: Any) -> Floats:
    """The reciprocal ranks of all queries by an encoder learned on the texts; cached."""

    def make(_: Path) -> dict[str, Floats]:
        try:
            return {"inverse": search.inverse(WordEmbeddings(dimensions=DIMENSIONS, **choices).fit(texts))}
        except ValueError:  # it did not converge
            return {"inverse": np.zeros(len(search.wanted))}

    how = (name, len(texts), DIMENSIONS, sorted(choices.items()))
    return np.asarray(cached("word-embeddings", how, _SOURCES, make)["inverse"], np.float64)


def _over_seeds(search: _Search, name: str, texts: Sequence[str], **choices: Any) -> Floats:
    """Of the test half, (seeds, q)."""
    test = ~search.queries.dev
    return np.stack([_found(search, name, texts, **choices, seed=seed)[test] for seed in SEEDS])


def _rate(search: _Search, texts: Sequence[str], model: Model) -> float:
    """The rate that serves the dev half best, with one seed."""
    dev = search.queries.dev
    choices: dict[str, Any] = {"model": model, "epochs": EPOCHS, "window": _window(model), "seed": 0}
    return max(RATES[model], key=lambda rate: _found(search, "corpus", texts, **choices, rate=rate)[dev].mean())


def _window(model: Model) -> int:
    """Models that know places have a matrix, or part of a vector, for each of them."""
    return 2 if model in ("order", "lbl") else 5


def _corpora(study: Study, search: _Search) -> tuple[list[str], list[str]]:
    """(papers of the queries' field, twice as many of robotics); none that a test query asks for."""
    asked = set(search.wanted[~search.queries.dev].tolist())
    venues = study.table["venue"]
    near = [study.texts[i] for i, venue in enumerate(venues) if venue in _LEARNING and i not in asked]
    far = [study.texts[i] for i, venue in enumerate(venues) if venue in _ROBOTS]
    near = near[: len(far) // 2]
    return near, far[: 2 * len(near)]


def _domains(study: Study, search: _Search) -> Claimed:
    near, far = _corpora(study, search)
    one, other = (
        _over_seeds(search, name, texts, epochs=EPOCHS // 2) for name, texts in (("near", near), ("far", far))
    )
    lsa = search.inverse(LSA(dimensions=DIMENSIONS).fit(near))[~search.queries.dev].mean()
    return Claimed.ratio(
        CARD.claims[0].dataset,
        CARD.claims[0].metric,
        ("learned on the field", one),
        ("learned on robotics", other),
        rival=("LSA of as many dimensions, learned on the field", float(lsa / other.mean())),
        detail={"papers": {"of the field": len(near), "of another": len(far)}},
    )


def _models(study: Study, search: _Search) -> Claimed:
    wanted = set(search.wanted.tolist())
    rows = [*sorted(wanted), *(i for i in range(len(study.texts)) if i not in wanted)][:CORPUS]
    texts, dev = [study.texts[i] for i in sorted(rows)], search.queries.dev
    rates = {model: _rate(search, texts, model) for model in RATES}
    found: dict[str, Floats] = {
        model: _over_seeds(search, "corpus", texts, model=model, epochs=EPOCHS, window=_window(model), rate=rate)
        for model, rate in rates.items()
    }
    on_dev = {
        model: _found(
            search, "corpus", texts, model=model, epochs=EPOCHS, window=_window(model), rate=rates[model], seed=0
        )[dev].mean()
        for model in RATES
    }
    best = max((m for m in RATES if m != "skip-gram"), key=lambda m: on_dev[m])
    lsa = search.inverse(LSA(dimensions=DIMENSIONS).fit(texts))[~dev].mean()
    return Claimed.ratio(
        CARD.claims[1].dataset,
        CARD.claims[1].metric,
        ("skip-gram", found["skip-gram"]),
        (best, found[best]),
        rival=("LSA of as many dimensions", float(lsa / found[best].mean())),
        detail={
            "MRR@10": {model: round(float(one.mean()), 4) for model, one in found.items()},
            "rates": rates,
            "papers learned from": CORPUS,
        },
    )


class _Fields:
    """Papers to learn from and to tell the field of, with their fields."""

    def __init__(self, study: Study) -> None:
        field = {venue: name for name, venues in FIELDS.items() for venue in venues}
        named = np.array([field.get(venue, "") for venue in study.table["venue"]])
        some = np.random.default_rng(0).permutation(np.flatnonzero(named != ""))
        self.learned, self.told = (
            some[half[some]][:count] for half, count in zip((study.dev, ~study.dev), TOLD, strict=True)
        )
        self.named = named
        self.study = study

    def texts(self, rows: NDArray[np.int64]) -> list[str]:
        return [self.study.texts[i] for i in rows]

    def by_network(self, seed: int, *, begun: bool) -> Floats:
        """1 where the network tells the field, begun with skip-gram's vectors or at random; cached."""

        def make(checkpoint: Path) -> dict[str, Any]:
            words = WordEmbeddings(dimensions=DIMENSIONS, seed=seed).fit(self.texts(self.learned))
            of_mean = [words.encode(self.texts(rows)) for rows in (self.learned, self.told)]
            if not begun:
                words.vectors_ = np.random.default_rng(seed).standard_normal(words.vectors_.shape).astype(np.float32)
            network = RecurrentDocuments(words, steps=STEPS, tokens=TOKENS, seed=seed)
            network.fit(self.texts(self.learned), self.named[self.learned].tolist(), kept=checkpoint)
            labels = np.array(network.labels_)[network.scores(self.texts(self.told)).argmax(axis=1)]
            right = (labels == self.named[self.told]).astype(np.float64)
            minutes = network.course_.seconds / 60
            return {"right": right, "mean": self.by_regression(*of_mean), "minutes": minutes}

        sources = (*_SOURCES, _recurrent_documents)
        found = cached(
            "recurrent-documents", (seed, begun, DIMENSIONS, TOLD, STEPS, TOKENS, sorted(FIELDS)), sources, make
        )
        self.minutes = float(found["minutes"])
        self.of_mean = found["mean"]
        return np.asarray(found["right"], np.float64)

    def by_regression(self, learned: Any, told: Any) -> Floats:
        """1 where logistic regression on given features tells the field; how strong, by a fifth of those learned."""
        from sklearn.linear_model import LogisticRegression

        y, cut = self.named[self.learned], len(self.learned) // 5
        strengths = (1.0, 10.0, 100.0)
        fits = [LogisticRegression(C=c, max_iter=300).fit(learned[cut:], y[cut:]) for c in strengths]
        best = strengths[int(np.argmax([fit.score(learned[:cut], y[:cut]) for fit in fits]))]
        found = LogisticRegression(C=best, max_iter=300).fit(learned, y).predict(told)
        return np.asarray(found == self.named[self.told], np.float64)

    def words(self) -> tuple[Any, Any]:
        """The words of papers by tf-idf, rows of unit length."""
        from scipy.sparse import csr_matrix, diags

        bags = bag(tokenize(self.texts(self.learned)))
        frequency = bags.document_frequency()
        often = bags.terms[frequency >= 5]
        idf = np.log(len(bags) / frequency[frequency >= 5])
        found = []
        for rows in (self.learned, self.told):
            own = bag(tokenize(self.texts(rows)))
            at = find_sorted(often, own.terms)
            whole = csr_matrix((np.log1p(own.counts), own.columns, own.indptr), (len(own), len(own.terms)))
            kept = csr_matrix((np.ones((at >= 0).sum()), (np.flatnonzero(at >= 0), at[at >= 0])), (len(at), len(often)))
            x = whole @ kept @ diags(idf)
            norms = np.sqrt(np.asarray(x.multiply(x).sum(axis=1)).ravel())
            found.append((diags(1 / np.maximum(norms, 1e-12)) @ x).tocsr())
        return found[0], found[1]


def _documents(study: Study) -> list[Claimed]:
    fields = _Fields(study)
    study.tell("telling the fields of papers")
    network, random, mean = [], [], []
    for seed in SEEDS:
        network.append(fields.by_network(seed, begun=True))
        mean.append(fields.of_mean)
        random.append(fields.by_network(seed, begun=False))
    of_words = fields.by_regression(*fields.words())
    shortened = [[" ".join(t.split()[:READ]) for t in fields.texts(rows)] for rows in (fields.learned, fields.told)]
    minilm = fields.by_regression(*(study.encode(part) for part in shortened))
    mine, best = ("recurrent network", np.stack(network)), float(minilm.mean())
    detail = {
        "accuracy, logistic regression on MiniLM": round(best, 4),
        "accuracy, the commonest field": round(
            float(np.unique(fields.named[fields.told], return_counts=True)[1].max() / len(minilm)), 4
        ),
        "papers learned from": len(fields.learned),
        "minutes of a training": round(fields.minutes, 1),
    }

    def over(claim: int, name: str, values: Floats, **more: Any) -> Claimed:
        rival = ("logistic regression on MiniLM", best / float(values.mean()))
        return Claimed.ratio(
            CARD.claims[claim].dataset, CARD.claims[claim].metric, mine, (name, values), rival=rival, **more
        )

    return [
        over(2, "mean of the same words", np.stack(mean), detail=detail),
        over(3, "tf-idf of words", of_words),
        over(4, "begun at random", np.stack(random)),
    ]


def skip_gram_of(texts: Sequence[str]) -> WordEmbeddings:
    """Skip-gram on the texts, with the settings that are measured."""
    return WordEmbeddings(epochs=10).fit(texts)


def glove_of(texts: Sequence[str]) -> WordEmbeddings:
    """GloVe on the texts, with the settings that are measured."""
    return WordEmbeddings(model="glove", epochs=20, rate=0.2).fit(texts)


def claims(study: Study) -> list[Claimed]:
    """Two corpora, five models, and a network that reads documents."""
    search = _Search(study)
    study.tell("learning word embeddings")
    return [_domains(study, search), _models(study, search), *_documents(study)]
