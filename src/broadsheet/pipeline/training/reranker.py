"""Papers → the reranker of precise search: learned from what a search for a title or a sentence takes for its paper.

titles, sentences ──► default search of the papers ──► one right, several nearly right ──► cross-encoder
The right paper never shows what was asked: its title, and then all titles, are left out, or its sentence is.
"""

from __future__ import annotations

import hashlib
import re
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from broadsheet.catalogue import Catalogue
from broadsheet.encoders.minilm import MiniLM, halves
from broadsheet.kit import artifacts
from broadsheet.kit.errors import LibraryError, UsageError
from broadsheet.kit.paper import Paper as Recorded
from broadsheet.kit.paper import Record
from broadsheet.kit.progress import Progress
from broadsheet.kit.sentences import sentences
from broadsheet.pipeline.index import vector_file
from broadsheet.pipeline.index.index import Index
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.ingest.collector import Collector
from broadsheet.pipeline.pretrained import read_ranker
from broadsheet.pipeline.search import rerank
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.pipeline.search.excerpts import excerpts
from broadsheet.pipeline.search.features import FEATURES
from broadsheet.pipeline.search.ranking import features_of
from broadsheet.pipeline.training.word_encoder import Paper
from broadsheet.ranking.cross_encoder import CrossEncoder, Read
from broadsheet.settings import Settings

__all__ = ["STEPS", "Curve", "train"]

STEPS = 1600
HELD_OUT = 300  # held-out queries
WRONG, WRONG_HELD_OUT = 5, 8  # wrong candidates per query
CANDIDATES = 16  # first results of a search to draw them from, the best more often
TITLES = 0.35  # share of queries that are titles; the others are sentences
SHORTEST, LONGEST = 6, 32  # words of a sentence that is a query
LEAST_ABSTRACT = 300  # characters an abstract must have
_TELLING = re.compile(r"\b(we|this (paper|work)|our|propos\w*|present\w*|introduc\w*|show\w*|novel)\b", re.IGNORECASE)
TELLING = 0.6  # share of sentence queries that say what the paper does


@dataclass(frozen=True)
class Curve:
    """How training went."""

    before: float  # share of held-out queries whose right paper the untrained network puts first of nine
    after: float
    losses: tuple[float, ...]  # means of a tenth of the steps each
    queries: int
    held_out: int
    papers: int
    seconds: float
    data: str  # digest of the papers

    def to_json(self) -> dict[str, Any]:
        """As kept in the model's file and shown."""
        return {name: getattr(self, name) for name in self.__dataclass_fields__}


@dataclass(frozen=True, slots=True)
class _Query:
    """A title or a sentence, and what is left of its paper."""

    text: str
    rest: str
    titled: bool  # whether papers show their titles


def _draw_query(title: str, abstract: str, rng: np.random.Generator) -> _Query | None:
    """A query about a paper; None if no sentence of it will do."""
    parts = [abstract[a:b].strip() for a, b in sentences(abstract)]
    if rng.random() < TITLES or len(parts) < 3:
        return _Query(title, abstract, titled=False)
    usable = [i for i, part in enumerate(parts) if SHORTEST <= len(part.split()) <= LONGEST]
    telling = [i for i in usable if _TELLING.search(parts[i])]
    if not usable:
        return None
    at = int(rng.choice(telling if telling and rng.random() < TELLING else usable))
    return _Query(parts[at], " ".join(part for i, part in enumerate(parts) if i != at), titled=True)


def _lists(catalogue: Catalogue, snapshot: IndexSnapshot, wanted: int, rng: np.random.Generator) -> Iterator[Read]:
    """Queries, one a paper, with their right and wrong candidates, the right one first."""
    ranker = read_ranker(FEATURES)
    texts = {d.id: (d.title, d.abstract) for batch in catalogue.papers.documents() for d in batch}
    numbers = np.array([number for number, (_, a) in texts.items() if len(a) >= LEAST_ABSTRACT], np.int64)
    made = 0
    for number in rng.permutation(numbers).tolist():
        query = _draw_query(*texts[number], rng)
        if query is None:
            continue
        analyzed = AnalyzedQuery.of(snapshot, query.text)
        evidence, features = features_of(analyzed)
        order = np.argsort(-ranker.score(features), kind="stable")[:CANDIDATES]
        others = [n for n in snapshot.ids[evidence.rows[order]].tolist() if n != number]
        wrong = WRONG_HELD_OUT if made < HELD_OUT else WRONG
        if len(others) < wrong:
            continue
        chances = 1 / np.arange(3, 3 + len(others))
        drawn = rng.choice(others, wrong, replace=False, p=chances / chances.sum()).tolist()
        shown = [(texts[number][0], query.rest), *(texts[n] for n in drawn)]
        papers = shown if query.titled else [("", abstract) for _, abstract in shown]
        yield Read(query.text, tuple(excerpts(snapshot.encoder, analyzed.vector, papers)))
        made += 1
        if made == wanted:
            return


def _untrained(steps: int, seed: int) -> CrossEncoder:
    return CrossEncoder(MiniLM(half=halves(), attention="eager"), steps=steps, seed=seed)


def _first(method: CrossEncoder, lists: list[Read]) -> float:
    """The share of queries whose right candidate comes first."""
    return round(float(np.mean([np.argmax(method.score(x.query, x.texts)) == 0 for x in lists])), 4)


def _fill(catalogue: Catalogue, index: Index, papers: Iterable[Paper], on_progress: Progress | None) -> str:
    """Add the papers with an abstract; their digest. Raises UsageError if there are too few."""
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
    papers: Iterable[Paper], wanted: int, seed: int, on_progress: Progress | None
) -> tuple[list[Read], int, str]:
    """Index the papers in a temporary library and search it: (lists of candidates, number of papers, digest)."""
    with tempfile.TemporaryDirectory(prefix="broadsheet-reranker-") as scratch:
        catalogue = Catalogue.open(Path(scratch) / "catalogue.db", create=True)
        try:
            index = Index(Path(scratch) / "indexes", catalogue)
            digest = _fill(catalogue, index, papers, on_progress)
            lists = []
            for candidates in _lists(catalogue, index.snapshot(), wanted, np.random.default_rng(seed)):
                lists.append(candidates)
                if on_progress and len(lists) % 100 == 0:
                    on_progress("asking for titles and sentences", len(lists), wanted)
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
) -> Curve:
    """Train a reranker on the papers whose ids are not among `without`, and write it. The same for the same seed.

    Raises UsageError without the extra `transformers` or with too few papers, LibraryError if it cannot be written.
    """
    started = time.perf_counter()
    if not vector_file.installed():
        raise UsageError(f"the reranker is a transformer: {vector_file.ASK}")
    if not out.parent.is_dir():  # said before minutes are spent
        raise UsageError(f"{out}: there is no folder {out.parent}")
    method = _untrained(steps, seed)
    wanted = HELD_OUT + steps * method.batch
    corpus = (p for p in papers if p.id not in without)
    lists, count, digest = _training_lists(corpus, wanted, seed, on_progress)
    held_out, lists = lists[:HELD_OUT], lists[HELD_OUT:]
    if len(lists) < method.batch:
        raise UsageError(f"too little to learn from: {count} papers, of which {len(lists)} queries came")
    before = _first(_untrained(0, seed).fit(lists), held_out)
    method.fit(lists, on_progress)
    tenths = [round(float(np.mean(part)), 4) for part in np.array_split(method.losses_, 10) if len(part)]
    after, seconds = _first(method, held_out), round(time.perf_counter() - started, 1)
    curve = Curve(before, after, tuple(tenths), len(lists), len(held_out), count, seconds, digest)
    try:
        meta = {"curve": {k: v for k, v in curve.to_json().items() if k != "seconds"}, "steps": steps, "seed": seed}
        artifacts.write(out, method.to_arrays(), method="cross_encoder", version=rerank.VERSION, meta=meta)
    except OSError as error:
        raise LibraryError(f"{out}: {error.strerror or error}; name another place with --out") from None
    return curve
