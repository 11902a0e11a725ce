"""GeneCIS: similar to a reference with respect to a condition that is stated in words.

Problem: two papers are alike in many ways, and only the reader knows which way is meant. Idea: a query is a reference
and a condition, its gallery holds one paper that is right under the condition and others that are right under another
one, so that neither the reference nor the condition finds it alone. A combiner learns from triples mined without
labels: two papers that share one thing and differ in another, the condition naming the one or the other.

Vaze, Carion, Misra: GeneCIS: A Benchmark for General Conditional Image Similarity. CVPR 2023 (2306.07969): sections 3
(galleries), 5 (mining, training). The combiner is that of Baldrati et al. (2203.16036).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from broadsheet.kit.card import Card, Claim
from broadsheet_lab.losses import info_nce
from broadsheet_lab.retrieval._galleries import TASKS, Galleries, Mined, galleries, mined
from broadsheet_lab.retrieval._mixers import Mixer
from broadsheet_lab.training import Plan

if TYPE_CHECKING:
    from broadsheet_lab.networks import Network

__all__ = ["CARD", "TASKS", "Combiner", "Galleries", "Mined", "galleries", "mined"]

CARD = Card(
    title="GeneCIS: A Benchmark for General Conditional Image Similarity",
    paper="2306.07969",
    year=2023,
    solves="papers similar in the respect that the reader states",
    when=(
        "to find what is like a paper in a stated respect; where no triples are at hand, take the weighted mean of the"
        " paper's vector and the words'"
    ),
    costs="training: some seconds for a hundred steps; a query: one short text through MiniLM",
    unused="the product has no conditions to learn from; `like:` with words mixes two rankings by a weight instead",
    claims=(
        Claim(
            "section 6",
            "papers.parquet, 5,205 papers with keywords, galleries of 15 of four tasks, test half",
            "recall@1, mean of the tasks, over the weighted mean of reference and condition (ratio)",
            1.1,
            ours=True,
        ),
        Claim(
            "section 6",
            "papers.parquet, 5,205 papers with keywords, galleries of 15 of four tasks, test half",
            "recall@1, mean of the tasks, over the better of reference and condition alone (ratio)",
            1.2,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 5,205 papers with keywords, galleries of 15 of four tasks, test half",
            "recall@1, mean of the tasks, over itself with the conditions of other queries (ratio)",
            1.5,
            ours=True,
        ),
    ),
    departures=(
        "papers stand for images: keywords of a kind (methods, tasks, …) for attributes, all others for objects",
        "triples are mined from keywords and their kinds instead of scene graphs and their concreteness",
        "papers' vectors are frozen; the combiner starts from the mean of both and is trained with the encoder of the"
        " conditions, by low-rank corrections of MiniLM, at a higher rate",
    ),
    needs=("transformers",),
    fidelity="reduced",
)


_PLAN = Plan(2000, 128, 1e-3)


class Combiner(Mixer):
    """Combines a reference's vector and a condition into the vector to search for. Learns `mixture_`, and `text_`.

    `sharpness` multiplies cosines in the loss. `base` encodes the conditions, MiniLM if it is None; with `text_learns`
    it is trained with the combiner.

    >>> import numpy as np
    >>> from broadsheet_lab.networks import Network
    >>> from broadsheet_lab.retrieval.conditional import Combiner
    >>> from broadsheet_lab.training import Plan
    >>> base = Network.small(["the same task"], hidden=16, rank=2)
    >>> papers = np.random.default_rng(0).standard_normal((20, 16)).astype(np.float32)
    >>> combiner = Combiner(base, projection=8, hidden=8, plan=Plan(5, batch=8))
    >>> combiner.fit(papers[:10], 10 * ["the same task"], papers[10:]).encode(papers[:3], 3 * ["the same task"]).shape
    (3, 16)
    """

    SETTINGS = ("projection", "hidden", "sharpness", "dropout", "text_learns")

    def __init__(
        self,
        base: Network | None = None,
        *,
        projection: int = 256,
        hidden: int = 512,
        sharpness: float = 20.0,
        dropout: float = 0.5,
        text_learns: bool = True,
        plan: Plan = _PLAN,
    ) -> None:
        if projection < 1 or hidden < 1 or plan.batch < 2 or not 0 <= dropout < 1:
            raise ValueError(
                f"layers of 1, a batch of 2, dropout in 0..1, not {projection}, {hidden}, {plan.batch}, {dropout}"
            )
        super().__init__(base, text_learns=text_learns, plan=plan)
        self.projection = projection
        self.hidden = hidden
        self.sharpness = sharpness
        self.dropout = dropout

    def _mixture(self, d: int) -> Any:
        from broadsheet_lab.retrieval._mixtures import Combination

        return Combination(d, self.projection, self.hidden, self.dropout)

    def _loss(self, queries: Any, targets: Any, progress: float) -> Any:  # noqa: ARG002  all steps are alike
        return info_nce(queries, targets, scale=self.sharpness)
