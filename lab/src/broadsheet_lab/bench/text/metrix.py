"""Metrix: groups of papers that share a keyword, half of the keywords to learn from, the other half never seen."""

from __future__ import annotations

import zlib
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.report import Claimed
from broadsheet_lab.bench.study import Study
from broadsheet_lab.bench.text._seeds import over_seeds
from broadsheet_lab.encoders.metrix import Metrix, utilization
from broadsheet_lab.training import Plan

if TYPE_CHECKING:
    from broadsheet_lab.networks import Network

__all__ = ["COURSE", "LAYER", "WAYS", "Groups", "begun", "by_rarest", "claims", "groups_of"]

_DATASET = "papers.parquet, 12,000 papers, groups by rarest keyword, keywords of the test half"
_SEEDS = (0, 1, 2)
_LEAST, _MOST = 4, 40  # papers that have a keyword for it to make a group
_REPORTED = 1_000  # papers, whole groups
_NEAR = 500  # learned papers that utilization is measured to
COURSE = Plan(steps=50, batch=10, rate=4e-4, warm=5)
TOKENS, RANK, LAYER = 32, 16, 4

Values = NDArray[np.float64]


@dataclass(frozen=True)
class Groups:
    """Texts and the number of the group of each."""

    texts: list[str]
    labels: NDArray[np.int64]

    def nearest_is_alike(self, vectors: NDArray[np.float32]) -> Values:
        """Whether the nearest other of each, (n,), is of its group: Recall@1 is the mean."""
        scores = vectors @ vectors.T
        np.fill_diagonal(scores, -np.inf)
        return np.asarray(self.labels[scores.argmax(axis=1)] == self.labels, np.float64)


def by_rarest(papers: NDArray[np.int64], tags: NDArray[np.int64]) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """(papers, the group of each): each under its rarest tag of 4 to 40 papers, from aligned papers and tags.

    A paper that would be alone in its group is left out.
    """
    counts = np.bincount(tags)
    fit = (counts[tags] >= _LEAST) & (counts[tags] <= _MOST)
    order = np.lexsort((tags[fit], counts[tags[fit]], papers[fit]))
    rows, first = np.unique(papers[fit][order], return_index=True)
    labels = tags[fit][order][first].astype(np.int64)
    alone = np.bincount(labels)[labels] < 2
    return rows[~alone], labels[~alone]


def groups_of(study: Study) -> tuple[Groups, Groups]:
    """(to learn from, to report), keywords halved by a hash; whole groups, so many papers to report."""
    numbers: defaultdict[str, int] = defaultdict(lambda: len(numbers))
    held = [{" ".join(k.casefold().split()) for k in words or ()} for words in study.table["keywords"]]
    papers, tags = np.array([(i, numbers[k]) for i, own in enumerate(held) for k in sorted(own)], np.int64).T
    rows, labels = by_rarest(papers, tags)
    code = {tag: zlib.crc32(name.encode()) for name, tag in numbers.items()}
    learned = np.array([code[tag] % 2 == 0 for tag in labels.tolist()])
    reported = _first(labels[~learned], code, _REPORTED)

    def part(rows: NDArray[np.int64], labels: NDArray[np.int64]) -> Groups:
        return Groups([study.texts[i] for i in rows.tolist()], labels)

    return part(rows[learned], labels[learned]), part(rows[~learned][reported], labels[~learned][reported])


def _first(labels: NDArray[np.int64], code: dict[int, int], most: int) -> NDArray[np.bool_]:
    """Which are of the first groups by a hash that have `most` members at most together, (n,)."""
    order = sorted(set(labels.tolist()), key=lambda tag: zlib.crc32(b"%d" % code[tag]))
    sizes = np.cumsum([int((labels == tag).sum()) for tag in order])
    return np.isin(labels, order[: int((sizes <= most).sum())])


def begun() -> Network:
    """What training begins with: MiniLM, with corrections."""
    from broadsheet_lab.networks import Network

    return Network.minilm(tokens=TOKENS, rank=RANK)


WAYS: dict[tuple[str, str], dict[str, Any]] = {
    ("contrastive", "nothing"): {"loss": "contrastive", "mixing": 0.0},
    ("contrastive", "embeddings"): {"loss": "contrastive"},
    ("multi-similarity", "nothing"): {"mixing": 0.0},
    ("multi-similarity", "embeddings"): {},
    ("multi-similarity", "features"): {"mixed": "features"},
}


class _Texts:
    """Both parts as the layers that stay leave them."""

    def __init__(self, learn: Groups, report: Groups) -> None:
        from broadsheet_lab.towers import Tower

        tower = Tower(begun(), lower=LAYER)
        self.learn, self.report = learn, report
        self.learned, self.reported = tower.read(learn.texts), tower.read(report.texts)
        self.near = self.learned.take(np.random.default_rng(0).permutation(len(learn.texts))[:_NEAR])
        self.untrained = report.nearest_is_alike(tower.encode(self.reported))

    def trained(self, seed: int, tell: Callable[[str], None]) -> dict[str, Values]:
        """Of every way: whether each test paper's nearest is alike, how far it lies from what was learned, seconds."""
        found: dict[str, Values] = {}
        for (loss, mixed), how in WAYS.items():
            tell(f"{loss}, {mixed} mixed, seed {seed}")
            method = Metrix(begun(), layer=LAYER, plan=replace(COURSE, seed=seed), **how)
            tower = method.fit(self.learn.texts, self.learn.labels, read=self.learned).tower()
            z = tower.encode(self.reported)
            found[f"alike {loss} {mixed}"] = self.report.nearest_is_alike(z)
            found[f"reach {loss} {mixed}"] = utilization(z, tower.encode(self.near))
            found[f"seconds {loss} {mixed}"] = np.array(method.course_.seconds)
        return found


def claims(study: Study) -> list[Claimed]:
    """Both losses with and without mixing, beside MiniLM untrained; nothing is chosen."""
    learn, report = groups_of(study)
    texts = _Texts(learn, report)

    def measured(seed: int) -> dict[str, Values]:
        return texts.trained(seed, study.tell)

    runs = over_seeds("metrix", _SEEDS, measured)
    untrained = float(texts.untrained.mean())
    detail = {
        "papers": [len(learn.labels), len(report.labels)],
        "groups": [len(np.unique(learn.labels)), len(np.unique(report.labels))],
        "Recall@1": {f"{a}, {b} mixed": round(float(runs[f"alike {a} {b}"].mean()), 4) for a, b in WAYS},
        "Recall@1, MiniLM untrained": round(untrained, 4),
        "seconds of training": {f"{a}, {b} mixed": round(float(runs[f"seconds {a} {b}"].mean())) for a, b in WAYS},
    }

    def over_nothing(loss: str, mixed: str) -> Claimed:
        with_it, without = runs[f"alike {loss} {mixed}"], runs[f"alike {loss} nothing"]
        return Claimed.ratio(
            _DATASET,
            f"Recall@1, {loss}, {mixed} mixed over nothing (ratio)",
            (f"{mixed} mixed", with_it),
            ("nothing mixed", without),
            rival=("MiniLM untrained", untrained / float(without.mean())),
            detail=detail,
        )

    mixed, clean = (runs[f"alike multi-similarity {how}"] for how in ("embeddings", "nothing"))
    return [
        over_nothing("contrastive", "embeddings"),
        over_nothing("multi-similarity", "embeddings"),
        over_nothing("multi-similarity", "features"),
        Claimed.ratio(
            _DATASET,
            "utilization, multi-similarity, embeddings mixed over nothing (ratio)",
            ("embeddings mixed", runs["reach multi-similarity embeddings"]),
            ("nothing mixed", runs["reach multi-similarity nothing"]),
            lower_is_better=True,
            rival=("nothing mixed", 1.0),
        ),
        Claimed.ratio(
            _DATASET,
            "Recall@1, multi-similarity, embeddings mixed over MiniLM untrained (ratio)",
            ("embeddings mixed", mixed),
            ("MiniLM untrained", texts.untrained),
            rival=("nothing mixed", float(clean.mean()) / untrained),
        ),
    ]
