"""numba's compiler with the options we always use, typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba

__all__ = ["jit"]

F = TypeVar("F", bound=Callable[..., Any])


def jit(function: F) -> F:
    """Compile `function` on first call; keep the machine code on disk and release the lock while it runs."""
    return cast(F, numba.njit(cache=True, nogil=True, boundscheck=False)(function))
