"""The papers and queries that training may see, as token ids: nothing of a paper that a test half asks for.

trained on   papers.parquet without the papers that the board's queries come from (`sets.asked`)
dev queries  of three of five papers, by a hash (`is_trained_on`), are trained on; the others choose models and weights
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.sentences import sentences as spans_of
from broadsheet_lab.bench.search import sets
from broadsheet_lab.bench.search.query_set import Doc, Source, is_dev
from broadsheet_lab.kit.pieces import Pieces

__all__ = ["Asked", "Ids", "Papers", "asked", "may_train", "tokenized"]

Ids = NDArray[np.int32]


@dataclass(frozen=True, slots=True)
class Asked:
    """A query that asks for one paper."""

    kind: str
    text: str
    row: int  # of the paper


def asked(source: Source) -> list[Asked]:
    """The dev queries: those written for papers, and one-sentence summaries."""
    rows = {d.id: i for i, d in enumerate(source.docs)}
    found = [
        Asked(kind, text, rows[need.paper])
        for need in source.needs
        if need.paper in rows and is_dev([need.paper])[0]
        for kind, text in need.texts.items()
    ]
    dev = is_dev([d.id for d in source.docs])
    return found + [Asked("tldr", text, i) for i, text in enumerate(source.summaries) if text and dev[i]]


def may_train(source: Source) -> NDArray[np.bool_]:
    """Which papers' own texts may be trained on, (n,)."""
    closed = sets.asked(source)
    return np.array([d.id not in closed and bool(d.abstract) for d in source.docs], np.bool_)


@dataclass(frozen=True)
class Papers:
    """Papers as token ids; the sentences of paper i are sentences[bounds[i]:bounds[i + 1]]."""

    titles: list[Ids]
    sentences: list[Ids]
    bounds: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.titles)

    def abstract(self, i: int, without: int = -1) -> list[Ids]:
        """The sentences of a paper, one of them left out."""
        parts = self.sentences[self.bounds[i] : self.bounds[i + 1]]
        return parts if without < 0 else [*parts[:without], *parts[without + 1 :]]


def tokenized(docs: Sequence[Doc], pieces: Pieces) -> Papers:
    """Papers as token ids. A title ends in a full stop, as the product encodes it."""
    sentences: list[str] = []
    bounds = [0]
    for d in docs:
        sentences += [d.abstract[a:b] for a, b in spans_of(d.abstract)]
        bounds.append(len(sentences))
    return Papers(
        pieces.ids([f"{d.title}." for d in docs]),
        pieces.ids(sentences),
        np.array(bounds, np.int64),
    )
