"""Experts by field on pairs of papers with shared keywords: the dev half trains and chooses, the test half is reported.

A field is a venue, for the five with enough keywords. Two of its papers belong together if they share two keywords,
or one that very few have; as many pairs that share none stand against them. No pair crosses the halves.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.report import Claimed
from broadsheet_lab.bench.study import Study
from broadsheet_lab.encoders.moe import MixtureOfExperts

__all__ = ["FIELDS", "claims", "learned"]

DATA = "papers.parquet, 12,000 papers, pairs with shared keywords in one field, test half"
FIELDS = ("colm", "corl", "iclr", "ijcai", "www")
COMMON = 60  # a keyword that more papers of a field have tells nothing
RARE = 4  # one that no more have tells enough alone
GRID = [(rate, epochs) for rate in (3e-4, 1e-3) for epochs in (4, 12)]
APART = (4, 2, 1)  # one epoch in so many is spent apart
SEEDS = (0, 1, 2)

Settings = tuple[int, int, float]  # epochs together, epochs apart, rate


@dataclass(frozen=True)
class _Pairs:
    rows: NDArray[np.int64]  # (m, 2)
    together: NDArray[np.bool_]  # (m,)
    fields: NDArray[np.str_]  # (m,)

    def only(self, kept: NDArray[np.bool_]) -> _Pairs:
        return _Pairs(self.rows[kept], self.together[kept], self.fields[kept])


def _pairs(study: Study, half: NDArray[np.bool_]) -> _Pairs:
    """The pairs of one half of the papers."""
    rng = np.random.default_rng(0)
    words = [frozenset(k.strip().lower() for k in ks or ()) for ks in study.table["keywords"]]
    rows, together, fields = [], [], []
    for field in FIELDS:
        members = [i for i, v in enumerate(study.table["venue"]) if v == field and half[i] and words[i]]
        holders: dict[str, list[int]] = {}
        for i in members:
            for word in sorted(words[i]):
                holders.setdefault(word, []).append(i)
        shared = Counter(p for held in holders.values() if len(held) <= COMMON for p in combinations(held, 2))
        telling = {p for held in holders.values() if len(held) <= RARE for p in combinations(held, 2)}
        near = sorted(telling | {pair for pair, count in shared.items() if count > 1})
        far: set[tuple[int, int]] = set()
        while len(far) < len(near):
            i, j = sorted(rng.choice(members, 2, replace=False).tolist())
            if not words[i] & words[j]:
                far.add((i, j))
        rows += [*near, *sorted(far)]
        together += [True] * len(near) + [False] * len(far)
        fields += [field] * (len(near) + len(far))
    return _Pairs(np.array(rows), np.array(together), np.array(fields))


def _f1(right: NDArray[np.float64]) -> NDArray[np.float64]:
    """2 tp / (2 tp + fp + fn) of counts (..., 3)."""
    tp, wrong = right[..., 0], right[..., 1] + right[..., 2]
    return np.asarray(2 * tp / np.maximum(2 * tp + wrong, 1))


def _threshold(scores: NDArray[np.float32], together: NDArray[np.bool_]) -> float:
    """The least score that counts as belonging together, for the greatest F1."""
    order = np.argsort(-scores, kind="stable")
    hits = np.cumsum(together[order])
    f1 = 2 * hits / (np.arange(1, len(hits) + 1) + together.sum())
    return float(scores[order[np.argmax(f1)]])


def _counted(scores: NDArray[np.float32], together: NDArray[np.bool_], least: float) -> NDArray[np.float64]:
    """Whether each pair is a true positive, a false positive, a false negative, (m, 3)."""
    said = scores >= least
    return np.column_stack([said & together, said & ~together, ~said & together]).astype(np.float64)


@dataclass(frozen=True)
class _Training:
    vectors: NDArray[np.float32]
    dev: _Pairs

    def cosines(self, method: MixtureOfExperts | None, pairs: _Pairs, route: str | None = None) -> NDArray[np.float32]:
        """Of the pairs' papers, through the experts of their fields, or all through that of `route`."""
        first, second = self.vectors[pairs.rows[:, 0]], self.vectors[pairs.rows[:, 1]]
        if method is not None:
            fields = pairs.fields if route is None else np.full(len(pairs.fields), route)
            first, second = method.encode(first, fields), method.encode(second, fields)
        return np.asarray((first * second).sum(axis=1))

    def trained(self, pairs: _Pairs, settings: Settings, seed: int) -> MixtureOfExperts:
        """On the pairs that belong together."""
        together, apart, rate = settings
        kept = pairs.only(pairs.together)
        first, second = self.vectors[kept.rows[:, 0]], self.vectors[kept.rows[:, 1]]
        return MixtureOfExperts(together=together, apart=apart, rate=rate, seed=seed).fit(first, second, kept.fields)

    def chosen(self, among: Sequence[Settings]) -> Settings:
        """Those with the best F1 on pairs within a third of the dev papers, trained on pairs within the others."""
        judged = self.dev.only((self.dev.rows % 3 == 0).all(axis=1))
        rest = self.dev.only((self.dev.rows % 3 != 0).all(axis=1))
        found = {}
        for settings in among:
            scores = [self.cosines(self.trained(rest, settings, seed), judged) for seed in SEEDS]
            counted = [_counted(x, judged.together, _threshold(x, judged.together)).sum(axis=0) for x in scores]
            found[settings] = float(np.mean([_f1(c) for c in counted]))
        return max(found, key=lambda settings: found[settings])


@dataclass(frozen=True)
class _Bench(_Training):
    test: _Pairs

    def counts(self, method: MixtureOfExperts | None, route: str | None = None) -> NDArray[np.float64]:
        """On the test pairs, with the threshold that suits them best, as the paper's figures have it, (m, 3)."""
        scores = self.cosines(method, self.test, route)
        return _counted(scores, self.test.together, _threshold(scores, self.test.together))


_BY_FIELD = [(n - n // part, n // part, rate) for rate, n in GRID for part in APART]


def learned(study: Study) -> tuple[MixtureOfExperts, MixtureOfExperts]:
    """(experts by field with settings chosen, on the pairs of the dev half; the one expert they parted from)."""
    training = _Training(np.ascontiguousarray(study.vectors), _pairs(study, study.dev))
    together, apart, rate = training.chosen(_BY_FIELD)
    settings = ((together, apart, rate), (together, 0, rate))
    experts, one = (training.trained(training.dev, chosen, SEEDS[0]) for chosen in settings)
    return experts, one


def _ratio(metric: str, over: NDArray[np.float64], under: NDArray[np.float64], name: str) -> Claimed:
    """F1 of counts (s, m, 3) over another's, means over what s stands for; pairs are drawn anew for the interval."""
    rng, m = np.random.default_rng(0), over.shape[1]
    drawn = []
    for _ in range(500):
        times = rng.multinomial(m, np.full(m, 1 / m)).astype(np.float64)
        drawn.append(_f1(times @ over).mean() / _f1(times @ under).mean())
    low, high = np.percentile(drawn, [2.5, 97.5])
    mine, others = float(_f1(over.sum(axis=1)).mean()), float(_f1(under.sum(axis=1)).mean())
    return Claimed(
        DATA,
        metric,
        mine / others,
        interval=(float(low), float(high)),
        baseline={f"F1, {name}": others},
        detail={"F1, experts by field": round(mine, 4), "pairs": m},
    )


def claims(study: Study) -> list[Claimed]:
    """The mixture, one adapter, the frozen vectors and each expert for all fields, over three seeds."""
    bench = _Bench(np.ascontiguousarray(study.vectors), _pairs(study, study.dev), _pairs(study, ~study.dev))
    study.tell(f"{len(bench.dev.rows)} pairs to train on, {len(bench.test.rows)} to report")
    chosen = {
        "experts by field": bench.chosen(_BY_FIELD),
        "one adapter": bench.chosen([(n, 0, rate) for rate, n in GRID]),
    }
    trained = {name: [bench.trained(bench.dev, settings, seed) for seed in SEEDS] for name, settings in chosen.items()}
    mixture = np.stack([bench.counts(method) for method in trained["experts by field"]])
    one = np.stack([bench.counts(method) for method in trained["one adapter"]])
    frozen = bench.counts(None)[None]
    routed = {f: np.stack([bench.counts(method, f) for method in trained["experts by field"]]) for f in FIELDS}
    first = _ratio("F1, experts by field over one adapter for all (ratio)", mixture, one, "one adapter")
    settings = {
        name: dict(zip(("epochs together", "epochs apart", "rate"), s, strict=True)) for name, s in chosen.items()
    }
    by_field = {
        f: {
            "experts by field": round(float(_f1(mixture[:, bench.test.fields == f].sum(axis=1)).mean()), 4),
            "one adapter": round(float(_f1(one[:, bench.test.fields == f].sum(axis=1)).mean()), 4),
            "frozen": round(float(_f1(frozen[:, bench.test.fields == f].sum(axis=1)).mean()), 4),
            "this field's expert for all fields": round(float(_f1(routed[f].sum(axis=1)).mean()), 4),
            "pairs": int((bench.test.fields == f).sum()),
        }
        for f in FIELDS
    }
    more = {"chosen on the dev half": settings, "F1 by field, one threshold": by_field}
    return [
        replace(first, detail={**first.detail, **more}),
        _ratio("F1, experts by field over the frozen encoder (ratio)", mixture, frozen, "frozen encoder"),
        _ratio(
            "F1, experts by field over one field's expert for all (ratio)",
            mixture,
            np.concatenate(list(routed.values())),
            "one field's expert for all",
        ),
    ]
