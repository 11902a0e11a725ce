"""What every index promises: exact filters, growth by blocks, restoring, stable ties.

A test module of a house imports these tests and gives them its indexes as the fixture `world`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from broadsheet.indexes.contract import Block, Index
from broadsheet.kit.mask import Mask

N, D = 700, 48


@dataclass(frozen=True)
class World:
    """One index over a world whose right answer is computed by hand."""

    make: Callable[[np.ndarray], Block]  # dense rows to a block
    index: Callable[[list[Any]], Any]
    query: Callable[[np.ndarray], Any]
    restore: Callable[[Any], Block]
    tolerance: float


def dense_query(q: np.ndarray) -> np.ndarray:
    return q.astype(np.float32)


def data(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Sparse non-negative unit vectors, so that one world serves dense and sparse indexes."""
    rng = np.random.default_rng(seed)
    x = rng.random((N, D)) * (rng.random((N, D)) < 0.3)
    x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)
    q = rng.random(D) * (rng.random(D) < 0.4)
    return x.astype(np.float32), (q / np.linalg.norm(q)).astype(np.float32)


@pytest.mark.parametrize("share", [0.002, 0.05, 0.5, 1.0])
def test_filters_are_exact_and_the_best_allowed_rows_come_first(world: World, share: float) -> None:
    x, q = data()
    index = world.index([world.make(x)])
    assert isinstance(index, Index)
    allowed = np.random.default_rng(1).random(N) < share
    allowed[5] = True
    hits = index.search(world.query(q), 10, Mask.of(allowed))
    exact = x @ q
    rows = np.flatnonzero(allowed & (exact > 0))
    assert allowed[hits.ids].all()
    assert len(set(hits.ids.tolist())) == len(hits) == min(10, len(rows))
    assert hits.scores.tolist() == sorted(hits.scores.tolist(), reverse=True)
    np.testing.assert_allclose(hits.scores, exact[hits.ids], atol=world.tolerance)
    assert hits.scores[-1] >= np.sort(exact[rows])[::-1][: len(hits)][-1] - world.tolerance


def test_blocks_grow_an_index_without_disturbing_it(world: World) -> None:
    x, q = data()
    whole = world.index([world.make(x)])
    first = world.index([world.make(x[:300])])
    grown = first.extended(world.make(x[300:]))
    assert (len(whole), len(first), len(grown)) == (N, 300, N)
    a, b = whole.search(world.query(q), 20), grown.search(world.query(q), 20)
    np.testing.assert_allclose(a.scores, b.scores, atol=world.tolerance)
    assert len(set(a.ids.tolist()) & set(b.ids.tolist())) >= 18
    mask = np.zeros(N, np.bool_)
    mask[[10, 299, 300, 650]] = True
    assert set(grown.search(world.query(q), 9, Mask.of(mask)).ids.tolist()) <= {10, 299, 300, 650}


def test_a_block_is_restored_from_its_arrays(world: World) -> None:
    x, q = data()
    block = world.make(x)
    again = world.restore(dict(block.to_arrays()))
    assert again.rows == N
    a, b = (world.index([part]).search(world.query(q), 15) for part in (block, again))
    assert (a.ids.tolist(), a.scores.tolist()) == (b.ids.tolist(), b.scores.tolist())


def test_arrays_that_do_not_fit_are_refused(world: World) -> None:
    arrays = dict(world.make(data()[0]).to_arrays())
    name = next(name for name in ("scales", "impacts", "norms", "element_levels") if name in arrays)
    with pytest.raises(ValueError, match="differ"):
        world.restore({**arrays, name: arrays[name][:-1]})


def test_nothing_asked_or_nothing_there_gives_nothing(world: World) -> None:
    x, q = data()
    assert len(world.index([]).search(world.query(q), 5)) == 0
    index = world.index([world.make(x)])
    assert len(index.search(world.query(q), 0)) == 0
    assert len(index.search(world.query(q), 5, Mask.of(np.zeros(N, np.bool_)))) == 0
    with pytest.raises(ValueError, match="the mask covers 3 rows"):
        index.search(world.query(q), 5, Mask.full(3))
