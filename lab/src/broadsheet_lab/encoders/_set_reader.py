"""The network of PROP and B-PROP in torch: a transformer that reads "[CLS] words [SEP] text" and judges the words.

[CLS] words [SEP] text ──► layers ──► state of [CLS], agreement of both means ──► P(words | text)
                                  └─► states of hidden words ──► the words
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn.functional import cross_entropy, normalize

from broadsheet.kit.wordpiece import SPECIAL
from broadsheet_lab import losses
from broadsheet_lab.encoders._word_sets import hide_words
from broadsheet_lab.networks import chunks, in_order, mean_states
from broadsheet_lab.training import seeded

__all__ = ["SetReader", "attention_of_first"]

_SCALE = 10.0  # of the cosine, at first
_SHARE = 0.1  # of the loss of hidden words: MiniLM begins without a head for them, and it would drown the other

Row = tuple[NDArray[np.int32], NDArray[np.int32]]


class SetReader(nn.Module):  # type: ignore[misc]
    """A network that scores a first text in a second one: by the state of [CLS], and by both texts' mean states.

    MiniLM compares means and has never used [CLS]: their product and cosine are judged beside it, and the cosine alone
    before anything is learned. The head is drawn by the seed.
    """

    def __init__(self, network: Any, seed: int = 0) -> None:
        super().__init__()
        d = network.body.shape.hidden
        self.network = network
        with seeded(seed):
            self.hidden, self.score = nn.Linear(2 * d, d), nn.Linear(d, 1)
        nn.init.zeros_(self.score.weight)
        self.scale = nn.Parameter(torch.tensor([_SCALE]))
        marks = [piece.startswith("##") for piece in network.pieces.vocabulary]
        self.continues: NDArray[np.bool_] = np.array(marks, np.bool_)
        self.to(network.device)

    def head(self) -> dict[str, nn.Parameter]:
        """The weights that are not the network's, by name."""
        return {name: p for name, p in self.named_parameters() if not name.startswith("network.")}

    def learned(self) -> list[nn.Parameter]:
        """What training changes: the network's and the head's weights."""
        return [*self.network.learned(), *self.head().values()]

    def judged(self, states: Tensor, seen: Tensor, rows: Sequence[Row]) -> Tensor:
        """The scores (b,) of the states (b, l, h) of rows; `seen` (b, l) are no padding."""
        second = torch.zeros_like(seen)
        for i, (_, sides) in enumerate(rows):
            second[i, : len(sides)] = torch.from_numpy(sides == 1).to(seen.device)
        a, b = (normalize(mean_states(states, seen & side), dim=-1) for side in (~second, second))
        product = a * b
        read = torch.cat([states[:, 0].float(), product * len(product[0]) ** 0.5], 1)
        return self.score(torch.tanh(self.hidden(read)))[:, 0] + self.scale * product.sum(1)

    def forward(self, rows: Sequence[Row]) -> Tensor:
        """The scores of any number of rows of (ids, sides), (n,)."""
        if not len(rows):
            return torch.zeros(0)
        places = chunks([len(ids) for ids, _ in rows])
        return in_order([self._scores([rows[i] for i in part]) for part in places], places)

    def _scores(self, rows: Sequence[Row]) -> Tensor:
        states, seen = self.network.states(rows)
        return self.judged(states, seen, rows)

    def pretraining_loss(
        self, better: Sequence[Row], worse: Sequence[Row], rng: np.random.Generator, share: float
    ) -> Tensor:
        """The hinge of pairs of word sets, plus a tenth of the loss of words hidden in the text beside the better set.

        The text beside the worse set is read with the same share of its words hidden.
        """
        ends = {"share": share, "mask": self.network.mask, "first": len(SPECIAL)}
        rows = [*better, *worse]
        hidden = [hide_words(ids, sides, self.continues, rng, **ends) for ids, sides in rows]
        states, seen = self.network.states([(ids, row[1]) for (ids, _), row in zip(hidden, rows, strict=True)])
        scores, b = self.judged(states, seen, rows), len(better)
        loss: Tensor = losses.hinge(scores[:b], scores[b:])
        return loss + _SHARE * self._words_loss(states, rows[:b], [places for _, places in hidden[:b]])

    def _words_loss(self, states: Tensor, rows: Sequence[Row], asked: Sequence[NDArray[np.int64]]) -> Tensor:
        """How unlikely the pieces at the places `asked` of each row are to its states, a mean over places."""
        at = torch.tensor([(i, j) for i, places in enumerate(asked) for j in places.tolist()]).reshape(-1, 2)
        if not len(at):
            return states.sum().float() * 0
        wanted = np.concatenate([ids[places] for (ids, _), places in zip(rows, asked, strict=True)]).astype(np.int64)
        logits = self.network.word_logits(states[at[:, 0], at[:, 1]]).float()
        loss: Tensor = cross_entropy(logits, torch.from_numpy(wanted).to(logits.device))
        return loss

    def labelled_loss(self, right: Sequence[Row], wrong: Sequence[Sequence[Row]]) -> Tensor:
        """The hinge of right texts against each of their wrong ones."""
        rows = [*right, *(row for some in wrong for row in some)]
        scores = self(rows)
        sizes = torch.tensor([len(some) for some in wrong])
        loss: Tensor = losses.hinge(scores[: len(right)].repeat_interleave(sizes), scores[len(right) :])
        return loss


def attention_of_first(network: Any, rows: Sequence[NDArray[np.int32]]) -> list[NDArray[np.float64]]:
    """The attention that the first token pays every token of each row in the last layer, a mean over heads."""
    seen: list[tuple[Tensor, Tensor]] = []
    layer = network.body.layers[-1]
    hook = layer.register_forward_pre_hook(lambda _, inputs: seen.append(inputs[:2]))
    try:
        with torch.inference_mode():
            network.states(rows)
            x, mask = seen[0]
            b, n, h = x.shape
            q, k, _ = layer.qkv(x).view(b, n, 3, layer.heads, h // layer.heads).permute(2, 0, 3, 1, 4)
            scores = (q[:, :, :1] * q.shape[-1] ** -0.5) @ k.transpose(-1, -2) + mask
            paid = scores.float().softmax(-1)[:, :, 0].mean(1).cpu().numpy()
    finally:
        hook.remove()
    return [paid[i, : len(row)].astype(np.float64) for i, row in enumerate(rows)]
