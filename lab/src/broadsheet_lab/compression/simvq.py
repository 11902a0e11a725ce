"""SimVQ: one linear layer moves all codewords of a codebook at once, against its collapse.

Problem: one codeword for a whole vector (a semantic id, a coarse cell) is learned by gradient descent, and each step
moves only the codewords that were chosen; the others fall behind and are never chosen. Idea: draw the codewords at
random and freeze them; learn a linear layer that maps all of them, so that the effective codewords all move whenever
any is used. It costs nothing afterwards: the mapped codebook is an ordinary one.

Zhu, Li, Xin, Xia, Xu: Addressing Representation Collapse in Vector Quantized Models with One Linear Layer, 2024.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet_lab.compression.contract import QUERY, Arrays, Codes, checked
from broadsheet_lab.kit.batches import shuffled_batches
from broadsheet_lab.kit.kmeans import nearest
from broadsheet_lab.kit.optim import AdamW
from broadsheet_lab.kit.products import by_rows

__all__ = ["CARD", "Codebook", "Linear", "SimVQ", "Words"]

CARD = Card(
    title="Addressing Representation Collapse in Vector Quantized Models with One Linear Layer",
    paper="2411.02038",
    year=2024,
    solves="one codeword a vector from a large codebook: semantic ids, coarse cells",
    claims=(
        Claim("experiments", "ImageNet 128x128, 65,536 codewords", "codebook use", 1.0),
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, 256-d vectors of the shipped encoder, 2,048 codewords, no queries",
            "share of the codewords that some paper uses",
            0.99,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, 256-d vectors of the shipped encoder, 2,048 codewords, no queries",
            "share of the codewords used, above codewords learned directly",
            0.3,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, 256-d vectors of the shipped encoder, 2,048 codewords, no queries",
            "squared error over codewords that start as encoded vectors, dead ones replaced (ratio)",
            1.0,
            ours=True,
        ),
    ),
    fidelity="reduced",
    when="one whole vector becomes one of thousands of ids that are learned together with what reads them; where"
    " dead codewords can be replaced in training, that uses more of them and errs less",
    costs="a quarter of a minute for 2,048 codewords and 87,366 vectors",
    unused="nothing in the product needs ids of vectors",
    departures=(
        "encoder and decoder are one linear layer each: what is compressed are vectors, not images",
        "the codewords left over, two in a hundred, are the longest: one linear map gives all of them one spread, wider"
        " at its ends than that of encoded vectors",
        "the learning rate is ten times the paper's: thousands of steps, not hundreds of thousands",
    ),
)

Floats = NDArray[np.float32]
Words = Literal["mapped", "direct", "encoded", "revived"]
_BETAS = (0.5, 0.9)  # of Adam, as in the paper


@dataclass(slots=True)
class Linear:
    """x W' + b with W (out, in) and b (out,), moved by Adam."""

    w: Floats
    b: Floats
    optimiser: AdamW = field(default_factory=lambda: AdamW(rate=0.0, betas=_BETAS))

    @classmethod
    def drawn(cls, wide: int, out: int, rng: np.random.Generator) -> Linear:
        """Uniform within 1 / sqrt(wide)."""
        bound = wide**-0.5
        return cls(
            rng.uniform(-bound, bound, (out, wide)).astype(np.float32),
            rng.uniform(-bound, bound, out).astype(np.float32),
        )

    def __call__(self, x: Floats) -> Floats:
        """(n, out) for x (n, in)."""
        return np.asarray(x @ self.w.T + self.b)

    def step(self, x: Floats, gradient: Floats, rate: float) -> None:
        """One step of Adam, given what went in (n, in) and the gradient of what came out (n, out)."""
        self.optimiser.rate = rate
        self.optimiser.step({"w": self.w, "b": self.b}, {"w": gradient.T @ x, "b": gradient.sum(axis=0)})


class SimVQ(Persistent):
    """`codewords` for whole vectors in `latent` dimensions, learned through one linear layer (`words="mapped"`).

    The rivals learn the codewords themselves: "direct" from within 1 / K of zero, as is usual, "encoded" from the first
    codes of vectors, "revived" as that, and after every epoch a codeword that no vector chose becomes one's code.

    >>> import numpy as np
    >>> from broadsheet_lab.compression.simvq import SimVQ
    >>> x = np.random.default_rng(0).standard_normal((200, 16)).astype(np.float32)
    >>> SimVQ(codewords=32, latent=8, epochs=2).fit(x).encode(x).bytes_per_vector
    2

    Learns the encoder (`encoder_w_`, `encoder_b_`), the effective codewords `codebook_` (K, latent) and what each
    decodes to, `decoded_` (K, d). Codes hold `word` (n,) in 16 or 32 bits.
    """

    def __init__(
        self,
        *,
        codewords: int = 2048,
        latent: int = 64,
        epochs: int = 30,
        batch: int = 256,
        rate: float = 1e-3,
        commitment: float = 0.25,
        words: Words = "mapped",
        sample: int = 20_000,
        seed: int = 0,
    ) -> None:
        if codewords < 2 or batch < 1 or latent < 1:
            raise ValueError(f"at least 2 codewords, 1 dimension and batches of 1, not {codewords}, {latent}, {batch}")
        if words not in get_args(Words):
            raise ValueError(f"no codewords {words!r}: {', '.join(get_args(Words))}")
        self.codewords = codewords
        self.latent = latent
        self.epochs = epochs
        self.batch = batch
        self.rate = rate
        self.commitment = commitment  # the paper's beta
        self.words: Words = words
        self.sample = sample
        self.seed = seed
        self._forget()

    def _forget(self) -> None:
        self.encoder_w_, self.encoder_b_ = np.empty((self.latent, 0), np.float32), np.empty(self.latent, np.float32)
        self.codebook_ = np.empty((self.codewords, self.latent), np.float32)
        self.decoded_ = np.empty((self.codewords, 0), np.float32)

    @property
    def dimensions(self) -> int:
        """The length of the vectors it was fitted on; 0 before."""
        return self.decoded_.shape[1]

    def fit(self, vectors: Floats) -> SimVQ:
        """Learn from at most `sample` of vectors (n, d), drawn by the seed; n >= 1.

        Vectors are divided by their root mean square length meanwhile, so that the rate fits vectors of any scale.
        """
        x = checked(vectors, least=1)
        rng = np.random.default_rng(self.seed)
        if len(x) > self.sample:
            x = x[np.sort(rng.choice(len(x), self.sample, replace=False))]
        length = np.float32(np.sqrt(np.square(x, dtype=np.float64).sum(axis=1).mean()) or 1.0)
        encoder, decoder = Linear.drawn(x.shape[1], self.latent, rng), Linear.drawn(self.latent, x.shape[1], rng)
        book = self._book(encoder, x / length, rng)
        chosen = np.zeros(self.codewords, np.bool_)
        each = -(-len(x) // self.batch)  # steps an epoch
        for step, at in enumerate(shuffled_batches(len(x), self.batch, self.epochs, rng), 1):
            chosen[self._step(x[at] / length, encoder, book, decoder)] = True
            if step % each == 0 and self.words == "revived" and step < each * self.epochs:
                book.revive(~chosen, encoder(x[rng.choice(len(x), self.codewords)] / length))
                chosen[:] = False
        self.encoder_w_, self.encoder_b_ = encoder.w / length, encoder.b
        self.codebook_ = book.effective()
        self.decoded_ = decoder(self.codebook_) * length
        return self

    def _book(self, encoder: Linear, x: Floats, rng: np.random.Generator) -> Codebook:
        """The codewords to start with: C ~ N(0, 1 / latent), frozen and mapped, or what is learned itself."""
        shape = (self.codewords, self.latent)
        if self.words == "mapped":
            words = rng.standard_normal(shape) / np.sqrt(self.latent)
            return Codebook(words.astype(np.float32), Linear.drawn(self.latent, self.latent, rng))
        if self.words == "direct":
            return Codebook((rng.uniform(-1, 1, shape) / self.codewords).astype(np.float32), None)
        return Codebook(encoder(x[rng.choice(len(x), self.codewords, replace=len(x) < self.codewords)]), None)

    def _step(self, x: Floats, encoder: Linear, book: Codebook, decoder: Linear) -> NDArray[np.int64]:
        """One batch: || D(z_q) - x ||^2 + || z_q - sg z ||^2 + beta || z - sg z_q ||^2, D's gradient straight to z.

        The codewords chosen, (n,).
        """
        share = np.float32(2 / len(x))
        z = encoder(x)  # (n, latent)
        effective = book.effective()
        codes = nearest(z, effective)[0]
        chosen = effective[codes]
        by_output = share * (decoder(chosen) - x)
        by_z = by_output @ decoder.w + np.float32(self.commitment) * share * (z - chosen)
        decoder.step(chosen, by_output, self.rate)
        book.step(codes, share * (chosen - z), self.rate)
        encoder.step(x, by_z, self.rate)
        return codes

    def encode(self, vectors: Floats) -> Codes:
        """The codeword nearest to each encoded vector of (n, d)."""
        x = checked(vectors, dimensions=self.dimensions)
        codes = nearest(by_rows(x, self.encoder_w_.T) + self.encoder_b_, self.codebook_)[0]
        return Codes({"word": codes.astype(np.uint16 if self.codewords <= 65_536 else np.uint32)})

    def decode(self, codes: Codes) -> Floats:
        """What their codewords decode to, (n, d)."""
        return np.asarray(self.decoded_[codes.fields["word"]])

    def scores(self, queries: Floats, codes: Codes) -> Floats:
        """Inner products of queries (m, d) with what n codes decode to, (m, n)."""
        q = checked(queries, dimensions=self.dimensions, noun=QUERY)
        return np.asarray((q @ self.decoded_.T)[:, codes.fields["word"]])

    def to_arrays(self) -> Arrays:
        """What was learned: the frozen codewords and the layer are needed no more."""
        names = ("codebook", "decoded", "encoder_w", "encoder_b")
        return {name: getattr(self, f"{name}_") for name in names}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> SimVQ:
        """The method again. Raises ValueError if the arrays do not fit together."""
        book, decoded, w, b = (arrays[name] for name in ("codebook", "decoded", "encoder_w", "encoder_b"))
        if book.ndim != 2 or decoded.shape != (len(book), w.shape[-1]) or not w.shape[:1] == b.shape == book.shape[1:]:
            raise ValueError(
                f"codewords, decoded, encoder have shapes {book.shape}, {decoded.shape}, {w.shape}, {b.shape}"
            )
        method = cls(codewords=book.shape[0], latent=book.shape[1])
        method.codebook_, method.decoded_, method.encoder_w_, method.encoder_b_ = book, decoded, w, b
        return method


class Codebook:
    """Codewords (K, latent): mapped by `layer` and frozen themselves, or without one learned directly."""

    def __init__(self, words: Floats, layer: Linear | None) -> None:
        self.words = words
        self.layer = layer
        self._optimiser = AdamW(rate=0.0, betas=_BETAS)

    def effective(self) -> Floats:
        """E = C W' + b, or C."""
        return self.words.copy() if self.layer is None else self.layer(self.words)

    def step(self, codes: NDArray[np.int64], gradient: Floats, rate: float) -> None:
        """One step, given which codewords were chosen (n,) and the gradient of each choice (n, latent)."""
        if self.layer is not None:
            self.layer.step(self.words[codes], gradient, rate)
        else:
            total = np.zeros_like(self.words)
            np.add.at(total, codes, gradient)
            self._optimiser.rate = rate
            self._optimiser.step({"words": self.words}, {"words": total})

    def revive(self, dead: NDArray[np.bool_], drawn: Floats) -> None:
        """Put drawn codes of vectors (K, latent) where codewords are dead (K,)."""
        self.words[dead] = drawn[dead]
