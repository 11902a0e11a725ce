"""What every index promises: exact filters, growth by blocks, restoring, stable ties; and what one of vectors adds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from broadsheet.indexes.contract import Block
from broadsheet.kit.mask import Mask
from broadsheet.kit.persistence import Persistent
from tests.contract.examples import Example, reloaded

__all__ = ["OF_AN_INDEX", "OF_A_BLOCK", "OF_A_VECTOR_INDEX", "D", "IndexExample", "data", "index_example"]

N, D = 700, 48


@dataclass(frozen=True, kw_only=True)
class IndexExample(Example):
    """An index over a world whose right answer is computed by hand."""

    block: Callable[[np.ndarray], Block]  # dense rows to a block
    index: Callable[[list[Any]], Any]  # blocks to an index
    query: Callable[[np.ndarray], Any]
    from_arrays: Callable[[Any], Block]
    tolerance: float

    def subjects(self) -> tuple[Any, ...]:
        """The index and a block of it."""
        return (*super().subjects(), self.block(self.inputs[0]))


def data(seed: int = 0) -> tuple[np.ndarray, np.ndarray]:
    """Sparse non-negative unit vectors, so that one world serves dense and sparse indexes."""
    rng = np.random.default_rng(seed)
    x = rng.random((N, D)) * (rng.random((N, D)) < 0.3)
    x /= np.maximum(np.linalg.norm(x, axis=1, keepdims=True), 1e-9)
    q = rng.random(D) * (rng.random(D) < 0.4)
    return x.astype(np.float32), (q / np.linalg.norm(q)).astype(np.float32)


def index_example(
    block: Callable[[np.ndarray], Block],
    index: Callable[[list[Any]], Any],
    from_arrays: Callable[[Any], Block],
    keeps: tuple[type, ...],
    *,
    query: Callable[[np.ndarray], Any] = lambda q: q,
    tolerance: float = 0.02,
) -> IndexExample:
    """An example of an index made of blocks."""
    return IndexExample(
        make=lambda x, _: index([block(x)]),
        answer=lambda method, _, q: method.search(query(q), 20),
        inputs=data(),
        keeps=(*keeps, Block),
        block=block,
        index=index,
        query=query,
        from_arrays=from_arrays,
        tolerance=tolerance,
    )


def _index(example: Example) -> IndexExample:
    assert isinstance(example, IndexExample), "an index is given as index_example(...)"
    return example


def filters_are_exact_and_the_best_allowed_rows_come_first(example: Example) -> None:
    world, (x, q) = _index(example), data()
    index = world.index([world.block(x)])
    for share in (0.002, 0.05, 0.5, 1.0):
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


def blocks_grow_an_index_without_disturbing_it(example: Example) -> None:
    world, (x, q) = _index(example), data()
    whole = world.index([world.block(x)])
    first = world.index([world.block(x[:300])])
    grown = first.with_block(world.block(x[300:]))
    assert (len(whole), len(first), len(grown)) == (N, 300, N)
    a, b = whole.search(world.query(q), 20), grown.search(world.query(q), 20)
    np.testing.assert_allclose(a.scores, b.scores, atol=world.tolerance)
    assert len(set(a.ids.tolist()) & set(b.ids.tolist())) >= 18
    mask = np.zeros(N, np.bool_)
    mask[[10, 299, 300, 650]] = True
    assert set(grown.search(world.query(q), 9, Mask.of(mask)).ids.tolist()) <= {10, 299, 300, 650}


def a_block_is_restored_from_a_file(example: Example) -> None:
    world, (x, q) = _index(example), data()
    block = world.block(x)
    assert isinstance(block, Persistent)
    again = reloaded(block, example)
    assert again.rows == N
    a, b = (world.index([part]).search(world.query(q), 15) for part in (block, again))
    assert (a.ids.tolist(), a.scores.tolist()) == (b.ids.tolist(), b.scores.tolist())


def arrays_that_do_not_fit_are_refused(example: Example) -> None:
    world = _index(example)
    arrays = dict(world.block(data()[0]).to_arrays())
    name = next(name for name in ("scales", "impacts", "norms", "element_levels", "bounds") if name in arrays)
    with pytest.raises(ValueError, match="differ"):
        world.from_arrays({**arrays, name: arrays[name][:-1]})


def no_rows_and_no_room_give_nothing(example: Example) -> None:
    world, (x, q) = _index(example), data()
    assert len(world.index([]).search(world.query(q), 5)) == 0
    index = world.index([world.block(x)])
    assert len(index.search(world.query(q), 0)) == 0
    assert len(index.search(world.query(q), 5, Mask.of(np.zeros(N, np.bool_)))) == 0
    with pytest.raises(ValueError, match="the mask covers 3 rows"):
        index.search(world.query(q), 5, Mask.full(3))


def vectors_and_scores_of_rows_are_those_of_the_data(example: Example) -> None:
    world, (x, q) = _index(example), data()
    index = world.index([world.block(x[:400]), world.block(x[400:])])
    rows = np.array([699, 3, 400, 399])
    np.testing.assert_allclose(index.vectors(rows), x[rows], atol=0.02 * float(np.abs(x).max()))
    np.testing.assert_allclose(index.score(q, rows), x[rows] @ q, atol=world.tolerance)


def a_query_that_is_not_finite_is_refused(example: Example) -> None:
    world, (x, q) = _index(example), data()
    for bad in (np.nan, np.inf):
        q[7] = bad
        for blocks in ([x], [x[:400], x[400:]]):
            index = world.index([world.block(part) for part in blocks])
            for allowed in (None, Mask.of_rows(np.arange(9), N), Mask.full(N)):
                with pytest.raises(ValueError, match="the query is not finite"):
                    index.search(q, 5, allowed)
            with pytest.raises(ValueError, match="the query is not finite"):
                index.score(q, np.arange(3))


OF_AN_INDEX = (
    filters_are_exact_and_the_best_allowed_rows_come_first,
    blocks_grow_an_index_without_disturbing_it,
    no_rows_and_no_room_give_nothing,
)
OF_A_BLOCK = (a_block_is_restored_from_a_file, arrays_that_do_not_fit_are_refused)
OF_A_VECTOR_INDEX = (vectors_and_scores_of_rows_are_those_of_the_data, a_query_that_is_not_finite_is_refused)
