"""Static: one vector a word, summed; an encoder that ships in the wheel and runs at the speed of reading.

Problem: vectors that know that two words mean the same, without a transformer at run time. Idea: learn a vector for
every word so that the sums of two halves of one paper (title and abstract, a sentence and the rest) are near and those
of different papers are not; context is given up, and what is left of quality is most of it. The first 128 or 64
dimensions are trained to serve alone, and a weight is kept in 8 bits with one scale a word. A word that was not learned
has a direction of its own, drawn from its hash: it is near itself and to nothing else, so that a library on a subject
the encoder never met is still told apart by its words.

Wieting, Bansal, Gimpel, Livescu: Towards Universal Paraphrastic Sentence Embeddings. ICLR 2016; nested dimensions:
Kusupati et al.: Matryoshka Representation Learning. NeurIPS 2022.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import Bags, bag, find_sorted
from broadsheet.kit.card import Card, Claim
from broadsheet.kit.native import kernel
from broadsheet.kit.quantise import quantise_rows
from broadsheet.kit.text import STOP_TERMS, Tokens, tokenize

__all__ = ["CARD", "StaticEncoder", "own_directions"]

CARD = Card(
    title="Towards Universal Paraphrastic Sentence Embeddings",
    paper="1511.08198",
    year=2016,
    solves="vectors of texts by adding up learned vectors of their words, small enough to ship",
    stage="indexing and query analysis: the vectors of papers, passages and queries",
    claims=(
        Claim("ours", "papers.parquet, tldr queries, test half", "MRR@10 by cosine alone", 0.765, ours=True),
        Claim(
            "ours", "papers.parquet, tldr queries, test half", "MRR@10, 64 of 256 dimensions (ratio)", 0.9, ours=True
        ),
        Claim("ours", "papers.parquet", "abstracts encoded a second on one core", 20_000, ours=True),
        Claim("ours", "papers.parquet, tldr queries", "milliseconds a query on one core", 0.2, ours=True),
    ),
    departures=(
        "trained on halves of papers instead of paraphrases, with every other paper of the batch as a negative",
        "words are stems, weighed by log(1 + tf); their inverse document frequency is where training starts from",
        "8-bit weights",
        "words without a learned vector have a random one, the same everywhere",
    ),
    builds_on=("minilm", "star_adore"),
)

_SAMPLED = 1000  # words whose lengths say how long vectors usually are


def own_directions(terms: NDArray[np.uint64], dimensions: int) -> NDArray[np.int8]:
    """A vector of 1 and -1 for every term, (m, d), drawn from its hash: nearly at right angles to all others.

    The bits are those of SplitMix64 (Steele, Lea and Flood, OOPSLA 2014), seeded by the term.
    """
    blocks = np.arange(1, -(-dimensions // 64) + 1, dtype=np.uint64)
    x = terms.astype(np.uint64)[:, None] + blocks * np.uint64(0x9E3779B97F4A7C15)  # (m, d / 64)
    x = (x ^ (x >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    x = (x ^ (x >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    x ^= x >> np.uint64(31)
    bits = np.unpackbits(x.astype("<u8").view(np.uint8), axis=1, bitorder="little")
    return (2 * bits[:, :dimensions].astype(np.int8) - 1).astype(np.int8)


_summed = kernel("static_summed")
_decoded = kernel("static_decoded")


class StaticEncoder:
    """Holds `codes_` (v, d) and `scales_` (v,) for the terms `vocabulary_` (v,), hashes ascending."""

    def __init__(self, *, dimensions: int = 256) -> None:
        self.dimensions = dimensions
        self.vocabulary_ = np.empty(0, np.uint64)
        self.codes_ = np.empty((0, dimensions), np.int8)
        self.scales_ = np.empty(0, np.float32)

    @classmethod
    def of(cls, vocabulary: NDArray[np.uint64], weights: NDArray[np.float32]) -> StaticEncoder:
        """From the learned vectors (v, d) of the terms (v,), ascending."""
        codes, scales = quantise_rows(weights)
        return cls.from_arrays({"vocabulary": vocabulary, "codes": codes, "scales": scales})

    def truncated(self, dimensions: int) -> StaticEncoder:
        """The same with the first dimensions alone. Raises ValueError if there are not as many."""
        if not 0 < dimensions <= self.dimensions:
            raise ValueError(f"dimensions must lie in 1..{self.dimensions}, not {dimensions}")
        codes = np.ascontiguousarray(self.codes_[:, :dimensions])
        return StaticEncoder.from_arrays({"vocabulary": self.vocabulary_, "codes": codes, "scales": self.scales_})

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, d) of unit length; zeros where a text has no word but stop words."""
        return self.encode_tokens(tokenize(texts))

    def encode_tokens(self, tokens: Tokens) -> NDArray[np.float32]:
        """As `encode`, for texts already tokenised and stemmed."""
        return self.encode_bags(bag(tokens, skip=STOP_TERMS))

    def encode_bags(self, bags: Bags) -> NDArray[np.float32]:
        """As `encode`, for texts already counted."""
        rows = find_sorted(self.vocabulary_, bags.terms)
        unknown = np.flatnonzero(rows < 0)
        rows[unknown] = len(self.codes_) + np.arange(len(unknown))
        scales = np.full(len(rows), self._step)
        scales[rows < len(self.scales_)] = self.scales_[rows[rows < len(self.scales_)]]
        values = (np.log1p(bags.counts) * scales[bags.columns]).astype(np.float32)
        out = np.zeros((len(bags), self.dimensions), np.float32)
        own = own_directions(bags.terms[unknown], self.dimensions)
        held = bags.indptr, len(bags), rows[bags.columns], values
        _summed(*held, self.codes_, len(self.codes_), own, self.dimensions, out)
        return out

    @cached_property
    def _step(self) -> np.float32:
        """What 1 and -1 are worth in the vector of an unlearned word: with it, it is as long as learned ones are."""
        lengths = np.linalg.norm(self.weights(np.arange(0, len(self.codes_), 1 + len(self.codes_) // _SAMPLED)), axis=1)
        usual = float(np.median(lengths)) if len(lengths) else 1.0
        return np.float32(usual / np.sqrt(self.dimensions))

    def weights(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The vectors of the given terms of the vocabulary, (m, d)."""
        out = np.empty((len(rows), self.dimensions), np.float32)
        rows = np.ascontiguousarray(rows, np.int64)
        _decoded(self.codes_, self.scales_, len(self.codes_), rows, len(rows), self.dimensions, out)
        return out

    def vectors(self, terms: NDArray[np.uint64]) -> NDArray[np.float32]:
        """The vectors of any terms, learned or their own, (m, d)."""
        at = find_sorted(self.vocabulary_, terms)
        known, found = at >= 0, np.empty((len(terms), self.dimensions), np.float32)
        found[known] = self.weights(at[known])
        found[~known] = self._step * own_directions(terms[~known], self.dimensions)
        return found

    def contributions(self, terms: NDArray[np.uint64], direction: NDArray[np.float32]) -> NDArray[np.float32]:
        """The inner product of each term's vector with `direction` (d,)."""
        return np.asarray(self.vectors(terms) @ direction, np.float32)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned."""
        return {"vocabulary": self.vocabulary_, "codes": self.codes_, "scales": self.scales_}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> StaticEncoder:
        """The encoder again. Raises ValueError if the arrays do not fit together."""
        if missing := {"vocabulary", "codes", "scales"} - arrays.keys():
            raise ValueError(f"no {', '.join(sorted(missing))}")
        codes, vocabulary, scales = arrays["codes"], arrays["vocabulary"], arrays["scales"]
        shaped = (codes.ndim, vocabulary.ndim, scales.ndim) == (2, 1, 1) and codes.shape[-1] > 0
        if not shaped or codes.dtype != np.int8 or not len(codes) == len(vocabulary) == len(scales):
            raise ValueError("vocabulary, codes and scales do not fit together")
        if vocabulary.dtype != np.uint64 or (vocabulary[1:] <= vocabulary[:-1]).any() or not (scales >= 0).all():
            raise ValueError("vocabulary, codes and scales do not fit together: words out of order, or scales below 0")
        encoder = cls(dimensions=codes.shape[1])
        encoder.vocabulary_, encoder.codes_, encoder.scales_ = vocabulary, codes, scales
        return encoder
