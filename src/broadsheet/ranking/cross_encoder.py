"""Cross-encoder: a transformer reads the query and a candidate together and says how well one answers the other.

Problem: a vector a text is made before anyone asks; what a query singles out has long been averaged away. Idea: let
every word of the query see every word of the candidate in all layers, and learn from queries with one right and several
nearly right answers to tell them apart. It costs a run of the network a pair, so only the first few are read.

Nogueira, Cho: Passage Re-ranking with BERT. arXiv:1901.04085, 2019.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.progress import Progress
from broadsheet.ranking._low_rank import corrected
from broadsheet.ranking._pairs import JUDGE, WIDTH, PairNetwork, Transformer

__all__ = ["CARD", "CrossEncoder", "Read", "Transformer"]

CARD = Card(
    title="Passage Re-ranking with BERT",
    paper="1901.04085",
    year=2019,
    solves="the order of the first few candidates, by a transformer that reads query and candidate together",
    stage="optional: reranking the first candidates in precise search",
    claims=(
        Claim("table 1", "MS MARCO passages, dev", "MRR@10, BERT large", 0.365),
        Claim(
            "ours",
            "papers.parquet, tldr queries, test half",
            "MRR@10, first 10 of BM25 read, over BM25 (ratio)",
            1.03,
            ours=True,
        ),
    ),
    departures=(
        "learned from titles and sentences of papers and what a search takes for them, from MiniLM, in low-rank"
        " corrections of its layers that are added into them for use (Hu et al., ICLR 2022)",
        "a list of one right and several wrong candidates is one softmax, not a decision for each (as in ListNet)",
        "beside the first token's state, the product of the mean states of both texts is judged, and their cosine",
    ),
    builds_on=("MiniLM",),
    needs=("transformers",),
)

_WARM = 40  # steps until the rate is whole
_LEAST_RATE = 0.02  # of the whole


@dataclass(frozen=True, slots=True)
class Read:
    """A query with candidates to learn from; the first is the right one."""

    query: str
    texts: tuple[str, ...]


class CrossEncoder:
    """Learns `corrections_` of the layers of `base`, `segments_` (2, d) added to the tokens of query and candidate, and
    the `judge_` of the states: a hidden layer and a weight of the cosine.

    The base is its own: its network is changed. `most_tokens` cuts a pair; `rank` is that of the corrections. Lists of
    the same length, `batch` of them a step, are drawn in an order by the seed.
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
        self.judge_: dict[str, NDArray[np.float32]] = {}
        self.losses_: list[float] = []
        self._ready: PairNetwork | None = None

    def fit(self, lists: Sequence[Read], on_progress: Progress | None = None) -> Self:
        """Learn from lists of as many candidates each; the loss of every step ends in `losses_`.

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
            network = PairNetwork.learning(self.base, self.most_tokens, self.rank)
            learned = network.parameters
            adam = torch.optim.AdamW(learned.values(), lr=self.rate, betas=(0.9, 0.98), weight_decay=0.0)
            order = np.empty(0, np.int64)
            for step in range(self.steps):
                if len(order) < self.batch:
                    order = rng.permutation(len(lists))
                drawn, order = order[: self.batch], order[self.batch :]
                for group in adam.param_groups:
                    group["lr"] = self.rate * min(1, (step + 1) / _WARM) * max(_LEAST_RATE, 1 - step / self.steps)
                pairs = [(lists[i].query, text) for i in drawn.tolist() for text in lists[i].texts]
                scores = network.scores(pairs).view(self.batch, -1)
                loss = cross_entropy(scores, torch.zeros(self.batch, dtype=torch.long))
                adam.zero_grad()
                loss.backward()
                torch.nn.utils.clip_grad_norm_(learned.values(), 1.0)
                adam.step()
                self.losses_.append(loss.item())
                if on_progress:
                    on_progress("training the reranker", step + 1, self.steps)
        self._take({name: p.detach().float().numpy() for name, p in learned.items()})
        self._ready = network
        return self

    def _take(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """What was learned, from arrays by name. Raises ValueError, KeyError."""
        self.corrections_ = corrected(arrays)
        self.segments_ = arrays["segments"].astype(np.float32)
        self.judge_ = {name: arrays[name].astype(np.float32) for name in JUDGE}
        d = self.base.dimensions
        if self.segments_.shape != (2, d) or self.judge_["hidden.weight"].shape != (WIDTH, 2 * d):
            raise ValueError("segments or judge are not of this network's size")
        if not all(np.isfinite(x).all() for x in (self.segments_, *self.judge_.values())):
            raise ValueError("a weight is not finite")

    def score(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """How well each text answers the query, (n,); greater is better, and only scores of one query compare.

        Raises ImportError without the extra, ValueError if nothing was learned or the corrections do not fit MiniLM.
        """
        if not self.judge_:
            raise ValueError("nothing was learned yet: call fit first")
        if not texts:
            return np.zeros(0, np.float32)
        import torch

        if self._ready is None:
            self._ready = PairNetwork.learned(
                self.base, self.most_tokens, self.corrections_, self.segments_, self.judge_
            )
        with torch.inference_mode():
            return np.asarray(self._ready.scores([(query, text) for text in texts]).numpy(), np.float32)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned, in half precision."""
        arrays = {"segments": self.segments_, **self.judge_}
        for name, (a, b) in self.corrections_.items():
            arrays |= {f"{name}.a": a, f"{name}.b": b}
        return {name: array.astype(np.float16) for name, array in arrays.items()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], base: Transformer) -> CrossEncoder:
        """The method again over the same base. Raises ValueError or KeyError if the arrays are not its own."""
        found = cls(base)
        found._take(arrays)
        return found
