"""The claims of the methods that look closer at candidates: pairs and stretches, word vectors, learned weights.

What is weighed by hand is weighed as serves the dev half best; weights that are learned are learned on it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import product

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.hits import Hits, top_k
from broadsheet.pipeline.index.snapshot import TEXT_FIELDS, IndexSnapshot
from broadsheet.pipeline.pretrained import read_ranker
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.pipeline.search.features import FEATURES, PASSAGES, RankingFeatures, word_vectors
from broadsheet.pipeline.search.ranking import features_of
from broadsheet.ranking.late_interaction import passages
from broadsheet.ranking.listnet import ListNet
from broadsheet.ranking.term_dependence import dependence
from broadsheet.retrieval.convex_fusion import ConvexFusion, on_unit_scale
from broadsheet_lab.bench import peers
from broadsheet_lab.bench.corpus import Corpus
from broadsheet_lab.bench.halves import Halves, Rows, places, rounded
from broadsheet_lab.bench.lexical import Lexical
from broadsheet_lab.bench.report import Claimed

__all__ = ["SHARES", "dependence_parts", "interaction_parts", "late_interaction", "listnet", "term_dependence"]

SHARES = (0.0, 0.1, 0.2, 0.4, 0.8, 1.6, 3.2)  # weights tried for each part, beside 1 for the first

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class _Lists:
    """The candidates of every query and the parts their scores are made of."""

    corpus: Corpus
    rows: list[Rows]
    parts: list[Floats]  # (n, parts) each

    def ranked(self, score: Callable[[Floats], Floats]) -> Halves:
        """The ranking by a score of the parts."""
        found = [top_k(r, score(x), peers.DEPTH).ids for r, x in zip(self.rows, self.parts, strict=True)]
        return Halves.of(self.corpus.known, places(found, self.corpus.wanted))

    def mixed(self) -> tuple[Halves, tuple[float, ...]]:
        """The ranking with the weights of SHARES that serve the dev half best, and those weights."""
        best: tuple[float, Halves, tuple[float, ...]] | None = None
        for shares in product(SHARES, repeat=self.parts[0].shape[1] - 1):
            weights = np.array([1.0, *shares], np.float32)
            found = self.ranked(lambda x, w=weights: np.asarray(x @ w, np.float32))  # type: ignore[misc]
            value = float(found.inverse[found.dev].mean())
            if best is None or value > best[0]:
                best = (value, found, shares)
        assert best is not None, "there is a choice"
        return best[1], best[2]


def _over(
    lists: _Lists, metric: str, name: str, parts: Sequence[str], rival: tuple[str, Halves] | None = None
) -> Claimed:
    """The best mix over the first part alone."""
    mixed, shares = lists.mixed()
    found = mixed.over(lists.ranked(lambda x: x[:, 0]), metric, name, rival)
    chosen = {f"weight of {part}": share for part, share in zip(parts, shares, strict=True)}
    return replace(found, detail={**found.detail, **chosen})


def dependence_parts(view: IndexSnapshot, text: str, rows: Rows, scores: Floats) -> Floats:
    """BM25's scores on a unit scale, the share of the query's pairs, and of its words in one stretch, (n, 3).

    Of candidate rows, ascending, with BM25's scores.
    """
    query = AnalyzedQuery.of(view, text)
    terms = query.content.terms
    if not len(terms) or not len(rows):
        return np.column_stack([scores, np.zeros((len(rows), 2), np.float32)])
    frequencies = view.inverted.frequencies(terms)
    idf = view.weighting.query(np.ones(len(terms), np.float32), frequencies, len(view))
    evidence = RankingFeatures(query, rows)
    shares = dependence(evidence.inside, evidence.bounds, len(TEXT_FIELDS), idf, query.content.follows)
    return np.column_stack([on_unit_scale(scores), shares])


def interaction_parts(view: IndexSnapshot, text: str, vector: Floats, rows: Rows, scores: Floats) -> Floats:
    """The scores, how well the query's words are matched, and the nearest passage, (n, 3).

    Of candidate rows, ascending, with their cosines to the query's vector.
    """
    evidence = RankingFeatures(AnalyzedQuery.of(view, text), rows)
    words = evidence.query.content
    if not len(words.terms) or not len(rows):
        return np.column_stack([scores, np.zeros((len(rows), 2), np.float32)])
    weights = words.salience / max(float(words.salience.sum()), 1e-9)
    near = passages(evidence.words, evidence.bounds, word_vectors(view), vector, sizes=(PASSAGES[1],))
    near = near.reshape(-1, len(TEXT_FIELDS))
    return np.column_stack((scores, evidence.matches @ weights, near.max(axis=1))).astype(np.float32)


def term_dependence(corpus: Corpus, lexical: Lexical) -> list[Claimed]:
    """The best by BM25, looked at again for the query's pairs and for its words in one stretch."""
    corpus.tell("looking for pairs and stretches")
    lists = _Lists(corpus, [], [])
    for text in corpus.known.queries:
        found = lexical.index.search(lexical.query(text), peers.DEPTH)
        order = np.argsort(found.ids)
        lists.rows.append(found.ids[order])
        lists.parts.append(dependence_parts(corpus.view, text, found.ids[order], found.scores[order]))
    metric = "MRR@10, BM25 with pairs and stretches over BM25 alone (ratio)"
    return [_over(lists, metric, "BM25 alone", ("pairs", "stretch"))]


def late_interaction(corpus: Corpus, lexical: Lexical) -> list[Claimed]:
    """The nearest by one vector, looked at again word by word and passage by passage."""
    corpus.tell("matching words and passages")
    view, lists = corpus.view, _Lists(corpus, [], [])
    for text, vector in zip(corpus.known.queries, corpus.query_vectors, strict=True):
        found: Hits = top_k(np.arange(len(view), dtype=np.int64), corpus.vectors @ vector, peers.DEPTH)
        order = np.argsort(found.ids)
        lists.rows.append(found.ids[order])
        lists.parts.append(interaction_parts(view, text, vector, found.ids[order], found.scores[order]))
    metric = "MRR@10, reranked by word vectors over cosine of summed vectors (ratio)"
    rival = ("BM25", Halves.of(corpus.known, lexical.mine.ranks))
    return [_over(lists, metric, "cosine of summed vectors", ("matches", f"passages of {PASSAGES[1]}"), rival)]


def listnet(corpus: Corpus) -> list[Claimed]:
    """The weights learned from the dev half over two scores fused by one weight, on the same candidates."""
    corpus.tell("gathering evidence")
    found = [features_of(AnalyzedQuery.of(corpus.view, text), k=peers.DEPTH) for text in corpus.known.queries]
    lists = _Lists(corpus, [evidence.rows for evidence, _ in found], [x for _, x in found])
    corpus.tell("learning to rank")
    told = [i for i, dev in enumerate(corpus.known.dev) if dev]
    gains = [(lists.rows[i] == corpus.wanted[i]).astype(np.float32) for i in told]
    learned = ListNet().fit([lists.parts[i] for i in told], gains)
    words, meaning = FEATURES.index("words"), FEATURES.index("meaning")
    fused = lists.ranked(lambda x: ConvexFusion().fuse(x[:, words], x[:, meaning]))
    claimed = lists.ranked(learned.score).over(
        fused, "MRR@10, learned weights over convex fusion (ratio)", "convex fusion"
    )
    shipped = lists.ranked(read_ranker(FEATURES).score)
    weights = {f"weight of {name}": rounded(w) for name, w in zip(FEATURES, learned.weights_, strict=True)}
    detail = {**claimed.detail, "MRR@10, shipped weights": rounded(shipped.test.mean()), **weights}
    return [replace(claimed, detail=detail)]
