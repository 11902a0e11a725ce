"""numba's compiler with the options we always use, typed."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

__all__ = ["jit", "popcount"]

F = TypeVar("F", bound=Callable[..., Any])


def jit(function: F) -> F:
    """Compile `function` on first call; keep the machine code on disk and release the lock while it runs."""
    return cast(F, numba.njit(cache=True, nogil=True, boundscheck=False)(function))


def _popcount(_context: Any, _value: Any) -> Any:
    def generate(_: Any, builder: ir.IRBuilder, __: Any, args: Any) -> Any:
        return builder.ctpop(args[0])

    return types.uint64(types.uint64), generate


popcount = cast(Callable[[Any], Any], intrinsic(_popcount))  # set bits of a uint64, one instruction; in compiled code only
