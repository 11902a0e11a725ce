"""Numbers of a replay's report, each against a value worked out by hand."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.pipeline.feed import replay_report
from broadsheet.pipeline.feed.replay_report import (
    RANKINGS,
    Comparison,
    Measured,
    ReplayReport,
    bootstrap,
    calibration,
    comparison_sentence,
    gain,
    is_telling,
    share_of,
    signed,
    to_json,
)

EMPTY = ReplayReport("me", 0, 0, None, None, 0, 0, 0, 0, (), (), None, {"recency": 0.25}, None, ())


@pytest.mark.parametrize(
    ("rank", "value"),
    [(1, 1.0), (2, 0.6309), (3, 0.5), (7, 1 / 3), (20, 0.2277), (20.5, 0.0), (21, 0.0), (np.inf, 0.0)],
)
def test_the_gain_of_a_rank_is_that_of_ndcg(rank: float, value: float) -> None:
    assert gain(np.array([rank]))[0] == pytest.approx(value, abs=1e-4)


def test_a_gain_may_end_sooner() -> None:
    assert gain(np.array([1.0, 5, 6]), 5).tolist() == pytest.approx([1, 1 / np.log2(6), 0])


@pytest.mark.parametrize(
    ("k", "n", "low", "high"),
    [
        (0, 10, 0.0, 0.2775),
        (10, 10, 0.7225, 1.0),
        (5, 10, 0.2366, 0.7634),
        (1, 100, 0.0018, 0.0545),
        (50, 100, 0.4038, 0.5962),
    ],
)
def test_a_share_has_wilsons_interval(k: int, n: int, low: float, high: float) -> None:
    share = share_of(k, n)
    assert (share.value, share.low, share.high) == pytest.approx((k / n, low, high), abs=1e-3)


@given(st.integers(1, 200), st.data())
def test_the_interval_of_a_share_holds_it(n: int, data: st.DataObject) -> None:
    k = data.draw(st.integers(0, n))
    share = share_of(k, n)
    assert 0 <= share.low <= k / n + 1e-12
    assert k / n - 1e-12 <= share.high <= 1
    mirrored = share_of(n - k, n)
    assert (mirrored.low, mirrored.high) == pytest.approx((1 - share.high, 1 - share.low), abs=1e-9)


def test_an_interval_is_drawn_with_a_seed_and_by_days() -> None:
    rng = np.random.default_rng(1)
    values = rng.random((200, 2))
    first, second = bootstrap(values, np.arange(200), 0)
    assert [first, second] == bootstrap(values, np.arange(200), 0)
    assert first != bootstrap(values, np.arange(200), 1)[0]
    assert first.value == pytest.approx(values[:, 0].mean())
    width = 2 * 1.96 * values[:, 0].std() / np.sqrt(200)
    assert first.high - first.low == pytest.approx(width, rel=0.15)
    (together,) = bootstrap(np.sort(values[:, :1], axis=0), np.arange(200) // 20, 0)
    assert together.high - together.low > 2 * (first.high - first.low)  # of ten days


def test_days_may_have_any_numbers_and_weigh_by_their_saves() -> None:
    values, days = np.array([[1.0], [1.0], [1.0], [0.0]]), np.array([738000, 738000, 738000, 738005])
    (one,) = bootstrap(values, days, 0)
    assert (one.value, one.low, one.high) == (0.75, 0.0, 1.0)
    (alone,) = bootstrap(values[:3], days[:3], 0)
    assert alone == Measured(1.0, 0.0, 1.0)


def test_calibration_bins_have_much_the_same_size_and_rising_chances() -> None:
    said = np.array([0.9, 0.1, 0.5, 0.3, 0.7, 0.2, 0.8])
    saved = np.array([True, False, True, False, False, False, True])
    told = calibration(said, saved)
    assert told is not None
    assert (told.papers, told.saved) == (7, 3)
    assert told.brier == pytest.approx(((said - saved) ** 2).mean())
    assert told.brier_of_rate == pytest.approx(3 / 7 * 4 / 7)
    assert [one.papers for one in told.bins] == [2, 2, 1, 1, 1]
    assert [one.said for one in told.bins] == pytest.approx([0.15, 0.4, 0.7, 0.8, 0.9])
    assert [one.saved.value for one in told.bins] == [0, 0.5, 0, 1, 1]
    three = calibration(said[:3], saved[:3])
    assert three is not None
    assert len(three.bins) == 3


def test_chances_that_are_true_have_the_better_score() -> None:
    rng = np.random.default_rng(3)
    said = rng.random(2000)
    told = calibration(said, rng.random(2000) < said)
    assert told is not None
    assert told.brier < 0.75 * told.brier_of_rate
    assert [one.saved.value for one in told.bins] == pytest.approx([one.said for one in told.bins], abs=0.06)


@pytest.mark.parametrize(("saves", "days", "told"), [(20, 8, True), (19, 8, False), (20, 7, False), (500, 1, False)])
def test_few_saves_or_few_days_tell_nothing(saves: int, days: int, told: bool) -> None:
    assert is_telling(saves, days) is told
    gap = Comparison("page", "newest", Measured(0.5, 0.4, 0.6), Measured(0.1, 0.0, 0.2))
    assert ("too few to tell your page from newest first" in comparison_sentence(gap, saves, days)) is not told


@pytest.mark.parametrize("name", RANKINGS)
def test_every_ranking_has_a_name_for_tables_and_one_for_sentences(name: str) -> None:
    label, short = RANKINGS[name]
    assert 5 <= len(short) <= len(label) <= 60 or name == "random"
    gap = Comparison("page", name, Measured(-0.2, -0.3, -0.1), Measured(0, 0, 0))
    assert comparison_sentence(gap, 99, 99) == (
        f"Your page is worse than {short}: -20 of 100 saves among the first 50, interval -30 to -10."
    )


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (0.49, "0"), (-0.49, "0"), (0.51, "+1"), (-1.5, "-2"), (99.6, "+100"), (-0.0, "0")]
)
def test_numbers_have_signs_and_nothing_has_none(value: float, text: str) -> None:
    assert signed(value) == text


def test_a_report_without_anything_is_json_too() -> None:
    data = json.loads(json.dumps(to_json(EMPTY), allow_nan=False))
    assert (data["first"], data["last"], data["rankings"], data["calibration"]) == (None, None, [], None)
    dated = to_json(replace(EMPTY, first=date(2026, 1, 2), last=date(2026, 2, 3)))
    assert (dated["first"], dated["last"]) == ("2026-01-02", "2026-02-03")
    assert set(data) == set(ReplayReport.__dataclass_fields__)


def test_limits_are_what_the_documentation_says() -> None:
    assert (replay_report.DEPTH, replay_report.FIRST, replay_report.FEW_SAVES, replay_report.FEW_DAYS) == (
        50,
        20,
        20,
        8,
    )
