"""SEAL: the word sequences of a document are its identifiers; a model that reads the query writes those that find it.

Problem: retrieve by generating, without forcing names or a tree upon the documents. Idea: a decoder given the query
writes sequences of words (n-grams), and an FM-index allows only those that occur in some document and knows where. A
sequence counts by how much likelier it is given the query than in the library, to a power; a document sums the
sequences it holds, less for words already counted.

Bevilacqua, Ottaviano, Lewis, Yih, Riedel, Petroni: Autoregressive Search Engines: Generating Substrings as Document
Identifiers. NeurIPS 2022, section 3.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import find_sorted
from broadsheet.kit.card import Card, Claim
from broadsheet.kit.hits import Hits, top_k
from broadsheet.kit.mask import Mask
from broadsheet.kit.persistence import Persistent
from broadsheet.kit.select import top_k_masked
from broadsheet.kit.sentences import sentences
from broadsheet.kit.text import STOP_TERMS, tokenize
from broadsheet_lab.retrieval._decoding import Allowed, decoded, forced, frequencies
from broadsheet_lab.retrieval._fm_index import FIRST_SYMBOL, FMIndex
from broadsheet_lab.retrieval._intersective import intersective
from broadsheet_lab.retrieval._spans import Source
from broadsheet_lab.training import Plan

if TYPE_CHECKING:
    from broadsheet_lab.retrieval._writer import Writer

__all__ = ["CARD", "SEAL", "Ngram", "weight"]

CARD = Card(
    title="Autoregressive Search Engines: Generating Substrings as Document Identifiers",
    paper="2204.10628",
    year=2022,
    solves="retrieval by the word sequences a query calls for, each of which can be counted and found at once",
    when=(
        "to see which phrases of a library answer a query, and count or find any phrase at once; for ranking alone BM25"
        " is the simpler choice"
    ),
    costs=(
        "an index of 1.8 times the text as 32-bit words; minutes of training; tens of milliseconds a query, where BM25"
        " takes less than one"
    ),
    unused="it is far slower than BM25, which the product has",
    claims=(
        Claim(
            "abstract",
            "KILT, passage-level R-precision",
            "points over established retrievers, averaged over tasks, by a fine-tuned generative model",
            10.0,
        ),
        Claim(
            "section 4",
            "papers.parquet, 12,000 papers, a quarter of the tldr queries, test half",
            "MRR@10 over BM25 (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "section 4",
            "papers.parquet, 12,000 papers, a sixteenth of the keyword queries, test half",
            "MRR@10 over BM25 (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "section 3.2",
            "papers.parquet, 12,000 papers, a sixteenth of the keyword queries, test half",
            "MRR@10 with what the decoder writes over the query's own sequences, as likely as in it (ratio)",
            1.1,
            ours=True,
        ),
    ),
    departures=(
        "the model is no BART: a transformer of two layers on either side, trained from nothing on the library's own"
        " texts and on queries of the dev half; it can copy words of the query, which BART learned before",
        "words are stemmed and without case, rare ones can only be copied; titles are not decoded apart from the text",
        "the hundred words that a span most likely starts with count by themselves, not a thousand",
        "if every sequence is commoner than the limit, the rarest proposes the candidates",
    ),
    needs=("transformers",),
    fidelity="reduced",
)

_PLAN = Plan(4000, 64, 1e-3, warm=100)
_SETTINGS = ("longest", "beams", "alpha", "beta", "smoothing", "most_occurrences", "candidates", "hidden")
_LEAST_OCCURRENCES = 5  # of a word that the decoder can write
_OWN = 3  # words of a sequence of the query's own
_MOST_STARTS = 100  # single words that count because a span may start with them


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
    given = min(max(given, 1e-30), 1 - 1e-6)  # a one-word query is certain of its word
    anywhere = (count + smoothing) / (total + smoothing)
    return float(max(0.0, np.log(given) + np.log1p(-anywhere) - np.log(anywhere) - np.log1p(-given)) ** alpha)


class SEAL(Persistent):
    """Learns `vocabulary_` (v,), hashes ascending, `index_`, and `writer_`, the decoder with the words that it knows.

    The decoder, of width `hidden`, is trained as `plan` says; it writes sequences of up to `longest` words with `beams`
    beams, and the query's own of up to three words count as well. Without a plan there is no decoder, and P(n|q) is the
    frequency in the query. Sequences with at most `most_occurrences` name candidates, of which the best `candidates`
    are scored in full.

    >>> from broadsheet_lab.retrieval.seal import SEAL
    >>> from broadsheet_lab.training import Plan
    >>> texts = ["Sparse attention for long texts. We cut its cost.", "Graph networks. Atoms and bonds are a graph."]
    >>> method = SEAL(longest=2, hidden=16, smoothing=0.1, plan=Plan(3, batch=8)).fit(texts, [("molecules", 1)])
    >>> method.count("sparse attention"), method.search("long sparse attention", 2).ids[0]
    (1, np.int64(0))
    """

    def __init__(
        self,
        *,
        longest: int = 10,
        beams: int = 15,
        alpha: float = 2.0,
        beta: float = 0.8,
        smoothing: float = 5.0,
        most_occurrences: int = 1500,
        candidates: int = 1500,
        hidden: int = 192,
        plan: Plan | None = _PLAN,
    ) -> None:
        self.longest, self.beams = longest, beams
        self.alpha, self.beta = alpha, beta
        self.smoothing = smoothing  # occurrences added: a library of few words wants fewer
        self.most_occurrences, self.candidates = most_occurrences, candidates
        self.hidden, self.plan = hidden, plan
        self.vocabulary_ = np.empty(0, np.uint64)
        self.index_ = FMIndex.of(np.empty(0, np.int64), np.zeros(1, np.int64), FIRST_SYMBOL)
        self.writer_: Writer | None = None
        self._allowed = Allowed(self.index_)

    def fit(
        self,
        texts: Sequence[str],
        asked: Sequence[tuple[str, int]] = (),
        *,
        tell: Callable[[str], None] | None = None,
    ) -> SEAL:
        """Index the texts, row i is text i, and train the decoder on their sentences and on queries with their rows.

        Raises ImportError without torch if there is a plan.
        """
        tokens = tokenize(texts)
        self.vocabulary_, symbols = np.unique(tokens.terms, return_inverse=True)
        self.index_ = FMIndex.of(symbols + FIRST_SYMBOL, tokens.bounds, len(self.vocabulary_) + FIRST_SYMBOL)
        self._allowed = Allowed(self.index_)
        if self.plan is None or not len(symbols):
            self.writer_ = None
        else:
            self.writer_ = self._trained(self.plan, texts, asked, np.bincount(symbols), tell)
        return self

    def _trained(
        self,
        plan: Plan,
        texts: Sequence[str],
        asked: Sequence[tuple[str, int]],
        counts: NDArray[np.int64],
        tell: Callable[[str], None] | None,
    ) -> Writer:
        from broadsheet_lab.retrieval._writer import Writer

        parts = [[text[a:b] for a, b in sentences(text)] for text in texts]
        tokens = tokenize([part for split in parts for part in split])
        symbols = find_sorted(self.vocabulary_, tokens.terms).astype(np.int64) + FIRST_SYMBOL
        last = np.cumsum([0, *map(len, parts)])
        bounds = tokens.bounds[last]
        document = np.repeat(np.arange(len(texts)), np.diff(last)).tolist()
        within = [
            Source(symbols[a:b], row, int(a - bounds[row]))
            for row, a, b in zip(document, tokens.bounds[:-1], tokens.bounds[1:], strict=True)
            if b > a
        ]
        queries = [Source(np.array(s), row) for q, row in asked if (s := self.symbols(q))]
        often = np.flatnonzero(counts >= min(_LEAST_OCCURRENCES, counts.max())) + FIRST_SYMBOL
        stops = find_sorted(self.vocabulary_, STOP_TERMS)
        sizes = {"hidden": self.hidden, "longest": self.longest}
        ignored = stops[stops >= 0] + FIRST_SYMBOL
        sources = [within, queries]
        return Writer.trained(often, sources, symbols, bounds, plan, ignored=ignored, tell=tell, sizes=sizes)

    def symbols(self, text: str) -> list[int]:
        """The symbols of the words of a text; -1 for a word in no document."""
        at = find_sorted(self.vocabulary_, tokenize([text]).terms)
        found: list[int] = np.where(at >= 0, at + FIRST_SYMBOL, -1).tolist()
        return found

    def count(self, phrase: str) -> int:
        """How often the phrase occurs."""
        start, stop = self.index_.find(self.symbols(phrase))
        return stop - start

    def ngrams(self, query: str) -> tuple[Ngram, ...]:
        """The sequences that the query calls for, heaviest first; on a tie the longer, the first.

        They are what the decoder writes, the words it would begin with, and the query's own.
        """
        asked, index = self.symbols(query), self.index_
        if self.writer_ is None:
            found = forced(frequencies(asked, len(index.shift)), index, asked, longest=_OWN)
        else:
            next_logs = self.writer_.next_logs(asked, len(index.shift))
            first = next_logs([()])[0]
            starts = np.argsort(-first, kind="stable")[:_MOST_STARTS]
            found = {
                (s,): (index.extended(index.whole, s), float(first[s])) for s in starts.tolist() if first[s] > -np.inf
            }
            found |= decoded(next_logs, self._allowed, beams=self.beams, longest=self.longest)
            found |= forced(next_logs, index, asked, longest=min(_OWN, self.longest))
        total, alpha, smoothing = index.total, self.alpha, self.smoothing
        weighed = [
            Ngram(g, rows, weight(float(np.exp(log)), rows[1] - rows[0], total, alpha=alpha, smoothing=smoothing))
            for g, (rows, log) in found.items()
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
        """The k best rows for the query, best first; none if nothing is proposed, as for a query without words."""
        ngrams = self.ngrams(query) if query.strip() and len(self.index_) else ()
        if not ngrams:
            return Hits.none()
        documents = self._candidates(ngrams, allowed)
        return top_k(documents, self.score(ngrams, documents), k)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned, and the settings to search with."""
        settings = {name: getattr(self, name) for name in _SETTINGS}
        settings["plan"] = asdict(self.plan) if self.plan else None
        written = self.writer_.to_arrays() if self.writer_ else {}
        return {
            "vocabulary": self.vocabulary_,
            "settings": np.array(json.dumps(settings)),
            **self.index_.to_arrays(),
            **{f"writer.{name}": array for name, array in written.items()},
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> SEAL:
        """The method again. Raises ValueError if the arrays do not fit together, ImportError without torch."""
        settings = json.loads(arrays["settings"].item())
        method = cls(**{**settings, "plan": Plan(**settings["plan"]) if settings["plan"] else None})
        method.index_ = FMIndex.from_arrays(arrays)
        if len(arrays["vocabulary"]) + FIRST_SYMBOL != len(method.index_.shift):
            raise ValueError(f"{len(arrays['vocabulary'])} words for {len(method.index_.shift)} symbols")
        method.vocabulary_, method._allowed = arrays["vocabulary"], Allowed(method.index_)
        written = {name[7:]: array for name, array in arrays.items() if name.startswith("writer.")}
        if written:
            from broadsheet_lab.retrieval._writer import Writer

            method.writer_ = Writer.from_arrays(written)
        return method
