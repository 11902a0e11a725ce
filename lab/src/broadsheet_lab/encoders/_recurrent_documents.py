"""Documents by a recurrent convolutional network over word vectors: each word in its left and right context.

Lai, Xu, Liu, Zhao: Recurrent Convolutional Neural Networks for Text Classification. AAAI 2015; chapter 4 of 1611.05962.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import find_sorted
from broadsheet.kit.persistence import Persistent
from broadsheet.kit.text import tokenize
from broadsheet.kit.unit import unit_rows
from broadsheet_lab.kit.extras import with_extra
from broadsheet_lab.training import Course, Epochs, Plan, train

if TYPE_CHECKING:
    from broadsheet_lab.encoders.word_embeddings import WordEmbeddings

__all__ = ["RecurrentDocuments"]

Floats = NDArray[np.float32]
_BATCH = 128  # texts encoded at once


def _torch() -> Any:
    """torch. Raises ImportError, saying what to install, without it."""
    try:
        import torch
    except ImportError:
        raise ImportError(f"the network of documents needs torch: {with_extra('transformers')}") from None
    return torch


class RecurrentDocuments(Persistent):
    """Reads a text word by word from both sides, keeps the greatest of each feature, and tells its label.

    The left context of a word is tanh(W the left context of the word before + V the vector of that word), the right one
    as much from the other side; both and the word's own vector go through a layer of `hidden` units, whose greatest
    values over the text are its vector. `words` gives the vectors to begin with, which are trained further. At most
    `tokens` words of a text are read. Learns `weights_`, for the terms `vocabulary_` and the labels `labels_`.
    """

    def __init__(
        self,
        words: WordEmbeddings,
        *,
        hidden: int = 100,
        context: int = 50,
        steps: int = 600,
        batch: int = 64,
        rate: float = 1e-3,
        tokens: int = 100,
        seed: int = 0,
    ) -> None:
        if min(hidden, context, steps, batch, tokens) < 1 or rate <= 0 or not len(words.vocabulary_):
            raise ValueError("sizes, steps and rate are to be above zero, and the word embeddings fitted")
        self.vocabulary_ = words.vocabulary_
        self.begun = words.vectors_
        self.hidden, self.context = hidden, context
        self.steps, self.batch, self.rate = steps, batch, rate
        self.tokens = tokens
        self.seed = seed
        self.labels_: tuple[str, ...] = ()
        self.weights_: dict[str, Floats] = {}
        self.course_ = Course()

    def _drawn(self, labels: int) -> dict[str, Floats]:
        """Matrices of size 1 / sqrt(inputs); row 0 of the words is that of places after the text."""
        rng, d, c, h = np.random.default_rng(self.seed), self.begun.shape[1], self.context, self.hidden
        shapes = {
            "edges": (2, c),
            "across": (2, c, c),
            "along": (2, d, c),
            "inner": (2 * c + d, h),
            "inner_bias": (h,),
            "outer": (h, labels),
            "outer_bias": (labels,),
        }
        found = {name: rng.standard_normal(shape) / shape[-2] ** 0.5 for name, shape in shapes.items() if shape[1:]}
        found |= {name: np.zeros(shape) for name, shape in shapes.items() if not shape[1:]}
        found["words"] = np.vstack([np.zeros((1, d)), self.begun / max(float(np.abs(self.begun).std()), 1e-6) / 10])
        return {name: value.astype(np.float32) for name, value in found.items()}

    def _rows(self, texts: Sequence[str]) -> list[NDArray[np.int64]]:
        """The rows of the words of each text, those that are known; at least one place."""
        tokens = tokenize(texts)
        at = find_sorted(self.vocabulary_, tokens.terms) + 1
        parts = [at[a:b] for a, b in zip(tokens.bounds, tokens.bounds[1:], strict=False)]
        return [part[part > 0][: self.tokens] if (part > 0).any() else np.zeros(1, np.int64) for part in parts]

    @staticmethod
    def _padded(rows: Sequence[NDArray[np.int64]]) -> Any:
        """(b, longest), zeros after the texts."""
        out = np.zeros((len(rows), max(map(len, rows))), np.int64)
        for i, row in enumerate(rows):
            out[i, : len(row)] = row
        return _torch().from_numpy(out)

    @staticmethod
    def pooled(weights: Mapping[str, Any], rows: Any) -> Any:
        """The vectors of texts given as rows of words (b, l), 0 where a text is over: (b, hidden)."""
        torch = _torch()
        there, words = rows > 0, weights["words"][rows]  # (b, l, d)
        b = len(rows)
        along = torch.einsum("bld,sdc->slbc", words, weights["along"])
        given = torch.stack([along[0], along[1].flip(0)], dim=1)  # (l, 2, b, c), the right side from the end
        begun = torch.stack([torch.ones_like(there), there.flip(1)], dim=0).permute(2, 0, 1)[..., None]
        edge = weights["edges"][:, None, :].expand(2, b, -1)
        state, seen = edge, [edge]
        for now, there_now in zip(given.unbind()[:-1], begun.unbind()[:-1], strict=True):
            state = torch.tanh(torch.baddbmm(now, state, weights["across"]))
            state = torch.where(there_now, state, edge)  # the right side waits for the text
            seen.append(state)
        states = torch.stack(seen, dim=2)  # (2, b, l, c)
        left, right = states[0], states[1].flip(1)
        inner = torch.tanh(torch.cat([left, words, right], dim=2) @ weights["inner"] + weights["inner_bias"])
        return torch.where(there[:, :, None], inner, -1.0).amax(dim=1)

    def fit(
        self,
        texts: Sequence[str],
        labels: Sequence[str],
        *,
        kept: Path | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> RecurrentDocuments:
        """Learn to tell the label of each text. Raises ValueError if there are not two labels or they do not fit."""
        torch = _torch()
        self.labels_ = tuple(sorted(set(labels)))
        if len(texts) != len(labels) or len(self.labels_) < 2:
            raise ValueError(f"{len(texts)} texts with {len(labels)} labels, {len(self.labels_)} of them different")
        numbered = {label: i for i, label in enumerate(self.labels_)}
        rows, wanted = self._rows(texts), np.array([numbered[label] for label in labels])
        weights = {k: torch.nn.Parameter(torch.from_numpy(v)) for k, v in self._drawn(len(self.labels_)).items()}

        def make(_: np.random.Generator, places: NDArray[np.int64]) -> tuple[Any, Any]:
            return self._padded([rows[i] for i in places]), torch.from_numpy(wanted[places])

        def loss(batch: tuple[Any, Any]) -> Any:
            scores = self.pooled(weights, batch[0]) @ weights["outer"] + weights["outer_bias"]
            return torch.nn.functional.cross_entropy(scores, batch[1])

        plan = Plan(steps=self.steps, batch=min(self.batch, len(texts)), rate=self.rate, seed=self.seed)
        self.course_ = train(weights.values(), Epochs(len(texts), make), loss, plan, kept=kept, tell=tell)
        self.weights_ = {name: value.detach().numpy() for name, value in weights.items()}
        return self

    def _encoded(self, texts: Sequence[str]) -> Floats:
        """The greatest values of every text, (n, hidden), like lengths together; zeros where no word is known."""
        if not self.weights_:
            raise ValueError("nothing has been learned yet: call fit first")
        torch = _torch()
        weights = {k: torch.from_numpy(np.require(v, requirements="W")) for k, v in self.weights_.items()}
        rows, out = self._rows(texts), np.zeros((len(texts), self.hidden), np.float32)
        order = np.argsort([len(row) for row in rows], kind="stable")
        with torch.no_grad():
            for start in range(0, len(order), _BATCH):
                part = order[start : start + _BATCH]
                out[part] = self.pooled(weights, self._padded([rows[i] for i in part])).numpy()
        out[[not row.any() for row in rows]] = 0
        return out

    def encode(self, texts: Sequence[str]) -> Floats:
        """(n, hidden) of unit length."""
        return unit_rows(self._encoded(texts))

    def scores(self, texts: Sequence[str]) -> Floats:
        """The logits of every label, (n, labels)."""
        return np.asarray(self._encoded(texts) @ self.weights_["outer"] + self.weights_["outer_bias"])

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned, the terms and the labels."""
        settings = np.array([self.tokens, self.steps, self.batch, self.seed, self.rate])
        labels = np.frombuffer("\n".join(self.labels_).encode(), np.uint8)
        return {**self.weights_, "vocabulary": self.vocabulary_, "labels": labels, "how": settings}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> RecurrentDocuments:
        """The network again. Raises ValueError if the arrays do not fit together."""
        from broadsheet_lab.encoders.word_embeddings import WordEmbeddings

        words, how, labels = arrays["words"], arrays["how"], tuple(bytes(arrays["labels"]).decode().split("\n"))
        if len(words) != len(arrays["vocabulary"]) + 1 or how.shape != (5,):
            raise ValueError(f"{len(words)} vectors for {len(arrays['vocabulary'])} words, {how.shape} settings")
        begun = WordEmbeddings(dimensions=words.shape[1])
        begun.vocabulary_, begun.vectors_ = arrays["vocabulary"], words[1:]
        tokens, steps, batch, seed = (int(value) for value in how[:4])
        sizes = {"hidden": arrays["inner"].shape[-1], "context": arrays["edges"].shape[-1]}
        made = cls(begun, **sizes, steps=steps, batch=batch, rate=float(how[4]), tokens=tokens, seed=seed)
        expected = {name: value.shape for name, value in made._drawn(len(labels)).items()}
        made.labels_, made.weights_ = labels, {name: np.asarray(arrays[name]) for name in expected}
        if {name: value.shape for name, value in made.weights_.items()} != expected:
            raise ValueError(f"weights of shapes {[value.shape for value in made.weights_.values()]} do not fit")
        return made
