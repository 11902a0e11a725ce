"""Measure a search on queries of your own: the mean reciprocal rank of papers you know to be right.

python examples/known_item.py prints

    MRR@10 1.000 over 3 queries
"""

from __future__ import annotations

import tempfile
from pathlib import Path

import broadsheet

FILES = Path(__file__).parent / "files"
QUERIES = {
    "explanations beside results": "sample2023snippets",
    "recommending preprints by saved papers": "third2025feeds",
    "interaction models for few documents": "example2024tuning",
}


def main() -> None:
    """Each query has one right paper, named by its citation key."""
    with tempfile.TemporaryDirectory() as folder, broadsheet.open(folder) as library:
        library.add(FILES / "refs.bib", FILES / "papers.jsonl", FILES / "export.ris")
        gains = []
        for query, key in QUERIES.items():
            right = library.paper(key).id
            ranked = [result.stored.id for result in library.search(query, k=10, snippets=False).results]
            gains.append(1 / (1 + ranked.index(right)) if right in ranked else 0.0)
        print(f"MRR@10 {sum(gains) / len(gains):.3f} over {len(gains)} queries")


if __name__ == "__main__":
    main()
