"""PQ against a slow transcription and worked numbers; the learned rotation is one, and helps."""

import numpy as np
import pytest

from broadsheet_lab.compression.contract import Codes
from broadsheet_lab.compression.product import ProductQuantizer, allocated, procrustes
from lab.tests.contract.compression_promises import compressor_example


def correlated(n: int = 600, d: int = 16, seed: int = 0) -> np.ndarray:
    """Vectors whose variance falls steeply along axes in order: the case cutting treats worst."""
    rng = np.random.default_rng(seed)
    return (rng.standard_normal((n, d)) * np.geomspace(3, 0.05, d)).astype(np.float32)


def test_codes_worked_by_hand() -> None:
    method = ProductQuantizer.from_arrays(
        {
            "codebooks": np.array([[[0, 0], [1, 1]], [[0, 2], [2, 0]]], np.float32),
            "rotation": np.eye(4, dtype=np.float32),
        }
    )
    codes = method.encode(np.array([[0.9, 0.8, 0.1, 1.5], [0.1, 0.2, 1.9, 0.3]], np.float32))
    assert codes.fields["parts"].tolist() == [[1, 0], [0, 1]]
    assert method.decode(codes).tolist() == [[1, 1, 0, 2], [0, 0, 2, 0]]
    assert method.scores(np.array([[1, 2, 3, 4]], np.float32), codes).tolist() == [[11, 6]]


def test_every_part_goes_to_its_nearest_codeword() -> None:
    x = correlated()
    method = ProductQuantizer(parts=4, codewords=16, iterations=4, rotations=2).fit(x)
    codes = method.encode(x).fields["parts"]
    turned = x @ method.rotation_
    for i in range(0, 600, 29):
        for m in range(4):
            distances = [float(np.square(turned[i, 4 * m : 4 * m + 4] - word).sum()) for word in method.codebooks_[m]]
            assert distances[codes[i, m]] == pytest.approx(min(distances), abs=1e-5)


def test_more_bytes_keep_more_and_codewords_are_means() -> None:
    x = correlated()
    errors = []
    for parts in (1, 2, 4, 8):
        method = ProductQuantizer(parts=parts, codewords=32).fit(x)
        errors.append(float(np.square(method.decode(method.encode(x)) - x).sum(axis=1).mean()))
    assert errors == sorted(errors, reverse=True)
    assert errors[-1] < 0.2 * errors[0]
    method = ProductQuantizer(parts=2, codewords=8, iterations=100).fit(x)
    codes = method.encode(x).fields["parts"]
    for m in range(2):
        for k in range(8):
            mean = x[codes[:, m] == k, 8 * m : 8 * m + 8].mean(axis=0)
            np.testing.assert_allclose(method.codebooks_[m, k], mean, atol=1e-4)


def test_the_rotation_is_one_and_lowers_the_error() -> None:
    x = correlated()
    errors = []
    for rotations in (0, 8):
        method = ProductQuantizer(parts=4, codewords=16, rotations=rotations).fit(x)
        np.testing.assert_allclose(method.rotation_ @ method.rotation_.T, np.eye(16), atol=1e-5)
        errors.append(float(np.square(method.decode(method.encode(x)) - x).mean()))
    assert errors[1] < 0.6 * errors[0]


def test_allocation_evens_out_the_parts() -> None:
    variances = np.array([64.0, 32, 16, 8, 4, 2, 1, 1])
    turn = allocated(np.diag(variances), 2)
    kept = np.abs(turn.T @ np.diag(variances) @ turn).diagonal()
    np.testing.assert_allclose(turn @ turn.T, np.eye(8), atol=1e-6)
    products = [float(np.prod(kept[:4])), float(np.prod(kept[4:]))]
    assert max(products) / min(products) <= 2.0
    assert np.prod(variances[:4]) / np.prod(variances[4:]) == 32768


def test_procrustes_finds_the_rotation_between_two_clouds() -> None:
    x = correlated()
    turn = np.linalg.qr(np.random.default_rng(2).standard_normal((16, 16)))[0].astype(np.float32)
    np.testing.assert_allclose(procrustes(x, x @ turn), turn, atol=1e-3)


def test_what_cannot_be_cut_is_named_with_what_can() -> None:
    with pytest.raises(ValueError, match="16 dimensions cannot be cut into 5 equal parts; 4 is the nearest"):
        ProductQuantizer(parts=5, codewords=8).fit(correlated())
    with pytest.raises(ValueError, match="20 vectors are too few to learn from: at least 256"):
        ProductQuantizer(parts=4).fit(correlated(n=20))
    with pytest.raises(ValueError, match="2 to 256 codewords, not 4 of 300"):
        ProductQuantizer(parts=4, codewords=300)
    with pytest.raises(ValueError, match="differ"):
        Codes({"parts": np.zeros((3, 2), np.uint8), "other": np.zeros(2)})


EXAMPLES = {
    "plain": compressor_example(lambda: ProductQuantizer(parts=6, codewords=32, iterations=5), 6),
    "rotated": compressor_example(lambda: ProductQuantizer(parts=6, codewords=32, iterations=5, rotations=3), 6),
}
