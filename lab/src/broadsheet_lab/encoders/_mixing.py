"""The losses of Metrix in torch: similarities with labels between positive and negative, and mixed examples."""

from __future__ import annotations

from typing import Any, Literal

import numpy as np
import torch
from torch import Tensor
from torch.nn.functional import normalize

from broadsheet_lab.networks import mean_states
from broadsheet_lab.towers import Tower

__all__ = [
    "LOSSES",
    "Loss",
    "clean_loss",
    "embeddings_mixed_loss",
    "features_mixed_loss",
    "labelled_loss",
    "mixed_states",
]

Loss = Literal["multi-similarity", "contrastive"]
LOSSES: tuple[Loss, ...] = ("multi-similarity", "contrastive")
_BETA, _GAMMA, _MIDDLE = 2.0, 50.0, 0.5  # multi-similarity, as its own authors set them
_MARGIN = 0.5  # contrastive


def labelled_loss(s: Tensor, y: Tensor, valid: Tensor, loss: Loss) -> Tensor:
    """sigma+(sum of y rho+(s)) + sigma-(sum of (1 - y) rho-(s)) for each anchor, (a,).

    Similarities s (a, c) have labels y (a, c) from 0, negative, to 1, positive; those that are not `valid` do not
    count. Contrastive: rho+ = -s and rho- = [s - m]+, no sigma; multi-similarity: exponentials, and logarithms.
    """
    positive, negative = valid * y, valid * (1 - y)
    if loss == "contrastive":
        return (negative * (s - _MARGIN).clamp_min(0) - positive * s).sum(1)
    near = positive * torch.exp(-_BETA * (s - _MIDDLE))
    far = negative * torch.exp(_GAMMA * (s - _MIDDLE))
    return torch.log1p(near.sum(1)) / _BETA + torch.log1p(far.sum(1)) / _GAMMA


def _same(labels: Tensor) -> Tensor:
    """Which two examples are of one group, (b, b)."""
    return labels[:, None] == labels


def _others(n: int, device: Any) -> Tensor:
    """All but the diagonal, (n, n)."""
    return ~torch.eye(n, dtype=torch.bool, device=device)


def clean_loss(z: Tensor, labels: Tensor, loss: Loss) -> Tensor:
    """The mean loss of every example of z (b, d), of unit length, among the others."""
    return labelled_loss(z @ z.T, _same(labels).to(z.dtype), _others(len(z), z.device), loss).mean()


def _hardest(z: Tensor, labels: Tensor, hardest: int) -> tuple[Tensor, Tensor]:
    """(the `hardest` most similar of other groups for each example, (b, k); whether each is of another group)."""
    same = _same(labels)
    negatives = torch.where(same, -torch.inf, z.detach() @ z.detach().T).argsort(dim=1, descending=True, stable=True)
    negatives = negatives[:, :hardest]
    return negatives, ~same.gather(1, negatives)


def embeddings_mixed_loss(
    z: Tensor, labels: Tensor, share: float, hardest: int, loss: Loss, rng: np.random.Generator
) -> Tensor:
    """As `clean_loss`, each anchor against its positives mixed with its hardest negatives.

    v = share p + (1 - share) n, of unit length again, has the label `share`. Each of the `hardest` most similar
    negatives is mixed with a positive drawn for it.
    """
    negatives, valid = _hardest(z, labels, hardest)
    chance = _same(labels) & _others(len(z), z.device)
    valid = valid & chance.any(1)[:, None]  # an anchor alone in its group has nothing to mix
    keys = torch.from_numpy(rng.random((len(z), negatives.shape[1], len(z)))).to(z.device)
    positives = torch.where(chance[:, None], keys, -1.0).argmax(2)  # (b, k)
    v = normalize(share * z[positives] + (1 - share) * z[negatives], dim=-1)
    y = torch.full(valid.shape, share, dtype=z.dtype, device=z.device)
    return labelled_loss(torch.einsum("bd,bkd->bk", z, v), y, valid, loss).mean()


def mixed_states(x: Tensor, seen: Tensor, partners: Tensor, share: float) -> tuple[Tensor, Tensor]:
    """(share of each row's states x (b, l, h) and the rest of its partner's, which are no padding).

    Where one of both has ended the other goes on alone.
    """
    own = torch.where(seen[partners], share, 1.0) * seen
    others = torch.where(seen, 1 - share, 1.0) * seen[partners]
    mixed = own[..., None].to(x.dtype) * x + others[..., None].to(x.dtype) * x[partners]
    return mixed, seen | seen[partners]


def features_mixed_loss(
    tower: Tower,
    z: Tensor,
    features: tuple[Tensor, Tensor],
    labels: Tensor,
    share: float,
    hardest: int,
    loss: Loss,
    rng: np.random.Generator,
) -> Tensor:
    """As `clean_loss`, each anchor of z (b, d) against examples whose features were mixed.

    `features` are the ids (b, l) and the states (b, l, h) that the lower layers leave. Each example is mixed with one
    of its `hardest` most similar negatives and goes through the layers that learn. To an anchor of its own group the
    mixture has the label `share`, to one of its partner's 1 - share.
    """
    ids, x = features
    negatives, valid = _hardest(z, labels, hardest)
    drawn = torch.where(valid, torch.from_numpy(rng.random(tuple(valid.shape))).to(z.device), -1.0).argmax(1)
    partners = negatives.gather(1, drawn[:, None])[:, 0]
    mixed, present = mixed_states(x, ids != 0, partners, share)
    states = tower.above(mixed, present)
    v = normalize(mean_states(states, present), dim=-1)
    same, others = _same(labels), _others(len(z), z.device)
    own, theirs = same & others, same[:, partners] & others[:, partners]  # (anchors, mixtures)
    able = valid.any(1)  # with a negative to mix with
    y = torch.where(own, share, 1 - share).to(z.dtype)
    return labelled_loss(z @ v.T, y, (own | theirs) & able, loss).mean()
