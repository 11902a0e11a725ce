"""What ColBERTer learns on top of a tower: two maps, the gate, the mixture; its scores in torch, and its loss."""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn

from broadsheet_lab.encoders._whole_words import Words
from broadsheet_lab.losses import margin_mse
from broadsheet_lab.networks import mean_states
from broadsheet_lab.towers import Read, Tower

__all__ = ["Heads", "Lessons", "TwoWay", "directions", "loss_of", "token_scores"]

_NONE = -1000.0  # a word that cannot match

Rows = NDArray[np.int64]


def directions(x: Tensor, k: int) -> Tensor:
    """The k leading principal directions of rows (m, h) as rows (k, h); the mean square of a mapped row is 1."""
    x = x.float()
    values, vectors = torch.linalg.eigh(x.T @ x / max(1, len(x)))
    return (vectors.flip(1)[:, :k] / values.flip(0)[:k].sum().clamp_min(1e-12).sqrt()).T.contiguous()


class Heads(nn.Module):  # type: ignore[misc]
    """Maps of states (h) to r and d dimensions, the gate of a word, a second map to one dimension, and the mixture."""

    def __init__(self, hidden: int, retrieval: int, word: int, *, single: bool = False) -> None:
        super().__init__()
        self.retrieval = nn.Linear(hidden, retrieval)
        self.word = nn.Linear(hidden, word)
        self.gate = nn.Linear(word, 1)
        self.single = nn.Linear(word, 1) if single else None
        self.mixture = nn.Parameter(torch.zeros(1))
        with torch.no_grad():
            self.gate.weight.zero_()
            self.gate.bias.fill_(1.0)

    def begin(self, tower: Tower, read: Read, *, seed: int, scale: float) -> None:
        """Begin at the principal directions of what a tower says of some texts, as near to that as can be.

        The inner products of mapped texts are about `scale`; what words have in common is taken away, and the product
        of a word with itself is about 1.
        """
        some = np.sort(np.random.default_rng(seed).permutation(len(read))[:256])
        with torch.no_grad():
            states, ids = tower.states(read, some)
            words = states[ids != 0].float()
            mean = words.mean(0)
            whole = mean_states(states, ids != 0)
            self.retrieval.weight.copy_(scale**0.5 * directions(whole, self.retrieval.out_features))
            self.retrieval.bias.zero_()
            self.word.weight.copy_(directions(words - mean, self.word.out_features))
            self.word.bias.copy_(-self.word.weight @ mean)

    def narrowed(self) -> Heads:
        """The same with a second map to one dimension, which begins by giving every word a 1."""
        heads = copy.deepcopy(self)
        heads.single = nn.Linear(self.word.out_features, 1)
        with torch.no_grad():
            heads.single.weight.zero_()
            heads.single.bias.fill_(1.0)
        return heads

    def to_arrays(self) -> dict[str, NDArray[Any]]:
        """By name."""
        return {name: p.detach().numpy().copy() for name, p in self.named_parameters()}

    def load_arrays(self, arrays: Mapping[str, NDArray[Any]]) -> None:
        """Take what others learned. Raises ValueError if it does not fit."""
        with torch.no_grad():
            for name, parameter in self.named_parameters():
                if arrays[name].shape != tuple(parameter.shape):
                    raise ValueError(f"heads.{name} of shape {arrays[name].shape}, not {tuple(parameter.shape)}")
                parameter.copy_(torch.tensor(arrays[name]))


class Kept(NamedTuple):
    """Texts of a batch: retrieval vectors, words, their gates, and which words are none (padding)."""

    retrieval: Tensor  # (b, r)
    vectors: Tensor  # (b, w, d)
    gates: Tensor  # (b, w)
    words: Tensor  # (b, w) int64, 0 for padding


@dataclass(frozen=True)
class TwoWay:
    """A tower and heads on it."""

    tower: Tower
    heads: Heads

    def kept(self, read: Read, words: Words, rows: Rows, *, gated: bool) -> Kept:
        """BOW2 (section 3.2): the mean over all pieces of a word at all its places, after the map.

        Gates (equation 5) are read off the mapped word; with one dimension the second map comes behind them.
        """
        states, ids = self.tower.states(read, rows)
        whole = self.heads.retrieval(mean_states(states, ids != 0))
        slots, stems = words.padded(read, rows)  # (b, l), (b, w)
        mapped = self.heads.word(states.float())
        b, places, d = mapped.shape
        width = stems.shape[1] + 1  # the last slot takes what is no word
        at = (torch.where(slots < 0, width - 1, slots) + width * torch.arange(b)[:, None]).reshape(-1)
        sums = torch.zeros(b * width, d).index_add(0, at, mapped.reshape(b * places, d)).view(b, width, d)
        counts = torch.zeros(b * width).index_add(0, at, torch.ones(b * places)).view(b, width, 1)
        vectors = (sums / counts.clamp_min(1))[:, :-1]
        gates = torch.ones(vectors.shape[:2])
        if gated:
            gates = torch.relu(self.heads.gate(vectors)[..., 0])
            vectors = vectors * gates[..., None]
        if self.heads.single is not None:
            vectors = self.heads.single(vectors)
        return Kept(whole, vectors, gates * (stems != 0), stems)

    def scores(self, asked: Kept, held: Kept, *, exact: bool) -> tuple[Tensor, Tensor]:
        """(s_CLS, s_token) of query i with documents i·n to i·n + n, (b, n) each."""
        b = len(asked.words)
        n = len(held.words) // b
        whole = (asked.retrieval[:, None] * held.retrieval.view(b, n, -1)).sum(-1)
        return whole, token_scores(asked, held, exact=exact)


def token_scores(asked: Kept, held: Kept, *, exact: bool) -> Tensor:
    """s_token: the greatest product of every word of the query over the words of the document that may match it."""
    b, w, d = asked.vectors.shape
    n = len(held.words) // b
    products = torch.einsum("bqd,bnpd->bnqp", asked.vectors, held.vectors.view(b, n, -1, d))
    open_ = (held.gates > 0).view(b, n, 1, -1)
    if exact:
        open_ = open_ & (asked.words[:, None, :, None] == held.words.view(b, n, 1, -1))
    most = products.masked_fill(~open_, _NONE).amax(-1) if held.words.shape[1] else torch.full((b, n, w), _NONE)
    counted = open_.any(-1) & (asked.words != 0)[:, None]
    return torch.where(counted, most, 0.0).sum(-1)


@dataclass(frozen=True)
class Lessons:
    """Queries, the documents each is to tell apart, the one it wants first, and what a teacher scores them."""

    queries: Read
    query_words: Words
    documents: Read
    document_words: Words
    rows: Rows  # (q, n)
    taught: NDArray[np.float32]  # (q, n)


def loss_of(model: TwoWay, lessons: Lessons, at: Rows, *, gated: bool, exact: bool, weights: Sequence[float]) -> Tensor:
    """a_b L_b + a_CLS L_CLS + a_CS L_CS (equation 11), `weights` being (a_CLS, a_CS) to a_b of 1.

    L_b is Margin-MSE of the mixed score, L_CLS of the retrieval vectors' alone, L_CS the mean gate of the documents.
    """
    asked = model.kept(lessons.queries, lessons.query_words, at, gated=False)
    held = model.kept(lessons.documents, lessons.document_words, lessons.rows[at].reshape(-1), gated=gated)
    whole, words = model.scores(asked, held, exact=exact)
    share = torch.sigmoid(model.heads.mixture)
    taught = torch.from_numpy(lessons.taught[at])
    loss = margin_mse(share * whole + (1 - share) * words, taught) + weights[0] * margin_mse(whole, taught)
    if gated:
        loss = loss + weights[1] * held.gates.sum() / (held.words != 0).sum().clamp_min(1)
    return loss
