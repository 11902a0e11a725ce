"""The whole leaderboard on a dozen papers: every system answers, what is missing is said, and runs are merged."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

pytest.importorskip("ranx")
pytest.importorskip("bm25s")
pytest.importorskip("tantivy")
pytest.importorskip("sklearn")
pytest.importorskip("matplotlib")

from broadsheet.kit.errors import UsageError
from broadsheet_lab.bench import run, search
from broadsheet_lab.bench.search import dense, sets, systems
from broadsheet_lab.bench.search.contract import Built, System
from broadsheet_lab.bench.search.corpus import Corpus, _record
from broadsheet_lab.bench.search.merging import merged, previous
from broadsheet_lab.bench.search.plotting import spread
from broadsheet_lab.bench.search.query_set import QuerySet, Source
from broadsheet_lab.bench.search.running import ask, run_set
from broadsheet_lab.bench.search.shared import Shared
from broadsheet_lab.bench.study import Study
from lab.tests.bench.invented_search import source, write

LIGHT = [
    "broadsheet",
    "bm25",
    "bm25s",
    "bm25s tuned",
    "bm25s tuned + title",
    "tantivy",
    "lsa",
    "static",
    "static + bm25",
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Where the toy data are, and where results go."""
    place = tmp_path_factory.mktemp("search")
    write(place)
    return place


@pytest.fixture
def light(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
    """The systems that need no transformer, on the toy data."""
    monkeypatch.setenv("BROADSHEET_DATA", str(folder))
    monkeypatch.setenv("BROADSHEET_CACHE", str(folder / "cache"))
    monkeypatch.delenv(search.ONLY, raising=False)
    monkeypatch.delenv(search.SETS, raising=False)
    monkeypatch.delenv(sets.PAPERS, raising=False)
    monkeypatch.setattr(sets, "LEAST_GROUP", 4)
    monkeypatch.setattr(sets, "LARGEST_GROUP", 4)
    monkeypatch.setattr(sets, "LIKED", 3)
    for name, one in systems.SEARCH.items():
        if name not in LIGHT:
            monkeypatch.setitem(systems.SEARCH, name, replace(one, needs=("a_module_nobody_has.inside",)))
    for name in ("minilm mean", "aspects mean"):
        monkeypatch.setitem(systems.SIMILAR, name, replace(systems.SIMILAR[name], needs=("nor_this",)))


def results(folder: Path) -> dict[str, Any]:
    content: dict[str, Any] = json.loads((folder / "results" / "search.json").read_text(encoding="utf-8"))
    return content


def test_every_system_runs_and_some_runs_merge_into_others(  # long: each run goes on from the results of the one before
    light: None, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    written = run("search", folder / "results", said.append)
    assert [path.name for path in written] == ["search.json", "search-leaderboard.svg"]
    assert "tantivy" in written[1].read_text(encoding="utf-8")
    whole = results(folder)
    assert whole["data"]["papers"] == 12
    assert list(whole["sets"]) == ["tldr", "title", "keywords", "similar", "sentence"]
    assert list(whole["sets"]["tldr"]["systems"]) == LIGHT
    assert whole["sets"]["tldr"]["skipped"]["minilm"] == "a_module_nobody_has.inside not installed"
    assert "tldr: minilm skipped, a_module_nobody_has.inside not installed" in said
    assert list(whole["sets"]["similar"]["systems"]) == ["broadsheet similar", "tf-idf svm"]
    for name, row in whole["sets"]["tldr"]["systems"].items():
        assert row["mrr@10"] >= 0.9, name  # village00 stands in one paper only
        assert row["recall@100"] == 1.0, name
        assert row["median_ms"] > 0
        assert row["bytes_per_paper"] > 0
        assert ("p" in row) == (name != "bm25")
    assert set(whole["sets"]["tldr"]["systems"]["bm25s tuned + title"]["chosen"]) >= {"k1", "b", "titles"}
    assert whole["sets"]["similar"]["systems"]["tf-idf svm"]["mrr@10"] > 0.5

    # a run of two systems (and the baselines) leaves the others as they were
    marked = {**whole, "sets": {**whole["sets"]}}
    for result in marked["sets"].values():
        for row in result["systems"].values():
            row["build_s"] = -1.0
    (folder / "results" / "search.json").write_text(json.dumps(marked), encoding="utf-8")
    monkeypatch.setenv(search.ONLY, "bm25s, lsa")
    run("search", folder / "results")
    renewed = results(folder)["sets"]["tldr"]["systems"]
    assert list(renewed) == LIGHT
    assert {name for name, row in renewed.items() if row["build_s"] >= 0} == {"bm25", "bm25s", "lsa"}
    kept = results(folder)["sets"]  # no system of this set was named: its baseline stays as well
    assert list(kept) == list(whole["sets"])
    assert {row["build_s"] for row in kept["similar"]["systems"].values()} == {-1.0}
    assert "p" in kept["similar"]["systems"]["broadsheet similar"]

    # so does a run of some query sets
    monkeypatch.setenv(search.SETS, "keywords")
    (folder / "results" / "search.json").write_text(json.dumps(marked), encoding="utf-8")
    run("search", folder / "results")
    asked = {
        name for name, one in results(folder)["sets"].items() if one["systems"].get("lsa", {}).get("build_s", -1) >= 0
    }
    assert asked == {"keywords"}
    monkeypatch.setenv(search.SETS, "keyword")
    with pytest.raises(UsageError, match="no query set 'keyword'; there are tldr, short, need, recall"):
        run("search", folder / "results")
    monkeypatch.delenv(search.SETS)

    monkeypatch.setenv(sets.PAPERS, "11")
    with pytest.raises(UsageError, match=r"search\.json: measured on .* not on .*'papers': 11"):
        run("search", folder / "results")
    monkeypatch.setenv(search.ONLY, "bm52")
    with pytest.raises(UsageError, match="no system 'bm52'; there are broadsheet, broadsheet precise, bm25"):
        run("search", folder / "results")


def corpus_of(queries: QuerySet, whole: Source, folder: Path) -> Corpus:
    shared = Shared(whole, Study(folder / "papers.parquet", lambda _: None))
    return Corpus(queries.docs, shared, folder, lambda _: None)


def test_a_set_is_judged_on_its_test_half_and_against_the_baseline(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = source(tmp_path)
    queries = sets.title(whole)
    answers = {text: next(iter(rows)) for text, rows in zip(queries.texts, queries.relevant, strict=True)}
    on_dev = set(queries.half(True).texts)
    given: list[set[str]] = []

    def second(corpus: Corpus, dev: QuerySet) -> Built:
        given.append(set(dev.texts))
        return Built(lambda text, k: [99, answers[text]] if text not in on_dev else [answers[text]], 120, 1.0)

    def never(corpus: Corpus, dev: QuerySet) -> Built:
        return Built(lambda text, k: [], 12, 1.0)

    monkeypatch.setattr(systems, "SEARCH", {"second": System(second), "bm25": System(never)})
    found = run_set(corpus_of(queries, whole, tmp_path), queries, {"second", "bm25"}, lambda _: None)
    assert given == [on_dev]  # a system sees the queries to choose on and no others
    row = found["systems"]["second"]
    assert (row["mrr@10"], row["dev"]["mrr@10"], row["recall@10"]) == (0.5, 1.0, 1.0)
    assert row["interval"]["mrr@10"] == [0.5, 0.5]
    assert row["bytes_per_paper"] == 10.0
    assert found["systems"]["bm25"]["mrr@10"] == 0.0
    assert found["queries"] == {"dev": len(on_dev), "test": 12 - len(on_dev)}
    assert row["p"]["mrr@10"] == 0.0  # every query gains the same half


def test_a_query_is_timed_once_and_answered_in_order(tmp_path: Path) -> None:
    queries = sets.title(source(tmp_path))
    heard: list[str] = []

    def search(text: str, k: int) -> list[int]:
        heard.append(text)
        return [len(heard)]

    found = ask(search, queries)
    assert heard == [*queries.texts[:3], *queries.texts]
    assert found.rankings == [[i] for i in range(4, 16)]
    assert len(found.milliseconds) == 12


def test_the_library_holds_the_papers_as_they_may_be_seen(tmp_path: Path) -> None:
    whole = source(tmp_path)
    queries = sets.title(whole)
    corpus = corpus_of(queries, whole, tmp_path)
    try:
        library = corpus.filled.library
        assert len(set(corpus.filled.numbers.tolist())) == 12
        assert not library.search('title:"houses"').results  # a title's word that no abstract has
        assert corpus.filled.positions(library.search_ids("village13").ids, 100) == [corpus.positions["toy-13"]]
        scores = corpus.filled.lexical("village13")
        assert np.flatnonzero(scores).tolist() == [corpus.positions["toy-13"]]
    finally:
        corpus.close()
    assert "tldr" not in _record(queries.docs[0], 0)


def test_a_paper_listed_twice_is_one_to_the_library_and_found_at_both_places(tmp_path: Path) -> None:
    whole = source(tmp_path)
    docs = (*whole.docs, replace(whole.docs[5], id="toy-again"))
    corpus = replace(corpus_of(sets.tldr(whole), whole, tmp_path), docs=docs)
    try:
        numbers_ = corpus.filled.library.search_ids("village11").ids
        assert len(numbers_) == 1
        assert corpus.filled.positions(numbers_, 100) == [5, 12]
        assert corpus.filled.positions(numbers_, 1) == [5]
    finally:
        corpus.close()


def test_vectors_of_changed_papers_alone_are_made_anew(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = source(tmp_path)
    asked: list[list[str]] = []

    def encode(self: Study, texts: list[str]) -> np.ndarray:
        asked.append(list(texts))
        return np.array([[len(text)] for text in texts], np.float32)

    monkeypatch.setattr(Study, "encode", encode)
    docs = list(whole.docs)
    docs[4] = replace(docs[4], abstract="Short.")
    corpus = replace(corpus_of(sets.tldr(whole), whole, tmp_path), docs=tuple(docs))
    vectors = corpus.minilm
    assert [len(texts) for texts in asked] == [12, 1]
    assert vectors[:, 0].tolist() == [len(f"{d.title}. {d.abstract}") for d in docs]
    untitled = corpus_of(sets.title(whole), whole, tmp_path)
    assert untitled.minilm[0, 0] == len(whole.docs[0].abstract)


def test_a_fusion_takes_the_weight_that_is_best_on_dev(tmp_path: Path) -> None:
    whole = source(tmp_path)
    queries = sets.tldr(whole)
    corpus = corpus_of(queries, whole, tmp_path)
    rows = [next(iter(found)) for found in queries.relevant]
    vectors = np.eye(12, dtype=np.float32)
    places = dict(zip(queries.texts, rows, strict=True))

    def wrong(texts: Sequence[str]) -> np.ndarray:  # meaning always points to the next paper
        return np.stack([vectors[(places[text] + 1) % 12] for text in texts])

    try:
        built = dense.fused(corpus, queries, vectors, wrong, 1.0)
        assert built.chosen["weight of meaning"] == 0.1
        assert [built.search(text, 1)[0] for text in queries.texts] == rows
        assert dense.nearest(vectors, wrong)(queries.texts[0], 1) == [(rows[0] + 1) % 12]
    finally:
        corpus.close()


def test_merging_keeps_the_order_of_the_leaderboard_and_drops_what_left_it(tmp_path: Path) -> None:
    before = {
        "tldr": {
            "systems": {"tantivy": {"mrr@10": 1}, "gone": {"mrr@10": 2}, "bm25": {"mrr@10": 3}},
            "skipped": {"minilm": "old", "static": "old"},
        }
    }
    now = {"tldr": {"systems": {"minilm": {"mrr@10": 4}, "bm25": {"mrr@10": 5}}, "skipped": {}, "objective": "x"}}
    found = merged(before, now)["tldr"]
    assert found["systems"] == {"bm25": {"mrr@10": 5}, "tantivy": {"mrr@10": 1}, "minilm": {"mrr@10": 4}}
    assert list(found["systems"]) == ["bm25", "tantivy", "minilm"]
    assert found["skipped"] == {"static": "old"}
    (tmp_path / "search.json").write_text("[]", encoding="utf-8")
    with pytest.raises(UsageError, match=r"search\.json: cannot be merged into"):
        previous(tmp_path / "search.json", {})
    assert previous(tmp_path / "none.json", {}) == {}


def test_labels_keep_their_order_and_their_distance() -> None:
    assert spread([0.9, 0.5, 0.1], 0.1) == [0.9, 0.5, 0.1]
    assert spread([0.9, 0.89, 0.5], 0.1) == pytest.approx([0.9, 0.8, 0.5])
    assert spread([0.1, 0.1, 0.1], 0.1) == pytest.approx([0.2, 0.1, 0.0])  # lifted, so that none is below the panel
