"""Ten questions to a new reader: what the page is worth after 0, 3, 5 and 10 answers, by who chooses the papers asked.

Readers are authors. One says yes to a paper that is among the nearest 2 % of the earlier papers to what it saved, by
tf-idf of words and pairs, which the product does not choose by; neither its saves nor what it wanted later is asked
about. A page is the first 20 of 2,000 candidates since 2023, among them all that it wanted later; before the first yes
the newest come first.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.pipeline.feed.onboarding import QUESTIONS, Answers, Questions
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.feed.authors import Authors
from broadsheet_lab.bench.feed.product import Product
from broadsheet_lab.bench.feed.readers import FeedReader
from broadsheet_lab.bench.report import interval, write

__all__ = ["AFTER", "NEAR", "World", "answered", "gain_at", "measure", "summary"]

READERS = 60  # of the test half
AFTER = (0, 3, 5, 10)  # answers
NEAR = 98  # percentile of the likeness of earlier papers to a reader's saves from which one is answered with yes
CANDIDATES = 2000
PAGE = 20
Asks = Callable[[Answers], int | None]
Says = Callable[[int], bool]


def gain_at(ranking: Sequence[int], wanted: frozenset[int], k: int = PAGE) -> float:
    """NDCG of the first k."""
    gain = sum(1 / np.log2(at + 2) for at, paper in enumerate(ranking[:k]) if paper in wanted)
    best = sum(1 / np.log2(at + 2) for at in range(min(k, len(wanted))))
    return float(gain / best) if best else 0.0


def answered(asks: Asks, says: Says, known: frozenset[int]) -> list[Answers]:
    """What is known after 0, 1, … answers."""
    steps = [Answers(known=known)]
    while not steps[-1].is_done and (paper := asks(steps[-1])) is not None:
        steps.append(steps[-1].with_answer(paper, is_yes=says(paper)))
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
        pairs = self.authors.board.papers.pairs
        likeness = np.asarray((pairs[self.earlier] @ pairs[reader.saved].T).max(axis=1).todense()).ravel()
        border = np.percentile(likeness[~np.isin(self.earlier, reader.saved)], NEAR)
        yes = frozenset(self.product.numbers[self.earlier[likeness >= border]].tolist())
        return lambda paper: paper in yes

    def gains(self, reader: FeedReader, steps: Sequence[Answers]) -> list[float]:
        """NDCG after each number of answers of AFTER."""
        numbers, seed = self.product.numbers, int(reader.name[:8], 16)
        wanted = frozenset(numbers[reader.later].tolist())
        others = np.random.default_rng(seed).permutation(numbers[self.authors.board.candidates])
        among = [*wanted, *(paper for paper in others[: CANDIDATES - len(wanted)].tolist() if paper > 0)]
        found: dict[tuple[int, ...], float] = {}
        for n in AFTER:
            yes = steps[min(n, len(steps) - 1)].yes
            if yes not in found:
                ranked = self.product.library.rank_for(yes, among=among, k=PAGE)
                found[yes] = gain_at(ranked.numbers.tolist(), wanted)
        return [found[steps[min(n, len(steps) - 1)].yes] for n in AFTER]


def _in_order(numbers: NDArray[np.int64]) -> Asks:
    def asks(answers: Answers) -> int | None:
        used = {*answers.yes, *answers.no, *answers.known}
        return next((int(paper) for paper in numbers if int(paper) not in used), None)

    return asks


def _citations(ids: Sequence[str]) -> NDArray[np.int64]:
    import pyarrow.parquet as pq

    table = pq.read_table(datasets.papers_path(), columns=["paper_id", "citations"]).to_pydict()
    cited = dict(zip(table["paper_id"], table["citations"], strict=True))
    return np.array([cited.get(paper) or 0 for paper in ids], np.int64)


def summary(world: World) -> dict[str, dict[str, object]]:
    """By way of choosing: NDCG after answers with intervals, and how many answers were yes."""
    gains: dict[str, list[list[float]]] = {name: [] for name in world.ways}
    yes: dict[str, list[int]] = {name: [] for name in world.ways}
    for at, reader in enumerate(world.authors.readers):
        says = world.says(reader)
        known = frozenset(world.product.numbers[np.concatenate([reader.saved, reader.later])].tolist())
        for name, asks in world.ways.items():
            steps = answered(asks, says, known)
            gains[name].append(world.gains(reader, steps))
            yes[name].append(len(steps[-1].yes))
        if at % 10 == 0:
            world.tell(f"reader {at + 1} of {len(world.authors.readers)}")
    return {name: _figures(np.array(gains[name]), np.array(yes[name])) for name in world.ways}


def _figures(gains: NDArray[np.float64], yes: NDArray[np.int64]) -> dict[str, object]:
    after = {
        str(n): {"NDCG@20": round(float(column.mean()), 4), "interval": [round(v, 4) for v in interval(column)]}
        for n, column in zip(AFTER, gains.T, strict=True)
    }
    share = float((yes > 0).mean())
    return {"after answers": after, "yes of ten": round(float(yes.mean()), 3), "readers with a yes": round(share, 3)}


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
        "yes": f"nearest {100 - NEAR} % by tf-idf",
        "candidates": CANDIDATES,
        "questions": QUESTIONS,
    }
    path = out / "onboarding.json"
    write(path, "onboarding", {"data": data, "ways": ways})
    return [path]
