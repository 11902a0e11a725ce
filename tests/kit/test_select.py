"""Masks, the best k, and files that tell when they are damaged."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile
from broadsheet.kit.hits import top_k
from broadsheet.kit.mask import Mask
from broadsheet.kit.select import top_k_masked

SCORES = st.lists(st.sampled_from([0.0, 0.5, 1.0, 1.5, -1.0]), max_size=80)


@given(SCORES, st.integers(0, 90), st.randoms())
def test_best_equals_sorting_everything(values: list[float], k: int, random: object) -> None:
    scores = np.array(values, np.float32)
    flags = np.array([random.random() < 0.6 for _ in values], np.bool_)  # type: ignore[attr-defined]
    wanted = sorted((-s, i) for i, s in enumerate(values) if flags[i])[:k]
    hits = top_k_masked(scores, k, Mask.of(flags))
    assert list(zip((-hits.scores).tolist(), hits.ids.tolist(), strict=True)) == wanted
    rows = np.flatnonzero(flags)
    assert top_k(rows, scores[rows], k).ids.tolist() == [i for _, i in wanted]


def test_of_equal_scores_the_lower_rows_stay() -> None:
    assert top_k_masked(np.array([0.0, 0.0, 0.5], np.float32), 2).ids.tolist() == [2, 0]
    assert top_k_masked(np.array([0.0, 0.5, 0.5, 1.0, 1.0, 0.0], np.float32), 3).ids.tolist() == [3, 4, 1]
    generator = np.random.default_rng(0)
    for n in range(1, 200):
        scores = generator.integers(0, 4, n).astype(np.float32)
        order = np.lexsort((np.arange(n), -scores))
        for k in (1, 2, 7, n // 2, n):
            assert top_k_masked(scores, k).ids.tolist() == order[:k].tolist()


def test_best_has_a_floor_and_checks_the_mask() -> None:
    scores = np.array([0.0, 2.0, 1.0], np.float32)
    assert top_k_masked(scores, 3, floor=0.0).ids.tolist() == [1, 2]
    with pytest.raises(ValueError, match="4 rows, the scores 3"):
        top_k_masked(scores, 1, Mask.full(4))


@given(st.lists(st.booleans(), max_size=200), st.lists(st.booleans(), max_size=200))
def test_masks_are_sets_of_rows(first: list[bool], second: list[bool]) -> None:
    n = min(len(first), len(second))
    a, b = np.array(first[:n], np.bool_), np.array(second[:n], np.bool_)
    assert Mask.of(a).flags().tolist() == a.tolist()
    assert (Mask.of(a) & Mask.of(b)).rows().tolist() == np.flatnonzero(a & b).tolist()
    assert (Mask.of(a) | Mask.of(b)).count() == int((a | b).sum())
    assert (~Mask.of(a)).rows().tolist() == np.flatnonzero(~a).tolist()
    assert Mask.of_rows(np.flatnonzero(a), n).words.tolist() == Mask.of(a).words.tolist()
    assert Mask.full(n).count() == n


ARRAYS: dict[str, NDArray[Any]] = {
    "x": np.arange(7, dtype=np.float32),
    "empty": np.empty((0, 3), np.int8),
    "grid": np.ones((3, 5), np.uint64),
}


def test_arrays_come_back_as_they_were(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    artifacts.write(path, ARRAYS, method="toy", version=3, meta={"note": "é"})
    back = artifacts.read(path, method="toy", version=3)
    assert back.meta == {"note": "é"}
    for name, array in ARRAYS.items():
        assert back.arrays[name].dtype == array.dtype
        assert back.arrays[name].tolist() == array.tolist()
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]


def test_every_kind_of_damage_names_the_file_and_the_fix(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    artifacts.write(path, ARRAYS, method="toy", version=3)
    good = path.read_bytes()
    damaged = [
        b"",
        good[:5],
        good[:40],
        good[:-9],
        b"X" + good[1:],
        good[:20] + b"\xff" + good[21:],
        good[:-3] + b"abc",
    ]
    for bad in damaged:
        path.write_bytes(bad)
        with pytest.raises(CorruptFile, match=r"a\.bin: damaged .*check --repair"):
            artifacts.read(path, method="toy", version=3)
    path.write_bytes(good)
    with pytest.raises(CorruptFile, match="holds toy v3, wanted toy v4"):
        artifacts.read(path, method="toy", version=4)
    path.unlink()
    with pytest.raises(CorruptFile, match="missing"):
        artifacts.read(path, method="toy", version=3)


def test_a_failed_write_leaves_the_old_file_and_no_other(tmp_path: Path) -> None:
    path = tmp_path / "a.bin"
    artifacts.write_atomic(path, [b"old"])
    with pytest.raises(TypeError):
        artifacts.write_atomic(path, [b"new", "not bytes"])  # type: ignore[list-item]
    assert path.read_bytes() == b"old"
    assert [p.name for p in tmp_path.iterdir()] == ["a.bin"]
