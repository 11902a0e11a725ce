"""Sentence roles measured: told on held-out papers, and what they are for, papers alike in one aspect.

The library is made of titles and abstracts only: labels come from sessions and from authors' keywords, which are not in
it, and from names of data sets, which are masked. Papers are halved by a hash; a half never sees the other.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.explanation.sentence_roles import ROLES, SentenceRoles
from broadsheet.kit.mask import Mask
from broadsheet.kit.paper import Paper, Record
from broadsheet.pipeline.library import Library, open_library
from broadsheet.pipeline.pretrained import FOLDER, ROLES_FILE, read_sentence_roles
from broadsheet.pipeline.search import aspects
from broadsheet.pipeline.search.aspect_sentences import ASPECTS, Blend
from broadsheet.pipeline.search.aspects import Likeness
from broadsheet.pipeline.search.inputs import titles_and_bodies
from broadsheet.pipeline.search.similar import SIMILAR_SEMANTIC
from broadsheet.pipeline.training import role_model
from broadsheet.pipeline.training.role_model import MarkedAbstract
from broadsheet.retrieval.convex_fusion import ConvexFusion
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.report import Claimed
from broadsheet_lab.bench.study import Study
from broadsheet_lab.bench.text._aspects import LEXICONS, Labels, average_precision, in_session, of_dev

__all__ = ["claims"]

DEV, TEST, OTHERS = 80, 300, 50  # queries of a set: to choose with, to report, to report the other aspects with
SHARES = (0.0, 0.25, 0.5, 0.65, 0.8, 1.0)  # of the aspect in the score, tried on the dev half; 0 is the whole paper
SETS = {  # dataset on the card -> the aspect it labels
    "papers.parquet, 2,524 papers of sessions, test half": "task",
    "papers.parquet, 2,361 papers by task keywords, test half": "task",
    "papers.parquet, 2,298 papers by method keywords, test half": "method",
    "papers.parquet, 1,084 papers by masked data sets, test half": "result",
}


def claims(study: Study) -> list[Claimed]:
    """Every claim of the card that can be measured."""
    return [*_told(), *_alike(study)]


def _told() -> Iterator[Claimed]:
    """Roles told on the fifth of the papers that nothing was learned from, by the model that is shipped."""
    papers, messages = role_model.read_marked_abstracts(datasets.data_folder() / "abstract_sentences.csv")
    kept, tested = [p for p in papers if p.fold], [p for p in papers if not p.fold]
    shipped = read_sentence_roles()
    scores = role_model.scores(shipped, tested)
    alone = _roles(role_model.fit_roles(kept, SentenceRoles(chained=False)), tested)
    chained, name = _roles(shipped, tested), "each sentence alone"
    detail = {
        "f1": scores.f1,
        "accuracy": scores.accuracy,
        "papers": {"learned from": len(kept), "tested": len(tested)},
        "marks left out": len(messages),
        "bytes": (FOLDER / ROLES_FILE).stat().st_size,
    }
    where, rival = "144 held-out marked abstracts", (name, float(_macro_f1(alone)))
    metric, sides = "macro F1, chained over alone (ratio)", (("chained", chained), (name, alone))
    yield Claimed.ratio(where, metric, *sides, statistic=_macro_f1, rival=(name, 1.0))
    metric = "macro F1 of the three roles"
    yield Claimed.mean(where, metric, chained, statistic=_macro_f1, rival=rival, detail=detail)


def _roles(model: SentenceRoles, papers: Sequence[MarkedAbstract]) -> NDArray[np.float64]:
    """The role marked and the role told of every sentence, as one number: marked * roles + told, (n,)."""
    labels, told = role_model.predictions(model, papers)
    return np.asarray(labels * len(ROLES) + told, np.float64)


def _macro_f1(pairs: NDArray[np.float64]) -> float:
    """The mean of the roles' F1 from numbers of `_roles`."""
    n = len(ROLES)
    table = np.bincount(pairs.astype(np.int64).ravel(), minlength=n * n).reshape(n, n)
    return float((2 * table.diagonal() / np.maximum(table.sum(axis=0) + table.sum(axis=1), 1)).mean())


@dataclass(frozen=True)
class _World:
    """A library of the labelled papers, and their labels; row i of everything is one paper."""

    library: Library
    table: Mapping[str, list[Any]]
    roles: SentenceRoles

    @cached_property
    def dev(self) -> NDArray[np.bool_]:
        return of_dev(self.table["paper_id"])

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """The row in the view of every paper."""
        names = self.table["paper_id"]
        found = self.library.catalogue.papers.resolve_many(names)
        return self.library.snapshot().rows_of([found[name] or 0 for name in names])

    @cached_property
    def labels(self) -> dict[str, Labels]:
        """The labels of each set."""
        keywords = [" ; ".join(k or ()) for k in self.table["keywords"]]
        values = (
            in_session(self.table["session"]),
            map(LEXICONS["task"].named, keywords),
            map(LEXICONS["method"].named, keywords),
            map(LEXICONS["data"].named, self.table["abstract"]),
        )
        return {name: Labels.of(v) for name, v in zip(SETS, values, strict=True)}

    def likeness(self, paper: int, aspect: str, pool: Mask) -> Likeness:
        """How like a paper those of the pool are."""
        text = f"{self.table['title'][paper]}\n{LEXICONS['data'].masked(self.table['abstract'][paper])}"
        view, whole = self.library.snapshot(), ConvexFusion(semantic=SIMILAR_SEMANTIC)
        liked = [(int(self.rows[paper]), text)]
        catalogue = self.library.catalogue
        texts = titles_and_bodies(catalogue, view, np.array([row for row, _ in liked], np.int64))
        query = aspects.AspectQuery.of(view, self.roles, liked, (), texts, aspect, pool, whole)
        return aspects.likeness(query, titles_and_bodies(catalogue, view, query.candidates.rows))


@contextmanager
def _opened(study: Study) -> Iterator[_World]:
    import pyarrow.parquet as pq

    columns = ["paper_id", "title", "abstract", "keywords", "session"]
    whole = pq.read_table(study.papers, columns=columns).to_pydict()
    there = [i for i, a in enumerate(whole["abstract"]) if a and (whole["session"][i] or whole["keywords"][i])]
    table = {name: [values[i] for i in there] for name, values in whole.items()}
    mask = LEXICONS["data"].masked
    with tempfile.TemporaryDirectory() as folder, open_library(Path(folder) / "library") as library:
        rows = zip(table["paper_id"], table["title"], table["abstract"], strict=True)
        library.add_items("bench", (Record(Paper(t, mask(a)), "bench", p, f"bench:{p}") for p, t, a in rows))
        yield _World(library, table, read_sentence_roles())


def _precision(
    world: _World, labels: Labels, aspect: str, queries: int, blends: Mapping[str, Blend]
) -> tuple[dict[str, NDArray[np.float64]], dict[str, float], float]:
    """Per blend AP@10 of every query and precision@10, and the median seconds of a query, within one half."""
    relevant = labels.relevant()
    place = {int(row): i for i, row in enumerate(world.rows[labels.rows].tolist()) if row >= 0}
    pool = Mask.of_rows(np.array(sorted(place), np.int64), len(world.library.snapshot()))
    order = np.random.default_rng(0).permutation(len(labels.rows))
    chosen = [i for i in order.tolist() if relevant[i].any() and world.rows[labels.rows[i]] >= 0][:queries]
    average = {name: np.zeros(len(chosen)) for name in blends}
    precision = dict.fromkeys(blends, 0.0)
    seconds = []
    for at, i in enumerate(chosen):
        started = perf_counter()
        near = world.likeness(int(labels.rows[i]), aspect, pool)
        for name, blend in blends.items():
            found = aspects.blend_scores(near, blend, 10).ranking.rows.tolist()
            hits = np.array([relevant[i, place[row]] for row in found], np.bool_)
            average[name][at] = average_precision(hits, int(relevant[i].sum()))
            precision[name] += hits.sum() / 10 / len(chosen)
        seconds.append(perf_counter() - started)
    return average, precision, float(np.median(seconds))


def _alike(study: Study) -> Iterator[Claimed]:
    """MAP@10 by aspect over that by the whole paper, for every set of labels."""
    with _opened(study) as world:
        for name, aspect in SETS.items():
            study.tell(f"papers alike in {aspect}: {name}")
            yield _compared(world, name, aspect)


def _compared(world: _World, name: str, aspect: str) -> Claimed:
    labels, blend = world.labels[name], Blend.of(aspect)
    dev, test = labels.part(world.dev), labels.part(~world.dev)
    shares = {f"{share:g}": replace(blend, aspect=share) for share in SHARES}
    chosen, _, _ = _precision(world, dev, aspect, DEV, shares)
    mixes = {"whole": shares["0"], "aspect": blend}
    average, precision, seconds = _precision(world, test, aspect, TEST, mixes)
    others = {
        other: float(_precision(world, test, other, OTHERS, {other: Blend.of(other)})[0][other].mean())
        for other in ASPECTS
    }
    return Claimed.ratio(
        name,
        f"MAP@10 by {aspect}, over whole papers (ratio)",
        ("MAP@10 by the aspect", average["aspect"]),
        ("MAP@10 by the whole paper", average["whole"]),
        rival=("the whole paper", 1.0),
        detail={
            "precision@10": {k: round(float(v), 4) for k, v in precision.items()},
            "MAP@10 by each aspect, first queries": {k: round(v, 4) for k, v in others.items()},
            "labelled papers": len(labels.rows),
            "median ms": round(1000 * seconds, 1),
            "blend": asdict(blend),
            "dev half, by the share of the aspect": {k: round(float(v.mean()), 4) for k, v in chosen.items()},
        },
    )
