"""What the leaderboard says beside its targets, and the tables made of it."""

import pytest

pytest.importorskip("ranx")
pytest.importorskip("bm25s")
pytest.importorskip("tantivy")
pytest.importorskip("sklearn")
pytest.importorskip("matplotlib")

from broadsheet_lab.bench.search.targets import numbers
from broadsheet_lab.tables import fill_numbers, render_systems


def test_targets_are_set_against_what_was_measured() -> None:
    row = {"mrr@10": 0.91, "recall@10": 0.9, "median_ms": 11.0}
    sets_ = {
        "tldr": {"systems": {"broadsheet": row}},
        "title": {"systems": {"broadsheet": {"recall@10": 0.9}, "bm25": {"recall@10": 0.8}}},
    }
    found = [n.to_json() for n in numbers(sets_)]
    assert [(n["value"], n["met"]) for n in found] == [(0.91, True), (0.9, False), (11.0, False), (0.5, True)]


def test_the_table_has_the_columns_that_were_measured() -> None:
    plain = {"systems": {"a": {"mrr@10": 0.5, "bytes": 2e6}}}
    assert render_systems(plain) == "| system | MRR@10 | MB |\n|---|---:|---:|\n| a | 0.5 | 2 |"
    full = {
        "objective": "ndcg@10",
        "systems": {
            "a": {"ndcg@10": 0.61234, "bytes_per_paper": 1536.0},
            "b": {"ndcg@10": 0.7, "p": {"mrr@10": 0.2, "ndcg@10": 0.00001}, "bytes_per_paper": 12.0},
        },
        "skipped": {"c": "c not installed"},
    }
    assert render_systems(full).splitlines() == [
        "| system | nDCG@10 | p | bytes a paper |",
        "|---|---:|---:|---:|",
        "| a | 0.612 |  | 1,536 |",
        "| b | 0.7 | < 0.001 | 12 |",
        "",
        "Not run: c (c not installed).",
    ]
    page = "<!-- systems:search/title -->old<!-- /systems --> <!-- systems:search/other -->old<!-- /systems -->"
    filled = fill_numbers(page, {"search": {"sets": {"title": full}}})
    assert "| b | 0.7 | < 0.001 | 12 |" in filled
    assert "Not measured yet." in filled
    assert fill_numbers(filled, {"search": {"sets": {"title": full}}}) == filled
