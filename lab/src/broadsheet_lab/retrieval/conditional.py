"""GeneCIS: similar to a reference with respect to a condition that is stated in words.

Problem: two papers are alike in many ways, and only the reader knows which way is meant. Idea: a query is a reference
and a condition, its gallery holds one paper that is right under the condition and others that are right under another
one, so that neither the reference nor the condition finds it alone. A combiner learns from triples mined without
labels: two papers that share one thing and differ in another, the condition naming the one or the other.

Vaze, Carion, Misra: GeneCIS: A Benchmark for General Conditional Image Similarity. CVPR 2023 (2306.07969): sections 3
(galleries), 5 (mining, training). The combiner is that of Baldrati et al. (2203.16036).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.contrast import info_nce
from broadsheet.kit.unit import row_lengths, through_unit
from broadsheet_lab.retrieval._galleries import TASKS, Galleries, Mined, galleries, mined
from broadsheet_lab.retrieval._gradients import Weights, drawn
from broadsheet_lab.retrieval._mixers import Mixer

__all__ = ["CARD", "TASKS", "Combiner", "Galleries", "Mined", "combined", "galleries", "mined"]

CARD = Card(
    title="GeneCIS: A Benchmark for General Conditional Image Similarity",
    paper="2306.07969",
    year=2023,
    solves="papers similar in the respect that the reader states",
    claims=(
        Claim(
            "section 6",
            "papers.parquet, galleries of 15 by keywords, test half",
            "recall@1, mean of focus and change, combiner over the mean of reference and condition (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, galleries of 15 by keywords, test half",
            "recall@1, mean of focus and change, combiner over the better of reference and condition alone (ratio)",
            1.2,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, galleries of 15 by keywords, test half",
            "recall@1, mean of focus and change, combiner over itself with the conditions of other queries (ratio)",
            1.5,
            ours=True,
        ),
    ),
    departures=(
        "papers with their keywords stand for images with attributes and objects: two tasks instead of four",
        "triples are mined from keywords and their kinds instead of scene graphs and their concreteness",
        "vectors are frozen and only the combiner is trained, from the mean of both on, at a higher rate",
    ),
)


def combined(
    weights: Weights,
    papers: NDArray[np.float32],
    words: NDArray[np.float32],
    dropout: NDArray[np.float32] | None = None,
) -> tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]]:
    """The query before it is put to length, (n, d), and what its gradient needs.

    a = [ReLU(t W_t), ReLU(x W_x)];  lambda = sigmoid(ReLU(a W_l) w);  ReLU(a W_c) W_o + lambda t + (1 - lambda) x.
    `dropout` (n, 2p + 2h) multiplies the four hidden layers in training.
    """
    p, h = weights["words"].shape[1], weights["joint"].shape[1]
    keep = np.ones((1, 2 * p + 2 * h), np.float32) if dropout is None else dropout
    both = np.concatenate(
        [words @ weights["words"] + weights["words_bias"], papers @ weights["paper"] + weights["paper_bias"]], axis=1
    )
    both = np.maximum(both, 0) * keep[:, : 2 * p]  # (n, 2p)
    joint = np.maximum(both @ weights["joint"] + weights["joint_bias"], 0) * keep[:, 2 * p : 2 * p + h]  # (n, h)
    scale = np.maximum(both @ weights["scale"] + weights["scale_bias"], 0) * keep[:, 2 * p + h :]  # (n, h)
    share = 1 / (1 + np.exp(-(scale @ weights["share"] + weights["share_bias"])))  # (n, 1), lambda
    query = joint @ weights["output"] + weights["output_bias"] + share * words + (1 - share) * papers
    return query, {"keep": keep, "both": both, "joint": joint, "scale": scale, "share": share}


def _backward(
    weights: Weights,
    slope: NDArray[np.float32],
    way: Weights,
    papers: NDArray[np.float32],
    words: NDArray[np.float32],
) -> Weights:
    """The gradient at every weight from the one at the query before it is put to length, (n, d)."""
    p, h = weights["words"].shape[1], weights["joint"].shape[1]
    keep, both, share = way["keep"], way["both"], way["share"]
    at_share = (slope * (words - papers)).sum(axis=1, keepdims=True) * share * (1 - share)
    joint = (slope @ weights["output"].T) * keep[:, 2 * p : 2 * p + h] * (way["joint"] > 0)
    scale = (at_share @ weights["share"].T) * keep[:, 2 * p + h :] * (way["scale"] > 0)
    below = (joint @ weights["joint"].T + scale @ weights["scale"].T) * keep[:, : 2 * p] * (both > 0)
    inputs = {
        "words": (words, below[:, :p]),
        "paper": (papers, below[:, p:]),
        "joint": (both, joint),
        "scale": (both, scale),
        "share": (way["scale"], at_share),
        "output": (way["joint"], slope),
    }
    gradients = {name: above.T @ after for name, (above, after) in inputs.items()}
    return gradients | {f"{name}_bias": after.sum(axis=0) for name, (_, after) in inputs.items()}


class Combiner(Mixer):
    """Combines a reference's vector and a condition's into the vector to search for.

    `sharpness` multiplies cosines in the loss. Learns `weights_`.
    """

    def __init__(
        self,
        *,
        projection: int = 256,
        hidden: int = 512,
        sharpness: float = 100.0,
        dropout: float = 0.5,
        epochs: int = 6,
        batch: int = 256,
        rate: float = 1e-4,
        decay: float = 0.01,
        seed: int = 0,
    ) -> None:
        if projection < 1 or hidden < 1 or batch < 2 or not 0 <= dropout < 1:
            raise ValueError(
                f"layers of 1, a batch of 2, dropout in 0..1, not {projection}, {hidden}, {batch}, {dropout}"
            )
        super().__init__(epochs=epochs, batch=batch, rate=rate, decay=decay, seed=seed)
        self.projection = projection
        self.hidden = hidden
        self.sharpness = sharpness
        self.dropout = dropout

    def _start(self, rng: np.random.Generator, d: int) -> Weights:
        p, h = self.projection, self.hidden
        sizes = {
            "words": (d, p),
            "paper": (d, p),
            "joint": (2 * p, h),
            "scale": (2 * p, h),
            "share": (h, 1),
            "output": (h, d),
        }
        weights = {name: drawn(rng, *size) for name, size in sizes.items()}
        weights["share"][:], weights["output"][:] = 0, 0
        return weights | {f"{name}_bias": np.zeros(size[1], np.float32) for name, size in sizes.items()}

    def _gradient(
        self, x: NDArray[np.float32], t: NDArray[np.float32], f: NDArray[np.float32], keep: NDArray[np.float32]
    ) -> tuple[float, Weights]:
        query, way = combined(self.weights_, x, t, keep)
        lengths = row_lengths(query)
        units = query / lengths
        sharp = np.float32(self.sharpness)
        loss, slope, _ = info_nce(units * sharp, f)
        return loss, _backward(self.weights_, through_unit(slope * sharp, units, lengths), way, x, t)

    def _slopes(
        self,
        x: NDArray[np.float32],
        t: NDArray[np.float32],
        f: NDArray[np.float32],
        epoch: int,  # noqa: ARG002  all are alike
        rng: np.random.Generator,
    ) -> Weights:
        drop = rng.random((len(x), 2 * self.projection + 2 * self.hidden)) >= self.dropout
        return self._gradient(x, t, f, drop.astype(np.float32) / np.float32(1 - self.dropout))[1]

    def _queries(self, x: NDArray[np.float32], t: NDArray[np.float32]) -> NDArray[np.float32]:
        return combined(self.weights_, x, t)[0]

    @property
    def _dimensions(self) -> int:
        return len(self.weights_["paper"])

    @classmethod
    def _sized(cls, arrays: Weights) -> tuple[Combiner, int]:
        p, h, d = (max(1, len(arrays.get(f"{name}_bias", ()))) for name in ("words", "joint", "output"))
        return cls(projection=p, hidden=h), d
