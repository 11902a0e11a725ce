"""Calls compiled kernels: C functions on numpy arrays, in the best build for this processor.

    _scan = kernel("text_scan")  # its signature is in native/text.c

A kernel is loaded in the module of the Python function that calls it. That function owns all memory and passes lengths,
which are not checked here. An array argument must have the element type of the C pointer (booleans pass for bytes), be
contiguous, and be writable if the pointer is not const. The interpreter lock is released while a kernel runs. Every
build gives the same bits (see native/kernels.h).

BROADSHEET_KERNELS=baseline, avx2 or avx512 selects a build, to compare them.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

__all__ = ["builds", "kernel", "loaded"]

_FOLDER = Path(__file__).with_name("_native")
_SUFFIX = ".dylib" if sys.platform == "darwin" else ".so"
_LEVELS = ("baseline", "avx2", "avx512")  # by the level that native/processor.c returns
_DTYPES: dict[str, np.dtype[Any]] = {"float": np.dtype(np.float32), "double": np.dtype(np.float64)}
_DTYPES |= {f"{sign}int{bits}_t": np.dtype(f"{sign}int{bits}") for sign in ("", "u") for bits in (8, 16, 32, 64)}


def builds() -> list[str]:
    """The builds that are installed and run on this processor, the slowest first."""
    level = _open("baseline").processor_level()
    return [name for name in _LEVELS[: level + 1] if _path(name).exists()]


@cache
def loaded() -> str:
    """The build in use; it is chosen once."""
    return os.environ.get("BROADSHEET_KERNELS") or builds()[-1]


def kernel(name: str) -> Callable[..., Any]:
    """The C function `name`, with arrays for pointers. A call raises TypeError for an array of the wrong type."""
    interface = _interface()
    function, writes = getattr(_library(), name), interface.WRITES[name]
    from_buffer: Any = interface.ffi.from_buffer
    # For each array: (position, pointer type, element type, whether booleans are accepted, whether C writes to it).
    pointers: list[tuple[int, Any, np.dtype[Any], bool, bool]] = []
    for place, argument in enumerate(interface.ffi.typeof(function).args):
        if argument.kind == "pointer":
            element = argument.item.cname
            pointer = interface.ffi.typeof(f"{element}[]")
            pointers.append((place, pointer, _DTYPES[element], element == "uint8_t", place in writes))

    def call(*arguments: Any) -> Any:
        passed = list(arguments)
        for place, pointer, dtype, or_bool, is_written in pointers:
            array = passed[place]
            if array.dtype is not dtype and array.dtype != dtype and not (or_bool and array.dtype == np.bool_):
                raise TypeError(f"argument {place} of {name} takes {dtype}, not {array.dtype}")
            passed[place] = from_buffer(pointer, array, is_written)
        return function(*passed)

    call.__name__ = name
    return call


@cache
def _interface() -> Any:
    try:
        from broadsheet.kit._native import interface
    except ImportError as error:
        raise _missing(error) from error
    return interface


@cache
def _library() -> Any:
    return _open(loaded())


def _path(name: str) -> Path:
    return _FOLDER / f"kernels-{name}{_SUFFIX}"


@cache
def _open(name: str) -> Any:
    try:
        return _interface().ffi.dlopen(str(_path(name)))
    except OSError as error:
        raise _missing(error) from error


def _missing(error: Exception) -> ImportError:
    return ImportError(
        f"broadsheet's compiled kernels cannot be loaded ({error}); install it again (`pip install .`), "
        "or in a checkout run `python native/build.py`"
    )
