"""Collections of other fields with human judgments, each with its papers: LISA (libraries) and NPL (electronics)."""

from __future__ import annotations

import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

from broadsheet_lab.bench.search.query_set import Doc, QuerySet, Source, is_dev, untitled

__all__ = ["NAMES", "read_collection", "title_set", "titles"]

NAMES = ("lisa", "npl")
TITLES = 300  # queries
LEAST_TITLE_WORDS = 4
FOLDER = "classic"  # beside papers.parquet


def _lines(path: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def read_collection(papers: Path, name: str) -> tuple[Source, QuerySet] | None:
    """The papers and the judged queries of one collection; None if its folder is not beside papers.parquet."""
    folder = papers.with_name(FOLDER) / name
    if not folder.is_dir():
        return None
    docs = tuple(Doc(f"{name}-{p['paper_id']}", p["title"], p["abstract"]) for p in _lines(folder / "papers.jsonl"))
    rows = {doc.id: at for at, doc in enumerate(docs)}
    grades: defaultdict[str, dict[int, int]] = defaultdict(dict)
    for judged in _lines(folder / "qrels.jsonl"):
        grades[judged["query_id"]][rows[f"{name}-{judged['paper_id']}"]] = judged["grade"]
    queries = [query for query in _lines(folder / "queries.jsonl") if grades[query["query_id"]]]
    ids = [query["query_id"] for query in queries]
    texts, relevant = tuple(query["query"] for query in queries), tuple(grades[i] for i in ids)
    return Source(docs, ("",) * len(docs)), QuerySet(name, docs, texts, relevant, is_dev(ids), "ndcg@10")


def title_set(name: str) -> str:
    """What `titles` of a collection are called."""
    return f"{name}-title"


def titles(name: str, source: Source) -> QuerySet:
    """Titles of a collection, each asking for its paper among papers without titles; to learn weights from, all dev."""
    queries = untitled(title_set(name), source.docs, LEAST_TITLE_WORDS, TITLES)
    return replace(queries, dev=np.ones(len(queries), np.bool_))
