"""BEBR trained, beside itself untrained, product quantisation and signs of random projections.

It learns from pairs of a paper with its title and with a sentence of its abstract; queries are of neither kind. Its
course was chosen on dev queries. The papers searched are 20,000, those asked for among them.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from functools import cache, partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.unit import unit_rows
from broadsheet_lab.bench.codes._world import DATASET as ALL
from broadsheet_lab.bench.codes._world import K, World
from broadsheet_lab.bench.report import Claimed
from broadsheet_lab.bench.text._seeds import over_seeds
from broadsheet_lab.bench.vector_data import best
from broadsheet_lab.compression.bebr import BEBR
from broadsheet_lab.compression.product import ProductQuantizer
from broadsheet_lab.encoders.lsa import LSA

__all__ = ["claims"]

Floats = NDArray[np.float32]
Tell = Callable[[str], None]
Values = NDArray[np.float64]
DATASET = "papers.parquet, 20,000 papers, 256-d vectors of the shipped encoder, tldr and written queries, test half"
UPGRADE = "papers.parquet, 20,000 papers, LSA replaced by the shipped encoder, tldr and written queries, test half"
SEEDS = (0, 1, 2)
COURSE: dict[str, Any] = {"hidden": 0, "steps": 400, "batch": 256, "rate": 2e-3}
PAPERS = 20_000  # searched; all papers are learned from
LEARNED = 5000  # papers the old encoder is fitted on
TIMED = 40  # queries
PASSES = 3
_SENTENCE = re.compile(r"(?<=[.!?])\s+")
_LEAST_WORDS = 8  # of a sentence


def claims(w: World, tell: Tell) -> list[Claimed]:
    """The claims of the card, over three seeds of the training."""
    whole_world, w = w, w.half(dev=False).pool(PAPERS)
    found: dict[tuple[int, bool], Values] = {}
    detail: dict[str, Any] = {}
    pairs = cache(partial(_pairs, whole_world))  # wanted only where seeds are not kept
    for bits, components in ((512, None), (256, 128)):
        for trained in (False, True):
            name = f"{bits} bits, {'trained' if trained else 'not trained'}"
            tell(name)
            make = _measures(pairs, w, components, trained)
            measured = over_seeds(f"bebr-{name.replace(' ', '-')}", SEEDS, make, method="bebr")
            found[bits, trained] = measured["found"]
            detail[f"of the ten nearest, {name}"] = round(float(measured["recall"].mean()), 4)
            if trained:
                detail[f"seconds of training, {bits} bits"] = measured["seconds"].round().tolist()
    tell("product quantisation")
    product = w.found(w.tops(ProductQuantizer(parts=64, sample=8000, iterations=10).fit(w.vectors)))
    whole = ("recall@10, whole vectors", w.found(w.exact))
    first = Claimed.ratio(
        DATASET,
        "recall@10 of the paper asked for, 512 bits trained, over whole vectors (ratio)",
        ("recall@10, trained", found[512, True]),
        whole,
        rival=("product quantisation, 512 bits", float(product.mean() / whole[1].mean())),
        detail=detail,
    )
    rivals = {512: ("product quantisation, 512 bits", product), 256: ("principal directions", _principal(w))}
    gains = [_gain(bits, found, *rivals[bits]) for bits in (512, 256)]
    return [first, *gains, _upgrade(w, tell), _speed(whole_world, tell)]


def _measures(
    pairs: Callable[[], tuple[Floats, Floats]], searched: World, components: int | None, trained: bool
) -> Callable[[int], dict[str, NDArray[Any]]]:
    """What one seed finds among the papers searched, learned from all papers."""

    def measure(seed: int) -> dict[str, NDArray[Any]]:
        if trained:
            method = BEBR(components=components, seed=seed, **COURSE).fit(*pairs())
        else:
            method = BEBR(components=components, seed=seed, **{**COURSE, "steps": 0}).fit(searched.vectors)
        tops = searched.tops(method, coded=True)
        seconds = np.array(method.course_.seconds)
        return {"found": searched.found(tops), "recall": searched.recall(tops), "seconds": seconds}

    return measure


def _principal(w: World) -> Values:
    """What 256 bits of the 128 principal directions find, not trained: the better turn to begin with."""
    directions = np.linalg.eigh(w.vectors.T @ w.vectors)[1][:, ::-1][:, :128].astype(np.float32)
    x, asked = w.vectors @ directions, w.asked @ directions
    method = BEBR(steps=0, hidden=0).fit(x)
    return w.found(best(method.decode(method.encode(asked)), method.decode(method.encode(x)), K))


def _gain(bits: int, found: dict[tuple[int, bool], Values], name: str, rival: Values) -> Claimed:
    untrained = found[bits, False]
    return Claimed.ratio(
        DATASET,
        f"recall@10 of the paper asked for, {bits} bits, trained over not trained (ratio)",
        ("recall@10, trained", found[bits, True]),
        ("recall@10, not trained", untrained),
        rival=(name, float(rival.mean() / untrained.mean())),
    )


def _pairs(w: World) -> tuple[Floats, Floats]:
    """Papers (twice), and with each its title, and a sentence of its abstract drawn at random."""
    rng = np.random.default_rng(0)
    drawn = []
    for text, title in zip(w.texts, w.titles, strict=True):
        parts = [part for part in _SENTENCE.split(text[len(title) + 2 :]) if len(part.split()) >= _LEAST_WORDS]
        drawn.append(parts[int(rng.integers(len(parts)))] if parts else title)
    partners = np.concatenate([w.headings, w.encode(drawn)])
    known = partners.any(axis=1)
    return np.concatenate([w.vectors, w.vectors])[known], partners[known]


def _upgrade(w: World, tell: Tell) -> Claimed:
    """The codes of an old encoder stay; queries are coded by the new one, with layers trained to find them."""
    tell("an old encoder's codes")
    drawn = np.random.default_rng(0).choice(len(w.texts), LEARNED, replace=False)
    lsa = LSA(dimensions=w.vectors.shape[1]).fit([w.texts[row] for row in drawn])
    before = lsa.encode(list(w.texts))
    old = BEBR(steps=0).fit(before)
    codes = old.encode(before)
    decoded, values = old.decode(codes), old.values(codes)
    units = unit_rows(values)
    asked = lsa.encode(list(w.queries))
    same = w.found(best(old.decode(old.encode(asked)), decoded, K))
    usable = w.headings.any(axis=1) & values.any(axis=1)
    short = {**COURSE, "steps": COURSE["steps"] // 2}

    def measure(seed: int) -> dict[str, NDArray[Any]]:
        new = BEBR(seed=seed, **short).fit(w.vectors[usable], w.headings[usable], old=values[usable])
        return {"found": w.found(best(new.values(new.encode(w.asked)), units, K))}

    rows = over_seeds("bebr-upgrade", SEEDS, measure, method="bebr")["found"]
    turned = BEBR(steps=0).fit(w.vectors[usable], old=values[usable])
    kept = w.found(best(turned.values(turned.encode(w.asked)), units, K))
    return Claimed.ratio(
        UPGRADE,
        "recall@10 of the paper asked for, new queries on old codes over old on old (ratio)",
        ("recall@10, new on old", rows),
        ("recall@10, old on old", same),
        rival=("the turn that brings new vectors nearest to old codes", float(kept.mean() / same.mean())),
    )


def _speed(w: World, tell: Tell) -> Claimed:
    """The seconds of a scan by look-ups beside one over whole vectors, and one that counts bits."""
    tell("scanning")
    method = BEBR(steps=0).fit(w.vectors)
    codes = method.encode(w.vectors)
    packed = method.for_look_up(codes)
    scans: dict[str, Callable[[Floats], object]] = {
        "whole": lambda q: w.vectors @ q,
        "looked up": lambda q: method.scores(q[None], packed),
        "counted": lambda q: method.scores(q[None], codes),
    }
    spent = {name: np.empty((PASSES, TIMED)) for name in scans}
    for scan in scans.values():
        scan(w.asked[0])
    for at in range(PASSES):
        for name, scan in scans.items():
            for i, query in enumerate(w.asked[:TIMED]):
                started = time.perf_counter()
                scan(query)
                spent[name][at, i] = time.perf_counter() - started
    median = {name: np.median(passes, axis=0) for name, passes in spent.items()}
    return Claimed.ratio(
        ALL,
        "median latency of a scan, whole vectors over 512 bits looked up (ratio)",
        ("seconds, whole vectors", median["whole"]),
        ("seconds, looked up", median["looked up"]),
        statistic=np.median,
        rival=("counts of bits", float(np.median(median["whole"]) / np.median(median["counted"]))),
    )
