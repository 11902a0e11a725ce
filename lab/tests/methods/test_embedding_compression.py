"""Every way to compress a table: its rows by a literal transcription, its gradients by differences, its bytes."""

from __future__ import annotations

from functools import partial

import numpy as np
import pytest

from broadsheet_lab.compression._embeddings import hashed, packed, unpacked
from broadsheet_lab.compression._embeddings_narrow import pruning_rate
from broadsheet_lab.compression._embeddings_quantised import Scalar
from broadsheet_lab.compression.contract import IdTable
from broadsheet_lab.compression.embedding_compression import (
    METHODS,
    CompressedEmbedding,
    Method,
    family,
    reaches,
)
from lab.tests.methods.embedding_rows import COARSE, LITERAL, PRIME, D, N
from tests.contract.examples import Example

SETTLED: tuple[Method, ...] = ("product", "dpq", "mgqe", "dedup")  # what is trained further once it is settled
LEARNED: tuple[Method, ...] = tuple(m for m in METHODS if m != "scalar")


def started(method: Method, budget: float = 0.25, *, n: int = N, seed: int = 0) -> CompressedEmbedding:
    whole = method == "full"
    return CompressedEmbedding(method=method, budget=1.0 if whole else budget, dimensions=D, seed=seed, ramp=1).start(n)


@pytest.mark.parametrize("method", METHODS)
def test_rows_are_the_transcription_of_what_is_kept(method: Method) -> None:
    e = started(method).settle()
    ids = np.array([0, 599, 37, 18, 300, 37, 64, 63])
    kept = dict(e.to_arrays())
    expected = [LITERAL[method](kept, int(i)) for i in ids]
    np.testing.assert_allclose(e.lookup(ids), np.array(expected), rtol=2e-5, atol=1e-7)


@pytest.mark.parametrize("method", LEARNED)
def test_gradients_are_the_differences_of_a_loss(method: Method) -> None:
    rng = np.random.default_rng(1)
    e = started(method, 0.5)
    if method in SETTLED:
        e.settle()
    table = e.table_
    assert table is not None
    ids = np.sort(rng.choice(N, 40, replace=False))
    wanted = rng.standard_normal((40, D)).astype(np.float32)
    for weights in table.weights.values():
        weights.value = weights.value.astype(np.float64)  # differences of float32 are noise

    def loss() -> float:
        return float((table.rows(ids).astype(np.float64) * wanted).sum())

    checked = 0
    for name, rows, gradients in list(table.moves(ids, wanted)):
        value = table.weights[name].value
        total = np.zeros(value.shape)
        np.add.at(total, rows, gradients)
        for at in zip(*(part[:: max(1, len(part) // 5)] for part in np.nonzero(total)), strict=True):
            ahead = 1e-3
            before = value[at]
            value[at] = before + ahead
            up = loss()
            value[at] = before - ahead
            slope = (up - loss()) / (2 * ahead)
            value[at] = before
            assert total[at] == pytest.approx(slope, rel=2e-2, abs=2e-3)
            checked += 1
    assert checked >= 5


@pytest.mark.parametrize("method", METHODS)
def test_training_brings_embeddings_to_their_targets_as_far_as_the_bytes_go(method: Method) -> None:
    rng = np.random.default_rng(2)
    wanted = (0.3 * rng.standard_normal((12, D))[rng.integers(0, 12, N)]).astype(np.float32)  # twelve kinds of ids
    e = started(method, 0.5)
    ids = np.arange(N)
    before = np.square(e.lookup(ids) - wanted).mean()
    for step in range(300 if e.searching else 150):
        batch = rng.choice(N, 200, replace=False)
        e.step(batch, e.lookup(batch) - wanted[batch], rate=0.02)
        if e.searching and step == 149:
            e.choose(lambda: -float(np.square(e.lookup(ids) - wanted).mean()))
    after = np.square(e.settle().lookup(ids) - wanted).mean()
    share = {"hash": 0.7, "double_hash": 0.55, "robe": 0.7, "deep_hash": 0.9, "tensor_train": 0.6}
    share |= {"compositional": 0.6, "auto_dim": 0.6, "opt_embed": 0.7}  # short rows hold less of what is random
    assert after < share.get(method, 0.3) * before


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("budget", [1.0, 0.5, 0.1, 0.01])
def test_what_is_kept_stays_within_the_budget_and_most_of_it_is_used(method: Method, budget: float) -> None:
    n = 5000
    e = CompressedEmbedding(method=method, budget=budget, dimensions=D)
    if not reaches(method, n, D, budget):
        assert budget < 0.5 or method == "full"
        with pytest.raises(ValueError, match=f"{method} cannot keep 5000 rows of 8 in"):
            e.start(n)
        return
    share = e.start(n).settle().nbytes / (4 * n * D)
    assert share <= 1.01 * budget
    assert share >= (0.24 if method in COARSE else 0.7) * budget


def test_only_methods_that_share_rows_reach_a_hundredth() -> None:
    reach = {method for method in METHODS if reaches(method, 100_000, 16, 0.01)}
    assert reach >= {"hash", "double_hash", "compositional", "tensor_train", "deep_hash", "robe"}
    assert not reach & {"full", "mixed", "pruned", "scalar"}
    # opt_embed may leave the rare ids without any number
    assert {family(method) for method in reach - {"product", "opt_embed"}} == {"inter-feature"}


def test_no_two_ids_of_a_composition_share_both_rows_but_hashed_ids_collide() -> None:
    ids = np.arange(N)
    cases: tuple[tuple[Method, int], ...] = (("compositional", N), ("hash", 0))
    for method, least in cases:
        rows = started(method).lookup(ids)
        distinct = len(np.unique(rows, axis=0))
        assert distinct == N if least else distinct <= 150


def test_one_step_of_adam_moves_only_the_batch_by_the_rate_and_a_repeated_id_once() -> None:
    e = started("full")
    before = e.lookup(np.arange(N))
    gradient = np.ones((3, D), np.float32)
    gradient[1] = -3
    e.step(np.array([7, 5, 7]), gradient, rate=0.01)  # 7 gets 2, 5 gets -3
    moved = e.lookup(np.arange(N)) - before
    np.testing.assert_allclose(moved[7], -0.01, rtol=1e-4)
    np.testing.assert_allclose(moved[5], 0.01, rtol=1e-4)
    assert np.abs(np.delete(moved, [5, 7], axis=0)).max() == 0


def test_stochastic_rounding_keeps_moves_far_smaller_than_a_step() -> None:
    table = Scalar.drawn(4000, D, 4000.0 * D + 4, 0.05, np.random.default_rng(0))
    x = np.full((4000, D), 0.1234, np.float32)
    rounded = (table._rounded(x) - 127.5) * 0.01
    assert set(np.round(np.unique(rounded), 3)) == {0.115, 0.125}
    assert rounded.mean() == pytest.approx(0.1234, abs=1e-4)


def test_the_pruning_rate_and_the_numbers_that_stay() -> None:
    assert pruning_rate(0.9, 100, 100) == pytest.approx(0.9 * (1 - 0.99))
    assert pruning_rate(0.9, 10_000, 1) == pytest.approx(0.9)
    e = started("pruned", 0.25)
    table = e.table_
    assert table is not None
    whole = table.weights["whole"].value.copy()
    keep = len(dict(e.settle().to_arrays())["values"])
    least = np.sort(np.abs(whole).ravel())[-keep]
    np.testing.assert_array_equal(e.lookup(np.arange(N)), np.where(np.abs(whole) >= least, whole, 0))


def test_codes_are_packed_and_come_back() -> None:
    rng = np.random.default_rng(0)
    for bits, count, size in ((1, 16, 2), (2, 5, 2), (4, 3, 2), (8, 3, 3), (16, 3, 6)):
        codes = rng.integers(0, 2**bits, (9, count))
        rows = packed(codes, bits)
        assert rows.shape == (9, size)
        np.testing.assert_array_equal(unpacked(rows, bits, count), codes)
    coefficients = np.array([[PRIME - 1, 5]])
    assert hashed(np.array([123_456]), coefficients, 97)[0, 0] == ((PRIME - 1) * 123_456 + 5) % PRIME % 97


@pytest.mark.parametrize("method", METHODS)
def test_what_is_kept_is_restored_and_what_does_not_fit_is_refused(method: Method) -> None:
    e = started(method)
    with pytest.raises(ValueError, match="call settle first"):
        e.to_arrays()
    arrays = dict(e.settle().to_arrays())
    again = CompressedEmbedding.from_arrays(arrays)
    np.testing.assert_array_equal(again.lookup(np.arange(N)), e.lookup(np.arange(N)))
    assert again.nbytes == e.nbytes
    first = next(iter(arrays))
    for wrong in (arrays[first][:-1], arrays[first].astype(np.float64)):
        with pytest.raises(ValueError, match="has arrays of shape and type"):
            CompressedEmbedding.from_arrays({**arrays, first: wrong})
    with pytest.raises(ValueError, match="no table has the layout"):
        CompressedEmbedding.from_arrays({**arrays, "layout": arrays["layout"] * np.nan})
    if method in ("pruned", "scalar"):
        with pytest.raises(ValueError, match="not trained further"):
            e.step(np.arange(2), np.ones((2, D), np.float32))


@pytest.mark.parametrize("method", METHODS)
def test_starting_again_forgets_and_is_repeatable(method: Method) -> None:
    e = started(method)
    ids = np.arange(50)
    for _ in range(3):
        e.step(ids, np.ones((50, D), np.float32), rate=0.1)
    np.testing.assert_array_equal(e.start(N).lookup(ids), started(method).lookup(ids))
    assert (started(method, seed=1).lookup(ids) != e.lookup(ids)).any()


def test_impossible_requests_are_refused() -> None:
    with pytest.raises(ValueError, match="no method 'hahs'; there are full, hash"):
        CompressedEmbedding(method="hahs")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match=r"a budget in \(0, 1\]"):
        CompressedEmbedding(budget=1.5)
    with pytest.raises(ValueError, match="call start first"):
        CompressedEmbedding().lookup(np.array([0]))
    with pytest.raises(ValueError, match="from 0 to 599"):
        started("hash").lookup(np.array([600]))
    with pytest.raises(ValueError, match="gradient of shape"):
        started("hash").step(np.array([1]), np.ones((1, D + 1), np.float32))


def trained(method: Method, ids: np.ndarray, gradient: np.ndarray) -> CompressedEmbedding:
    e = started(method)
    for _ in range(3):
        e.step(ids, gradient, rate=0.1)
    return e.settle()


EXAMPLES = {
    method: Example(
        make=partial(trained, method),
        answer=lambda method, ids, _: (method.lookup(ids), method.nbytes),
        inputs=(np.arange(50), np.ones((50, D), np.float32)),
        keeps=(IdTable,),
    )
    for method in METHODS
}
