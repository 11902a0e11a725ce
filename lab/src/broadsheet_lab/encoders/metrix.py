"""Metrix: learn which papers belong together from few examples, by mixing positives with negatives.

Problem: a similarity trained on few labelled groups fits those groups and little else. Idea: between a positive and a
negative of an anchor lie examples that are partly both; written with a label for every pair instead of every example, a
metric loss counts such a mixed example as positive by its share and as negative by the rest. The added term makes the
embedding space between the groups mean something, so that groups never seen are told apart better.

Venkataramanan, Psomas, Kijak, Amsaleg, Karantzalos, Avrithis: It Takes Two to Tango: Mixup for Deep Metric Learning.
ICLR 2022 (2106.04990), section 3. The losses are contrastive (Hadsell, Chopra, LeCun 2006) and multi-similarity (Wang
et al. 2019).
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.persistence import Persistent
from broadsheet_lab.training import Course, Plan, train

if TYPE_CHECKING:
    from broadsheet_lab.networks import Network
    from broadsheet_lab.towers import Read, Tower

__all__ = ["CARD", "LOSSES", "MIXED", "Loss", "Metrix", "Mixed", "utilization"]


CARD = Card(
    title="It Takes Two to Tango: Mixup for Deep Metric Learning",
    paper="2106.04990",
    year=2022,
    fidelity="faithful",
    solves="similarity learned from few labelled groups that holds for groups never seen",
    when="An encoder is to heed what a library's keywords or tags call alike; with pairs of queries and papers, a"
    " contrastive loss over them is the choice.",
    costs="About a tenth of a second of one core a step of 40 texts; vectors are as long as the network's.",
    unused="The product's encoder is trained on queries and papers, not on keywords.",
    claims=(
        Claim(
            "section 4",
            "papers.parquet, 12,000 papers, groups by rarest keyword, keywords of the test half",
            "Recall@1, contrastive, embeddings mixed over nothing (ratio)",
            1.02,
            ours=True,
        ),
        Claim(
            "section 4",
            "papers.parquet, 12,000 papers, groups by rarest keyword, keywords of the test half",
            "Recall@1, multi-similarity, embeddings mixed over nothing (ratio)",
            1.02,
            ours=True,
        ),
        Claim(
            "section 4",
            "papers.parquet, 12,000 papers, groups by rarest keyword, keywords of the test half",
            "Recall@1, multi-similarity, features mixed over nothing (ratio)",
            1.02,
            ours=True,
        ),
        Claim(
            "section 4",
            "papers.parquet, 12,000 papers, groups by rarest keyword, keywords of the test half",
            "utilization, multi-similarity, embeddings mixed over nothing (ratio)",
            0.98,
            ours=True,
        ),
        Claim(
            "ours",
            "papers.parquet, 12,000 papers, groups by rarest keyword, keywords of the test half",
            "Recall@1, multi-similarity, embeddings mixed over MiniLM untrained (ratio)",
            1.05,
            ours=True,
        ),
    ),
    departures=(
        "MiniLM with low-rank corrections of its upper layers instead of a convolutional network: papers that share a"
        " rare keyword are a group, not images of a class",
        "features are mixed once an example, with one of its hardest negatives, and serve all anchors of both groups;"
        " inputs, which are words, are not mixed",
        "proxy-anchor, the paper's third loss, is left out",
    ),
    builds_on=("minilm",),
    needs=("transformers",),
)

Loss = Literal["multi-similarity", "contrastive"]
Mixed = Literal["embeddings", "features"]
LOSSES: tuple[Loss, ...] = ("multi-similarity", "contrastive")
MIXED: tuple[Mixed, ...] = ("embeddings", "features")
PLAN = Plan(steps=1000, batch=16, warm=100)


def utilization(queries: NDArray[np.floating], learned: NDArray[np.floating]) -> NDArray[np.float64]:
    """The squared distance of each of unit rows (q, d) to the nearest of (n, d), (q,): low where training has been."""
    return np.asarray(2 - 2 * (queries @ learned.T).max(axis=1), np.float64)


class Metrix(Persistent):
    """An encoder of texts, trained on groups of them: vectors of one group are to be near each other.

    `network` is what training begins with (MiniLM of 64 tokens with corrections of rank 16 if None), left as it is; its
    first `layer` layers (half of them if None) do not learn. `mixed` says what is mixed, the vectors or the features,
    which are the states that those layers leave; `mixing` is the weight w of the mixed loss (0: none), `alpha` the
    parameter of the Beta distribution its shares are drawn from. A batch of the `plan` is so many groups, with `each`
    examples of each. Learns `network_`; `course_` is how it went.

    >>> import numpy as np
    >>> from broadsheet_lab.encoders.metrix import Metrix
    >>> from broadsheet_lab.networks import Network
    >>> from broadsheet_lab.training import Plan
    >>> texts = [f"{group} {word}" for group in ("robots", "galaxies", "proteins") for word in ("old", "new", "big")]
    >>> labels = np.repeat([0, 1, 2], 3)
    >>> method = Metrix(Network.small(texts), each=2, plan=Plan(steps=3, batch=3)).fit(texts, labels)
    >>> method.encode(["old robots", "new galaxies"]).shape
    (2, 32)
    """

    def __init__(
        self,
        network: Network | None = None,
        *,
        loss: Loss = "multi-similarity",
        mixed: Mixed = "embeddings",
        mixing: float = 0.4,
        alpha: float = 2.0,
        layer: int | None = None,
        each: int = 4,
        hardest: int = 10,
        plan: Plan = PLAN,
    ) -> None:
        if loss not in LOSSES or mixed not in MIXED:
            raise ValueError(
                f"the losses are {' and '.join(LOSSES)}, not {loss!r}; {' or '.join(MIXED)} are mixed, not {mixed!r}"
            )
        if hardest < 1 or each < 2 or mixing < 0 or alpha <= 0 or plan.batch < 2:
            raise ValueError("hardest and alpha are to be above zero, a batch at least two groups of two")
        self.network = network
        self.loss: Loss = loss
        self.mixed: Mixed = mixed
        self.mixing = mixing
        self.alpha = alpha
        self.layer = layer
        self.each = each
        self.hardest = hardest
        self.plan = plan
        self.network_: Network | None = None
        self.course_ = Course()

    def fit(
        self,
        texts: Sequence[str],
        labels: NDArray[np.int64],
        *,
        read: Read | None = None,
        tell: Callable[[str], None] | None = None,
    ) -> Self:
        """Learn from texts and the group of each (n,).

        `read` are the texts as the layers that stay leave them, if that is known. Raises ValueError unless two groups
        have two each.
        """
        if np.shape(labels) != (len(texts),):
            raise ValueError(f"{len(texts)} texts with labels of shape {np.shape(labels)}")
        found, counts = np.unique(labels, return_counts=True)
        members = [np.flatnonzero(labels == group) for group in found[counts >= 2]]
        if len(members) < 2:
            raise ValueError(f"{len(members)} groups with two examples or more: at least two are needed")
        tower = self.tower(self._begun())
        self.network_ = tower.network
        below = tower.read(texts) if read is None else read
        mixing = np.random.default_rng([self.plan.seed, 1])

        def batch_of(rng: np.random.Generator, groups: int) -> NDArray[np.int64]:
            drawn = rng.choice(len(members), min(groups, len(members)), replace=False)
            return np.concatenate([rng.permutation(members[g])[: self.each] for g in drawn])

        def loss_of(at: NDArray[np.int64]) -> Any:
            return self._loss(tower, below, at, labels[at], mixing)

        self.course_ = train(tower.learned(), batch_of, loss_of, self.plan, tell=tell)
        return self

    def tower(self, network: Network | None = None) -> Tower:
        """A network, or what was learned, parted into the layers that stay and those that learn."""
        from broadsheet_lab.towers import Tower

        return Tower(network or self._fitted(), lower=self.layer)

    def _begun(self) -> Network:
        from broadsheet_lab.networks import Network

        if self.network is None:
            return Network.minilm(tokens=64, rank=16, seed=self.plan.seed)
        return copy.deepcopy(self.network)

    def _loss(
        self, tower: Tower, read: Read, at: NDArray[np.int64], labels: NDArray[np.int64], rng: np.random.Generator
    ) -> Any:
        """The clean loss of the texts at some places plus `mixing` times the mixed one, with one share a batch."""
        import torch

        from broadsheet_lab.encoders import _mixing

        groups = torch.from_numpy(labels)
        z = tower.vectors(read, at)
        loss = _mixing.clean_loss(z, groups, self.loss)
        if not self.mixing:
            return loss
        share = float(rng.beta(self.alpha, self.alpha))
        if self.mixed == "embeddings":
            added = _mixing.embeddings_mixed_loss(z, groups, share, self.hardest, self.loss, rng)
        else:
            features = read.padded(at)
            added = _mixing.features_mixed_loss(tower, z, features, groups, share, self.hardest, self.loss, rng)
        return loss + self.mixing * added

    def _fitted(self) -> Network:
        if self.network_ is None:
            raise ValueError("nothing was learned yet: call fit first")
        return self.network_

    @property
    def dimensions(self) -> int:
        """The length of a vector. Raises ValueError before `fit`."""
        return int(self._fitted().body.shape.hidden)

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        """The vectors of n texts, (n, d), of unit length. Raises ValueError before `fit`."""
        return self._fitted().encode(texts)

    def to_arrays(self) -> Mapping[str, NDArray[Any]]:
        """What was learned."""
        return self._fitted().to_arrays()

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]]) -> Self:
        """The encoder again. Raises ValueError if the arrays do not fit, ImportError without the network's base."""
        from broadsheet_lab.networks import Network

        method = cls()
        method.network_ = Network.from_arrays(arrays)
        return method
