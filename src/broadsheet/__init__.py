"""Broadsheet: the daily paper a researcher owns.

    import broadsheet
    with broadsheet.open("library") as library:
        library.add("papers.bib")
        for result in library.search("late interaction").results:
            print(result.stored.paper.title)
"""

from broadsheet.pipeline.library import Library
from broadsheet.pipeline.library import open_library as open  # noqa: A004  the front door reads broadsheet.open(path)

__all__ = ["Library", "open"]
__version__ = "0.1.0"
