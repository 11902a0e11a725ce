"""Learning which papers one person wrote."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from broadsheet_lab.train import feed_metric  # noqa: E402
from broadsheet_lab.train.feed_metric import fit, pairs_of  # noqa: E402


def test_pairs_share_an_author_and_none_is_of_a_reader() -> None:
    authors = [("ann", "bo"), ("ann",), ("bo", "ann"), ("cy",), ("cy", "ann")]
    usable = np.array([True, True, True, True, False])
    pairs = pairs_of(authors, usable, {(0, 1)})
    assert sorted(map(tuple, pairs.rows.tolist())) == [(0, 2), (0, 2), (1, 2)]
    assert pairs.chances.sum() == pytest.approx(1)
    assert pairs.chances.max() > pairs.chances.min()  # ann has two pairs, which share her chance
    with pytest.raises(ValueError, match="common author"):
        pairs_of(authors, np.zeros(5, np.bool_), set())


def test_pairs_of_another_author_in_the_batch_are_no_negatives() -> None:
    authors = [frozenset(names) for names in (("ann",), ("bo",), ("ann", "bo"))]
    mask = feed_metric._same(authors, np.array([0, 1]), np.array([0, 2])).numpy()
    assert mask.tolist() == [[0, -np.inf], [0, 0]]


def test_the_pairs_of_all_readers_are_left_out(tmp_path: Path) -> None:
    path = tmp_path / "author_readers.jsonl"
    path.write_text(json.dumps({"saved": ["c", "a", "gone"], "later": ["b"]}) + "\n", encoding="utf-8")
    assert feed_metric._saved_together(path, {"a": 0, "b": 1, "c": 2}) == {(0, 2)}


def test_what_one_person_wrote_comes_together(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(feed_metric, "BATCH", 32)
    rng = np.random.default_rng(0)
    people = rng.normal(size=(30, 4))
    who = np.repeat(np.arange(30), 6)
    static = np.concatenate([people[who], 5 * rng.normal(size=(180, 4))], axis=1).astype(np.float32)  # mostly noise
    other = rng.normal(size=(180, 3)).astype(np.float32)
    pairs = pairs_of([(str(w),) for w in who], np.ones(180, np.bool_), set())
    told: list[str] = []
    metric = fit([static, other], pairs, told.append, steps=100)
    out = metric.apply(np.concatenate([static, other], axis=1))
    likeness = out @ out.T
    same = (who[:, None] == who) & ~np.eye(180, dtype=bool)
    assert likeness[same].mean() > likeness[~same & ~np.eye(180, dtype=bool)].mean() + 0.15
    assert told
    assert metric.matrix.shape == (11, feed_metric.WIDTH)
