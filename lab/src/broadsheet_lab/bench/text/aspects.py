"""Encoders by aspect measured: the value of an aspect two papers share, found when its name is masked in both.

Values are names of tasks, methods and data sets matched in the texts and masked there. Encoders are learned on the dev
half of the papers, of which a fifth says when to stop; the other half is searched within itself. A third of the
values is held out of training, for the last claim. Beside them stands one encoder of all aspects.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.report import Claimed
from broadsheet_lab.bench.study import Study
from broadsheet_lab.bench.text._aspects import LEXICONS, Labels, wholly_masked
from broadsheet_lab.bench.text._seeds import over_seeds
from broadsheet_lab.encoders.aspects import AspectEncoders, average_precisions

if TYPE_CHECKING:
    from broadsheet_lab.towers import Read

__all__ = ["NAMES", "claims", "learned"]

MOST = 3000  # papers with a value
NAMES = {"task": "tasks", "method": "methods", "data": "data sets"}
SEEDS = (0, 1, 2)
UPPER, TOKENS, STEPS = 1, 48, 40
RATES = (1e-3, 4e-3)
_CHOICE = 5  # one dev paper in so many chooses
_PLAIN, _NAMED, _CHOOSING = 100, 101, 102  # kept like seeds: what is not trained, names, the rates to choose from
_WHOLE = 2 * TOKENS  # pieces: of texts twice as long
_ALL = "all"
_DATA = f"papers.parquet, {MOST:,} papers, masked names"

Values = list[frozenset[str]]
Floats = NDArray[np.float64]
Named = tuple[str, Floats]


@dataclass(frozen=True)
class _World:
    """Papers with their names masked, and the values of each aspect that any has."""

    study: Study

    @cached_property
    def _every(self) -> dict[str, tuple[list[int], Values]]:
        """Of every aspect, the papers of the study with values, and these, without the very rare and very common."""
        found = {}
        for aspect, held in over_seeds("aspects", (_NAMED,), lambda _: _named(self.study)).items():
            values = LEXICONS[aspect].values
            labels = Labels.of([frozenset(values[j] for j in np.flatnonzero(row).tolist()) for row in held[0]])
            found[aspect] = (labels.rows.tolist(), list(labels.values))
        return found

    @cached_property
    def rows(self) -> NDArray[np.int64]:
        """Papers of the study with a value, those that name a data set, the rarest, first among them."""
        order = dict.fromkeys(row for aspect in reversed(NAMES) for row in self._every[aspect][0])
        return np.array(sorted(list(order)[:MOST]), np.int64)

    @cached_property
    def texts(self) -> list[str]:
        """Title and abstract of each, without the names."""
        return [wholly_masked(self.study.texts[i]) for i in self.rows.tolist()]

    @cached_property
    def dev(self) -> NDArray[np.bool_]:
        """Which papers are for learning and choosing."""
        return self.study.dev[self.rows]

    @cached_property
    def values(self) -> dict[str, Values]:
        """The values of every paper, by aspect."""
        held = {aspect: dict(zip(*pair, strict=True)) for aspect, pair in self._every.items()}
        return {aspect: [held[aspect].get(row, frozenset()) for row in self.rows.tolist()] for aspect in NAMES}

    def of(self, aspect: str, half: NDArray[np.bool_], *, held: bool) -> Values:
        """The values of some papers that are held out of training, or the others."""
        return [_of(v, held=held) for v, inside in zip(self.values[aspect], half.tolist(), strict=True) if inside]

    def training(self) -> dict[str, Values]:
        """The values that the dev papers are learned by, of each aspect and of all together."""
        own = {aspect: self.of(aspect, self.dev, held=False) for aspect in NAMES}
        together = [
            frozenset(f"{aspect} {value}" for aspect, held in zip(own, row, strict=True) for value in held)
            for row in zip(*own.values(), strict=True)
        ]
        return {**own, _ALL: together}

    @cached_property
    def reads(self) -> tuple[Read, Read]:
        """(the dev papers, the test papers) as the lower layers leave them."""
        tower = AspectEncoders(upper=UPPER, tokens=TOKENS).tower()
        halves = [[t for t, d in zip(self.texts, self.dev, strict=True) if d == dev] for dev in (True, False)]
        self.study.tell(f"reading {len(self.texts)} papers")
        return tower.read(halves[0]), tower.read(halves[1])

    def fitted(self, seed: int, rate: float, *aspects: str) -> AspectEncoders:
        """Encoders of some aspects, learned on the dev half."""
        labels = self.training()
        choose = np.arange(int(self.dev.sum())) % _CHOICE == 0
        method = AspectEncoders(upper=UPPER, tokens=TOKENS, steps=STEPS, rate=rate, seed=seed)
        return method.fit(self.reads[0], {a: labels[a] for a in aspects}, choose=choose, tell=self.study.tell)

    def rate(self) -> tuple[float, dict[str, float]]:
        """(the rate whose encoder of methods is best where it chooses, the figures of all)."""

        def looked(place: int) -> dict[str, NDArray[Any]]:
            course = self.fitted(SEEDS[0], RATES[place - _CHOOSING], "method").courses_["method"]
            return {"best": np.array(max(figure for _, figure in course.dev))}

        best = over_seeds("aspects", range(_CHOOSING, _CHOOSING + len(RATES)), looked)["best"]
        return RATES[int(np.argmax(best))], {f"{r:g}": round(float(b), 4) for r, b in zip(RATES, best, strict=True)}


def _of(values: frozenset[str], *, held: bool) -> frozenset[str]:
    return frozenset(v for v in values if (zlib.crc32(v.encode()) % 3 == 0) == held)


def _named(study: Study) -> dict[str, NDArray[Any]]:
    """Which values each paper of the study names, by aspect, (papers, values)."""
    study.tell(f"looking for names in {len(study.texts)} papers")
    found = {aspect: np.zeros((len(study.texts), len(LEXICONS[aspect].values)), np.bool_) for aspect in NAMES}
    for aspect, held in found.items():
        place = {value: j for j, value in enumerate(LEXICONS[aspect].values)}
        for i, text in enumerate(study.texts):
            held[i, [place[value] for value in LEXICONS[aspect].named(text)]] = True
    return found


def learned(study: Study) -> AspectEncoders:
    """An encoder an aspect, on the dev half."""
    world = _World(study)
    return world.fitted(SEEDS[0], world.rate()[0], *NAMES)


def _precisions(world: _World, vectors: NDArray[np.float32]) -> dict[str, Floats]:
    """AP@10 of the test papers by one kind of vectors, by aspect, of the values learned by and of those held out."""
    return {
        f"{aspect} {held}": average_precisions(vectors, world.of(aspect, ~world.dev, held=held))
        for aspect in NAMES
        for held in (False, True)
    }


def _measured(world: _World, rate: float) -> dict[str, NDArray[Any]]:
    """AP@10 by every encoder, `encoder/aspect held`, (seeds, papers), kept as soon as it is measured."""
    found: dict[str, NDArray[Any]] = {}
    for place, own in enumerate((*NAMES, _ALL)):

        def make(seed: int, own: str = own) -> dict[str, NDArray[Any]]:
            world.study.tell(f"the encoder of {own}, seed {seed // 10}")
            method = world.fitted(seed // 10, rate, own)
            return _precisions(world, method.encode(world.reads[1], own))

        each = over_seeds("aspects", [10 * seed + place for seed in SEEDS], make)
        found |= {f"{own}/{key}": value for key, value in each.items()}
    return found


def _untrained(world: _World) -> dict[str, NDArray[Any]]:
    """AP@10 by MiniLM of the texts as they are cut here, and of twice as much of them."""
    from broadsheet_lab.networks import Network

    method = AspectEncoders(upper=UPPER, tokens=TOKENS)
    test = [text for text, dev in zip(world.texts, world.dev, strict=True) if not dev]
    world.study.tell(f"encoding {len(test)} longer texts")
    cut, whole = method.tower().encode(world.reads[1]), Network.minilm(tokens=_WHOLE).encode(test)
    return {
        f"{name}/{key}": value
        for name, vectors in (("MiniLM", cut), ("MiniLM, twice the text", whole))
        for key, value in _precisions(world, vectors).items()
    }


def claims(study: Study) -> list[Claimed]:
    """Every claim of the card that can be measured."""
    world = _World(study)
    rate, rates = world.rate()

    plain = {key: value[0] for key, value in over_seeds("aspects", (_PLAIN,), lambda _: _untrained(world)).items()}
    return _claimed(_measured(world, rate) | plain, {"rate": rate, "dev MAP@10 by rate": rates})


def _claimed(found: Mapping[str, NDArray[Any]], chosen: Mapping[str, Any]) -> list[Claimed]:
    """The claims, from AP@10 by `encoder/aspect held`, (seeds, papers) or (papers,)."""

    def pooled(encoder: str | None, held: bool = False) -> Floats:
        """Of all aspects, each by its own encoder if none is named."""
        return np.concatenate([found[f"{encoder or aspect}/{aspect} {held}"] for aspect in NAMES], axis=-1)

    def compared(
        data: str, metric: str, over: Floats, under: tuple[str, Floats], rivals: Mapping[str, Floats]
    ) -> Claimed:
        base = float(under[1].mean())
        name, best = max(((n, float(v.mean()) / base) for n, v in rivals.items()), key=lambda pair: pair[1])
        detail = {"MAP@10 by": {n: round(float(v.mean()), 4) for n, v in rivals.items()}, **chosen}
        return Claimed.ratio(data, metric, ("its encoder", over), under, rival=(name, best), detail=detail)

    claims = []
    for aspect, noun in NAMES.items():
        beside = {
            name: found[f"{name}/{aspect} False"]
            for name in ("MiniLM", "MiniLM, twice the text", _ALL, *(a for a in NAMES if a != aspect))
        }
        own, plain = found[f"{aspect}/{aspect} False"], ("MiniLM", found[f"MiniLM/{aspect} False"])
        data = f"{_DATA} of {noun}, test half"
        claims.append(compared(data, "MAP@10, its encoder over MiniLM (ratio)", own, plain, beside))
    others = [
        max((found[f"{a}/{aspect} False"] for a in NAMES if a != aspect), key=lambda v: float(v.mean()))
        for aspect in NAMES
    ]
    better = np.concatenate(others, axis=-1)
    every = {name: pooled(name) for name in ("MiniLM", "MiniLM, twice the text", _ALL)} | {"the better other": better}
    data = f"{_DATA} of all three, test half"
    for metric, under in (
        ("MAP@10, its encoder over one of all aspects (ratio)", ("one of all aspects", every[_ALL])),
        ("MAP@10, its encoder over the better of the other two (ratio)", ("the better of the other two", better)),
    ):
        claims.append(compared(data, metric, pooled(None), under, every))
    unseen = {name: pooled(name, held=True) for name in ("MiniLM", "MiniLM, twice the text", _ALL)}
    data = f"{_DATA} that were held out of training, test half"
    over, under = pooled(None, held=True), ("MiniLM", unseen["MiniLM"])
    claims.append(compared(data, "MAP@10, its encoder over MiniLM (ratio)", over, under, unseen))
    return claims
