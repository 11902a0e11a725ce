"""The first papers of a search are read together with the query, and what is said of them moves them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from broadsheet.pipeline import pretrained
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.search import rerank
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.pipeline.search.inputs import documents


class Reader:
    """Wants what has a word; knows what it read."""

    def __init__(self, word: str, weight: float = 100.0) -> None:
        self.word = word
        self.weight = weight
        self.asked: list[tuple[str, list[str]]] = []

    def scores(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.append((query, list(texts)))
        return np.array([self.weight * (self.word in text) for text in texts], np.float32)


def found(library: Library, text: str, reader: Reader, patch: pytest.MonkeyPatch) -> list[int]:
    patch.setattr(pretrained, "read_reader", lambda: reader)
    return [int(number) for number in library.search_ids(text, 120, mode="precise").ids]


def test_of_the_first_papers_the_one_that_reads_best_comes_first_and_none_is_lost(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    none = Reader("no such word")
    before = found(library, "rudder and keel", none, monkeypatch)
    [(query, texts)] = none.asked
    assert query == "rudder and keel"
    assert 3 < len(texts) <= rerank.PRECISE.papers
    title = library.catalogue.papers.stored([before[3]]).popitem()[1].paper.title
    assert texts[3].startswith(f"{title}. ")
    reader = Reader(title)
    after = found(library, "rudder and keel", reader, monkeypatch)
    assert reader.asked[0][1] == texts
    assert after[0] == before[3]
    assert sorted(after) == sorted(before)
    rest = before[len(texts) :]
    assert [number for number in after if number in rest] == rest  # what was not read keeps its order
    first_two = library.search_ids("rudder and keel", 2, mode="precise").ids.tolist()
    assert first_two == after[:2]  # a short page reads as many


def test_words_alone_are_not_read_for(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    reader = Reader("rudder")
    for text in ("year:2019", "rudder sort:date", "like:bees-1 rudder", ""):
        found(library, text, reader, monkeypatch)
    assert reader.asked == []
    found(library, "rudder", reader, monkeypatch)
    assert len(reader.asked) == 1


def test_any_search_reads_near_ties(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rerank, "NEAR_TIES", rerank.Depth(3, 100.0))
    none = Reader("no such word")
    monkeypatch.setattr(pretrained, "read_reader", lambda: none)
    before = library.search_ids("rudder and keel", 120).ids.tolist()
    [(_, texts)] = none.asked
    assert len(texts) == 3
    third = library.catalogue.papers.stored([before[2]]).popitem()[1].paper.title
    monkeypatch.setattr(pretrained, "read_reader", lambda: Reader(third))
    assert library.search_ids("rudder and keel", 120).ids.tolist() == [before[2], *before[:2], *before[3:]]
    monkeypatch.setattr(rerank, "NEAR_TIES", rerank.Depth(3, 0.0))  # of papers alike to the last bit, all are read
    clear = Reader(third)
    monkeypatch.setattr(pretrained, "read_reader", lambda: clear)
    assert library.search_ids("rudder and keel", 120).ids.tolist() == before
    assert clear.asked == []


def test_what_is_far_behind_the_first_is_not_read() -> None:
    depth = rerank.Depth(4, 2.0)
    scores = np.array([7, 2, 9, 6.9, 8], np.float32)
    assert rerank.positions_to_rerank(scores, depth).tolist() == [2, 4, 0]
    assert rerank.positions_to_rerank(scores[:3], depth).tolist() == [2, 0]
    assert rerank.positions_to_rerank(scores[[1, 2]], depth).tolist() == []  # the first is far ahead
    assert rerank.positions_to_rerank(scores[:0], depth).tolist() == []
    assert rerank.positions_to_rerank(np.ones(50, np.float32), depth).tolist() == [0, 1, 2, 3]
    assert rerank.positions_to_rerank(scores, rerank.PRECISE).tolist() == [2, 4, 0, 3, 1]


def test_what_readings_add_they_take_away_elsewhere() -> None:
    evidence, reading = pretrained.read_ranker(rerank.STEPS, rerank.WEIGHTS).weights_.tolist()
    assert evidence > 0
    assert reading > 0
    read = np.array([1.0, 3.0, np.nan, 2.0], np.float32)
    assert rerank.to_score_delta(read) == pytest.approx(np.array([-1, 1, 0, 0]) * reading / evidence)
    assert rerank.to_score_delta(np.full(2, np.nan, np.float32)).tolist() == [0, 0]
    assert len(rerank.to_score_delta(np.empty(0, np.float32))) == 0
    assert np.abs(rerank.to_score_delta(read, 0.0)).max() < np.abs(rerank.to_score_delta(read)).max()  # another field


def test_a_paper_deleted_meanwhile_is_not_read(library: Library) -> None:
    snapshot = library.snapshot()
    gone = int(snapshot.ids[3])
    library.catalogue.papers.delete(gone)
    reader = Reader("a")
    papers = documents(library.catalogue, snapshot, np.array([2, 3, 4]))
    numbers = snapshot.ids[[2, 3, 4]].tolist()
    query = AnalyzedQuery.of(snapshot, "rudder")
    said = rerank.cross_encoder_scores(query, [papers.get(number) for number in numbers], reader.scores)
    assert np.isnan(said).tolist() == [False, True, False]
    assert len(reader.asked[0][1]) == 2
