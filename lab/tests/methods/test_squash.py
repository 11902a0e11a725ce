"""SQUASH's bounds hold, its exact mode misses nothing, its filters let through exactly what satisfies them."""

from pathlib import Path

import numpy as np
import pytest

from broadsheet.indexes.contract import Index
from broadsheet.kit.errors import CorruptFile
from broadsheet.kit.mask import Mask
from broadsheet_lab.indexes._balance import balanced
from broadsheet_lab.indexes._osq import Quantiser, allocate_bits, cell_edges, lower_bounds, pack_plan
from broadsheet_lab.indexes._processes import Processes
from broadsheet_lab.indexes.squash import Attributes, Range, Squash, SquashBlock, SquashPool, Stages
from tests.contract.index_promises import index_example


def skewed(n: int = 2000, d: int = 48, seed: int = 0) -> np.ndarray:
    """Unit vectors whose variance falls along hidden directions, as that of embeddings does."""
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, d)) * 0.93 ** np.arange(d) @ np.linalg.qr(rng.standard_normal((d, d)))[0]
    return np.asarray(x / np.linalg.norm(x, axis=1, keepdims=True), np.float32)


def test_bits_go_where_a_literal_greedy_rule_sends_them() -> None:
    # energies 16, 4, 1: the first is quartered to 4 and ties with the second; the lower coordinate goes first
    assert allocate_bits(np.array([16.0, 4.0, 1.0], np.float32), 1).tolist() == [1, 0, 0]
    assert allocate_bits(np.array([16.0, 4.0, 1.0], np.float32), 3).tolist() == [2, 1, 0]
    assert allocate_bits(np.array([16.0, 4.0, 1.0], np.float32), 6).tolist() == [3, 2, 1]
    assert allocate_bits(np.array([1e9, 1.0], np.float32), 10).tolist() == [8, 2]  # the cap loses no bit
    assert allocate_bits(np.array([1.0], np.float32), 99).tolist() == [8]


def test_codes_share_bytes_and_cross_none() -> None:
    bits = np.array([3, 5, 8, 0, 4, 4, 2, 1])
    byte, shift, size = pack_plan(bits)
    assert size == 4
    used = np.zeros((size, 8), int)
    for j in np.flatnonzero(bits):
        assert shift[j] + bits[j] <= 8
        used[byte[j], shift[j] : shift[j] + bits[j]] += 1
    assert used.max() == 1
    assert used.sum() == bits.sum()


def test_lloyd_settles_between_two_clusters() -> None:
    values = np.concatenate([np.full(10, -1.0), np.full(30, 3.0)]).astype(np.float32)
    edges = cell_edges(values, 2)
    np.testing.assert_allclose(edges, [-1.001, 1.0, 3.001], atol=1e-6)


def test_the_table_bound_equals_a_literal_transcription() -> None:
    rng = np.random.default_rng(1)
    z = (rng.standard_normal((300, 9)) * np.linspace(3, 0.1, 9)).astype(np.float32)
    quantiser = Quantiser.fit(z, allocate_bits(z.var(axis=0), 20))
    query = rng.standard_normal(9).astype(np.float32)
    tables, rest = quantiser.tables(query)
    found = np.empty(300, np.float32)
    lower_bounds(quantiser.encode(z), np.arange(300), tables, rest, found)
    for i in range(300):
        literal = 0.0
        for j in range(9):
            edges = quantiser.edges[quantiser.starts[j] : quantiser.starts[j + 1]]
            cell = max(c for c in range(len(edges) - 1) if edges[c] <= z[i, j])
            gap = max(float(edges[cell] - query[j]), float(query[j] - edges[cell + 1]), 0.0)
            literal += gap * gap
        assert found[i] == pytest.approx(literal, rel=1e-5, abs=1e-6)


def test_no_bound_is_beaten_by_the_true_score() -> None:
    x = skewed()
    for bits in (1.0, 2.0, 4.0):
        for q in skewed(5, seed=9):
            for part in SquashBlock.of(x, bits=bits, partitions=4).partitions:
                z = ((q - part.mean) @ part.turn).astype(np.float32)
                bounds = part.upper_bounds(q, z, np.arange(len(part.rows)))
                assert (bounds - x[part.rows] @ q).min() >= -1e-5


def test_exact_mode_is_brute_force_with_and_without_a_filter() -> None:
    x = skewed()
    index = Squash([SquashBlock.of(x[:1500], bits=2), SquashBlock.of(x[1500:], bits=3)], stages=Stages(exact=True))
    flags = np.random.default_rng(2).random(len(x)) < 0.3
    for q in skewed(10, seed=3):
        hits = index.search(q, 10)
        np.testing.assert_allclose(hits.scores, np.sort(x @ q)[::-1][:10], atol=1e-6)
        hits = index.search(q, 10, Mask.of(flags))
        assert flags[hits.ids].all()
        np.testing.assert_allclose(hits.scores, np.sort(x[flags] @ q)[::-1][:10], atol=1e-6)


def recall(x: np.ndarray, queries: np.ndarray, index: Squash) -> float:
    hits = (set(index.search(q, 10).ids.tolist()) & set(np.argsort(-(x @ q))[:10].tolist()) for q in queries)
    return float(np.mean([len(h) / 10 for h in hits]))


def test_variance_allocation_and_more_bits_find_more() -> None:
    x, queries = skewed(4000), skewed(60, seed=4)
    stages = Stages(share=1.0)
    found = {
        (bits, by_variance): recall(
            x, queries, Squash([SquashBlock.of(x, partitions=1, bits=bits, by_variance=by_variance)], stages=stages)
        )
        for bits in (2, 4)
        for by_variance in (True, False)
    }
    assert found[2, True] > found[2, False]
    assert found[4, True] > found[2, True]
    assert found[4, True] >= 0.95


@pytest.mark.parametrize("stages", [Stages(), Stages(exact=True)])
def test_processes_find_what_one_process_finds(stages: Stages, tmp_path: Path) -> None:
    x, queries = skewed(600), skewed(6, seed=5)
    SquashBlock.of(x, partitions=5).save(tmp_path / "block.bin")
    allowed = Mask.of(np.random.default_rng(1).random(600) < 0.3)
    with SquashPool(tmp_path / "block.bin", workers=3, stages=stages, start="fork") as pool:
        assert pool.processes.workers == 3
        for mask in (None, allowed):
            expected = [pool.index.search(q, 7, mask) for q in queries]
            for hits, one in zip(pool.search_all(queries, 7, mask), expected, strict=True):
                assert hits.ids.tolist() == one.ids.tolist()
                np.testing.assert_array_equal(hits.scores, one.scores)
        assert pool.search(queries[0], 3).ids.tolist() == pool.index.search(queries[0], 3).ids.tolist()
        assert [len(hits) for hits in pool.search_all(queries, 0)] == [0] * 6
        with pytest.raises(ValueError, match="the mask covers 3 rows, the index 600"):
            pool.search(queries[0], 3, Mask.of(np.ones(3, np.bool_)))


def test_what_fails_in_a_process_is_raised_and_processes_end(tmp_path: Path) -> None:
    with pytest.raises(CorruptFile, match="missing"):
        Processes(SquashBlock, tmp_path / "none.bin", 2, Stages(), workers=1, start="fork")
    SquashBlock.of(skewed(200), partitions=2).save(tmp_path / "block.bin")
    pool = SquashPool(tmp_path / "block.bin", workers=9, start="fork")
    processes = list(pool.processes._processes)
    assert len(processes) == 2  # no more than partitions
    pool.close()
    assert not any(process.is_alive() for process in processes)


def test_partitions_are_balanced_and_hold_every_row_once() -> None:
    x = np.concatenate([skewed(900), 5 + 0.01 * skewed(100)])
    groups = balanced(x, 5)
    assert np.sort(np.concatenate(groups)).tolist() == list(range(1000))
    assert all(180 <= len(g) <= 220 for g in groups)
    assert [g.tolist() for g in balanced(x[:3], 5)] == [[0, 1, 2]]
    assert balanced(x[:0], 5) == []


def test_attribute_filters_are_supersets_first_and_exact_at_last() -> None:
    rng = np.random.default_rng(5)
    values = np.column_stack([rng.integers(1987, 2026, 5000), rng.lognormal(2, 2, 5000), rng.integers(0, 30, 5000)])
    values = values.astype(np.float64)
    values[7, 1] = np.nan
    attributes = Attributes.of(values)
    for ranges in (
        [Range(0, 2010, 2020)],
        [Range(1, 3.3, 12.5), Range(2, 4, 4)],
        [Range(1, -np.inf, 1e9)],
        [Range(0, 2030, 2040)],
    ):
        true = np.ones(5000, bool)
        for r in ranges:
            true &= (values[:, r.attribute] >= r.low) & (values[:, r.attribute] <= r.high)
        assert (attributes.candidates(ranges) | ~true).all()
        assert (attributes.allowed(ranges).flags() == true).all()
    assert not attributes.allowed([Range(1, -np.inf, np.inf)]).flags()[7]
    with pytest.raises(ValueError, match="attribute 2 of row 3 is infinite"):
        Attributes.of(np.where(np.arange(15).reshape(5, 3) == 11, np.inf, 0.0))


def test_what_cannot_be_indexed_or_restored_is_named() -> None:
    x = skewed(100)
    x[4, 2] = np.inf
    with pytest.raises(ValueError, match="vector 4 is not finite"):
        SquashBlock.of(x)
    arrays = dict(SquashBlock.of(skewed(100)).to_arrays())
    with pytest.raises(ValueError, match="rows or edges differ"):
        SquashBlock.from_arrays({**arrays, "rows": np.zeros_like(arrays["rows"])})
    with pytest.raises(ValueError, match=r"shape \(3,\), the index holds 48"):
        Squash([SquashBlock.of(skewed(100))]).search(np.ones(3, np.float32), 1)


EXAMPLES = {"plain": index_example(SquashBlock.of, Squash, SquashBlock.from_arrays, (Index,))}
