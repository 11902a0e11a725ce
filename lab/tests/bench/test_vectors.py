"""The vectors benchmark: its answers are exact, its filters are of the size asked for, its engines agree with both."""

from typing import Any

import numpy as np
import pytest

pytest.importorskip("hnswlib")

from broadsheet.kit.errors import UsageError
from broadsheet_lab.bench.vector_data import FILTERS, allowed_rows, best, grown, recall
from broadsheet_lab.bench.vector_engines import ENGINES
from broadsheet_lab.bench.vector_run import K, measure
from broadsheet_lab.bench.vectors import SETS, _numbers, _prepared, _ratios, _wanted
from broadsheet_lab.indexes.hnsw_order import lid, neighbour_distances


def unit(n: int, d: int, rank: int, seed: int = 0) -> np.ndarray:
    rng = np.random.default_rng(seed)
    x = rng.standard_normal((n, rank)) @ rng.standard_normal((rank, d))
    return np.asarray(x / np.linalg.norm(x, axis=1, keepdims=True), np.float32)


def test_answers_are_exact_under_one_filter_or_one_a_query() -> None:
    x, q = unit(400, 16, 16), unit(3, 16, 16, seed=1)
    flags = np.random.default_rng(2).random((3, 400)) < 0.2
    for allowed in (None, flags, flags[0]):
        for i, rows in enumerate(best(q, x, 5, allowed)):
            scores = x @ q[i]
            if allowed is not None:
                scores = np.where(allowed if allowed.ndim == 1 else allowed[i], scores, -9)
            assert rows.tolist() == np.argsort(-scores)[:5].tolist()


def test_recall_is_the_mean_share_found() -> None:
    assert recall([np.array([1, 2]), np.array([9])], np.array([[2, 1], [3, 9]])) == 0.75
    assert recall([np.empty(0, np.int64)], np.array([[2, 1]])) == 0.0


def test_filters_let_through_the_share_asked_for_and_lie_where_they_say() -> None:
    x, q = unit(2000, 32, 32), unit(4, 32, 32, seed=1)
    means = {}
    for kind in FILTERS:
        flags = allowed_rows(x, q, kind, 0.05)
        assert flags.shape == (4, 2000)
        assert flags.sum(axis=1).tolist() == [100] * 4
        means[kind] = np.mean([(x[f] @ v).mean() for f, v in zip(flags, q, strict=True)])
    assert means["near the query"] > means["random"] + 0.1
    assert means["far from the query"] < means["random"] - 0.1


def test_made_vectors_keep_the_local_intrinsic_dimension() -> None:
    x = unit(2000, 64, 8)
    made = grown(x, 4000)
    assert np.array_equal(made[:2000], x)
    np.testing.assert_allclose(np.linalg.norm(made, axis=1), 1, atol=1e-5)
    before, after = (float(np.median(lid(neighbour_distances(part, 50)))) for part in (x, made[2000:]))
    assert after == pytest.approx(before, rel=0.15)


@pytest.mark.parametrize("name", ["scan", "squash, 2 bits", "hnsw_order", "vamana", "ivf", "hnswlib"])
def test_an_engine_is_measured_from_building_to_churn(name: str) -> None:
    x, q = unit(1300, 32, 12), unit(12, 32, 12, seed=1)
    row = measure(name, _prepared(x[:1000], x[1000:], q[:6], q[6:]))
    assert row["curve"][-1]["dev recall@10"] >= 0.95
    assert row["curve"][-1]["recall@10"] >= 0.95
    assert all(cell["recall@10"] >= 0.9 for cell in row["filtered"].values())
    assert row["recall_after_churn"] >= 0.95
    assert row["bytes_per_vector"] > 0


def engine(qps: float, found: float, run: str = "today") -> dict[str, Any]:
    cell = {"qps": qps, "dev recall@10": found, "recall@10": found}
    return {"at_target": cell, "filtered": {"random, 0.01": cell}, "run": run}


def test_ratios_compare_the_best_of_each_side_at_the_target_only() -> None:
    rows = {
        "scan": engine(300, 0.995),
        "squash, 4 bits": engine(900, 0.98),
        "hnswlib": engine(100, 0.99),
        "usearch": {**engine(150, 1.0), "filtered": "not offered"},
        "absent": {"missing": "not installed"},
    }
    ratios = _ratios(rows)
    assert ratios["unfiltered"] == {"ours": "scan", "qps": 300.0, "peer": "usearch", "peer_qps": 150.0, "ratio": 2.0}
    assert ratios["random, 0.01"]["ratio"] == 3.0
    assert ratios["random, 0.5"]["ratio"] is None
    engines = {"scan": {"opened": {"open_ms": 3.0}}, "ivf": {"opened": {"open_ms": 120.0}}, "faiss flat": {}}
    size = {"ratios": ratios, "vectors": 10_000, "dimensions": 256, "engines": engines}
    numbers = _numbers({"10k": size})
    assert [(n["value"], n["target"], n["met"]) for n in numbers] == [
        (2.0, "≥ 1 x", True),
        (3.0, "≥ 5 x", False),
        (120.0, "≤ 100 ms", False),
    ]
    assert len(_numbers({"10k": {**size, "engines": {"faiss flat": {}}}})) == 2


def test_ratios_are_of_one_run() -> None:
    rows = {
        "vamana": engine(300, 1.0, "today"),
        "scan": engine(200, 1.0, "long ago"),
        "hnswlib": engine(100, 1.0, "today"),
        "usearch": engine(290, 1.0, "long ago"),
    }
    ratio = _ratios(rows)["unfiltered"]
    assert (ratio["ours"], ratio["peer"], ratio["ratio"]) == ("vamana", "hnswlib", 3.0)


def test_engines_asked_for_bring_the_best_peers_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    before = {"hnswlib": engine(100, 1.0), "usearch": engine(150, 1.0), "scan": engine(900, 1.0)}
    monkeypatch.setenv("BROADSHEET_BENCH_ENGINES", "ivf")
    assert _wanted(SETS["10k"], before) == ["ivf", "usearch"]
    monkeypatch.setenv("BROADSHEET_BENCH_ENGINES", "ivff")
    with pytest.raises(UsageError, match="no engine 'ivff'"):
        _wanted(SETS["10k"], before)


def test_every_engine_has_a_name_of_its_own_and_ten_are_asked_for() -> None:
    assert K == 10
    assert {"scan", "hnsw_order", "hnswlib", "usearch", "faiss IVF-PQ", "svs LVQ", "milvus-lite"} <= set(ENGINES)
