"""Every compression method keeps the promises of its room: scores without decoding, growth, restoring, refusals."""

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from broadsheet_lab.compression.bebr import BEBR
from broadsheet_lab.compression.contract import Codes, Compressor, Rescorer
from broadsheet_lab.compression.leanvec import LeanVec
from broadsheet_lab.compression.lr2vq import LR2VQ
from broadsheet_lab.compression.lvq import LVQ
from broadsheet_lab.compression.product import ProductQuantizer
from broadsheet_lab.compression.residual import ResidualQuantizer
from broadsheet_lab.compression.simvq import SimVQ

N, D = 400, 24

METHODS: dict[str, Callable[[], Any]] = {
    "lvq, one level": lambda: LVQ(bits=4),
    "lvq, two levels": lambda: LVQ(bits=4, residual_bits=8),
    "leanvec": lambda: LeanVec(reduced=16),
    "leanvec, short alone": lambda: LeanVec(reduced=16, bits=4, rescoring_bits=0),
    "product": lambda: ProductQuantizer(parts=6, codewords=32, iterations=5),
    "product, rotated": lambda: ProductQuantizer(parts=6, codewords=32, iterations=5, rotations=3),
    "lr2vq": lambda: LR2VQ(parts=8, codewords=32, iterations=5, rounds=3),
    "residual": lambda: ResidualQuantizer(levels=6, codewords=32, iterations=5),
    "bebr": lambda: BEBR(passes=3, hidden=8, steps=20, batch=64),
    "bebr, not trained": lambda: BEBR(passes=4, steps=0),
    "simvq": lambda: SimVQ(codewords=256, latent=12, epochs=20, batch=32, rate=3e-3),
}
BYTES = {
    "lvq, one level": 12 + 4,
    "lvq, two levels": 12 + 4 + 24,
    "leanvec": 16 + 4 + 24 + 4,
    "leanvec, short alone": 8 + 4,
    "product": 6,
    "product, rotated": 6,
    "lr2vq": 8,
    "residual": 6,
    "bebr": 4 * 8 + 4,
    "bebr, not trained": 5 * 8 + 4,
    "simvq": 2,
}
# One codeword for a whole vector keeps its neighbourhood, not its neighbours: (share of the nearest found, error
# allowed where every vector is the same).
# Signs keep directions to a step of their last bit.
ROUGH = {"simvq": (0.3, 0.25), "bebr": (0.8, 0.1), "bebr, not trained": (0.8, 0.05)}
SYMMETRIC = ("bebr", "bebr, not trained")  # code the query too: scores are those of what it decodes to


@pytest.fixture(params=sorted(METHODS))
def name(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def method(name: str) -> Any:
    return METHODS[name]()


def world(seed: int = 0, n: int = N) -> np.ndarray:
    """Unit vectors round a few dozen centres, with a mean of their own and variances that fall."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(9).standard_normal((30, D))
    x = centres[rng.integers(0, 30, n)] + 0.3 * rng.standard_normal((n, D))
    x = x * np.linspace(2, 0.3, D) + 0.2
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def test_the_nearest_vectors_are_found_by_their_codes(method: Compressor, name: str) -> None:
    x, q = world(), world(seed=1, n=40)
    codes = method.fit(x).encode(x)
    assert (method.dimensions, len(codes)) == (D, N)
    scores, exact = method.scores(q, codes), q @ x.T
    assert scores.shape == (40, N)
    assert scores.dtype == np.float32
    found = [
        len(set(np.argsort(-s)[:20].tolist()) & set(np.argsort(-e)[:10].tolist())) / 10
        for s, e in zip(scores, exact, strict=True)
    ]
    assert np.mean(found) >= ROUGH.get(name, (0.8, 0))[0]


def test_scores_are_inner_products_with_what_is_decoded(method: Compressor, name: str) -> None:
    x, q = world(), world(seed=1, n=3)
    codes = method.fit(x).encode(x)
    asked = method.decode(method.encode(q)) if name in SYMMETRIC else q
    decoded = asked @ method.decode(codes).T
    rows = np.array([7, 0, N - 1])
    if isinstance(method, Rescorer):
        for query, row in zip(q, decoded, strict=True):
            np.testing.assert_allclose(method.rescored(query, codes, rows), row[rows], atol=1e-5)
        assert np.abs(decoded - q @ x.T).mean() <= np.abs(method.scores(q, codes) - q @ x.T).mean() + 1e-6
    else:
        np.testing.assert_allclose(method.scores(q, codes), decoded, atol=1e-5)


def test_codes_are_restored_and_so_is_the_method(method: Any) -> None:
    x, q = world(), world(seed=1, n=3)
    codes = method.fit(x).encode(x)
    again = type(method).from_arrays(dict(method.to_arrays()))
    assert again.dimensions == D
    kept = Codes.from_arrays(dict(again.encode(x).to_arrays()))
    for field, array in codes.fields.items():
        np.testing.assert_array_equal(kept.fields[field], array)
    np.testing.assert_array_equal(again.scores(q, kept), method.scores(q, codes))


def test_vectors_added_later_get_the_codes_they_would_have_had(method: Compressor) -> None:
    x = world()
    method.fit(x)
    whole, parts = method.encode(x), Codes.joined([method.encode(x[:150]), method.encode(x[150:])])
    np.testing.assert_array_equal(method.decode(parts), method.decode(whole))
    np.testing.assert_array_equal(method.decode(whole.take(np.array([3, 1]))), method.decode(whole)[[3, 1]])
    assert len(method.encode(x[:0])) == 0
    assert method.scores(x[:2], method.encode(x[:0])).shape == (2, 0)


def test_a_vector_has_the_same_code_whoever_it_is_encoded_with(method: Compressor) -> None:
    """To the last bit, on any processor and in any number of threads: codes are kept, and compared."""
    x = world()
    whole = method.fit(x).encode(x)
    for size in (1, 2, 3, 5, 7, 16, 33, 150):
        part = method.encode(x[11 : 11 + size])
        for field, array in part.fields.items():
            np.testing.assert_array_equal(array, whole.fields[field][11 : 11 + size])
        np.testing.assert_array_equal(method.decode(part), method.decode(whole)[11 : 11 + size])


def test_bytes_a_vector_are_what_the_fields_hold(name: str, method: Compressor) -> None:
    codes = method.fit(world()).encode(world())
    assert codes.bytes_per_vector == BYTES[name]
    assert sum(array.nbytes for array in codes.fields.values()) == N * BYTES[name]


def test_fitting_again_forgets_and_is_repeatable(method: Any, name: str) -> None:
    x = world()
    fresh = METHODS[name]().fit(x).to_arrays()
    again = method.fit(world(seed=5)).fit(x).to_arrays()
    for field, array in fresh.items():
        np.testing.assert_array_equal(again[field], array)


def test_what_cannot_be_compressed_is_named(method: Compressor) -> None:
    x = world()
    with pytest.raises(ValueError, match="call fit first"):
        method.encode(x)
    with pytest.raises(ValueError, match="call fit first"):
        method.scores(x, Codes({"primary": np.zeros((1, 1), np.uint8)}))
    with pytest.raises(ValueError, match=r"0 vectors are too few to learn from: at least \d+ are needed"):
        method.fit(x[:0])
    method.fit(x)
    with pytest.raises(ValueError, match="23 dimensions, the method was fitted on 24"):
        method.encode(x[:, 1:])
    with pytest.raises(ValueError, match=r"shape \(24,\)"):
        method.encode(x[0])
    for value, says in (
        (np.nan, "is not finite"),
        (-np.inf, "is not finite"),
        (1e30, "has a component beyond 1e\\+15"),
    ):
        wrong = x[:5].copy()
        wrong[3, 2] = value
        with pytest.raises(ValueError, match=f"vector 3 {says}"):
            method.encode(wrong)
        with pytest.raises(ValueError, match=f"vector 3 {says}"):
            method.fit(np.concatenate([wrong, x]))
        with pytest.raises(ValueError, match=f"query 3 {says}"):
            method.scores(wrong, method.encode(x))


def test_vectors_that_are_all_alike_or_zero_are_kept(method: Compressor, name: str) -> None:
    tolerance = ROUGH.get(name, (0, 1e-6))[1]
    for value in (0.25, 0.0):
        x = np.full((60, D), value, np.float32)
        np.testing.assert_allclose(method.fit(x).decode(method.encode(x)), x, atol=tolerance)


@pytest.mark.parametrize("scale", [1e-12, 1e9])
def test_the_scale_of_the_vectors_does_not_matter(method: Compressor, scale: float) -> None:
    x = world()
    expected = np.square(method.fit(x).decode(method.encode(x)) - x).sum(axis=1).mean()
    scaled = x * np.float32(scale)
    error = method.fit(scaled).decode(method.encode(scaled)) / scale - x
    assert np.square(error).sum(axis=1).mean() == pytest.approx(expected, rel=0.05, abs=1e-5)


def test_arrays_that_do_not_fit_together_are_refused(method: Any) -> None:
    arrays = dict(method.fit(world()).to_arrays())
    first = next(iter(arrays))
    with pytest.raises(ValueError, match="shape"):
        type(method).from_arrays({**arrays, first: arrays[first][..., :-1, None]})


def test_codes_of_different_lengths_or_methods_are_refused() -> None:
    with pytest.raises(ValueError, match=r"differ in length: \{'a': 2, 'b': 3\}"):
        Codes({"a": np.zeros(2), "b": np.zeros(3)})
    with pytest.raises(ValueError, match="cannot be joined"):
        Codes.joined([Codes({"a": np.zeros(2)}), Codes({"b": np.zeros(2)})])
    with pytest.raises(ValueError, match="cannot be joined"):
        Codes.joined([])
