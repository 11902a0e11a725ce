"""Cross-encoder: a transformer reads a query and a candidate together and scores the pair.

Problem: one vector per text averages away the details that a query asks for. Idea: every token of the query attends to
every token of the candidate in all layers; the network learns from queries with one right candidate and several hard
negatives. Each pair costs a run of the network, so only the first few candidates are reranked.

Nogueira, Cho: Passage Re-ranking with BERT. arXiv:1901.04085, 2019.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet_lab.training import Course, Epochs, Plan, train

if TYPE_CHECKING:
    from broadsheet_lab.networks import Network
    from broadsheet_lab.ranking._pairs import PairNetwork

__all__ = ["CARD", "CrossEncoder", "TrainingList"]

CARD = Card(
    title="Passage Re-ranking with BERT",
    paper="1901.04085",
    year=2019,
    solves="the order of the first few candidates, by a transformer that reads query and candidate together",
    when="the order of few results is worth 100 ms; where it is not, the reader that the product ships",
    costs="by default 115,200 pairs are read to learn; a run of MiniLM a pair; 10 MB of corrections beside MiniLM",
    unused="the product ships a reader of three layers in 8 bits, which reads a pair in less time without torch",
    claims=(Claim("table 1", "MS MARCO passages, dev", "MRR@10, BERT large", 0.365),),
    departures=(
        "learned from titles and sentences of papers and what a search takes for them, from MiniLM, in low-rank"
        " corrections of its layers that are added into them for use (Hu et al., ICLR 2022)",
        "a list of one right and several wrong candidates is one softmax, not a decision for each (as in ListNet)",
        "beside the first token's state, the product of the mean states of both texts is judged, and their cosine",
    ),
    builds_on=("minilm",),
    needs=("transformers",),
    fidelity="reduced",
)


_SETTINGS = ("most_tokens", "rank", "steps", "batch", "seed", "rate")


@dataclass(frozen=True, slots=True)
class TrainingList:
    """A query with its candidates for training; the first is the right one, the others are negatives."""

    query: str
    texts: tuple[str, ...]


class CrossEncoder(Persistent):
    """Reads pairs with MiniLM, of whose linear maps corrections of `rank` are learned, or with `network`.

    `most_tokens` cuts a pair. Each of `steps` uses `batch` lists of the same length. Learns `reader_`, and keeps the
    course of training in `course_`. Making a MiniLM, to learn or to read, raises ImportError without the extra.

    >>> from broadsheet_lab.networks import Network
    >>> from broadsheet_lab.ranking.low_rank_cross_encoder import CrossEncoder, TrainingList
    >>> lists = [TrainingList(f"a {x} boat", (f"the boat is {x}", "rye bread")) for x in ("red", "blue")]
    >>> words = [text for x in lists for text in (x.query, *x.texts)]
    >>> method = CrossEncoder(network=lambda: Network.small(words), steps=20, batch=2, rate=0.01).fit(lists)
    >>> [int(i) for i in (-method.scores("a red boat", ["rye bread", "the boat is red"])).argsort()]
    [1, 0]
    """

    def __init__(
        self,
        *,
        network: Callable[[], Network] | None = None,
        most_tokens: int = 144,
        rank: int = 32,
        steps: int = 1600,
        batch: int = 12,
        rate: float = 3e-4,
        seed: int = 0,
    ) -> None:
        self.network = network
        self.most_tokens = most_tokens
        self.rank = rank
        self.steps = steps
        self.batch = batch
        self.rate = rate
        self.seed = seed
        self.reader_: PairNetwork | None = None
        self.course_: Course | None = None

    def fit(
        self, lists: Sequence[TrainingList], *, kept: Path | None = None, tell: Callable[[str], None] | None = None
    ) -> Self:
        """Train on lists of the same length, from the start; without steps, the network as it is.

        Raises ValueError if the lists are fewer than a batch or differ in length.
        """
        from torch import Tensor, zeros
        from torch.nn.functional import cross_entropy

        from broadsheet_lab.networks import Network
        from broadsheet_lab.ranking._pairs import PairNetwork

        if len(lists) < self.batch or len({len(x.texts) for x in lists}) != 1:
            raise ValueError(f"{len(lists)} lists, wanted {self.batch} at least, all of one length")
        if self.network:
            network = self.network()
        else:
            network = Network.minilm(tokens=self.most_tokens, rank=self.rank, seed=self.seed)
        reader = PairNetwork(network, self.seed)

        def loss(chosen: list[TrainingList]) -> Tensor:
            scores = reader([(x.query, text) for x in chosen for text in x.texts]).view(len(chosen), -1)
            return cross_entropy(scores, zeros(len(chosen), dtype=int, device=scores.device))

        self.course_ = None
        if self.steps:
            plan = Plan(steps=self.steps, batch=self.batch, rate=self.rate, warm=40, seed=self.seed)
            batches = Epochs(len(lists), lambda _, places: [lists[i] for i in places])
            self.course_ = train(reader.learned(), batches, loss, plan, kept=kept, tell=tell)
        self.reader_ = reader
        return self

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """The score of each text for the query, (n,); greater is better. Scores of different queries do not compare.

        Raises ValueError if nothing was learned.
        """
        if self.reader_ is None:
            raise ValueError("nothing was learned yet: call fit first")
        if not texts:
            return np.zeros(0, np.float32)
        import torch

        with torch.inference_mode():
            return np.asarray(self.reader_([(query, text) for text in texts]).cpu().numpy(), np.float32)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """The learned weights. Raises ValueError if nothing was learned."""
        if self.reader_ is None:
            raise ValueError("nothing was learned yet: call fit first")
        settings = np.array([getattr(self, name) for name in _SETTINGS], np.float64)
        return {"settings": settings, **self.reader_.to_arrays()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> CrossEncoder:
        """The method again. Raises ValueError or KeyError if the arrays do not fit."""
        from broadsheet_lab.ranking._pairs import PairNetwork

        method = cls()
        for name, value in zip(_SETTINGS, arrays["settings"].tolist(), strict=True):
            setattr(method, name, value if name == "rate" else int(value))
        method.reader_ = PairNetwork.from_arrays(arrays)
        return method
