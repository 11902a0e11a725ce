"""The weights of the evidence, learned on the dev halves of the query sets; what `models/ranker.bin` holds.

A set counts its share however many queries it has: most what people type, a sentence about the paper they mean; least
keywords, whose many right answers teach little of an order. Nothing of a test half is looked at.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit import artifacts
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.index.paper_vectors import PaperVectors
from broadsheet.pipeline.index.vector_store import VectorStore
from broadsheet.pipeline.search import rerank
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.pipeline.search.features import FEATURES
from broadsheet.pipeline.search.inputs import documents
from broadsheet.pipeline.search.meaning import FEATURES_WITH_VECTORS, QueryMeaning
from broadsheet.pipeline.search.ranking import features_of
from broadsheet.ranking.contract import Reader
from broadsheet.ranking.listnet import ListNet
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.report import write
from broadsheet_lab.bench.search import classic, needs, sets
from broadsheet_lab.bench.search.corpus import Corpus
from broadsheet_lab.bench.search.encoded import give_vectors
from broadsheet_lab.bench.search.metrics import means, per_query
from broadsheet_lab.bench.search.query_set import QuerySet, drawn_queries, is_trained_on
from broadsheet_lab.bench.search.shared import Shared, groups
from broadsheet_lab.bench.study import Study

__all__ = ["measure"]

Tell = Callable[[str], None]

# How much a kind counts, however many its queries: most what people type. Papers of other fields have few judged
# queries, so that titles asking for their abstracts stand beside them.
SHARES = {
    **{"tldr": 3.0, "title": 1.0, "sentence": 1.5, "keywords": 0.3, "short": 1.2, "need": 1.2, "recall": 0.7},
    **{"short-slips": 0.5, "need-slips": 0.5, "recall-slips": 0.3},
    **{"short-mixed": 0.5, "need-mixed": 0.5, "recall-mixed": 0.3},
    **dict.fromkeys(classic.NAMES, 0.6),
    **dict.fromkeys(map(classic.title_set, classic.NAMES), 0.3),
}
FOLDS = 5
DEPTH = 100
MOST = 300  # queries of a kind that are learned from
WITHOUT_VECTORS = ("title", *map(classic.title_set, classic.NAMES))  # all their papers would be encoded for them alone


@dataclass(frozen=True)
class Lists:
    """The candidates of the dev queries of one set, what speaks for them, and how much each is wanted.

    Features stand twice: times how well the encoder knows the field, and times how little; see `pretrained.ELSEWHERE`.
    """

    rows: list[NDArray[np.int64]]  # positions of papers
    features: list[NDArray[np.float32]]
    gains: list[NDArray[np.float32]]
    queries: QuerySet
    corpus: Corpus

    def ranked(self, ranker: ListNet, at: Iterable[int]) -> dict[int, list[int]]:
        """The rankings of some of the queries."""
        found = {}
        for i in at:
            order = np.argsort(-ranker.score(self.features[i]), kind="stable")[:DEPTH]
            found[i] = self.rows[i][order].tolist()
        return found


def _without_cosines(lists: Lists) -> Lists:
    """With a column of zeros for the cosines: such queries teach the weights of the other features."""
    at = lists.features[0].shape[1] // 2
    wider = [np.insert(told, (at, 2 * at), 0, axis=1) for told in lists.features]
    return replace(lists, features=wider)


def chosen(queries: QuerySet) -> QuerySet:
    """The dev queries to learn from: none that the transformer and the reader were trained on, and at most MOST."""
    dev = queries.half(True)
    if queries.name.partition("-")[0] in (*needs.KINDS, "tldr"):
        free = [i for i, rows in enumerate(dev.relevant) if not is_trained_on(dev.docs[min(rows)].id)]
        dev = dev.at(free)
    return drawn_queries(dev, MOST)


def _lists(corpus: Corpus, queries: QuerySet, vectors: PaperVectors | None = None) -> Lists:
    """With the transformer's vectors, when they are given."""
    filled, dev = corpus.filled, chosen(queries)
    known = np.float32(filled.view.familiarity)
    rows, features, gains = [], [], []
    for text, wanted in zip(dev.texts, dev.relevant, strict=True):
        query = AnalyzedQuery.of(filled.view, text)
        meaning = QueryMeaning.of(vectors, query.text) if vectors else None
        evidence, told = features_of(query, meaning=meaning)
        width = len(FEATURES_WITH_VECTORS if vectors else FEATURES)
        told = np.pad(told, ((0, 0), (0, width - told.shape[1])))  # too few candidates for a column of cosines
        at = filled.position[evidence.rows]
        rows.append(at)
        features.append(np.column_stack([told * known, told * (1 - known)]))
        gains.append(np.array([wanted.get(p, 0) for p in at.tolist()], np.float32))
    return Lists(rows, features, gains, dev, corpus)


def _readings(lists: Lists, ranker: ListNet, reader: Reader) -> Lists:
    """Beside what the evidence of every candidate comes to, what reading it says, against the mean of those read."""
    filled = lists.corpus.filled
    known = np.float32(filled.view.familiarity)
    features = []
    for text, at, told in zip(lists.queries.texts, lists.rows, lists.features, strict=True):
        scores = ranker.score(told)
        near, said = rerank.positions_to_rerank(scores, rerank.PRECISE), np.zeros(len(scores), np.float32)
        if len(near):
            rows = filled.rows[at[near]]
            papers = documents(filled.library.catalogue, filled.view, rows)
            near_papers = [papers.get(number) for number in filled.view.ids[rows].tolist()]
            read = rerank.cross_encoder_scores(AnalyzedQuery.of(filled.view, text), near_papers, reader.scores)
            said[near] = rerank.centre_scores(read)
        both = np.column_stack([scores, said])
        features.append(np.hstack([both * known, both * (1 - known)]))
    return replace(lists, features=features)


def _fitted(parts: Iterable[tuple[Lists, NDArray[np.int64]]]) -> ListNet:
    """Weights learned from some queries of every set."""
    features, gains, chances = [], [], []
    for lists, at in parts:
        for i in at.tolist():
            features.append(lists.features[i])
            gains.append(lists.gains[i])
            chances.append(SHARES[lists.queries.name] / len(at))
    return ListNet().fit(features, gains, chances)


def _held_out(found: dict[str, Lists]) -> dict[str, dict[str, float]]:
    """The figures of the dev halves, every query ranked by weights learned without its fold."""
    rankings: dict[str, dict[int, list[int]]] = {name: {} for name in found}
    for fold in range(FOLDS):
        own = {name: np.arange(len(x.queries)) % FOLDS == fold for name, x in found.items()}
        ranker = _fitted((x, np.flatnonzero(~own[name])) for name, x in found.items())
        for name, x in found.items():
            rankings[name] |= x.ranked(ranker, np.flatnonzero(own[name]).tolist())
    return {
        name: means(
            per_query([rankings[name][i] for i in range(len(x.queries))], x.queries.relevant),
            np.ones(len(x.queries), np.bool_),
        )
        for name, x in found.items()
    }


def _vectors(corpus: Corpus) -> PaperVectors:
    library = corpus.filled.library
    give_vectors(library)
    vectors = VectorStore(library.path / "indexes").open(corpus.filled.view)
    assert vectors is not None, "they were given just now"
    return vectors


def _groups(shared: Shared) -> Iterator[tuple[Shared, tuple[QuerySet, ...]]]:
    """The query sets to learn from, those of the same papers together."""
    yield from groups(shared, SHARES)
    for field in classic.NAMES:
        if found := classic.read_collection(shared.study.papers, field):
            source, _ = found
            yield Shared(source, shared.study), (classic.titles(field, source),)


def measure(out: Path, tell: Tell) -> list[Path]:  # long: flat
    """Learn the weights, without vectors, with them and of the reader, and write them into the package.

    What was found on the way goes to ranker.json in `out`.
    """
    papers = datasets.papers_path()
    source = sets.read(papers)
    shared = Shared(source, Study(papers, tell))
    data = {"papers.parquet": datasets.digest(papers), "encoder": artifacts.fingerprint(pretrained.ENCODER)}
    content: dict[str, Any] = {"data": data}
    written = []

    def learned(path: Path, lists: dict[str, Lists], names: tuple[str, ...]) -> ListNet:
        tell(f"learning the weights of {path.name}")
        ranker = _fitted((x, np.arange(len(x.queries))) for x in lists.values())
        home, elsewhere = np.split(ranker.weights_, 2) if len(ranker.weights_) > len(names) else (ranker.weights_, None)
        arrays = {"weights": home} if elsewhere is None else {"weights": home, pretrained.ELSEWHERE: elsewhere}
        artifacts.write(
            path,
            arrays,
            method="listnet",
            version=pretrained.VERSION,
            meta={"features": list(names), "data": data},
        )
        content[path.stem] = {
            **{
                part: {name: round(float(w), 4) for name, w in zip(names, values, strict=True)}
                for part, values in arrays.items()
            },
            "dev halves, held out by fold": _held_out(lists),
        }
        written.append(path)
        return ranker

    with ExitStack() as opened:
        found: dict[str, Lists] = {}
        with_vectors: dict[str, Lists] = {}
        for own, group in _groups(shared):
            scratch = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="broadsheet-ranker-")))
            corpus = opened.enter_context(closing(Corpus(group[0].docs, own, scratch, tell, keep=True)))
            for queries in group:
                tell(f"{queries.name}: evidence for the dev queries")
                found[queries.name] = _lists(corpus, queries)
                if queries.name not in WITHOUT_VECTORS:
                    with_vectors[queries.name] = _lists(corpus, queries, _vectors(corpus))
        learned(pretrained.RANKER, found, FEATURES)
        titles = (name for name in map(classic.title_set, classic.NAMES) if name in found)
        with_vectors |= {name: _without_cosines(found[name]) for name in titles}
        ranker = learned(pretrained.RANKER_WITH_VECTORS, with_vectors, FEATURES_WITH_VECTORS)
        if reader := pretrained.read_reader():
            data["reader"] = artifacts.fingerprint(pretrained.READER)
            tell("reading the first papers of the dev queries")
            read = {name: _readings(lists, ranker, reader) for name, lists in with_vectors.items()}
            learned(rerank.WEIGHTS, read, rerank.STEPS)
    write(out / "ranker.json", "ranker", content)
    return [out / "ranker.json", *written]
