"""Measures the claims on the cards of the spine's methods and writes results/<method>.json for each.

Queries and readers are halved by a hash of their names: whatever is chosen is chosen on the dev half, and a claim's
value is that of the test half, with the dev half beside it.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from broadsheet_lab.bench import datasets, dense, lexical, phrases, readers, reranking
from broadsheet_lab.bench.corpus import Corpus, opened
from broadsheet_lab.bench.report import Claimed, write

__all__ = ["METHODS", "measure"]


@dataclass(frozen=True)
class Bench:
    """What is measured on: each part is worked out once, when the first method asks for it."""

    corpus: Corpus
    lexical: lexical.Lexical
    readers: readers.Readers
    latent: dense.Latent


METHODS: dict[str, Callable[[Bench], list[Claimed]]] = {
    "bm25": lambda b: lexical.bm25(b.corpus, b.lexical),
    "inverted": lambda b: lexical.inverted(b.corpus, b.lexical),
    "lsa": lambda b: dense.lsa(b.corpus, b.lexical, b.readers, b.latent),
    "static": lambda b: dense.static(b.corpus, b.lexical, b.latent),
    "scan": lambda b: dense.scan(b.corpus),
    "convex_fusion": lambda b: dense.convex_fusion(b.corpus),
    "term_dependence": lambda b: reranking.term_dependence(b.corpus, b.lexical),
    "late_interaction": lambda b: reranking.late_interaction(b.corpus),
    "listnet": lambda b: reranking.listnet(b.corpus),
    "positions": lambda b: phrases.positions(b.corpus),
    "logistic": lambda b: readers.logistic(b.readers),
    "mmr": lambda b: readers.mmr(b.readers),
    "influence": lambda b: readers.influence(b.readers),
}


def measure(out: Path, tell: Callable[[str], None]) -> list[Path]:
    """Measure every claim and write one file a method into `out`; the files written. Raises UsageError without data."""
    written = []
    with opened(tell) as corpus:
        bench = Bench(corpus, lexical.Lexical(corpus), readers.Readers(corpus), dense.Latent(corpus))
        data = {"papers.parquet": datasets.digest(corpus.papers)}
        for name, claims in METHODS.items():
            tell(f"measuring {name}")
            started = time.perf_counter()
            found = [claim.to_json() for claim in claims(bench)]
            content = {
                "data": data,
                "seeds": [0],
                "claims": found,
                "seconds": round(time.perf_counter() - started, 1),
                "peak_bytes_so_far": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
            }
            write(out / f"{name}.json", name, content)
            written.append(out / f"{name}.json")
    return written
