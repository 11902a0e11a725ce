"""numba's compiler with the options we always use, typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

__all__ = ["jit", "jit_reordering", "popcount"]

F = TypeVar("F", bound=Callable[..., Any])


def jit(function: F) -> F:
    """Compile `function` on first call; keep the machine code on disk and release the lock while it runs."""
    return cast(F, numba.njit(cache=True, nogil=True, boundscheck=False)(function))


def jit_reordering(function: F) -> F:
    """As `jit`; sums of floats may be added in any order, so that they run in vector registers."""
    options = {"reassoc", "contract", "nsz"}
    return cast(F, numba.njit(cache=True, nogil=True, boundscheck=False, fastmath=options)(function))


def _popcount(_context: Any, _value: Any) -> Any:
    def generate(_: Any, builder: ir.IRBuilder, __: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.uint64(types.uint64), generate


# The set bits of a uint64 in one instruction; for compiled code only.
popcount = cast(Callable[[Any], Any], intrinsic(_popcount))
