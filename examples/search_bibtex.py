"""Search a BibTeX file by words and meaning, without keeping a library.

python examples/search_bibtex.py [FILE] [QUERY] prints

    1 Tuning Late Interaction for Small Invented Collections (2024)
      … We invent a study of late interaction
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import broadsheet

FILE = Path(__file__).parent / "files" / "refs.bib"


def main(file: str = str(FILE), query: str = "late interaction") -> None:
    """Print the best five papers with their snippets; matching words stand out."""
    with tempfile.TemporaryDirectory() as folder, broadsheet.open(folder) as library:
        report = library.add(file)
        for message in report.messages:
            print(message, file=sys.stderr)
        for rank, result in enumerate(library.search(query, k=5).results, start=1):
            paper = result.stored.paper
            print(f"{rank} {paper.title} ({paper.year or 'undated'})")
            print("  … " + "".join(span.text for span in result.snippet))


if __name__ == "__main__":
    main(*sys.argv[1:])
