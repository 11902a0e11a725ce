"""The claims of the methods on vectors: LSA, the static encoder, the scan of their codes, the fusion with words."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.encoders.contract import Encoder
from broadsheet.kit.hits import top_k
from broadsheet.kit.select import top_k_masked
from broadsheet.kit.threads import one_thread
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.retrieval.convex_fusion import ConvexFusion
from broadsheet_lab.bench import peers
from broadsheet_lab.bench.corpus import Corpus
from broadsheet_lab.bench.halves import PAPERS, TLDR, Halves, Rows, places, rounded
from broadsheet_lab.bench.lexical import Lexical
from broadsheet_lab.bench.readers import Readers
from broadsheet_lab.bench.report import Claimed
from broadsheet_lab.encoders.lsa import LSA

__all__ = ["Latent", "convex_fusion", "lsa", "scan", "static"]

POOL = 200  # candidates from each side before fusion, as the product takes them
_PARTS = 20  # that abstracts are encoded in
RECIPROCAL = 60  # of reciprocal-rank fusion


def _nearest(vectors: NDArray[np.float32], queries: NDArray[np.float32], k: int) -> list[Rows]:
    """The k rows with the greatest inner product for every query, exactly."""
    every = np.arange(len(vectors), dtype=np.int64)
    parts = (vectors @ queries[i : i + 64].T for i in range(0, len(queries), 64))
    return [top_k(every, np.ascontiguousarray(scores), k).ids for part in parts for scores in part.T]


@dataclass(frozen=True)
class Latent:
    """LSA fitted on the texts, and how it ranks."""

    corpus: Corpus

    @cached_property
    def encoder(self) -> LSA:
        """Fitted on a sample of the texts."""
        self.corpus.tell("fitting LSA")
        return LSA().fit(self.corpus.texts)

    @cached_property
    def vectors(self) -> NDArray[np.float32]:
        """Of the papers, (n, d)."""
        return self.encoded(self.encoder)

    @cached_property
    def shipped(self) -> Halves:
        """The ranking by the cosine of the encoder that ships."""
        return ranked_by(self.corpus, self.corpus.vectors, self.corpus.query_vectors)

    @cached_property
    def halves(self) -> Halves:
        """The ranking by cosine alone."""
        return ranked_by(self.corpus, self.vectors, self.encoder.encode(self.corpus.known.queries))

    def encoded(self, encoder: Encoder) -> NDArray[np.float32]:
        """The papers by any encoder, (n, d)."""
        texts = self.corpus.texts
        return np.concatenate([encoder.encode(texts[i : i + 5000]) for i in range(0, len(texts), 5000)])

    def by_chance(self) -> LSA:
        """The same weighted terms projected at random instead of by what was learned."""
        learned = self.encoder.to_arrays()
        drawn = np.random.default_rng(0).standard_normal(learned["components"].shape).astype(np.float32)
        return LSA.from_arrays({**learned, "components": drawn})


def ranked_by(corpus: Corpus, vectors: NDArray[np.float32], queries: NDArray[np.float32]) -> Halves:
    """The ranking of the papers (n, d) by cosine alone."""
    return Halves.of(corpus.known, places(_nearest(vectors, queries, peers.DEPTH), corpus.wanted))


def by_cosine_alone(found: Halves, baseline: Mapping[str, Halves]) -> Claimed:
    """MRR@10 of a ranking by vectors, with others beside it."""
    beside = {name: float(other.test.mean()) for name, other in baseline.items()}
    return Claimed.mean(
        TLDR,
        "MRR@10 by cosine alone",
        found.test,
        baseline=beside,
        rival=max(beside.items(), key=lambda other: other[1]),
        detail={"value on the dev half": rounded(found.inverse[found.dev].mean())},
    )


def lsa(corpus: Corpus, lexical: Lexical, readers: Readers, latent: Latent) -> list[Claimed]:
    """The vectors alone, against as many directions that were not learned."""
    found = latent.halves
    corpus.tell("projecting at random")
    projection = latent.by_chance()
    drawn = latent.encoded(projection)
    chance = ranked_by(corpus, drawn, projection.encode(corpus.known.queries))
    name = "random projection to as many dimensions"
    shipped, bm25 = ("the encoder that ships", latent.shipped), Halves.of(corpus.known, lexical.mine.ranks)
    alone = by_cosine_alone(found, {name: chance, "BM25": bm25, shipped[0]: shipped[1]})
    sides = (latent.vectors, drawn, corpus.vectors)
    liked, by_chance, by_shipped = (readers.mean_vector_recalls(vectors) for vectors in sides)
    metric = f"recall@100 of later papers by the mean vector, over a {name} (ratio)"
    return [
        alone,
        found.over(chance, f"MRR@10 over a {name} (ratio)", name, shipped),
        liked.over(by_chance, metric, name, rival=(shipped[0], by_shipped)),
    ]


def static(corpus: Corpus, lexical: Lexical, latent: Latent) -> list[Claimed]:
    """The encoder that ships: its vectors alone, whole and cut, and how fast it reads."""
    encoder, few = corpus.view.encoder, 64
    whole, fitted = latent.shipped, ("LSA of 256, fitted on the papers", latent.halves)
    cut = encoder.truncate(few)
    shorter = ranked_by(corpus, latent.encoded(cut), cut.encode(corpus.known.queries))
    beside = {fitted[0]: fitted[1], "BM25": Halves.of(corpus.known, lexical.mine.ranks)}
    abstracts = [d.abstract or d.summary for d in corpus.documents[:20_000]]
    with one_thread():
        encoder.encode(abstracts[:10])
        parts = [abstracts[i::_PARTS] for i in range(_PARTS)]
        speeds = 1000 * np.array([len(part) for part in parts]) / _milliseconds(encoder.encode, parts)
        wait = _milliseconds(lambda text: encoder.encode([text]), corpus.known.queries)
    size = sum(array.nbytes for array in encoder.to_arrays().values())
    return [
        by_cosine_alone(whole, beside),
        shorter.over(whole, f"MRR@10, {few} of {encoder.dimensions} dimensions (ratio)", "all dimensions", fitted),
        Claimed.mean(PAPERS, "abstracts encoded a second on one core", speeds, statistic=np.median),
        Claimed.mean(
            f"{PAPERS}, tldr queries",
            "milliseconds a query on one core",
            wait,
            statistic=np.median,
            lower_is_better=True,
            detail={"bytes of the encoder": size},
        ),
    ]


def _milliseconds(search: Callable[[Any], object], queries: Iterable[Any]) -> NDArray[np.float64]:
    """Of a search for each of the queries, after one that does not count."""
    queries = list(queries)
    search(queries[0])
    times = []
    for query in queries:
        started = time.perf_counter()
        search(query)
        times.append(1000 * (time.perf_counter() - started))
    return np.array(times)


def _share(vectors: NDArray[np.float32], query: NDArray[np.float32], exact: Rows, found: Rows) -> float:
    """The share of the rows found that score no less than the last of the exact ones: a tie is no mistake."""
    least = float(vectors[exact[-1]] @ query) - 1e-6
    return float((vectors[found] @ query >= least).sum()) / len(exact)


def scan(corpus: Corpus) -> list[Claimed]:
    """What the codes lose of an exact search over floats, and how much faster they are."""
    view, k = corpus.view, min(100, len(corpus.view))
    queries = corpus.query_vectors[corpus.test]
    exact = _nearest(corpus.vectors, queries, k)
    found = [view.dense.search(query, k, view.alive).ids for query in queries]
    shares = np.array([_share(corpus.vectors, *one) for one in zip(queries, exact, found, strict=True)])
    mine = _milliseconds(lambda q: view.dense.search(q, k), queries)
    plain = _milliseconds(lambda q: np.argpartition(corpus.vectors @ q, len(corpus.vectors) - k)[-k:], queries)
    block = view.segments[0].codes
    kept = sum(a.nbytes for a in block.to_arrays().values()) / block.rows
    return [
        Claimed.mean(TLDR, "recall@100 against exact search", shares, rival=("exact search", 1.0)),
        Claimed.ratio(
            TLDR,
            "median latency, exact search in numpy over this index (ratio)",
            ("median ms, numpy", plain),
            ("median ms", mine),
            statistic=np.median,
            rival=("numpy", 1.0),
            detail={
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
    scores = view.inverted.scores(AnalyzedQuery.of(view, text).sparse)
    words = top_k_masked(scores, POOL, alive, floor=0.0).ids
    rows = np.union1d(words, view.dense.search(vector, POOL, alive).ids)
    lexical, semantic = scores[rows], view.dense.score(vector, rows)
    convex = top_k(rows, ConvexFusion().fuse(lexical, semantic), peers.DEPTH).ids
    by_rank = top_k(rows, _ranked(lexical) + _ranked(semantic), peers.DEPTH).ids
    return convex, by_rank, words[: peers.DEPTH]


def convex_fusion(corpus: Corpus) -> list[Claimed]:
    """The fused ranking against words alone and against fusing ranks, on the same candidates."""
    pairs = zip(corpus.known.queries, corpus.query_vectors, strict=True)
    lists = zip(*(_three_ways(corpus, text, vector) for text, vector in pairs), strict=True)
    convex, by_rank, words = (Halves.of(corpus.known, places(found, corpus.wanted)) for found in lists)
    ranks = "reciprocal-rank fusion, k = 60"
    return [
        convex.over(words, "MRR@10, fused over lexical alone (ratio)", "lexical alone", (ranks, by_rank)),
        convex.over(by_rank, "MRR@10, fused over reciprocal-rank fusion (ratio)", ranks, ("lexical alone", words)),
    ]
