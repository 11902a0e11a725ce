"""MoE: one encoder with an expert for each field, so that near means near by that field's own measure.

Problem: which papers belong together is told differently in each field, and one encoder tuned on all of them settles
between. Idea: copy the encoder's feed-forward block once for each field and send every text through the copy of the
field it is known to be from; the copies start alike and part as each is tuned, contrastively, on its own field's
pairs. One block copied gives most of what copying all of them does, and only one copy is ever run.

Hallee, Kapur, Patel, Gleghorn, Khomtchouk: Contrastive Learning and Mixture of Experts Enables Precise Vector
Embeddings. 2024 (2401.15713).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtr

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.contrast import info_nce
from broadsheet.kit.persistence import Persistent
from broadsheet.kit.unit import row_lengths, through_unit, unit_rows
from broadsheet_lab.kit.batches import shuffled_batches
from broadsheet_lab.kit.optim import AdamW

__all__ = ["CARD", "MixtureOfExperts", "adapted", "adapted_backward", "gelu", "gelu_slope"]

CARD = Card(
    title="Contrastive Learning and Mixture of Experts Enables Precise Vector Embeddings",
    paper="2401.15713",
    year=2024,
    solves="papers that belong together, judged by the measure of their field",
    claims=(
        Claim("results", "co-cited papers of five biomedical fields", "F1 at the best threshold", 0.8875),
        Claim(
            "ours",
            "papers.parquet, 12,000 papers, pairs with shared keywords in one field, test half",
            "F1, experts by field over one adapter for all (ratio)",
            1.01,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 12,000 papers, pairs with shared keywords in one field, test half",
            "F1, experts by field over the frozen encoder (ratio)",
            1.05,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 12,000 papers, pairs with shared keywords in one field, test half",
            "F1, experts by field over one field's expert for all (ratio)",
            1.05,
            ours=True,
        ),
    ),
    departures=(
        "an expert is a residual feed-forward block behind a frozen encoder, not one inside each of its layers",
        "no token for the field is put before the text: the first bias of an expert says the same",
        "experts may be trained as one for some epochs before they part, in place of a pre-trained block to copy",
    ),
)

Weights = Mapping[str, NDArray[np.float32]]

_SHAPES = {"in": 2, "in_bias": 1, "out": 2, "out_bias": 1}  # of one expert: (d, h), (h,), (h, d), (d,)


def gelu(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """x Phi(x), the activation of a transformer's feed-forward block."""
    return np.asarray(x * ndtr(x), np.float32)


def gelu_slope(x: NDArray[np.float32]) -> NDArray[np.float32]:
    """Phi(x) + x phi(x)."""
    return np.asarray(ndtr(x) + x * np.exp(-x * x / 2) / np.sqrt(2 * np.pi), np.float32)


def adapted(x: NDArray[np.float32], expert: Weights) -> NDArray[np.float32]:
    """(x + gelu(x W1 + b1) W2 + b2), scaled to unit length, of x (n, d)."""
    y = x + gelu(x @ expert["in"] + expert["in_bias"]) @ expert["out"] + expert["out_bias"]
    return unit_rows(y)


def adapted_backward(
    x: NDArray[np.float32], expert: Weights, slope: NDArray[np.float32]
) -> dict[str, NDArray[np.float32]]:
    """The gradients of an expert's weights, from the gradient by `adapted(x, expert)`, both (n, d)."""
    inner = x @ expert["in"] + expert["in_bias"]  # (n, h)
    lit = gelu(inner)
    y = x + lit @ expert["out"] + expert["out_bias"]
    lengths = row_lengths(y)
    by_y = through_unit(slope, y / lengths, lengths)
    by_inner = (by_y @ expert["out"].T) * gelu_slope(inner)
    return {"in": x.T @ by_inner, "in_bias": by_inner.sum(axis=0), "out": lit.T @ by_y, "out_bias": by_y.sum(axis=0)}


class MixtureOfExperts(Persistent):
    """An adapter of `hidden` units for each field, behind frozen vectors; a text goes through that of its field.

    The experts are one for `together` epochs and each on its own for `apart` more; with `apart=0` they are a single
    adapter. `scale` multiplies cosines in the loss. Learns `fields_` and `experts_`, arrays with one expert a row.
    """

    def __init__(
        self,
        *,
        hidden: int = 256,
        together: int = 1,
        apart: int = 1,
        batch: int = 32,
        rate: float = 1e-3,
        scale: float = 20.0,
        seed: int = 0,
    ) -> None:
        if hidden < 1 or batch < 2:
            raise ValueError(f"at least 1 hidden unit and 2 pairs a batch, not {hidden} and {batch}")
        self.hidden = hidden
        self.together = together
        self.apart = apart
        self.batch = batch
        self.rate = rate
        self.scale = scale
        self.seed = seed
        self.fields_: NDArray[np.str_] = np.empty(0, np.str_)  # (e,) ascending
        self.experts_: dict[str, NDArray[np.float32]] = {}  # (e, d, h), (e, h), (e, h, d), (e, d)

    def fit(
        self, first: NDArray[np.float32], second: NDArray[np.float32], fields: NDArray[np.str_]
    ) -> MixtureOfExperts:
        """Learn from pairs that belong together: vectors (m, d) twice, and the field (m,) of each pair.

        Raises ValueError for what is empty or not aligned.
        """
        if first.shape != second.shape or first.ndim != 2 or len(first) != len(fields) or not len(first):
            raise ValueError(f"first {first.shape}, second {second.shape} and {len(fields)} fields: aligned, not empty")
        rng = np.random.default_rng(self.seed)
        self.fields_, expert = np.unique(fields, return_inverse=True)
        d, h = first.shape[1], self.hidden
        one = {
            "in": rng.normal(0, d**-0.5, (d, h)).astype(np.float32),
            "in_bias": np.zeros(h, np.float32),
            "out": np.zeros((h, d), np.float32),  # it starts as what the frozen encoder says
            "out_bias": np.zeros(d, np.float32),
        }
        tied, optimiser = np.zeros(len(expert), np.int64), AdamW(rate=self.rate)
        for at in shuffled_batches(len(expert), self.batch, self.together, rng):
            self._step(first[at], second[at], tied[at], [one], [optimiser])
        self.experts_ = {name: np.repeat(value[None], len(self.fields_), axis=0) for name, value in one.items()}
        experts = [self._expert(e) for e in range(len(self.fields_))]
        optimisers = [AdamW(rate=self.rate) for _ in experts]
        for at in shuffled_batches(len(expert), self.batch, self.apart, rng):
            self._step(first[at], second[at], expert[at], experts, optimisers)
        return self

    def _expert(self, e: int) -> dict[str, NDArray[np.float32]]:
        """The weights of one expert, as views: what changes them changes the expert."""
        return {name: values[e] for name, values in self.experts_.items()}

    def _step(
        self,
        first: NDArray[np.float32],  # (b, d)
        second: NDArray[np.float32],  # (b, d)
        route: NDArray[np.int64],  # (b,)
        experts: Sequence[dict[str, NDArray[np.float32]]],
        optimisers: Sequence[AdamW],
    ) -> None:
        """Pairs of other fields are negatives too, through their own experts, which keeps cosines of one measure."""
        x = np.stack([first, second])  # (2, b, d)
        found = np.empty_like(x)
        used = np.unique(route)
        for e in used:
            rows = x[:, route == e]
            found[:, route == e] = adapted(rows.reshape(-1, x.shape[2]), experts[e]).reshape(rows.shape)
        _, *slopes = info_nce(found[0], found[1], temperature=1 / self.scale)
        slope = np.stack(slopes)
        for e in used:
            rows, pulled = (part[:, route == e].reshape(-1, x.shape[2]) for part in (x, slope))
            optimisers[e].step(experts[e], adapted_backward(rows, experts[e], pulled))

    def encode(self, vectors: NDArray[np.float32], fields: NDArray[np.str_]) -> NDArray[np.float32]:
        """Vectors (n, d) through the expert of the field (n,) of each, (n, d) of unit length.

        Raises ValueError for a field without an expert.
        """
        if len(vectors) != len(fields):
            raise ValueError(f"{len(vectors)} vectors and {len(fields)} fields")
        unknown = np.setdiff1d(fields, self.fields_)
        if len(unknown):
            raise ValueError(
                f"no expert for the field {str(unknown[0])!r}: there are {', '.join(self.fields_.tolist())}"
            )
        found = np.empty(vectors.shape, np.float32)
        for e, field in enumerate(self.fields_):
            rows = np.flatnonzero(fields == field)
            if len(rows):
                found[rows] = adapted(vectors[rows], self._expert(e))
        return found

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned."""
        return {"fields": self.fields_, **self.experts_}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> MixtureOfExperts:
        """The method again. Raises ValueError if the arrays do not fit together."""
        experts = {name: np.asarray(arrays[name], np.float32) for name in _SHAPES}
        e, d, h = experts["in"].shape if experts["in"].ndim == 3 else (0, 0, 0)
        wanted = {"in": (e, d, h), "in_bias": (e, h), "out": (e, h, d), "out_bias": (e, d)}
        shapes = {name: value.shape for name, value in experts.items()}
        if shapes != wanted or len(arrays["fields"]) != e or h < 1:
            raise ValueError(f"{len(arrays['fields'])} fields with experts of {shapes}: they do not fit together")
        method = cls(hidden=h)
        method.fields_, method.experts_ = np.asarray(arrays["fields"], np.str_), experts
        return method
