"""RaBitQ's rotation keeps lengths, its estimate ranks, and bad vectors are refused by row."""

import numpy as np
import pytest

from broadsheet.indexes._codes import inner_rows
from broadsheet.indexes._keys import best_of, decode_keys
from broadsheet.indexes._rotation import rotate, rotate_back, rotate_query, signs_of
from broadsheet.indexes.contract import Index, VectorIndex
from broadsheet.indexes.scan import CodeBlock, Scan
from broadsheet.kit.mask import Mask
from broadsheet.kit.signs import estimate, estimate_rows, missed_rows, rows_at_least, rows_up_to, short_list
from tests.contract.index_promises import index_example


def test_the_rotation_keeps_inner_products() -> None:
    sizes = {1: 64, 3: 64, 64: 64, 100: 128, 200: 256, 256: 256, 384: 384, 500: 512, 768: 768}
    for d, size in sizes.items():
        turn = rotate(np.eye(d, dtype=np.float32))
        assert turn.shape == (d, size)
        np.testing.assert_allclose(turn @ turn.T, np.eye(d), atol=1e-5)
        np.testing.assert_allclose(rotate_back(turn, d), np.eye(d), atol=1e-5)
        width = size & -size  # of one transform: every component is spread over all of it
        assert ((turn != 0).sum(axis=1) == width).all()
        assert len(np.unique(np.abs(turn[turn != 0]))) == 1
        signs = signs_of(d)
        for row in np.random.default_rng(d).standard_normal((3, d)).astype(np.float32):
            np.testing.assert_allclose(rotate_query(row, signs), rotate(row[None])[0], rtol=1e-6)


@pytest.mark.parametrize("width", [1, 2, 3, 4, 6, 12, 20])
def test_estimates_are_counted_bit_by_bit(width: int) -> None:
    rng = np.random.default_rng(width)
    bits = rng.integers(0, 2**63, (300, width), dtype=np.uint64)
    planes = rng.integers(0, 2**63, (4, width), dtype=np.uint64)
    differing = np.bitwise_count(bits[:, None, :] ^ planes[None]).sum(axis=2, dtype=np.int64)  # (n, 4)
    wanted = 15 * 64 * width - differing @ np.array([1, 2, 4, 8])
    every, some, rows = np.empty(300, np.int32), np.empty(100, np.int32), np.arange(0, 300, 3)
    estimate(bits, planes, every)
    estimate_rows(bits, planes, rows, some)
    np.testing.assert_array_equal(every, wanted)
    np.testing.assert_array_equal(some, wanted[rows])


def test_what_is_above_an_estimate_is_found_wherever_it_lies() -> None:
    rng = np.random.default_rng(0)
    for n in (1, 63, 64, 65, 1000):
        estimates = rng.integers(-1, 200, n).astype(np.int32)
        for floor in (-5, 0, 100, 199, 300):
            np.testing.assert_array_equal(rows_at_least(estimates, floor), np.flatnonzero(estimates >= max(floor, 0)))
        for k in (1, 10, n, n + 5):
            chosen = short_list(estimates, k, 200)
            allowed = np.sort(estimates[estimates >= 0])[::-1]
            least = allowed[min(k, len(allowed)) - 1] if len(allowed) else 0
            np.testing.assert_array_equal(chosen, np.flatnonzero(estimates >= max(least, 0)))
            if len(chosen):
                assert len(missed_rows(estimates, chosen, int(least))) == 0
                lower = int(least) - 20
                np.testing.assert_array_equal(missed_rows(estimates, chosen, lower), rows_at_least(estimates, lower))


def test_few_rows_of_a_mask_are_listed_and_many_are_counted() -> None:
    rows = np.array([0, 5, 63, 64, 129, 130])
    words = Mask.of_rows(rows, 131).words
    assert [(count, listed.tolist()) for count, listed in (rows_up_to(words, 6), rows_up_to(words, 5))] == [
        (6, rows.tolist()),
        (6, []),
    ]


@pytest.mark.parametrize("count", [0, 1, 3, 4, 7, 8, 30])
def test_rows_are_scored_by_their_codes_and_the_best_come_first(count: int) -> None:
    rng = np.random.default_rng(count)
    codes, scales = rng.integers(-127, 128, (40, 128), dtype=np.int8), rng.random(40, dtype=np.float32)
    query, rows = rng.standard_normal(128).astype(np.float32), rng.permutation(40)[:count] + 1000
    scores = np.empty(count, np.float32)
    inner_rows(codes, scales, query, rows, 1000, scores)
    wanted = (codes @ query * scales)[rows - 1000]
    np.testing.assert_allclose(scores, wanted, rtol=1e-4, atol=1e-3)
    scores[: count // 2] = scores[count - count // 2 :]  # of equal ones the lower row comes first
    order = np.lexsort((rows, -scores))
    for k in (1, 10):
        found, own = decode_keys(best_of(scores, rows, k))
        np.testing.assert_array_equal(found, rows[order][:k])
        np.testing.assert_array_equal(own, scores[order][:k])


def test_the_rotation_is_sylvesters_matrix_with_signs_and_can_be_taken_back() -> None:
    hadamard = np.ones((1, 1))
    while len(hadamard) < 128:
        hadamard = np.block([[hadamard, hadamard], [hadamard, -hadamard]])
    x = np.random.default_rng(1).standard_normal((5, 100)).astype(np.float32)
    signs = np.sign(rotate(np.eye(100, dtype=np.float32))[:, 0])
    np.testing.assert_allclose(rotate(x), (x * signs) @ hadamard[:100] / np.sqrt(128), atol=1e-5)
    np.testing.assert_allclose(rotate_back(rotate(x), 100), x, atol=1e-5)


def test_eight_bits_keep_a_vector_to_within_a_step() -> None:
    x = np.random.default_rng(0).standard_normal((50, 100)).astype(np.float32)
    block = CodeBlock.of(x)
    np.testing.assert_allclose(block.vectors(np.arange(50)), x, atol=float(block.scales.max()) * 4)


def test_the_short_list_holds_the_neighbours() -> None:
    rng = np.random.default_rng(3)
    x = rng.standard_normal((6000, 128)).astype(np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    index = Scan([CodeBlock.of(x)], short=4, least=400)
    found = []
    for q in x[:50] + 0.06 * rng.standard_normal((50, 128)).astype(np.float32):
        exact = set(np.argsort(-(x @ q))[:10].tolist())
        found.append(len(exact & set(index.search(q, 10).ids.tolist())) / 10)
    assert np.mean(found) >= 0.9


def test_scores_of_given_rows_are_inner_products_across_blocks() -> None:
    x = np.random.default_rng(1).standard_normal((90, 32)).astype(np.float32)
    index = Scan([CodeBlock.of(x[:40]), CodeBlock.of(x[40:])])
    rows = np.array([0, 89, 40, 39])
    np.testing.assert_allclose(index.score(x[7], rows), x[rows] @ x[7], atol=0.5)
    np.testing.assert_allclose(index.vectors(rows), x[rows], atol=0.15)


def test_codes_of_another_rotation_are_refused() -> None:
    arrays = dict(CodeBlock.of(np.ones((4, 512), np.float32)).to_arrays())
    arrays["dimensions"] = np.array([384])
    with pytest.raises(ValueError, match="384 dimensions are not 512"):
        CodeBlock.from_arrays(arrays)


def test_what_cannot_be_indexed_is_named() -> None:
    x = np.zeros((3, 8), np.float32)
    x[1, 2] = np.nan
    with pytest.raises(ValueError, match="vector 1 is not finite"):
        CodeBlock.of(x)
    with pytest.raises(ValueError, match=r"\[8, 16\] dimensions"):
        Scan([CodeBlock.of(np.ones((1, 8), np.float32)), CodeBlock.of(np.ones((1, 16), np.float32))])
    with pytest.raises(ValueError, match=r"shape \(4,\), the index holds 8"):
        Scan([CodeBlock.of(np.ones((1, 8), np.float32))]).search(np.ones(4, np.float32), 1)


def test_a_filter_that_leaves_rows_about_as_far_makes_the_short_list_longer() -> None:
    rng = np.random.default_rng(5)
    x = rng.standard_normal((20_000, 64)).astype(np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    index = Scan([CodeBlock.of(x)], least=200)
    for q in x[:10]:
        scores = x @ q
        flags = scores < np.quantile(scores, 0.5)  # none of them near
        wanted = np.sort(scores[flags])[::-1][:10]
        found = index.search(q, 10, Mask.of(flags))
        assert flags[found.ids].all()
        np.testing.assert_allclose(found.scores, wanted, atol=0.01)


def test_the_bound_finds_what_a_short_list_alone_misses() -> None:
    rng = np.random.default_rng(5)
    x = rng.standard_normal((5000, 128)).astype(np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    block, found = CodeBlock.of(x), {}
    for bounded in (False, True):
        index = Scan([block], short=1, least=10, bounded=bounded)
        shares = [len(np.intersect1d(index.search(q, 10).ids, np.argsort(-(x @ q))[:10])) / 10 for q in x[:40]]
        found[bounded] = np.mean(shares)
    assert found[False] < 0.8
    assert found[True] > 0.98


EXAMPLES = {"plain": index_example(CodeBlock.of, Scan, CodeBlock.from_arrays, (Index, VectorIndex))}
