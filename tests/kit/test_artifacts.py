"""Artifacts: the fingerprint tells contents apart without reading the arrays, and refuses what is no artifact."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile


def written(path: Path, value: float = 1.0, *, version: int = 1, note: str = "") -> Path:
    arrays = {"a": np.full(100, value), "b": np.arange(3)}
    artifacts.write(path, arrays, method="toy", version=version, meta={"note": note})
    return path


def test_the_same_content_has_the_same_fingerprint_wherever_it_lies(tmp_path: Path) -> None:
    found = artifacts.fingerprint(written(tmp_path / "a.bin"))
    assert found == artifacts.fingerprint(written(tmp_path / "b.bin"))
    assert len(found) == 8
    assert int(found, 16) >= 0


def test_another_value_version_or_note_has_another_fingerprint(tmp_path: Path) -> None:
    found = {
        artifacts.fingerprint(path)
        for path in (
            written(tmp_path / "a.bin"),
            written(tmp_path / "b.bin", 1.5),
            written(tmp_path / "c.bin", version=2),
            written(tmp_path / "d.bin", note="x"),
        )
    }
    assert len(found) == 4


def test_what_has_no_fingerprint_is_named_with_the_fix(tmp_path: Path) -> None:
    with pytest.raises(CorruptFile, match=r"absent\.bin: the file is missing; do this"):
        artifacts.fingerprint(tmp_path / "absent.bin", fix="do this")
    path = written(tmp_path / "a.bin")
    whole = path.read_bytes()
    for damaged in (b"", whole[:12], whole[:40], b"XX" + whole[2:], whole[:30] + b"?" + whole[31:]):
        path.write_bytes(damaged)
        with pytest.raises(CorruptFile, match=r"a\.bin: damaged .*; run `broadsheet check --repair`"):
            artifacts.fingerprint(path)
        with pytest.raises(CorruptFile, match=r"a\.bin: damaged .*; do this"):
            artifacts.read(path, method="toy", version=1, fix="do this")
