"""Measures the claims on the cards of the spine's methods and writes results/<method>.json for each.

Queries and readers are halved by a hash of their names: whatever is chosen is chosen on the dev half, and a claim's
value is that of the test half, with the dev half beside it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import ModuleType

from broadsheet.kit.errors import UsageError
from broadsheet_lab.bench import dense, halves, lexical, phrases, readers, reranking
from broadsheet_lab.bench.corpus import Corpus, opened
from broadsheet_lab.bench.report import Claimed, write_claims

__all__ = ["METHODS", "measure"]


@dataclass(frozen=True)
class Bench:
    """What is measured on: each part is worked out once, when the first method asks for it."""

    corpus: Corpus
    lexical: lexical.Lexical
    readers: readers.Readers
    latent: dense.Latent


_Measure = Callable[[Bench], list[Claimed]]

# method -> what measures its claims, and the module of it
METHODS: dict[str, tuple[_Measure, ModuleType]] = {
    "bm25": (lambda b: lexical.bm25(b.corpus, b.lexical), lexical),
    "inverted": (lambda b: lexical.inverted(b.corpus, b.lexical), lexical),
    "lsa": (lambda b: dense.lsa(b.corpus, b.lexical, b.readers, b.latent), dense),
    "static": (lambda b: dense.static(b.corpus, b.lexical, b.latent), dense),
    "scan": (lambda b: dense.scan(b.corpus), dense),
    "convex_fusion": (lambda b: dense.convex_fusion(b.corpus), dense),
    "term_dependence": (lambda b: reranking.term_dependence(b.corpus, b.lexical), reranking),
    "late_interaction": (lambda b: reranking.late_interaction(b.corpus, b.lexical), reranking),
    "listnet": (lambda b: reranking.listnet(b.corpus), reranking),
    "positions": (lambda b: phrases.positions(b.corpus), phrases),
    "logistic": (lambda b: readers.logistic(b.readers), readers),
    "mmr": (lambda b: readers.mmr(b.readers), readers),
    "influence": (lambda b: readers.influence(b.readers), readers),
}


def measure(out: Path, tell: Callable[[str], None], only: Sequence[str] = ()) -> list[Path]:
    """Measure every claim, or those of the methods named, and write one file a method into `out`; the files written.

    Raises UsageError for an unknown name or missing data.
    """
    for name in only:
        if name not in METHODS:
            raise UsageError(f"no method {name!r} is measured here; there are {', '.join(METHODS)}")
    written = []
    with opened(tell) as corpus:
        bench = Bench(corpus, lexical.Lexical(corpus), readers.Readers(corpus), dense.Latent(corpus))
        for name in only or METHODS:
            tell(f"measuring {name}")
            started = time.perf_counter()
            claims, module = METHODS[name]
            modules, data = [module.__name__, halves.__name__], {"papers.parquet": corpus.papers}
            written.append(write_claims(out, name, modules, claims(bench), data=data, started=started))
    return written
