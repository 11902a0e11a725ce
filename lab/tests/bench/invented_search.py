"""A dozen invented papers, small enough to work every figure by hand."""

from __future__ import annotations

from pathlib import Path

import pytest

from broadsheet_lab.bench.search.query_set import Source
from broadsheet_lab.bench.search.sets import read

pa = pytest.importorskip("pyarrow", reason="the extra `parquet`")
pq = pytest.importorskip("pyarrow.parquet")

TOPICS = ("whistling kettles", "glass umbrellas", "paper lanterns")
THINGS = ("copper", "marble", "velvet", "amber")


def write(folder: Path) -> Path:
    """papers.parquet: three topics of four papers each, four keywords a paper, a summary for every second one."""
    rows = []
    for t, topic in enumerate(TOPICS):
        for i, thing in enumerate(THINGS):
            rows.append(
                {
                    "paper_id": f"toy-{t}{i}",
                    "title": f"On {thing} and {topic} in {thing} houses",
                    "abstract": (
                        f"We polish {topic} with {thing} until the {thing} gleams {t}{i}. "
                        f"Nobody before us had {thing} enough to compare {topic} so closely at night. "
                        f"Our {thing} lasts. "
                        f"Seventeen gardeners of village{t}{i} agreed that the {topic} were quieter than expected."
                    ),
                    "keywords": [topic.title(), thing, f"Craft {t % 2}", "Household", f"own{t}{i}", "unasked"],
                    "authors": [f"Ada Maker{t}", f"Ben Mender{i}"],
                    "venue": "Workshop on Things",
                    "year": 2020 + i,
                    "tldr": f"Gardeners of village{t}{i} like {thing} {topic}" if i % 2 == 0 else None,
                }
            )
    path = folder / "papers.parquet"
    pq.write_table(pa.Table.from_pylist(rows), path)
    return path


def source(folder: Path) -> Source:
    """The papers as they are read."""
    return read(write(folder))
