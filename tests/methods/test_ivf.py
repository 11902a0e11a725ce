"""Lists hold what is nearest to their centre, probing all is exact, filters are exact, bad input is named."""

from pathlib import Path

import numpy as np
import pytest

from broadsheet.indexes._lists import search_lists
from broadsheet.indexes._rotation import rotate
from broadsheet.indexes.contract import Index, VectorIndex
from broadsheet.indexes.ivf import Ivf, IvfBlock
from broadsheet.kit.mask import Mask
from tests.contract.index_promises import index_example


def unit(n: int, d: int, rank: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, rank)) @ np.random.default_rng(99).standard_normal((rank, d))
    return np.asarray(x / np.linalg.norm(x, axis=1, keepdims=True), np.float32)


@pytest.fixture(scope="module")
def world() -> tuple[np.ndarray, IvfBlock]:
    x = unit(4000, 64, 20)
    return x, IvfBlock.of(x, lists=50)


def test_a_list_holds_the_rows_nearest_to_its_centre(world: tuple[np.ndarray, IvfBlock]) -> None:
    x, block = world
    assert sorted(block.order.tolist()) == list(range(4000))
    assert block.place[block.order].tolist() == list(range(4000))
    np.testing.assert_allclose(block.codes.vectors(block.place[:20].astype(np.int64)), x[:20], atol=0.02)
    centroids = block.centroids.vectors(np.arange(50))
    scores = x @ centroids.T
    for i in range(50):
        rows = block.order[block.starts[i] : block.starts[i + 1]]
        assert (scores[rows, i] >= scores[rows].max(axis=1) - 0.02).all()


def test_the_best_of_given_lists_are_those_of_a_slow_search(world: tuple[np.ndarray, IvfBlock]) -> None:
    block = world[1]
    flags = np.random.default_rng(2).random(4000) < 0.5
    words, codes = Mask.of(flags).words, block.codes
    for q in unit(10, 64, 20, seed=4):
        rotated = rotate(q[None])[0]
        lists = np.array([7, 3, 44])
        rows = np.concatenate([block.order[block.starts[i] : block.starts[i + 1]] for i in lists])
        coded = (codes.bits, codes.codes, codes.scales, block.fine)
        for mask, among in ((words[:0], rows), (words, rows[flags[rows]])):
            places, scores, count = search_lists(coded, block.order, block.starts, lists, rotated, mask, 5000, 9)
            assert count == len(among)
            kept = block.inner(rotated, among)
            np.testing.assert_allclose(scores, np.sort(kept)[::-1][:9], atol=1e-5)
            assert set(block.order[places].tolist()) <= set(among.tolist())


def test_twelve_bits_are_kept_where_they_are_asked_for(world: tuple[np.ndarray, IvfBlock]) -> None:
    x, block = world
    coarse = IvfBlock.of(x, lists=50, fine=False)
    assert block.bytes_per_vector - coarse.bytes_per_vector == 32  # of 64 dimensions
    rows = np.arange(200)
    errors = [np.abs(b.vectors(rows) - x[rows]).mean() for b in (block, coarse)]
    assert errors[0] < errors[1] / 12
    for own in (block, coarse):
        again = IvfBlock.from_arrays(own.to_arrays())
        for q in unit(3, 64, 20, seed=8):
            np.testing.assert_allclose(Ivf([own]).score(q, rows), own.vectors(rows) @ q, atol=1e-5)
            hits, restored = Ivf([own], probes=50).search(q, 10), Ivf([again], probes=50).search(q, 10)
            np.testing.assert_allclose(hits.scores, Ivf([own]).score(q, hits.ids), atol=1e-6)
            np.testing.assert_array_equal(hits.ids, restored.ids)
    older = {name: array for name, array in coarse.to_arrays().items() if name != "fine"}
    assert IvfBlock.from_arrays(older).fine.shape == (4000, 0)


def test_more_probes_find_more_and_all_of_them_find_all(world: tuple[np.ndarray, IvfBlock]) -> None:
    x, block = world
    queries = unit(40, 64, 20, seed=5)
    found = {}
    for probes in (2, 10, 50):
        index = Ivf([block], probes=probes)
        hits = [set(index.search(q, 10).ids.tolist()) for q in queries]
        exact = [set(np.argsort(-(x @ q))[:10].tolist()) for q in queries]
        found[probes] = np.mean([len(h & e) / 10 for h, e in zip(hits, exact, strict=True)])
    assert found[2] < found[10] < found[50]
    assert found[50] > 0.97


def test_filters_are_exact_at_any_selectivity(world: tuple[np.ndarray, IvfBlock]) -> None:
    x, block = world
    index = Ivf([block], probes=25, least=4000)  # with a short list of all there is no estimate to err
    rng = np.random.default_rng(1)
    for share in (0.0001, 0.001, 0.01, 0.1, 0.3, 0.5):
        flags = rng.random(len(x)) < share
        flags[11] = True
        for q in unit(20, 64, 20, seed=6):
            hits = index.search(q, 10, Mask.of(flags))
            assert flags[hits.ids].all()
            np.testing.assert_allclose(hits.scores, np.sort(x[flags] @ q)[::-1][:10], atol=3e-3)


def test_a_filter_that_forbids_the_probed_lists_is_answered_from_the_rows_it_allows(
    world: tuple[np.ndarray, IvfBlock],
) -> None:
    x, block = world
    index = Ivf([block], probes=1, least=4000)
    for q in x[:10]:
        scores = x @ q
        flags = scores < np.sort(scores)[-2500]
        hits = index.search(q, 10, Mask.of(flags))
        assert len(hits) == 10
        assert flags[hits.ids].all()


def test_it_is_built_from_a_memory_map_as_from_an_array(tmp_path: Path) -> None:
    x = unit(900, 32, 12)
    np.save(tmp_path / "x.npy", x)
    a, b = (IvfBlock.of(v).to_arrays() for v in (x, np.load(tmp_path / "x.npy", mmap_mode="r")))
    assert all(np.array_equal(a[name], b[name]) for name in a)
    assert len(a["starts"]) == 60 + 1  # 2 sqrt(900)


def test_what_cannot_be_indexed_or_restored_is_named() -> None:
    x = unit(30, 16, 8)
    bad = x.copy()
    bad[5, 0] = np.inf
    with pytest.raises(ValueError, match="vector 5 is not finite"):
        IvfBlock.of(bad)
    with pytest.raises(ValueError, match="30 vectors cannot be kept in 31 lists"):
        IvfBlock.of(x, lists=31)
    assert IvfBlock.from_arrays(IvfBlock.of(x[:0]).to_arrays()).rows == 0
    block = IvfBlock.of(x, lists=4)
    with pytest.raises(ValueError, match=r"\[8, 16\] dimensions"):
        Ivf([block, IvfBlock.of(np.ones((1, 8), np.float32))])
    with pytest.raises(ValueError, match=r"shape \(4,\), the index holds 16"):
        Ivf([block]).search(np.ones(4, np.float32), 1)
    arrays = dict(block.to_arrays())
    for name, damaged in {
        "starts": arrays["starts"][::-1],
        "order": arrays["order"][:-1],
        "place": arrays["place"][:-1],
        "scales": arrays["scales"][:-1],
        "fine": arrays["fine"][:, :-1],
    }.items():
        with pytest.raises(ValueError, match="differ"):
            IvfBlock.from_arrays({**arrays, name: damaged})
    for name, kind in {
        "codes": np.int16,
        "bits": np.int64,
        "order": np.int64,
        "starts": np.int32,
        "fine": np.int8,
    }.items():
        with pytest.raises(ValueError, match=f"{name} holds {np.dtype(kind)}, which differs from"):
            IvfBlock.from_arrays({**arrays, name: arrays[name].astype(kind)})


EXAMPLES = {
    "plain": index_example(IvfBlock.of, Ivf, IvfBlock.from_arrays, (Index, VectorIndex)),
    "every list": index_example(
        lambda x: IvfBlock.of(x, lists=7),
        lambda blocks: Ivf(blocks, probes=7),
        IvfBlock.from_arrays,
        (Index, VectorIndex),
    ),
}
