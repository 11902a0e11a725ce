"""The claims of the lexical methods: BM25 and the inverted index, against their peers on the same texts."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.inverted import Inverted, PostingBlock, SparseQuery
from broadsheet.kit.bag_of_words import Bags, bag, find_sorted
from broadsheet.kit.select import top_k_masked
from broadsheet.kit.text import STOP_TERMS, concatenate, tokenize
from broadsheet.retrieval.bm25 import BM25
from broadsheet_lab.bench import peers
from broadsheet_lab.bench.corpus import Corpus
from broadsheet_lab.bench.halves import PAPERS, Halves, places
from broadsheet_lab.bench.report import Claimed

__all__ = ["Lexical", "bm25", "inverted"]


@dataclass(frozen=True)
class Lexical:
    """The texts as BM25 weighs them, in the index and exactly."""

    corpus: Corpus

    @cached_property
    def bags(self) -> Bags:
        """The terms of every text."""
        texts = self.corpus.texts
        parts = [tokenize(texts[i : i + 5000]) for i in range(0, len(texts), 5000)]
        return bag(concatenate(parts), skip=STOP_TERMS)

    @cached_property
    def weighting(self) -> BM25:
        """Fitted on the texts."""
        return BM25().fit(self.bags.totals())

    @cached_property
    def weights(self) -> NDArray[np.float32]:
        """Of every entry of the bags."""
        return self.weighting.document(self.bags, self.bags.totals())

    @cached_property
    def index(self) -> Inverted:
        """With 8-bit impacts."""
        b = self.bags
        return Inverted([PostingBlock.of(b.terms, b.indptr, b.columns, self.weights, ceiling=self.weighting.ceiling)])

    def query(self, text: str) -> SparseQuery:
        """The weighted terms of a query."""
        counted = bag(tokenize([text]), skip=STOP_TERMS)
        terms = counted.terms[counted.columns]
        frequencies = self.index.frequencies(terms)
        return SparseQuery(terms, self.weighting.query(counted.counts, frequencies, len(self.bags)))

    def search(self, text: str) -> list[int]:
        """Row numbers, best first."""
        found: list[int] = self.index.search(self.query(text), peers.DEPTH).ids.tolist()
        return found

    @cached_property
    def mine(self) -> peers.Engine:
        """The index on every query."""
        self.corpus.tell("searching the inverted index")
        return peers.run(self.search, self.corpus.known.queries, self.corpus.wanted)

    @cached_property
    def others(self) -> dict[str, peers.Engine]:
        """The peers on every query."""
        return peers.others(self.corpus.texts, self.corpus.wanted, self.corpus.known, self.corpus.tell)

    def exact_ranks(self) -> list[int]:
        """The rank of each query's paper with unrounded weights."""
        from scipy.sparse import csr_matrix

        b = self.bags
        by_term = csr_matrix((self.weights, b.columns, b.indptr), shape=(len(b), len(b.terms))).tocsc()
        found = []
        for text in self.corpus.known.queries:
            query = self.query(text)
            known = find_sorted(b.terms, query.terms)
            scores = by_term[:, known[known >= 0]] @ query.weights[known >= 0]  # (n,)
            found.append(top_k_masked(np.asarray(scores, np.float32), peers.DEPTH, floor=0.0).ids)
        return places(found, self.corpus.wanted)


def bm25(corpus: Corpus, lexical: Lexical) -> list[Claimed]:
    """The weighting against another implementation of it, on the same texts."""
    mine = Halves.of(corpus.known, lexical.mine.ranks)
    others = {name: Halves.of(corpus.known, engine.ranks) for name, engine in lexical.others.items()}
    strongest = max(others.items(), key=lambda other: other[1].test.mean())
    name = "bm25s with stemming and stop words"
    return [mine.over(others["bm25s"], "MRR@10 over bm25s with stemming (ratio)", name, strongest)]


def inverted(corpus: Corpus, lexical: Lexical) -> list[Claimed]:
    """What 8 bits cost in quality, and how fast the index is beside a compiled search engine."""
    mine = Halves.of(corpus.known, lexical.mine.ranks)
    exact = Halves.of(corpus.known, lexical.exact_ranks())
    peer = lexical.others["tantivy"]
    return [
        mine.over(exact, "MRR@10, 8-bit impacts over exact weights (ratio)", "exact weights"),
        Claimed.ratio(
            f"{PAPERS}, tldr queries",
            "median latency, tantivy over this index (ratio)",
            ("median ms, tantivy", peer.milliseconds),
            ("median ms", lexical.mine.milliseconds),
            statistic=np.median,
            rival=("tantivy", 1.0),
            detail={"depth": peers.DEPTH},
        ),
    ]
