"""The first papers of a precise search are read together with the query, and what is said of them moves them."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.index.vector_file import path_of, read
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.search import rerank
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.pipeline.search.inputs import documents, precise_query
from broadsheet.pipeline.search.parser import parse
from broadsheet.pipeline.search.precise import PreciseVectors
from broadsheet.pipeline.search.ranking import rank
from broadsheet.retrieval.convex_fusion import ConvexFusion
from tests.pipeline.test_precise import Counted


class Reader:
    """Wants what has a word; knows what it read."""

    def __init__(self, word: str, weight: float = 100.0) -> None:
        self.word = word
        self.weight = weight
        self.asked: list[tuple[str, list[str]]] = []

    def __call__(self, query: str, texts: Sequence[str]) -> NDArray[np.float32]:
        self.asked.append((query, list(texts)))
        return np.array([self.weight * (self.word in text) for text in texts], np.float32)


def ready(library: Library) -> PreciseVectors:
    library.build_precise(encode=Counted())
    return PreciseVectors(library.snapshot(), read(path_of(library.path / "indexes")))


def found(library: Library, text: str, reader: Reader, semantic: float | None = None) -> list[int]:
    snapshot = library.snapshot()
    fusion = ConvexFusion() if semantic is None else ConvexFusion(semantic=semantic)
    query = AnalyzedQuery(snapshot, parse(text))
    asked = precise_query(
        library.catalogue, query, ready(library), 120, snapshot.alive, fusion, encode=Counted().one, cross_encode=reader
    )
    rows: list[int] = rank(query, 120, snapshot.alive, fusion, asked).rows.tolist()
    return rows


def test_of_the_first_papers_the_one_that_reads_best_comes_first_and_none_is_lost(
    library: Library, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rerank, "MAX_SCORE_GAP", 50.0)
    none = Reader("no such word")
    before = found(library, "rudder and keel", none)
    [(query, texts)] = none.asked
    assert query == "rudder and keel"
    assert 3 < len(texts) <= rerank.MAX_RERANKED
    title = library.catalogue.papers.stored([int(library.snapshot().ids[before[3]])]).popitem()[1].paper.title
    assert texts[3].startswith(f"{title}. ")
    reader = Reader(title)
    after = found(library, "rudder and keel", reader)
    assert reader.asked[0][1] == texts
    assert after[0] == before[3]
    assert sorted(after) == sorted(before)
    rest = before[len(texts) :]
    assert [row for row in after if row in rest] == rest  # what was not read keeps its order


def test_words_alone_are_not_read_for(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rerank, "MAX_SCORE_GAP", 50.0)
    reader = Reader("rudder")
    assert found(library, "rudder", reader, semantic=0.0)
    assert reader.asked == []
    found(library, "rudder", reader, semantic=1.0)
    assert len(reader.asked) == 1


def test_what_is_far_behind_the_first_is_not_read() -> None:
    near = rerank.MAX_SCORE_GAP
    scores = np.array([9 - near, 2, 9, 9 - near - 0.1, 9 - near / 2], np.float32)
    assert rerank.positions_to_rerank(scores).tolist() == [2, 4, 0]
    assert rerank.positions_to_rerank(scores[:3]).tolist() == [2, 0]
    assert rerank.positions_to_rerank(scores[[1, 2]]).tolist() == []  # the first is far ahead
    assert rerank.positions_to_rerank(scores[:0]).tolist() == []
    assert rerank.positions_to_rerank(np.ones(50, np.float32)).tolist() == list(range(rerank.MAX_RERANKED))


def test_what_readings_add_they_take_away_elsewhere() -> None:
    evidence, reading = pretrained.read_ranker(rerank.STEPS, rerank.WEIGHTS).weights_.tolist()
    assert evidence > 0
    assert reading > 0
    read = np.array([1.0, 3.0, np.nan, 2.0], np.float32)
    assert rerank.to_score_delta(read) == pytest.approx(np.array([-1, 1, 0, 0]) * reading / evidence)
    assert rerank.to_score_delta(np.full(2, np.nan, np.float32)).tolist() == [0, 0]
    assert len(rerank.to_score_delta(np.empty(0, np.float32))) == 0


def test_a_paper_deleted_meanwhile_is_not_read(library: Library) -> None:
    snapshot = library.snapshot()
    gone = int(snapshot.ids[3])
    library.catalogue.papers.delete(gone)
    reader = Reader("a")
    papers = documents(library.catalogue, snapshot, np.array([2, 3, 4]))
    numbers = snapshot.ids[[2, 3, 4]].tolist()
    query = AnalyzedQuery.of(snapshot, "rudder")
    said = rerank.cross_encoder_scores(query, [papers.get(number) for number in numbers], reader)
    assert np.isnan(said).tolist() == [False, True, False]
    assert len(reader.asked[0][1]) == 2


def test_a_model_that_is_not_right_names_itself_and_the_fix(tmp_path: Path) -> None:
    held = artifacts.read(rerank.RERANKER, method="cross_encoder", version=rerank.VERSION, fix="")
    path = tmp_path / "reranker.bin"
    path.write_bytes(rerank.RERANKER.read_bytes()[:-100])
    with pytest.raises(CorruptFile, match=r"reranker\.bin.*install broadsheet again"):
        rerank.reranker(path)
    artifacts.write(path, {**held.arrays, "segments": np.zeros((2, 3))}, method="cross_encoder", version=rerank.VERSION)
    with pytest.raises(CorruptFile, match="segments or head are not of this network's size"):
        rerank.reranker(path)
    artifacts.write(path, held.arrays, method="cross_encoder", version=rerank.VERSION + 1)
    with pytest.raises(CorruptFile, match=r"reranker\.bin"):
        rerank.reranker(path)
