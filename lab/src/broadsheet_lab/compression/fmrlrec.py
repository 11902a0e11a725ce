"""fMRLRec: one sequence recommender that holds a smaller one, which holds a smaller one, down to a few dimensions.

Problem: a phone, a laptop and a server want vectors of different lengths, and training one recommender for each costs
as many trainings. Idea: the weights are laid out so that outputs up to dimension m read only inputs up to m; the model
cut at m is then a model by itself, with vectors that are the first m numbers of the large one's. One training adds up
the losses of all sizes. Items enter by frozen features through a linear layer, sequences through a linear recurrence.

Wang, Yue, Zeng, Wang, McAuley: Train Once, Deploy Anywhere: Matryoshka Representation Learning for Multimodal
Recommendation. Findings of EMNLP 2024 (2409.16627), section 3.
"""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet_lab.compression._nested import (
    Back,
    Floats,
    Grads,
    Ints,
    block,
    block_mask,
    block_shapes,
    nested_softmax,
    sequences_checked,
)
from broadsheet_lab.compression.contract import Arrays, checked
from broadsheet_lab.kit.optim import AdamW

__all__ = ["CARD", "FMRLRec"]

CARD = Card(
    title="Train Once, Deploy Anywhere: Matryoshka Representation Learning for Multimodal Recommendation",
    paper="2409.16627",
    year=2024,
    solves="item and reader vectors that can be cut to any of several lengths after one training",
    claims=(
        Claim("table 2", "Beauty, features of texts and images, 1,024 dimensions", "recall@10", 0.0939),
        Claim("ours", "Beauty, 64 dimensions", "recall@10", 0.0734, ours=True),
        Claim("ours", "Beauty, 64 dimensions", "recall@10 kept when cut to 16 (ratio)", 0.9, ours=True),
        Claim(
            "ours",
            "Beauty, 64 dimensions",
            "recall@10 cut to 16, over 64 trained alone and cut (ratio)",
            1.2,
            ours=True,
        ),
        Claim("ours", "Beauty, 64 dimensions", "recall@10 cut to 16, over 16 trained alone (ratio)", 0.95, ours=True),
        Claim(
            "section 3",
            "sizes 8, 16, ..., 1024",
            "weights of a nested layer over those of a layer a size (ratio)",
            0.51,
        ),
    ),
    departures=(
        "any frozen features of items serve: what the paper takes from texts and images is not needed",
        "the loss is over the batch's items and others drawn at random, corrected by their chance, not over all items",
        "sequences lie one after the other without padding; the recurrence runs along them instead of by doubling",
        "64 dimensions and one block by default, a processor's measure",
    ),
)


_DECAY = 0.01  # of matrices, a step
_RADIUS = (0.0, 0.1)  # of |lambda| at the start


class FMRLRec(Persistent):
    """`sizes` are the lengths vectors can be cut to; the last is the model's. The paper's are 8, 16, ..., 1024.

    Learns `weights_`: the projection of features and `blocks` blocks; `features_` are kept.
    """

    def __init__(
        self,
        *,
        sizes: tuple[int, ...] = (8, 16, 32, 64),
        blocks: int = 1,
        dropout: float = 0.6,
        rate: float = 1e-3,
        epochs: int = 10,
        batch: int = 128,
        negatives: int = 512,
        longest: int = 50,
        seed: int = 0,
    ) -> None:
        if not sizes or sizes[0] < 2 or (np.diff(sizes) < 2).any() or blocks < 1 or not 0 <= dropout < 1:
            raise ValueError(
                f"sizes grow by 2 or more, at least a block, dropout below 1: {sizes}, {blocks}, {dropout}"
            )
        self.sizes = sizes
        self.blocks = blocks
        self.dropout = dropout
        self.rate = rate
        self.epochs = epochs
        self.batch = batch
        self.negatives = negatives
        self.longest = longest
        self.seed = seed
        self.weights_: dict[str, Floats] = {}
        self.features_ = np.empty((0, 0), np.float32)

    def fit(self, features: Floats, items: NDArray[np.integer], bounds: NDArray[np.integer]) -> FMRLRec:
        """Learn from sequences of items with features (n, f), the item after every position being what is wanted."""
        self.features_ = checked(features, least=1, noun=("item", "items"))
        flat, ends = sequences_checked(items, bounds, len(self.features_))
        rng = np.random.default_rng(self.seed)
        self.weights_ = self._drawn(self.features_.shape[1], rng)
        plain, decaying = AdamW(rate=self.rate), AdamW(rate=self.rate, decay=_DECAY)
        mask = block_mask(self.sizes)
        popular = np.bincount(flat, minlength=len(self.features_)) / max(1, len(flat))
        long = np.flatnonzero(np.diff(ends) >= 2)
        for _ in range(self.epochs):
            order = rng.permutation(long)
            for start in range(0, len(order), self.batch):
                grads = self._gradients(flat, ends, order[start : start + self.batch], popular, rng)[1]
                square = {name for name, g in grads.items() if name != "project" and g.shape[0] == g.shape[1]}
                masked = {name: np.asarray(g * mask if name in square else g, np.float32) for name, g in grads.items()}
                matrices = {name: masked.pop(name) for name in [*square, "project"]}
                decaying.step(self.weights_, matrices)
                plain.step(self.weights_, masked)
        return self

    def _drawn(self, wide: int, rng: np.random.Generator) -> dict[str, Floats]:
        """Normal matrices of size 1 / sqrt(inputs); lambda uniform on a ring; gamma = sqrt(1 - |lambda|^2)."""
        n, mask = self.sizes[-1], block_mask(self.sizes)
        found = {"project": rng.standard_normal((wide, n)) / wide**0.5, "bias": np.zeros((1, n))}
        for k in range(self.blocks):
            made = {name: np.zeros(shape) for name, shape in block_shapes(n).items()}
            for name, value in made.items():
                if len(value) == n:
                    made[name] = rng.standard_normal((n, n)) * mask / np.sqrt(mask.sum(axis=0))
            low, high = _RADIUS
            square = rng.uniform(low**2 + 1e-6, high**2, (1, n))  # |lambda|^2
            made["nu"] = np.log(-0.5 * np.log(square))
            made["theta"] = np.log(2 * np.pi * rng.uniform(1e-3, 1, (1, n)))
            made["gamma"] = 0.5 * np.log(1 - square)
            made["gain1"], made["gain2"] = np.ones((1, n)), np.ones((1, n))
            found.update({f"{name}.{k}": value for name, value in made.items()})
        return {name: value.astype(np.float32) for name, value in found.items()}

    def _gradients(
        self, flat: Ints, ends: Ints, chosen: Ints, popular: NDArray[np.float64], rng: np.random.Generator
    ) -> tuple[float, Grads]:
        """The loss of the chosen sequences and the gradients of all weights."""
        n = len(self.features_)
        parts = [flat[max(ends[s], ends[s + 1] - self.longest - 1) : ends[s + 1]] for s in chosen]
        given, wanted = np.concatenate([p[:-1] for p in parts]), np.concatenate([p[1:] for p in parts])
        bounds = np.cumsum([0, *(len(p) - 1 for p in parts)])
        drawn = rng.choice(n, min(self.negatives, n), replace=False)
        candidates = np.unique(np.concatenate([wanted, drawn]))
        # a candidate is wanted in the batch or drawn: 1 - (1 - p)^b (1 - K / n)
        missed = (1 - popular[candidates]) ** len(wanted) * (1 - len(drawn) / n)
        offsets = np.log(np.maximum(1 - missed, 1e-12)).astype(np.float32)
        seen = np.unique(np.concatenate([given, candidates]))
        e = self.features_[seen] @ self.weights_["project"] + self.weights_["bias"]  # (u, N)
        at, of = np.searchsorted(seen, given), np.searchsorted(seen, candidates)
        keep = [self._mask(e[at].shape, rng) for _ in range(1 + 2 * self.blocks)]
        x = e[at] * keep[0]
        layers: list[tuple[Back, Grads]] = []
        for k in range(self.blocks):
            grads: Grads = {}
            pair = keep[1 + 2 * k], keep[2 + 2 * k]
            x, back = block(x, bounds, self._block(k), self.sizes, grads, pair)
            layers.append((back, grads))
        loss, g, by_items = nested_softmax(x, e[of], np.searchsorted(candidates, wanted), offsets, self.sizes)
        found: Grads = {}
        for k in range(self.blocks - 1, -1, -1):
            g = layers[k][0](g)
            found.update({f"{name}.{k}": value for name, value in layers[k][1].items()})
        by_e = np.zeros_like(e)
        by_e[of] = by_items
        np.add.at(by_e, at, g * keep[0])
        return loss, {"project": self.features_[seen].T @ by_e, "bias": by_e.sum(axis=0, keepdims=True), **found}

    def _mask(self, shape: tuple[int, ...], rng: np.random.Generator) -> Floats:
        kept = rng.random(shape, np.float32) >= self.dropout
        return np.asarray(kept / np.float32(1 - self.dropout), np.float32)

    def _block(self, k: int) -> dict[str, Floats]:
        return {name: self.weights_[f"{name}.{k}"] for name in block_shapes(self.sizes[-1])}

    def cut(self, size: int) -> FMRLRec:
        """The model of the first `size` dimensions alone. Raises ValueError for another size than `sizes`."""
        if size not in self.sizes:
            raise ValueError(f"a model of sizes {self.sizes} cannot be cut at {size}")
        small = FMRLRec(sizes=tuple(m for m in self.sizes if m <= size), blocks=self.blocks, longest=self.longest)
        small.features_ = self.features_
        for name, value in self.weights_.items():
            inputs = len(value) if name == "project" or len(value) == 1 else size
            small.weights_[name] = np.ascontiguousarray(value[:inputs, :size])
        return small

    def items(self) -> Floats:
        """The vectors of all items, (n, N)."""
        if not self.weights_:
            raise ValueError("nothing has been learned yet: call fit first")
        return np.asarray(self.features_ @ self.weights_["project"] + self.weights_["bias"])

    def encode(self, items: NDArray[np.integer], bounds: NDArray[np.integer]) -> Floats:
        """The vector of each sequence's reader, (b, N): what comes next has a high inner product with it."""
        vectors = self.items()
        flat, ends = sequences_checked(items, bounds, len(vectors))
        parts = [flat[max(a, b - self.longest) : b] for a, b in pairwise(ends)]
        if not parts:
            return np.empty((0, self.sizes[-1]), np.float32)
        inner = np.cumsum([0, *(len(part) for part in parts)])
        x = vectors[np.concatenate(parts)]
        for k in range(self.blocks):
            x = block(x, inner, self._block(k), self.sizes, {})[0]
        return np.asarray(x[inner[1:] - 1])

    def to_arrays(self) -> Arrays:
        """What was learned, the features, and the sizes and the longest sequence."""
        shape = {"sizes": np.array(self.sizes, np.int64), "longest": np.array([self.longest], np.int64)}
        return {"features": self.features_, **self.weights_, **shape}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> FMRLRec:
        """The model again. Raises ValueError if the arrays do not fit together."""
        weights = {k: v for k, v in arrays.items() if k not in ("features", "sizes", "longest")}
        features, blocks = arrays["features"], sum(name.startswith("nu.") for name in weights)
        if arrays["sizes"].ndim != 1 or arrays["longest"].shape != (1,) or features.ndim != 2:
            raise ValueError(
                f"sizes, longest, features have shapes {[arrays[k].shape for k in ('sizes', 'longest', 'features')]}"
            )
        sizes = tuple(int(m) for m in arrays["sizes"])
        made = cls(sizes=sizes, blocks=blocks, longest=int(arrays["longest"][0]))
        n = sizes[-1]
        expected = {"project": (features.shape[1], n), "bias": (1, n)}
        expected |= {f"{name}.{k}": shape for k in range(blocks) for name, shape in block_shapes(n).items()}
        if {name: value.shape for name, value in weights.items()} != expected:
            raise ValueError(f"weights of sizes {sizes} do not have the shapes of {blocks} blocks")
        made.features_, made.weights_ = features, weights
        return made
