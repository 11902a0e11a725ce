"""The losses of Metrix in torch: similarities with labels between positive and negative, and mixed examples."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor
from torch.nn.functional import normalize

from broadsheet_lab.networks import mean_states

__all__ = [
    "LOSSES",
    "Loss",
    "clean_loss",
    "embeddings_mixed_loss",
    "features_mixed_loss",
    "labelled_loss",
    "mixed_states",
    "read_with_features",
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


def read_with_features(network: Any, rows: Sequence[NDArray[np.int32]], layer: int) -> tuple[Tensor, Tensor, Tensor]:
    """(unit vectors (b, h), the states (b, l, h) after `layer` layers, which are no padding (b, l))."""
    features: list[Tensor] = []
    hook = network.body.layers[layer - 1].register_forward_hook(lambda _, __, states: features.append(states))
    try:
        states, seen = network.states(rows)
    finally:
        hook.remove()
    return normalize(mean_states(states, seen), dim=-1), features[0], seen


def mixed_states(x: Tensor, seen: Tensor, partners: Tensor, share: float) -> tuple[Tensor, Tensor]:
    """(share of each row's states x (b, l, h) and the rest of its partner's, which are no padding).

    Where one of both has ended the other goes on alone.
    """
    own = torch.where(seen[partners], share, 1.0) * seen
    others = torch.where(seen, 1 - share, 1.0) * seen[partners]
    mixed = own[..., None].to(x.dtype) * x + others[..., None].to(x.dtype) * x[partners]
    return mixed, seen | seen[partners]


def features_mixed_loss(
    network: Any,
    read: tuple[Tensor, Tensor, Tensor],
    labels: Tensor,
    share: float,
    hardest: int,
    layer: int,
    loss: Loss,
    rng: np.random.Generator,
) -> Tensor:
    """As `clean_loss`, each anchor against examples whose states after `layer` layers were mixed.

    Each example is mixed with one of its `hardest` most similar negatives and goes through the layers that are left.
    To an anchor of its own group the mixture has the label `share`, to one of its partner's 1 - share.
    """
    z, x, seen = read
    negatives, valid = _hardest(z, labels, hardest)
    drawn = torch.where(valid, torch.from_numpy(rng.random(tuple(valid.shape))).to(z.device), -1.0).argmax(1)
    partners = negatives.gather(1, drawn[:, None])[:, 0]
    mixed, present = mixed_states(x, seen, partners, share)
    mask = ((~present).to(mixed.dtype) * -1e4)[:, None, None, :]
    for further in network.body.layers[layer:]:
        mixed = further(mixed, mask)
    v = normalize(mean_states(mixed, present), dim=-1)
    same, others = _same(labels), _others(len(z), z.device)
    own, theirs = same & others, same[:, partners] & others[:, partners]  # (anchors, mixtures)
    able = valid.any(1)  # with a negative to mix with
    y = torch.where(own, share, 1 - share).to(z.dtype)
    return labelled_loss(z @ v.T, y, (own | theirs) & able, loss).mean()
