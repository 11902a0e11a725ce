"""The laboratory's indexes keep the promises of the product's room."""

import importlib.util

import pytest

from broadsheet_lab.indexes.squash import Squash, SquashBlock
from tests.contract.index_checks import (
    World,
    dense_query,
    test_a_block_is_restored_from_its_arrays,
    test_arrays_that_do_not_fit_are_refused,
    test_blocks_grow_an_index_without_disturbing_it,
    test_filters_are_exact_and_the_best_allowed_rows_come_first,
    test_nothing_asked_or_nothing_there_gives_nothing,
)

__all__ = [
    "test_a_block_is_restored_from_its_arrays",
    "test_arrays_that_do_not_fit_are_refused",
    "test_blocks_grow_an_index_without_disturbing_it",
    "test_filters_are_exact_and_the_best_allowed_rows_come_first",
    "test_nothing_asked_or_nothing_there_gives_nothing",
]

WORLDS = {"squash": World(SquashBlock.of, Squash, dense_query, SquashBlock.from_arrays, 0.02)}

if importlib.util.find_spec("hnswlib"):  # the extra `ann`, which needs a compiler
    from broadsheet_lab.indexes.hnsw_order import Hnsw, HnswBlock, ordered_block

    WORLDS |= {
        "hnsw_order": World(ordered_block, Hnsw, dense_query, HnswBlock.from_arrays, 1e-5),
        "hnsw_order, beam against a mask": World(
            ordered_block, lambda blocks: Hnsw(blocks, beam=8), dense_query, HnswBlock.from_arrays, 0.05
        ),
    }


@pytest.fixture(params=sorted(WORLDS))
def world(request: pytest.FixtureRequest) -> World:
    return WORLDS[request.param]
