"""MGUR: a paper and a few words of feedback as one query, trained to expect more than one right answer.

Problem: "like this paper, but for speech" names neither a text nor a topic, and the one target a training triple has is
rarely the only good one. Idea: a small network mixes the vectors of the paper and of the words into a query that is
searched for like any other. Early in training the target is blurred by noise as wide as its own coordinates vary, which
lets its neighbours count as right; a schedule moves from that coarse, many-to-many loss to the fine, one-to-one loss.

Chen, Zheng, Ji, Qu, Chua: Composed Image Retrieval with Text Feedback via Multi-grained Uncertainty Regularization.
ICLR 2024 (2211.07394), section 3. The gated mixture follows Vo et al.: Composing Text and Image for Image Retrieval
(1812.07119), section 3.2.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from broadsheet.kit.card import Card, Claim
from broadsheet_lab.losses import info_nce
from broadsheet_lab.retrieval._mixers import Mixer
from broadsheet_lab.training import Plan

if TYPE_CHECKING:
    from broadsheet_lab.networks import Network

__all__ = ["CARD", "Composer", "augmented", "coarse_share", "multi_grained"]

CARD = Card(
    title="Composed Image Retrieval with Text Feedback via Multi-grained Uncertainty Regularization",
    paper="2211.07394",
    year=2024,
    solves="one query from a paper and a sentence about what should be different",
    when=(
        "to search by a paper and a few words together, where triples of paper, words and paper wanted are at hand; the"
        " weighted mean of both vectors needs no training"
    ),
    costs=(
        "training: seconds for a hundred steps, as only words are encoded in it; a query: one short text through MiniLM"
    ),
    unused="the product mixes both rankings by a weight, which needs no triples, no MiniLM and no training",
    claims=(
        Claim(
            "table 1",
            "papers.parquet, 5,205 papers with keywords, queries of a paper and a new keyword, test half",
            "recall@50 with the multi-grained loss over the one-to-one loss alone (points)",
            2.4,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 5,205 papers with keywords, queries of a paper and a new keyword, test half",
            "recall@10 with the multi-grained loss over the weighted mean of paper and words (ratio)",
            1.1,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 5,205 papers with keywords, queries of a paper and a new keyword, test half",
            "recall@10 with the encoder of words trained over the same with it frozen (ratio)",
            1.05,
            ours=True,
        ),
    ),
    departures=(
        "papers and keywords stand for images and captions: 2.4 points is the least of the paper's three gains",
        "papers' vectors are frozen, so that any index of them serves; what is trained is the encoder of the words, by"
        " low-rank corrections of MiniLM, and the mixture",
        "the query is a gated sum of both vectors plus a learned residual, not a change of inner feature maps",
        "Adam instead of SGD, as the mixture starts from nothing; the weight of the coarse loss falls by steps",
    ),
    needs=("transformers",),
    fidelity="reduced",
)


_PLAN = Plan(2000, 64, 1e-3)


def augmented(targets: Any, *, alpha_scale: float = 1.0, beta_scale: float = 1.0) -> Any:
    """Targets (n, d) blurred: alpha * (f - m) / s + beta, alpha ~ N(1, s), beta ~ N(m, s) per coordinate. Section 3.

    m and s are the mean and standard deviation of each target over its own coordinates. Torch tensors; torch's draws.
    """
    import torch

    mean, spread = targets.mean(1, keepdim=True), targets.std(1, keepdim=True)
    variance = targets.var(1, keepdim=True, unbiased=False)
    normal = (targets - mean) / torch.sqrt(variance + 1e-5)  # instance normalisation
    alpha = alpha_scale * (1 + spread * torch.randn_like(targets))
    beta = beta_scale * (mean + spread * torch.randn_like(targets))
    return alpha * normal + beta


def coarse_share(progress: float, pace: float = 1.0) -> float:
    """gamma = exp(-gamma_0 epoch / epochs): the weight of the coarse loss, 1 at first. Section 3; `pace` is gamma_0."""
    return math.exp(-pace * progress)


def multi_grained(queries: Any, targets: Any, blurred: Any, gamma: float) -> Any:
    """gamma L_u + (1 - gamma) InfoNCE of queries and targets, all (n, d). Section 3.

    L_u = (exp(-s) InfoNCE(query, blurred) + s) / 2 with s the standard deviation of all of `blurred`.
    """
    fine = info_nce(queries, targets, scale=1.0)
    if gamma == 0:
        return fine
    s = blurred.std()
    coarse = (-s).exp() * info_nce(queries, blurred, scale=1.0)
    return gamma * (coarse + s) / 2 + (1 - gamma) * fine


class Composer(Mixer):
    """Mixes a paper's vector and words into the vector to search for. Learns `mixture_`, and `text_` of the words.

    `length` is that of all vectors in the loss (the paper's norm scale), `pace` its gamma_0; with `coarse=False` the
    loss is InfoNCE alone. `base` encodes the words, MiniLM if it is None; with `text_learns` it is trained with the
    mixture.

    >>> import numpy as np
    >>> from broadsheet_lab.networks import Network
    >>> from broadsheet_lab.retrieval.composed import Composer
    >>> from broadsheet_lab.training import Plan
    >>> base = Network.small(["graphs", "speech"], hidden=16, rank=2)
    >>> papers = np.random.default_rng(0).standard_normal((20, 16)).astype(np.float32)
    >>> composer = Composer(base, plan=Plan(5, batch=8)).fit(papers[:10], 5 * ["graphs", "speech"], papers[10:])
    >>> composer.encode(papers[:3], ["speech", "graphs", "speech"]).shape
    (3, 16)
    """

    SETTINGS = ("hidden", "length", "coarse", "pace", "text_learns")

    def __init__(
        self,
        base: Network | None = None,
        *,
        hidden: int = 512,
        length: float = 4.0,
        coarse: bool = True,
        pace: float = 1.0,
        text_learns: bool = True,
        plan: Plan = _PLAN,
    ) -> None:
        if hidden < 1 or plan.batch < 2 or length <= 0:
            raise ValueError(f"hidden, a batch >= 2 and length > 0, not {hidden}, {plan.batch}, {length}")
        super().__init__(base, text_learns=text_learns, plan=plan)
        self.hidden = hidden
        self.length = length
        self.coarse = coarse
        self.pace = pace

    def _mixture(self, d: int) -> Any:
        from broadsheet_lab.retrieval._mixtures import GatedMixture

        return GatedMixture(d, self.hidden)

    def _loss(self, queries: Any, targets: Any, progress: float) -> Any:
        gamma = coarse_share(progress, self.pace) if self.coarse else 0.0
        wanted = targets * self.length
        return multi_grained(queries * self.length, wanted, augmented(wanted) if gamma else wanted, gamma)
