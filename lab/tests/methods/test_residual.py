"""Residual quantisation: the greedy paper transcribed, a wide beam against every combination, codebook use."""

from itertools import product

import numpy as np
import pytest

from broadsheet_lab.compression.residual import STARTS, ResidualQuantizer, split_started
from broadsheet_lab.kit.codebooks import codebook_use
from broadsheet_lab.kit.kmeans import kmeans, nearest
from lab.tests.contract.compression_promises import compressor_example


def cloud(n: int = 400, d: int = 10, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)


def error(method: ResidualQuantizer, x: np.ndarray) -> np.ndarray:
    return np.square(method.decode(method.encode(x)) - x).sum(axis=1)


def test_a_beam_of_one_takes_the_nearest_codeword_level_by_level() -> None:
    x = cloud()
    method = ResidualQuantizer(levels=4, codewords=16, beam=1).fit(x)
    codes = method.encode(x).fields["levels"]
    for i in range(0, 400, 37):
        left = x[i].astype(np.float64)
        for m in range(4):
            distances = np.square(left - method.codebooks_[m]).sum(axis=1)
            assert codes[i, m] == distances.argmin()
            left = left - method.codebooks_[m, codes[i, m]]


def test_a_beam_of_everything_is_the_best_combination() -> None:
    x = cloud(n=60)
    method = ResidualQuantizer(levels=3, codewords=4, beam=16, iterations=5).fit(x)
    books = method.codebooks_.astype(np.float64)
    sums = np.array([sum(books[m, k] for m, k in enumerate(choice)) for choice in product(range(4), repeat=3)])
    best = np.square(x[:, None] - sums).sum(axis=2).min(axis=1)
    np.testing.assert_allclose(error(method, x), best, rtol=1e-4, atol=1e-9)


def test_levels_and_beams_lower_the_error() -> None:
    x = cloud()
    by_level = [error(ResidualQuantizer(levels=m, codewords=16).fit(x), x).mean() for m in (1, 2, 4, 8)]
    assert by_level == sorted(by_level, reverse=True)
    assert by_level[-1] < 0.2 * by_level[0]
    method = ResidualQuantizer(levels=6, codewords=16, beam=1).fit(x)
    errors = []
    for beam in (1, 4, 16):
        method.beam = beam
        errors.append(error(method, x).mean())
    assert errors[2] < errors[1] < errors[0]


def test_warm_and_split_starts_spread_the_vectors_over_the_codewords() -> None:
    x = cloud(n=2000, d=128)  # as even as residuals get: the case k-means treats worst
    even, errors = {}, {}
    for name, learn in STARTS.items():
        codes, distances = nearest(x, learn(x, 128, iterations=10, seed=0))
        even[name] = codebook_use(codes, 128)[1]
        errors[name] = float(distances.mean())
    assert min(even["warm"], even["split"]) > 0.9 > even["rows"]
    assert errors["warm"] < errors["rows"]


def test_splitting_doubles_from_the_mean_to_any_number_of_codewords() -> None:
    x = cloud()
    np.testing.assert_allclose(split_started(x, 1, iterations=5, seed=0), x.mean(axis=0, keepdims=True))
    two = split_started(x, 2, iterations=0, seed=0)
    np.testing.assert_allclose(two.mean(axis=0), x.mean(axis=0), atol=1e-6)
    spread = np.sqrt(np.square(x - x.mean(axis=0)).sum(axis=1).mean())
    np.testing.assert_allclose(np.linalg.norm(two[0] - two[1]), 2 * 0.1 * spread, rtol=0.2)
    assert split_started(x, 11, iterations=5, seed=0).shape == (11, 10)


def test_started_from_rows_the_first_codebook_is_kmeans_of_the_vectors() -> None:
    x = cloud()
    method = ResidualQuantizer(levels=2, codewords=16, beam=1, start="rows", iterations=10, seed=3).fit(x)
    np.testing.assert_array_equal(method.codebooks_[0], kmeans(x, 16, iterations=10, seed=3))


def test_kmeans_lowers_the_error_and_leaves_no_codeword_unused() -> None:
    x = np.concatenate([np.zeros((300, 3), np.float32), cloud(n=40, d=3)])
    errors = [float(nearest(x, kmeans(x, 20, iterations=i, seed=0))[1].mean()) for i in (0, 1, 5, 20)]
    assert errors == sorted(errors, reverse=True)
    used, _ = codebook_use(nearest(x, kmeans(x, 20, iterations=20, seed=0))[0], 20)
    assert used == 1.0


def test_nearest_is_the_nearest() -> None:
    x, words = cloud(n=50), cloud(n=7, seed=1)
    distances = np.square(x[:, None] - words).sum(axis=2)
    codes, least = nearest(x, words)
    np.testing.assert_array_equal(codes, distances.argmin(axis=1))
    np.testing.assert_allclose(least, distances.min(axis=1), rtol=1e-4)


def test_codebook_use_worked_by_hand() -> None:
    codes = np.array([[0, 0], [1, 0], [2, 0], [3, 0]], np.uint8)
    assert codebook_use(codes, 4) == (pytest.approx((1 + 0.25) / 2), pytest.approx((1 + 0.25) / 2))


def test_what_cannot_be_learned_is_named() -> None:
    with pytest.raises(ValueError, match="100 vectors are too few to learn from: at least 256"):
        ResidualQuantizer().fit(cloud(n=100))
    with pytest.raises(ValueError, match="not 2, 256, 0"):
        ResidualQuantizer(levels=2, beam=0)
    with pytest.raises(ValueError, match="no start 'cold': warm, split, rows"):
        ResidualQuantizer(start="cold")  # type: ignore[arg-type]


EXAMPLES = {"plain": compressor_example(lambda: ResidualQuantizer(levels=6, codewords=32, iterations=5), 6)}
