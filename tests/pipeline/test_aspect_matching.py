"""Aspects by encoded sentences: each sentence of the example finds its best match in a candidate."""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

import broadsheet
from broadsheet.kit.text import tokenize
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.search.aspect_matching import FIRST, SentenceVectors, match_sentences
from broadsheet.pipeline.search.aspect_sentences import AspectSentences
from tests.pipeline.test_aspects import built, key, keys  # noqa: F401 - a fixture

AXES = {"a": (1.0, 0.0, 0.0), "b": (0.0, 1.0, 0.0), "c": (0.0, 0.0, 1.0), "ab": (0.6, 0.8, 0.0), "-": (0.0, 0.0, 0.0)}


class Axes:
    """Encodes a name of AXES as it says there."""

    dimensions = 3

    def __init__(self) -> None:
        self.texts: list[str] = []

    def encode(self, texts: Sequence[str]) -> NDArray[np.float32]:
        self.texts += texts
        return np.array([AXES[text] for text in texts], np.float32).reshape(-1, 3)


def papers_of(*papers: tuple[str, Sequence[tuple[str, float]]]) -> AspectSentences:
    """Papers as (title, (sentence, probability of the aspect) …)."""
    flat = [(title, 0.0) if i == 0 else body[i - 1] for title, body in papers for i in range(len(body) + 1)]
    names, probability = [name for name, _ in flat], np.array([p for _, p in flat], np.float32)
    bounds = np.cumsum([0, *(1 + len(body) for _, body in papers)]).astype(np.int64)
    nothing = np.zeros((len(flat), 1), np.float32)
    return AspectSentences(tuple(names), bounds, probability, probability.copy(), nothing, tokenize(names))


EXAMPLE = ("c", [("a", 1.0), ("b", 0.1)])  # b tells too little of the aspect to be compared
CANDIDATES: tuple[tuple[str, list[tuple[str, float]]], ...] = (
    ("-", [("a", 1.0), ("b", 0.0)]),
    ("-", [("b", 1.0), ("a", 0.0)]),
    ("c", [("b", 0.0)]),
    ("-", []),
)
WHOLES = np.array([AXES["-"], AXES["-"], AXES["ab"], [np.nan] * 3], np.float32)


def test_a_match_counts_most_where_the_candidate_speaks_of_the_aspect() -> None:
    sentences = papers_of(EXAMPLE, *CANDIDATES)
    prior = np.array([4, 3, 2, 1], np.float32)
    found = match_sentences(sentences, np.ones(1), prior, WHOLES, Axes().encode)
    # The example has its title and one sentence, with weight 1 each; the third is as a whole .6 like a.
    assert found.similarity == pytest.approx([1 / 2, 0.75 / 2, (1 + 0.9 * 0.6) / 2, 0.0])
    assert found.quotes == {0: "a", 1: "b", 2: "b"}


def test_disliked_papers_count_against_a_candidate() -> None:
    sentences = papers_of(EXAMPLE, ("b", [("b", 1.0)]), *CANDIDATES)
    found = match_sentences(sentences, np.array([1, -0.5]), np.ones(4, np.float32), WHOLES, Axes().encode)
    assert found.similarity == pytest.approx([0.5 - 0.375, 0.375 - 0.5, 0.77 - 0.5 * 0.75, 0.0])


def test_only_the_first_are_read_and_the_others_estimated() -> None:
    many = [("a" if i % 2 else "b", [("a" if i % 2 else "b", 1.0)]) for i in range(3 * FIRST)]
    axes = Axes()
    prior = np.array([1.0 + i % 2 for i in range(len(many))], np.float32)  # half of them are like the example
    found = match_sentences(
        papers_of(("a", [("a", 1.0)]), *many), np.ones(1), prior, np.zeros((len(many), 3), np.float32), axes.encode
    )
    assert len(axes.texts) == 2 * (FIRST + 1)
    assert len(found.quotes) == FIRST
    assert np.isfinite(found.similarity).all()
    assert found.similarity.max() == pytest.approx(1)
    assert match_sentences(papers_of(("a", [])), np.ones(1), prior[:0], WHOLES[:0], axes.encode).quotes == {}


def test_vectors_of_sentences_are_kept_up_to_a_number() -> None:
    kept, axes = SentenceVectors(most=3), Axes()
    assert kept.encode("one", axes, ["a", "b", "a"]).tolist() == [list(AXES[name]) for name in "aba"]
    kept.encode("one", axes, ["b", "c"])
    assert axes.texts == ["a", "b", "c"]
    kept.encode("two", axes, ["b"])  # another model's vectors are others
    assert (axes.texts[3:], len(kept)) == (["b"], 3)
    kept.encode("one", axes, ["a"])  # was the oldest
    assert axes.texts[4:] == ["a"]


# In a library, by the model that ships -----------------------------------------------------------------------------


@pytest.fixture(scope="module")
def encoded(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Library]:  # noqa: F811
    folder = shutil.copytree(built, tmp_path_factory.mktemp("encoded") / "library")
    with broadsheet.open(folder) as library:
        library.build_precise()
        yield library


def test_an_aspect_finds_the_papers_that_share_it(encoded: Library) -> None:
    assert set(keys(encoded, key(1, 2), "task")) == {key(1, m) for m in (0, 1, 3)}
    assert set(keys(encoded, key(1, 2), "method")) == {key(t, 2) for t in (0, 2, 3)}
    assert set(keys(encoded, key(1, 2), "result")) == {key(0, 3), key(2, 1), key(3, 0)}
    page = encoded.similar(["t0m0", "t0m1"], ["t2m2"], k=2, aspect="task")
    assert {r.stored.source_ids[0][1] for r in page.results} == {"t0m2", "t0m3"}


def test_every_result_says_why_in_its_own_sentence(encoded: Library) -> None:
    results = encoded.similar(["t0m1"], k=16, aspect="method").results
    scores = [result.score for result in results]
    assert (len(results), scores) == (16, sorted(scores, reverse=True))
    assert scores[0] == pytest.approx(1)
    for result in results[:3]:
        [reason] = result.reasons
        assert "origami" in reason.text
        assert 0 < reason.weight <= 1
        assert result.lexical + result.semantic == pytest.approx(1)
    bare = next(result for result in results if not result.stored.paper.abstract)
    assert [reason.kind for reason in bare.reasons] == ["semantic"]
    assert set(keys(encoded, "t0m0", "task", k=10, among=["t3m3", "t2m2", "bare", "t0m0"])) == {"t3m3", "t2m2", "bare"}
    assert keys(encoded, "t0m0", "method", among=["t0m0"]) == []
