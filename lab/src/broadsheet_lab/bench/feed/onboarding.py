"""Ten questions to a new reader: what the page is worth after 0, 3, 5 and 10 answers, by who chooses the papers asked.

Readers are authors. One says yes to a paper that is among the nearest 2 % of the earlier papers to what it saved, and
"near it" to one among the nearest 15 %, by tf-idf of words and pairs, which the product does not choose by; neither its
saves nor what it wanted later is asked about. A page is the first 20 of 2,000 candidates since 2023, among them all
that it wanted later; before the first yes or near the newest come first. Beside NDCG, which knows only what the author
wrote later, stands the share of the page to which the reader would say yes, and at least near.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.pipeline.feed.onboarding import QUESTIONS, Answer, Answers, Questions
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.feed.authors import Authors
from broadsheet_lab.bench.feed.product import Product
from broadsheet_lab.bench.feed.readers import FeedReader
from broadsheet_lab.bench.report import interval, write

__all__ = ["AFTER", "NEAR", "World", "answered", "gain_at", "measure", "summary"]

READERS = 60  # of the test half
AFTER = (0, 1, 3, 5, 10)  # answers
YES, NEAR = 98, 85  # percentiles of the likeness of papers to a reader's saves from which one is answered so
CANDIDATES = 2000
PAGE = 20
WORTH = ("NDCG@20", "page answered with yes", "page answered with yes or near")
Worth = tuple[float, ...]  # in the order of WORTH
Asks = Callable[[Answers], int | None]
Says = Callable[[int], Answer]


def gain_at(ranking: Sequence[int], wanted: frozenset[int], k: int = PAGE) -> float:
    """NDCG of the first k."""
    gain = sum(1 / np.log2(at + 2) for at, paper in enumerate(ranking[:k]) if paper in wanted)
    best = sum(1 / np.log2(at + 2) for at in range(min(k, len(wanted))))
    return float(gain / best) if best else 0.0


def answered(asks: Asks, says: Says, known: frozenset[int]) -> list[Answers]:
    """What is known after 0, 1, … answers."""
    steps = [Answers(known=known)]
    while not steps[-1].is_done and (paper := asks(steps[-1])) is not None:
        steps.append(steps[-1].with_answer(paper, says(paper)))
    return steps


@dataclass(frozen=True)
class World:
    """The papers of the library that may be asked about, and the ways to choose among them."""

    authors: Authors
    product: Product
    tell: Callable[[str], None] = field(repr=False)

    @cached_property
    def earlier(self) -> NDArray[np.int64]:
        """The rows of the board that may be asked about."""
        rows = self.authors.earlier
        return rows[self.product.numbers[rows] > 0]

    @cached_property
    def ways(self) -> Mapping[str, Asks]:
        """Chosen by the answers; by chance; the most cited first."""
        numbers = self.product.numbers[self.earlier]
        cited = _citations(self.authors.board.papers.ids)[self.earlier]
        chance = np.random.default_rng(1).permutation(numbers)
        questions = Questions(self.product.library.snapshot(), numbers.tolist())
        return {
            "chosen by the answers": questions.next,
            "at random": _in_order(chance),
            "most cited": _in_order(numbers[np.argsort(-cited, kind="stable")]),
        }

    def says(self, reader: FeedReader) -> Says:
        """How a reader answers."""
        likeness, own = self._likeness(reader, self.earlier), np.isin(self.earlier, reader.saved)
        borders = np.percentile(likeness[~own], [YES, NEAR])
        said = (likeness[:, None] < borders).sum(axis=1)  # 0 yes, 1 near, 2 no
        answers = dict(zip(self.product.numbers[self.earlier].tolist(), map(Answer, said.tolist()), strict=True))
        return lambda paper: answers[paper]

    def worth(self, reader: FeedReader, steps: Sequence[Answers]) -> list[Worth]:
        """What the page is worth after each number of answers of AFTER."""
        numbers, seed, candidates = self.product.numbers, int(reader.name[:8], 16), self.authors.board.candidates
        wanted = frozenset(numbers[reader.later].tolist())
        others = np.random.default_rng(seed).permutation(numbers[candidates])
        among = [*wanted, *(paper for paper in others[: CANDIDATES - len(wanted)].tolist() if paper > 0)]
        likeness = self._likeness(reader, candidates)
        liked = dict(zip(numbers[candidates].tolist(), likeness.tolist(), strict=True))
        borders = np.percentile(likeness, [YES, NEAR])

        def page(answers: Answers) -> Worth:
            yes, near = answers.papers(Answer.YES), answers.papers(Answer.NEAR)
            ranked = self.product.library.rank_for(yes, opened=near, among=among, k=PAGE).numbers.tolist()
            on = np.array([liked[paper] for paper in ranked])
            return gain_at(ranked, wanted), *((on >= border).mean() for border in borders)

        return [page(steps[min(n, len(steps) - 1)]) for n in AFTER]

    def _likeness(self, reader: FeedReader, rows: NDArray[np.int64]) -> NDArray[np.float64]:
        """Of papers to the nearest save, (n,)."""
        pairs = self.authors.board.papers.pairs
        return np.asarray((pairs[rows] @ pairs[reader.saved].T).max(axis=1).todense(), np.float64).ravel()


def _in_order(numbers: NDArray[np.int64]) -> Asks:
    def asks(answers: Answers) -> int | None:
        used = {*(paper for paper, _ in answers.given), *answers.known}
        return next((int(paper) for paper in numbers if int(paper) not in used), None)

    return asks


def _citations(ids: Sequence[str]) -> NDArray[np.int64]:
    import pyarrow.parquet as pq

    table = pq.read_table(datasets.papers_path(), columns=["paper_id", "citations"]).to_pydict()
    cited = dict(zip(table["paper_id"], table["citations"], strict=True))
    return np.array([cited.get(paper) or 0 for paper in ids], np.int64)


def summary(world: World) -> dict[str, dict[str, object]]:
    """By way of choosing: what the page is worth after answers, with intervals, and what was answered."""
    worth: dict[str, list[list[Worth]]] = {name: [] for name in world.ways}
    said: dict[str, list[Answers]] = {name: [] for name in world.ways}
    for at, reader in enumerate(world.authors.readers):
        says = world.says(reader)
        known = frozenset(world.product.numbers[np.concatenate([reader.saved, reader.later])].tolist())
        for name, asks in world.ways.items():
            steps = answered(asks, says, known)
            worth[name].append(world.worth(reader, steps))
            said[name].append(steps[-1])
        if at % 10 == 0:
            world.tell(f"reader {at + 1} of {len(world.authors.readers)}")
    return {name: _figures(np.array(worth[name]), said[name]) for name in world.ways}


def _figures(worth: NDArray[np.float64], said: Sequence[Answers]) -> dict[str, object]:
    """From worths (readers, AFTER, 3)."""
    after = {
        str(n): {
            what: {"value": round(float(values.mean()), 4), "interval": [round(v, 4) for v in interval(values)]}
            for what, values in zip(WORTH, part.T, strict=True)
        }
        for n, part in zip(AFTER, worth.swapaxes(0, 1), strict=True)
    }
    counts = np.array([[len(one.papers(answer)) for answer in (Answer.YES, Answer.NEAR)] for one in said])
    yes, near = counts.mean(axis=0).round(3).tolist()
    share = float((counts.sum(axis=1) > 0).mean())
    return {"after answers": after, "yes of ten": yes, "near of ten": near, "readers with either": round(share, 3)}


def measure(out: Path, tell: Callable[[str], None]) -> list[Path]:
    """Ask readers of the test half, and write results/onboarding.json."""
    authors = Authors.read(tell, dev=False, most=READERS)
    ways = summary(World(authors, Product(authors.board.papers), tell))
    for name, figures in ways.items():
        tell(f"{name}: {figures}")
    digest = hashlib.blake2b("".join(r.name for r in authors.readers).encode(), digest_size=8).hexdigest()
    data = {
        "readers": len(authors.readers),
        "half": "test",
        "digest": digest,
        "yes": f"nearest {100 - YES} % by tf-idf",
        "near": f"nearest {100 - NEAR} % by tf-idf",
        "candidates": CANDIDATES,
        "questions": QUESTIONS,
    }
    path = out / "onboarding.json"
    write(path, "onboarding", {"data": data, "ways": ways})
    return [path]
