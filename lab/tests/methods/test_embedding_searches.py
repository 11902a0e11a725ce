"""Learned codes, searched widths and shared copies: what each training step does, by a literal transcription."""

from __future__ import annotations

import numpy as np
import pytest

from broadsheet_lab.compression._embeddings_learned import DPQ
from broadsheet_lab.compression._embeddings_searched import AutoDim, OptEmbed
from broadsheet_lab.compression._embeddings_shared import Deduplicated
from broadsheet_lab.compression.embedding_compression import Method, limit
from lab.tests.methods.embedding_rows import D, N, block, cut
from lab.tests.methods.test_embedding_compression import started


@pytest.mark.parametrize("method", ["dpq", "mgqe"])
def test_rows_are_read_as_their_nearest_codewords_and_both_move_towards_each_other(method: Method) -> None:
    e = started(method)
    table = e.table_
    assert isinstance(table, DPQ)
    ids, rng = np.array([3, 59, 60, 599]), np.random.default_rng(1)  # the first 60 are frequent
    gradient = rng.standard_normal((4, D)).astype(np.float32)
    whole, words = (table.weights[name].value for name in ("whole", "codewords"))
    bits, parts = cut(type(table))
    by_whole, by_words = gradient.astype(np.float64), np.zeros(words.shape)
    for row, i in enumerate(ids):
        choices = 2 ** (bits - 2) if method == "mgqe" and i >= 60 else 2**bits
        for m, part in enumerate(np.split(whole[i], parts)):
            among = words[m * 2**bits : m * 2**bits + choices]
            at = int(np.square(among - part).sum(axis=1).argmin())
            span = slice(m * D // parts, (m + 1) * D // parts)
            np.testing.assert_array_equal(e.lookup(ids)[row, span], among[at])
            by_whole[row, span] += 0.25 * 2 / 4 * (part - among[at])  # of the mean over four rows
            by_words[m * 2**bits + at] += 2 / 4 * (among[at] - part)
    found = {name: (rows, gradients) for name, rows, gradients in table.moves(ids, gradient)}
    np.testing.assert_allclose(found["whole"][1], by_whole, rtol=1e-5, atol=1e-7)
    total = np.zeros(words.shape)
    np.add.at(total, found["codewords"][0], found["codewords"][1])
    np.testing.assert_allclose(total, by_words, rtol=1e-5, atol=1e-7)


def test_widths_are_those_of_the_greatest_product_of_weights_that_fit() -> None:
    e = started("auto_dim", 0.5)
    table = e.table_
    assert isinstance(table, AutoDim)
    choice = table.weights["choice"].value  # of 1, 2, 4 and 8 numbers, six blocks
    choice[:] = np.eye(4)[[3, 3, 2, 2, 1, 0]] * 3
    widths = np.array([8, 8, 4, 4, 2, 1])
    assert AutoDim.fits(N, D, table.limit, tuple(widths.tolist()))
    np.testing.assert_array_equal(e.choose().settle().to_arrays()["widths"], widths)
    greedy = started("auto_dim", 0.25)
    assert isinstance(greedy.table_, AutoDim)
    greedy.table_.weights["choice"].value[:] = np.eye(4)[[3] * 6] * 3  # all would be long, which does not fit
    chosen = tuple(int(w) for w in greedy.settle().to_arrays()["widths"])
    assert AutoDim.fits(N, D, limit(N, D, 0.25), chosen)
    assert not AutoDim.fits(N, D, limit(N, D, 0.25), (8,) * 6)
    assert chosen == (8, 8, 8, 1, 1, 1)  # the smallest blocks, as each that is shorter loses the same


def test_a_supernet_is_the_mean_of_its_candidates_by_their_shares() -> None:
    e = started("auto_dim")
    table = e.table_
    assert isinstance(table, AutoDim)
    k, row = block(37)
    logits = (table.weights["choice"].value[k] + table._noise[k]).astype(np.float64)
    shares, whole = np.exp(logits) / np.exp(logits).sum(), table.weights[f"whole{k}"].value[row]
    mean = sum(
        share * whole[:c] @ table.weights[f"through{k}.{m}"].value
        for m, (share, c) in enumerate(zip(shares, (1, 2, 4, 8), strict=True))
    )
    np.testing.assert_allclose(e.lookup(np.array([37]))[0], mean, rtol=1e-4)
    before = table._noise.copy()
    e.step(np.array([37]), np.ones((1, D), np.float32))
    assert (table._noise != before).all()


def test_evolution_finds_the_blocks_that_matter() -> None:
    e = started("opt_embed", 0.25)
    assert isinstance(e.table_, OptEmbed)
    last = np.arange(450, 600)  # of the greatest block: only these are asked for
    seen: list[float] = []

    def judge() -> float:
        seen.append(float((e.lookup(last) != 0).mean()))
        return seen[-1]

    kept = e.choose(judge).settle().to_arrays()
    assert 50 <= len(seen) <= 96
    assert kept["widths"][-1] / D == max(seen) > np.median(seen)
    assert e.nbytes <= limit(N, D, 0.25)
    with pytest.raises(ValueError, match="hash searches for nothing"):
        started("hash").choose()


def test_rows_that_are_near_share_a_copy_which_is_their_mean() -> None:
    rng = np.random.default_rng(4)
    kinds = rng.standard_normal((30, D))
    e = started("dedup")
    assert isinstance(e.table_, Deduplicated)
    kind = rng.integers(0, 30, N)
    whole = (kinds[kind] + 1e-4 * rng.standard_normal((N, D))).astype(np.float32)
    e.table_.weights["whole"].value[:] = whole
    kept = e.settle().to_arrays()
    copies = np.bincount(kept["copy"])
    assert 30 <= (copies > 0).sum() <= len(kept["table"])
    np.testing.assert_allclose(e.lookup(np.arange(N)), whole, atol=2e-3)
    shared = int(copies.argmax())
    np.testing.assert_allclose(kept["table"][shared], whole[kept["copy"] == shared].mean(axis=0), rtol=1e-4, atol=1e-6)
