"""Sixty invented papers with summaries and written queries, as a library that methods on text are measured on."""

import json
from pathlib import Path

import numpy as np
import pytest

from broadsheet_lab.bench.text._library import Library

__all__ = ["invented"]

WORDS = ["graph", "protein", "robot", "bird", "kernel", "lattice", "market", "poem", "reef", "storm", "violin", "wheat"]


def invented(folder: Path) -> Library:
    """In a folder of its own."""
    pyarrow, parquet = pytest.importorskip("pyarrow"), pytest.importorskip("pyarrow.parquet")
    rng = np.random.default_rng(0)
    drawn = [" ".join(rng.choice(WORDS, 6)) for _ in range(60)]
    table = {
        "paper_id": [f"p{i}" for i in range(60)],
        "title": [text.split()[0] for text in drawn],
        "abstract": [None if i == 7 else text for i, text in enumerate(drawn)],
        "tldr": [f"about {text.split()[1]}" if i % 3 == 0 else None for i, text in enumerate(drawn)],
    }
    parquet.write_table(pyarrow.table(table), folder / "papers.parquet")
    asked = [{"paper_id": f"p{i}", "short": "bird", "need": "a bird", "recall": "birds"} for i in range(0, 60, 2)]
    asked.append({"paper_id": "elsewhere", "short": "x", "need": "x", "recall": "x"})
    (folder / "queries.jsonl").write_text("".join(json.dumps(row) + "\n" for row in asked))
    return Library(folder / "papers.parquet")
