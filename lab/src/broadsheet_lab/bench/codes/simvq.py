"""How much of a large codebook is used: learned through one linear layer, and by its rivals.

All learn on all papers; the course was set by a few runs of the layer alone, before any rival was run.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, get_args

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.codes._world import World
from broadsheet_lab.bench.report import Claimed, ratio_interval
from broadsheet_lab.bench.text._seeds import over_seeds
from broadsheet_lab.compression.simvq import SimVQ, Words
from broadsheet_lab.kit.codebooks import codebook_use

__all__ = ["claims"]

DATASET = "papers.parquet, 87,366 papers, 256-d vectors of the shipped encoder, 2,048 codewords, no queries"
CODEWORDS = 2048
SEEDS = (0, 1, 2)
# all papers, six times
COURSE: dict[str, Any] = {
    "latent": 32,
    "epochs": 6,
    "batch": 1024,
    "rate": 3e-3,
    "sample": 100_000,
}
ERRORS = 5000  # papers whose errors are compared

Values = NDArray[np.float64]


def claims(w: World, tell: Callable[[str], None]) -> list[Claimed]:
    """The claims of the card, over three seeds of the training."""
    used: dict[Words, Values] = {}  # (seeds, K)
    errors: dict[Words, Values] = {}  # (seeds, papers)
    detail: dict[str, dict[str, float]] = {}
    for words in get_args(Words):
        tell(f"codewords {words}")
        measured = over_seeds(f"simvq-{words}", SEEDS, _measures(w, words), method="simvq")
        used[words], errors[words] = measured.pop("each used"), measured.pop("errors")
        detail[words] = {name: round(float(values.mean()), 4) for name, values in measured.items()}
    share = {words: float(values.mean()) for words, values in used.items()}
    rivals: tuple[Words, ...] = ("direct", "encoded", "revived")
    best = max(rivals, key=lambda words: share[words])
    mapped, revived = errors["mapped"], errors["revived"]
    return [
        Claimed.mean(
            DATASET,
            "share of the codewords that some paper uses",
            used["mapped"],
            rival=(f"codewords {best}", share[best]),
            detail=detail,
        ),
        Claimed.difference(
            DATASET,
            "share of the codewords used, above codewords learned directly",
            ("mapped", used["mapped"]),
            ("direct", used["direct"]),
            rival=(f"codewords {best}", share[best] - share["direct"]),
        ),
        Claimed(
            DATASET,
            "squared error over codewords that start as encoded vectors, dead ones replaced (ratio)",
            float(mapped.mean() / revived.mean()),
            lower_is_better=True,
            interval=ratio_interval(mapped, revived),
            n=mapped.shape[1],
            seeds=SEEDS,
            baseline={"squared error, dead ones replaced": float(revived.mean())},
            rival=("codewords that start as encoded vectors", float(errors["encoded"].mean() / revived.mean())),
        ),
    ]


def _measures(w: World, words: Words) -> Callable[[int], dict[str, Values]]:
    return lambda seed: _learned(w, words, seed)


def _learned(w: World, words: Words, seed: int) -> dict[str, Values]:
    """Whether each codeword is used, the error of each of some papers, and what explains it."""
    method = SimVQ(codewords=CODEWORDS, words=words, seed=seed, **COURSE).fit(w.vectors)
    codes = method.encode(w.vectors)
    counts = np.bincount(codes.fields["word"], minlength=CODEWORDS)
    step = len(w.vectors) // ERRORS
    left = np.square(method.decode(codes.take(np.arange(0, len(w.vectors), step))) - w.vectors[::step]).sum(axis=1)
    lengths = np.linalg.norm(method.codebook_, axis=1)
    z = w.vectors[::step] @ method.encoder_w_.T + method.encoder_b_
    told = {
        "used": float((counts > 0).mean()),
        "perplexity over size": codebook_use(codes.fields["word"], CODEWORDS)[1],
        "squared error": float(left.mean()),
        "length of used codewords": float(lengths[counts > 0].mean()),
        "length of the others": float(lengths[counts == 0].mean()) if (counts == 0).any() else 0.0,
        "length of encoded papers": float(np.linalg.norm(z, axis=1).mean()),
    }
    kept = {"each used": (counts > 0).astype(np.float64), "errors": left.astype(np.float64)}
    return kept | {name: np.array(value) for name, value in told.items()}
