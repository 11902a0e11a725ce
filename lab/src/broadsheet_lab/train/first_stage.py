"""Lists for the reader: queries with the papers that words and vectors find first, as the product lets them be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.sentences import sentences
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.search.excerpts import excerpts
from broadsheet_lab.bench.search.query_set import Doc
from broadsheet_lab.bench.search.tuning import bm25s_scores, tokenized
from broadsheet_lab.kit.pieces import Pieces
from broadsheet_lab.train.asking import Drawn
from broadsheet_lab.train.reading import Candidates

__all__ = ["Question", "candidates"]

READ = 21  # papers of a list
POOL = 100  # best of each side whose z-scores are added
_ENCODED = 500
_DRAWN_WEIGHT = 0.7  # of a query that was made, beside a real one

Floats = NDArray[np.float32]
Tell = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class Question:
    """A query for the paper of a row; `drawn` if it was made from that paper."""

    text: str
    row: int
    drawn: Drawn | None = None


def _summed(words: Floats, meaning: Floats) -> tuple[NDArray[np.int64], Floats]:
    """(the best of both sides, the sums of their z-scores), best first."""
    most = min(POOL, len(words)) - 1
    pool = np.union1d(*(np.argpartition(-side, most)[: most + 1] for side in (words, meaning)))
    sides = np.stack([words[pool], meaning[pool]])
    both = ((sides - sides.mean(axis=1, keepdims=True)) / (sides.std(axis=1, keepdims=True) + 1e-9)).sum(axis=0)
    order = np.argsort(-both, kind="stable")
    return pool[order], np.asarray(both, np.float32)[order]


def _first(words: Floats, meaning: Floats, row: int) -> tuple[list[int], list[float]]:
    """(the right paper and those found first, their summed z-scores)."""
    pool, both = _summed(words, meaning)
    scores: dict[int, float] = dict(zip(pool.tolist(), both.tolist(), strict=True))
    rows = [row, *(r for r in list(scores)[:READ] if r != row)][:READ]
    least = scores[rows[-1]] if len(rows) > 1 else 0.0
    return rows, [scores.get(r, least) for r in rows]


def _shown(doc: Doc, question: Question, right: bool) -> tuple[str, str]:
    """(title, abstract) of a candidate, without what the query was made of."""
    drawn = question.drawn
    if drawn is None:
        return doc.title, doc.abstract
    abstract = doc.abstract
    if right and drawn.without >= 0:
        spans = sentences(abstract)
        abstract = " ".join(abstract[a:b] for i, (a, b) in enumerate(spans) if i != drawn.without)
    return "" if drawn.untitled else doc.title, abstract


def candidates(
    docs: Sequence[Doc],
    questions: Sequence[Question],
    vectors: Floats,
    encode: Callable[[Sequence[str]], Floats],
    pieces: Pieces,
    tell: Tell,
) -> Iterator[Candidates]:
    """The list of every question, the right paper first. `vectors` (n, d) are the papers', `encode` gives queries'."""
    from bm25s import BM25

    engine = BM25()
    engine.index(tokenized([f"{d.title} {d.abstract} {', '.join(d.keywords)}" for d in docs]), show_progress=False)
    static = pretrained.read_encoder(pretrained.ENCODER)
    for start in range(0, len(questions), _ENCODED):
        part = questions[start : start + _ENCODED]
        texts = [q.text for q in part]
        meaning, directions = encode(texts), static.encode(texts)
        ids = pieces.ids(texts)
        for question, asked, direction, query in zip(part, meaning, directions, ids, strict=True):
            rows, scores = _first(bm25s_scores(engine, question.text), vectors @ asked, question.row)
            shown = [_shown(docs[r], question, right=r == question.row) for r in rows]
            read = pieces.ids(excerpts(static, direction, shown))
            weight = 1.0 if question.drawn is None else _DRAWN_WEIGHT
            yield Candidates(query, tuple(read), tuple(scores), weight)
        tell(f"searched for {start + len(part)} of {len(questions)} queries")
