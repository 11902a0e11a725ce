"""SEAL: the word sequences of a document are its identifiers; those a query calls for find it.

Problem: retrieve by generating, without forcing names or a tree upon the documents. Idea: a language model given the
query proposes sequences of words (n-grams), and an FM-index allows only those that occur in some document and knows
where. A sequence counts by how much likelier it is given the query than in the library, to a power; a document sums
the sequences it holds, less for words already counted.

Bevilacqua, Ottaviano, Lewis, Yih, Riedel, Petroni: Autoregressive Search Engines: Generating Substrings as Document
Identifiers. NeurIPS 2022, section 3.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import find_sorted
from broadsheet.kit.card import Card, Claim
from broadsheet.kit.hits import Hits, top_k
from broadsheet.kit.mask import Mask
from broadsheet.kit.persistence import Persistent
from broadsheet.kit.select import top_k_masked
from broadsheet.kit.text import tokenize
from broadsheet_lab.retrieval._fm_index import FIRST_SYMBOL, FMIndex
from broadsheet_lab.retrieval._intersective import intersective

__all__ = ["CARD", "SEAL", "Ngram", "weight"]

CARD = Card(
    title="Autoregressive Search Engines: Generating Substrings as Document Identifiers",
    paper="2204.10628",
    year=2022,
    solves="retrieval by the word sequences a query calls for, each of which can be counted and found at once",
    claims=(
        Claim(
            "abstract",
            "KILT, passage-level R-precision",
            "points over established retrievers, averaged over tasks, by a fine-tuned generative model",
            10.0,
        ),
        Claim(
            "section 3.1",
            "papers.parquet, 12,000 papers",
            "share of 10,000 sequences of 1 to 4 words counted, located and continued as by a scan of the text",
            1.0,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 12,000 papers",
            "bytes of the index over those of the texts as 32-bit words (ratio)",
            2.0,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 12,000 papers, tldr queries, test half",
            "MRR@10 by the query's own sequences over BM25 (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "section 3.2",
            "papers.parquet, 12,000 papers, tldr queries, test half",
            "MRR@10 by all of a document's sequences over its best one alone (ratio)",
            1.0,
            ours=True,
        ),
    ),
    departures=(
        "no generative model: P(n|q) mixes the sequence's frequency in the query with that in the papers found first",
        "words are stemmed and without case; titles are not decoded apart from the text",
        "if every sequence is commoner than the limit, the rarest proposes the candidates",
    ),
)


@dataclass(frozen=True, slots=True)
class Ngram:
    """A sequence of symbols proposed for a query."""

    symbols: tuple[int, ...]
    rows: tuple[int, int]  # in the index: as many as it has occurrences
    weight: float

    @property
    def count(self) -> int:
        """Its occurrences in the library."""
        return self.rows[1] - self.rows[0]


def weight(given: float, count: int, total: int, *, alpha: float, smoothing: float) -> float:
    """max(0, log [P(n|q) (1 - P(n)) / (P(n) (1 - P(n|q)))])^alpha, equation 2; P(n) is count / total, smoothed."""
    given = min(given, 1 - 1e-6)  # a one-word query is certain of its word
    anywhere = (count + smoothing) / (total + smoothing)
    return float(max(0.0, np.log(given) + np.log1p(-anywhere) - np.log(anywhere) - np.log1p(-given)) ** alpha)


class SEAL(Persistent):
    """Learns `vocabulary_` (v,), hashes ascending, and `index_`. Sequences have up to `longest` words.

    `trust` is the share of P(n|q) that comes from the first `neighbours` papers found with the query alone; of their
    sequences the likeliest `beams` of each length are kept. Sequences with at most `most_occurrences` name
    candidates, of which the best `candidates` are scored in full.
    """

    def __init__(
        self,
        *,
        longest: int = 3,
        alpha: float = 2.0,
        beta: float = 0.8,
        smoothing: float = 5.0,
        neighbours: int = 0,
        trust: float = 0.3,
        beams: int = 15,
        most_occurrences: int = 1500,
        candidates: int = 1500,
    ) -> None:
        self.longest = longest
        self.alpha = alpha
        self.beta = beta
        self.smoothing = smoothing  # occurrences added: a library of few words wants fewer
        self.neighbours = neighbours
        self.trust = trust
        self.beams = beams
        self.most_occurrences = most_occurrences
        self.candidates = candidates
        self.vocabulary_ = np.empty(0, np.uint64)
        self.index_ = FMIndex.of(np.empty(0, np.int64), np.zeros(1, np.int64), FIRST_SYMBOL)

    def fit(self, texts: Sequence[str]) -> SEAL:
        """Index the texts; row i is text i."""
        tokens = tokenize(texts)
        self.vocabulary_, symbols = np.unique(tokens.terms, return_inverse=True)
        self.index_ = FMIndex.of(symbols + FIRST_SYMBOL, tokens.bounds, len(self.vocabulary_) + FIRST_SYMBOL)
        return self

    def symbols(self, text: str) -> list[int]:
        """The symbols of the words of a text; -1 for a word in no document."""
        at = find_sorted(self.vocabulary_, tokenize([text]).terms)
        found: list[int] = np.where(at >= 0, at + FIRST_SYMBOL, -1).tolist()
        return found

    def count(self, phrase: str) -> int:
        """How often the phrase occurs."""
        start, stop = self.index_.find(self.symbols(phrase))
        return stop - start

    def _grown(self, sources: Sequence[Sequence[int]], most: int | None) -> dict[tuple[int, ...], tuple[int, int]]:
        """The sequences of the sources that occur in the library, with their rows: grown by a word at a time.

        Of each length the `most` that are likeliest in the sources are grown further; None grows all.
        """
        kept: dict[tuple[int, ...], tuple[int, int]] = {}
        beam: dict[tuple[int, ...], tuple[int, int]] = {(): self.index_.whole}
        for length in range(1, self.longest + 1):
            likely: dict[tuple[int, ...], float] = defaultdict(float)
            for source in sources:
                for at in range(len(source) - length + 1):
                    gram = tuple(source[at : at + length])
                    if gram[:-1] in beam:
                        likely[gram] += 1 / len(source)
            grown = sorted(likely, key=lambda g: -likely[g])[:most]
            rows = {g: self.index_.extended(beam[g[:-1]], g[-1]) for g in grown}
            beam = {g: r for g, r in rows.items() if r[0] < r[1]}
            kept |= beam
        return kept

    def ngrams(self, query: str, found: Sequence[int] = ()) -> tuple[Ngram, ...]:
        """The sequences the query and the documents `found` call for, heaviest first; on a tie the longer, the first.

        P(n|q) = (1 - trust) * its frequency in the query + trust * its mean frequency in the documents found.
        """
        asked = self.symbols(query)
        bounds = self.index_.bounds
        near = [self.index_.symbols[bounds[row] : bounds[row + 1]].tolist() for row in found]
        rows = self._grown([asked], None) | (self._grown(near, self.beams) if near else {})
        sources = [(asked, 1 - self.trust if near else 1.0)] + [(d, self.trust / len(near)) for d in near]
        given: dict[tuple[int, ...], float] = dict.fromkeys(rows, 0.0)
        for source, share in sources:
            for length in range(1, self.longest + 1):
                for at in range(len(source) - length + 1):
                    gram = tuple(source[at : at + length])
                    if gram in rows:
                        given[gram] += share / len(source)
        total, alpha, smoothing = self.index_.total, self.alpha, self.smoothing
        weighed = [
            Ngram(g, r, weight(given[g], r[1] - r[0], total, alpha=alpha, smoothing=smoothing)) for g, r in rows.items()
        ]
        return tuple(sorted((n for n in weighed if n.weight > 0), key=lambda n: (-n.weight, -len(n.symbols))))

    def _candidates(self, ngrams: Sequence[Ngram], allowed: Mask | None) -> NDArray[np.int64]:
        """The documents with the greatest summed weights of the rare n-grams."""
        rare = [n for n in ngrams if n.count <= self.most_occurrences] or [min(ngrams, key=lambda n: n.count)]
        sums = np.zeros(len(self.index_), np.float32)
        for ngram in rare:
            sums[np.unique(self.index_.locate(ngram.rows)[0])] += ngram.weight
        return top_k_masked(sums, self.candidates, allowed, floor=0.0).ids

    def score(self, ngrams: Sequence[Ngram], documents: NDArray[np.int64]) -> NDArray[np.float32]:
        """The intersective score of each document, (m,); the n-grams come heaviest first."""
        weights = np.array([n.weight for n in ngrams], np.float64)
        size = len(self.vocabulary_) + FIRST_SYMBOL
        symbols, bounds = self.index_.symbols, self.index_.bounds
        grams = [n.symbols for n in ngrams]
        return intersective(grams, weights, documents, symbols, bounds, size=size, beta=self.beta)

    def search(self, query: str, k: int = 10, allowed: Mask | None = None) -> Hits:
        """The k best rows for the query, best first; none if no word of it is known."""
        found: tuple[int, ...] = ()
        hits = self._ranked(self.ngrams(query), max(k, self.neighbours), allowed)
        if self.neighbours and len(hits):
            found = tuple(hits.ids[: self.neighbours].tolist())
            hits = self._ranked(self.ngrams(query, found), k, allowed)
        return hits.head(k)

    def _ranked(self, ngrams: Sequence[Ngram], k: int, allowed: Mask | None) -> Hits:
        if not ngrams:
            return Hits.none()
        documents = self._candidates(ngrams, allowed)
        return top_k(documents, self.score(ngrams, documents), k)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned, and the settings to search with."""
        limits = [self.longest, self.neighbours, self.beams, self.most_occurrences, self.candidates]
        weights = [self.alpha, self.beta, self.smoothing, self.trust]
        settings = {"limits": np.array(limits, np.int64), "weights": np.array(weights, np.float64)}
        return {"vocabulary": self.vocabulary_, **settings, **self.index_.to_arrays()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> SEAL:
        """The method again. Raises ValueError if the arrays do not fit together."""
        names = ("longest", "neighbours", "beams", "most_occurrences", "candidates")
        alpha, beta, smoothing, trust = arrays["weights"].tolist()
        limits = dict(zip(names, arrays["limits"].tolist(), strict=True))
        method = cls(alpha=alpha, beta=beta, smoothing=smoothing, trust=trust, **limits)
        method.index_ = FMIndex.from_arrays(arrays)
        if len(arrays["vocabulary"]) + FIRST_SYMBOL != len(method.index_.shift):
            raise ValueError(f"{len(arrays['vocabulary'])} words for {len(method.index_.shift)} symbols")
        method.vocabulary_ = arrays["vocabulary"]
        return method
