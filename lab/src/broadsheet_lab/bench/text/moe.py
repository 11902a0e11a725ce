"""Experts by field on pairs of papers with shared keywords: the dev half trains and chooses, the test half is reported.

A field is a venue, for the five with enough keywords. Two of its papers belong together if they share two keywords,
or one that very few have; as many pairs that share none stand against them. No pair crosses the halves. Of the dev
papers a third is not learned from: its pairs say which rate is best and where pairs begin to belong together.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.report import Claimed
from broadsheet_lab.bench.study import Study
from broadsheet_lab.bench.text._pairs_by_keywords import Pairs, cosines, f1, judged, tf_idf, threshold
from broadsheet_lab.bench.text._seeds import over_seeds
from broadsheet_lab.encoders.moe import MixtureOfExperts

if TYPE_CHECKING:
    from broadsheet_lab.towers import Read

__all__ = ["FIELDS", "claims", "learned"]

DATA = "papers.parquet, 5,538 papers of five venues, pairs with shared keywords, test half"
FIELDS = ("colm", "corl", "iclr", "ijcai", "www")
COMMON = 60  # a keyword that more papers of a field have tells nothing
RARE = 4  # one that no more have tells enough alone
LEARNED, JUDGED = 400, 200  # pairs of a field that belong together, at most, of the dev half and of the test half
STEPS, RATES = 30, (1e-4, 4e-4)
SEEDS = (0, 1, 2)
_PLAIN, _CHOOSING = 100, 101  # kept like seeds: what is not trained, the rates to choose from
_ONE = "all"  # the field of the encoder that knows no fields
_KINDS = ("experts", "one")

Floats = NDArray[np.float64]
Vectors = NDArray[np.float32]


@dataclass(frozen=True)
class _World:
    study: Study

    @cached_property
    def dev(self) -> Pairs:
        """The pairs of the dev half that belong together, and all those that choose."""
        pairs = _pairs(self.study, self.study.dev, LEARNED, choose=True)
        return pairs.only(pairs.choosing | pairs.together)

    @cached_property
    def test(self) -> Pairs:
        """The pairs of the test half."""
        return _pairs(self.study, ~self.study.dev, JUDGED, choose=False)

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """The papers of the study that any pair has, ascending: what is read."""
        return np.unique(np.concatenate([self.dev.rows, self.test.rows]))

    @cached_property
    def fields(self) -> NDArray[np.str_]:
        """Their venues."""
        return np.array([self.study.table["venue"][i] for i in self.rows.tolist()])

    @cached_property
    def read(self) -> Read:
        """The texts as the layers leave them that stay."""
        self.study.tell(f"reading {len(self.rows)} papers")
        return MixtureOfExperts().reader().read([self.study.texts[i] for i in self.rows.tolist()])

    def trained(self, rate: float, seed: int, *, by_field: bool) -> MixtureOfExperts:
        """On the pairs of dev papers that do not choose."""
        pairs = self.dev.only(~self.dev.choosing & self.dev.together)
        fields = self.fields if by_field else np.full(len(self.rows), _ONE)
        method = MixtureOfExperts(steps=STEPS, rate=rate, seed=seed)
        places = np.searchsorted(self.rows, pairs.rows)
        return method.fit(self.read, fields, places, tell=self.study.tell)

    def vectors(self, method: MixtureOfExperts, field: str) -> Vectors:
        """Of the papers that are judged or choose, all through one field's expert; zeros for all others, (n, 384)."""
        pairs = np.concatenate([self.dev.rows[self.dev.choosing], self.test.rows])
        at = np.searchsorted(self.rows, np.unique(pairs))
        found = np.zeros((len(self.study.texts), 384), np.float32)
        found[self.rows[at]] = method.encode(self.read.take(at), np.full(len(at), field))
        return found

    def own(self, each: Mapping[str, Vectors]) -> Vectors:
        """Each paper's vector through the expert of its own field, of those through every one."""
        found = np.zeros_like(next(iter(each.values())))
        for field, vectors in each.items():
            mine = self.rows[self.fields == field]
            found[mine] = vectors[mine]
        return found

    def through(self, method: MixtureOfExperts) -> dict[str, Vectors]:
        """The vectors through each expert."""
        return {str(field): self.vectors(method, str(field)) for field in method.fields_}

    def judged(self, vectors: Any) -> NDArray[np.int64]:
        """How each test pair is judged by vectors of all papers, with the threshold of the dev pairs that choose."""
        choosing = self.dev.only(self.dev.choosing)
        least = threshold(cosines(vectors, choosing), choosing.together)
        return judged(cosines(vectors, self.test), self.test.together, least)

    def chosen(self) -> dict[str, Any]:
        """The best rate by field and for one encoder, and F1 of the dev pairs that choose by every one."""
        found = {}
        for place, name in enumerate(_KINDS):
            first = _CHOOSING + 10 * place

            def looked(at: int, name: str = name, first: int = first) -> dict[str, NDArray[Any]]:
                return {"f1": np.array(_looked(self, name, RATES[at - first]))}

            found[name] = over_seeds("moe", range(first, first + len(RATES)), looked)["f1"]
        rates = {name: RATES[int(np.argmax(figures))] for name, figures in found.items()}
        beside = {
            name: {f"{r:g}": round(float(v), 4) for r, v in zip(RATES, figures, strict=True)}
            for name, figures in found.items()
        }
        return {"rates": rates, "dev F1 by rate": beside}


def _pairs(study: Study, half: NDArray[np.bool_], most: int, *, choose: bool) -> Pairs:
    """The pairs of one half of the papers; of a field at most `most` that belong together."""
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
        if len(near) > most:
            near = [near[i] for i in sorted(rng.choice(len(near), most, replace=False).tolist())]
        able = sorted({i for pair in near for i in pair})
        far: set[tuple[int, int]] = set()
        while len(far) < len(near):
            i, j = sorted(rng.choice(able, 2, replace=False).tolist())
            if not words[i] & words[j]:
                far.add((i, j))
        rows += [*near, *sorted(far)]
        together += [True] * len(near) + [False] * len(far)
        fields += [field] * (len(near) + len(far))
    return Pairs.of(np.array(rows), np.array(together), np.array(fields), choose=choose)


def _looked(world: _World, name: str, rate: float) -> float:
    """F1 of the dev pairs that choose, with one rate."""
    pairs = world.dev.only(world.dev.choosing)
    method = world.trained(rate, SEEDS[0], by_field=name == "experts")
    each = world.through(method)
    scores = cosines(world.own(each) if name == "experts" else each[_ONE], pairs)
    return f1(judged(scores, pairs.together, threshold(scores, pairs.together)))


def learned(study: Study) -> tuple[MixtureOfExperts, MixtureOfExperts]:
    """(experts by field, the one encoder of all fields), on the pairs of the dev half."""
    world = _World(study)
    rates = world.chosen()["rates"]
    experts, one = (world.trained(rates[name], SEEDS[0], by_field=name == "experts") for name in _KINDS)
    return experts, one


def _measured(world: _World, rates: Mapping[str, float]) -> dict[str, NDArray[Any]]:
    """How every test pair is judged by what each seed learned, (seeds, pairs), kept as soon as it is measured."""
    found: dict[str, NDArray[Any]] = {}
    for place, name in enumerate(_KINDS):

        def make(seed: int, name: str = name) -> dict[str, NDArray[Any]]:
            world.study.tell(f"{name}, seed {seed // 10}")
            method = world.trained(rates[name], seed // 10, by_field=name == "experts")
            each = world.through(method)
            if name == "one":
                return {name: world.judged(each[_ONE])}
            routed = {f"through {field}": world.judged(vectors) for field, vectors in each.items()}
            return {name: world.judged(world.own(each)), **routed}

        found |= over_seeds("moe", [10 * seed + place for seed in SEEDS], make)
    return found


def _untrained(world: _World) -> dict[str, NDArray[Any]]:
    """The same by MiniLM and by words."""
    study, reader = world.study, MixtureOfExperts().reader()
    vectors = np.zeros((len(study.texts), 384), np.float32)
    vectors[world.rows] = reader.encode(world.read)
    return {"MiniLM": world.judged(vectors), "TF-IDF": world.judged(tf_idf(study.texts))}


def claims(study: Study) -> list[Claimed]:
    """The mixture, one encoder, MiniLM, words and each expert for all fields, over three seeds."""
    world = _World(study)
    chosen = world.chosen()

    plain = {name: value[0] for name, value in over_seeds("moe", (_PLAIN,), lambda _: _untrained(world)).items()}
    found = _measured(world, chosen["rates"])
    fields = {
        field: {
            name: round(f1(np.atleast_2d(value)[:, world.test.fields == field]), 4)
            for name, value in {**found, **plain}.items()
            if not name.startswith("through") or name == f"through {field}"
        }
        for field in FIELDS
    }
    return _claimed(found, plain, {**chosen, "F1 by field, one threshold": fields})


def _claimed(
    found: Mapping[str, NDArray[Any]], plain: Mapping[str, NDArray[Any]], more: Mapping[str, Any]
) -> list[Claimed]:
    """The claims, from how pairs are judged, (seeds, pairs) or (pairs,)."""
    routed = np.concatenate([found[f"through {field}"] for field in FIELDS])
    every = {"one encoder": found["one"], **plain}
    reached = {name: f1(value) for name, value in every.items()}
    best = max(reached, key=lambda name: reached[name])
    detail = {"F1 by": {name: round(value, 4) for name, value in reached.items()}, **more}
    out = []
    for metric, name, under in (
        ("F1, experts by field over one encoder for all (ratio)", "one encoder", found["one"]),
        ("F1, experts by field over MiniLM (ratio)", "MiniLM", plain["MiniLM"]),
        ("F1, experts by field over one field's expert for all (ratio)", "one field's expert for all", routed),
    ):
        over = np.tile(found["experts"], (len(FIELDS), 1)) if under is routed else found["experts"]
        rival = (best, reached[best] / f1(under))
        beside: dict[str, Any] = {"seeds": SEEDS, "rival": rival, "detail": detail}
        out.append(Claimed.ratio(DATA, metric, ("experts by field", over), (name, under), statistic=f1, **beside))
        detail = {}
    return out
