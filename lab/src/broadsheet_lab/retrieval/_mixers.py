"""What methods that make one query of a paper and of words have in common: training on triples, and their arrays."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from copy import deepcopy
from dataclasses import asdict
from typing import TYPE_CHECKING, Any, ClassVar, Self

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.persistence import Persistent
from broadsheet.kit.unit import unit_rows
from broadsheet_lab.training import Course, Plan, seeded, train

if TYPE_CHECKING:
    from broadsheet_lab.networks import Network

__all__ = ["Mixer"]

_TOKENS = 32  # of the words
_RANK = 8  # of the corrections of the text encoder


class Mixer(Persistent, ABC):
    """Learns `mixture_`, a network over two vectors, and `text_`, the encoder of the words, from triples.

    `base` is the encoder of words to start from: what it learns (`Network.learned`) is learned with the mixture, or
    nothing of it if `text_learns` is False. Without one it is MiniLM with corrections of rank 8.
    """

    SETTINGS: ClassVar[tuple[str, ...]]  # the names of what a method is made with, beside base and plan

    def __init__(self, base: Network | None, *, text_learns: bool, plan: Plan) -> None:
        self.base = base
        self.text_learns = text_learns
        self.plan = plan
        self.mixture_: Any = None
        self.text_: Network | None = None
        self.course_ = Course()

    @abstractmethod
    def _mixture(self, d: int) -> Any:
        """The network over two vectors of d dimensions, at its start."""

    @abstractmethod
    def _loss(self, queries: Any, targets: Any, progress: float) -> Any:
        """The loss of queries (n, d) and their targets, of unit length, after a share of all steps."""

    def fit(
        self,
        papers: NDArray[np.float32],
        words: Sequence[str],
        targets: NDArray[np.float32],
        *,
        tell: Callable[[str], None] | None = None,
    ) -> Self:
        """Learn from n >= 2 triples: vectors of papers (n, d), words, vectors of the papers wanted (n, d).

        Raises ValueError if they are not aligned or have another d than the encoder of the words, ImportError without
        torch.
        """
        import torch

        x, f = _aligned(papers, words), _aligned(targets, words)
        if len(x) < 2:
            raise ValueError(f"{len(x)} triples are too few to learn from: at least 2")
        base = self.base or _minilm(self.plan.seed)
        if x.shape != f.shape or x.shape[1] != base.body.shape.hidden:
            raise ValueError(
                f"papers {x.shape} and targets {f.shape} are not aligned with words of {base.body.shape.hidden}"
            )
        text, learns = deepcopy(base), self.text_learns
        distinct, at = np.unique(np.array(words, object), return_inverse=True)
        rows = text.ids(distinct.tolist())
        fixed = None if learns else torch.from_numpy(text.encode(distinct.tolist()))
        with seeded(self.plan.seed):
            mixture = self._mixture(x.shape[1])
        done = 0

        def batch_of(rng: np.random.Generator, size: int) -> NDArray[np.int64]:
            return rng.choice(len(x), min(size, len(x)), replace=False)

        def loss_of(some: NDArray[np.int64]) -> Any:
            t = text.vectors([rows[i] for i in at[some]]) if fixed is None else fixed[at[some]]
            queries = mixture(torch.from_numpy(x[some]), t)
            return self._loss(
                torch.nn.functional.normalize(queries, dim=1), torch.from_numpy(f[some]), done / self.plan.steps
            )

        def before(step: int) -> None:
            nonlocal done
            done = step

        mixture.train()
        learned = [*mixture.parameters(), *(text.learned() if learns else ())]
        self.course_ = train(learned, batch_of, loss_of, self.plan, before=before, tell=tell)
        self.mixture_, self.text_ = mixture.eval(), text
        return self

    def encode(self, papers: NDArray[np.float32], words: Sequence[str]) -> NDArray[np.float32]:
        """The unit vectors to search for, (n, d), from vectors of n papers and n texts."""
        import torch

        if self.text_ is None:
            raise ValueError("nothing learned yet: call fit, or from_arrays")
        x, d = _aligned(papers, words), self.text_.body.shape.hidden
        if x.shape[1] != d:
            raise ValueError(f"vectors of {x.shape[1]} dimensions, learned on {d}")
        distinct, at = np.unique(np.array(words, object), return_inverse=True)
        with torch.inference_mode():
            t = torch.from_numpy(self.text_.encode(distinct.tolist())[at.reshape(-1)])
            return unit_rows(np.asarray(self.mixture_(torch.from_numpy(x), t).numpy(), np.float32))

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned, and the settings."""
        if self.text_ is None:
            raise ValueError("nothing learned yet: call fit")
        mixture = {f"mixture.{name}": value.detach().numpy().copy() for name, value in self.mixture_.named_parameters()}
        text = {f"text.{name}": value for name, value in self.text_.to_arrays().items()}
        settings = {name: getattr(self, name) for name in self.SETTINGS} | {"plan": asdict(self.plan)}
        return {"settings": np.array(json.dumps(settings)), **mixture, **text}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The method again. Raises ValueError or KeyError if the arrays do not fit together, ImportError without torch.

        A method whose words were encoded by MiniLM needs MiniLM.
        """
        import torch

        from broadsheet_lab.networks import Network

        settings, make = json.loads(arrays["settings"].item()), cls
        method: Self = make(None, **{**settings, "plan": Plan(**settings["plan"])})
        method.text_ = Network.from_arrays({n[5:]: a for n, a in arrays.items() if n.startswith("text.")})
        mixture = method._mixture(method.text_.body.shape.hidden)
        weights = {n[8:]: torch.tensor(np.asarray(a)) for n, a in arrays.items() if n.startswith("mixture.")}
        try:
            mixture.load_state_dict(weights)
        except RuntimeError as error:
            raise ValueError(f"these arrays do not fit together: {error}") from None
        method.mixture_ = mixture.eval()
        return method


def _minilm(seed: int) -> Network:
    from broadsheet_lab.networks import Network

    return Network.minilm(tokens=_TOKENS, rank=_RANK, seed=seed)


def _aligned(vectors: NDArray[Any], words: Sequence[str]) -> NDArray[np.float32]:
    """Vectors (n, d) of unit length. Raises ValueError if they are not one for each of the words."""
    if vectors.ndim != 2 or len(vectors) != len(words):
        raise ValueError(f"vectors of shape {vectors.shape} are not aligned with {len(words)} words")
    return unit_rows(np.asarray(vectors, np.float32))
