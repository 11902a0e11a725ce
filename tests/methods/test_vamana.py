"""Pruning and walks are the paper's algorithms; filters are exact; what is kept is close; bad input is named."""

import math

import numpy as np
import pytest

from broadsheet.indexes import _codes, _vamana
from broadsheet.indexes._keys import decode_keys
from broadsheet.indexes._rotation import rotate_query, signs_of
from broadsheet.indexes.contract import Index, VectorIndex
from broadsheet.indexes.scan import CodeBlock
from broadsheet.indexes.vamana import Vamana, VamanaBlock
from broadsheet.kit.mask import Mask
from broadsheet.kit.signs import estimate
from tests.contract.index_promises import index_example


def unit(n: int, d: int, rank: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, rank)) @ np.random.default_rng(99).standard_normal((rank, d))
    return np.asarray(x / np.linalg.norm(x, axis=1, keepdims=True), np.float32)


def lengths(codes: np.ndarray) -> np.ndarray:
    return np.asarray(np.linalg.norm(codes.astype(np.float64), axis=1))


def distance(codes: np.ndarray, a: int, b: int) -> float:
    """Between the directions of two rows of codes."""
    one, other = codes[a].astype(np.float64), codes[b].astype(np.float64)
    return math.sqrt(max(0.0, 2 - 2 * one @ other / np.linalg.norm(one) / np.linalg.norm(other)))


def robust_prune(codes: np.ndarray, p: int, candidates: list[int], alpha: float, degree: int) -> list[int]:
    """Algorithm 2 as printed: take the nearest, remove what is alpha times nearer to it than to p, up to R times."""
    left = set(candidates) - {p}
    taken: list[int] = []
    while left:
        best = min(left, key=lambda c: distance(codes, p, c))
        taken.append(best)
        if len(taken) == degree:
            break
        left = {c for c in left if alpha * distance(codes, best, c) > distance(codes, p, c)}
    return taken


def greedy_search(score: np.ndarray, links: np.ndarray, entry: int, beam: int) -> set[int]:
    """Algorithm 1 as printed: visit the best row not visited; keep the `beam` best rows seen."""
    kept: set[int] = {entry}
    visited: set[int] = set()
    while kept - visited:
        at = max(kept - visited, key=lambda r: score[r])
        visited.add(at)
        kept |= {int(r) for r in links[at] if r >= 0}
        kept = set(sorted(kept, key=lambda r: -score[r])[:beam])
    return kept


@pytest.mark.parametrize("alpha", [1.0, 1.2])
def test_pruning_is_the_papers(alpha: float) -> None:
    codes = CodeBlock.of(unit(200, 64, 12)).codes
    inverse = (1 / lengths(codes)).astype(np.float32)
    for p in range(10):
        candidates = np.array([c for c in range(p, 200, 3) if c != p])
        far = np.array([distance(codes, p, c) ** 2 for c in candidates], np.float32)
        order = np.argsort(far, kind="stable")
        kept, kept_far = np.empty(8, np.int64), np.empty(8, np.float32)
        count = _vamana.prune(codes, inverse, candidates[order], far[order], alpha**2, kept, kept_far)
        wanted = robust_prune(codes, p, candidates.tolist(), alpha, 8)
        assert kept[:count].tolist() == wanted
        np.testing.assert_allclose(kept_far[:count], [distance(codes, p, c) ** 2 for c in wanted], atol=1e-5)


def test_a_walk_is_the_papers_when_no_row_is_passed_over() -> None:
    x, queries = unit(1500, 64, 16), unit(8, 64, 16, seed=3)
    block = VamanaBlock.of(x, degree=12, beam=30)
    codes = block.codes
    for q in queries:
        steps, _ = _codes.quantise_query(rotate_query(q, signs_of(64)))
        planes = np.empty((4, 1), np.uint64)
        slope, _ = _codes.planes_of(steps, planes)
        for beam in (1, 5, 40):
            arguments = ((codes.bits, codes.codes), codes.scales, block.links, steps, planes, slope)
            keys = _vamana.walk(*arguments, np.inf, block.entry, beam)
            found = decode_keys(keys)[0][::-1].tolist()
            score = (codes.codes.astype(np.int64) @ steps.astype(np.int64)).astype(np.float32) * codes.scales
            assert set(found) == greedy_search(score, block.links, block.entry, beam)
            assert score[found].tolist() == sorted(score[found].tolist())


def test_the_estimate_from_signs_is_unbiased_with_the_spread_it_says() -> None:
    d = 256
    x, q = unit(4000, d, d), unit(1, d, d, seed=5)[0]
    block = CodeBlock.of(x)
    steps, step = _codes.quantise_query(rotate_query(q, signs_of(d)))
    planes = np.empty((4, d // 64), np.uint64)
    slope, deviation = _codes.planes_of(steps, planes)
    agreeing = np.empty(len(x), np.int32)
    estimate(block.bits, planes, agreeing)
    cost = 15.0 * d - agreeing
    error = step * slope * (7.5 * d - cost) - x @ q
    assert abs(error.mean()) < 0.002
    assert np.std(error) == pytest.approx(step * deviation, rel=0.1)


def test_twelve_bits_are_four_more_than_eight() -> None:
    x, q = unit(300, 100, 40), unit(1, 100, 40, seed=2)[0]
    index = Vamana([VamanaBlock.of(x)])
    coarse = CodeBlock.of(x)
    rows = np.arange(300)
    fine_error = np.abs(index.vectors(rows) - x).mean()
    assert fine_error < np.abs(coarse.vectors(rows) - x).mean() / 12
    np.testing.assert_allclose(index.score(q, rows), index.vectors(rows) @ q, atol=1e-5)
    np.testing.assert_allclose(index.score(q, rows), x @ q, atol=2e-4)


def test_eight_bits_are_enough_where_no_more_are_asked_for() -> None:
    x, q = unit(300, 64, 20), unit(1, 64, 20, seed=2)[0]
    fine, block = VamanaBlock.of(x), VamanaBlock.of(x, fine=False)
    assert fine.bytes_per_vector - block.bytes_per_vector == 32  # of 64 dimensions
    np.testing.assert_array_equal(block.links, fine.links)
    rows, index = np.arange(300), Vamana([block])
    np.testing.assert_allclose(index.vectors(rows), CodeBlock.of(x).vectors(rows), atol=1e-6)
    hits, again = index.search(q, 10), Vamana([VamanaBlock.from_arrays(block.to_arrays())]).search(q, 10)
    np.testing.assert_allclose(hits.scores, index.score(q, hits.ids), atol=1e-5)
    np.testing.assert_array_equal(hits.ids, again.ids)


@pytest.fixture(scope="module")
def world() -> tuple[np.ndarray, VamanaBlock]:
    x = unit(4000, 64, 20)
    return x, VamanaBlock.of(x, degree=24, beam=64)


def test_the_graph_finds_the_neighbours_and_a_wider_beam_more(world: tuple[np.ndarray, VamanaBlock]) -> None:
    x, block = world
    found = {}
    for beam in (10, 40):  # 4,000 rows are walked when the beam is below 44
        index = Vamana([block], beam=beam)
        hits = [index.search(q, 10) for q in unit(50, 64, 20, seed=7)]
        exact = [np.argsort(-(x @ q))[:10] for q in unit(50, 64, 20, seed=7)]
        found[beam] = np.mean([len(set(h.ids) & set(e)) / 10 for h, e in zip(hits, exact, strict=True)])
    assert found[40] > 0.97
    assert found[10] < found[40]


def test_filters_are_exact_at_any_selectivity(world: tuple[np.ndarray, VamanaBlock]) -> None:
    x, block = world
    index = Vamana([block], beam=20)
    rng = np.random.default_rng(1)
    for share in (0.0001, 0.001, 0.01, 0.1, 0.3, 0.6, 1.0):
        flags = rng.random(len(x)) < share
        flags[11] = True
        missing = 0
        for q in unit(20, 64, 20, seed=8):
            hits = index.search(q, 10, Mask.of(flags))
            wanted = np.sort(x[flags] @ q)[::-1][:10]
            assert flags[hits.ids].all()
            assert len(hits) == len(wanted)
            missing += int((hits.scores < wanted - 4e-3).sum())
        # where the filter is answered by a scan it is exact, where by a walk as near as a walk comes
        assert missing <= (0 if flags.sum() ** 2 <= 90 * 20 * len(x) else 20)


def test_a_filter_that_forbids_the_neighbourhood_is_answered_by_a_scan(world: tuple[np.ndarray, VamanaBlock]) -> None:
    x, block = world
    index = Vamana([block], beam=12)
    for q in x[:10]:
        scores = x @ q
        flags = scores < np.sort(scores)[-1200]  # most rows, none of them near
        hits = index.search(q, 10, Mask.of(flags))
        assert flags[hits.ids].all()
        np.testing.assert_allclose(hits.scores, np.sort(scores[flags])[::-1][:10], atol=4e-3)


def test_the_same_seed_builds_the_same_graph() -> None:
    x = unit(600, 32, 10)
    a, b, c = (VamanaBlock.of(x, degree=8, beam=16, seed=s).to_arrays() for s in (5, 5, 6))
    assert all(np.array_equal(a[name], b[name]) for name in a)
    assert not np.array_equal(a["links"], c["links"])
    assert all(row[row >= 0].size == len(set(row[row >= 0].tolist())) for row in a["links"])
    assert not any(i in row for i, row in enumerate(a["links"]))


def test_vectors_of_any_length_and_equal_ones_can_be_kept() -> None:
    x = unit(3000, 32, 10) * np.linspace(0.1, 3, 3000, dtype=np.float32)[:, None]
    x[5:60] = x[5]
    x[70] = 0
    index = Vamana([VamanaBlock.of(x, degree=16, beam=32)], beam=30)
    q = x[5] / np.linalg.norm(x[5])
    flags = np.arange(3000) < 60
    assert index.search(q, 3, Mask.of(flags)).ids.tolist() == [5, 6, 7]  # ties in the order of rows
    assert len(index.search(q, 10)) == 10


def test_what_cannot_be_indexed_or_restored_is_named() -> None:
    x = unit(20, 16, 8)
    bad = x.copy()
    bad[5, 0] = np.nan
    with pytest.raises(ValueError, match="vector 5 is not finite"):
        VamanaBlock.of(bad)
    with pytest.raises(ValueError, match="at least 1, not 0"):
        VamanaBlock.of(x, degree=0)
    assert VamanaBlock.from_arrays(VamanaBlock.of(x[:0]).to_arrays()).rows == 0
    block = VamanaBlock.of(x)
    with pytest.raises(ValueError, match=r"\[8, 16\] dimensions"):
        Vamana([block, VamanaBlock.of(np.ones((1, 8), np.float32))])
    with pytest.raises(ValueError, match=r"shape \(4,\), the index holds 16"):
        Vamana([block]).search(np.ones(4, np.float32), 1)
    arrays = dict(block.to_arrays())
    for name, damaged in {
        "fine": arrays["fine"][:-1],
        "entry": np.array([20, 1]),
        "links": np.where(arrays["links"] == 3, 20, arrays["links"]),
        "codes": arrays["codes"][:, :-1],
    }.items():
        with pytest.raises(ValueError, match="differ"):
            VamanaBlock.from_arrays({**arrays, name: damaged})
    with pytest.raises(ValueError, match="links holds int64, which differs from int32"):
        VamanaBlock.from_arrays({**arrays, "links": arrays["links"].astype(np.int64)})


EXAMPLES = {
    "plain": index_example(VamanaBlock.of, Vamana, VamanaBlock.from_arrays, (Index, VectorIndex)),
    "a narrow beam": index_example(
        VamanaBlock.of,
        lambda blocks: Vamana(blocks, beam=3),
        VamanaBlock.from_arrays,
        (Index, VectorIndex),
        tolerance=0.05,
    ),
}
