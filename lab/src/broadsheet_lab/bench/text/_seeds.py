"""Measurements of several seeds, each kept as soon as it is made, so that a run that is stopped goes on with the next.

What is kept belongs to the sources it was made by: it is made again when one of them changes.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab import provenance
from broadsheet_lab.bench.study import cache_folder, keep
from broadsheet_lab.methods_page import lab_methods

__all__ = ["digest_of", "over_seeds"]


def digest_of(name: str, bench: str) -> str:
    """Of the sources of a method and of the module that measures it."""
    path = next(method.path for method in lab_methods() if method.name == name)
    sources = provenance.sources(path, [bench])
    return hashlib.sha256(json.dumps(sources, sort_keys=True).encode()).hexdigest()[:16]


def over_seeds(
    name: str, seeds: Sequence[int], make: Callable[[int], Mapping[str, NDArray[Any]]], *, method: str = ""
) -> dict[str, NDArray[Any]]:
    """What `make` measures with each seed, by name, stacked (seeds, …).

    `name` is that of the method, or of a part of what is measured of the `method`.
    """
    digest = digest_of(method or name, make.__module__)
    found = []
    for seed in seeds:
        path = cache_folder() / f"seeds-{name}-{digest}-{seed}.npz"
        if not path.exists():
            measured: dict[str, Any] = dict(make(seed))
            keep(path, partial(np.savez, **measured))
        with np.load(path) as held:
            found.append({key: held[key] for key in held.files})
    return {key: np.stack([one[key] for one in found]) for key in found[0]}
