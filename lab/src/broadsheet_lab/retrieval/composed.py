"""MGUR: a paper and a few words of feedback as one query, trained to expect more than one right answer.

Problem: "like this paper, but for speech" names neither a text nor a topic, and the one target a training triple has is
rarely the only good one. Idea: a small network mixes the vectors of the paper and of the words into a query that is
searched for like any other. Early in training the target is blurred by noise as wide as its own coordinates vary, which
lets its neighbours count as right; a schedule moves from that coarse, many-to-many loss to the fine, one-to-one loss.

Chen, Zheng, Ji, Qu, Chua: Composed Image Retrieval with Text Feedback via Multi-grained Uncertainty Regularization.
ICLR 2024 (2211.07394), section 3. The gated mixture follows Vo et al.: Composing Text and Image for Image Retrieval
(1812.07119), section 3.2.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.contrast import info_nce
from broadsheet.kit.unit import row_lengths, through_unit
from broadsheet_lab.retrieval._gradients import Weights, drawn
from broadsheet_lab.retrieval._mixers import Mixer

__all__ = ["CARD", "Composer", "augmented", "coarse_share", "mixed", "multi_grained"]

CARD = Card(
    title="Composed Image Retrieval with Text Feedback via Multi-grained Uncertainty Regularization",
    paper="2211.07394",
    year=2024,
    solves="one query from a paper and a sentence about what should be different",
    claims=(
        Claim(
            "section 4",
            "papers.parquet, paper and new keyword, test half",
            "recall@50 with the multi-grained loss over the one-to-one loss alone (points)",
            2.4,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, paper and new keyword, test half",
            "recall@10, trained query over the mean of paper and words (ratio)",
            1.1,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, paper and new keyword, test half",
            "recall@10 of the product's mixed ranking over the better of paper alone and words alone (ratio)",
            1.3,
            ours=True,
        ),
    ),
    departures=(
        "papers and keywords stand for images and captions: 2.4 points is the least of the paper's three gains",
        "targets are frozen vectors, so that any index of them serves; only the query's network is trained",
        "the query is a gated sum of both vectors plus a learned residual, not a change of inner feature maps",
        "Adam instead of SGD, as the network starts from nothing",
    ),
)


def augmented(
    targets: NDArray[np.float32], rng: np.random.Generator, *, alpha_scale: float = 1.0, beta_scale: float = 1.0
) -> NDArray[np.float32]:
    """Targets (n, d) blurred: alpha * (f - m) / s + beta, alpha ~ N(1, s), beta ~ N(m, s) per coordinate. Section 3.

    m and s are the mean and standard deviation of each target over its own coordinates.
    """
    mean = targets.mean(axis=1, keepdims=True)
    spread = targets.std(axis=1, ddof=1, keepdims=True)
    variance = np.square(targets - mean).mean(axis=1, keepdims=True)
    normal = (targets - mean) / np.sqrt(variance + 1e-5)  # instance normalisation
    alpha = alpha_scale * (1 + spread * rng.standard_normal(targets.shape))
    beta = beta_scale * (mean + spread * rng.standard_normal(targets.shape))
    return np.asarray(alpha * normal + beta, np.float32)


def coarse_share(epoch: int, epochs: int, pace: float = 1.0) -> float:
    """gamma = exp(-gamma_0 epoch / epochs): the weight of the coarse loss, 1 at first. Section 3; `pace` is gamma_0."""
    return float(np.exp(-pace * epoch / epochs))


def multi_grained(
    queries: NDArray[np.float32], targets: NDArray[np.float32], blurred: NDArray[np.float32], gamma: float
) -> tuple[float, NDArray[np.float32]]:
    """gamma L_u + (1 - gamma) InfoNCE and its gradient at the queries, all (n, d). Section 3.

    L_u = (exp(-s) InfoNCE(query, blurred) + s) / 2 with s the standard deviation of all of `blurred`.
    """
    fine, slope, _ = info_nce(queries, targets)
    if gamma == 0:
        return fine, slope
    s = float(blurred.std(ddof=1))
    coarse, coarse_slope, _ = info_nce(queries, blurred)
    certainty = float(np.exp(-s))
    loss = gamma * (certainty * coarse + s) / 2 + (1 - gamma) * fine
    slope = np.float32(gamma * certainty / 2) * coarse_slope + np.float32(1 - gamma) * slope
    return loss, np.asarray(slope, np.float32)


def mixed(
    weights: Weights, papers: NDArray[np.float32], words: NDArray[np.float32]
) -> tuple[NDArray[np.float32], dict[str, NDArray[np.float32]]]:
    """The query before it is put to length, (n, d), and what the gradient needs of the way there.

    h = ReLU([x t] W_1 + b_1);  g = sigmoid(h W_g + b_g);  g x + (1 - g) t + h W_r + b_r.
    """
    both = np.concatenate([papers, words], axis=1)  # (n, 2d)
    hidden = np.maximum(both @ weights["hidden"] + weights["hidden_bias"], 0)  # (n, h)
    gate = 1 / (1 + np.exp(-(hidden @ weights["gate"] + weights["gate_bias"])))  # (n, d)
    query = gate * papers + (1 - gate) * words + hidden @ weights["residual"] + weights["residual_bias"]
    return query, {"both": both, "hidden": hidden, "gate": gate}


def _backward(
    weights: Weights,
    slope: NDArray[np.float32],
    way: Mapping[str, NDArray[np.float32]],
    papers: NDArray[np.float32],
    words: NDArray[np.float32],
) -> Weights:
    """The gradient at every weight from the one at the mixed query, (n, d)."""
    gate = slope * (papers - words) * way["gate"] * (1 - way["gate"])
    hidden = (gate @ weights["gate"].T + slope @ weights["residual"].T) * (way["hidden"] > 0)
    return {
        "hidden": way["both"].T @ hidden,
        "hidden_bias": hidden.sum(axis=0),
        "gate": way["hidden"].T @ gate,
        "gate_bias": gate.sum(axis=0),
        "residual": way["hidden"].T @ slope,
        "residual_bias": slope.sum(axis=0),
    }


class Composer(Mixer):
    """Mixes a paper's vector and the words' vector into the vector to search for.

    `length` is that of all vectors in the loss (the paper's norm scale), `pace` its gamma_0; with `coarse=False` the
    loss is InfoNCE alone. Learns `weights_`.
    """

    def __init__(
        self,
        *,
        hidden: int = 256,
        length: float = 4.0,
        coarse: bool = True,
        pace: float = 1.0,
        epochs: int = 60,
        batch: int = 32,
        rate: float = 1e-3,
        decay: float = 0.0,
        seed: int = 0,
    ) -> None:
        if hidden < 1 or epochs < 1 or batch < 2 or length <= 0:
            raise ValueError(f"hidden, epochs, batch >= 2 and length > 0, not {hidden}, {epochs}, {batch}, {length}")
        super().__init__(epochs=epochs, batch=batch, rate=rate, decay=decay, seed=seed)
        self.hidden = hidden
        self.length = length
        self.coarse = coarse
        self.pace = pace

    def _start(self, rng: np.random.Generator, d: int) -> Weights:
        return {
            "hidden": drawn(rng, 2 * d, self.hidden),
            "hidden_bias": np.zeros(self.hidden, np.float32),
            "gate": np.zeros((self.hidden, d), np.float32),
            "gate_bias": np.zeros(d, np.float32),
            "residual": np.zeros((self.hidden, d), np.float32),
            "residual_bias": np.zeros(d, np.float32),
        }

    def _gradient(
        self,
        x: NDArray[np.float32],
        t: NDArray[np.float32],
        f: NDArray[np.float32],
        gamma: float,
        rng: np.random.Generator,
    ) -> tuple[float, Weights]:
        """The loss of one batch and its gradient; targets f (n, d) are at length already."""
        query, way = mixed(self.weights_, x, t)
        lengths = row_lengths(query)
        units = query / lengths
        blurred = augmented(f, rng) if gamma > 0 else f
        loss, slope = multi_grained(units * np.float32(self.length), f, blurred, gamma)
        slope = through_unit(slope * np.float32(self.length), units, lengths)
        return loss, _backward(self.weights_, slope, way, x, t)

    def _slopes(
        self,
        x: NDArray[np.float32],
        t: NDArray[np.float32],
        f: NDArray[np.float32],
        epoch: int,
        rng: np.random.Generator,
    ) -> Weights:
        gamma = coarse_share(epoch, self.epochs, self.pace) if self.coarse else 0.0
        return self._gradient(x, t, f * np.float32(self.length), gamma, rng)[1]

    def _queries(self, x: NDArray[np.float32], t: NDArray[np.float32]) -> NDArray[np.float32]:
        return mixed(self.weights_, x, t)[0]

    @property
    def _dimensions(self) -> int:
        return len(self.weights_["hidden"]) // 2

    @classmethod
    def _sized(cls, arrays: Weights) -> tuple[Composer, int]:
        hidden, d = (max(1, len(arrays.get(f"{name}_bias", ()))) for name in ("hidden", "gate"))
        return cls(hidden=hidden), d
