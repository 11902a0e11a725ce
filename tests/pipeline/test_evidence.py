"""The evidence of a search: each number equals what it says, worked out from the papers' words; any query is fine."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from numpy.typing import NDArray

from broadsheet.kit.paper import Paper, Record
from broadsheet.kit.text import STOP_TERMS, tokenize
from broadsheet.pipeline.index.snapshot import TEXT_FIELDS, IndexSnapshot
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.search.analysis import MAX_CONTENT_WORDS, AnalyzedQuery
from broadsheet.pipeline.search.features import (
    FEATURES,
    LEXICAL,
    PASSAGES,
    RankingFeatures,
)
from tests.pipeline import world

QUERIES = ("pendulum escapement", "rye bread and the careful season", "keel", "kneading kneading rye", "report 7")


def gather(
    snapshot: IndexSnapshot,
    text: str,
    rows: NDArray[np.int64],
    lexical: NDArray[np.float32],
    semantic: NDArray[np.float32],
) -> NDArray[np.float32]:
    """What speaks for the rows."""
    return RankingFeatures(AnalyzedQuery.of(snapshot, text), rows).features(lexical, semantic)


def cosine(a: NDArray[np.float32], b: NDArray[np.float32]) -> float:
    lengths = float(np.linalg.norm(a) * np.linalg.norm(b))
    return float(a @ b) / lengths if lengths else 0.0


def vector_of(snapshot: IndexSnapshot, terms: list[int]) -> NDArray[np.float32]:
    """The sum of the vectors of those words that have one."""
    at = [int(np.flatnonzero(snapshot.encoder.vocabulary_ == t)[0]) for t in terms if t in snapshot.encoder.vocabulary_]
    total: NDArray[np.float32] = snapshot.encoder.weights(np.array(at, np.int64)).sum(axis=0)
    return total


def salience(snapshot: IndexSnapshot, terms: list[int]) -> dict[int, float]:
    """The length of a word's vector; its idf on the same scale where it has none."""
    documents = snapshot.inverted.frequencies(np.array(terms, np.uint64)).astype(float)
    idf = np.where(documents > 0, np.log(1 + (len(snapshot) - documents + 0.5) / (documents + 0.5)), 0).tolist()
    lengths = [float(np.linalg.norm(vector_of(snapshot, [t]))) for t in terms]
    known = [bool(length) for length in lengths]
    whole = sum(i for i, k in zip(idf, known, strict=True) if k)
    scale = sum(lengths) / max(whole, 1e-9) if any(known) else 1.0
    return {t: n if k else i * scale for t, n, k, i in zip(terms, lengths, known, idf, strict=True)}


def literal(snapshot: IndexSnapshot, query: str, fields: list[str]) -> dict[str, float]:
    """Everything but the two scores, of one paper, from its text."""

    def telling(text: str) -> list[int]:
        return [t for t in tokenize([text]).terms.tolist() if t not in STOP_TERMS]

    asked, texts = telling(query), [telling(field) for field in fields]
    terms = sorted(set(asked))
    times = {t: asked.count(t) for t in terms}
    weight = {t: w * 9 * times[t] / (times[t] + 8) for t, w in salience(snapshot, terms).items()}
    every = sum(weight.values())
    pairs = set(pairwise(asked))
    met = {p for text in texts for p in pairwise(text)} & pairs
    windows = [set(text[i : i + 24]) for text in texts for i in range(len(text))]
    whole = AnalyzedQuery.of(snapshot, query).vector

    def passage(text: list[int], size: int) -> float:
        found = [cosine(vector_of(snapshot, text[i : i + size]), whole) for i in range(0, len(text), size // 2)]
        return max([0.0, *found])

    def match(t: int) -> float:
        words = {w for text in texts for w in text}
        return (
            1.0
            if t in words
            else max([0.0, *(cosine(vector_of(snapshot, [w]), vector_of(snapshot, [t])) for w in words)])
        )

    return {
        "pairs": sum(min(weight[a], weight[b]) for a, b in met)
        / max(sum(min(weight[a], weight[b]) for a, b in pairs), 1e-9),
        "stretch": max(sum(weight[t] for t in w if t in weight) for w in windows) / every,
        "matches": sum(weight[t] * match(t) for t in terms) / every,
        "title meaning": passage(texts[0], PASSAGES[-1]),
        **{f"passage of {size}": max(passage(text, size) for text in texts) for size in PASSAGES},
    }


@pytest.mark.parametrize("query", QUERIES)
def test_every_number_is_what_it_says(shared: Library, query: str) -> None:
    snapshot = shared.snapshot()
    rows = np.array([0, 1, 5, 40, 77, 119])
    held = {d.id: d for batch in shared.catalogue.papers.documents() for d in batch}
    words, meaning = np.arange(6, dtype=np.float32), np.linspace(-0.5, 1, 6).astype(np.float32)
    found = gather(snapshot, query, rows, words, meaning)
    assert found.shape == (6, len(FEATURES))
    np.testing.assert_allclose(found[:, FEATURES.index("words")], words / 5, rtol=1e-6)
    np.testing.assert_allclose(found[:, FEATURES.index("meaning")], np.maximum(meaning, 0), rtol=1e-6)
    for i, number in enumerate(snapshot.ids[rows].tolist()):
        d = held[number]
        wanted = literal(snapshot, query, [d.title, f"{d.abstract}\n{d.summary}", d.keywords])
        assert wanted.keys() | {"words", "meaning"} == set(FEATURES)
        for name, value in wanted.items():
            assert found[i, FEATURES.index(name)] == pytest.approx(value, abs=3e-4), name


def test_features_are_named_once_and_lie_between_0_and_1(shared: Library) -> None:
    assert len(set(FEATURES)) == len(FEATURES) == len(LEXICAL)
    assert {f for f, lexical in zip(FEATURES, LEXICAL, strict=True) if lexical} == {*("words", "pairs", "stretch")}
    snapshot = shared.snapshot()
    rows = np.arange(len(snapshot))
    for query in QUERIES:
        found = gather(snapshot, query, rows, np.ones(120, np.float32), np.ones(120, np.float32))
        assert found.min() >= 0
        assert found.max() <= 1 + 1e-5


def test_rows_are_read_across_segments(library: Library) -> None:
    query = "bees honeycomb report"

    def of(rows: list[int]) -> NDArray[np.float32]:
        ones = np.ones(len(rows), np.float32)
        return gather(library.snapshot(), query, np.array(rows), ones, ones)

    before = of([0, 60])
    library.add(world.record(world.BEES, 30), world.record(world.SHIPS, 30))
    assert len(library.snapshot().segments) == 2
    after = of([0, 60, 120, 121])
    np.testing.assert_allclose(after[:2, 4:], before[:, 4:], atol=1e-5)
    assert after[2, FEATURES.index("title meaning")] > after[3, FEATURES.index("title meaning")]


def test_the_order_of_a_query_counts(library: Library) -> None:
    library.add(
        *(
            Record(Paper(f"{title}, first of all", "Nothing else is said."), "made", key)
            for key, title in (
                ("right", "zorbing mulching"),
                ("turned", "mulching zorbing"),
                ("apart", "zorbing for mulching"),
            )
        )
    )
    assert world.keys(library.search("zorbing mulching", 3)) != ["turned", "right", "apart"]
    assert world.keys(library.search("mulching zorbing", 1)) == ["turned"]
    assert world.keys(library.search("zorbing mulching", 3))[-1] == "turned"


def test_only_the_rarest_words_of_a_long_query_are_looked_for(shared: Library) -> None:
    snapshot = shared.snapshot()
    text = " ".join(f"word{n}" for n in range(200)) + " pendulum rye season"
    words = AnalyzedQuery.of(snapshot, text).content
    assert len(words.terms) == MAX_CONTENT_WORDS
    assert set(tokenize(["pendulum rye season"]).terms.tolist()) <= set(words.terms.tolist())
    assert words.vectors.shape == (MAX_CONTENT_WORDS, snapshot.encoder.dimensions)
    assert words.follows.shape == (MAX_CONTENT_WORDS, MAX_CONTENT_WORDS)
    assert (words.terms[1:] > words.terms[:-1]).all()


def test_a_query_of_stop_words_or_nothing_has_no_evidence_but_its_scores(shared: Library) -> None:
    snapshot = shared.snapshot()
    for query in ("the of and", "", "😀", "?!"):
        ones = np.ones(3, np.float32)
        found = gather(snapshot, query, np.arange(3), ones, ones / np.float32(2))
        scores = [FEATURES.index("words"), FEATURES.index("meaning")]
        assert found[:, scores].tolist() == [[1, 0.5]] * 3
        assert not np.delete(found, scores, axis=1).any()
    none = np.empty(0, np.float32)
    assert gather(snapshot, "rye", np.empty(0, np.int64), none, none).shape == (
        0,
        len(FEATURES),
    )


def test_a_word_nobody_knows_finds_nothing_and_one_of_a_paper_only_itself(library: Library) -> None:
    snapshot = library.snapshot()
    assert not AnalyzedQuery.of(snapshot, "zzqx the").vector.any()
    one, other = (AnalyzedQuery.of(snapshot, text).vector for text in ("zzqx pendulum", "pendulum"))
    np.testing.assert_array_equal(one, other)
    assert library.search("zzqx").results == ()
    library.add(Record(Paper("About zzqx", "Nothing but zzqx."), "made", "odd"))
    assert world.keys(library.search("zzqx")) == ["odd"]


def test_papers_without_words_have_no_evidence(empty: Library) -> None:
    empty.add(*(Record(Paper(title), "odd", str(n)) for n, title in enumerate(("?!", "the of and", "Rye"))))
    snapshot = empty.snapshot()
    evidence = RankingFeatures(AnalyzedQuery.of(snapshot, "rye"), np.arange(3))
    found = evidence.features(np.zeros(3, np.float32), np.zeros(3, np.float32))
    assert not found[:2].any()
    assert found[2, FEATURES.index("matches")] == pytest.approx(1)
    assert evidence.matches.shape == (3, 1)
    assert len(TEXT_FIELDS) == 3


@pytest.mark.parametrize(
    "query",
    ["", " ", "a", "x", "?", "the", "😀", "😀 pendulum", "rye " * 10_000, " ".join(f"w{n}" for n in range(10_000)),
     "船", "x" * 5000, "\x00rye", "-", '"', "pendulum" + " the" * 500],
)  # fmt: skip
def test_any_query_is_answered(shared: Library, empty: Library, query: str) -> None:
    for library in (shared, empty):
        page = library.search(query, 5)
        assert all(np.isfinite(r.score) and 0 <= r.lexical <= 1 for r in page.results)
    if "pendulum" in query:
        assert set(world.topics_of(world.keys(shared.search(query, 5)))) == {"clocks"}
    if "rye" in query:
        assert set(world.topics_of(world.keys(shared.search(query, 5)))) == {"bread"}
