"""Binary paragraph vectors: short codes of documents, learned from their words alone.

Problem: a code of a few bytes by which a list of likely documents is found fast, learned without labels or a model to
download. Idea: a document's embedding must predict the n-grams drawn from it, but only through its bits: the sigmoid of
the embedding is rounded on the way forward and not on the way back. With a projection from a longer embedding to the
bits, the same training gives a real vector to order the list by; a new document's embedding is fitted with all else
fixed.

Grzegorczyk: Vector representations of text data in deep learning (1901.01695), the part on Binary and Real-Binary
PV-DBOW, also in Grzegorczyk, Kurdziel: Binary Paragraph Vectors. Repl4NLP 2017 (1611.01116). Paragraph vectors are
those of Le, Mikolov: Distributed Representations of Sentences and Documents (1405.4053).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import find_sorted
from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet.kit.text import STOP_TERMS, Tokens, concatenate_pairs, tokenize
from broadsheet_lab.encoders._binary_kernels import memory_epoch, paragraph_epoch

__all__ = ["CARD", "BinaryParagraphVectors", "n_grams"]

CARD = Card(
    title="Vector representations of text data in deep learning",
    paper="1901.01695",
    year=2019,
    fidelity="reduced",
    solves="short binary codes of documents learned from raw text",
    when="a code of a few bytes is wanted and no model may be downloaded; where one may, take its signs",
    costs="half a minute of one core for 4,000 papers and 128 bits; 10 ms to fit the code of a new text",
    unused="the product's vectors fit into memory, and are better",
    claims=(
        Claim(
            "ours",
            "papers.parquet, 4,315 papers with keywords, 439 unseen ones asking for those that share one, test half",
            "MAP of 128 bits over signs of LSA, 128 bits (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 4,315 papers with keywords, 439 unseen ones asking for those that share one, test half",
            "MAP of 128 bits over signs of MiniLM's vectors, 128 bits (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "table 1 of 1611.01116",
            "papers.parquet, 4,315 papers with keywords, 439 unseen ones asking for those that share one, test half",
            "MAP of 128 bits over 32 bits (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "section 2 of 1611.01116",
            "papers.parquet, 4,315 papers with keywords, 439 unseen ones asking for those that share one, test half",
            "MAP of 128 bits, bag of words over distributed memory (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 4,315 papers with keywords, 439 unseen ones asking for those that share one, test half",
            "nDCG@10 of 200 found by 32 bits, ordered by the real vector, over the real vector alone (ratio)",
            0.95,
            ours=True,
        ),
    ),
    departures=(
        "measured against signs of projections and of other vectors instead of semantic hashing's autoencoder",
        "n-grams are stemmed words and pairs of them, in groups drawn from one document a step; half of the bits are"
        " dropped instead of words",
        "the thesis's sense embeddings are another method and left out",
    ),
)

_PAIR = np.uint64(0x9E3779B97F4A7C15)  # sets the hash of a pair of words apart from those of the words
_TABLE = 1_000_000  # places the distribution of drawn n-grams is rounded to
_VOCABULARY = 50_000  # n-grams at most
_GROUP = 16  # n-grams a step
_WINDOW, _WIDTH = 5, 64  # of distributed memory: words on each side, and the length of their vectors
_BEGUN = 0.1  # the sum of squared gradients AdaGrad begins with


def n_grams(tokens: Tokens) -> Tokens:
    """The words of every text, then its pairs of adjacent words; neither has a stop word."""
    known = find_sorted(STOP_TERMS, tokens.terms) < 0
    whole = np.concatenate([[0], np.cumsum(known)])
    words = Tokens(tokens.terms[known], whole[tokens.bounds])
    inside = np.ones(max(len(tokens.terms) - 1, 0), np.bool_)
    ends = tokens.bounds[1:-1] - 1
    inside[ends[(ends >= 0) & (ends < len(inside))]] = False
    inside &= known[:-1] & known[1:]
    joined = (tokens.terms[:-1][inside] * _PAIR) ^ tokens.terms[1:][inside]
    before = np.concatenate([[0], np.cumsum(inside), [inside.sum()]])  # pairs that begin before a token
    return concatenate_pairs(words, Tokens(joined, before[tokens.bounds]))


class BinaryParagraphVectors(Persistent):
    """Codes of `bits`; with `real` above zero they are projected from vectors of that length (Real-Binary PV-DBOW).

    `model` "dm" predicts a word from the code and the words around it (distributed memory), "dbow" n-grams from the
    code alone. In a step each bit is dropped with the chance `dropout`: without it many bits learn a few papers by
    heart, and more bits find less.

    Learns `grams_` (v, bits + 1), the last the bias, for the n-grams `vocabulary_` (v,), `projection_` (bits, real) and
    `contexts_` (v, 64) for "dm". `codes_` (n, bits / 8) and `reals_` are those of the texts learned from; `losses_` has
    one value an epoch.

    >>> from broadsheet_lab.encoders.binary_pv import BinaryParagraphVectors
    >>> texts = ["a robot arm grasps cups", "cups on a robot arm", "parsing long sentences", "sentences and parsing"]
    >>> encoder = BinaryParagraphVectors(bits=16, least=2, epochs=3).fit(texts)
    >>> encoder.infer(["a cup and a robot"])[0].shape, encoder.encode(texts).shape
    ((1, 2), (4, 16))
    """

    def __init__(
        self,
        *,
        bits: int = 128,
        real: int = 0,
        model: Literal["dbow", "dm"] = "dbow",
        epochs: int = 10,
        rate: float = 0.1,
        dropout: float = 0.5,
        draws: int = 10,
        least: int = 5,
        seed: int = 0,
    ) -> None:
        if bits < 8 or bits % 8:
            raise ValueError(f"bits are to be a multiple of 8, not {bits}")
        if real < 0 or min(epochs, draws, least) < 1 or rate <= 0 or not 0 <= dropout < 1:
            raise ValueError("epochs, draws, least and rate are to be above zero, dropout below one")
        if model not in ("dbow", "dm") or (model == "dm" and real):
            raise ValueError(f"the models are dbow and dm, the latter without a projection, not {model!r} with {real}")
        self.bits = bits
        self.real = real
        self.model = model
        self.epochs = epochs
        self.rate = rate
        self.dropout = dropout
        self.draws = draws
        self.least = least
        self.seed = seed
        self.vocabulary_ = np.empty(0, np.uint64)
        self.noise_ = np.empty(0, np.float32)
        self.grams_ = np.empty((0, bits + 1), np.float32)
        self.projection_ = np.empty((0, real), np.float32)
        self.contexts_ = np.empty((0, 0), np.float32)
        self.codes_ = np.empty((0, bits // 8), np.uint8)
        self.reals_ = np.empty((0, real or bits), np.float32)
        self.losses_: tuple[float, ...] = ()

    @property
    def dimensions(self) -> int:
        """How many bits a code has."""
        return self.bits

    def _grams(self, texts: Sequence[str]) -> Tokens:
        """What is predicted: words and pairs of them, or only words, in the order of the text."""
        tokens = tokenize(texts)
        if self.model == "dbow":
            return n_grams(tokens)
        known = find_sorted(STOP_TERMS, tokens.terms) < 0
        return Tokens(tokens.terms[known], np.concatenate([[0], np.cumsum(known)])[tokens.bounds])

    def _start(self) -> NDArray[np.float32]:
        """Where every text's vector begins: bits that a text does not move are then the same in all."""
        return np.random.default_rng(self.seed).normal(0, 0.1, self.real or self.bits).astype(np.float32)

    def fit(self, texts: Sequence[str]) -> BinaryParagraphVectors:
        """Learn n-grams, projection and the texts' own codes together."""
        tokens = self._grams(texts)
        terms, counts = np.unique(tokens.terms, return_counts=True)
        kept = np.flatnonzero(counts >= self.least)
        kept = np.sort(kept[np.argsort(-counts[kept], kind="stable")[:_VOCABULARY]])
        self.vocabulary_ = terms[kept]
        shares = counts[kept] ** 0.75
        self.noise_ = (shares / shares.sum()).astype(np.float32)
        rng, wide = np.random.default_rng(self.seed), _WIDTH if self.model == "dm" else 0
        self.grams_ = rng.normal(0, 0.1, (len(kept), self.bits + wide + 1)).astype(np.float32)
        self.grams_[:, -1] = 0
        self.contexts_ = rng.normal(0, 0.1, (len(kept) if wide else 0, wide)).astype(np.float32)
        rows = self.bits if self.real else 0
        self.projection_ = rng.normal(0, (self.real or 1) ** -0.5, (rows, self.real)).astype(np.float32)
        self.reals_ = np.tile(self._start(), (len(texts), 1))
        self.losses_ = self._run(tokens, self.reals_, frozen=False)
        self.codes_ = np.packbits(self._soft(self.reals_) > 0, axis=1)
        return self

    def _run(self, tokens: Tokens, reals: NDArray[np.float32], *, frozen: bool) -> tuple[float, ...]:
        """Moves `reals` (n, .) and, unless frozen, what is learned; the mean loss of each epoch."""
        at = find_sorted(self.vocabulary_, tokens.terms)
        bounds = np.concatenate([[0], np.cumsum(at >= 0)])[tokens.bounds]
        slots = at[at >= 0].astype(np.int32)
        places = np.maximum(1, np.rint(self.noise_ * _TABLE)).astype(np.int64)
        noise = (np.repeat(np.arange(len(places), dtype=np.int32), places), np.log(self.draws * self.noise_))
        memory = self.model == "dm"
        between = self.contexts_ if memory else self.projection_
        learned, squares = (reals, between, self.grams_), (_begun(reals), _begun(between), _begun(self.grams_))
        losses = []
        for epoch in range(self.epochs):
            rng = np.random.default_rng((self.seed, epoch))
            order = np.arange(len(reals)) if frozen else rng.permutation(len(reals))
            dropout = 0.0 if frozen else self.dropout
            how = (self.rate, _GROUP, self.draws, frozen, self.seed * 1000 + epoch, dropout)
            if memory:
                losses.append(float(memory_epoch(slots, bounds, order, noise, *learned, squares, (*how, _WINDOW))))
            else:
                losses.append(float(paragraph_epoch(slots, bounds, order, noise, *learned, squares, how)))
        return tuple(losses)

    def _soft(self, reals: NDArray[np.float32]) -> NDArray[np.float32]:
        """What the sigmoid is taken of, (n, bits)."""
        return np.asarray(reals @ self.projection_.T) if self.real else reals

    def infer(self, texts: Sequence[str]) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """(codes (n, bits / 8), real vectors (n, real or bits)) of new texts, the n-grams fixed.

        They are the same alone or among other texts. A text without a known n-gram keeps the vector all begin with.
        """
        reals = np.tile(self._start(), (len(texts), 1))
        if len(texts) and len(self.vocabulary_):
            self._run(self._grams(texts), reals, frozen=True)
        return np.packbits(self._soft(reals) > 0, axis=1), reals

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """(n, bits) of +-1 / sqrt(bits), so that inner products are 1 - 2 / bits times the bits that differ.

        Zeros where no n-gram of a text is known.
        """
        codes = np.unpackbits(self.infer(texts)[0], axis=1).astype(np.float32)
        tokens = self._grams(texts)
        known = np.concatenate([[0], np.cumsum(find_sorted(self.vocabulary_, tokens.terms) >= 0)])[tokens.bounds]
        return np.asarray((2 * codes - 1) * (np.diff(known) > 0)[:, None] / np.sqrt(self.bits), np.float32)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What encoding a new text needs."""
        return {
            "vocabulary": self.vocabulary_,
            "noise": self.noise_,
            "grams": self.grams_,
            "projection": self.projection_,
            "contexts": self.contexts_,
            "how": np.array([self.epochs, self.draws, self.seed, self.rate, self.dropout]),
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> BinaryParagraphVectors:
        """The encoder again. Raises ValueError if the arrays do not fit together."""
        grams, projection, contexts, how = (arrays[name] for name in ("grams", "projection", "contexts", "how"))
        if grams.ndim != 2 or {len(grams), len(arrays["noise"])} != {len(arrays["vocabulary"])}:
            raise ValueError("vocabulary, noise and grams differ in length")
        wide = contexts.shape[-1]
        bits, real = grams.shape[1] - wide - 1, projection.shape[-1]
        if how.shape != (5,) or projection.shape != (bits if real else 0, real):
            raise ValueError(f"a projection of shape {projection.shape} for {bits} bits, with {how.shape} settings")
        if contexts.shape != (len(grams) if wide else 0, wide):
            raise ValueError(f"contexts of shape {contexts.shape} for {len(grams)} words")
        epochs, draws, seed = (int(value) for value in how[:3])
        encoder = cls(
            bits=bits,
            real=real,
            model="dm" if wide else "dbow",
            epochs=epochs,
            draws=draws,
            seed=seed,
            rate=float(how[3]),
            dropout=float(how[4]),
        )
        encoder.vocabulary_, encoder.noise_ = arrays["vocabulary"], arrays["noise"]
        # the kernel that trains also infers, and takes only arrays that can be written to: memory maps are copied once
        encoder.grams_, encoder.projection_, encoder.contexts_ = (
            np.require(array, requirements="W") for array in (grams, projection, contexts)
        )
        return encoder


def _begun(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """The summed squares of the gradients of x before the first."""
    return np.full(x.shape, _BEGUN, np.float32)
