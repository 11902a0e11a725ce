"""The table finds what a dictionary finds, whatever the keys and however they crowd."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.kit.lookup import Table

KEY = st.one_of(st.integers(0, 2**32 - 1), st.integers(0, 8))


def literal(keys: list[int], wanted: list[int]) -> list[int]:
    return [keys.index(one) if one in keys else -1 for one in wanted]


@given(st.lists(KEY, max_size=40), st.lists(KEY, max_size=40))
def test_it_finds_what_a_list_finds(keys: list[int], others: list[int]) -> None:
    wanted = keys + others
    found = Table(np.array(keys, np.uint32)).find(np.array(wanted, np.uint32))
    assert found.tolist() == literal(keys, wanted)
    assert found.dtype == np.int32


def test_of_equal_keys_the_first_counts() -> None:
    assert Table(np.array([7, 9, 7], np.uint32)).find(np.array([7, 9, 0], np.uint32)).tolist() == [0, 1, -1]


def test_keys_that_share_a_place_are_told_apart() -> None:
    mix = pow(0x9E3779B1, -1, 1 << 32)  # keys whose products lie side by side: all of them want the first place
    crowd = np.array([mix * n % (1 << 32) for n in range(300)], np.uint32)
    absent = np.array([mix * n % (1 << 32) for n in range(300, 600)], np.uint32)
    table = Table(crowd)
    np.testing.assert_array_equal(table.find(crowd), np.arange(300))
    assert (table.find(absent) == -1).all()


def test_many_random_keys_and_the_greatest() -> None:
    rng = np.random.default_rng(0)
    keys = np.unique(rng.integers(0, 1 << 32, 50_000, dtype=np.uint64)).astype(np.uint32)
    keys[-1] = 0xFFFFFFFF
    table = Table(keys)
    order = rng.permutation(len(keys))
    np.testing.assert_array_equal(table.find(keys[order]), order)
    np.testing.assert_array_equal(table.find(keys[::2]), np.arange(0, len(keys), 2))  # not contiguous
    keys.setflags(write=False)
    np.testing.assert_array_equal(Table(keys).find(keys), np.arange(len(keys)))


def test_without_keys_nothing_is_found() -> None:
    empty = np.empty(0, np.uint32)
    assert Table(empty).find(np.array([0, 5], np.uint32)).tolist() == [-1, -1]
    assert Table(np.array([5], np.uint32)).find(empty).tolist() == []
