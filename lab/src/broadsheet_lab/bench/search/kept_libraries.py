"""Libraries of benchmark papers that stay filled from one run to the next, in the folder BROADSHEET_CACHE names.

The folder of one is named by its papers and by the checkout whose code runs. An index made by other code is made anew.
"""

from __future__ import annotations

import hashlib
from pathlib import Path

import broadsheet
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.index.manifest import MANIFEST
from broadsheet.pipeline.library import Library
from broadsheet_lab.bench.study import cache_folder

__all__ = ["open_kept"]

PACKAGE = Path(broadsheet.__file__).parent
MAKES_INDEX = ("kit", "indexes", "encoders", "retrieval", "pipeline/index")  # code that decides what is in an index
STAMP = "indexed-by.txt"


def _code() -> str:
    """A digest of the code and the encoder that an index is made by."""
    digest = hashlib.sha256(pretrained.ENCODER.read_bytes())
    for part in MAKES_INDEX:
        for path in sorted((PACKAGE / part).rglob("*.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()[:24]


def open_kept(papers: Path) -> Library:
    """The library of these papers, a file of JSON lines; filled when it is opened for the first time."""
    with papers.open("rb") as handle:
        name = hashlib.file_digest(handle, "sha256").hexdigest()[:16]
    place = hashlib.sha256(str(PACKAGE).encode()).hexdigest()[:8]
    folder = cache_folder() / "libraries" / f"{name}-{place}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    stamp, library = folder / STAMP, broadsheet.open(folder)
    if not stamp.is_file():
        library.add(papers)
        stamp.write_text("", encoding="utf-8")
    if stamp.read_text(encoding="utf-8") != _code():
        (folder / "indexes" / MANIFEST).unlink(missing_ok=True)
        library.index()
        stamp.write_text(_code(), encoding="utf-8")
    return library
