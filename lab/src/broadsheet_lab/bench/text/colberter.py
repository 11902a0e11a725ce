"""ColBERTer on 4,000 papers: what the words add to the retrieval vectors, how few numbers a word needs, how many stay.

Heads learn from the tldr and keyword queries of the dev papers; prices and scales were chosen on a fifth of those, set
apart. The words refine the 1,000 papers whose retrieval vectors are nearest, as the paper's second workflow does.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.report import Claimed, ratio_interval
from broadsheet_lab.bench.study import Study
from broadsheet_lab.bench.text._sparse import KINDS, Asked, Found, Sample, ranked
from broadsheet_lab.encoders.colberter import ColBERTer, Encoded, WordBags, word_bags
from broadsheet_lab.encoders.minilm import MiniLM

__all__ = ["REFINED", "WORDS", "World", "claims", "prepared"]

RETRIEVAL = 256  # 128 lose 7 % of the MRR@10 of MiniLM on the dev queries, these 0.2 %
REFINED = 1000
HARD = (2, 40)  # the ranks by MiniLM that negatives are drawn from
NEGATIVES = 3
REPEATED = {"tldr": 3, "keywords": 1}  # both kinds about as often
WORDS: dict[str, dict[str, Any]] = {
    "32 dimensions": {"word_dimensions": 32, "gate_weight": 0.05},
    "8 dimensions, exact": {"word_dimensions": 8, "exact": True, "gate_weight": 0.2},
    "1 dimension, exact": {"word_dimensions": 1, "exact": True, "gate_weight": 0.2},
}
DATA = {
    kind: f"papers.parquet, {name} queries, test half" for kind, name in (("tldr", "tldr"), ("keywords", "keyword"))
}

Rows = NDArray[np.int64]


@dataclass(frozen=True)
class World:
    """The sample as bags of words in context."""

    sample: Sample

    @cached_property
    def pieces(self) -> list[str]:
        """MiniLM's vocabulary."""
        tokenizer = MiniLM().tokenizer
        found: list[str] = tokenizer.convert_ids_to_tokens(list(range(len(tokenizer))))
        return found

    def bags(self, texts: Sequence[str]) -> WordBags:
        """The words of any texts."""
        states = self.sample.study.states(texts)
        return word_bags(states.vectors, states.tokens, states.bounds, self.pieces)

    @cached_property
    def documents(self) -> WordBags:
        """The papers."""
        return self.bags(self.sample.texts)

    @cached_property
    def pieces_in_all(self) -> int:
        """How many word pieces the papers have."""
        return len(self.sample.study.states(self.sample.texts).tokens)

    @cached_property
    def lessons(self) -> tuple[WordBags, Rows, NDArray[np.int64]]:
        """The queries to learn from, what each wants, and papers near it that it does not want."""
        rng = np.random.default_rng(0)
        texts: list[str] = []
        wanted: list[int] = []
        for kind in KINDS:
            asked = self.sample.asked(kind, "learn")
            texts += asked.texts * REPEATED[kind]
            wanted += asked.wanted * REPEATED[kind]
        queries, rows = self.bags(texts), self.sample.learned_rows
        near = np.argsort(-(queries.pooled @ self.documents.pooled[rows].T), axis=1, kind="stable")[:, slice(*HARD)]
        drawn = [rng.choice(rows[at][rows[at] != row], NEGATIVES, False) for at, row in zip(near, wanted, strict=True)]
        return queries, np.array(wanted, np.int64), np.stack(drawn)

    def learned(self, name: str) -> ColBERTer:
        """The encoder of that name in WORDS."""
        self.sample.study.tell(f"learning {name}")
        queries, wanted, negatives = self.lessons
        method = ColBERTer(retrieval_dimensions=RETRIEVAL, **WORDS[name])
        return method.fit(queries, self.documents, wanted, negatives)


@lru_cache(maxsize=1)
def prepared(study: Study) -> World:
    """The world of a study, gathered once for all that measure on it."""
    return World(Sample(study))


@dataclass(frozen=True)
class Ranking:
    """An encoder at work on the papers."""

    method: ColBERTer
    documents: Encoded

    def scores(self, queries: Encoded, *, refine: bool) -> Callable[[int], NDArray[np.float32]]:
        """Of every paper for query i: by retrieval vectors alone, or the nearest by them refined by words; 0 no hit."""
        every = np.arange(len(self.documents))

        def whole(i: int) -> NDArray[np.float32]:
            alone = self.documents.retrieval @ queries.retrieval[i]
            rows = np.sort(np.argsort(-alone, kind="stable")[:REFINED]) if refine else every
            found = self.method.score(queries.one(i), self.documents, rows) if refine else alone
            out = np.zeros(len(alone), np.float32)
            out[rows] = found - found.min() + 1
            return out

        return whole


def _found(world: World, ranking: Ranking, asked: Asked) -> tuple[Found, Found]:
    """(refined by words, by retrieval vectors alone)."""
    queries = ranking.method.encode(world.bags(asked.texts), queries=True)
    return (
        ranked(ranking.scores(queries, refine=True), asked.wanted),
        ranked(ranking.scores(queries, refine=False), asked.wanted),
    )


def _ratio(
    kind: str, metric: str, over: tuple[str, Found], under: tuple[str, Found], detail: dict[str, Any]
) -> Claimed:
    top, base = over[1].inverse, under[1].inverse
    return Claimed(
        DATA[kind],
        metric,
        float(top.mean() / base.mean()),
        interval=ratio_interval(top, base),
        baseline={f"MRR@10, {under[0]}": float(base.mean())},
        detail={over[0]: over[1].figures, "queries": len(top), **detail},
    )


def claims(study: Study) -> list[Claimed]:  # long: flat: what is measured once, then one entry a claim of the card
    """Every claim of the card."""
    world = prepared(study)
    sample, wide, narrow, single = world.sample, *WORDS
    rankings = {}
    for name in WORDS:
        method = world.learned(name)
        rankings[name] = Ranking(method, method.encode(world.documents))
    found: dict[tuple[str, str], Found] = {}
    alone: dict[tuple[str, str], Found] = {}
    for kind in KINDS:
        asked = sample.asked(kind, "test")
        study.tell(f"ranking for {len(asked.texts)} {kind} queries")
        found[kind, "BM25"] = ranked(sample.lexical(sample.bm25, asked.texts), asked.wanted)
        found[kind, "MiniLM"] = ranked(sample.dense(asked.texts), asked.wanted)
        for name, ranking in rankings.items():
            found[kind, name], alone[kind, name] = _found(world, ranking, asked)
    kept = {name: len(r.documents.words) / world.pieces_in_all for name, r in rankings.items()}
    figures = {k: {n: f.figures for (kind, n), f in found.items() if kind == k} for k in KINDS}

    def pair(kind: str, name: str) -> tuple[str, Found]:
        return name, found[kind, name]

    return [
        Claimed(
            f"papers.parquet, {len(sample.rows):,} papers",
            "words kept over word pieces, 8 dimensions and exact matches (ratio)",
            kept[narrow],
            lower_is_better=True,
            baseline={"every distinct stem": len(world.documents.words) / world.pieces_in_all},
            detail={name: round(share, 4) for name, share in kept.items()},
        ),
        _ratio(
            "tldr",
            "MRR@10, refined by words of 8 dimensions and exact matches, over retrieval vectors alone (ratio)",
            pair("tldr", narrow),
            ("retrieval vectors alone", alone["tldr", narrow]),
            {"keyword queries": round(found["keywords", narrow].over(alone["keywords", narrow])[0], 4)},
        ),
        _ratio(
            "tldr",
            "MRR@10, one dimension and exact matches over 32 dimensions (ratio)",
            pair("tldr", single),
            pair("tldr", wide),
            {"keyword queries": round(found["keywords", single].over(found["keywords", wide])[0], 4)},
        ),
        _ratio(
            "tldr", "MRR@10, 32 dimensions over BM25 (ratio)", pair("tldr", wide), pair("tldr", "BM25"), figures["tldr"]
        ),
        _ratio(
            "keywords",
            "MRR@10, 8 dimensions and exact matches over BM25 (ratio)",
            pair("keywords", narrow),
            pair("keywords", "BM25"),
            figures["keywords"],
        ),
        _ratio(
            "keywords",
            "MRR@10, 8 dimensions and exact matches over MiniLM's cosine (ratio)",
            pair("keywords", narrow),
            pair("keywords", "MiniLM"),
            {},
        ),
    ]
