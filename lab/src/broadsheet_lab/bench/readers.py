"""The claims about readers: authors stand for them, their earlier papers are saves, their later ones what they want.

Names are taken as they are printed, so two authors of one name are one reader: a handicap for every method alike.
"""

from __future__ import annotations

import statistics
import time
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.explanation.influence import Influence
from broadsheet.kit.errors import UsageError
from broadsheet.kit.hits import top_k
from broadsheet.kit.mask import Mask
from broadsheet.pipeline.feed.ranking import FeedMix
from broadsheet.ranking.mmr import MMR
from broadsheet_lab.bench.corpus import Corpus
from broadsheet_lab.bench.halves import rounded
from broadsheet_lab.bench.report import Claimed
from broadsheet_lab.ranking.logistic import Logistic

__all__ = ["DATASET", "Readers", "influence", "logistic", "mmr"]

DATASET = "papers.parquet, 87,366 papers, authors as readers, test half"
LEAST = 12  # papers an author must have
READERS = 1000  # drawn, in both halves together
PAGE = 20
POOL = 120  # the best by interest, from which the page is filled
DEPTH = 100
BACKGROUND = 300  # random papers used as negative examples
REFITTED = 200  # readers of the test half whose model is fitted again without each of their saves

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class Author:
    """One reader: rows of what they saved and of what they are to be shown."""

    name: str
    saved: Rows
    later: Rows

    @property
    def dev(self) -> bool:
        """Whether this reader is for choosing; the others are for reporting."""
        return zlib.crc32(self.name.encode()) % 2 == 0


def _authors(corpus: Corpus, seed: int = 0) -> tuple[Author, ...]:
    """READERS authors drawn among those with at least LEAST dated papers; by year, the earlier half is saved."""
    papers: dict[str, list[int]] = {}
    for row, document in enumerate(corpus.documents):
        for name in set(document.authors.split("\n")) - {""} if document.year else ():
            papers.setdefault(name, []).append(row)
    names = sorted(name for name, rows in papers.items() if len(rows) >= LEAST)
    chosen = np.random.default_rng(seed).permutation(len(names))[:READERS]
    found = []
    for at in chosen.tolist():
        rows = sorted(papers[names[at]], key=lambda row: (corpus.documents[row].year, row))
        half = len(rows) // 2
        found.append(Author(names[at], np.array(rows[:half], np.int64), np.array(rows[half:], np.int64)))
    if len({author.dev for author in found}) < 2:
        raise UsageError(f"{corpus.papers}: too few authors of {LEAST} papers to make readers of")
    return tuple(found)


@dataclass(frozen=True)
class Readers:
    """The readers and what the product learns of each."""

    corpus: Corpus

    @cached_property
    def authors(self) -> tuple[Author, ...]:
        """The readers."""
        return _authors(self.corpus)

    @cached_property
    def learned(self) -> tuple[list[Interest], float]:
        """The model of each, and the median milliseconds it took to fit one."""
        models, times = [], []
        for author in self.authors:
            started = time.perf_counter()
            models.append(_learned(self.corpus, author.saved))
            times.append(1000 * (time.perf_counter() - started))
        return models, statistics.median(times)

    @property
    def pairs(self) -> Iterator[tuple[Author, Interest]]:
        """Each with the model."""
        return zip(self.authors, self.learned[0], strict=True)

    def split(self, values: Sequence[float]) -> Split:
        """Values, one a reader, by half."""
        dev = np.array([author.dev for author in self.authors])
        every = np.array(values, np.float64)
        return Split(every[dev], every[~dev])

    def mean_vector_recalls(self, vectors: NDArray[np.float32]) -> Split:
        """recall@100 of later papers by the mean of the saves' vectors, among exact vectors of all papers (n, d)."""
        queries = np.stack([vectors[author.saved].mean(axis=0) for author in self.authors])
        every, found = np.arange(len(vectors), dtype=np.int64), []
        for author, query in zip(self.authors, queries, strict=True):
            scores = np.where(_unread(self.corpus, author).flags(), vectors @ query, -np.inf).astype(np.float32)
            found.append(_recall(top_k(every, scores, DEPTH).ids, author))
        return self.split(found)


@dataclass(frozen=True)
class Split:
    """A figure of every reader, by half."""

    dev: NDArray[np.float64]
    test: NDArray[np.float64]

    def over(
        self,
        other: Split,
        metric: str,
        name: str,
        *,
        lower: bool = False,
        rival: tuple[str, Split] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> Claimed:
        """The ratio of the means; `name` is what the other one is, and the rival where none is given."""
        least = max(float(other.test.mean()), 1e-9)
        beside = (name, 1.0) if rival is None else (rival[0], float(rival[1].test.mean()) / least)
        detail = {
            "value on the dev half": rounded(self.dev.mean() / max(other.dev.mean(), 1e-9)),
            **(more or {}),
        }
        sides = ("mean", self.test), (name, other.test)
        return Claimed.ratio(DATASET, metric, *sides, lower_is_better=lower, rival=beside, detail=detail)


@dataclass(frozen=True)
class Interest:
    """A model of saves against random papers, and what it was fitted on."""

    model: Logistic
    influence: Influence
    rows: Rows  # (m,) of the examples: saves, then random papers
    n_liked: int


def _learned(corpus: Corpus, saved: Rows) -> Interest:
    """The model of a reader who saved these and did nothing else; random papers have the saves' total weight."""
    alive = corpus.view.alive.rows()
    sample = np.random.default_rng(0).choice(alive, min(BACKGROUND, len(alive)), replace=False)
    rows = np.concatenate([saved, np.setdiff1d(sample, saved)])
    y = (np.arange(len(rows)) < len(saved)).astype(np.float32)
    weights = np.where(y > 0, 1, len(saved) / max(len(rows) - len(saved), 1)).astype(np.float32)
    x = corpus.view.dense.vectors(rows)
    model = Logistic(penalty=0.1).fit(x, y, weights)
    return Interest(model, Influence(x, model.duals_), rows, len(saved))


def _unread(corpus: Corpus, author: Author) -> Mask:
    flags = corpus.view.alive.flags().copy()
    flags[author.saved] = False
    return Mask.of(flags)


def _recall(found: Rows, author: Author) -> float:
    """The share of the later papers among those found; of as many as could be found."""
    return len(np.intersect1d(found, author.later)) / min(len(author.later), DEPTH)


def _most_cited(corpus: Corpus) -> Rows:
    """All rows, most citations first; as counted today, which no reader could have known."""
    import pyarrow.parquet as pq

    table = pq.read_table(corpus.papers, columns=["paper_id", "citations"]).to_pydict()
    cited = dict(zip(table["paper_id"], table["citations"], strict=True))
    names = corpus.library.catalogue.papers.source_id(corpus.view.ids.tolist())
    counts = [cited.get(names.get(number, "")) or 0 for number in corpus.view.ids.tolist()]
    return np.argsort(-np.array(counts, np.int64), kind="stable")


def _newest(corpus: Corpus) -> Rows:
    return np.lexsort((np.arange(len(corpus.view)), -corpus.view.days.astype(np.int64)))


def _first(order: Rows, allowed: Mask) -> Rows:
    head = order[: DEPTH * 20]
    return head[allowed.flags()[head]][:DEPTH]


def logistic(readers: Readers) -> list[Claimed]:
    """How much of an author's later work the model finds, against the mean vector and against no model at all."""
    corpus = readers.corpus
    scan, cited, newest = corpus.view.dense, _most_cited(corpus), _newest(corpus)
    found: dict[str, list[float]] = {"logistic": [], "mean vector": [], "most cited": [], "newest": []}
    for author, interest in readers.pairs:
        allowed = _unread(corpus, author)
        mean = scan.vectors(author.saved).mean(axis=0)
        found["logistic"].append(_recall(scan.search(interest.model.coef_, DEPTH, allowed).ids, author))
        found["mean vector"].append(_recall(scan.search(mean, DEPTH, allowed).ids, author))
        found["most cited"].append(_recall(_first(cited, allowed), author))
        found["newest"].append(_recall(_first(newest, allowed), author))
    recalls = {name: readers.split(values) for name, values in found.items()}
    mine, mean_of_saves = recalls.pop("logistic"), recalls["mean vector"]
    name = "recall@100 of later papers, over the"
    fitted = {"median ms to learn a reader": rounded(readers.learned[1])}
    fitted |= {f"recall@100, {other}": rounded(split.test.mean()) for other, split in recalls.items()}
    strongest = max(recalls.items(), key=lambda other: other[1].test.mean())
    return [
        mine.over(recalls["most cited"], f"{name} most cited (ratio)", "the most cited", rival=strongest, more=fitted),
        mine.over(mean_of_saves, f"{name} mean vector of the saves (ratio)", "the mean vector"),
    ]


def _likeness(vectors: NDArray[np.float32]) -> float:
    """The mean cosine of two different papers of a page of unit vectors (k, d)."""
    k = len(vectors)
    return float(((vectors @ vectors.T).sum() - (vectors**2).sum()) / max(k * (k - 1), 1))


def mmr(readers: Readers) -> list[Claimed]:
    """How much less alike the papers of a page become, and how many wanted ones that costs."""
    corpus, method = readers.corpus, MMR(diversity=FeedMix().diversity)
    ways = ("with", "without", "at random")
    alike: dict[str, list[float]] = {name: [] for name in ways}
    wanted: dict[str, list[float]] = {name: [] for name in ways}
    rng = np.random.default_rng(0)
    for author, interest in readers.pairs:
        model = interest.model
        pool = corpus.view.dense.search(model.coef_, POOL, _unread(corpus, author)).ids
        vectors = corpus.view.dense.vectors(pool)
        spread = method.order(model.probability(model.score(vectors)), vectors, PAGE)
        first, drawn = np.arange(min(PAGE, len(pool))), rng.permutation(len(pool))[:PAGE]
        for name, order in zip(ways, (spread, first, drawn), strict=True):
            alike[name].append(_likeness(vectors[order]))
            wanted[name].append(float(len(np.intersect1d(pool[order], author.later))))
    likeness, hits = ({name: readers.split(v) for name, v in values.items()} for values in (alike, wanted))
    cosine, later = (
        f"{what} a page of 20, with over without (ratio)" for what in ("mean cosine within", "later papers on")
    )
    drawn_from = f"20 of the first {POOL} at random"
    return [
        likeness["with"].over(
            likeness["without"], cosine, "without", lower=True, rival=(drawn_from, likeness["at random"])
        ),
        hits["with"].over(hits["without"], later, "without", rival=(drawn_from, hits["at random"])),
    ]


def _agreement(corpus: Corpus, interest: Interest, rows: Rows) -> tuple[float, float]:
    """The share of rows whose named save, and whose nearest, is the one without which, refitted, the score falls most.

    Naming the nearest needs no model: it is what an explanation has to beat.
    """
    saved, x = interest.rows[: interest.n_liked], corpus.view.dense.vectors(rows)
    parts = interest.influence.explain(x)[:, : interest.n_liked]  # (n, saves)
    without = [_learned(corpus, np.delete(saved, at)).model.score(x) for at in range(len(saved))]
    falls = interest.model.score(x)[:, None] - np.column_stack(without)  # (n, saves)
    most, near = falls.argmax(axis=1), interest.influence.likeness(x)[:, : interest.n_liked].argmax(axis=1)
    return float((parts.argmax(axis=1) == most).mean()), float((near == most).mean())


def influence(readers: Readers) -> list[Claimed]:
    """Is the save that is named the one that mattered, more often than the one nearest to the paper?"""
    corpus = readers.corpus
    tested = [(author, interest) for author, interest in readers.pairs if not author.dev][:REFITTED]
    found = []
    for author, interest in tested:
        rows = corpus.view.dense.search(interest.model.coef_, PAGE, _unread(corpus, author)).ids
        found.append(_agreement(corpus, interest, rows))
    named, nearest = np.array(found).T
    metric = "share of named saves without which, refitted, the score falls most, above naming the nearest (difference)"
    chance = float(np.mean([1 / len(author.saved) for author, _ in tested]))
    return [
        Claimed.difference(
            DATASET,
            metric,
            ("named by influence", named),
            ("the nearest", nearest),
            rival=("naming the nearest", 0.0),
            detail={"a save at random": rounded(chance), "papers a reader": PAGE},
        )
    ]
