"""The papers and queries that training may see, as token ids: nothing of a paper that a test half asks for.

trained on   papers.parquet without the papers that the board's queries come from (`sets.asked`), and without those of
             the test half of queries.jsonl
dev queries  three of five papers by a hash are trained on (`learns`), the others choose models and weights
"""

from __future__ import annotations

import json
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.sentences import sentences as spans_of
from broadsheet_lab.bench.search import sets
from broadsheet_lab.train.pieces import Pieces

__all__ = ["Asked", "Ids", "Papers", "asked", "learns", "may_train", "tokenized"]

Ids = NDArray[np.int32]
KINDS = ("short", "need", "recall")
_LEARNED = 3  # of five papers of the dev half


def is_dev(paper: str) -> bool:
    """Whether a paper's queries are for choosing and training."""
    return zlib.crc32(paper.encode()) % 2 == 0


def learns(paper: str) -> bool:
    """Whether a dev paper's queries are trained on; those of the others choose between models."""
    return is_dev(paper) and (zlib.crc32(paper.encode()) >> 1) % 5 < _LEARNED


@dataclass(frozen=True, slots=True)
class Asked:
    """A query that asks for one paper."""

    kind: str
    text: str
    row: int  # of the paper


def asked(source: sets.Source, queries: Path) -> list[Asked]:
    """The dev queries: short, need, recall of queries.jsonl, and one-sentence summaries."""
    rows = {d.id: i for i, d in enumerate(source.docs)}
    found = []
    for line in queries.read_text(encoding="utf-8").splitlines():
        item = json.loads(line)
        if is_dev(item["paper_id"]) and item["paper_id"] in rows:
            found += [Asked(kind, item[kind], rows[item["paper_id"]]) for kind in KINDS]
    summaries = [(i, text) for i, text in enumerate(source.summaries) if text and is_dev(source.docs[i].id)]
    return found + [Asked("tldr", text, i) for i, text in summaries]


def may_train(source: sets.Source, queries: Path) -> NDArray[np.bool_]:
    """Which papers' own texts may be trained on, (n,)."""
    others = {json.loads(line)["paper_id"] for line in queries.read_text(encoding="utf-8").splitlines()}
    closed = sets.asked(source) | {paper for paper in others if not is_dev(paper)}
    return np.array([d.id not in closed and bool(d.abstract) for d in source.docs], np.bool_)


@dataclass(frozen=True)
class Papers:
    """Papers as token ids; the sentences of paper i are sentences[bounds[i]:bounds[i + 1]]."""

    titles: list[Ids]
    sentences: list[Ids]
    bounds: NDArray[np.int64]
    keywords: list[Ids]

    def __len__(self) -> int:
        return len(self.titles)

    def abstract(self, i: int, without: int = -1) -> list[Ids]:
        """The sentences of a paper, one of them left out."""
        parts = self.sentences[self.bounds[i] : self.bounds[i + 1]]
        return parts if without < 0 else [*parts[:without], *parts[without + 1 :]]


def tokenized(docs: Sequence[sets.Doc], pieces: Pieces) -> Papers:
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
        pieces.ids([", ".join(d.keywords) for d in docs]),
    )
