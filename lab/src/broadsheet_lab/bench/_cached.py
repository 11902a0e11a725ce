"""What was trained for a measurement, kept until its source changes, so that a measurement that was stopped goes on."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.bench.study import cache_folder, keep
from broadsheet_lab.provenance import fingerprint

__all__ = ["cached"]

Arrays = Mapping[str, NDArray[Any]]


def cached(name: str, how: object, sources: Sequence[ModuleType], make: Callable[[Path], Arrays]) -> dict[str, Any]:
    """The arrays that `make` gives: read, if the same `sources` have made them the same way before.

    `how` is all that the arrays depend on beside the sources; `make` gets a file it may keep a checkpoint in.
    """
    hashes = [fingerprint(Path(module.__file__ or "")) for module in sources]
    digest = hashlib.sha256(repr((how, hashes)).encode()).hexdigest()[:16]
    path = cache_folder() / f"{name}-{digest}.npz"
    if not path.exists():
        arrays: dict[str, Any] = {key: np.asarray(value) for key, value in make(path.with_suffix(".course")).items()}
        keep(path, partial(np.savez, **arrays))
    with np.load(path) as found:
        return dict(found)
