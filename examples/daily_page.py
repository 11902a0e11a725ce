"""A reader's page: import what they have, save, and print today's papers with their reasons.

python examples/daily_page.py prints

    1. A Daily Page of Preprints Ranked by What a Reader Saved
       near “Calibrated Recommendation in an Imaginary Newspaper”, which you saved
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime
from pathlib import Path

import broadsheet

FILES = Path(__file__).parent / "files"
TODAY = datetime(2026, 7, 1, tzinfo=UTC)  # without `clock`, the system's


def main() -> None:
    """Two files of papers, one of them the reader's own; the page ranks the other."""
    with tempfile.TemporaryDirectory() as folder, broadsheet.open(folder, clock=lambda: TODAY) as library:
        library.add(FILES / "refs.bib", FILES / "papers.jsonl")
        library.import_saved("me", FILES / "export.ris")
        library.tune("me", recency=0.1, exploration=0.0)
        for item in library.feed("me", k=3).items:
            print(f"{item.position}. {item.stored.paper.title}")
            for reason in item.reasons:
                print(f"   {reason.text}")


if __name__ == "__main__":
    main()
