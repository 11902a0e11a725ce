"""What every compressor promises: scores without decoding, growth, restoring, refusals; and what a rescorer adds."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import pytest

from broadsheet_lab.compression.contract import Codes, Compressor, Rescorer
from tests.contract.examples import Example, same

__all__ = ["OF_A_COMPRESSOR", "OF_A_RESCORER", "CompressorExample", "compressor_example"]

N, D = 400, 24


@dataclass(frozen=True, kw_only=True)
class CompressorExample(Example):
    """A compressor in a world whose right answer is computed by hand."""

    compressor: Callable[[], Compressor]  # not fitted
    bytes_per_vector: int
    recall: float  # share of the ten nearest among the twenty best scores
    tolerance: float  # error allowed where every vector is the same
    codes_queries: bool  # scores are those of what the query's own code decodes to


def world(seed: int = 0, n: int = N) -> np.ndarray:
    """Unit vectors round a few dozen centres, with a mean of their own and variances that fall."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(9).standard_normal((30, D))
    x = centres[rng.integers(0, 30, n)] + 0.3 * rng.standard_normal((n, D))
    x = x * np.linspace(2, 0.3, D) + 0.2
    return (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)


def compressor_example(
    compressor: Callable[[], Compressor],
    bytes_per_vector: int,
    *,
    recall: float = 0.8,
    tolerance: float = 1e-6,
    codes_queries: bool = False,
    rescores: bool = False,
) -> CompressorExample:
    """An example of a compressor of vectors of 24 dimensions."""
    return CompressorExample(
        make=lambda x, _: compressor().fit(x),
        answer=lambda method, x, queries: (method.scores(queries, method.encode(x)), method.encode(x).fields),
        inputs=(world(), world(seed=1, n=3)),
        keeps=(Compressor, Rescorer) if rescores else (Compressor,),
        compressor=compressor,
        bytes_per_vector=bytes_per_vector,
        recall=recall,
        tolerance=tolerance,
        codes_queries=codes_queries,
    )


def _of(example: Example) -> CompressorExample:
    assert isinstance(example, CompressorExample), "a compressor is given as compressor_example(...)"
    return example


def _fitted(example: Example) -> Compressor:
    return _of(example).compressor().fit(world())


def the_nearest_vectors_are_found_by_their_codes(example: Example) -> None:
    x, q = world(), world(seed=1, n=40)
    method = _fitted(example)
    codes = method.encode(x)
    assert (method.dimensions, len(codes)) == (D, N)
    scores, exact = method.scores(q, codes), q @ x.T
    assert scores.shape == (40, N)
    assert scores.dtype == np.float32
    shares = [
        len(set(np.argsort(-s)[:20].tolist()) & set(np.argsort(-e)[:10].tolist())) / 10
        for s, e in zip(scores, exact, strict=True)
    ]
    assert np.mean(shares) >= _of(example).recall


def scores_are_inner_products_with_what_is_decoded(example: Example) -> None:
    """Of a rescorer that holds for the second level of its codes."""
    method, q = _fitted(example), world(seed=1, n=3)
    codes = method.encode(world())
    if Rescorer not in example.keeps:
        query = method.decode(method.encode(q)) if _of(example).codes_queries else q
        np.testing.assert_allclose(method.scores(q, codes), query @ method.decode(codes).T, atol=1e-5)


def rescoring_is_the_inner_product_with_what_is_decoded(example: Example) -> None:
    method, x, q = _fitted(example), world(), world(seed=1, n=3)
    assert isinstance(method, Rescorer)
    codes = method.encode(x)
    decoded = q @ method.decode(codes).T
    rows = np.array([7, 0, N - 1])
    for query, row in zip(q, decoded, strict=True):
        np.testing.assert_allclose(method.rescored(query, codes, rows), row[rows], atol=1e-5)
    assert np.abs(decoded - q @ x.T).mean() <= np.abs(method.scores(q, codes) - q @ x.T).mean() + 1e-6


def codes_are_restored_and_so_is_the_method(example: Example) -> None:
    x, q = world(), world(seed=1, n=3)
    method = _fitted(example)
    codes = method.encode(x)
    again = type(method).from_arrays(dict(method.to_arrays()))
    assert again.dimensions == D
    restored = Codes.from_arrays(dict(again.encode(x).to_arrays()))
    assert same(restored.fields, codes.fields)
    assert same(again.scores(q, restored), method.scores(q, codes))


def vectors_added_later_get_the_codes_they_would_have_had(example: Example) -> None:
    x, method = world(), _fitted(example)
    whole, parts = method.encode(x), Codes.joined([method.encode(x[:150]), method.encode(x[150:])])
    np.testing.assert_array_equal(method.decode(parts), method.decode(whole))
    np.testing.assert_array_equal(method.decode(whole.take(np.array([3, 1]))), method.decode(whole)[[3, 1]])
    assert len(method.encode(x[:0])) == 0
    assert method.scores(x[:2], method.encode(x[:0])).shape == (2, 0)


def a_vector_has_the_same_code_whoever_it_is_encoded_with(example: Example) -> None:
    """To the last bit, on any processor and in any number of threads: codes are kept, and compared."""
    x, method = world(), _fitted(example)
    whole = method.encode(x)
    for size in (1, 2, 3, 5, 7, 16, 33, 150):
        part = method.encode(x[11 : 11 + size])
        for field, array in part.fields.items():
            np.testing.assert_array_equal(array, whole.fields[field][11 : 11 + size])
        np.testing.assert_array_equal(method.decode(part), method.decode(whole)[11 : 11 + size])


def bytes_a_vector_are_what_the_fields_hold(example: Example) -> None:
    codes, size = _fitted(example).encode(world()), _of(example).bytes_per_vector
    assert codes.bytes_per_vector == size
    assert sum(array.nbytes for array in codes.fields.values()) == N * size


def fitting_again_forgets(example: Example) -> None:
    again = _of(example).compressor().fit(world(seed=5)).fit(world())
    assert same(dict(again.to_arrays()), dict(_fitted(example).to_arrays()))


def what_cannot_be_compressed_is_named(example: Example) -> None:
    x, method = world(), _of(example).compressor()
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


def vectors_that_are_all_alike_or_zero_are_kept(example: Example) -> None:
    method = _of(example).compressor()
    for value in (0.25, 0.0):
        x = np.full((60, D), value, np.float32)
        np.testing.assert_allclose(method.fit(x).decode(method.encode(x)), x, atol=_of(example).tolerance)


def the_scale_of_the_vectors_does_not_matter(example: Example) -> None:
    x, method = world(), _fitted(example)
    expected = np.square(method.decode(method.encode(x)) - x).sum(axis=1).mean()
    for scale in (1e-12, 1e9):
        scaled = x * np.float32(scale)
        error = method.fit(scaled).decode(method.encode(scaled)) / scale - x
        assert np.square(error).sum(axis=1).mean() == pytest.approx(expected, rel=0.05, abs=1e-5)


def arrays_that_do_not_fit_together_are_refused(example: Example) -> None:
    method = _fitted(example)
    arrays = dict(method.to_arrays())
    first = next(iter(arrays))
    with pytest.raises(ValueError, match="shape"):
        type(method).from_arrays({**arrays, first: arrays[first][..., :-1, None]})


OF_A_COMPRESSOR = (
    the_nearest_vectors_are_found_by_their_codes,
    scores_are_inner_products_with_what_is_decoded,
    codes_are_restored_and_so_is_the_method,
    vectors_added_later_get_the_codes_they_would_have_had,
    a_vector_has_the_same_code_whoever_it_is_encoded_with,
    bytes_a_vector_are_what_the_fields_hold,
    fitting_again_forgets,
    what_cannot_be_compressed_is_named,
    vectors_that_are_all_alike_or_zero_are_kept,
    the_scale_of_the_vectors_does_not_matter,
    arrays_that_do_not_fit_together_are_refused,
)
OF_A_RESCORER = (rescoring_is_the_inner_product_with_what_is_decoded,)
