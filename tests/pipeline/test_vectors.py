"""The index of the vectors: chosen by size, overridden in broadsheet.toml, joined with what came later, told of."""

from __future__ import annotations

import gc
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import broadsheet
from broadsheet.indexes.contract import VectorIndex
from broadsheet.indexes.ivf import Ivf
from broadsheet.indexes.scan import CodeBlock, Scan
from broadsheet.indexes.vamana import Vamana
from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile, SettingError
from broadsheet.kit.mask import Mask
from broadsheet.pipeline.index import build, index_choice, manifest, segments, snapshot
from broadsheet.pipeline.index.index_choice import bulk_of, index_of, kind_for, why
from broadsheet.pipeline.index.tiered import TieredIndex
from broadsheet.pipeline.library import Library
from tests.clock import noon
from tests.pipeline import world

QUERIES = ("pendulum escapement", "rye bread", "honey and keels")


def drawn(n: int, seed: int = 0) -> NDArray[np.float32]:
    x = np.random.default_rng(seed).standard_normal((n, 48)).astype(np.float32)
    unit: NDArray[np.float32] = x / np.linalg.norm(x, axis=1, keepdims=True)
    return unit


def set_to(library: Library, kind: str) -> None:
    (library.path / "broadsheet.toml").write_text(f'[index]\nvectors = "{kind}"\n', encoding="utf-8")


def alike(found: list[str], wanted: list[str]) -> bool:
    """The same papers but for one or two: what is alike to the last bit may change places."""
    return len(set(found) & set(wanted)) >= len(wanted) - 2


def index_file(library: Library) -> Path:
    [path] = (library.path / "indexes").glob("vectors-*.bin")
    return path


def test_the_choice_is_by_size_unless_it_is_set() -> None:
    assert [kind_for("auto", n) for n in (0, 87_366, index_choice.LISTS_FROM - 1)] == ["scan"] * 3
    assert kind_for("auto", index_choice.LISTS_FROM) == "ivf"
    assert [kind_for(wish, 10) for wish in ("scan", "ivf", "vamana")] == ["scan", "ivf", "vamana"]
    assert why("auto", "scan", 9000) == "meaning is searched by comparing all papers (quickest for 9,000 papers)"
    assert why("vamana", "vamana", 9) == "meaning is searched along a graph of near papers (as broadsheet.toml says)"
    assert why("ivf", "scan", 9) == (
        "meaning is searched by comparing all papers "
        "(from the next search on in lists of papers near each other, as broadsheet.toml says)"
    )


@pytest.mark.parametrize("kind", ["scan", "ivf", "vamana"])
@pytest.mark.parametrize("later", [0, 40])
def test_the_bulk_and_what_came_later_are_one_index(kind: str, later: int) -> None:
    x = drawn(250 + later)
    first = [CodeBlock.of(x[:150]), CodeBlock.of(x[150:250])]
    index = index_of([*first, *([CodeBlock.of(x[250:])] if later else [])], bulk_of(kind, first))
    assert isinstance(index, VectorIndex)
    assert len(index) == len(x)
    query, rows = drawn(1, 1)[0], np.array([len(x) - 1, 0, 149, 150, 3])
    np.testing.assert_allclose(index.vectors(rows), x[rows], atol=0.02)
    np.testing.assert_allclose(index.score(query, rows), x[rows] @ query, atol=0.02)
    for share in (0.02, 0.3, 1.0):
        flags = np.random.default_rng(2).random(len(x)) < share
        hits = index.search(query, 5, Mask.of(flags))
        right = np.flatnonzero(flags)[np.argsort(-(x[flags] @ query))][:5]
        assert flags[hits.ids].all()
        assert len(set(hits.ids.tolist()) & set(right.tolist())) >= len(right) - 1
        assert (np.diff(hits.scores) <= 0).all()


def test_wrong_masks_and_bulks_are_refused() -> None:
    x = drawn(30)
    block = CodeBlock.of(x)
    with pytest.raises(ValueError, match="the mask covers 3 rows"):
        TieredIndex([Scan([block])]).search(x[0], 5, Mask.full(3))
    with pytest.raises(ValueError, match="30 vectors are indexed, the segments end at"):
        index_of([CodeBlock.of(x[:20]), CodeBlock.of(x[:20])], bulk_of("ivf", [block]))
    with pytest.raises(ValueError, match="at least one layer"):
        TieredIndex([])
    index = index_of([], bulk_of("ivf", []))
    assert len(index) == len(index.search(x[0], 5)) == 0


@pytest.mark.parametrize(("kind", "made"), [("ivf", Ivf), ("vamana", Vamana)])
def test_a_library_changes_its_index_and_finds_the_same(library: Library, kind: str, made: type) -> None:
    before = {query: world.keys(library.search(query, 10)) for query in QUERIES}
    page = world.keys(library.feed("me", 10, log=False))
    set_to(library, kind)
    with broadsheet.open(library.path, clock=noon) as other:
        assert other.check().lines[1].endswith("as broadsheet.toml says)")
        assert isinstance(other.snapshot().dense, made)
        for query in QUERIES:
            assert alike(world.keys(other.search(query, 10)), before[query])
        assert alike(world.keys(other.feed("me", 10, log=False)), page)
        file = index_file(other)
        for n in range(30, 42):  # so many small segments that they are merged
            other.add(world.record(world.BEES, n))
        assert index_file(other) == file
        assert isinstance(other.snapshot().dense, TieredIndex)
        assert (len(other.snapshot()), other.snapshot().bulk.rows) == (132, 120)  # type: ignore[union-attr]
        assert 2 <= len(other.snapshot().segments) <= build.MOST_SEGMENTS + 1
        assert {"bees-30", "bees-41"} <= set(world.keys(other.search("bees honeycomb", 60)))
        assert other.check().ok
    (library.path / "broadsheet.toml").unlink()
    with broadsheet.open(library.path, clock=noon) as back:
        assert isinstance(back.snapshot().dense, Scan)
        assert not list((back.path / "indexes").glob("vectors-*.bin"))
        assert alike(world.keys(back.search(QUERIES[0], 10)), before[QUERIES[0]])
        assert back.check().lines[1].endswith("meaning is searched by comparing all papers (quickest for 132 papers)")


def test_full_segments_are_never_merged() -> None:
    half = segments.SEGMENT_ROWS // 2
    assert build._full([], 0) == 0
    assert build._full([half - 1, 5], 0) == 0
    assert build._full([half, segments.SEGMENT_ROWS, 900, 5], 0) == 2
    assert build._full([800, 300, 5], 1100) == 2
    assert build._full([half, 300, 5], half + 300) == 2


def test_a_large_library_is_opened_without_reading_it_whole(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    """Bit rot in it is found by `check`, as before; one that is cut short is refused at once."""
    set_to(library, "ivf")
    library.close()
    with broadsheet.open(library.path, clock=noon) as other:
        other.snapshot()
    path = index_file(library)
    whole = path.read_bytes()
    codes = artifacts.read(path, method="ivf", version=manifest.FORMAT).arrays["codes"].tobytes()
    rotten = whole.replace(codes, codes[:-1] + bytes([codes[-1] ^ 1]))
    path.write_bytes(rotten)
    monkeypatch.setattr(snapshot, "VERIFIED_BYTES", 1000)
    with broadsheet.open(library.path, clock=noon) as other:
        assert len(other.search("rye").results)
        assert any(path.name in line for line in other.check().problems)
    astray = whole[:-3] + bytes([whole[-3] ^ 1]) + whole[-2:]  # a place that is none
    path.write_bytes(astray)
    with (
        broadsheet.open(library.path, clock=noon) as other,
        pytest.raises(CorruptFile, match=f"{path.name}: damaged .place leads"),
    ):
        other.search("rye")
    monkeypatch.undo()
    for broken in (rotten, astray, whole[: len(whole) // 2], b""):
        path.write_bytes(broken)
        with broadsheet.open(library.path, clock=noon) as other:
            with pytest.raises(CorruptFile, match=path.name):
                other.search("rye")
            assert any(path.name in line for line in other.check().problems)
    path.unlink()
    with broadsheet.open(library.path, clock=noon) as other:
        assert any(path.name in line for line in other.check().problems)
        assert other.check(repair=True).ok
        assert isinstance(other.snapshot().dense, Ivf)


def test_an_impossible_index_is_a_setting_error(library: Library) -> None:
    set_to(library, "hnsw")
    library.close()
    with pytest.raises(SettingError, match=r"\[index\] vectors = 'hnsw' cannot be used"):
        broadsheet.open(library.path)
    gc.collect()  # a connection left open would be told of here
