"""Cross-encoder: a transformer reads a query and a candidate together and scores the pair.

Problem: one vector per text averages away the details that a query asks for. Idea: every token of the query attends to
every token of the candidate in all layers; the network learns from queries with one right candidate and several hard
negatives. Each pair costs a run of the network, so only the first few candidates are reranked.

Nogueira, Cho: Passage Re-ranking with BERT. arXiv:1901.04085, 2019.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet.kit.progress import Progress
from broadsheet_lab.ranking._low_rank import read_corrections
from broadsheet_lab.ranking._pairs import HEAD, WIDTH, PairNetwork, Transformer

__all__ = ["CARD", "CrossEncoder", "TrainingList", "Transformer"]

CARD = Card(
    title="Passage Re-ranking with BERT",
    paper="1901.04085",
    year=2019,
    solves="the order of the first few candidates, by a transformer that reads query and candidate together",
    stage="",
    claims=(Claim("table 1", "MS MARCO passages, dev", "MRR@10, BERT large", 0.365),),
    departures=(
        "learned from titles and sentences of papers and what a search takes for them, from MiniLM, in low-rank"
        " corrections of its layers that are added into them for use (Hu et al., ICLR 2022)",
        "a list of one right and several wrong candidates is one softmax, not a decision for each (as in ListNet)",
        "beside the first token's state, the product of the mean states of both texts is judged, and their cosine",
    ),
    builds_on=("MiniLM",),
    needs=("transformers",),
)

_WARM = 40  # steps of linear warm-up of the learning rate
_LEAST_RATE = 0.02  # least learning rate as a share of `rate`


@dataclass(frozen=True, slots=True)
class TrainingList:
    """A query with its candidates for training; the first is the right one, the others are negatives."""

    query: str
    texts: tuple[str, ...]


class CrossEncoder(Persistent):
    """Learns `corrections_` of the layers of `base`, `segments_` (2, d) added to the tokens of query and candidate, and
    `head_`: a hidden layer over the states and a weight of their cosine.

    Training changes the network of `base`, so it must not be shared. `most_tokens` cuts a pair; `rank` is the rank of
    the corrections. Each step uses `batch` lists of the same length, in an order drawn by the seed.
    """

    def __init__(
        self,
        base: Transformer,
        *,
        most_tokens: int = 144,
        rank: int = 32,
        steps: int = 1600,
        batch: int = 12,
        rate: float = 3e-4,
        seed: int = 0,
    ) -> None:
        self.base = base
        self.most_tokens = most_tokens
        self.rank = rank
        self.steps = steps
        self.batch = batch
        self.rate = rate
        self.seed = seed
        self.corrections_: dict[str, tuple[NDArray[np.float32], NDArray[np.float32]]] = {}
        self.segments_ = np.zeros((2, base.dimensions), np.float32)
        self.head_: dict[str, NDArray[np.float32]] = {}
        self.losses_: list[float] = []
        self._network: PairNetwork | None = None

    def fit(self, lists: Sequence[TrainingList], on_progress: Progress | None = None) -> Self:
        """Train on lists of the same length; the loss of every step is in `losses_`.

        Raises ValueError if the lists are fewer than a batch or differ in length.
        """
        import torch
        from torch.nn.functional import cross_entropy

        if len(lists) < self.batch or len({len(x.texts) for x in lists}) != 1:
            raise ValueError(f"{len(lists)} lists, wanted {self.batch} at least, all of one length")
        rng = np.random.default_rng(self.seed)
        self.losses_ = []
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(self.seed)
            network = PairNetwork.trainable(self.base, self.most_tokens, self.rank)
            parameters = network.parameters
            adam = torch.optim.AdamW(parameters.values(), lr=self.rate, betas=(0.9, 0.98), weight_decay=0.0)
            order = np.empty(0, np.int64)
            for step in range(self.steps):
                if len(order) < self.batch:
                    order = rng.permutation(len(lists))
                chosen_lists, order = order[: self.batch], order[self.batch :]
                for group in adam.param_groups:
                    group["lr"] = self.rate * min(1, (step + 1) / _WARM) * max(_LEAST_RATE, 1 - step / self.steps)
                pairs = [(lists[i].query, text) for i in chosen_lists.tolist() for text in lists[i].texts]
                scores = network.scores(pairs).view(self.batch, -1)
                loss = cross_entropy(scores, torch.zeros(self.batch, dtype=torch.long))
                adam.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(parameters.values(), 1.0)
                adam.step()
                self.losses_.append(loss.item())
                if on_progress:
                    on_progress("training the reranker", step + 1, self.steps)
        self._load({name: p.detach().float().numpy() for name, p in parameters.items()})
        self._network = network
        return self

    def _load(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Set the learned weights from arrays by name. Raises ValueError, KeyError."""
        self.corrections_ = read_corrections(arrays)
        self.segments_ = arrays["segments"].astype(np.float32)
        self.head_ = {name: arrays[name].astype(np.float32) for name in HEAD}
        d = self.base.dimensions
        if self.segments_.shape != (2, d) or self.head_["hidden.weight"].shape != (WIDTH, 2 * d):
            raise ValueError("segments or head are not of this network's size")
        if not all(np.isfinite(x).all() for x in (self.segments_, *self.head_.values())):
            raise ValueError("a weight is not finite")

    def score(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """The score of each text for the query, (n,); greater is better. Scores of different queries do not compare.

        Raises ImportError without the extra, ValueError if nothing was learned or the corrections do not fit MiniLM.
        """
        if not self.head_:
            raise ValueError("nothing was learned yet: call fit first")
        if not texts:
            return np.zeros(0, np.float32)
        import torch

        if self._network is None:
            self._network = PairNetwork.pretrained(
                self.base, self.most_tokens, self.corrections_, self.segments_, self.head_
            )
        with torch.inference_mode():
            return np.asarray(self._network.scores([(query, text) for text in texts]).numpy(), np.float32)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """The learned weights, in half precision."""
        arrays = {"segments": self.segments_, **self.head_}
        for name, (a, b) in self.corrections_.items():
            arrays |= {f"{name}.a": a, f"{name}.b": b}
        return {name: array.astype(np.float16) for name, array in arrays.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], base: Transformer) -> CrossEncoder:
        """Restore the method over the same base. Raises ValueError or KeyError if the arrays do not fit."""
        encoder = cls(base)
        encoder._load(arrays)
        return encoder
