"""Systems that find papers like some liked ones: the peers of the product's own. A query is the ids of the liked."""

from __future__ import annotations

import time

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.mask import Mask
from broadsheet.kit.select import top_k_masked
from broadsheet_lab.bench.search.contract import Built, Search
from broadsheet_lab.bench.search.corpus import Corpus
from broadsheet_lab.bench.search.query_set import QuerySet

__all__ = ["minilm_mean", "nearest_to_mean", "svm"]

FEATURES, LEAST_PAPERS, LARGEST_SHARE = 20_000, 5, 0.1  # of the tf-idf features
COST = 0.01  # of the support vector machine, with classes weighed by their sizes


def _liked(corpus: Corpus, text: str) -> NDArray[np.int64]:
    return np.array([corpus.positions[number] for number in text.split(" ")], np.int64)


def _others(corpus: Corpus, liked: NDArray[np.int64]) -> Mask:
    flags = np.ones(len(corpus), np.bool_)
    flags[liked] = False
    return Mask.of(flags)


def svm(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """As arxiv-sanity-lite ranks: a linear support vector machine on tf-idf of words and pairs of words.

    It is fitted for every query, the liked papers against all others.
    """
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.svm import LinearSVC

    started = time.perf_counter()
    features = TfidfVectorizer(
        strip_accents="unicode",
        stop_words="english",
        token_pattern=r"(?u)\b[a-zA-Z_][a-zA-Z0-9_]+\b",
        ngram_range=(1, 2),
        max_features=FEATURES,
        min_df=min(LEAST_PAPERS, max(1, len(corpus) // 10)),
        max_df=LARGEST_SHARE if len(corpus) > 1000 else 1.0,
        sublinear_tf=True,
        dtype=np.float32,
    ).fit_transform(corpus.texts)  # (n, FEATURES)
    seconds = time.perf_counter() - started

    def search(text: str, k: int) -> list[int]:
        liked = _liked(corpus, text)
        labels = np.zeros(len(corpus), np.int64)
        labels[liked] = 1
        machine = LinearSVC(class_weight="balanced", C=COST, max_iter=10_000).fit(features, labels)
        scores = np.asarray(machine.decision_function(features), np.float32)
        return [int(row) for row in top_k_masked(scores, k, _others(corpus, liked)).ids]

    size = features.data.nbytes + features.indices.nbytes + features.indptr.nbytes
    return Built(search, size, seconds)


def nearest_to_mean(corpus: Corpus, vectors: NDArray[np.float32]) -> Search:
    """The papers nearest to the mean of the liked ones' vectors."""

    def search(text: str, k: int) -> list[int]:
        liked = _liked(corpus, text)
        scores = vectors @ np.asarray(vectors[liked]).mean(axis=0)
        return [int(row) for row in top_k_masked(scores, k, _others(corpus, liked)).ids]

    return search


def minilm_mean(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """The papers nearest to the mean of the liked ones' all-MiniLM-L6-v2 vectors."""
    search = nearest_to_mean(corpus, corpus.minilm)
    return Built(search, corpus.minilm.nbytes, corpus.minilm_seconds, notes=("build seconds from a sample",))
