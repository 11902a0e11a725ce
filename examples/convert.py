"""Convert between formats of reference managers: whatever `add` reads to BibTeX, RIS, CSL-JSON or JSON lines.

python examples/convert.py [FILE] [FORMAT] prints

    @article{fourth2025calibrated,
      author = {Fourth, Di and Example, Ada},
"""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

import broadsheet

FILE = Path(__file__).parent / "files" / "export.ris"


def main(file: str = str(FILE), format: str = "bibtex") -> None:
    """Write the papers of the file in the other format to standard output."""
    with tempfile.TemporaryDirectory() as folder, broadsheet.open(folder) as library:
        report = library.add(file)
        sys.stdout.writelines(library.export(report.paper_ids, format))


if __name__ == "__main__":
    main(*sys.argv[1:])
