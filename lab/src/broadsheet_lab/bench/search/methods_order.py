"""Systems that look at words in order: sequences in an FM-index, and the best of a search looked at again.

How much each part of a second look counts is chosen on the dev queries, as where the claims are measured.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import Catalogue
from broadsheet.indexes.positions import PositionBlock
from broadsheet.kit.hits import Hits, top_k
from broadsheet.kit.select import top_k_masked
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.search import rerank
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.pipeline.search.inputs import documents
from broadsheet.retrieval.convex_fusion import on_unit_scale
from broadsheet_lab.bench.reranking import SHARES, dependence_parts, interaction_parts
from broadsheet_lab.bench.search.contract import DEPTH, Built
from broadsheet_lab.bench.search.corpus import Corpus, Filled
from broadsheet_lab.bench.search.dense import of_static
from broadsheet_lab.bench.search.encoded import shipped_reader
from broadsheet_lab.bench.search.lexical import bm25
from broadsheet_lab.bench.search.metrics import means, per_query
from broadsheet_lab.bench.search.query_set import QuerySet
from broadsheet_lab.retrieval.seal import SEAL

__all__ = ["READING_SHARES", "READ_OF_BM25", "cross_encoder", "late_interaction", "seal", "term_dependence"]

READ_OF_BM25 = 10  # papers that are read together with the query
READING_SHARES = (0.0, 0.01, 0.02, 0.04, 0.08, 0.16)  # of what reading them says, beside 1 for the best BM25 score

Floats = NDArray[np.float32]
Parts = Callable[[str], tuple[NDArray[np.int64], Floats]]  # text -> candidates (n,), what their scores are made of


def seal(corpus: Corpus, dev: QuerySet) -> Built:  # noqa: ARG001  nothing is chosen
    """SEAL without a generative model: the query's own sequences of up to three words, in an FM-index of the papers."""
    started = time.perf_counter()
    method = SEAL(plan=None).fit(corpus.texts)
    seconds = time.perf_counter() - started

    def search(text: str, k: int) -> list[int]:
        return [int(row) for row in method.search(text, k).ids]

    return Built(search, method.index_.nbytes, seconds, notes=("no generative model proposes sequences",))


@dataclass(frozen=True)
class _Mixed:
    """Candidates in the order of a weighted sum of parts."""

    parts: Parts
    names: tuple[str, ...]  # of all parts but the first, which weighs 1
    shares: tuple[float, ...] = SHARES  # weights that are tried

    def chosen(self, dev: QuerySet) -> tuple[tuple[float, ...], dict[str, float]]:
        """The weights of the named parts that serve the dev queries best, and what each choice reached."""
        pools = [self.parts(text) for text in dev.texts]
        reached = {}
        for shares in product(self.shares, repeat=len(self.names)):
            weights = np.array([1.0, *shares], np.float32)
            found = [top_k(rows, x @ weights, DEPTH).ids.tolist() for rows, x in pools]
            reached[shares] = means(per_query(found, dev.relevant, [dev.objective]))[dev.objective]
        best_of = max(reached, key=lambda shares: reached[shares])
        return best_of, {", ".join(f"{share:g}" for share in shares): v for shares, v in reached.items()}

    def built(self, dev: QuerySet, size: float, seconds: float) -> Built:
        """With the weights of the named parts chosen."""
        shares, reached = self.chosen(dev)
        weights = np.array([1.0, *shares], np.float32)

        def search(text: str, k: int) -> list[int]:
            rows, x = self.parts(text)
            return [int(row) for row in top_k(rows, x @ weights, k).ids]

        told = {f"weight of {name}": share for name, share in zip(self.names, shares, strict=True)}
        return Built(search, size, seconds, {**told, f"{dev.objective} on dev": reached})


def _ascending(found: Hits) -> tuple[NDArray[np.int64], Floats]:
    order = np.argsort(found.ids)
    return found.ids[order], found.scores[order]


def _words_bytes(filled: Filled) -> int:
    """What the papers' words in order take."""
    blocks: list[PositionBlock] = [s.positions for s in filled.view.segments]
    return sum(b.terms.nbytes + b.bounds.nbytes for b in blocks)


def term_dependence(corpus: Corpus, dev: QuerySet) -> Built:
    """Our BM25's hundred, looked at again for the query's pairs of neighbours and its words in one stretch."""
    filled = corpus.filled
    view = filled.view
    position = filled.position

    def parts(text: str) -> tuple[NDArray[np.int64], Floats]:
        found = view.inverted.search(AnalyzedQuery.of(view, text).sparse, DEPTH, view.alive)
        rows, scores = _ascending(found)
        return position[rows], dependence_parts(view, text, rows, scores)

    other = bm25(corpus, dev)
    mixed = _Mixed(parts, ("pairs", "stretch"))
    return mixed.built(dev, other.index_bytes + _words_bytes(filled), other.build_s)


def late_interaction(corpus: Corpus, dev: QuerySet) -> Built:
    """The static encoder's hundred, looked at again word by word and passage by passage by static word vectors."""
    filled = corpus.filled
    view, position = filled.view, filled.position
    vectors, encode, seconds = of_static(corpus)

    def parts(text: str) -> tuple[NDArray[np.int64], Floats]:
        vector = encode([text])[0]
        found = top_k_masked(vectors @ vector, DEPTH) if vector.any() else Hits.none()
        rows, at = np.unique(filled.rows[found.ids], return_index=True)  # a paper listed twice is one row
        return position[rows], interaction_parts(
            view, text, AnalyzedQuery.of(view, text).vector, rows, found.scores[at]
        )

    size = vectors.nbytes + _words_bytes(filled)
    return _Mixed(parts, ("matches", "passages")).built(dev, size, seconds + filled.seconds)


def _readings(view: IndexSnapshot, catalogue: Catalogue, text: str, rows: NDArray[np.int64]) -> Floats:
    """What the product's reranker says of the papers of these rows, (n,)."""
    papers = documents(catalogue, view, rows)
    query = AnalyzedQuery.of(view, text)
    near = [papers.get(n) for n in view.ids[rows].tolist()]
    return rerank.cross_encoder_scores(query, near, shipped_reader().scores)


def cross_encoder(corpus: Corpus, dev: QuerySet) -> Built:
    """Our BM25's hundred, the first ten of them read by a transformer together with the query."""
    filled = corpus.filled
    view, catalogue, position = filled.view, filled.library.catalogue, filled.position

    def parts(text: str) -> tuple[NDArray[np.int64], Floats]:
        found = view.inverted.search(AnalyzedQuery.of(view, text).sparse, DEPTH, view.alive)
        scores = np.column_stack([on_unit_scale(found.scores), np.zeros(len(found), np.float32)])
        first = found.ids[:READ_OF_BM25]
        if len(first):
            read = _readings(view, catalogue, text, first)
            scores[: len(first), 1] = rerank.centre_scores(read)
        order = np.argsort(found.ids)
        return position[found.ids[order]], scores[order]

    other = bm25(corpus, dev)
    return _Mixed(parts, ("reading",), READING_SHARES).built(dev, other.index_bytes, other.build_s)
