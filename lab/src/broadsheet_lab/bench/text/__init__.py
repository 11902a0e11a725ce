"""The claims of the methods on text, re-measured on a study of papers.parquet: one file a method, named like it.

Each file has `claims(study)`, which gives what was measured. A method's extras must be installed for it to be measured.
"""

from __future__ import annotations

import importlib
import resource
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from broadsheet.kit.errors import UsageError
from broadsheet_lab.bench import datasets, study
from broadsheet_lab.bench.report import write

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
    sample = study.opened(tell)
    written = []
    for name in only or names():
        tell(f"measuring {name}")
        started = time.perf_counter()
        found = importlib.import_module(f"{__name__}.{name}").claims(sample)
        content = {
            "data": {"papers.parquet": datasets.digest(sample.papers)},
            "seeds": [0],
            "claims": [claim.to_json() for claim in found],
            "seconds": round(time.perf_counter() - started, 1),
            "peak_bytes_so_far": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024,
        }
        write(out / f"{name}.json", name, content)
        written.append(out / f"{name}.json")
    return written
