"""The claims of the methods on vectors: LSA, the scan of their codes, and the fusion with words."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from broadsheet.bench import peers
from broadsheet.bench.corpus import Corpus
from broadsheet.bench.halves import TLDR, Halves, Rows, places, rounded
from broadsheet.bench.lexical import Lexical
from broadsheet.bench.readers import Readers
from broadsheet.bench.report import Claimed, interval
from broadsheet.encoders.lsa import LSA
from broadsheet.kit.hits import top_k
from broadsheet.kit.select import best
from broadsheet.pipeline.search import sparse_query
from broadsheet.retrieval.convex_fusion import ConvexFusion

__all__ = ["convex_fusion", "lsa", "scan"]

POOL = 200  # candidates from each side before fusion, as the product takes them
RECIPROCAL = 60  # of reciprocal-rank fusion


def _nearest(vectors: NDArray[np.float32], queries: NDArray[np.float32], k: int) -> list[Rows]:
    """The k rows with the greatest inner product for every query, exactly."""
    every = np.arange(len(vectors), dtype=np.int64)
    parts = (vectors @ queries[i : i + 64].T for i in range(0, len(queries), 64))
    return [top_k(every, np.ascontiguousarray(scores), k).ids for part in parts for scores in part.T]


def _random_projection(corpus: Corpus) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """The same weighted terms projected at random instead of by what was learned: papers (n, d), queries (q, d)."""
    learned = corpus.view.encoder.to_arrays()
    drawn = np.random.default_rng(0).standard_normal(learned["components"].shape).astype(np.float32)
    encoder = LSA.from_arrays({**learned, "components": drawn})
    texts = corpus.texts
    vectors = np.concatenate([encoder.encode(texts[i : i + 5000]) for i in range(0, len(texts), 5000)])
    return vectors, encoder.encode(corpus.known.queries)


def lsa(corpus: Corpus, lexical: Lexical, readers: Readers) -> list[Claimed]:
    """The vectors alone, against as many directions that were not learned."""
    found = Halves.of(corpus.known, places(_nearest(corpus.vectors, corpus.query_vectors, peers.DEPTH), corpus.wanted))
    corpus.tell("projecting at random")
    drawn, drawn_queries = _random_projection(corpus)
    chance = Halves.of(corpus.known, places(_nearest(drawn, drawn_queries, peers.DEPTH), corpus.wanted))
    name = "random projection to as many dimensions"
    alone = Claimed(
        TLDR,
        "MRR@10 by cosine alone",
        float(found.test.mean()),
        interval=interval(found.test),
        baseline={
            name: float(chance.test.mean()),
            "BM25": float(Halves.of(corpus.known, lexical.mine.ranks).test.mean()),
        },
        detail={"value on the dev half": rounded(found.inverse[found.dev].mean())},
    )
    liked, by_chance = (readers.mean_vector_recalls(vectors) for vectors in (corpus.vectors, drawn))
    metric = f"recall@100 of later papers by the mean vector, over a {name} (ratio)"
    return [alone, found.over(chance, f"MRR@10 over a {name} (ratio)", name), liked.over(by_chance, metric, name)]


def _milliseconds(search: Callable[[NDArray[np.float32]], object], queries: NDArray[np.float32]) -> float:
    search(queries[0])
    times = []
    for query in queries:
        started = time.perf_counter()
        search(query)
        times.append(1000 * (time.perf_counter() - started))
    return statistics.median(times)


def _share(vectors: NDArray[np.float32], query: NDArray[np.float32], exact: Rows, found: Rows) -> float:
    """The share of the rows found that score no less than the last of the exact ones: a tie is no mistake."""
    least = float(vectors[exact[-1]] @ query) - 1e-6
    return float((vectors[found] @ query >= least).sum()) / len(exact)


def scan(corpus: Corpus) -> list[Claimed]:
    """What the codes lose of an exact search over floats, and how much faster they are."""
    view, k = corpus.view, min(100, len(corpus.view))
    queries = corpus.query_vectors[corpus.test]
    exact = _nearest(corpus.vectors, queries, k)
    found = [view.scan.search(query, k, view.alive).ids for query in queries]
    shares = np.array([_share(corpus.vectors, *one) for one in zip(queries, exact, found, strict=True)])
    mine = _milliseconds(lambda q: view.scan.search(q, k), queries)
    plain = _milliseconds(lambda q: np.argpartition(corpus.vectors @ q, len(corpus.vectors) - k)[-k:], queries)
    block = view.segments[0].codes
    kept = sum(a.nbytes for a in (block.bits, block.codes, block.scales)) / block.rows
    return [
        Claimed(TLDR, "recall@100 against exact search", float(shares.mean()), interval=interval(shares)),
        Claimed(
            TLDR,
            "median latency, exact search in numpy over this index (ratio)",
            plain / mine,
            baseline={"numpy, median ms": plain},
            detail={
                "median ms": rounded(mine),
                "bytes a vector": rounded(kept),
                "as floats": corpus.vectors.shape[1] * 4,
            },
        ),
    ]


def _ranked(scores: NDArray[np.float32]) -> NDArray[np.float32]:
    """1 / (60 + rank) of every candidate."""
    ranks = np.empty(len(scores), np.float32)
    ranks[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1, dtype=np.float32)
    return np.asarray(1 / (RECIPROCAL + ranks), np.float32)


def _three_ways(corpus: Corpus, text: str, vector: NDArray[np.float32]) -> tuple[Rows, Rows, Rows]:
    """The candidates of one query by convex fusion, by reciprocal-rank fusion, and by words alone."""
    view, alive = corpus.view, corpus.view.alive
    scores = view.inverted.scores(sparse_query(view, text)[0])
    words = best(scores, POOL, alive, floor=0.0).ids
    rows = np.union1d(words, view.scan.search(vector, POOL, alive).ids)
    lexical, semantic = scores[rows], view.scan.score(vector, rows)
    convex = top_k(rows, ConvexFusion().fuse(lexical, semantic), peers.DEPTH).ids
    by_rank = top_k(rows, _ranked(lexical) + _ranked(semantic), peers.DEPTH).ids
    return convex, by_rank, words[: peers.DEPTH]


def convex_fusion(corpus: Corpus) -> list[Claimed]:
    """The fused ranking against words alone and against fusing ranks, on the same candidates."""
    pairs = zip(corpus.known.queries, corpus.query_vectors, strict=True)
    lists = zip(*(_three_ways(corpus, text, vector) for text, vector in pairs), strict=True)
    convex, by_rank, words = (Halves.of(corpus.known, places(found, corpus.wanted)) for found in lists)
    return [
        convex.over(words, "MRR@10, fused over lexical alone (ratio)", "lexical alone"),
        convex.over(by_rank, "MRR@10, fused over reciprocal-rank fusion (ratio)", "reciprocal-rank fusion, k = 60"),
    ]
