"""The claims of methods that make vectors small, on the vectors the shipped encoder gives all papers.

Each file has `claims(world, tell)`, which gives what was measured.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from broadsheet.kit.errors import UsageError
from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.codes import _world
from broadsheet_lab.bench.report import write_claims

__all__ = ["measure", "names"]


def names() -> tuple[str, ...]:
    """The methods that can be measured here."""
    return tuple(sorted(p.stem for p in Path(__file__).parent.glob("*.py") if not p.stem.startswith("_")))


def measure(out: Path, tell: Callable[[str], None], only: Sequence[str] = ()) -> list[Path]:
    """Measure the claims of every method, or of those named; one file a method into `out`.

    Raises UsageError for an unknown name or missing data.
    """
    for name in only:
        if name not in names():
            raise UsageError(f"no method {name!r} is measured here; there are {', '.join(names())}")
    path = datasets.papers_path()
    tell("encoding the papers")
    world = _world.opened(path)
    written = []
    for name in only or names():
        tell(f"measuring {name}")
        started = time.perf_counter()
        module = f"{__name__}.{name}"
        found = importlib.import_module(module).claims(world, tell)
        written.append(write_claims(out, name, module, found, data={"papers.parquet": path}, started=started))
    return written
