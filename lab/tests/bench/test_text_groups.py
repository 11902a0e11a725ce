"""What metrix and rs2 are measured by: groups by rarest keyword, recall, examples until a target."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from broadsheet_lab.bench.text import metrix, rs2


def test_a_paper_is_in_the_group_of_its_rarest_tag_and_nobody_is_alone() -> None:
    tags = {0: 5, 1: 4, 2: 50, 3: 3}  # papers that have each tag
    papers = np.concatenate([np.arange(n) for n in tags.values()])
    labels = np.repeat(list(tags), list(tags.values()))
    rows, found = metrix.by_rarest(papers, labels)
    assert rows.tolist() == [0, 1, 2, 3]  # paper 4 would be alone under tag 0; tag 2 has too many papers, 3 too few
    assert found.tolist() == [1, 1, 1, 1]


def test_groups_are_whole_and_no_keyword_is_on_both_sides(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrix, "_REPORTED", 30)
    keywords = [[f"Topic {i % 12}", "everything"] for i in range(120)]
    study: Any = SimpleNamespace(table={"keywords": keywords}, texts=[f"text {i}" for i in range(120)])
    learn, report = metrix.groups_of(study)
    topics = [{int(text.split()[1]) % 12 for text in part.texts} for part in (learn, report)]
    assert not topics[0] & topics[1]
    assert 0 < len(report.texts) <= 30
    assert np.bincount(report.labels)[np.unique(report.labels)].tolist() == [10] * len(topics[1])


def test_recall_asks_whether_the_nearest_other_is_alike() -> None:
    x = np.array([[1, 0], [0.9, 0.1], [0, 1], [0.1, 0.9]], np.float32)
    assert metrix.Groups(["a"] * 4, np.array([0, 0, 1, 1])).nearest_is_alike(x).tolist() == [1, 1, 1, 1]
    assert metrix.Groups(["a"] * 4, np.array([0, 1, 0, 0])).nearest_is_alike(x).tolist() == [0, 0, 1, 1]


def test_the_time_to_accuracy_is_the_first_look_that_reaches_what_the_short_training_ends_with() -> None:
    curve = np.array([[[0.1 * at] * 4 for at in range(len(rs2._LOOKED))]])
    value, (low, high) = rs2._time_to_accuracy(curve, np.full((1, 4), 0.25))
    assert (value, low, high) == (rs2._LOOKED[3], rs2._LOOKED[3], rs2._LOOKED[3])  # 10 % × 10 epochs is one pass
    never, _ = rs2._time_to_accuracy(curve, np.full((1, 4), 0.9))
    assert never == rs2.EPOCHS + 1
