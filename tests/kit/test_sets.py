"""Sets of rows, the best of many, counted terms and sign bits: each equals what a plain loop gives."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.kit import signs
from broadsheet.kit.bag_of_words import among, bag, find_sorted
from broadsheet.kit.hash_table import HashTable, compact
from broadsheet.kit.hits import Hits, top_k
from broadsheet.kit.mask import Mask
from broadsheet.kit.text import term, tokenize
from broadsheet.kit.threads import one_thread
from broadsheet.kit.title_words import TITLE_STOP_TERMS

FLAGS = st.lists(st.booleans(), max_size=300)


@given(FLAGS, st.integers(0, 300), st.integers(0, 300))
def test_a_slice_of_a_mask_counts_from_zero(flags: list[bool], first: int, last: int) -> None:
    start, stop = sorted((min(first, len(flags)), min(last, len(flags))))
    mask = Mask.of(np.array(flags, np.bool_))
    for a, b in ((start, stop), (start // 64 * 64, len(flags))):
        part = mask.slice(a, b)
        assert part.n == b - a
        assert part.flags().tolist() == flags[a:b]
        assert part.count() == sum(flags[a:b])


def test_masks_over_other_rows_cannot_be_combined() -> None:
    with pytest.raises(ValueError, match="masks over 3 and 4 rows"):
        Mask.full(3) & Mask.full(4)
    with pytest.raises(ValueError, match="masks over 65 and 64 rows"):
        Mask.full(65) | Mask.full(64)


@given(FLAGS)
def test_masks_follow_the_laws_of_sets(flags: list[bool]) -> None:
    mask = Mask.of(np.array(flags, np.bool_))
    every = Mask.full(len(flags))
    assert (mask & ~mask).count() == 0
    assert (mask | ~mask).words.tolist() == every.words.tolist()
    assert (~~mask).words.tolist() == mask.words.tolist()
    assert (mask & every).rows().tolist() == mask.rows().tolist()


def test_no_hits_and_the_head_of_some() -> None:
    assert len(Hits.none()) == 0
    assert (Hits.none().ids.dtype, Hits.none().scores.dtype) == (np.int64, np.float32)
    hits = top_k(np.array([5, 2, 9, 7]), np.array([1.0, 3.0, 3.0, 2.0], np.float32), 3)
    assert hits.ids.tolist() == [2, 9, 7]
    assert hits.head(2).scores.tolist() == [3.0, 3.0]
    assert len(hits.head(9)) == 3
    assert len(top_k(np.array([1]), np.array([1.0], np.float32), 0)) == 0


@given(st.lists(st.tuples(st.integers(0, 50), st.sampled_from((0.0, 1.0, 2.0, -1.5))), max_size=40), st.integers(0, 50))
def test_the_best_of_any_rows_are_the_first_of_all_sorted(rows: list[tuple[int, float]], k: int) -> None:
    pairs = list(dict(rows).items())
    ids = np.array([row for row, _ in pairs], np.int64)
    scores = np.array([score for _, score in pairs], np.float32)
    hits = top_k(ids, scores, k)
    assert hits.ids.tolist() == [row for row, _ in sorted(pairs, key=lambda pair: (-pair[1], pair[0]))[:k]]


def test_bags_add_up() -> None:
    bags = bag(tokenize(["tide tide stone", "", "stone river"]))
    assert len(bags) == 3
    assert bags.totals().tolist() == [3.0, 0.0, 2.0]
    frequency = dict(zip(bags.terms.tolist(), bags.document_frequency().tolist(), strict=True))
    assert {word: frequency[term(word)] for word in ("tide", "stone", "river")} == {"tide": 1, "stone": 2, "river": 1}
    assert bags.terms.tolist() == sorted(bags.terms.tolist())


def test_weights_are_summed_where_they_are_given() -> None:
    tokens = tokenize(["tide tide stone"])
    bags = bag(tokens, weights=np.array([0.5, 0.25, 2.0], np.float32))
    assert dict(zip(bags.terms.tolist(), bags.counts.tolist(), strict=True)) == {term("tide"): 0.75, term("stone"): 2.0}


def test_terms_among_others_and_where_they_are() -> None:
    words = np.array([3, 1, 4, 1], np.uint64)
    assert among(words, np.array([1, 9], np.uint64)).tolist() == [False, True, False, True]
    assert find_sorted(np.array([1, 4, 9], np.uint64), words).tolist() == [-1, 0, 1, 0]
    assert find_sorted(np.empty(0, np.uint64), words).tolist() == [-1] * 4


@given(st.lists(st.integers(0, 2**32 - 1), max_size=60, unique=True), st.lists(st.integers(0, 2**32 - 1), max_size=30))
def test_a_table_finds_what_a_dictionary_finds(keys: list[int], others: list[int]) -> None:
    places = {key: place for place, key in enumerate(keys)}
    wanted = [*others, *keys]
    assert HashTable(np.array(keys, np.uint32)).find(np.array(wanted, np.uint32)).tolist() == [
        places.get(key, -1) for key in wanted
    ]


def test_a_table_sifts_what_it_skips() -> None:
    table = HashTable(np.array([10, 20], np.uint32), skip=np.array([1, 2], np.uint32))
    texts = np.array([1, 10, 2, 30, 20, 2, 1], np.uint32)
    left, found, bounds = table.filter_known(texts, np.array([0, 3, 5, 7]))
    assert (left.tolist(), found[found >= 0].size, bounds.tolist()) == ([10, 30, 20], 2, [0, 1, 3, 3])
    assert compact(np.array([4, -1, 2, 4], np.int32), 6)[1].tolist() == [4, 2]


@given(st.lists(st.integers(-1, 40), min_size=1, max_size=80), st.integers(1, 80))
def test_a_short_list_holds_the_greatest_and_all_that_tie(values: list[int], k: int) -> None:
    estimates = np.array(values, np.int32)
    allowed = sorted((value for value in values if value >= 0), reverse=True)
    floor = allowed[min(k, len(allowed)) - 1] if allowed else 0
    assert signs.short_list(estimates, k, 40).tolist() == [i for i, v in enumerate(values) if v >= max(floor, 0)]
    assert signs.rows_at_least(estimates, floor).tolist() == [i for i, value in enumerate(values) if value >= floor]


@given(st.lists(st.booleans(), min_size=1, max_size=200))
def test_rows_of_a_mask_by_the_kernels(flags: list[bool]) -> None:
    mask = Mask.of(np.array(flags, np.bool_))
    rows = mask.rows().tolist()
    assert signs.mask_rows(mask.words, len(rows)).tolist() == rows
    for most in (0, len(rows), len(rows) + 5):
        count, held = signs.rows_up_to(mask.words, most)
        assert held.tolist() == (rows if len(rows) <= most else [])
        assert count == len(rows) or count > most
    out = np.zeros(len(flags), np.int32)
    signs.exclude(mask.words, out)
    assert out.tolist() == [0 if flag else -1 for flag in flags]


@given(st.integers(0, 2**32 - 1), st.integers(1, 3), st.integers(1, 12))
def test_estimates_equal_sums_of_query_values_where_the_signs_agree(seed: int, words: int, count: int) -> None:
    rng = np.random.default_rng(seed)
    bits = rng.integers(0, 2**63, (count, words), dtype=np.uint64)
    query = rng.integers(0, signs.LEVELS + 1, words * 64)
    planes = np.array(
        [np.packbits(query >> bit & 1, bitorder="little").view(np.uint64) for bit in range(signs.QUERY_BITS)]
    )
    out = np.empty(count, np.int32)
    signs.estimate(bits, planes, out)
    signed = np.unpackbits(bits.view(np.uint8), axis=1, bitorder="little").astype(np.int64)
    agreeing = (signed * query + (1 - signed) * (signs.LEVELS - query)).sum(axis=1)
    assert out.tolist() == agreeing.tolist()
    rows = np.arange(count - 1, -1, -1)
    some = np.empty(count, np.int32)
    signs.estimate_rows(bits, planes, rows, some)
    assert some.tolist() == out[::-1].tolist()


def test_words_of_titles_that_say_nothing_are_sorted_terms() -> None:
    assert TITLE_STOP_TERMS.tolist() == sorted(set(TITLE_STOP_TERMS.tolist()))
    said = tokenize(["Towards a novel approach using new methods", "Tides of glass"])
    dull = find_sorted(TITLE_STOP_TERMS, said.terms) >= 0
    assert dull[: said.bounds[1]].all()
    assert dull[said.bounds[1] :].tolist() == [False, True, False]


def test_products_on_one_thread_are_the_same() -> None:
    square = np.arange(9.0).reshape(3, 3)
    with one_thread():
        assert (square @ square).tolist() == [[15.0, 18.0, 21.0], [42.0, 54.0, 66.0], [69.0, 90.0, 111.0]]
