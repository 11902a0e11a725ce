from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from broadsheet.catalogue import Catalogue
from tests.catalogue.made import record

OPENREVIEW = "https://openreview.net/forum?id=abCd"


@pytest.fixture
def filled(catalogue: Catalogue) -> Catalogue:
    ids: dict[str, Any] = {
        "arxiv": "2603.01234",
        "doi": "10.1145/1",
        "acl": "P19-1001",
        "openalex": "W12345",
        "openreview": "abCd",
    }
    catalogue.papers.add(
        [record("First of them all here", "parquet:p", "3dv2025-00000", s2="ab" * 20, pmid="7", **ids)]
    )
    catalogue.papers.add(
        [record(f"Paper number {n} of many", "jsonl:a", f"id-{n}", authors=(f"P{n}",)) for n in range(2, 8)]
    )
    catalogue.papers.add([record("Without any id", "ris:r", "")])
    return catalogue


@pytest.mark.parametrize(
    ("text", "paper_id"),
    [
        ("1", 1),
        ("paper:1", 1),
        ("arXiv:2603.01234v3", 1),
        ("https://arxiv.org/pdf/2603.01234v3.pdf", 1),
        ("10.1145/1", 1),
        ("https://doi.org/10.1145/1", 1),
        ("10.48550/arXiv.2603.01234", 1),
        ("p19-1001", 1),
        ("https://openalex.org/W12345", 1),
        (OPENREVIEW, 1),
        ("AB" * 20, 1),
        ("pmid:7", 1),
        ("3dv2025-00000", 1),
        (" id-4 ", 4),
        ("99", None),
        ("9" * 30, None),
        ("", None),
        ("\ud800", None),
        ("2603.99999", None),
        ("\x1f", None),
    ],
)
def test_resolve(filled: Catalogue, text: str, paper_id: int | None) -> None:
    assert filled.papers.resolve(text) == paper_id


def test_resolve_many_and_source_ids(filled: Catalogue) -> None:
    texts = ["id-3", "nothing", "2", "10.1145/1", "id-3"]
    assert filled.papers.resolve_many(texts) == {"id-3": 3, "nothing": None, "2": 2, "10.1145/1": 1}
    assert filled.papers.source_id([1, 3, 8, 99]) == {1: "3dv2025-00000", 3: "id-3", 8: ""}
    assert filled.papers.stored([8])[8].source_ids == (("ris:r", ""),)


def test_documents_come_in_order_and_batches(filled: Catalogue) -> None:
    assert [[d.id for d in batch] for batch in filled.papers.documents(batch=3)] == [[1, 2, 3], [4, 5, 6], [7, 8]]
    assert [[d.id for d in batch] for batch in filled.papers.documents(after=6)] == [[7, 8]]
    assert [[d.id for d in batch] for batch in filled.papers.documents(ids=[7, 99, 2, 5, 2], batch=2)] == [[2, 5], [7]]
    assert list(filled.papers.documents(ids=[])) == []
    first = next(filled.papers.documents())[0]
    assert first.title == "First of them all here"
    assert (first.authors, first.year, first.day) == ("Ada Example\nBo Sample", 0, 0)


def test_counts(filled: Catalogue) -> None:
    assert (filled.papers.count(), filled.changes.last_seq()) == (8, 8)
    ids = filled.papers.ids()
    assert ids.dtype == np.int64
    assert ids.tolist() == list(range(1, 9))
    assert filled.harvest.source_counts() == {"parquet:p": 1, "jsonl:a": 6, "ris:r": 1}
    assert filled.papers.last_added() == filled.papers.stored([8])[8].added_at


def test_an_empty_catalogue(catalogue: Catalogue) -> None:
    assert (catalogue.papers.count(), catalogue.changes.last_seq(), catalogue.papers.ids().tolist()) == (0, 0, [])
    assert list(catalogue.papers.documents()) == []
    assert catalogue.papers.last_added() is None
    assert catalogue.papers.add([]).paper_ids == ()
