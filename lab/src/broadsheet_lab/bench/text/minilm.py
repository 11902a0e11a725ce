"""MiniLM as it is: how well its vectors alone find the papers of the tldr queries."""

from __future__ import annotations

from broadsheet.pipeline import pretrained
from broadsheet_lab.bench.report import Claimed, interval, reciprocal
from broadsheet_lab.bench.study import Study
from broadsheet_lab.bench.text._ranks import ranks_of

__all__ = ["claims"]

DATA = "papers.parquet, 12,000 papers, tldr queries, test half"


def claims(study: Study) -> list[Claimed]:
    """The frozen vectors by cosine, beside the encoder of words that ships."""
    queries = study.tldr
    found = reciprocal(ranks_of(study.encode(queries.texts), study.vectors, queries.wanted))
    static = pretrained.read_encoder(pretrained.ENCODER)
    other = reciprocal(ranks_of(static.encode(queries.texts), static.encode(study.texts), queries.wanted))
    test = found[~queries.dev]
    return [
        Claimed(
            DATA,
            "MRR@10 by cosine alone",
            float(test.mean()),
            interval=interval(test),
            baseline={"static": float(other[~queries.dev].mean())},
            detail={"value on the dev half": round(float(found[queries.dev].mean()), 4), "queries": len(test)},
        )
    ]
