"""The reliability plot of the replay's page: where points stand, where axes end, and what is drawn of odd reports."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from broadsheet.kit.errors import UsageError
from broadsheet.pipeline.feed.mixes import changed_mix
from broadsheet.pipeline.feed.ranking import FeedMix
from broadsheet.pipeline.feed.replay_report import calibration
from broadsheet.web.steering.replay import SIDE, STEPS, plot
from tests.web.markup import Page
from tests.web.replayed import full_report
from tests.web.served import Served


def told(*bins: tuple[float, float, float, float]) -> dict[str, Any]:
    """A calibration of these bins (said, saved, low, high)."""
    return {
        "bins": [{"said": s, "saved": {"value": v, "low": low, "high": high}, "papers": 1} for s, v, low, high in bins]
    }


@pytest.mark.parametrize(
    ("said", "high", "end"),
    [
        (0.0, 0.0, 0.01),
        (0.005, 0.01, 0.01),
        (0.005, 0.0101, 0.02),
        (0.05, 0.03, 0.05),
        (0.02, 0.09, 0.1),
        (0.11, 0.19, 0.2),
        (0.3, 0.5, 0.5),
        (0.3, 0.51, 1.0),
        (1.0, 1.0, 1.0),
        (0.2, 1.0000001, 1.0),  # of numbers that were rounded
    ],
)
def test_axes_end_at_the_next_round_number(said: float, high: float, end: float) -> None:
    made = plot(told((said, high / 2, 0.0, high)))
    assert made is not None
    assert (made["end"], made["side"]) == (end, SIDE)
    assert end in STEPS


@pytest.mark.parametrize("said", [0.0, 0.25, 0.5, 1.0])
def test_true_chances_lie_on_the_diagonal(said: float) -> None:
    made = plot(told((said, said, said, said), (1.0, 1.0, 1.0, 1.0)))
    assert made is not None
    x, y, low, high = made["points"][0]
    assert (x, y) == (SIDE * said, SIDE - SIDE * said)
    assert y == low == high


def test_intervals_reach_from_low_to_high_and_stay_inside() -> None:
    rng = np.random.default_rng(0)
    said = rng.random(300)
    one = calibration(said, rng.random(300) < said**2)
    assert one is not None
    made = plot(full_report("me")["calibration"])
    assert made is not None
    for x, y, low, high in made["points"]:
        assert 0 <= x <= SIDE
        assert 0 <= high <= y <= low <= SIDE
    assert [point[0] for point in made["points"]] == sorted(point[0] for point in made["points"])


@pytest.mark.parametrize("part", ["calibration", "tried", "rankings", "left_out", "by_date"])
def test_a_report_that_lacks_a_part_is_a_whole_page(own: Served, part: str) -> None:
    report = full_report("me")
    empty: dict[str, Any] = {"calibration": None, "tried": None, "rankings": [], "left_out": 0, "by_date": 0}
    readers = own.library.catalogue.readers
    readers.experiments.keep_replay(readers.get("me").id, {**report, part: empty[part]})
    page = own.client.get("/replay").text
    assert Page(page).faults == []
    parts = {
        "calibration": "How true the chances are",
        "tried": "Take these",
        "rankings": "What that says",
        "left_out": "left out: nothing was known before",
        "by_date": "older than the paper’s arrival",
    }
    assert [name for name, words in parts.items() if words not in page] == [part]
    assert len(re.findall("<h1", page)) == 1


@pytest.mark.parametrize(
    ("weights", "mix"),
    [
        ({}, FeedMix()),
        ({"recency": 0}, replace(FeedMix(), recency=0)),
        ({"recency": 1, "diversity": 1, "exploration": 1}, FeedMix(1, 1, 1)),
    ],
)
def test_a_changed_mix_has_what_was_changed(weights: dict[str, float], mix: FeedMix) -> None:
    assert changed_mix(FeedMix(), weights) == mix


@pytest.mark.parametrize("value", [-0.001, 1.001, float("nan"), float("inf")])
@pytest.mark.parametrize("name", ["recency", "diversity", "exploration"])
def test_a_weight_lies_between_nothing_and_all(name: str, value: float) -> None:
    with pytest.raises(UsageError, match=f"{name} must lie between 0 and 1, not {value}"):
        changed_mix(FeedMix(), {name: value})
