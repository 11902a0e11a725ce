"""What PROP and B-PROP do once word sets are drawn: a transformer learns their order, and then from a few labels."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.persistence import Persistent
from broadsheet_lab.encoders._word_sets import WordSets, first_words
from broadsheet_lab.training import Course, Epochs, Plan, train

if TYPE_CHECKING:
    from broadsheet_lab.encoders._set_reader import SetReader
    from broadsheet_lab.networks import Network

__all__ = ["PLAN", "TUNING", "Representative"]

PLAN = Plan(steps=2000, batch=16, rate=5e-5, warm=200)
TUNING = Plan(steps=60, batch=8, rate=5e-5, warm=6)

_SET_TOKENS = 32  # of a word set or a query, at most


class Representative(Persistent, ABC):
    """A transformer that says how representative words are of a text, learned from texts alone.

    `network` is what it begins with (MiniLM of 128 tokens if None), left as it is; all its weights learn. A text is
    read to its first `words` words, and that much it is drawn from, `per_document` times. `masked` is the share of the
    text's words that are hidden and asked for; a batch of the `plan` is so many pairs of word sets. Without a plan
    nothing is learned before labels come. Learns `reader_`; `course_` is how training went.
    """

    def __init__(
        self,
        network: Network | None = None,
        *,
        words: int = 72,
        masked: float = 0.15,
        per_document: int = 5,
        least: int = 10,
        plan: Plan | None = PLAN,
    ) -> None:
        if min(words, per_document, least) < 1 or not 0 <= masked < 1:
            raise ValueError("words, per_document and least are above zero, `masked` is a share below 1")
        self.network = network
        self.words = words
        self.masked = masked
        self.per_document = per_document
        self.least = least
        self.plan = plan
        self.reader_: SetReader | None = None
        self.course_ = Course()

    @property
    def _seed(self) -> int:
        return self.plan.seed if self.plan else 0

    @abstractmethod
    def word_sets(self, texts: Sequence[str], *, learn: bool = False) -> WordSets:
        """Pairs of word sets of texts, by what was learned of the collection, or learned now."""

    def fit(self, texts: Sequence[str], tell: Callable[[str], None] | None = None) -> Self:
        """Draw word sets of the texts and learn their order. Raises ValueError if no text gives any."""
        self.reader_ = self._begun()
        texts = [first_words(text, self.words) for text in texts]
        sets = self.word_sets(texts, learn=True)
        if not len(sets):
            raise ValueError(f"no two word sets of {len(texts)} texts differ")
        reader = self.reader_
        sides = [self._rows(words, [texts[i] for i in sets.documents.tolist()]) for words in (sets.better, sets.worse)]
        masking = np.random.default_rng([self._seed, 1])

        def loss(places: NDArray[np.int64]) -> Any:
            better, worse = ([rows[i] for i in places.tolist()] for rows in sides)
            return reader.pretraining_loss(better, worse, masking, self.masked)

        if self.plan:
            self.course_ = _train(reader, len(sets), loss, self.plan, tell)
        return self

    def tuned(self, queries: Sequence[str], texts: Sequence[Sequence[str]], plan: Plan = TUNING) -> Self:
        """Another of this, which has also learned from labelled queries: the first of a query's texts is the right one.

        The loss is the hinge of the right text against each of the others; a batch of the plan is so many queries.
        Raises ValueError for a query without a wrong text.
        """
        if len(queries) != len(texts) or not len(queries) or min(map(len, texts)) < 2:
            raise ValueError(f"{len(queries)} queries with {len(texts)} lists: each wants a right and a wrong text")
        other = copy.copy(self)
        other.reader_ = reader = copy.deepcopy(self._reader())
        rows = [self._rows([query] * len(some), self._cut(some)) for query, some in zip(queries, texts, strict=True)]

        def loss(places: NDArray[np.int64]) -> Any:
            chosen = [rows[i] for i in places.tolist()]
            return reader.labelled_loss([row[0] for row in chosen], [row[1:] for row in chosen])

        other.course_ = _train(reader, len(rows), loss, plan)
        return other

    def _begun(self) -> SetReader:
        """A reader that has learned nothing. Raises ImportError without torch or MiniLM's weights."""
        from broadsheet_lab.encoders._set_reader import SetReader
        from broadsheet_lab.networks import Network

        network = Network.minilm() if self.network is None else copy.deepcopy(self.network)
        return SetReader(network, self._seed)

    def _reader(self) -> SetReader:
        if self.reader_ is None:
            raise ValueError("nothing was learned yet: call fit first")
        return self.reader_

    def _cut(self, texts: Sequence[str]) -> list[str]:
        return [first_words(text, self.words) for text in texts]

    def _rows(self, firsts: Sequence[str], texts: Sequence[str]) -> list[Any]:
        rows: list[Any] = self._reader().network.pair_ids(firsts, texts, first_tokens=_SET_TOKENS)
        return rows

    def pair_scores(self, firsts: Sequence[str], texts: Sequence[str]) -> NDArray[np.float32]:
        """How representative each word set or query is of the text beside it, (m,). Raises ValueError before `fit`."""
        import torch

        reader, rows = self._reader(), self._rows(firsts, self._cut(texts))
        with torch.no_grad():
            found = reader(rows)
        return np.asarray(found.cpu().numpy(), np.float32)

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        """The score of each text for the query, (n,); greater is better. Raises ValueError before `fit`."""
        return self.pair_scores([query] * len(texts), texts)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned."""
        reader = self._reader()
        head = {name: p.detach().float().cpu().numpy().copy() for name, p in reader.head().items()}
        cut = {"words": np.array([self.words, self.per_document, self.least, self._seed], np.int64)}
        return {**cut, **head, **{f"network.{name}": a for name, a in reader.network.to_arrays().items()}}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The method again. Raises ValueError if the arrays do not fit, ImportError without the network's base."""
        import torch

        from broadsheet_lab.encoders._set_reader import SetReader
        from broadsheet_lab.networks import Network

        own = {name.removeprefix("network."): a for name, a in arrays.items() if name.startswith("network.")}
        words, per_document, least, seed = arrays["words"].tolist()
        method = cls(words=words, per_document=per_document, least=least, plan=replace(PLAN, seed=seed))
        method.reader_ = reader = SetReader(Network.from_arrays(own))
        with torch.no_grad():
            for name, parameter in reader.head().items():
                if arrays[name].shape != tuple(parameter.shape):
                    raise ValueError(f"{name} of shape {arrays[name].shape}, wanted {tuple(parameter.shape)}")
                parameter.copy_(torch.from_numpy(np.array(arrays[name], np.float32)))
        return method


def _train(
    reader: SetReader,
    n: int,
    loss: Callable[[NDArray[np.int64]], Any],
    plan: Plan,
    tell: Callable[[str], None] | None = None,
) -> Course:
    """Train on batches of n places."""
    return train(reader.learned(), Epochs(n, lambda _, places: places), loss, plan, tell=tell)
