"""What prop and b_prop are measured by: reciprocal ranks of reordered lists, word sets in order."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any

import numpy as np

from broadsheet_lab.bench.search.methods_read import reordered
from broadsheet_lab.bench.text import _pretraining
from broadsheet_lab.bench.text._pretraining import Pretraining, _Lists
from broadsheet_lab.encoders._word_sets import WordSets


class Counts:
    """Scores words by how often their letters are in the text."""

    words = 6

    def pair_scores(self, firsts: Sequence[str], texts: Sequence[str]) -> np.ndarray:
        return np.array([text.count(first) for first, text in zip(firsts, texts, strict=True)], np.float32)

    def scores(self, query: str, texts: Sequence[str]) -> np.ndarray:
        return self.pair_scores([query] * len(texts), texts)

    def word_sets(self, texts: Sequence[str]) -> WordSets:
        return WordSets(np.array([0, 0, 2]), ("a", "b", "c"), ("x", "a", "x"), np.zeros((3, 2)))


def lists() -> _Lists:
    texts = [["b a", "a a", "c"], ["q", "r"], ["a", "a"]]
    return _Lists(["a", "z", "a"], texts, np.array([0, -1, 1]))


def test_ranks_are_those_of_the_new_order_and_ties_count_against() -> None:
    assert lists().ranks(Counts().scores).tolist() == [1 / 2, 0, 1 / 2]
    assert reordered(Counts(), "a", [7, 8, 9], ["b", "a a", "a"]) == [8, 9, 7]  # type: ignore[arg-type]


def test_labels_are_drawn_alike_for_every_reader_and_never_from_what_is_reported() -> None:
    heard: list[tuple[list[str], list[list[str]]]] = []
    reader: Any = SimpleNamespace(tuned=lambda queries, texts, plan: heard.append((queries, texts)))
    found: Any = Pretraining(SimpleNamespace())  # type: ignore[arg-type]
    vars(found)["learn"] = lists()
    for _ in range(2):
        found.tuned(reader, 3)
    assert heard[0] == heard[1]
    queries, texts = heard[0]
    assert queries == ["a", "a"]  # the query whose paper BM25 does not find teaches nothing
    assert sorted(some[0] for some in texts) == ["a", "b a"]
    assert sorted(map(len, texts)) == [2, 3]


def test_the_order_of_word_sets_is_a_mean_a_paper_beside_that_of_counting() -> None:
    found: Any = Pretraining(SimpleNamespace())  # type: ignore[arg-type]
    vars(found)["judged"] = ["a b a", "nothing", "c c x x x"]
    figures = found.ordered(Counts())
    assert figures["papers"].tolist() == [0, 2]
    assert figures["ordered"].tolist() == [0.5, 0]  # "a" over "x", not "b" over "a"; not "c" over "x"
    assert figures["present"].tolist() == [0.75, 0.5]
    assert float(figures["pairs"]) == 3
    assert _pretraining.SEEDS == (0, 1, 2)
