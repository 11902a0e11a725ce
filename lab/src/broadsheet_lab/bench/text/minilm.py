"""MiniLM as it is: how well its vectors alone find the papers of the tldr queries."""

from __future__ import annotations

from broadsheet.pipeline import pretrained
from broadsheet_lab.bench import peers
from broadsheet_lab.bench.report import Claimed, reciprocal
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
    wanted = [int(rows[0]) for rows in queries.wanted]
    words = reciprocal(peers.run(peers.bm25s_search(study.texts), queries.texts, wanted).ranks)
    test = ~queries.dev
    return [
        Claimed.mean(
            DATA,
            "MRR@10 by cosine alone",
            found[test],
            baseline={"static": float(other[test].mean())},
            rival=("BM25", float(words[test].mean())),
            detail={"value on the dev half": round(float(found[queries.dev].mean()), 4)},
        )
    ]
