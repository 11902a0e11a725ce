"""The weights of the feed's evidence, learned on author readers of the dev half; what `models/feed.bin` holds.

Every reader teaches several times: with all saves, and with the latest few alone, so that the weights of a beginner are
learned too. Every ranking reported beside the weights is by weights learned from the other readers. Nothing of the test
half is looked at.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit import artifacts
from broadsheet.kit.mask import Mask
from broadsheet.kit.threads import one_thread
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.feed.evidence import COLUMNS, COLUMNS_WITH_VECTORS
from broadsheet.pipeline.feed.feed_weights import UNFITTED, FeedWeights, experience, spread
from broadsheet.pipeline.feed.taste import Likes, Taste
from broadsheet.pipeline.index.vector_store import VectorStore
from broadsheet.ranking.listnet import ListNet
from broadsheet_lab.bench.feed.authors import Authors
from broadsheet_lab.bench.feed.metrics import measured
from broadsheet_lab.bench.feed.product import Product
from broadsheet_lab.bench.feed.readers import after
from broadsheet_lab.bench.feed.running import most_readers
from broadsheet_lab.bench.report import write

__all__ = ["Lesson", "learn", "measure"]

SAVES = (0, 3, 1, 10)  # latest saves that a reader teaches with; 0 are all
PENALTY = 1e-4
FOLDS = 2
SHOWN = 40  # first papers, whose chances are learned


@dataclass(frozen=True)
class Lesson:
    """The candidates of one reader."""

    reader: int
    saves: int
    evidence: NDArray[np.float32]  # (n, f), of COLUMNS_WITH_VECTORS
    wanted: NDArray[np.bool_]  # (n,)
    n_wanted: int  # also those that are no candidates
    kind: int  # of SAVES


def _fitted(lessons: Sequence[Lesson], width: int) -> ListNet:
    taught = [lesson for lesson in lessons if lesson.wanted.any()]
    lists = [spread(lesson.evidence[:, :width], lesson.saves) for lesson in taught]
    gains = [lesson.wanted.astype(np.float32) for lesson in taught]
    return ListNet(penalty=PENALTY).fit(lists, gains, [float(np.sqrt(lesson.wanted.sum())) for lesson in taught])


def _held_out(lessons: Sequence[Lesson], width: int) -> list[NDArray[np.float32]]:
    """The scores of the candidates of every lesson by weights learned from other readers."""
    scores: list[NDArray[np.float32]] = [np.empty(0, np.float32)] * len(lessons)
    for fold in range(FOLDS):
        ranker = _fitted([lesson for lesson in lessons if lesson.reader % FOLDS != fold], width)
        for at, lesson in enumerate(lessons):
            if lesson.reader % FOLDS == fold:
                scores[at] = ranker.score(spread(lesson.evidence[:, :width], lesson.saves))
    return scores


def _calibrated(lessons: Sequence[Lesson], scores: Sequence[NDArray[np.float32]]) -> tuple[float, float, float]:
    """Log odds of a paper being wanted, from its held-out score and the reader's experience."""
    from scipy.optimize import minimize

    parts, answers = [], []
    for lesson, s in zip(lessons, scores, strict=True):
        top = np.argsort(-s, kind="stable")[:SHOWN]
        parts.append(np.stack([np.ones(len(top)), s[top], np.full(len(top), experience(lesson.saves))], axis=1))
        answers.append(lesson.wanted[top])
    design, wanted = np.concatenate(parts).astype(np.float64), np.concatenate(answers).astype(np.float64)

    def loss(w: NDArray[np.float64]) -> tuple[float, NDArray[np.float64]]:
        odds = design @ w
        slope = design.T @ (1 / (1 + np.exp(-odds)) - wanted)
        return float((np.logaddexp(0, odds) - wanted * odds).sum()) / len(wanted), slope / len(wanted)

    found = minimize(
        loss, np.array([-6.0, 1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=[(None, None), (0, None), (None, None)]
    )
    first, second, third = found.x.tolist()
    return first, second, third


def _measured(lesson: Lesson, scores: NDArray[np.float32]) -> dict[str, float]:
    wanted = np.flatnonzero(lesson.wanted)
    lost = -1 - np.arange(lesson.n_wanted - len(wanted))  # wanted, but no candidates
    return measured(np.argsort(-scores, kind="stable")[:200], np.concatenate([wanted, lost]))


def learn(lessons: Sequence[Lesson], width: int) -> tuple[FeedWeights, dict[str, dict[str, float]]]:
    """The weights of the first `width` columns from all lessons, and the figures of held-out rankings by saves."""
    scores = _held_out(lessons, width)
    weights = FeedWeights(_fitted(lessons, width), _calibrated(lessons, scores))
    figures = {}
    for kind in SAVES:
        found = [_measured(lesson, s) for lesson, s in zip(lessons, scores, strict=True) if lesson.kind == kind]
        if found:
            means = {name: round(float(np.mean([f[name] for f in found])), 4) for name in found[0]}
            figures[f"{kind or 'all'} saves"] = means
    return weights, figures


def _lessons(authors: Authors, tell: Callable[[str], None]) -> Iterator[Lesson]:
    """What the product sees of the candidates of every reader."""
    product = Product(authors.board.papers)
    snapshot = product.library.snapshot()
    vectors = VectorStore(product.library.path / "indexes").open(snapshot)
    rows = snapshot.rows_of(product.numbers)
    allowed = Mask.of_rows(rows[authors.board.candidates], len(snapshot))
    for at, reader in enumerate(authors.readers):
        if at % 50 == 0:
            tell(f"{at} of {len(authors.readers)} readers")
        for kind in SAVES:
            saved = rows[after(reader, kind).saved]
            likes = Likes(saved, np.ones(len(saved), np.float32))
            taste = Taste(snapshot, vectors, likes, weights=UNFITTED)
            candidates = taste.candidates(allowed, 200)
            wanted = np.isin(candidates, rows[reader.later])
            yield Lesson(at, len(saved), taste.evidence(candidates), wanted, len(reader.later), kind)


def measure(out: Path, tell: Callable[[str], None]) -> list[Path]:
    """Learn the weights, with the transformer's vectors and without, and write them into the package.

    What was found on the way goes to feed-weights.json in `out`.
    """
    with one_thread():
        authors = Authors.read(tell, dev=True, most=most_readers())
        lessons = list(_lessons(authors, tell))
    content: dict[str, Any] = {}
    arrays: dict[str, NDArray[Any]] = {}
    for prefix, columns in (("", COLUMNS), (pretrained.WITH_VECTORS, COLUMNS_WITH_VECTORS)):
        weights, figures = learn(lessons, len(columns))
        arrays |= {prefix + name: array for name, array in weights.to_arrays().items()}
        many, few = np.split(weights.ranker.weights_, 2)
        content[f"{len(columns)} columns"] = {
            "dev readers, held out by fold": figures,
            "weights": {
                name: {"many saves": round(float(m), 4), "one save": round(float(f), 4)}
                for name, m, f in zip(columns, many, few, strict=True)
            },
        }
    meta = {"columns": list(COLUMNS_WITH_VECTORS)}
    artifacts.write(pretrained.FEED, arrays, method="feed", version=pretrained.VERSION, meta=meta)
    write(out / "feed-weights.json", "feed-weights", content)
    return [out / "feed-weights.json", pretrained.FEED]
