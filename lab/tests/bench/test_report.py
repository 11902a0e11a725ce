"""Figures as they are written down, worked by hand."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from broadsheet.kit.errors import UsageError
from broadsheet_lab.bench.datasets import Known, data_folder
from broadsheet_lab.bench.halves import Halves, places
from broadsheet_lab.bench.report import (
    Claimed,
    Number,
    interval,
    ranks_to_metrics,
    ratio_interval,
    reciprocal,
    write,
    write_claims,
)


def test_metrics_of_five_queries() -> None:
    # found first, second, eleventh, hundredth, not at all: only the first two count within ten
    found = ranks_to_metrics([1, 2, 11, 100, 0])
    assert found == {"mrr@10": pytest.approx((1 + 1 / 2) / 5), "recall@10": 2 / 5, "recall@100": 4 / 5}
    assert reciprocal([4, 10, 11, 0]).tolist() == [0.25, 0.1, 0.0, 0.0]


def test_a_rank_beyond_the_depth_is_not_found() -> None:
    assert ranks_to_metrics([101])["recall@100"] == 0.0


def test_the_interval_holds_the_mean_and_is_as_wide_as_the_spread_says() -> None:
    values = np.array([0.0, 1.0] * 200)
    low, high = interval(values, seed=1)
    assert low < 0.5 < high
    assert high - low == pytest.approx(2 * 1.96 * 0.5 / 20, rel=0.1)  # standard error 0.5 / sqrt(400)
    assert interval(values, seed=1) == (low, high)
    assert interval(np.full(50, 0.3)) == (pytest.approx(0.3), pytest.approx(0.3))


def test_a_ratio_of_paired_values_has_no_spread_where_every_pair_has_the_same_ratio() -> None:
    under = np.random.default_rng(0).random(100) + 0.1
    assert ratio_interval(2 * under, under) == (pytest.approx(2.0), pytest.approx(2.0))
    low, high = ratio_interval(np.random.default_rng(1).random(100), under)
    assert low < 0.5 / 0.6 < high


def test_seeds_are_drawn_as_queries_are() -> None:
    # the seeds differ by 0.2 and the queries not at all: the spread is that of the seeds alone
    values = np.repeat(np.array([[0.4], [0.6]]), 50, axis=1)
    assert interval(values) == (pytest.approx(0.4), pytest.approx(0.6))
    assert interval(values[:1]) == interval(values[0])
    assert ratio_interval(values, values / 2) == (pytest.approx(2), pytest.approx(2))  # paired by seed
    assert ratio_interval(values, np.full(50, 0.5)) == (pytest.approx(0.8), pytest.approx(1.2))


def test_claims_are_made_of_values() -> None:
    three = np.tile([0.0, 1.0], (3, 100))
    mean = Claimed.mean("d", "m", three, rival=("BM25", 0.4))
    assert (mean.value, mean.n, mean.seeds, mean.rival) == (0.5, 200, (0, 1, 2), ("BM25", 0.4))
    assert mean.interval == interval(three)
    ratio = Claimed.ratio("d", "m", ("mine", three[0]), ("other", three + 0.5), detail={"papers": 3})
    assert (ratio.value, ratio.baseline, ratio.seeds) == (0.5, {"other": 1.0}, (0, 1, 2))
    assert ratio.detail == {"mine": 0.5, "papers": 3}
    less = Claimed.difference("d", "m", ("mine", three[0]), ("other", three[0]), lower_is_better=True)
    assert (less.value, less.interval, less.lower_is_better) == (0.0, (0.0, 0.0), True)
    assert Claimed.exact("d", "m", 3).interval == (3, 3)
    times = Claimed.ratio("d", "m", ("a", np.array([4.0, 4, 90])), ("b", np.full(3, 2.0)), statistic=np.median)
    assert times.value == 2.0


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (Number("a", 2.5, "ms", 5), {"target": "≤ 5 ms", "ratio_to_target": 0.5, "met": True}),
        (Number("a", 6.0, "ms", 5), {"target": "≤ 5 ms", "ratio_to_target": 1.2, "met": False}),
        (Number("a", 4500, "papers/s", 3000, at_most=False), {"target": "≥ 3,000 papers/s", "met": True}),
        (Number("a", 0.83, "", 0.84, at_most=False), {"target": "≥ 0.84", "ratio_to_target": 0.9881, "met": False}),
        (Number("a", 0.0, "", 0), {"target": "≤ 0", "met": True}),
    ],
)
def test_a_number_says_its_target_and_whether_it_is_met(number: Number, expected: dict[str, object]) -> None:
    assert expected.items() <= number.to_json().items()


def test_a_number_without_a_target_claims_nothing() -> None:
    assert Number("bytes", 1 / 3).to_json() == {"what": "bytes", "value": 0.333333, "unit": ""}


def test_a_claim_leaves_out_what_it_does_not_have() -> None:
    assert Claimed("toy", "gap", 1.23456789e-7).to_json() == {"dataset": "toy", "metric": "gap", "value": 1.23457e-7}
    full = Claimed(
        *("toy", "gap", 2, True, (1.0, 3.00004), {"chance": 0.123456}, {"a": 7}), n=9, seeds=(0, 1), rival=("BM25", 0.5)
    )
    assert full.to_json() == {
        "dataset": "toy",
        "metric": "gap",
        "value": 2.0,
        "lower_is_better": True,
        "interval": [1.0, 3.00004],
        "n": 9,
        "seeds": [0, 1],
        "baseline": {"chance": 0.1235},
        "rival": {"name": "BM25", "value": 0.5},
        "detail": {"a": 7},
    }


def test_a_claim_is_the_test_half_with_the_dev_half_beside_it() -> None:
    known = Known(("q",) * 6, tuple("abcdef"))
    dev = known.dev
    assert 0 < dev.sum() < 6  # or the names below would say nothing
    mine = Halves.of(known, [1 if d else 2 for d in dev])
    other = Halves.of(known, [2 if d else 4 for d in dev])
    claim = mine.over(other, "MRR@10 (ratio)", "the other")
    assert claim.value == pytest.approx(0.5 / 0.25)
    assert claim.baseline == {"MRR@10, the other": 0.25}
    assert claim.detail["value on the dev half"] == pytest.approx(1 / 0.5)
    assert (claim.n, claim.seeds, claim.rival) == ((~dev).sum(), (), ("the other", 1.0))
    assert mine.over(other, "m", "o", ("third", mine)).rival == ("third", pytest.approx(2.0))


def test_places_count_from_one() -> None:
    assert places([np.array([7, 3]), np.array([7, 3]), np.array([], np.int64)], [3, 9, 1]) == [2, 0, 0]


def test_a_result_file_says_when_and_where_it_was_measured(tmp_path: Path) -> None:
    write(tmp_path / "new" / "toy.json", "toy", {"numbers": [1]})
    content = json.loads((tmp_path / "new" / "toy.json").read_text(encoding="utf-8"))
    assert content["benchmark"] == "toy"
    assert content["numbers"] == [1]
    assert {"version", "commit", "date", "machine"} <= content.keys()


def test_a_methods_result_says_its_source_and_its_seeds(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.write_bytes(b"a")
    claims = [Claimed("d", "m", 1.0, seeds=(0, 2)), Claimed("d", "n", 1.0, seeds=(1,))]
    path = write_claims(tmp_path, "bm25", "broadsheet_lab.bench.lexical", claims, data={"a": data}, started=0.0)
    content = json.loads(path.read_text(encoding="utf-8"))
    assert path == tmp_path / "bm25.json"
    assert content["sources"].keys() == {"broadsheet.retrieval.bm25", "broadsheet_lab.bench.lexical"}
    assert content["bench"] == ["broadsheet_lab.bench.lexical"]
    assert content["seeds"] == [0, 1, 2]
    assert isinstance(content["clean"], bool)
    with pytest.raises(UsageError, match="no method 'none'"):
        write_claims(tmp_path, "none", "broadsheet_lab.bench.lexical", claims, data={}, started=0.0)


def test_missing_data_is_said_with_the_fix(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BROADSHEET_DATA", str(tmp_path / "absent"))
    with pytest.raises(UsageError, match=r"absent: no benchmark data here; set BROADSHEET_DATA"):
        data_folder()
