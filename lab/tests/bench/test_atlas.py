"""The quality of maps where it is known, and a benchmark of a few papers from its beginning to its file."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import broadsheet
from broadsheet.kit.unit import unit_rows
from broadsheet.pipeline import pretrained
from broadsheet_lab.bench import _atlas_maps, atlas
from broadsheet_lab.bench._atlas_maps import compare, principal, quality
from broadsheet_lab.bench._atlas_page import Opened
from broadsheet_lab.bench.corpus import LIBRARY
from tests.pipeline import world
from tests.pipeline.toy import Toy


def test_a_map_that_is_the_vectors_keeps_all_and_a_random_one_next_to_nothing() -> None:
    rng = np.random.default_rng(0)
    angle = np.sort(rng.random(400)) * 2 * np.pi
    circle = np.stack([np.cos(angle), np.sin(angle)], axis=1).astype(np.float32)
    labels = np.arange(400) // 100
    perfect = quality(circle, circle, labels)
    assert perfect.kept == 1.0
    assert perfect.venue > 0.9
    scattered = quality(circle, rng.standard_normal((400, 2)).astype(np.float32), labels)
    assert scattered.kept < 0.25
    assert scattered.venue == pytest.approx(0.25, abs=0.05)
    assert quality(circle, principal(circle), labels).kept == 1.0


def test_ways_that_are_not_installed_are_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    def missing(_: object) -> Any:
        raise ImportError(name="nothing_of_that_name")

    monkeypatch.setattr(_atlas_maps, "WAYS", {"components": principal, "other": missing})
    x = unit_rows(np.random.default_rng(0).standard_normal((80, 5)).astype(np.float32))
    systems, skipped = compare(x, np.zeros(80, np.int64), lambda _: None)
    assert skipped == {"other": "nothing_of_that_name is not installed"}
    assert systems["components"]["same venue"] == 1.0
    assert systems["components"].keys() == {"near papers kept", "same venue", "processor s"}


def test_the_benchmark_writes_what_it_measured(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Toy()
    monkeypatch.setattr(pretrained, "read_transformer", lambda: model)
    with broadsheet.open(tmp_path / "library") as library:
        library.add(*world.records())
        library.build_precise()
    monkeypatch.setenv(LIBRARY, str(tmp_path / "library"))
    monkeypatch.setattr(atlas, "DAYS", (5,))
    monkeypatch.setattr(atlas, "open_map", lambda _: Opened(1.5, 0.5, 120_000))
    monkeypatch.setattr(_atlas_maps, "WAYS", {"components": principal})
    told: list[str] = []
    [path] = atlas.measure(tmp_path / "out", told.append, papers=130, compared=60)
    content = json.loads(path.read_text(encoding="utf-8"))
    numbers: Sequence[dict[str, Any]] = content["numbers"]
    assert numbers[0]["what"] == "laying out 130 papers, processor"
    assert numbers[1]["detail"]["old papers that moved"] == 0
    assert numbers[1]["detail"]["placed"] == 5
    assert [number["met"] for number in numbers if number["unit"] in {"s", "kB"}] == [True] * 5
    assert content["sets"]["maps"]["papers"] == 60
    assert told[-1] == "opening the map in a browser"
    with broadsheet.open(tmp_path / "library") as library:
        assert library.stats().papers == 120  # the library that was named is as it was
