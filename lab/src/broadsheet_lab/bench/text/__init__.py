"""The claims of the methods on text, re-measured on a study of papers.parquet: one file a method, named like it.

Each file has `claims(study)`, which gives what was measured. A method's extras must be installed for it to be measured.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from broadsheet.kit.errors import UsageError
from broadsheet_lab.bench import study
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
    sample = study.opened(tell)
    written = []
    for name in only or names():
        tell(f"measuring {name}")
        started = time.perf_counter()
        found = importlib.import_module(f"{__name__}.{name}").claims(sample)
        data = {"papers.parquet": sample.papers}
        written.append(write_claims(out, name, f"{__name__}.{name}", found, data=data, started=started))
    return written
