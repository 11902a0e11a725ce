"""The feed's board: readers and their worse copies, metrics worked by hand, peers on papers of two invented topics."""

from __future__ import annotations

import json
import math
from dataclasses import replace
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from scipy import sparse

pytest.importorskip("sklearn")

from broadsheet_lab.bench.feed import replay
from broadsheet_lab.bench.feed.board import Board, Peer
from broadsheet_lab.bench.feed.metrics import calibration_error, measured, shares, summary, top
from broadsheet_lab.bench.feed.papers import Papers, bm25
from broadsheet_lab.bench.feed.peers import PEERS
from broadsheet_lab.bench.feed.peers_saves import Ease, ItemNeighbours, popularity, with_text
from broadsheet_lab.bench.feed.peers_vectors import logistic, static
from broadsheet_lab.bench.feed.peers_words import nearest, zsum
from broadsheet_lab.bench.feed.product import _given
from broadsheet_lab.bench.feed.readers import FeedReader, after, is_dev, joined, read_readers, with_accidents
from broadsheet_lab.bench.feed.running import run

TOPICS = ("walking robots balance on uneven ground", "translation of rare languages without parallel text")
N = 60


def rows(*values: int) -> np.ndarray:
    return np.array(values, np.int64)


@pytest.fixture(scope="module")
def board(tmp_path_factory: pytest.TempPathFactory) -> Board:
    """Even rows are of the first topic, odd ones of the second; each has a word of its own."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("BROADSHEET_CACHE", str(tmp_path_factory.mktemp("cache")))
        patch.setattr("broadsheet_lab.bench.feed.papers.PAIRS", {"sublinear_tf": True})
        titles = tuple(f"{TOPICS[row % 2]} number{row}" for row in range(N))
        ids = tuple(f"p{row}" for row in range(N))
        papers = Papers("two-topics", ids, titles, titles, np.repeat([2021, 2022, 2023], N // 3))
        vectors = np.eye(2, 8, dtype=np.float32)[np.arange(N) % 2]
        vars(papers).update(static=vectors, transformer=vectors)
        _ = papers.pairs, papers.bm25_titles
        assert replace(papers).pairs.nnz == papers.pairs.nnz  # read from the file that was kept
    return Board(papers, np.arange(40, N), np.arange(N))


def reader(*saved: int, later: tuple[int, ...] = (40, 42)) -> FeedReader:
    return FeedReader("0123456789abcdef", rows(*saved), rows(*later))


@pytest.mark.parametrize("name", PEERS)
def test_every_peer_ranks_the_topic_of_the_saves_first(board: Board, name: str) -> None:
    scores = PEERS[name](board, rows(0, 2, 4, 6))
    assert scores.shape == (20,)
    assert scores[::2].min() > scores[1::2].max()


def test_settings_of_peers(board: Board) -> None:
    few: Peer = partial(logistic, of=static, negatives=10, c=10.0)
    assert few(board, rows(1)).argmax() % 2 == 1
    assert nearest(np.array([[1, 2, 6]], np.float32), 2).tolist() == [4.0]
    assert nearest(np.array([[3]], np.float32), 3).tolist() == [3.0]
    assert zsum(np.array([0, 2], np.float32), np.array([5, 5], np.float32)).tolist() == [-1.0, 1.0]
    assert not set(board.negatives(30, rows(1, 2, 3)).tolist()) & {1, 2, 3}
    assert len(board.negatives(30, rows(1, 2, 3))) == 30


def test_bm25_by_hand() -> None:
    weights = bm25(sparse.csr_matrix([[1, 1], [1, 0]], dtype=np.float32)).toarray()
    norm = 1.2 * (0.25 + 0.75 * 2 / 1.5)
    assert weights[0, 1] == pytest.approx(math.log1p(1.5 / 1.5) * 2.2 / (1 + norm))
    assert weights[1, 1] == 0


def test_halves_are_fixed_and_readers_keep_their_order(tmp_path: Path) -> None:
    path = tmp_path / "readers.jsonl"
    lines = [json.dumps({"saved": ["b", f"x{i}", "a"], "later": ["c"]}) for i in range(40)]
    path.write_text("\n".join(lines), encoding="utf-8")
    dev, test = (read_readers(path, {"a": 0, "b": 1, "c": 2}, dev=half) for half in (True, False))
    assert len(dev) + len(test) == 40
    assert 10 < len(dev) < 30
    assert all(is_dev(r.name) for r in dev)
    assert not any(is_dev(r.name) for r in test)
    assert dev[0].saved.tolist() == [1, 0]  # unknown papers are left out
    assert dev[0].later.tolist() == [2]


def test_few_saves_are_the_latest() -> None:
    assert after(reader(5, 1, 3), 2).saved.tolist() == [1, 3]
    assert after(reader(5), 3).saved.tolist() == [5]


def test_accidents_are_a_share_of_the_saves_and_always_the_same() -> None:
    clean = reader(0, 2, 4, 6, 8, 10, 12)
    worse = with_accidents(clean, 0.3, np.arange(40))
    assert len(worse.saved) == 10
    assert [row for row in worse.saved.tolist() if row in clean.saved] == clean.saved.tolist()
    assert worse.saved.tolist() == with_accidents(clean, 0.3, np.arange(40)).saved.tolist()


def test_joined_readers_have_unlike_interests(board: Board) -> None:
    readers = [replace(reader(row, row + 2), name=f"{row:016x}") for row in range(6)]
    for both in joined(readers, 2, board.papers.static, board.papers.years):
        assert [len({row % 2 for row in own.tolist()}) for own in both.interests] == [1, 1]
        assert len({row % 2 for row in both.saved.tolist()}) == 2
        assert both.saved.tolist() == sorted(both.saved.tolist())


def test_metrics_by_hand() -> None:
    ranking = top(np.array([0.5, 0.9, 0.9, 0.1], np.float32), rows(10, 12, 11, 13), rows(13), 3)
    assert ranking.tolist() == [11, 12, 10]
    value = measured(ranking, rows(12, 99), (2, 3))
    best = 1 + 1 / math.log2(3)
    assert value == pytest.approx({"recall@2": 0.5, "recall@3": 0.5, "ndcg@20": 1 / math.log2(3) / best, "mrr": 0.5})
    assert measured(ranking, rows(99))["mrr"] == 0
    told = summary([{"mrr": 0.0}, {"mrr": 1.0}])
    assert told == {"mrr": 0.5, "mrr, interval": [0.0, 1.0]}


def test_shares_of_a_page(board: Board) -> None:
    interests = (rows(0, 2, 4), rows(1, 3, 5))
    assert shares(rows(40, 41, 42, 43), interests, board.papers.static) == {"share error": 0.0, "least share": 1.0}
    one_sided = shares(rows(40, 42, 44, 45), interests, board.papers.static)
    assert one_sided == {"share error": 0.25, "least share": 0.5}


def test_calibration_error_is_the_distance_of_what_is_said_from_what_is_true() -> None:
    said = np.repeat([0.0, 0.5], 50).astype(np.float32)
    true = np.concatenate([np.zeros(50), np.tile([0, 1], 25)]).astype(np.bool_)
    assert calibration_error(said, true) == pytest.approx(0)
    assert calibration_error(said + np.float32(0.25), true) == pytest.approx(0.25)


def test_a_year_is_predicted_from_the_years_before(board: Board) -> None:
    years = dict(zip(replay.YEARS, replay.sessions(board.papers, [reader(0, 2, 4, 20, 22, 40)]), strict=True))
    assert [len(readers) for _, readers in years.values()] == [0, 0, 0, 1]  # saves of 2021 predict those of 2022
    now, [one] = years[2022]
    assert (one.saved.tolist(), one.later.tolist()) == ([0, 2, 4], [20, 22])
    assert (now.candidates.min(), now.candidates.max(), now.others.max()) == (20, 39, 39)


SAVES = sparse.csr_matrix(np.array([[1, 1, 0, 0], [1, 1, 1, 0], [0, 0, 1, 1]], np.float32))


def test_rankings_by_saves(board: Board) -> None:
    own = Board(board.papers, np.arange(4), np.arange(4))
    assert popularity(SAVES)(own, rows(0)).tolist() == [2, 2, 2, 1]
    likeness = ItemNeighbours.of(SAVES, shrink=0.0)(own, rows(0))
    assert likeness == pytest.approx([0, 1, 0.5, 0])
    gram = np.linalg.inv((SAVES.T @ SAVES).toarray() + 10 * np.eye(4))
    weights = -gram / np.diag(gram)
    weights[np.diag_indices(4)] = 0
    assert Ease.of(SAVES)(own, rows(0, 2))[[1, 3]] == pytest.approx((weights[0] + weights[2])[[1, 3]], abs=1e-5)
    both = with_text(popularity(SAVES), lambda board, saved: likeness, weight=10.0)
    assert both(own, rows(0)).argmax() == 1


def test_scores_of_the_product_are_put_where_they_belong() -> None:
    scores = _given(rows(7, 5, 9, 5), rows(5, 9), np.array([2.0, 1.0], np.float32))
    assert scores.tolist() == [0.0, 2.0, 1.0, 2.0]
    assert _given(rows(7), rows(), np.empty(0, np.float32)).tolist() == [0.0]


def test_a_run_has_every_metric_of_every_reader(board: Board, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("BROADSHEET_CACHE", str(tmp_path))
    lines: list[str] = []
    others: list[str] = []
    first = run(board, [reader(0, 2)], {"pairs": PEERS["tf-idf, three nearest"]}, lines.append)["pairs"]
    kept: Peer = lambda board, saved: np.zeros(20, np.float32)  # noqa: E731
    assert run(board, [reader(0, 2)], {"pairs": kept}, others.append)["pairs"] == first  # known from the first run
    assert run(board, [reader(0, 4)], {"pairs": kept}, others.append)["pairs"] != first
    assert run(board, [reader(0, 2)], {"pairs": kept}, others.append, anew=["pairs"])["pairs"] != first
    both = first + first
    assert len(lines) == 1
    assert (both.mean("recall@50"), len(both.values)) == (1.0, 2)
    assert both.to_json()["ndcg@20"] == pytest.approx(first.mean("ndcg@20"), abs=1e-5)
