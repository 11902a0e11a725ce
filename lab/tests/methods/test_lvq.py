"""LVQ's grids worked by hand, its error bounds, its packing, and the scan against a slow transcription."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet_lab.compression._grids import packed, unpacked
from broadsheet_lab.compression.lvq import BITS, LVQ, grid, quantised
from lab.tests.contract.compression_promises import compressor_example


def vectors(n: int = 200, d: int = 37, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((n, d)) * rng.uniform(0.01, 3, (n, 1))).astype(np.float32)


def test_a_vector_worked_by_hand() -> None:
    x = np.array([[0.0, 0.25, 0.5, 1.5]], np.float32)
    lower, step = grid(x, 2)
    assert (lower[0], step[0]) == (0.0, 0.5)  # 1.5 / (2^2 - 1)
    assert quantised(x, lower.astype(np.float32), step.astype(np.float32), 2).tolist() == [[0, 1, 1, 3]]


@pytest.mark.parametrize("bits", BITS)
def test_codes_are_the_nearest_points_of_the_grid(bits: int) -> None:
    x = vectors()
    lower, step = (part.astype(np.float32) for part in grid(x, bits))
    codes = quantised(x, lower, step, bits)
    points = lower[:, None] + step[:, None] * np.arange(2**bits)  # (n, 2^B)
    nearest = np.abs(x[:, :, None] - points[:, None, :]).min(axis=2)
    np.testing.assert_allclose(np.abs(x - np.take_along_axis(points, codes.astype(np.int64), 1)), nearest, atol=1e-6)


@pytest.mark.parametrize("bits", BITS)
@pytest.mark.parametrize("residual_bits", [0, *BITS])
def test_the_error_of_a_component_is_within_half_a_step_of_the_last_level(bits: int, residual_bits: int) -> None:
    x = vectors()
    method = LVQ(bits=bits, residual_bits=residual_bits).fit(x)
    codes = method.encode(x)
    step = codes.fields["step"].astype(np.float32) * method.scale_
    bound = step / 2 if not residual_bits else step / (2 * (2**residual_bits - 1))
    error = np.abs(method.decode(codes) - x).max(axis=1)
    assert (error <= bound * 1.001 + 3e-6).all()
    # the grid is no wider than the vector's own range, but for the rounding to 16 bits
    spread = np.ptp(x - method.mean_, axis=1)
    assert (step * (2**bits - 1) <= spread * 1.01).all()


@pytest.mark.parametrize("bits", BITS)
def test_packing_loses_nothing_and_wastes_nothing(bits: int) -> None:
    codes = np.random.default_rng(1).integers(0, 2**bits, (9, 37)).astype(np.uint8)
    bytes_ = packed(codes, bits)
    assert bytes_.shape == (9, -(-37 * bits // 8))
    np.testing.assert_array_equal(unpacked(bytes_, bits, 37), codes)


@pytest.mark.parametrize("bits", BITS)
def test_the_scan_equals_a_slow_transcription(bits: int) -> None:
    x, q = vectors(n=22), vectors(n=2, seed=3)
    method = LVQ(bits=bits).fit(x)
    codes = method.encode(x)
    levels = unpacked(codes.fields["primary"], bits, 37)
    expected = np.zeros((2, 22))
    for i in range(2):
        for j in range(22):
            for c in range(37):
                value = float(codes.fields["lower"][j]) + float(codes.fields["step"][j]) * int(levels[j, c])
                expected[i, j] += float(q[i, c]) * (value * method.scale_ + float(method.mean_[c]))
    np.testing.assert_allclose(method.scores(q, codes), expected, rtol=1e-4, atol=1e-3)


def test_a_grid_for_each_vector_beats_one_for_all() -> None:
    x = vectors()
    own = np.square(LVQ(bits=4).fit(x).decode(LVQ(bits=4).fit(x).encode(x)) - x).mean()
    low, step = x.min(), np.ptp(x) / 15
    shared = np.square(low + step * np.floor((x - low) / step + 0.5) - x).mean()
    assert own < 0.5 * shared


def test_settings_and_vectors_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="not 3 and 0"):
        LVQ(bits=3)
    method = LVQ().fit(vectors())
    wrong = vectors()
    wrong[11] *= 1e8
    with pytest.raises(ValueError, match="vector 11 is far beyond those seen in training"):
        method.encode(wrong)


@given(
    st.integers(1, 6).flatmap(
        lambda d: st.lists(
            st.lists(st.floats(-(2.0**49), 2.0**49, width=32), min_size=d, max_size=d), min_size=1, max_size=6
        )
    ),
    st.sampled_from(BITS),
    st.sampled_from((0, *BITS)),
)
def test_no_vectors_break_the_bound(rows: list[list[float]], bits: int, residual_bits: int) -> None:
    x = np.array(rows, np.float32)
    method = LVQ(bits=bits, residual_bits=residual_bits).fit(x)
    codes = method.encode(x)
    half = codes.fields["step"].astype(np.float64) * method.scale_ / 2 / max(2**residual_bits - 1, 1)
    error = np.abs(method.decode(codes).astype(np.float64) - x).max(axis=1)
    assert (error <= 1.001 * half + 3e-6 * method.scale_ + 3e-7 * np.abs(method.mean_).max() + 1e-30).all()


EXAMPLES = {
    "one level": compressor_example(lambda: LVQ(bits=4), 12 + 4, rescores=True),
    "two levels": compressor_example(lambda: LVQ(bits=4, residual_bits=8), 12 + 4 + 24, rescores=True),
}
