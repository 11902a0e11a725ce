"""What vectors say of a query: more candidates, and one more feature; what is missing is judged by the rest."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from broadsheet.indexes.scan import Scan
from broadsheet.kit.errors import UsageError
from broadsheet.kit.fair_gate import FairGate
from broadsheet.kit.hits import Hits
from broadsheet.kit.mask import Mask
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.index import vector_build
from broadsheet.pipeline.index.vector_build import Pace
from broadsheet.pipeline.index.vector_file import text_of
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.pipeline.search.candidates import depth_of
from broadsheet.pipeline.search.features import FEATURES
from broadsheet.pipeline.search.meaning import (
    FEATURES_WITH_VECTORS,
    QueryMeaning,
    impute_cosines,
)
from broadsheet.pipeline.search.ranking import features_of
from tests.pipeline import world
from tests.pipeline.toy import Toy, opened, papers, use
from tests.pipeline.world import SHIPS


def meaning_of(library: Library, text: str) -> tuple[AnalyzedQuery, QueryMeaning]:
    return AnalyzedQuery.of(library.snapshot(), text), QueryMeaning.of(opened(library), text)


def test_the_cosine_is_one_more_column_and_brings_candidates(library: Library, toy: Toy) -> None:
    library.build_precise()
    snapshot = library.snapshot()
    query, meaning = meaning_of(library, "anchor galleon")
    features, matrix = features_of(query, meaning=meaning)
    assert matrix.shape == (len(features.rows), len(FEATURES_WITH_VECTORS))
    texts = papers(library)
    exact = toy.encode([text_of(texts[i]) for i in snapshot.ids[features.rows].tolist()]) @ meaning.vector
    assert matrix[:, -1] == pytest.approx(np.maximum(exact, 0), abs=0.02)
    assert set(meaning.nearest(10, snapshot.alive).ids.tolist()) <= set(features.rows.tolist())
    plain, narrow = features_of(query)
    assert narrow.shape == (len(plain.rows), len(FEATURES))
    assert len(pretrained.read_ranker(FEATURES_WITH_VECTORS, pretrained.RANKER_WITH_VECTORS).weights_) == len(
        FEATURES_WITH_VECTORS
    )
    assert pretrained.read_ranker(FEATURES_WITH_VECTORS, pretrained.RANKER_WITH_VECTORS).weights_[-1] > 0


def test_static_vectors_find_candidates_until_every_paper_has_a_vector(
    library: Library, toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    library.build_precise()
    query, meaning = meaning_of(library, "anchor galleon")
    assert meaning.vectors.is_complete
    scanned: list[object] = []
    search = Scan.search

    def counted(scan: Scan, query: NDArray[np.float32], k: int, allowed: Mask | None = None) -> Hits:
        scanned.append(scan)
        return search(scan, query, k, allowed)

    monkeypatch.setattr(Scan, "search", counted)
    rows = features_of(query, meaning=meaning)[0].rows
    assert len(rows) >= depth_of(10)  # as many as both would have brought
    assert scanned == [meaning.vectors._scan]
    features_of(query)
    assert scanned == [meaning.vectors._scan, query.snapshot.dense]
    library.add(world.record(SHIPS, 60))
    query, meaning = meaning_of(library, "anchor galleon")
    assert not meaning.vectors.is_complete
    scanned.clear()
    features_of(query, meaning=meaning)
    assert len(scanned) > 1


def test_a_paper_without_a_vector_is_judged_by_the_rest(library: Library, toy: Toy) -> None:
    library.build_precise()
    library.add(world.record(SHIPS, 5, "Also about pollen."), world.record(SHIPS, 60))
    query, meaning = meaning_of(library, "rudder")
    features, matrix = features_of(query, meaning=meaning)
    assert np.isfinite(matrix).all()
    rows = library.snapshot().rows_of([library.resolve("ships-60")])
    assert rows[0] in features.rows
    assert "ships-60" in world.keys(library.search("rudder", 60))


def test_with_too_few_vectors_a_search_is_the_same_as_with_none(
    library: Library, toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = library.search_ids("rudder and keel")
    monkeypatch.setattr(vector_build, "BATCH", 4)
    stops = iter([False, True])
    library.build_precise(pace=Pace(stops=lambda: next(stops)))
    assert library.vector_count() == 4
    found = library.search_ids("rudder and keel")
    assert found.ids[: len(plain)].tolist() == plain.ids.tolist()
    assert found.scores[: len(plain)].tolist() == plain.scores.tolist()


def test_the_fewer_candidates_have_a_vector_the_less_their_weights_count(
    library: Library, toy: Toy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vector_build, "BATCH", 30)
    stops = iter([False, True])
    library.build_precise(pace=Pace(stops=lambda: next(stops)))
    _, meaning = meaning_of(library, "rudder")
    rows = np.arange(120)
    assert np.count_nonzero(meaning.vectors.has(rows)) == 30
    assert meaning.trust(rows) == pytest.approx(0.5)
    assert meaning.trust(rows[meaning.vectors.has(rows)]) == 1
    assert meaning.trust(rows[:0]) == 0


def test_what_is_missing_is_read_off_a_line_through_the_others() -> None:
    others = np.arange(10, dtype=np.float32)
    cosines = (0.1 + 0.05 * others).astype(np.float32)
    cosines[[2, 7]] = np.nan
    assert impute_cosines(cosines, others) == pytest.approx(0.1 + 0.05 * others)
    few = np.array([0.2, np.nan, 0.4, 0.9], np.float32)
    assert impute_cosines(few, others[:4]).tolist() == pytest.approx([0.2, 0.4, 0.4, 0.9])
    assert impute_cosines(np.full(3, np.nan, np.float32), others[:3]).tolist() == [0, 0, 0]
    against = np.where(np.isnan(cosines), np.nan, 0.9 - cosines).astype(np.float32)
    assert impute_cosines(against, others)[7] == pytest.approx(np.nanmean(against))  # better is never worse


def test_a_query_is_encoded_once_for_all_pages_and_spellings(library: Library, toy: Toy) -> None:
    library.build_precise()
    toy.texts.clear()
    library.search("bee hive and oven-spring", 5)
    library.search("bee hive and oven-spring", 5, offset=5)
    assert toy.texts == ["bee hive and oven-spring"]
    toy.texts.clear()
    library.search("year:2019")
    library.search("rudder sort:date")
    library.search("the")
    assert toy.texts == ["the"]


def test_modes(library: Library, toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UsageError, match="'sharp': there are default and precise"):
        library.search("rudder", mode="sharp")
    monkeypatch.setattr(pretrained, "read_reader", lambda: None)
    assert not library.can_be_precise
    assert library.search_ids("rudder", mode="precise").ids.tolist() == library.search_ids("rudder").ids.tolist()
    assert library.search("like:bees-1 but for nectar", mode="precise").notes == (
        "like: is ranked as in the default search; precise search is for words only",
    )


def test_a_crowd_of_searches_ranks_a_few_at_a_time(library: Library, monkeypatch: pytest.MonkeyPatch) -> None:
    inside, most, lock = [0], [0], threading.Lock()

    class Counting(Toy):
        def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
            with lock:
                inside[0] += 1
                most[0] = max(most[0], inside[0])
            try:
                return super().encode(texts)
            finally:
                with lock:
                    inside[0] -= 1

    use(monkeypatch, Counting())
    library.build_precise()
    library._searcher._gate = FairGate(2)
    results: list[int] = []

    def search(n: int) -> None:
        results.append(len(library.search(f"rudder {n}", 3).results))

    threads = [threading.Thread(target=search, args=(n,)) for n in range(60)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert results == [3] * 60
    assert most[0] <= 2


@pytest.mark.parametrize("damage", ["missing", "cut", "other"])
def test_a_model_that_cannot_be_read_is_said_once_and_done_without(
    library: Library, damage: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    path = tmp_path / "transformer.bin"
    if damage == "cut":
        path.write_bytes(pretrained.TRANSFORMER.read_bytes()[:100_000])
    elif damage == "other":
        path.write_bytes(pretrained.ENCODER.read_bytes())
    monkeypatch.setattr(pretrained, "TRANSFORMER", path)
    monkeypatch.setattr(pretrained, "READER", path)
    for read in (pretrained.read_transformer, pretrained.read_reader):
        read.cache_clear()
    try:
        for _ in range(2):
            assert library.search("rudder", mode="precise").results
            library.vector_count()
            with pytest.raises(UsageError, match="install broadsheet again"):
                library.build_precise()
        said = [record.getMessage() for record in caplog.records if "transformer.bin" in record.getMessage()]
        assert len(said) == 2  # once for each model
        assert all("install broadsheet again" in line for line in said)
    finally:
        for read in (pretrained.read_transformer, pretrained.read_reader):
            read.cache_clear()
