"""Invented records."""

from __future__ import annotations

from typing import Any

from broadsheet.kit.paper import Identifiers, Paper, Person, Record


def record(
    title: str = "Learning to rank with very few clicks",
    source: str = "jsonl:a.jsonl",
    source_id: str = "",
    authors: tuple[str, ...] = ("Ada Example", "Bo Sample"),
    **fields: Any,
) -> Record:
    """A record; identifiers are given by scheme, other fields of the paper by name."""
    ids = {scheme: fields.pop(scheme) for scheme in Identifiers.__dataclass_fields__ if scheme in fields}
    people = tuple(Person(name) for name in authors)
    return Record(Paper(title, authors=people, ids=Identifiers(**ids), **fields), source, source_id, f"{source}:1")


# Two papers, and a record that shows them to be one.
X, D = "2401.00001", "10.1145/1"
PREPRINT = record("Learning to rank with few clicks", "arxiv", X, arxiv=X, abstract="What arXiv says.", version=2)
ARTICLE = record("Ranking, learned from clicks", "crossref", D, doi=D, venue="SIGIR", year=2024, authors=("B. Sample",))
BOTH = record("Learning to rank", "openalex", "W12345", arxiv=X, doi=D, openalex="W12345", citations=7)
