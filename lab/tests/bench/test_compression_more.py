"""The benchmark of binary and low-rank codes: what is counted, and how many bits reach a recall."""

import numpy as np
import pytest
from broadsheet_lab.bench.compression_world import World

from broadsheet_lab.bench.compression_more import _bits_needed, _hashed


def world() -> World:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 16)).astype(np.float32)
    vectors = {f"text {i}": row for i, row in enumerate(x)} | {"asked": x[7] + 0.01, "too": x[9] - 0.01}
    return World(
        [f"text {i}" for i in range(300)],
        ["text 0"] * 300,
        ("asked", "too"),
        np.array([7, 9]),
        np.array([True, False]),
        lambda texts: np.stack([vectors[text] for text in texts]),
    )


def test_what_is_found_is_counted() -> None:
    w = world()
    for query, exact in zip(w.asked, w.exact, strict=True):
        assert set(exact.tolist()) == set(np.argsort(-(w.vectors @ query))[:10].tolist())
    tops = [w.exact[0], np.append(w.exact[1][:4], [-1])]
    assert w.recall(tops).tolist() == [1.0, 0.4]
    assert w.found([np.array([7, 1]), np.array([7, 1])]).tolist() == [1.0, 0.0]


def test_signs_of_projections_are_compared_by_all_their_bits_so_far() -> None:
    w = world()
    found = _hashed(w)
    assert list(found) == list(range(256, 2049, 256))
    drawn = np.random.default_rng(0).standard_normal((16, 2048)).astype(np.float32)
    for bits in (256, 2048):
        x, q = (np.sign(v @ drawn[:, :bits]) for v in (w.vectors, w.asked))
        tops = list(np.argsort(-(q @ x.T), kind="stable")[:, :10])
        np.testing.assert_allclose(found[bits], w.recall(tops), atol=0.11)  # ties at the tenth


def test_the_bits_needed_lie_between_those_measured() -> None:
    assert _bits_needed({256: 0.2, 512: 0.4, 1024: 0.6}, 0.5) == pytest.approx(768)
    assert _bits_needed({256: 0.2, 512: 0.4}, 0.1) == pytest.approx(128)
    assert _bits_needed({256: 0.2, 512: 0.4}, 0.5) == float("inf")
