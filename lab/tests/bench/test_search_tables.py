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
    def row(value: float, recall: float = 0.9, median: float = 11.0) -> dict[str, float]:
        return {"mrr@10": value, "ndcg@10": value, "recall@10": recall, "median_ms": median}

    def one(objective: str = "mrr@10", **systems: dict[str, float]) -> dict[str, object]:
        named = {name.replace("_", " "): values for name, values in systems.items()}
        return {"objective": objective, "systems": named}

    found = {
        "tldr": one(broadsheet=row(0.92), broadsheet_precise=row(0.93), bm25s=row(0.8, median=1.0)),
        "short": one(broadsheet=row(0.69)),
        "short-slips": one(broadsheet=row(0.65)),
        "short-mixed": one(broadsheet=row(0.67)),
        "lisa": one("ndcg@10", broadsheet=row(0.55), bm25s=row(0.5)),
        "similar": one("ndcg@10", broadsheet_similar=row(0.06), minilm_mean=row(0.05)),
    }
    said = {n.what: (round(n.value, 4), n.to_json()["met"]) for n in numbers(found)}
    assert said == {
        "broadsheet, short queries, mrr@10": (0.69, False),
        "broadsheet, short queries, recall@10": (0.9, True),
        "broadsheet, tldr queries, mrr@10": (0.92, True),
        "broadsheet, tldr queries, recall@10": (0.9, False),
        "short queries, cost of one slip of typing in mrr@10": (0.04, True),
        "short queries, cost of mixed lengths in mrr@10": (0.02, False),
        "broadsheet, lisa queries, ndcg@10 over bm25s": (1.1, True),
        "similar papers, ndcg@10 over the mean of MiniLM's vectors": (1.2, False),
        "broadsheet, tldr queries, median time over bm25s": (11.0, True),
        "broadsheet precise, tldr queries, gain in mrr@10": (0.01, False),
    }


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
