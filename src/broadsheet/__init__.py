"""Broadsheet: the daily paper a researcher owns.

import broadsheet

with broadsheet.open("library") as library:
    library.add("papers.bib")
    for result in library.search("late interaction").results:
        print(result.stored.paper.title)
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from broadsheet.pipeline.library import Library

__all__ = ["__version__", "open"]
__version__ = "0.1.0"


def open(
    path: str | Path, *, create: bool = True, read_only: bool = False, clock: Callable[[], datetime] | None = None
) -> Library:
    """Open the library in the folder `path`; with `create`, make one where there is none.

    `clock` tells what time it is, with its zone; the system's by default. Raises LibraryError if the
    folder is not a library or cannot be used.
    """
    from broadsheet.kit.clock import utc_now
    from broadsheet.pipeline.library import open_library  # here, so that `broadsheet --help` need not load it

    return open_library(path, create=create, read_only=read_only, clock=clock or utc_now)
