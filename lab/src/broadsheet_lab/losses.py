"""What training lessens: losses of vectors and scores that several methods share, in torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.wordpiece import SPECIAL

__all__ = ["hinge", "info_nce", "listwise_kl", "margin_mse", "masked", "masked_words"]

Ids = NDArray[np.int32]


class Words(Protocol):
    """What `masked_words` asks of a network."""

    mask: int  # the id of [MASK]
    n_pieces: int

    def states(self, rows: Sequence[Any]) -> tuple[Any, Any]:
        """(states (b, l, h), which are no padding (b, l))."""

    def word_logits(self, states: Any) -> Any:
        """(…, h) to (…, pieces)."""


def info_nce(
    queries: Any,
    documents: Any,
    *,
    scale: float,
    extra: Any | None = None,
    ignored: Any | None = None,
    both: bool = False,
) -> Any:
    """How far each query (b, d) is from taking its own document (b, d) for the best, mean over queries.

    `scale` multiplies the inner products. `extra` (m, d) are more wrong documents; `ignored` (b, b) marks documents
    that are not wrong, or (b, b + m) with those of `extra`. With `both`, the mean with the loss of documents that look
    for their queries. van den Oord, Li, Vinyals: 1807.03748; the ranking loss of Henderson et al.: 1705.00652.
    """
    import torch
    from torch.nn.functional import cross_entropy

    every = documents if extra is None else torch.cat([documents, extra])
    scores = queries @ every.T * scale
    b = len(queries)
    target = torch.arange(b, device=scores.device)
    if ignored is not None:
        own = torch.eye(b, ignored.shape[1], dtype=torch.bool, device=scores.device)
        scores[:, : ignored.shape[1]] = scores[:, : ignored.shape[1]].masked_fill(ignored & ~own, -1e4)
    loss = cross_entropy(scores, target)
    return (loss + cross_entropy(scores[:, :b].T, target)) / 2 if both else loss


def margin_mse(scores: Any, taught: Any) -> Any:
    """The mean square by which margins miss those of a teacher, of scores (b, n) whose first is the right one.

    Hofstätter, Althammer, Schröder, Sertkan, Hanbury: 2010.02666, equation 8.
    """
    return ((scores[:, :1] - scores[:, 1:] - (taught[:, :1] - taught[:, 1:])) ** 2).mean()


def listwise_kl(scores: Any, taught: Any, *, temperature: float = 1.0) -> Any:
    """Kullback and Leibler's divergence of softmax(scores) from softmax(taught), both (b, n), mean over lists."""
    from torch.nn.functional import kl_div, log_softmax

    ours, theirs = (log_softmax(x / temperature, dim=-1) for x in (scores, taught))
    return kl_div(ours, theirs, reduction="batchmean", log_target=True)


def hinge(better: Any, worse: Any, *, margin: float = 1.0) -> Any:
    """The mean by which scores (n,) are not `margin` above others (n,)."""
    return (margin - better + worse).clamp_min(0).mean()


def masked(
    rows: Sequence[Ids], rng: np.random.Generator, *, share: float, mask: int, first: int, pieces: int
) -> tuple[list[Ids], list[NDArray[np.int64]]]:
    """(rows with a share of their pieces hidden, the places that are asked for in each).

    Of the places, 80 % become `mask`, 10 % another of the ids `first` to `pieces`, and 10 % stay; what is special
    (ids below `first`) is not asked for. Devlin, Chang, Lee, Toutanova: 1810.04805, section 3.1.
    """
    hidden, asked = [], []
    for row in rows:
        places = np.flatnonzero((row >= first) & (rng.random(len(row)) < share))
        chance = rng.random(len(places))
        changed = row.copy()
        changed[places[chance < 0.8]] = mask
        changed[places[chance >= 0.9]] = rng.integers(first, pieces, int((chance >= 0.9).sum()))
        hidden.append(changed)
        asked.append(places)
    return hidden, asked


def masked_words(network: Words, rows: Sequence[Any], rng: np.random.Generator, share: float = 0.15) -> Any:
    """The mean loss of the pieces that `masked` hides in rows of ids, or of (ids, sides)."""
    import torch
    from torch.nn.functional import cross_entropy

    paired = isinstance(rows[0], tuple)
    whole: list[Ids] = [row[0] if paired else row for row in rows]
    hidden, asked = masked(whole, rng, share=share, mask=network.mask, first=len(SPECIAL), pieces=network.n_pieces)
    states, _ = network.states([(h, row[1]) for h, row in zip(hidden, rows, strict=True)] if paired else hidden)
    at = torch.tensor([(i, j) for i, places in enumerate(asked) for j in places.tolist()]).reshape(-1, 2)
    wanted = np.concatenate([row[places] for row, places in zip(whole, asked, strict=True)]).astype(np.int64)
    if not len(wanted):
        return states.float().sum() * 0
    logits = network.word_logits(states[at[:, 0], at[:, 1]])
    return cross_entropy(logits.float(), torch.from_numpy(wanted).to(logits.device))
