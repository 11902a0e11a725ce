"""Residual quantisation at 16 bytes beside product quantisation: as first published, and with what came later."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.codes._world import World, codebook_error
from broadsheet_lab.bench.report import Claimed, ratio_interval
from broadsheet_lab.compression.contract import Compressor
from broadsheet_lab.compression.product import ProductQuantizer
from broadsheet_lab.compression.residual import ResidualQuantizer, Start
from broadsheet_lab.kit.codebooks import codebook_use

__all__ = ["claims"]

DATASET = "papers.parquet, 20,000 papers, 256-d vectors of the shipped encoder, tldr queries, test half"
SEEDS = (0, 1, 2)
BYTES = 16
Values = NDArray[np.float64]
PAPERS, QUERIES = 20_000, 575
FIT = 6_000  # papers codebooks are learned on


def _published(seed: int, start: Start = "split", iterations: int = 10) -> ResidualQuantizer:
    """Codebook after codebook, one partial sum."""
    return ResidualQuantizer(levels=BYTES, beam=1, start=start, iterations=iterations, sample=FIT, seed=seed)


def claims(w: World, tell: Callable[[str], None]) -> list[Claimed]:
    """The claims of the card, each over three seeds of the codebooks."""
    test = w = w.half(dev=False).part(PAPERS, QUERIES)
    kinds: dict[str, Callable[[int], Compressor]] = {
        "published": _published,
        "warm, beam of 4": lambda seed: ResidualQuantizer(levels=BYTES, sample=FIT, seed=seed),
        "product": lambda seed: ProductQuantizer(parts=BYTES, seed=seed),
        "product, rotated": lambda seed: ProductQuantizer(parts=BYTES, rotations=8, seed=seed),
    }
    recalls: dict[str, list[Values]] = {name: [] for name in kinds}
    errors: dict[str, list[Values]] = {"beam": [], "greedy": []}
    for seed in SEEDS:
        for name, make in kinds.items():
            tell(f"{BYTES} bytes: {name}, seed {seed}")
            method = make(seed).fit(w.vectors)
            recalls[name].append(test.recall(test.tops(method)))
            if name.startswith("warm") and isinstance(method, ResidualQuantizer):
                some = w.vectors[:: len(w.vectors) // 5000]
                for kind, method.beam in (("beam", 4), ("greedy", 1)):
                    left = np.square(method.decode(method.encode(some)) - some).sum(axis=1)
                    errors[kind].append(left.astype(np.float64))
    recall = {name: np.stack(rows) for name, rows in recalls.items()}
    return [*_recalled(recall, _rows(test, tell)), _beams(*(np.stack(errors[name]) for name in ("beam", "greedy")))]


def _recalled(recall: Mapping[str, Values], rows: Mapping[str, float]) -> list[Claimed]:
    return [
        Claimed.ratio(
            DATASET,
            "recall@10 at 16 bytes, codebooks and codes as first published, over product quantisation (ratio)",
            ("recall@10, as published", recall["published"]),
            ("recall@10, product quantisation", recall["product"]),
            rival=(
                "product quantisation with a learned rotation",
                _over(recall["product, rotated"], recall["product"]),
            ),
            detail={"k-means started from rows": dict(rows)},
        ),
        Claimed.ratio(
            DATASET,
            "recall@10 at 16 bytes, warm start and beam, over product quantisation with a learned rotation (ratio)",
            ("recall@10, warm start and beam", recall["warm, beam of 4"]),
            ("recall@10, product quantisation with a learned rotation", recall["product, rotated"]),
            rival=("as first published", _over(recall["published"], recall["product, rotated"])),
        ),
    ]


def _beams(beam: Values, greedy: Values) -> Claimed:
    return Claimed(
        DATASET,
        "squared error at 16 bytes, a beam of 4 over greedy (ratio)",
        float(beam.mean() / greedy.mean()),
        lower_is_better=True,
        interval=ratio_interval(beam, greedy),
        n=beam.shape[1],
        seeds=SEEDS,
        baseline={"squared error, greedy": float(greedy.mean())},
        rival=("greedy", 1.0),
    )


def _over(one: Values, other: Values) -> float:
    return float(one.mean() / other.mean())


def _rows(w: World, tell: Callable[[str], None]) -> dict[str, float]:
    """What k-means started from rows does instead of by splitting: few codewords serve nearly all residuals."""
    tell(f"{BYTES} bytes: k-means from rows")
    found = {}
    for start in ("rows", "split"):
        method = _published(0, start).fit(w.vectors)
        codes = method.encode(w.vectors)
        found[f"codewords' perplexity over their number, {start}"] = round(
            codebook_use(codes.fields["levels"], 256)[1], 3
        )
        found[f"recall@10, {start}"] = round(float(w.recall(w.tops(method, codes)).mean()), 4)
        found[f"squared error, {start}"] = round(codebook_error(method, w.vectors[::20]), 4)
    return found
