"""IDentIfy on papers: the mean of title and passages against the whole text, trained alike, and passages read.

Learns from papers and keyword queries of the dev half; keywords are in no text.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.report import Claimed, reciprocal
from broadsheet_lab.bench.study import Study
from broadsheet_lab.bench.text._keywords import CHARACTERS, Papers
from broadsheet_lab.bench.text._seeds import over_seeds
from broadsheet_lab.encoders.interleaved import Interleaved, sections_of
from broadsheet_lab.training import Plan

if TYPE_CHECKING:
    from broadsheet_lab.networks import Network

__all__ = ["DEPTH", "SHARES", "claims", "learned"]

SEEDS = (0, 1, 2)
PLAN, READING = Plan(40, 24, 5e-4), Plan(30, 8, 5e-4)
TOKENS, RANK = 160, 8
DEPTH, TENTH = 10, 10
SHARES = (0.0, 0.02, 0.05, 0.1, 0.2, 0.4)  # of the best section, tried on the dev half

_DATA = "papers.parquet, 2,632 papers with keywords, "
DATA, PART = f"{_DATA}keyword queries, test half", f"{_DATA}a tenth of the keyword queries, test half"

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class _Half:
    """The papers with keywords of one half, cut to what is encoded, and their queries; query i wants paper i."""

    study: Study
    among: NDArray[np.bool_]

    @cached_property
    def rows(self) -> list[int]:
        found: list[int] = Papers(self.study, self.among).keywords.rows.tolist()
        return found

    @cached_property
    def queries(self) -> list[str]:
        return [", ".join(self.study.table["keywords"][row][:5]) for row in self.rows]

    @cached_property
    def whole(self) -> list[list[str]]:
        """Each text as one section."""
        return [[self.study.texts[row][:CHARACTERS]] for row in self.rows]

    @cached_property
    def sections(self) -> list[list[str]]:
        """The same characters in sections."""
        titles = (self.study.table["title"][row] for row in self.rows)
        return [sections_of(t, text[0][len(t) + 2 :]) for t, text in zip(titles, self.whole, strict=True)]


def _ranks(queries: NDArray[np.float32], documents: NDArray[np.float32]) -> list[int]:
    """The rank of document i for query i; on a tie the worse one."""
    scores = queries @ documents.T
    return [int((row >= row[i]).sum()) for i, row in enumerate(scores)]


def _base(seed: int) -> Network:
    from broadsheet_lab.networks import Network

    return Network.minilm(tokens=TOKENS, rank=RANK, seed=seed)


def _trained(half: _Half, seed: int, *, whole: bool = False) -> Interleaved:
    reading = None if whole else replace(READING, seed=seed)
    method = Interleaved(_base(seed), plan=replace(PLAN, seed=seed), reading=reading)
    documents = half.whole if whole else half.sections
    return method.fit(half.queries, list(range(len(documents))), documents, tell=half.study.tell)


def learned(study: Study) -> Interleaved:
    """The method, from papers of the dev half; its share is to be chosen yet."""
    return _trained(_Half(study, study.dev), 0)


def _read(method: Interleaved, half: _Half, documents: NDArray[np.float32], each: int) -> Floats:
    """The reciprocal rank of the paper of one query in `each` by share, DEPTH papers read for each, (shares, q)."""
    queries = method.encode_queries(half.queries[::each])
    gains = []
    for at, vector in enumerate(queries):
        own, plain = at * each, documents @ vector
        near = np.argsort(-plain, kind="stable")[:DEPTH]
        if own not in near:
            gains.append(np.zeros(len(SHARES)))
            continue
        parts = [half.sections[row] for row in near]
        method.share = 1.0
        chance = method.rerank(half.queries[own], np.zeros(DEPTH, np.float32), parts)[0]
        scores = plain[near] + np.array(SHARES)[:, None] * chance
        place = int(np.flatnonzero(near == own)[0])
        gains.append(reciprocal((scores >= scores[:, place : place + 1]).sum(axis=1).tolist()))
    return np.array(gains).T


def _measured(study: Study, seed: int) -> dict[str, NDArray[Any]]:
    dev, test = _Half(study, study.dev), _Half(study, ~study.dev)
    study.tell(f"training on sections with seed {seed}")
    method = _trained(dev, seed)
    documents = method.encode(test.sections)
    found: dict[str, NDArray[Any]] = {
        "merged": reciprocal(_ranks(method.encode_queries(test.queries), documents)),
        "read": _read(method, test, documents, TENTH),
    }
    if seed == SEEDS[0]:  # the share is chosen once
        found["dev"] = _read(method, dev, method.encode(dev.sections), 3 * TENTH).mean(axis=1)
    else:
        found["dev"] = np.zeros(len(SHARES))
    study.tell(f"training on whole texts with seed {seed}")
    whole = _trained(dev, seed, whole=True)
    found["whole"] = reciprocal(_ranks(whole.encode_queries(test.queries), whole.encode(test.whole)))
    return found


def _untrained(study: Study) -> dict[str, NDArray[Any]]:
    test, base = _Half(study, ~study.dev), Interleaved(plan=PLAN)
    base.encoder_ = _base(0)
    queries = base.encode_queries(test.queries)
    return {
        "merged, not trained": reciprocal(_ranks(queries, base.encode(test.sections))),
        "whole, not trained": reciprocal(_ranks(queries, base.encode(test.whole))),
    }


def claims(study: Study) -> list[Claimed]:
    """Sections merged against whole texts, training against none, and reading against merging alone."""
    plain = {name: values[0] for name, values in over_seeds("interleaved", (-1,), lambda _: _untrained(study)).items()}
    found = over_seeds("interleaved", SEEDS, lambda seed: _measured(study, seed))
    best = int(found["dev"].sum(axis=0).argmax())
    merged, whole, read = found["merged"], found["whole"], found["read"][:, best]
    mean = {name: float(values.mean()) for name, values in {**plain, "whole": whole, "merged": merged}.items()}
    detail = {
        "MRR@10": {name: round(value, 4) for name, value in mean.items()},
        "steps and batch of the encoder and of the reader": [PLAN.steps, PLAN.batch, READING.steps, READING.batch],
        "share of the best section, chosen on the dev half": SHARES[best],
        "MRR@10 on the dev half by share": dict(zip(map(str, SHARES), found["dev"].sum(axis=0).round(4), strict=True)),
    }
    tenth = merged[:, ::TENTH]
    return [
        Claimed.ratio(
            DATA,
            "MRR@10 by merged sections over whole texts, both encoders trained alike (ratio)",
            ("MRR@10, merged sections", merged),
            ("MRR@10, whole texts", whole),
            rival=("whole text, trained alike", 1.0),
            detail=detail,
        ),
        Claimed.ratio(
            DATA,
            "MRR@10 by merged sections, the encoder trained over not trained (ratio)",
            ("MRR@10, trained", merged),
            ("MRR@10, not trained", plain["merged, not trained"]),
            rival=("whole text, trained alike", mean["whole"] / mean["merged, not trained"]),
        ),
        Claimed.ratio(
            PART,
            "MRR@10 with the sections of ten papers read over the merged vector alone (ratio)",
            ("MRR@10, sections read", read),
            ("MRR@10, merged vector", tenth),
            rival=("whole text, trained alike", float(whole[:, ::TENTH].mean() / tenth.mean())),
        ),
    ]
