"""Metrix: learn which papers belong together from few examples, by mixing positives with negatives.

Problem: a similarity trained on few labelled groups fits those groups and little else. Idea: between a positive and a
negative of an anchor lie examples that are partly both; written with a label for every pair instead of every example, a
metric loss counts such a mixed example as positive by its share and as negative by the rest. The added term makes the
embedding space between the groups mean something, so that groups never seen are told apart better.

Venkataramanan, Psomas, Kijak, Amsaleg, Karantzalos, Avrithis: It Takes Two to Tango: Mixup for Deep Metric Learning.
ICLR 2022 (2106.04990), section 3. The losses are contrastive (Hadsell, Chopra, LeCun 2006) and multi-similarity (Wang
et al. 2019).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet.kit.unit import row_lengths, through_unit, unit_rows
from broadsheet_lab.kit.optim import AdamW

__all__ = ["CARD", "LOSSES", "Metrix", "clean_loss", "labelled_loss", "mixed_loss", "utilization"]

CARD = Card(
    title="It Takes Two to Tango: Mixup for Deep Metric Learning",
    paper="2106.04990",
    year=2022,
    solves="similarity learned from few labelled groups that holds for groups never seen",
    claims=(
        Claim(
            "section 4",
            "citeulike-t, LSA vectors to 64 dimensions, groups by tag, test groups",
            "Recall@1, multi-similarity with mixing over without (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "section 4",
            "citeulike-t, LSA vectors to 64 dimensions, groups by tag, test groups",
            "Recall@1, contrastive with mixing over without (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "section 4",
            "citeulike-t, LSA vectors to 64 dimensions, groups by tag, test groups",
            "utilization, multi-similarity with mixing over without (ratio)",
            1.0,
            ours=True,
        ),
    ),
    departures=(
        "a linear map of frozen vectors is learned instead of a convolutional network",
        "embeddings are mixed, as in Metrix/embed; features of a frozen encoder and inputs are not",
        "papers that share a tag are a group instead of images of a class",
    ),
)

Floats = NDArray[np.float64]
Loss = Literal["multi-similarity", "contrastive"]
LOSSES: tuple[Loss, ...] = ("multi-similarity", "contrastive")
_BETA, _GAMMA, _MIDDLE = 2.0, 50.0, 0.5  # multi-similarity, as its own authors set them
_MARGIN = 0.5  # contrastive


def labelled_loss(s: Floats, y: Floats, valid: NDArray[np.bool_], loss: Loss) -> tuple[Floats, Floats]:
    """sigma+(sum of y rho+(s)) + sigma-(sum of (1 - y) rho-(s)) for each anchor, (a,), and its slope in s.

    Similarities s (a, c) have labels y (a, c) from 0, negative, to 1, positive. Contrastive: rho+ = -s and
    rho- = [s - m]+, no sigma; multi-similarity: rho are exponentials, sigma logarithms.
    """
    positive, negative = valid * y, valid * (1 - y)
    if loss == "contrastive":
        above = np.maximum(s - _MARGIN, 0)
        values = (negative * above - positive * s).sum(axis=1)
        return values, negative * (s > _MARGIN) - positive
    near = positive * np.exp(-_BETA * (s - _MIDDLE))
    far = negative * np.exp(_GAMMA * (s - _MIDDLE))
    to_near, to_far = 1 + near.sum(axis=1, keepdims=True), 1 + far.sum(axis=1, keepdims=True)
    values = (np.log(to_near) / _BETA + np.log(to_far) / _GAMMA)[:, 0]
    return values, far / to_far - near / to_near


def clean_loss(z: Floats, labels: NDArray[np.int64], loss: Loss) -> tuple[float, Floats]:
    """The mean loss of every example of z (b, d), of unit length, among the others, and its gradient (b, d)."""
    valid = ~np.eye(len(z), dtype=np.bool_)
    values, slope = labelled_loss(z @ z.T, _same(labels).astype(np.float64), valid, loss)
    return float(values.mean()), (slope @ z + slope.T @ z) / len(z)


def mixed_loss(
    z: Floats, labels: NDArray[np.int64], share: float, hardest: int, loss: Loss, rng: np.random.Generator
) -> tuple[float, Floats]:
    """As `clean_loss`, each anchor against its positives mixed with its hardest negatives.

    v = share p + (1 - share) n, of unit length again, has the label `share`. Each of the `hardest` most similar
    negatives is mixed with a positive drawn for it.
    """
    same = _same(labels)
    s = z @ z.T
    negatives = np.argsort(np.where(same, np.inf, -s), axis=1, kind="stable")[:, :hardest]  # (b, k)
    valid: NDArray[np.bool_] = np.asarray(~np.take_along_axis(same, negatives, axis=1))
    chance = np.where(same & ~np.eye(len(z), dtype=np.bool_), 1.0, 0.0)
    valid &= np.asarray(chance.any(axis=1))[:, None]  # an anchor alone in its group has nothing to mix
    keys = np.where(chance[:, None] > 0, rng.random((len(z), negatives.shape[1], len(z))), -1.0)
    positives = keys.argmax(axis=2)  # (b, k)
    between = share * z[positives] + (1 - share) * z[negatives]  # (b, k, d)
    lengths = row_lengths(between)
    v = between / lengths
    values, slope = labelled_loss(np.einsum("bd,bkd->bk", z, v), np.full(valid.shape, share), valid, loss)
    slope = slope / len(z)
    gradient = np.einsum("bk,bkd->bd", slope, v)
    to_v = slope[:, :, None] * z[:, None]
    to_between = (to_v - v * np.sum(v * to_v, axis=2, keepdims=True)) / lengths
    np.add.at(gradient, positives, share * to_between)
    np.add.at(gradient, negatives, (1 - share) * to_between)
    return float(values.mean()), gradient


def utilization(queries: Floats, learned: Floats) -> float:
    """The mean squared distance of unit rows (q, d) to the nearest of (n, d): low where training has been."""
    return float(np.mean(2 - 2 * (queries @ learned.T).max(axis=1)))


def _same(labels: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Which two examples are of one group, (b, b)."""
    return np.asarray(np.equal.outer(labels, labels), np.bool_)


class Metrix(Persistent):
    """A linear map of vectors to `dimensions`, `weight_` (D, d), begun at their principal directions.

    `mixing` is the weight w of the mixed loss (0: none), `alpha` the parameter of the Beta distribution its shares are
    drawn from; a batch has `groups` groups with `each` examples.
    """

    def __init__(
        self,
        *,
        dimensions: int = 64,
        loss: Loss = "multi-similarity",
        mixing: float = 0.4,
        alpha: float = 2.0,
        batch: tuple[int, int] = (20, 5),
        hardest: int = 10,
        steps: int = 500,
        rate: float = 1e-3,
        seed: int = 0,
    ) -> None:
        if loss not in LOSSES:
            raise ValueError(f"the losses are {' and '.join(LOSSES)}, not {loss!r}")
        if min(dimensions, hardest, steps) < 1 or min(batch) < 2 or mixing < 0 or min(alpha, rate) <= 0:
            raise ValueError("dimensions, hardest, steps, alpha and rate are to be above zero, a batch at least 2 by 2")
        self.dimensions = dimensions
        self.loss: Loss = loss
        self.mixing = mixing
        self.alpha = alpha
        self.batch = batch
        self.hardest = hardest
        self.steps = steps
        self.rate = rate
        self.seed = seed
        self.weight_ = np.empty((0, dimensions), np.float32)
        self.losses_: tuple[float, ...] = ()

    def fit(self, vectors: NDArray[np.float32], labels: NDArray[np.int64]) -> Metrix:
        """Learn from vectors (n, D) and the group of each (n,). Raises ValueError unless two groups have two each."""
        x = np.asarray(vectors, np.float64)
        if x.ndim != 2 or labels.shape != (len(x),):
            raise ValueError(f"vectors of shape {x.shape} with labels of shape {labels.shape}")
        if not 1 <= self.dimensions <= x.shape[1]:
            raise ValueError(f"{self.dimensions} dimensions of vectors that have {x.shape[1]}")
        found, counts = np.unique(labels, return_counts=True)
        members = [np.flatnonzero(labels == group) for group in found[counts >= 2]]
        if len(members) < 2:
            raise ValueError(f"{len(members)} groups with two examples or more: at least two are needed")
        rng = np.random.default_rng(self.seed)
        weight = np.linalg.eigh(x.T @ x)[1][:, : -self.dimensions - 1 : -1].copy()  # (D, d)
        optimiser = AdamW(rate=self.rate)
        losses = []
        for rows in self._batches(members, rng):
            y = x[rows] @ weight
            lengths = row_lengths(y)
            z = y / lengths
            loss, gradient = self._loss(z, labels[rows], rng)
            optimiser.step({"weight": weight}, {"weight": x[rows].T @ through_unit(gradient, z, lengths)})
            losses.append(loss)
        self.weight_, self.losses_ = weight.astype(np.float32), tuple(losses)
        return self

    def _batches(self, members: list[NDArray[np.int64]], rng: np.random.Generator) -> Iterator[NDArray[np.int64]]:
        groups, each = self.batch
        for _ in range(self.steps):
            drawn = rng.choice(len(members), min(groups, len(members)), replace=False)
            yield np.concatenate([rng.permutation(members[g])[:each] for g in drawn])

    def _loss(self, z: Floats, labels: NDArray[np.int64], rng: np.random.Generator) -> tuple[float, Floats]:
        """The clean loss plus `mixing` times the mixed one, with one share a batch."""
        loss, gradient = clean_loss(z, labels, self.loss)
        if self.mixing:
            share = float(rng.beta(self.alpha, self.alpha))
            mixed, to_mixed = mixed_loss(z, labels, share, self.hardest, self.loss, rng)
            loss, gradient = loss + self.mixing * mixed, gradient + self.mixing * to_mixed
        return loss, gradient

    def encode(self, vectors: NDArray[np.float32]) -> NDArray[np.float32]:
        """Vectors (n, D) mapped to (n, d) of unit length; zeros stay zeros. Raises ValueError for another D."""
        if vectors.ndim != 2 or vectors.shape[1] != len(self.weight_):
            raise ValueError(f"vectors of shape {vectors.shape} for a map learned on {len(self.weight_)} dimensions")
        return np.asarray(unit_rows(np.asarray(vectors @ self.weight_, np.float64)), np.float32)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned."""
        return {"weight": self.weight_}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Metrix:
        """The map again. Raises ValueError if it is not a matrix."""
        if arrays["weight"].ndim != 2:
            raise ValueError(f"a map of shape {arrays['weight'].shape} instead of (D, d)")
        method = cls(dimensions=arrays["weight"].shape[1])
        method.weight_ = arrays["weight"]
        return method
