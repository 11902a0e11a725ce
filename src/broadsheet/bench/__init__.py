"""Benchmarks: each measures on real data and writes results/<name>.json, from which the tables are generated."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from pathlib import Path

from broadsheet.kit.errors import UsageError

__all__ = ["NAMES", "run"]

Tell = Callable[[str], None]


# name -> the module below this package whose `measure(out, tell)` it is; imported when it is asked for
NAMES = {
    "spine": "spine",
    "first-touch": "first_touch",
    "methods": "claims",
    "compression": "compression",
    "compression-more": "compression_more",
    "compression-embeddings": "compression_embeddings",
    "vectors": "vectors",
    "search": "search",
    "text": "text",
    "ranker": "search.weights",
    "held-out": "search.held_out",
}


def run(name: str, out: Path, tell: Tell = lambda _: None) -> list[Path]:
    """Run a benchmark, writing into the folder `out`; the files written. `tell` hears of progress.

    `text/NAME` measures one method on text. Raises UsageError for an unknown name or missing data.
    """
    if name.startswith("text/"):
        from broadsheet.bench.text import measure

        return measure(out, tell, [name.removeprefix("text/")])
    if name not in NAMES:
        raise UsageError(f"no benchmark {name!r}; there are {', '.join(NAMES)}")
    written: list[Path] = import_module(f"{__name__}.{NAMES[name]}").measure(out, tell)
    return written
