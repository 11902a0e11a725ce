"""Aspects: one encoder for each aspect of a paper, so that near in task need not be near in method.

Problem: one embedding of a paper mixes what it is about, how it goes about it and what it is tried on; whoever asks for
papers that share one of these gets papers that share any. Idea: an encoder is specialised once for each aspect, on
pairs of papers known to share a value of it, with every other paper of the batch as a negative; a paper then has one
vector an aspect, in an index of its own. An encoder here is MiniLM with low-rank corrections of its upper layers.

Ostendorff, Blume, Ruas, Gipp, Rehm: Specialized Document Embeddings for Aspect-based Similarity of Research Papers.
JCDL 2022 (2203.14541), sections 3 and 4; the ranking loss is that of Henderson et al. (1705.00652).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet_lab.encoders._sharing import Sharing, Values, average_precisions
from broadsheet_lab.training import Course, Plan, train

if TYPE_CHECKING:
    from broadsheet_lab.networks import Network
    from broadsheet_lab.towers import Read, Tower

__all__ = ["CARD", "AspectEncoders", "Sharing", "average_precisions"]

CARD = Card(
    title="Specialized Document Embeddings for Aspect-based Similarity of Research Papers",
    paper="2203.14541",
    year=2022,
    solves="papers that share a task, a method or a data set, each asked for by itself",
    when="papers are labelled by aspect in the ten thousands and people ask for one of them; with few labels, MiniLM of"
    " longer texts, which reached 1.16 times as much",
    costs="half a minute of training an aspect for 40 steps; a run of MiniLM's upper layers for each aspect and text",
    unused="learned on 1,200 papers it finds no more than MiniLM (ratio 1.00); the product compares sentences on task,"
    " method and results instead",
    claims=(
        Claim("table 3", "Papers with Code, tasks", "MAP@10, specialised over generic SPECTER (ratio)", 4.2),
        Claim(
            "ours",
            "papers.parquet, 3,000 papers, masked names of tasks, test half",
            "MAP@10, its encoder over MiniLM (ratio)",
            1.3,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 3,000 papers, masked names of methods, test half",
            "MAP@10, its encoder over MiniLM (ratio)",
            1.3,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 3,000 papers, masked names of data sets, test half",
            "MAP@10, its encoder over MiniLM (ratio)",
            1.3,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 3,000 papers, masked names of all three, test half",
            "MAP@10, its encoder over one of all aspects (ratio)",
            1.05,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 3,000 papers, masked names of all three, test half",
            "MAP@10, its encoder over the better of the other two (ratio)",
            1.05,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 3,000 papers, masked names that were held out of training, test half",
            "MAP@10, its encoder over MiniLM (ratio)",
            1.1,
            ours=True,
        ),
    ),
    departures=(
        "what is specialised are low-rank corrections of MiniLM's upper layers (of the last where it is measured), in"
        " place of a whole SciBERT an aspect",
        "papers that share a value by chance are no negatives: the labels are known, so they are left out of the loss",
        "values come from lexicons matched in the texts, which are masked there, in place of a curated graph",
        "1,200 papers and 40 steps of 32 pairs of texts of 48 pieces, in place of 157,606 papers, three epochs and 336",
    ),
    builds_on=("minilm",),
    needs=("transformers",),
    fidelity="reduced",
)

Adapter = dict[str, NDArray[np.float32]]
_SETTINGS = ("rank", "upper", "tokens", "steps", "batch", "seed", "rate", "scale")


class AspectEncoders(Persistent):
    """An encoder an aspect: corrections of `rank` of the `upper` layers of MiniLM, or of `base`.

    Learned in `steps` of `batch` pairs of texts, cut to `tokens`; `scale` is the inverse of the loss's temperature.
    With papers to choose by, their MAP@10 is looked at after every third of the steps, and the best corrections are
    kept. Learns `adapters_`, aspect -> corrections by name, and keeps `courses_`, how training went.

    >>> from broadsheet_lab.encoders.aspects import AspectEncoders
    >>> from broadsheet_lab.networks import Network
    >>> texts = ["boats by search", "ships by proof", "bread by search", "loaves by proof"]
    >>> labels = {"task": [{"sea"}, {"sea"}, {"oven"}, {"oven"}], "method": [{"s"}, {"p"}, {"s"}, {"p"}]}
    >>> base = Network.small(texts, layers=2, rank=8)
    >>> method = AspectEncoders(base, upper=1, steps=20, batch=4, rate=0.02).fit(texts, labels)
    >>> task, by_method = (method.encode(texts, aspect) for aspect in labels)
    >>> [int((x @ x[0]).argsort()[-2]) for x in (task, by_method)]  # what is nearest to the first text
    [1, 2]
    """

    def __init__(
        self,
        base: Network | None = None,
        *,
        rank: int = 16,
        upper: int = 3,
        tokens: int = 64,
        steps: int = 400,
        batch: int = 32,
        rate: float = 1e-3,
        scale: float = 20.0,
        seed: int = 0,
    ) -> None:
        self.base = base
        self.rank = rank
        self.upper = upper
        self.tokens = tokens
        self.steps = steps
        self.batch = batch
        self.rate = rate
        self.scale = scale
        self.seed = seed
        self.adapters_: dict[str, Adapter] = {}
        self.courses_: dict[str, Course] = {}
        self._tower: Tower | None = None

    def tower(self) -> Tower:
        """The network that adapters are put into. Raises ImportError naming what to install."""
        from broadsheet_lab.networks import Network
        from broadsheet_lab.towers import Tower

        if self._tower is None:
            base = self.base or Network.minilm(tokens=self.tokens, rank=self.rank, seed=self.seed)
            if base.rank is None:
                raise ValueError("the base has no corrections to learn: make it with a rank")
            self._tower = Tower(base, lower=base.body.shape.layers - self.upper)
        return self._tower

    def fit(
        self,
        texts: Sequence[str] | Read,
        labels: Mapping[str, Values],
        *,
        choose: NDArray[np.bool_] | None = None,
        kept: Path | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> Self:
        """Learn an encoder for each aspect of `labels`, which holds the values of every text.

        Of the texts, those marked by `choose` (n,) are not learned from and say when to stop. `kept` is a folder for
        checkpoints. Raises ValueError if an aspect does not label every text or no two texts share a value of it.
        """
        for aspect, values in labels.items():
            if len(values) != len(texts):
                raise ValueError(f"{aspect}: {len(values)} papers are labelled, there are {len(texts)}")
        tower = self.tower()
        read = tower.read(list(texts)) if isinstance(texts, Sequence) else texts
        self.adapters_, self.courses_ = {}, {}
        start = self._worn()
        for aspect, values in labels.items():
            self._wear(start)
            path = kept / f"{aspect}-{self.seed}.pt" if kept else None
            self.courses_[aspect] = self._learn(read, values, choose, path, tell)
            self.adapters_[aspect] = self._worn()
        self._wear(start)
        return self

    def _learn(
        self,
        read: Read,
        values: Values,
        choose: NDArray[np.bool_] | None,
        kept: Path | None,
        tell: Callable[[str], None] | None,
    ) -> Course:
        from torch import Tensor, from_numpy

        from broadsheet_lab.losses import info_nce

        tower, choosing = self.tower(), np.zeros(len(read), np.bool_) if choose is None else choose
        sharing = Sharing.of(values, np.flatnonzero(~choosing))

        def loss(pairs: NDArray[np.int64]) -> Tensor:
            vectors = tower.vectors(read, pairs.T.reshape(-1))
            same = from_numpy(sharing.shared(*pairs.T)).to(vectors.device)  # these are no negatives
            return info_nce(vectors[: len(pairs)], vectors[len(pairs) :], scale=self.scale, ignored=same)

        rows = np.array([i for i in np.flatnonzero(choosing).tolist() if values[i]], np.int64)

        def dev() -> float:
            return float(average_precisions(tower.encode(read.take(rows)), [values[i] for i in rows]).mean())

        plan = Plan(
            steps=self.steps,
            batch=self.batch,
            rate=self.rate,
            warm=self.steps // 10,
            seed=self.seed,
            every=max(1, self.steps // 3) if len(rows) else 0,
        )
        return train(tower.learned(), sharing.pairs, loss, plan, dev=dev if len(rows) else None, kept=kept, tell=tell)

    def _worn(self) -> Adapter:
        """The corrections that the network has now."""
        return {name: p.detach().float().cpu().numpy().copy() for name, p in self._named()}

    def _wear(self, adapter: Adapter) -> None:
        import torch

        with torch.no_grad():
            for name, parameter in self._named():
                parameter.copy_(torch.from_numpy(adapter[name]))

    def _named(self) -> list[tuple[str, Any]]:
        tower = self.tower()
        learned = {id(p) for p in tower.learned()}
        return [(name, p) for name, p in tower.network.named_parameters() if id(p) in learned]

    def encode(self, texts: Sequence[str] | Read, aspect: str) -> NDArray[np.float32]:
        """The texts' vectors of one aspect, (n, h), of unit length. Raises ValueError for an unknown aspect."""
        if aspect not in self.adapters_:
            raise ValueError(
                f"no encoder of {aspect!r}; there are {', '.join(self.adapters_) or 'none: call fit first'}"
            )
        tower, before = self.tower(), self._worn()
        read = tower.read(list(texts)) if isinstance(texts, Sequence) else texts
        self._wear(self.adapters_[aspect])
        found = tower.encode(read)
        self._wear(before)
        return found

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned, `aspect/name` for each correction."""
        arrays: dict[str, NDArray[Any]] = {
            "settings": np.array([getattr(self, name) for name in _SETTINGS], np.float64),
            "aspects": np.frombuffer("\n".join(self.adapters_).encode(), np.uint8),
        }
        for aspect, adapter in self.adapters_.items():
            arrays |= {f"{aspect}/{name}": array for name, array in adapter.items()}
        return arrays

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], base: Network | None = None) -> Self:
        """The encoders again, on MiniLM or on the `base` they were learned on.

        Raises ValueError or KeyError if the arrays do not fit it.
        """
        method = cls(base)
        for name, value in zip(_SETTINGS, arrays["settings"].tolist(), strict=True):
            setattr(method, name, value if name in ("rate", "scale") else int(value))
        shapes = {name: tuple(p.shape) for name, p in method._named()}
        for aspect in filter(None, arrays["aspects"].tobytes().decode().split("\n")):
            adapter = {name: np.array(arrays[f"{aspect}/{name}"], np.float32) for name in shapes}
            for name, array in adapter.items():
                if array.shape != shapes[name] or not np.isfinite(array).all():
                    raise ValueError(f"{aspect}/{name}: the arrays are not those of this network")
            method.adapters_[aspect] = adapter
        return method
