"""MUVERA on the words of all papers: how many candidates late interaction needs, and how long a search takes.

A paper is the set of its words' vectors, of unit length; a query's words keep their lengths, which say how telling they
are. The truth is the exact Chamfer similarity with every paper.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import bag
from broadsheet.kit.text import STOP_TERMS, tokenize
from broadsheet.kit.threads import one_thread
from broadsheet.kit.unit import unit_rows
from broadsheet.pipeline import pretrained
from broadsheet_lab.bench.codes._world import World
from broadsheet_lab.bench.report import Claimed
from broadsheet_lab.indexes._fde import chamfer_scores
from broadsheet_lab.indexes._fde_codes import GroupCodes
from broadsheet_lab.indexes.muvera import FixedDimensionalEncoding, Muvera, MuveraBlock, carved

__all__ = ["claims", "needed"]

DATASET = "papers.parquet, 87,366 papers, word vectors of the shipped encoder, tldr and written queries, test half"
DIMENSIONS = 64  # the first of the encoder's, which are trained to work alone
DEPTH = 100  # of the truth
TARGET = 0.9  # of it
STEPS = np.array(
    [100, 150, 200, 300, 400, 500, 700, 1000, 1400, 2000, 2800, 4000, 5600, 8000, 12_000, 17_000, 24_000]
)  # candidates
TEST = 40  # queries
KEPT = FixedDimensionalEncoding(DIMENSIONS, repetitions=20, planes=4, inner=8, fill=False)
CARVING = 0.7
TIMED = 30  # queries
WORDS_EACH = (1, 2, 4, 8, 16, 32, 64)  # hits of a query word, by the single-vector heuristic
DRAWS = 2000

Floats = NDArray[np.float32]
Rows = NDArray[np.int64]
Tell = Callable[[str], None]
Values = NDArray[np.float64]


@dataclass(frozen=True)
class Sets:
    """Texts as sets of their words' vectors."""

    vectors: Floats  # (w, d)
    bounds: Rows  # (n + 1,)
    words: Rows  # (w,) which row of `distinct` each is
    distinct: Floats  # (v, d)

    @classmethod
    def of(cls, texts: Sequence[str], *, unit: bool) -> Sets:
        """The words of texts that are no stop words, each once a text."""
        encoder = pretrained.read_encoder(pretrained.ENCODER).truncate(DIMENSIONS)
        bags = bag(tokenize(texts), skip=STOP_TERMS)
        distinct = encoder.vectors(bags.terms)
        distinct = unit_rows(distinct) if unit else distinct
        return cls(distinct[bags.columns], bags.indptr.astype(np.int64), bags.columns.astype(np.int64), distinct)

    def __len__(self) -> int:
        return len(self.bounds) - 1

    def one(self, i: int) -> Floats:
        """The vectors of text i, (q, d)."""
        return self.vectors[self.bounds[i] : self.bounds[i + 1]]

    def means(self) -> Floats:
        """The mean of each text's vectors, (n, d)."""
        sums = np.add.reduceat(self.vectors, self.bounds[:-1], axis=0)
        sums[np.diff(self.bounds) == 0] = 0
        return np.asarray(sums / np.maximum(np.diff(self.bounds), 1)[:, None], np.float32)


def claims(w: World, tell: Tell) -> list[Claimed]:
    """The claims of the card."""
    tell("the words of the papers")
    papers = Sets.of(list(w.texts), unit=True)
    test = w.half(dev=False)
    asked = Sets.of(_some(test.queries, TEST), unit=False)
    wanted = test.wanted[_places(len(test.queries), TEST)]
    tell("exact late interaction")
    exact, seconds = _exact(papers, asked)
    tell("encodings in a byte for eight components")
    block = MuveraBlock.of(papers.vectors, papers.bounds, KEPT, grouped=True, sample=1024)
    index = Muvera([block], candidates=int(STEPS[-1]))
    ours = _shares(exact, [index.single.search(index.encoded(asked.one(i)), int(STEPS[-1])).ids for i in range(TEST)])
    means = papers.means()
    mean = _shares(exact, [_top(means @ asked.one(i).sum(axis=0)) for i in range(TEST)])
    tell("the single-vector heuristic")
    heuristic = _heuristic(papers, asked, exact)
    one = _candidates("single-vector heuristic", heuristic, ours, ("the mean of a paper's words", (STEPS, mean)))
    two = _candidates("the mean of a paper's words", (STEPS, mean), ours, ("single-vector heuristic", heuristic))
    return [one, two, _bytes(papers, asked, index, tell), *_search(index, asked, exact, wanted, seconds, tell)]


def _places(n: int, most: int) -> Rows:
    return np.arange(0, n, n // most)[:most]


def _some(queries: Sequence[str], most: int) -> list[str]:
    return [queries[i] for i in _places(len(queries), most)]


def _top(scores: Floats) -> Rows:
    at = np.argpartition(-scores, STEPS[-1])[: STEPS[-1]]
    return np.asarray(at[np.argsort(-scores[at], kind="stable")], np.int64)


def _exact(papers: Sets, asked: Sets) -> tuple[list[Rows], Values]:
    """(the best hundred of each query, the seconds of each)."""
    out, every = np.empty(len(papers), np.float32), np.arange(len(papers))
    best, seconds = [], []
    for i in range(len(asked)):
        started = time.perf_counter()
        chamfer_scores(asked.one(i), papers.vectors, papers.bounds, every, out)
        best.append(_top(out)[:DEPTH])
        seconds.append(time.perf_counter() - started)
    return best, np.array(seconds)


def _shares(exact: list[Rows], found: list[Rows]) -> Values:
    """The share of each query's true hundred among as many candidates as STEPS says, (q, steps)."""
    places = [np.isin(f, e) for f, e in zip(found, exact, strict=True)]
    return np.array([[at[:most].sum() / DEPTH for most in STEPS] for at in places])


def needed(candidates: Values, shares: Values) -> float:
    """How many candidates (steps,) reach TARGET by the mean of shares (q, steps), between steps in proportion.

    The most there are if none does.
    """
    mean = shares.mean(axis=0)
    at = int(np.argmax(mean >= TARGET))
    if mean[at] < TARGET or at == 0:
        return float(candidates[0] if mean[0] >= TARGET else candidates[-1])
    share = (TARGET - mean[at - 1]) / (mean[at] - mean[at - 1])
    return float(candidates[at - 1] + share * (candidates[at] - candidates[at - 1]))


def _heuristic(papers: Sets, asked: Sets, exact: list[Rows]) -> tuple[Values, Values]:
    """(papers that hits of each query word name, on the mean; the share of the true hundred among them, (q, hits)).

    Hits are the nearest words of the papers, one a paper that has it: equal vectors come in the order of the papers.
    """
    order = np.argsort(papers.words, kind="stable")
    starts = np.searchsorted(papers.words[order], np.arange(len(papers.distinct) + 1))
    owner = np.repeat(np.arange(len(papers)), np.diff(papers.bounds))[order]
    counts, shares = np.zeros((len(asked), len(WORDS_EACH))), np.zeros((len(asked), len(WORDS_EACH)))
    most = WORDS_EACH[-1] * 100
    for i, best in enumerate(exact):
        hits = []
        for word in asked.one(i):
            scores = papers.distinct @ word
            near = np.argpartition(-scores, min(most, len(scores) - 1))[:most]
            near = near[np.argsort(-scores[near], kind="stable")]
            lists, size = [], 0
            for row in near:
                lists.append(owner[starts[row] : starts[row + 1]])
                size += len(lists[-1])
                if size >= most:
                    break
            hits.append(np.concatenate(lists)[:most])
        for j, each in enumerate(WORDS_EACH):
            named = np.unique(np.concatenate([h[: 100 * each] for h in hits])) if hits else np.empty(0, np.int64)
            counts[i, j], shares[i, j] = len(named), np.isin(best, named).mean()
    return counts.mean(axis=0), shares


def _candidates(
    said: str, other: tuple[Values, Values], ours: Values, rival: tuple[str, tuple[Values, Values]]
) -> Claimed:
    """The candidates that another way needs, over those of the index, queries drawn anew."""
    value = needed(*other) / needed(STEPS, ours)
    rng = np.random.default_rng(0)
    draws = []
    for _ in range(DRAWS):
        at = rng.integers(0, len(ours), len(ours))
        draws.append(needed(other[0], other[1][at]) / needed(STEPS, ours[at]))
    low, high = np.percentile(draws, [2.5, 97.5])
    shares = {str(int(c)): round(float(s), 3) for c, s in zip(other[0], other[1].mean(axis=0), strict=True)}
    mine = {str(int(c)): round(float(s), 3) for c, s in zip(STEPS, ours.mean(axis=0), strict=True)}
    return Claimed(
        DATASET,
        f"candidates at 0.9 of the exact hundred, {said} over this index (ratio)",
        value,
        interval=(float(low), float(high)),
        n=len(ours),
        baseline={f"candidates, {said}": needed(*other)},
        rival=(rival[0], needed(*other) / needed(*rival[1])),
        detail={"share by candidates, this index": mine, f"share by candidates, {said}": shares},
    )


def _bytes(papers: Sets, asked: Sets, index: Muvera, tell: Tell) -> Claimed:
    """What a byte for eight components loses, on every eighth paper: whole encodings are large."""
    tell("whole encodings")
    every = np.arange(0, len(papers), 8)
    starts = np.concatenate([[0], np.cumsum(np.diff(papers.bounds)[every])]).astype(np.int64)
    joined = np.concatenate([papers.one(int(i)) for i in every])
    whole = KEPT.documents(joined, starts)
    block = index.blocks[0].codes
    assert isinstance(block, GroupCodes)
    short = GroupCodes(block.codebooks, block.codes[every])
    out, rows = np.empty(len(every), np.float32), np.arange(len(every))
    shares: dict[str, list[float]] = {"whole": [], "short": []}
    most = min(1000, len(every) // 2)
    for i in range(len(asked)):
        chamfer_scores(asked.one(i), joined, starts, rows, out)
        best = np.argsort(-out, kind="stable")[:DEPTH]
        query = index.encoded(asked.one(i))
        for name, scores in (("whole", whole @ query), ("short", short.scores(query))):
            shares[name].append(float(np.isin(best, np.argpartition(-scores, most)[:most]).mean()))
    return Claimed.ratio(
        DATASET,
        "share of the exact hundred in 1,000 candidates, a byte for eight components over whole encodings (ratio)",
        ("share, a byte for eight components", np.array(shares["short"])),
        ("share, whole encodings", np.array(shares["whole"])),
        rival=("whole encodings", 1.0),
        detail={"papers": len(every), "bytes a paper": int(short.codes.shape[1]), "whole": 4 * KEPT.length},
    )


def _search(index: Muvera, asked: Sets, exact: list[Rows], wanted: Rows, seconds: Values, tell: Tell) -> list[Claimed]:
    """What a search with carved queries finds, and how long it takes."""
    tell("searching")
    searching = Muvera(index.blocks, candidates=1000, carving=CARVING)
    tops, spent = [], []
    with one_thread():
        for i in range(len(asked)):
            started = time.perf_counter()
            tops.append(searching.search(asked.one(i), 10).ids)
            spent.append(time.perf_counter() - started)
    mine, whole = (_reciprocal(rows, wanted) for rows in (tops, exact))
    sizes = [(len(asked.one(i)), len(carved(asked.one(i), CARVING))) for i in range(len(asked))]
    words, balls = np.mean(sizes, axis=0)
    return [
        Claimed.ratio(
            DATASET,
            "MRR@10, this index with carved queries over exact late interaction (ratio)",
            ("MRR@10, this index", mine),
            ("MRR@10, exact late interaction", whole),
            rival=("exact late interaction", 1.0),
            detail={
                "words a query": round(float(words), 2),
                "balls a query": round(float(balls), 2),
            },
        ),
        Claimed.ratio(
            DATASET,
            "median latency, every paper scored over this index (ratio)",
            ("seconds, every paper scored", seconds),
            ("seconds, this index", np.array(spent)),
            statistic=np.median,
            rival=("every paper scored", 1.0),
        ),
    ]


def _reciprocal(tops: list[Rows], wanted: Rows) -> Values:
    places = [np.flatnonzero(rows[:10] == row) for rows, row in zip(tops, wanted, strict=True)]
    return np.array([1 / (at[0] + 1) if len(at) else 0.0 for at in places])
