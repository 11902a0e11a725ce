"""Nobody draws from the generator that a whole process shares: not the product, not its tests.

Whoever does is not repeatable. A thread that does so (of a library, say, that makes up a boundary of a mail) while
Hypothesis draws the input of a test makes that test look as if it did, so that pyproject.toml has this warning ignored:
that no test does it is what these tests are for.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
OWN = {"Random", "SystemRandom"}  # generators of one's own


def shared_draws(text: str) -> Iterator[str]:
    """What of a module draws from the generator that all share."""
    tree = ast.parse(text)
    names = {
        alias.asname or alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.Import)
        for alias in node.names
        if alias.name == "random"
    }
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module == "random":
            yield from sorted({alias.name for alias in node.names} - OWN)
        if not isinstance(node, ast.Attribute):
            continue
        of = ast.unparse(node.value)
        if of in names and node.attr not in OWN:
            yield node.attr
        if of in {"np.random", "numpy.random"} and node.attr[:1].islower() and node.attr != "default_rng":
            yield f"numpy's {node.attr}"


@pytest.mark.parametrize(
    ("text", "draws"),
    [
        ("import random\nrandom.random()", ["random"]),
        ("import random as chance\nchance.shuffle(x)", ["shuffle"]),
        ("from random import choice, Random", ["choice"]),
        ("import numpy as np\nnp.random.seed(1)", ["numpy's seed"]),
        ("import random\nrandom.Random(7).random()", []),
        ("import numpy as np\nnp.random.default_rng(7).random()", []),
        ("def f(random):\n    return random.random()", []),  # one that was handed in
    ],
)
def test_what_is_shared(text: str, draws: list[str]) -> None:
    assert list(shared_draws(text)) == draws


@pytest.mark.parametrize("folder", ["src", "tests", "lab/src", "lab/tests", "examples", "scripts"])
def test_nobody_draws_from_it(folder: str) -> None:
    found = {
        path.relative_to(ROOT).as_posix(): draws
        for path in sorted((ROOT / folder).rglob("*.py"))
        if "_native" not in path.parts and (draws := list(shared_draws(path.read_text(encoding="utf-8"))))
    }
    assert found == {}
