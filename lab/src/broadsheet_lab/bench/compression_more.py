"""Methods of the compression room measured on the shipped encoder's vectors: recurrent binary codes, low-rank codes.

Vectors are those of 87,366 papers, queries the papers' one-sentence summaries. Recall is against exact search, or of
the paper asked for where that is said. Settings are chosen on the dev half of the queries, figures are of the other.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.select import top_k_masked
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.compression_world import Per, World, opened
from broadsheet_lab.bench.report import Claimed, interval, ratio_interval, write_claims
from broadsheet_lab.compression._recurrent import Floats
from broadsheet_lab.compression.bebr import BEBR, popcounts
from broadsheet_lab.compression.contract import Compressor
from broadsheet_lab.compression.lr2vq import LR2VQ, estimated_error
from broadsheet_lab.compression.product import ProductQuantizer
from broadsheet_lab.encoders.lsa import LSA

__all__ = ["bebr", "lr2vq", "measure"]

Tell = Callable[[str], None]
DATASET = "papers.parquet, shipped encoder, tldr queries, test half"
UPGRADE = "papers.parquet, LSA replaced by the shipped encoder, tldr queries, test half"
_LEARNED = 12_000  # papers the old encoder is fitted on
_HASHES = 2048  # bits of random projections, at most


def _tops(method: Compressor, w: World) -> list[NDArray[np.int64]]:
    codes = method.encode(w.vectors)
    return [top_k_masked(method.scores(query[None], codes)[0], 10).ids for query in w.asked]


def _settings(components: int | None) -> dict[str, BEBR]:
    """What training is chosen from, and first of all none."""
    return {
        "not trained": BEBR(components=components, steps=0),
        "straight, 100 steps": BEBR(components=components, hidden=0, steps=100, rate=1e-3),
        "256 hidden, 150 steps": BEBR(components=components, steps=150),
    }


def _trained(w: World, components: int | None, tell: Tell) -> tuple[dict[str, list[NDArray[np.int64]]], str]:
    """(ten rows of every query by setting, the trained setting with the best recall@10 on dev)."""
    tops = {}
    for name, method in _settings(components).items():
        tell(f"binarising: {components or 'all'} components, {name}")
        tops[name] = _tops(method.fit(w.vectors, w.headings), w)
    trained = [name for name in tops if name != "not trained"]
    return tops, max(trained, key=lambda name: w.recall(tops[name])[w.dev].mean())


def _hashed(w: World) -> dict[int, Per]:
    """recall@10 of every query by signs of ever more random projections, by the number of bits."""
    drawn = np.random.default_rng(0).standard_normal((w.vectors.shape[1], _HASHES)).astype(np.float32)

    def signs(x: Floats) -> NDArray[np.uint64]:
        parts = [np.packbits(x[i : i + 8192] @ drawn > 0, axis=1) for i in range(0, len(x), 8192)]
        return np.concatenate(parts).view(np.uint64)

    codes, asked = signs(w.vectors), signs(w.asked)
    counts, total = np.empty(len(codes), np.int64), np.zeros((len(asked), len(codes)), np.int16)
    found: dict[int, Per] = {}
    width = 256 // 64
    for start in range(0, codes.shape[1], width):
        part = np.ascontiguousarray(codes[:, None, start : start + width])
        for query, row in zip(asked, total, strict=True):
            popcounts(np.ascontiguousarray(query[None, start : start + width]), part, 256, counts)
            np.add(row, counts.astype(np.int16), out=row)
        found[(start + width) * 64] = w.recall([top_k_masked(row.astype(np.float32), 10).ids for row in total])
    return found


def _bits_needed(recalls: dict[int, float], wanted: float) -> float:
    """How many bits reach a recall, between the two numbers of bits around it in proportion; inf if none does."""
    before, reached = 0, 0.0
    for bits, value in sorted(recalls.items()):
        if value >= wanted:
            return before + (bits - before) * (wanted - reached) / (value - reached)
        before, reached = bits, value
    return float("inf")


def bebr(w: World, tell: Tell) -> list[Claimed]:
    """The claims of BEBR's card."""
    test = ~w.dev
    whole = w.found(w.exact)
    wide, trained_wide = _trained(w, None, tell)
    short, trained_short = _trained(w, 128, tell)
    chosen = max(wide, key=lambda name: w.recall(wide[name])[w.dev].mean())
    by_codes, recall = w.found(wide[chosen]), w.recall(wide[chosen])
    tell("hashing")
    hashed = _hashed(w)
    tell("product quantisation beside it")
    product = w.recall(_tops(ProductQuantizer(parts=64).fit(w.vectors), w))
    beside = {f"recall@10, {bits} signs of random projections": float(r[test].mean()) for bits, r in hashed.items()}
    bits = 8 * BEBR(steps=0).fit(w.vectors[:2]).encode(w.vectors[:2]).bytes_per_vector  # with the length of the vector
    needed = _bits_needed({bits: float(r[test].mean()) for bits, r in hashed.items()}, float(recall[test].mean()))
    claims = [
        Claimed(
            DATASET,
            "recall@10 of the paper asked for, a sixteenth of the bits, over whole vectors (ratio)",
            float(by_codes[test].mean() / whole[test].mean()),
            interval=ratio_interval(by_codes[test], whole[test]),
            baseline={"recall@10, whole vectors": float(whole[test].mean())},
            detail={"recall@10": round(float(by_codes[test].mean()), 4), "setting": chosen},
        ),
        Claimed(
            DATASET,
            "share of bits saved over signs of random projections at the same recall@10",
            1 - bits / needed,
            baseline=beside | {"recall@10, product quantisation, 512 bits": float(product[test].mean())},
            detail={"recall@10": round(float(recall[test].mean()), 4), "bits": bits, "signs needed": round(needed)},
        ),
    ]
    for tops, name, metric in (
        (wide, trained_wide, "recall@10, 512 bits in 256 components, trained over not trained (ratio)"),
        (short, trained_short, "recall@10, 256 bits in 128 components, trained over not trained (ratio)"),
    ):
        over, under = w.recall(tops[name])[test], w.recall(tops["not trained"])[test]
        detail = {"recall@10": round(float(over.mean()), 4), "setting": name, **_halves(w, tops)}
        value, bounds = float(over.mean() / under.mean()), ratio_interval(over, under)
        claims.append(
            Claimed(DATASET, metric, value, interval=bounds, baseline={"recall@10": under.mean()}, detail=detail)
        )
    return [*claims, _upgrade(w, tell)]


def _halves(w: World, tops: dict[str, list[NDArray[np.int64]]]) -> dict[str, Any]:
    """Every setting on both halves: recall@10 and that of the paper asked for."""
    return {
        name: {
            half: [round(float(per[rows].mean()), 4) for per in (w.recall(top), w.found(top))]
            for half, rows in (("dev", w.dev), ("test", ~w.dev))
        }
        for name, top in tops.items()
    }


def _upgrade(w: World, tell: Tell) -> Claimed:
    """An old encoder's codes stay; queries are coded by the new one, with layers trained to find them."""
    tell("upgrading from LSA")
    drawn = np.random.default_rng(0).choice(len(w.texts), _LEARNED, replace=False)
    lsa = LSA(dimensions=w.vectors.shape[1]).fit([w.texts[row] for row in drawn])
    old = BEBR(steps=0)
    before = lsa.encode(w.texts)
    codes = old.fit(before).encode(before)
    values = old.values(codes)

    def searched(method: BEBR, queries: Floats) -> Per:
        return w.found([top_k_masked(method.scores(query[None], codes)[0], 10).ids for query in queries])

    same = searched(old, lsa.encode(w.queries))
    found = {}
    for name, new in {
        "turned": BEBR(steps=0),
        "256 hidden, 250 steps": BEBR(steps=250, sample=60_000),
    }.items():
        tell(f"upgrading: {name}")
        found[name] = searched(new.fit(w.vectors, w.headings, old=values), w.asked)
    name = max(found, key=lambda name: found[name][w.dev].mean())
    test = ~w.dev
    return Claimed(
        UPGRADE,
        "recall@10 of the paper asked for, new queries on old codes over old on old (ratio)",
        float(found[name][test].mean() / same[test].mean()),
        interval=ratio_interval(found[name][test], same[test]),
        baseline={"recall@10, old on old": float(same[test].mean())},
        detail={"setting": name} | {key: round(float(per[test].mean()), 4) for key, per in found.items()},
    )


def lr2vq(w: World, tell: Tell) -> list[Claimed]:
    """The claims of LR2VQ's card."""
    recalls: dict[str, Per] = {}
    methods: dict[str, Compressor] = {
        "product quantisation": ProductQuantizer(parts=32),
        "product quantisation, rotated": ProductQuantizer(parts=32, rotations=8),
        "lr2vq": LR2VQ(parts=32),
    }
    for name, method in methods.items():
        tell(f"32 bytes: {name}")
        recalls[name] = w.recall(_tops(method.fit(w.vectors), w))[~w.dev]
    ours, plain, rotated = (
        recalls[name] for name in ("lr2vq", "product quantisation", "product quantisation, rotated")
    )
    baseline = {f"recall@10, {name}": float(recall.mean()) for name, recall in recalls.items() if name != "lr2vq"}
    detail = {"recall@10": round(float(ours.mean()), 4)}
    return [
        Claimed(
            DATASET,
            "recall@10 at 32 bytes, above product quantisation",
            float((ours - plain).mean()),
            interval=interval(ours - plain),
            baseline=baseline,
            detail=detail,
        ),
        Claimed(
            DATASET,
            "recall@10 at 32 bytes, over product quantisation with a learned rotation (ratio)",
            float(ours.mean() / rotated.mean()),
            interval=ratio_interval(ours, rotated),
            baseline=baseline,
            detail=detail,
        ),
        _dimension(w, tell),
    ]


def _dimension(w: World, tell: Tell) -> Claimed:
    """The error of unseen vectors by the dimension of representations, and the dimension estimated beforehand."""
    tell("32 bytes: dimension by dimension")
    drawn = np.random.default_rng(0).choice(len(w.vectors), 20_000, replace=False)
    learned, unseen = w.vectors[drawn[:10_000]], w.vectors[drawn[10_000:]]
    variances = np.asarray(np.linalg.eigvalsh(np.cov(learned, rowvar=False, dtype=np.float64))[::-1], np.float64)
    errors, estimates = {}, {}
    for d in range(2, 9):
        method = LR2VQ(parts=32, dimension=d, rounds=3, iterations=8).fit(learned)
        errors[d] = float(np.square(method.decode(method.encode(unseen)) - unseen).sum(axis=1).mean())
        estimates[d] = estimated_error(variances, 32, d)
    estimated, least = min(estimates, key=lambda d: estimates[d]), min(errors, key=lambda d: errors[d])
    return Claimed(
        "papers.parquet, shipped encoder",
        "squared error at 32 bytes, the estimated dimension over the best of all (ratio)",
        errors[estimated] / errors[least],
        lower_is_better=True,
        baseline={"squared error, best": errors[least]},
        detail={
            "estimated": estimated,
            "best": least,
            "squared error": {str(d): round(error, 4) for d, error in errors.items()},
            "estimated error": {str(d): round(error, 4) for d, error in estimates.items()},
        },
    )


METHODS: dict[str, Callable[[World, Tell], list[Claimed]]] = {"bebr": bebr, "lr2vq": lr2vq}


def measure(out: Path, tell: Tell, only: Sequence[str] = ()) -> list[Path]:
    """Measure every claim, or those of the methods named, a file each into `out`. Raises UsageError without data."""
    path = datasets.papers_path()
    tell("encoding the papers")
    w = opened(path)
    written = []
    for name, claims in METHODS.items():
        if only and name not in only:
            continue
        started = time.perf_counter()
        found = claims(w, tell)
        written.append(write_claims(out, name, __name__, found, data={"papers.parquet": path}, started=started))
    return written
