"""Verdicts and tables follow from cards and results."""

from __future__ import annotations

from pathlib import Path

import pytest

from broadsheet.kit.card import Card, Claim
from broadsheet.kit.errors import UsageError
from broadsheet.methods import Method
from broadsheet_lab.methods_page import read_results, render_methods, verdict
from broadsheet_lab.provenance import sources
from broadsheet_lab.tables import fill_numbers

EXPECTED = Card(
    "An Invented Method",
    "2603.01234",
    2026,
    "x",
    claims=(
        Claim("table 2", "toy", "recall@10", 0.5),
        Claim("table 3", "toy", "gap", -1.5, ours=True, was="-2 until 2026"),
    ),
    departures=("a", "b"),
    fidelity="reduced",
)


@pytest.mark.parametrize(
    ("claim", "measured", "expected"),
    [
        (0.5, {"value": 0.6, "interval": [0.5, 0.7]}, "held"),
        (0.5, {"value": 0.6, "interval": [0.49, 0.7]}, "open"),
        (0.5, {"value": 0.48, "interval": [0.45, 0.5]}, "open"),
        (0.5, {"value": 0.48, "interval": [0.45, 0.499]}, "failed"),
        (0.5, {"value": 0.9}, "open"),
        (5.0, {"value": 4.0, "interval": [3.0, 5.0], "lower_is_better": True}, "held"),
        (5.0, {"value": 4.0, "interval": [3.0, 5.1], "lower_is_better": True}, "open"),
        (5.0, {"value": 9.0, "interval": [5.1, 12.0], "lower_is_better": True}, "failed"),
        (0.5, None, "not measured"),
        (0.5, {"value": None}, "not measured"),
    ],
)
def test_verdicts(claim: float, measured: dict[str, object] | None, expected: str) -> None:
    of_claim = Claim("table 1", "toy", "recall@10", claim)
    assert verdict(of_claim, measured) == expected
    if measured and measured["value"]:
        assert verdict(of_claim, measured, stale=True) == "open"


def test_the_table_pairs_claims_with_results(tmp_path: Path) -> None:
    entry = {
        "dataset": "toy", "metric": "recall@10", "value": 0.49, "interval": [0.48, 0.49512],
        "n": 1200, "seeds": [0, 1, 2], "rival": {"name": "BM25", "value": 0.61},
    }  # fmt: skip
    path = tmp_path / "invented.py"
    path.write_text("x = 1\n", encoding="utf-8")
    results = {"invented": {"claims": [entry], "bench": [], "sources": sources(path, ())}}
    used = Method(
        "indexes", "used", Path("used.py"), Card("A Used Method", "2603.01235", 2026, "y", stage="candidates")
    )
    page = render_methods([used], [Method("indexes", "invented", path, EXPECTED)], results)
    assert "## In the product, at this stage\n\n### indexes\n\n#### used\n\nA Used Method (2026), " in page
    stage = "For y. [How to use it](../docs/methods/used.md).\n\nStage: candidates."
    assert f"{stage}\n\n## In the laboratory, measured\n\n### indexes\n\n#### invented\n\n" in page
    assert "#### invented\n\nAn Invented Method (2026), 2603.01234. For x." in page
    assert "| recall@10, toy | table 2 | 0.5 | 0.49 | 0.48 to 0.4951 | 1,200, 3 seeds | BM25: 0.61 | failed |" in page
    assert "| gap, toy | ours, after table 3 | -1.5 (was -2 until 2026) |  |  |  |  | not measured |" in page
    assert "older than the source" not in page
    path.write_text("x = 2\n", encoding="utf-8")
    page = render_methods([], [Method("indexes", "invented", path, EXPECTED)], results)
    assert (
        "The results are older than the source (changed since it was measured: invented): every claim is open." in page
    )
    assert "BM25: 0.61 | open |" in page
    assert "Grade: reduced." in page
    assert "Departs from the paper: a; b." in page


def test_results_are_read_by_name_and_a_broken_one_is_named(tmp_path: Path) -> None:
    (tmp_path / "spine.json").write_text('{"numbers": []}', encoding="utf-8")
    assert read_results(tmp_path) == {"spine": {"numbers": []}}
    assert read_results(tmp_path / "absent") == {}
    (tmp_path / "bad.json").write_text("{", encoding="utf-8")
    with pytest.raises(UsageError, match=r"bad\.json: not JSON"):
        read_results(tmp_path)


def test_numbers_are_filled_in_and_filling_again_changes_nothing() -> None:
    results = {"spine": {"numbers": [{"what": "papers/s", "value": 4321.0, "target": "≥ 3,000"}]}}
    page = "before <!-- numbers:spine -->old<!-- /numbers --> after <!-- numbers:none --><!-- /numbers -->"
    filled = fill_numbers(page, results)
    assert "before <!-- numbers:spine -->\n| what | measured | target |\n" in filled
    assert "| papers/s | 4,321 | ≥ 3,000 |\n<!-- /numbers --> after" in filled
    assert "Not measured yet" in filled
    assert fill_numbers(filled, results) == filled


def test_indexes_that_miss_the_target_stand_in_brackets() -> None:
    good = {"qps": 6000.0, "recall@10": 0.991, "dev recall@10": 0.99}
    bad = {"qps": 300.0, "recall@10": 0.95, "dev recall@10": 0.96}
    engines = {
        "ours": {
            "curve": [good], "at_target": good, "filtered": {"random, 0.01": good, "random, 0.5": bad},
            "build_s": 37.5, "bytes_per_vector": 676.0, "add_1000_s": 0.134, "recall_after_churn": 0.98,
            "memory_mb": 743.5,
        },
        "peer": {"curve": [bad, {**bad, "dev recall@10": 0.9, "qps": 900.0}], "filtered": "not offered: no filter",
                 "add_1000_s": "not offered", "bytes_per_vector": None},
        "absent": {"missing": "not installed"},
    }  # fmt: skip
    page = fill_numbers(
        "<!-- engines:vectors/10k --><!-- /engines -->", {"vectors": {"sizes": {"10k": {"engines": engines}}}}
    )
    rows = page.splitlines()
    assert rows[3] == "| ours | 0.991 | 6,000 | (300) |  | 6,000 |  |  |  | 0.98 | 37.5 | 0.134 | 676 | 743.5 |"
    assert rows[4] == "| peer | (0.950) | (300) |  |  |  |  |  |  |  |  |  |  |  |"
    assert "Not run: absent." in rows
    assert "Not measured yet." in fill_numbers("<!-- engines:vectors/1m --><!-- /engines -->", {})
