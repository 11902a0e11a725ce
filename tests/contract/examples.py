"""What a method's test hands to the contract tests: a small one of its kind, and what it answers.

The test of every method, `test_<name>.py` in `tests/methods/` or `lab/tests/methods/`, has `EXAMPLES`, a mapping from a
name to an Example. Methods are found by their cards, so that a new method is checked as soon as its file and its test
are there.
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, fields, is_dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np

from broadsheet.kit.persistence import Persistent
from broadsheet.methods import Method, methods

__all__ = ["Example", "discovered", "examples_of", "frozen", "protocols", "reloaded", "same"]


@dataclass(frozen=True, kw_only=True)
class Example:
    """One method, small enough to be made anew for every check."""

    make: Callable[..., Any]  # (*inputs) -> the method, fitted where it has to be
    answer: Callable[..., Any]  # (method, *inputs) -> arrays, numbers, or tuples, lists and records of them
    inputs: tuple[Any, ...] = ()
    keeps: tuple[type, ...] = ()  # the protocols of its room; none for functions and for methods of another shape
    given: Callable[[], Mapping[str, Any]] = dict  # what `load` wants beside the file, such as a base model

    def subjects(self) -> tuple[Any, ...]:
        """What keeps the protocols."""
        return (self.make(*self.inputs),)


def examples_of(method: Method, tests: str) -> Mapping[str, Example]:
    """The examples in the test of a method. Raises AssertionError, saying what to write, where there are none."""
    module = f"{tests}.test_{method.name}"
    try:
        found = getattr(importlib.import_module(module), "EXAMPLES", None)
    except ModuleNotFoundError as error:
        if error.name != module:
            raise
        found = None
    assert found, f"{method.path}: {module.replace('.', '/')}.py has to have EXAMPLES (tests/contract/examples.py)"
    return dict(found)


def discovered(house: Path, tests: str) -> Iterator[tuple[Method, str, Example]]:
    """(method, name of the example, example) for every method of the package in the folder `house`.

    A method whose card names extras that are not installed here has a test module that is skipped; so is it here.
    """
    for method in methods(house):
        try:
            examples = examples_of(method, tests)
        except BaseException as error:
            if type(error).__name__ != "Skipped":  # of pytest.importorskip
                raise
            continue
        yield from ((method, name, example) for name, example in examples.items())


def protocols(contract: Any) -> tuple[type, ...]:
    """The protocols that a room's contract module defines."""
    return tuple(
        value
        for value in vars(contract).values()
        if isinstance(value, type) and getattr(value, "_is_protocol", False) and value.__module__ == contract.__name__
    )


def frozen(value: Any) -> Any:
    """The same with arrays that cannot be written to, those in records and mappings among them."""
    if isinstance(value, np.ndarray):
        value = value.copy()
        value.flags.writeable = False
        return value
    if isinstance(value, tuple) and hasattr(value, "_fields"):
        return type(value)(*map(frozen, value))
    if isinstance(value, (tuple, list)):
        return type(value)(map(frozen, value))
    if isinstance(value, dict):
        return {key: frozen(held) for key, held in value.items()}
    if is_dataclass(value) and not isinstance(value, type):
        return replace(value, **{field.name: frozen(getattr(value, field.name)) for field in fields(value)})
    return value


def reloaded(subject: Persistent, example: Example) -> Any:
    """It again from a file of its own."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "method.bin"
        subject.save(path)
        return type(subject).load(path, **example.given())


def same(a: Any, b: Any) -> bool:
    """Whether two answers are equal to the last bit."""
    if isinstance(a, np.ndarray) or isinstance(b, np.ndarray):
        a, b = np.asarray(a), np.asarray(b)
        return a.dtype == b.dtype and a.shape == b.shape and np.array_equal(a, b, equal_nan=a.dtype.kind == "f")
    if type(a) is not type(b):
        return False
    if isinstance(a, Mapping):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, (tuple, list)):
        return len(a) == len(b) and all(map(same, a, b))
    if is_dataclass(a):
        return all(same(getattr(a, field.name), getattr(b, field.name)) for field in fields(a))
    return bool(a == b)
