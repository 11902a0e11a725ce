"""The boards of the feed read from files: CiteULike's libraries, and the targets made of results."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn")
pytest.importorskip("pyarrow")

import pyarrow as pa
import pyarrow.parquet as pq

from broadsheet.kit.errors import UsageError
from broadsheet_lab.bench.feed.citeulike import CiteULike, peers_with_saves
from broadsheet_lab.bench.feed.leaderboard import _author_numbers, _best, _citeulike_numbers
from broadsheet_lab.bench.feed.peers import SVM
from broadsheet_lab.bench.feed.running import Result

USERS = 20


def write(folder: Path, name: str, **columns: list[int]) -> None:
    pq.write_table(pa.table(columns), folder / f"{name}.parquet")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Readers who save papers 0 and 1 and want paper 2."""
    write(tmp_path, "p10_train", user=[u for u in range(USERS) for _ in "ab"], paper=[0, 1] * USERS)
    write(tmp_path, "p10_test", user=list(range(USERS)), paper=[2] * USERS)
    write(tmp_path, "tags", paper=[0, 3], tag=[1, 0])
    (tmp_path / "tag_names.txt").write_text("late_interaction\nretrieval", encoding="utf-8")
    return tmp_path


def test_readers_of_citeulike_have_ten_saves_and_the_text_of_papers(folder: Path) -> None:
    dev, test = (CiteULike.read(folder, lambda _: None, dev=half) for half in (True, False))
    assert len(dev.readers) + len(test.readers) == USERS
    assert [r.saved.tolist() for r in test.readers] == [[0, 1]] * len(test.readers)
    assert [r.later.tolist() for r in test.readers] == [[2]] * len(test.readers)
    assert dev.board.papers.abstracts == ("retrieval", "", "", "late interaction")  # tags where there are no words
    assert dev.saves.toarray().sum(axis=0).tolist() == [USERS, USERS, 0, 0]
    assert len(CiteULike.read(folder, lambda _: None, dev=True, most=2).readers) == 2
    peers = peers_with_saves(dev.saves, lambda board, saved: np.zeros(4, np.float32))
    assert peers["EASE"](dev.board, np.array([0])).argmax() == 1
    assert peers["Broadsheet with saves"](dev.board, np.array([0])).argmax() == 1


def test_words_are_repeated_as_often_as_they_are_in_a_paper(folder: Path) -> None:
    write(folder, "words", paper=[0, 0, 2], word=[1, 0, 1], count=[2, 1, 99])
    (folder / "vocabulary.txt").write_text("model\nquery", encoding="utf-8")
    papers = CiteULike.read(folder, lambda _: None, dev=True).board.papers
    assert papers.abstracts == ("query query model", "", "query query query query query")


def test_missing_libraries_are_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="missing"):
        CiteULike.read(tmp_path, lambda _: None, dev=True)


def result(value: float, n: int = 4) -> Result:
    metrics = ("ndcg@20", "recall@50", "share error")
    return Result(tuple(dict.fromkeys(metrics, value) for _ in range(n)), 1.0)


def test_targets_are_told_with_their_peers() -> None:
    peers = {SVM: result(0.2), "Broadsheet 0.1.0": result(0.25)}
    scenarios = ("all saves", "3 saves", "2 interests", "3 interests")
    found = {name: {"Broadsheet": result(0.3), **peers} for name in scenarios}
    found["30% accidental"] = {"Broadsheet": result(0.24), **peers}
    numbers = {number.what: number for number in _author_numbers(found)}
    assert _best(found["3 saves"]) == "Broadsheet 0.1.0"
    assert numbers["NDCG@20 over the SVM"].value == pytest.approx(1.5)
    assert numbers["after 3 saves, NDCG@20 over the best peer"].value == pytest.approx(1.2)
    assert numbers["NDCG@20 lost to 30 % accidental opens"].value == pytest.approx(0.2)
    assert numbers["recall@50"].to_json()["met"]
    [number] = _citeulike_numbers({"citeulike-t": {"Broadsheet": result(0.1), "Broadsheet with saves": result(0.3)}})
    assert (number.what, number.value) == ("citeulike-t P10, recall@50, with saves of others", pytest.approx(0.3))
