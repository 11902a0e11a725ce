"""numba's compiler with the options we always use, typed.

What the product runs is C (see broadsheet/kit/native.py).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, TypeVar, cast

import numba
from llvmlite import ir
from numba import types
from numba.core import cgutils
from numba.extending import intrinsic

__all__ = ["jit", "jit_reordering", "popcount", "prefetch"]

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


def _prefetch(_context: Any, array: Any, _place: Any) -> Any:
    def generate(context: Any, builder: ir.IRBuilder, signature: Any, args: Any) -> Any:
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        first = context.make_array(signature.args[0])(context, builder, args[0]).data
        address = builder.bitcast(builder.gep(first, [args[1]]), byte)
        kind = ir.FunctionType(ir.VoidType(), [byte, number, number, number])
        fetch = cast(Any, cgutils).get_or_insert_function(builder.module, kind, "llvm.prefetch.p0")
        builder.call(fetch, [address, number(0), number(3), number(1)])  # to read, soon and often, data
        return context.get_dummy_value()

    return types.none(array, types.intp), generate


# prefetch(flat array, place): the memory at that element is wanted soon; for compiled code only.
prefetch = cast(Callable[[Any, Any], Any], intrinsic(_prefetch))
