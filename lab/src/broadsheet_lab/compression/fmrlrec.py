"""fMRLRec: one sequence recommender that holds a smaller one, which holds a smaller one, down to a few dimensions.

Problem: a phone, a laptop and a server want vectors of different lengths, and training one recommender for each costs
as many trainings. Idea: the weights are laid out so that outputs up to dimension m read only inputs up to m; the model
cut at m is then a model by itself, with vectors that are the first m numbers of the large one's. One training adds up
the losses of all sizes. Items enter by frozen features through a linear layer, sequences through a linear recurrence.

Wang, Yue, Zeng, Wang, McAuley: Train Once, Deploy Anywhere: Matryoshka Representation Learning for Multimodal
Recommendation. Findings of EMNLP 2024 (2409.16627), section 3.
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet_lab.compression._sequences import sequences_checked
from broadsheet_lab.compression.contract import Arrays, checked
from broadsheet_lab.kit.extras import with_extra
from broadsheet_lab.kit.precision import halves
from broadsheet_lab.training import Course, Epochs, Plan, train

__all__ = ["CARD", "FMRLRec"]

CARD = Card(
    title="Train Once, Deploy Anywhere: Matryoshka Representation Learning for Multimodal Recommendation",
    paper="2409.16627",
    year=2024,
    fidelity="reduced",
    solves="item and reader vectors that can be cut to any of several lengths after one training",
    when="one training is to serve vectors of several lengths; where one length is enough, neighbours and transitions"
    " counted from the same sequences are as good and need no training",
    costs="a minute of one core for 130,000 positions, 12,000 items and 3 lengths, each epoch",
    unused="neighbours and transitions counted from the same sequences find more",
    claims=(
        Claim("table 2", "Beauty, features of texts and images, 1,024 dimensions", "recall@10", 0.0939),
        Claim(
            "ours",
            "Beauty, 22,363 readers, 12,101 items, all ranked, 256 dimensions",
            "recall@10 over that of neighbours and transitions (ratio)",
            1.0,
            ours=True,
        ),
        Claim(
            "ours",
            "Beauty, 22,363 readers, 12,101 items, all ranked, 256 dimensions",
            "recall@10 kept when cut to 64 (ratio)",
            0.9,
            ours=True,
        ),
        Claim(
            "ours",
            "Beauty, 22,363 readers, 12,101 items, all ranked, 256 dimensions",
            "recall@10 cut to 64, over 64 trained alone (ratio)",
            0.95,
            ours=True,
        ),
    ),
    departures=(
        "items enter by their attributes and by who bought them: the texts and images are not in the data",
        "sequences lie one after the other without padding",
        "measured at 256 dimensions with three lengths, three epochs and the loss of a quarter of the positions, a"
        " processor's measure; the paper has 1,024 with eight, trained until validation gets no better",
    ),
    needs=("transformers",),
)

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def _layers() -> ModuleType:
    """The layers. Raises ImportError, saying what to install, without torch."""
    try:
        from broadsheet_lab.compression import _nested
    except ImportError:
        raise ImportError(f"fMRLRec needs torch: {with_extra('transformers')}") from None
    return _nested


class FMRLRec(Persistent):
    """`sizes` are the lengths vectors can be cut to; the last is the model's. The paper's are 8, 16, ..., 1024.

    Learns `weights_`: the projection of features and `blocks` blocks; `features_` are kept, `course_` tells how it was
    trained. Training takes `epochs` over the sequences, `batch` at a time, with the loss of a random `share` of their
    positions.

    >>> import numpy as np
    >>> from broadsheet_lab.compression.fmrlrec import FMRLRec
    >>> items, bounds = np.array([0, 1, 2, 1, 2, 3]), np.array([0, 3, 6])  # two readers, three items each
    >>> model = FMRLRec(sizes=(2, 4), epochs=2).fit(np.eye(4, dtype=np.float32), items, bounds)
    >>> model.items().shape, model.cut(2).encode(items, bounds).shape
    ((4, 4), (2, 2))
    """

    def __init__(
        self,
        *,
        sizes: tuple[int, ...] = (8, 16, 32, 64, 128, 256),
        blocks: int = 1,
        dropout: float = 0.6,
        rate: float = 1e-3,
        epochs: int = 10,
        batch: int = 64,
        share: float = 1.0,
        longest: int = 50,
        seed: int = 0,
    ) -> None:
        if (
            not sizes
            or sizes[0] < 2
            or (np.diff(sizes) < 2).any()
            or blocks < 1
            or not 0 <= dropout < 1
            or not 0 < share <= 1
        ):
            raise ValueError(
                f"sizes grow by 2 or more, at least a block, dropout below 1, a share of positions: {sizes}, {blocks},"
                f" {dropout}, {share}"
            )
        self.sizes = sizes
        self.blocks = blocks
        self.dropout = dropout
        self.rate = rate
        self.epochs = epochs
        self.batch = batch
        self.share = share
        self.longest = longest
        self.seed = seed
        self.weights_: dict[str, Floats] = {}
        self.features_ = np.empty((0, 0), np.float32)
        self.course_ = Course()

    def fit(
        self,
        features: Floats,
        items: NDArray[np.integer],
        bounds: NDArray[np.integer],
        *,
        kept: Path | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> FMRLRec:
        """Learn from sequences of items with features (n, f), the item after every position being what is wanted.

        `kept` is a file from which a training that was stopped goes on; `tell` hears of progress.
        """
        import torch

        self.features_ = checked(features, least=1, noun=("item", "items"))
        flat, ends = sequences_checked(items, bounds, len(self.features_))
        layers, rng = _layers(), np.random.default_rng(self.seed)
        self.weights_ = layers.drawn(self.features_.shape[1], self.sizes, self.blocks, rng)
        long = np.flatnonzero(np.diff(ends) >= 2)
        if not len(long) or not self.epochs:
            return self
        weights = {name: torch.nn.Parameter(torch.from_numpy(value)) for name, value in self.weights_.items()}
        known = torch.tensor(self.features_)
        size = min(self.batch, len(long))
        steps = self.epochs * (len(long) // size)
        plan = Plan(steps=steps, batch=size, rate=self.rate, seed=self.seed)
        batches = Epochs(len(long), lambda _, places: self._batch(flat, ends, long[places]))
        self.course_ = train(
            weights.values(), batches, lambda b: self._loss(weights, known, b), plan, kept=kept, tell=tell
        )
        self.weights_ = {name: value.detach().numpy() for name, value in self._masked(weights).items()}
        return self

    def _batch(self, flat: Ints, ends: Ints, chosen: Ints) -> tuple[Ints, Ints, Ints]:
        """What the chosen sequences give, what is wanted after each position, and their bounds."""
        parts = [flat[max(ends[s], ends[s + 1] - self.longest - 1) : ends[s + 1]] for s in chosen]
        given, wanted = np.concatenate([p[:-1] for p in parts]), np.concatenate([p[1:] for p in parts])
        return given, wanted, np.cumsum([0, *(len(p) - 1 for p in parts)])

    def _masked(self, weights: dict[str, Any]) -> dict[str, Any]:
        """The weights, the square ones without what their mask forbids."""
        import torch

        mask = torch.from_numpy(_layers().block_mask(self.sizes))
        square = {name for name in weights if "." in name and weights[name].shape[0] > 1}
        return {name: value * mask if name in square else value for name, value in weights.items()}

    def _loss(self, weights: dict[str, Any], known: Any, batch: tuple[Ints, Ints, Ints]) -> Any:
        """The nested loss of a batch over all items."""
        import torch

        layers, (given, wanted, bounds), half = _layers(), batch, halves()
        project = weights["project"].bfloat16() if half else weights["project"]
        items = (known.to(project.dtype) @ project).float() + weights["bias"]

        def drop(x: Any) -> Any:
            return torch.nn.functional.dropout(x, self.dropout)

        x = self._through(drop(items[torch.from_numpy(given)]), bounds, self._masked(weights), drop)
        labels = torch.from_numpy(wanted)
        if self.share < 1:
            some = torch.randperm(len(labels))[: max(1, round(self.share * len(labels)))]
            x, labels = x[some], labels[some]
        return layers.nested_loss(x, items, labels, self.sizes, half=half)

    def _through(self, x: Any, bounds: Ints, weights: dict[str, Any], drop: Callable[[Any], Any] = lambda x: x) -> Any:
        """Item vectors of sequences (positions, N) through all blocks."""
        layers = _layers()
        places = layers.places_of(bounds)
        for k in range(self.blocks):
            params = {name: weights[f"{name}.{k}"] for name in layers.block_shapes(self.sizes[-1])}
            x = layers.block(x, places, params, self.sizes, drop)
        return x

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
        import torch

        weights = {name: torch.from_numpy(np.require(value, requirements="W")) for name, value in self.weights_.items()}
        with torch.no_grad():
            x = self._through(torch.from_numpy(vectors[np.concatenate(parts)]), inner, weights)
        return np.asarray(x.numpy()[inner[1:] - 1])

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
        shapes = _layers().block_shapes(n)
        expected |= {f"{name}.{k}": shape for k in range(blocks) for name, shape in shapes.items()}
        if {name: value.shape for name, value in weights.items()} != expected:
            raise ValueError(f"weights of sizes {sizes} do not have the shapes of {blocks} blocks")
        made.features_, made.weights_ = features, weights
        return made
