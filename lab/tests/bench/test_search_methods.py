"""Methods on the leaderboard: what they learn from, how their parts are put together, what is left out."""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("ranx")

from broadsheet.kit.bag_of_words import Bags
from broadsheet_lab.bench.reranking import SHARES
from broadsheet_lab.bench.search import (
    methods_adapted,
    methods_order,
    methods_sections,
    methods_words,
    reading,
    sets,
    systems,
)
from broadsheet_lab.bench.search.contract import Build
from broadsheet_lab.bench.search.corpus import Corpus
from broadsheet_lab.bench.search.shared import Shared, passages_of
from broadsheet_lab.bench.study import Study
from broadsheet_lab.encoders.interleaved import sections_of
from lab.tests.bench.invented_search import TOPICS, source


@pytest.fixture
def corpus(tmp_path: Path) -> Iterator[Corpus]:
    """The toy papers; there are so few that all of them may be learned from."""
    whole = source(tmp_path)
    shared = Shared(whole, Study(tmp_path / "papers.parquet", lambda _: None))
    vars(shared)["docs"] = whole.docs
    made = Corpus(sets.tldr(whole).docs, shared, tmp_path, lambda _: None)
    yield made
    made.close()


def test_nothing_is_learned_from_a_paper_that_a_query_is_taken_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sets, "TITLES", 2)
    monkeypatch.setattr(sets, "KEYWORDS", 2)
    monkeypatch.setattr(sets, "SENTENCES", 2)
    whole = source(tmp_path)
    spare = replace(whole.docs[1], id="spare", abstract="")
    shared = Shared(replace(whole, docs=(*whole.docs, spare)), Study(tmp_path / "papers.parquet", lambda _: None))
    asked = sets.asked(whole)
    assert 6 <= len(asked) < 12
    assert {d.id for d in shared.docs} == {d.id for d in whole.docs} - asked
    assert shared.texts(1) == [f"{shared.docs[0].title}. {shared.docs[0].abstract}"]


def test_what_is_shared_is_learned_once(corpus: Corpus) -> None:
    heard: list[int] = []

    def learn(shared: Shared) -> int:
        heard.append(len(shared.docs))
        return 7

    first, again = corpus.shared.once(learn), corpus.shared.once(learn)
    assert (first.model, heard) == (7, [12])
    assert again.seconds == first.seconds >= 0


@pytest.mark.parametrize(
    ("build", "size"),
    [
        (methods_words.skip_gram, 400),
        (methods_words.glove, 400),
        (methods_words.dual_space, None),
        (methods_words.binary_pv, 16),
        (methods_order.seal, None),
    ],
)
def test_a_search_by_words_finds_the_topic_asked_for(corpus: Corpus, build: Build, size: int | None) -> None:
    built = build(corpus, sets.tldr(corpus.shared.source))
    hits = sum(
        corpus.docs[row].title.count(topic) for topic in TOPICS for row in built.search(f"{topic} at night", 12)[:4]
    )
    assert hits >= 8  # of 12; by chance a third
    assert list(built.search("zzqy", 3)) == [] or build is methods_words.binary_pv
    if size is not None:
        assert built.index_bytes == 12 * size


@pytest.mark.parametrize("build", [methods_order.term_dependence, methods_order.late_interaction])
def test_a_second_look_keeps_what_was_found_and_chooses_on_dev(corpus: Corpus, build: Build) -> None:
    queries = sets.tldr(corpus.shared.source)
    built = build(corpus, queries)
    for text, wanted in zip(queries.texts, queries.relevant, strict=True):
        assert built.search(text, 100)[0] == next(iter(wanted))
    names = [name for name in built.chosen if name.startswith("weight of")]
    assert [built.chosen[name] in SHARES for name in names] == [True, True]
    assert len(built.chosen["mrr@10 on dev"]) == len(SHARES) ** 2
    assert list(built.search("", 100)) == []


def test_a_paper_is_compared_with_the_query_as_its_expert_sees_it() -> None:
    seen = np.array([[0.5, 0.2]], np.float32)
    groups = [
        (lambda _: seen, np.array([2, 0]), np.eye(2, dtype=np.float32)),
        (lambda _: -seen, np.array([1]), np.array([[0.0, 1.0]], np.float32)),
    ]
    assert methods_adapted.routed(groups)("a", 3) == [2, 0, 1]  # 0.5, 0.2, -0.2
    assert methods_adapted.routed(groups)("a", 1) == [2]


def test_vectors_of_whole_papers_are_reused_where_few_changed(corpus: Corpus) -> None:
    heard: list[int] = []

    def encode(texts: Sequence[str]) -> np.ndarray:
        heard.append(len(texts))
        return np.array([[len(text)] for text in texts], np.float32)

    whole = passages_of(corpus.whole)
    docs = (replace(corpus.docs[0], abstract="Short."), *corpus.docs[1:])
    cut = replace(corpus, docs=docs)
    assert cut.changed == [0]
    found = cut.vectors(encode, lambda e: e(whole))
    assert heard == [12, 1]
    assert found[:, 0].tolist() == [len(text) for text in cut.passages]


def test_sections_of_whole_papers_are_reused_where_few_changed(corpus: Corpus, monkeypatch: pytest.MonkeyPatch) -> None:
    heard: list[int] = []

    class Method:
        def encode_sections(self, texts: Sequence[str]) -> np.ndarray:
            heard.append(len(texts))
            return np.array([[len(text), zlib.crc32(text.encode()) % 1000] for text in texts], np.float32)

    monkeypatch.setattr(methods_sections, "_interleaved", lambda _: Method())
    docs = list(corpus.docs)
    docs[0], docs[5] = replace(docs[0], abstract="Short."), replace(docs[5], abstract="")
    cut = replace(corpus, docs=tuple(docs))
    vectors, bounds = methods_sections._sections(cut)
    texts = [s for d in docs for s in sections_of(d.title, d.abstract)]
    assert bounds.tolist() == np.cumsum([0, *(len(sections_of(d.title, d.abstract)) for d in docs)]).tolist()
    assert heard == [sum(len(sections_of(d.title, d.abstract)) for d in corpus.docs), 3]
    np.testing.assert_array_equal(vectors, Method().encode_sections(texts))


def test_papers_are_read_once_for_all_methods_and_anew_where_they_changed(
    corpus: Corpus, monkeypatch: pytest.MonkeyPatch
) -> None:
    heard: list[int] = []

    def of_length(model: object) -> reading.Read:
        def read(texts: list[str]) -> reading.Kept:
            heard.append(len(texts))
            return [(model, len(text)) for text in texts]

        return read

    def of_start(model: object) -> reading.Read:
        return lambda texts: [(model, text[:3]) for text in texts]

    methods = {"lengths": (lambda shared: "a", of_length), "starts": (lambda shared: "b", of_start)}
    monkeypatch.setattr(reading, "_CHUNK", 5)
    monkeypatch.setattr(reading, "_METHODS", methods)
    cut = replace(corpus, docs=(*corpus.docs[:11], replace(corpus.docs[11], abstract="Short.")))
    found, seconds = reading.kept(cut, "lengths")
    assert found == [("a", len(text)) for text in cut.passages]
    assert heard == [5, 5, 2, 5, 5, 2, 1]  # to tell how long it takes; all; what changed
    assert seconds > 0
    assert reading.kept(cut, "starts")[0] == [("b", text[:3]) for text in cut.passages]
    assert heard[7:] == []  # what was read once is kept for every method


def test_papers_with_weighted_words_are_put_together() -> None:
    terms = np.array([3, 9, 12], np.uint64)
    bags = Bags(terms, np.array([0, 2, 2, 3]), np.array([2, 0, 1], np.int32), np.array([0.5, 2, 1], np.float32))
    each = reading._each(bags)
    assert [(t.tolist(), w.tolist()) for t, w in each] == [([12, 3], [0.5, 2.0]), ([], []), ([9], [1.0])]
    again = reading.together(each)
    assert again.terms.tolist() == [3, 9, 12]
    assert again.indptr.tolist() == [0, 2, 2, 3]
    assert sorted(zip(again.terms[again.columns].tolist(), again.counts.tolist(), strict=True)) == [
        (3, 2.0),
        (9, 1.0),
        (12, 0.5),
    ]


def test_what_would_take_too_long_is_left_out_unless_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(systems.UNTITLED, raising=False)
    dear = {name for name, one in systems.SEARCH.items() if systems.too_dear("title", one)}
    assert {"minilm", "star-adore", "moe", "binary pv", "rs2"} <= dear
    assert not {"bm25 + prop", "bm25", "skip-gram"} & dear
    assert not systems.too_dear("tldr", systems.SEARCH["star-adore"])
    monkeypatch.setenv(systems.UNTITLED, "1")
    assert not systems.too_dear("title", systems.SEARCH["minilm"])
    monkeypatch.delenv(systems.TOKENS, raising=False)
    read = {name for name, one in systems.SEARCH.items() if systems.too_dear("tldr", one)}
    assert read == {"inference-free sparse", "bm25 + tildev2", "interleaved", "colberter", "muvera"}
    monkeypatch.setenv(systems.TOKENS, "1")
    assert not systems.too_dear("tldr", systems.SEARCH["muvera"])
