"""Systems that compare vectors, and fusions of them with words. Every comparison is exact: no index loses any of it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.hits import top_k
from broadsheet.kit.select import top_k_masked
from broadsheet.pipeline import pretrained
from broadsheet.retrieval.convex_fusion import ConvexFusion
from broadsheet_lab.bench.search.contract import DEPTH, Built, Search
from broadsheet_lab.bench.search.corpus import Corpus
from broadsheet_lab.bench.search.lexical import bm25, bm25s_bytes, bm25s_engine
from broadsheet_lab.bench.search.metrics import means, per_query
from broadsheet_lab.bench.search.query_set import QuerySet
from broadsheet_lab.bench.search.tuning import Setting, bm25s_scores
from broadsheet_lab.encoders.lsa import LSA
from broadsheet_lab.encoders.minilm import MiniLM

__all__ = [
    "bm25s_minilm",
    "encoded",
    "lsa",
    "minilm",
    "minilm_bm25",
    "nearest",
    "of_minilm",
    "of_static",
    "query_model",
    "static",
    "static_bm25",
    "torch_on_one_thread",
]

Floats = NDArray[np.float32]
Encode = Callable[[Sequence[str]], Floats]

POOL = 200  # candidates from each side before fusion, as the product takes them
WEIGHTS = tuple(round(0.1 * i, 1) for i in range(1, 10))  # of meaning against words
_BATCH = 5000


def nearest(vectors: Floats, encode: Encode) -> Search:
    """The papers whose vectors have the greatest inner products with that of the query."""

    def search(text: str, k: int) -> list[int]:
        vector = encode([text])[0]
        return [int(row) for row in top_k_masked(vectors @ vector, k).ids] if vector.any() else []

    return search


def encoded(encode: Encode, texts: Sequence[str]) -> Floats:
    """The vectors of any number of texts, (n, d)."""
    return np.concatenate([encode(texts[i : i + _BATCH]) for i in range(0, len(texts), _BATCH)])


def lsa(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """Latent semantic analysis fitted on the papers, 256 floats each."""
    started = time.perf_counter()
    encoder = LSA().fit(corpus.texts)
    vectors = encoded(encoder.encode, corpus.texts)
    return Built(nearest(vectors, encoder.encode), vectors.nbytes, time.perf_counter() - started)


def torch_on_one_thread() -> None:
    """Have torch use one thread from here on, as all others do; it keeps its own count."""
    import torch

    torch.set_num_threads(1)


@lru_cache(maxsize=1)
def query_model() -> MiniLM:
    """all-MiniLM-L6-v2 on one thread, for queries."""
    torch_on_one_thread()
    return MiniLM()


def of_minilm(corpus: Corpus) -> tuple[Floats, Encode, float]:
    """(vectors of the papers, encoder of queries, seconds all of it would take) by all-MiniLM-L6-v2."""
    return corpus.minilm, query_model().encode, corpus.minilm_seconds


def of_static(corpus: Corpus) -> tuple[Floats, Encode, float]:
    """(vectors of the papers, encoder of queries, seconds) by the encoder that ships with the package."""
    encode = pretrained.read_encoder(pretrained.ENCODER).encode
    started = time.perf_counter()
    vectors = encoded(encode, corpus.passages)
    return vectors, encode, time.perf_counter() - started


def minilm(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """all-MiniLM-L6-v2 alone, 384 floats a paper."""
    vectors, encode, seconds = of_minilm(corpus)
    return Built(nearest(vectors, encode), vectors.nbytes, seconds, notes=("build seconds from a sample",))


def static(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """The encoder that ships with the package alone, its vectors as floats."""
    vectors, encode, seconds = of_static(corpus)
    return Built(nearest(vectors, encode), vectors.nbytes, seconds)


def _candidates(corpus: Corpus, vectors: Floats, encode: Encode, text: str) -> tuple[NDArray[np.int64], Floats, Floats]:
    """(rows, what words say, what meaning says): the best of each side, each scored by both."""
    lexical = corpus.filled.lexical(text)
    vector = encode([text])[0]
    semantic = vectors @ vector
    found = top_k_masked(semantic, POOL).ids if vector.any() else np.empty(0, np.int64)
    rows = np.union1d(top_k_masked(lexical, POOL, floor=0.0).ids, found)
    return rows, lexical[rows], semantic[rows]


def fused(corpus: Corpus, dev: QuerySet, vectors: Floats, encode: Encode, seconds: float) -> Built:
    """Vectors and our BM25 by convex fusion, its weight chosen on the dev queries."""
    pools = [_candidates(corpus, vectors, encode, text) for text in dev.texts]
    reached = {}
    for weight in WEIGHTS:
        fusion = ConvexFusion(semantic=weight)
        found = [top_k(rows, fusion.fuse(words, meaning), DEPTH).ids.tolist() for rows, words, meaning in pools]
        reached[weight] = means(per_query(found, dev.relevant, [dev.objective]))[dev.objective]
    weight = max(reached, key=lambda w: reached[w])
    fusion = ConvexFusion(semantic=weight)

    def search(text: str, k: int) -> list[int]:
        rows, words, meaning = _candidates(corpus, vectors, encode, text)
        return [int(row) for row in top_k(rows, fusion.fuse(words, meaning), k).ids]

    other = bm25(corpus, dev)
    return Built(
        search,
        vectors.nbytes + other.index_bytes,
        seconds + other.build_s,
        {"weight of meaning": weight, f"{dev.objective} on dev": {str(w): v for w, v in reached.items()}},
    )


def _z_scores(scores: Floats) -> Floats:
    """Scores (n,) minus their mean, in standard deviations."""
    return np.asarray((scores - scores.mean()) / max(float(scores.std()), 1e-9), np.float32)


def bm25s_minilm(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """bm25s as it comes plus all-MiniLM-L6-v2, each over all papers as z-scores: what one would try first."""
    engine, words_seconds = bm25s_engine(corpus, Setting())
    vectors, encode, seconds = of_minilm(corpus)

    def search(text: str, k: int) -> list[int]:
        words, meaning = bm25s_scores(engine, text), vectors @ encode([text])[0]
        return [int(row) for row in top_k_masked(_z_scores(words) + _z_scores(meaning), k).ids]

    return Built(search, vectors.nbytes + bm25s_bytes(engine), words_seconds + seconds)


def minilm_bm25(corpus: Corpus, dev: QuerySet) -> Built:
    """all-MiniLM-L6-v2 and our BM25."""
    return fused(corpus, dev, *of_minilm(corpus))


def static_bm25(corpus: Corpus, dev: QuerySet) -> Built:
    """The encoder that ships with the package and our BM25."""
    return fused(corpus, dev, *of_static(corpus))
