"""How an encoder learns from documents in sections, and how a reader of query and section does."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.encoders._sections import best_sections, flat, merged
from broadsheet_lab.losses import info_nce
from broadsheet_lab.mining import hard_negatives
from broadsheet_lab.training import Plan, seeded, train

if TYPE_CHECKING:
    from broadsheet_lab.networks import Network

__all__ = ["PAIR", "QUERY", "Known", "mean_of_sections", "train_encoder", "train_reader"]

QUERY, PAIR = 32, 96  # tokens of a query, of query and section

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Known:
    """Queries, the document that each wants, and the sections of all documents."""

    queries: Sequence[str]
    wanted: Numbers  # (m,)
    documents: Sequence[Sequence[str]]

    def shown(self, asked: NDArray[np.float32], sections: NDArray[np.float32], bounds: Numbers, rivals: int) -> Numbers:
        """The nearest section, of all, of what each query wants and of `rivals` documents near it, (m, 1 + rivals).

        By vectors of queries (m, d) and sections (t, d); -1 for a document without any.
        """
        count = min(rivals, len(self.documents) - 1)
        right = [np.array([row]) for row in self.wanted]
        wrong = hard_negatives(asked, merged(sections, bounds), right, count=count, depth=count)
        shown = np.column_stack([self.wanted, wrong])
        return np.array([best_sections(sections @ q, bounds)[1][row] for q, row in zip(asked, shown, strict=True)])


def mean_of_sections(vectors: Any, owner: Sequence[int], n: int) -> Any:
    """The mean of the vectors (t, d) of each of n documents, of unit length (n, d); owner[i] is whose the i-th is."""
    import torch

    sums = torch.zeros(n, vectors.shape[1], device=vectors.device)
    sums = sums.index_add(0, torch.tensor(owner, device=vectors.device), vectors)
    return torch.nn.functional.normalize(sums, dim=1)


def train_encoder(
    network: Network,
    known: Known,
    plan: Plan,
    *,
    sampled: int,
    scale: float,
    tell: Callable[[str], None] | None,
) -> None:
    """Train the network so that a query is near the mean of `sampled` sections of what it wants, and of no other."""
    asked = network.ids(known.queries, tokens=QUERY)
    sections = [network.ids(parts) for parts in known.documents]

    def batch_of(rng: np.random.Generator, size: int) -> tuple[list[Any], list[Any], list[int]]:
        """(queries, sections, the place of each section's document); no two queries want the same document."""
        order = rng.permutation(len(asked))
        at = order[np.sort(np.unique(known.wanted[order], return_index=True)[1])[:size]]
        drawn = [[sections[row][i] for i in rng.permutation(len(sections[row]))[:sampled]] for row in known.wanted[at]]
        owner = [place for place, parts in enumerate(drawn) for _ in parts]
        return [asked[i] for i in at], [s for parts in drawn for s in parts], owner

    def loss_of(batch: tuple[list[Any], list[Any], list[int]]) -> Any:
        rows, parts, owner = batch
        documents = mean_of_sections(network.vectors(parts), owner, len(rows))
        return info_nce(network.vectors(rows), documents, scale=scale)

    train(network.learned(), batch_of, loss_of, plan, tell=tell)


def train_reader(
    network: Network,
    known: Known,
    shown: Numbers,
    plan: Plan,
    *,
    negatives: int,
    tell: Callable[[str], None] | None,
) -> Any:
    """Train the network to tell the first of the sections shown for a query (m, 1 + rivals) from others.

    Returns its head, which makes a logit of the first token's state: binary cross-entropy over the first section and
    `negatives` others a query.
    """
    import torch

    parts = flat(known.documents)[0]
    with seeded(plan.seed):
        head = torch.nn.Linear(network.body.shape.hidden, 1).to(network.device)

    def batch_of(rng: np.random.Generator, size: int) -> tuple[list[Any], list[float]]:
        firsts, seconds, relevant = [], [], []
        for i in rng.integers(0, len(known.queries), size).tolist():
            rivals = rng.permutation(shown.shape[1] - 1)[:negatives] + 1
            for place in (0, *rivals.tolist()):
                if shown[i, place] >= 0:
                    firsts.append(known.queries[i])
                    seconds.append(parts[shown[i, place]])
                    relevant.append(float(place == 0))
        return network.pair_ids(firsts, seconds, first_tokens=QUERY, tokens=PAIR), relevant

    def loss_of(batch: tuple[list[Any], list[float]]) -> Any:
        logits = head(network.firsts(batch[0]))[:, 0]
        relevant = torch.tensor(batch[1], device=logits.device)
        return torch.nn.functional.binary_cross_entropy_with_logits(logits, relevant)

    train([*network.learned(), *head.parameters()], batch_of, loss_of, plan, tell=tell)
    return head
