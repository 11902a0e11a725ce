"""Static: one vector per word, summed; a fast encoder that is small enough for the wheel.

Problem: vectors that capture synonyms, without a transformer at run time. Idea: learn a vector for every word so that
the sums of two parts of one paper (title and abstract, a sentence and the rest) are near and those of different papers
are not; context is lost, most of the quality is not. The first 128 or 64 dimensions are trained to work alone, and
weights have 8 bits with one scale per word. A word without a learned vector gets a pseudo-random one from its hash,
similar only to itself, so that words unknown in training still distinguish papers.

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
from broadsheet.kit.persistence import Persistent
from broadsheet.kit.quantise import quantise_rows
from broadsheet.kit.text import STOP_TERMS, Tokens, tokenize

__all__ = ["CARD", "StaticEncoder", "own_directions"]

CARD = Card(
    title="Towards Universal Paraphrastic Sentence Embeddings",
    paper="1511.08198",
    year=2016,
    fidelity="reduced",
    solves="vectors of texts by adding up learned vectors of their words, small enough to ship",
    when=(
        "Choose it where every text of a large collection is encoded again and again, or where a few megabytes are "
        "all there is; where each text is encoded once, the transformer knows more."
    ),
    costs=(
        "Twenty thousand abstracts a second and a tenth of a millisecond a query on one core; 28,000 words of 256 "
        "bytes; six minutes of training on one core."
    ),
    stage="indexing and query analysis: the vectors of papers, passages and queries",
    claims=(
        Claim(
            "ours", "papers.parquet, 87,366 papers, tldr queries, test half", "MRR@10 by cosine alone", 0.765, ours=True
        ),
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, tldr queries, test half",
            "MRR@10, 64 of 256 dimensions (ratio)",
            0.9,
            ours=True,
        ),
        Claim("ours", "papers.parquet, 87,366 papers", "abstracts encoded a second on one core", 20_000, ours=True),
        Claim(
            "ours", "papers.parquet, 87,366 papers, tldr queries", "milliseconds a query on one core", 0.2, ours=True
        ),
    ),
    departures=(
        "trained on halves of papers instead of paraphrases, with every other paper of the batch as a negative",
        "words are stems, weighed by log(1 + tf); their inverse document frequency is where training starts from",
        "8-bit weights",
        "words without a learned vector have a random one, the same everywhere",
    ),
    builds_on=("minilm", "star_adore"),
)

_SAMPLED = 1000  # words whose vectors give the usual length


def own_directions(terms: NDArray[np.uint64], dimensions: int) -> NDArray[np.int8]:
    """A pseudo-random vector of 1 and -1 for every term, (m, d), from its hash; nearly orthogonal to all others.

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


class StaticEncoder(Persistent):
    """Holds `codes_` (v, d) and `scales_` (v,) for the terms `vocabulary_` (v,), hashes ascending.

    The encoder that ships, which knows the words of papers:

    >>> from broadsheet.encoders.static import StaticEncoder
    >>> from broadsheet.pipeline.pretrained import ENCODER
    >>> encoder = StaticEncoder.load(ENCODER)
    >>> x = encoder.encode(["graph neural networks", "networks over graphs", "the history of bread"])
    >>> x.shape
    (3, 256)
    >>> bool(x[0] @ x[1] > x[0] @ x[2])
    True
    >>> encoder.truncate(64).encode(["graph neural networks"]).shape
    (1, 64)
    """

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

    def truncate(self, dimensions: int) -> StaticEncoder:
        """The encoder cut to the first dimensions. Raises ValueError if it has fewer."""
        if not 0 < dimensions <= self.dimensions:
            raise ValueError(f"dimensions must lie in 1..{self.dimensions}, not {dimensions}")
        codes = np.ascontiguousarray(self.codes_[:, :dimensions])
        return StaticEncoder.from_arrays({"vocabulary": self.vocabulary_, "codes": codes, "scales": self.scales_})

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of n texts, (n, d), of unit length; zeros for a text of stop words only."""
        return self.encode_tokens(tokenize(texts))

    def encode_tokens(self, tokens: Tokens) -> NDArray[np.float32]:
        """`encode` for tokenised and stemmed texts."""
        return self.encode_bags(bag(tokens, skip=STOP_TERMS))

    def encode_bags(self, bags: Bags) -> NDArray[np.float32]:
        """`encode` for bags of words."""
        rows = find_sorted(self.vocabulary_, bags.terms)
        unknown = np.flatnonzero(rows < 0)
        rows[unknown] = len(self.codes_) + np.arange(len(unknown))
        scales = np.full(len(rows), self._step)
        scales[rows < len(self.scales_)] = self.scales_[rows[rows < len(self.scales_)]]
        values = (np.log1p(bags.counts) * scales[bags.columns]).astype(np.float32)
        out = np.zeros((len(bags), self.dimensions), np.float32)
        own = own_directions(bags.terms[unknown], self.dimensions)
        arrays = bags.indptr, len(bags), rows[bags.columns], values
        _summed(*arrays, self.codes_, len(self.codes_), own, self.dimensions, out)
        return out

    @cached_property
    def _step(self) -> np.float32:
        """The scale of vectors from hashes: they get the median length of learned ones."""
        lengths = np.linalg.norm(self.weights(np.arange(0, len(self.codes_), 1 + len(self.codes_) // _SAMPLED)), axis=1)
        usual = float(np.median(lengths)) if len(lengths) else 1.0
        return np.float32(usual / np.sqrt(self.dimensions))

    @cached_property
    def lengths(self) -> NDArray[np.float32]:
        """The length of each word's learned vector, (v,): how telling the word is."""
        lengths = np.empty(len(self.codes_), np.float32)
        for start in range(0, len(lengths), _SAMPLED):
            rows = np.arange(start, min(start + _SAMPLED, len(lengths)))
            lengths[rows] = np.linalg.norm(self.weights(rows), axis=1)
        return lengths

    def weights(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The learned vectors of these rows of the vocabulary, (m, d)."""
        out = np.empty((len(rows), self.dimensions), np.float32)
        rows = np.ascontiguousarray(rows, np.int64)
        _decoded(self.codes_, self.scales_, len(self.codes_), rows, len(rows), self.dimensions, out)
        return out

    def vectors(self, terms: NDArray[np.uint64]) -> NDArray[np.float32]:
        """The vectors of any terms, learned or from their hashes, (m, d)."""
        at = find_sorted(self.vocabulary_, terms)
        known, vectors = at >= 0, np.empty((len(terms), self.dimensions), np.float32)
        vectors[known] = self.weights(at[known])
        vectors[~known] = self._step * own_directions(terms[~known], self.dimensions)
        return vectors

    def contributions(self, terms: NDArray[np.uint64], direction: NDArray[np.float32]) -> NDArray[np.float32]:
        """The inner product of each term's vector with `direction` (d,)."""
        return np.asarray(self.vectors(terms) @ direction, np.float32)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """The vocabulary and the learned vectors."""
        return {"vocabulary": self.vocabulary_, "codes": self.codes_, "scales": self.scales_}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> StaticEncoder:
        """Restore the encoder. Raises ValueError if the arrays do not fit together."""
        if missing := {"vocabulary", "codes", "scales"} - arrays.keys():
            raise ValueError(f"no {', '.join(sorted(missing))}")
        codes, vocabulary, scales = arrays["codes"], arrays["vocabulary"], arrays["scales"]
        has_shapes = (codes.ndim, vocabulary.ndim, scales.ndim) == (2, 1, 1) and codes.shape[-1] > 0
        if not has_shapes or codes.dtype != np.int8 or not len(codes) == len(vocabulary) == len(scales):
            raise ValueError("vocabulary, codes and scales do not fit together")
        if vocabulary.dtype != np.uint64 or (vocabulary[1:] <= vocabulary[:-1]).any() or not (scales >= 0).all():
            raise ValueError("vocabulary, codes and scales do not fit together: words out of order, or scales below 0")
        encoder = cls(dimensions=codes.shape[1])
        encoder.vocabulary_, encoder.codes_, encoder.scales_ = vocabulary, codes, scales
        return encoder
