"""The table finds what a dictionary finds, whatever the keys and however they crowd."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.kit.hash_table import HashTable, compact

KEY = st.one_of(st.integers(0, 2**32 - 1), st.integers(0, 8))


def literal(keys: list[int], wanted: list[int]) -> list[int]:
    return [keys.index(one) if one in keys else -1 for one in wanted]


@given(st.lists(KEY, max_size=40), st.lists(KEY, max_size=40))
def test_it_finds_what_a_list_finds(keys: list[int], others: list[int]) -> None:
    wanted = keys + others
    found = HashTable(np.array(keys, np.uint32)).find(np.array(wanted, np.uint32))
    assert found.tolist() == literal(keys, wanted)
    assert found.dtype == np.int32


def test_of_equal_keys_the_first_counts() -> None:
    assert HashTable(np.array([7, 9, 7], np.uint32)).find(np.array([7, 9, 0], np.uint32)).tolist() == [0, 1, -1]


def test_keys_that_share_a_place_are_told_apart() -> None:
    mix = pow(0x9E3779B1, -1, 1 << 32)  # keys whose products lie side by side: all of them want the first place
    crowd = np.array([mix * n % (1 << 32) for n in range(300)], np.uint32)
    absent = np.array([mix * n % (1 << 32) for n in range(300, 600)], np.uint32)
    table = HashTable(crowd)
    np.testing.assert_array_equal(table.find(crowd), np.arange(300))
    assert (table.find(absent) == -1).all()


def test_many_random_keys_and_the_greatest() -> None:
    rng = np.random.default_rng(0)
    keys = np.unique(rng.integers(0, 1 << 32, 50_000, dtype=np.uint64)).astype(np.uint32)
    keys[-1] = 0xFFFFFFFF
    table = HashTable(keys)
    order = rng.permutation(len(keys))
    np.testing.assert_array_equal(table.find(keys[order]), order)
    np.testing.assert_array_equal(table.find(keys[::2]), np.arange(0, len(keys), 2))  # not contiguous
    keys.setflags(write=False)
    np.testing.assert_array_equal(HashTable(keys).find(keys), np.arange(len(keys)))


def test_without_keys_nothing_is_found() -> None:
    empty = np.empty(0, np.uint32)
    assert HashTable(empty).find(np.array([0, 5], np.uint32)).tolist() == [-1, -1]
    assert HashTable(np.array([5], np.uint32)).find(empty).tolist() == []


@given(st.lists(KEY, max_size=30), st.lists(KEY, max_size=10), st.lists(st.lists(KEY, max_size=8), max_size=6))
def test_sifting_leaves_out_what_is_skipped(keys: list[int], skip: list[int], texts: list[list[int]]) -> None:
    table = HashTable(np.array(keys, np.uint32), skip=np.array(skip, np.uint32))
    flat = np.array([key for text in texts for key in text], np.uint32)
    bounds = np.cumsum([0, *map(len, texts)])
    left = [[key for key in text if key not in skip] for text in texts]
    kept, places, ends = table.filter_known(flat, bounds)
    assert kept.tolist() == [key for text in left for key in text]
    assert places.tolist() == literal(keys, kept.tolist())
    assert ends.tolist() == np.cumsum([0, *map(len, left)]).tolist()
    known = [key if key not in skip else None for key in flat.tolist()]
    assert table.find(flat).tolist() == [keys.index(key) if key in keys else -1 for key in known]


@given(st.lists(st.integers(-1, 9), max_size=40))
def test_places_are_numbered_as_they_appear(places: list[int]) -> None:
    slots, used = compact(np.array(places, np.int32), 10)
    distinct = list(dict.fromkeys(place for place in places if place >= 0))
    assert used.tolist() == distinct
    assert slots.tolist() == [distinct.index(place) if place >= 0 else -1 for place in places]
