"""Pairs that belong together or do not: the threshold, what is counted, likeness by words, claims of what was found."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from broadsheet_lab.bench.text import aspects, moe
from broadsheet_lab.bench.text._pairs_by_keywords import Pairs, cosines, f1, judged, tf_idf, threshold
from broadsheet_lab.encoders.aspects import CARD as ASPECTS
from broadsheet_lab.encoders.moe import CARD as MIXTURE

ROWS = np.array([[0, 3], [0, 1], [1, 2], [3, 6]])
TOGETHER = np.array([True, False, True, True])
FIELDS = np.array(["a", "a", "b", "b"])


def test_no_pair_crosses_the_papers_that_choose_and_those_that_are_learned_from() -> None:
    pairs = Pairs.of(ROWS, TOGETHER, FIELDS, choose=True)
    assert pairs.rows.tolist() == [[0, 3], [1, 2], [3, 6]]
    assert pairs.choosing.tolist() == [True, False, True]
    assert pairs.only(pairs.choosing).fields.tolist() == ["a", "b"]
    every = Pairs.of(ROWS, TOGETHER, FIELDS, choose=False)
    assert len(every.rows) == 4
    assert not every.choosing.any()


def test_the_threshold_is_that_of_the_greatest_f1() -> None:
    scores = np.array([0.9, 0.8, 0.7, 0.1], np.float32)
    assert threshold(scores, TOGETHER) == pytest.approx(0.1)  # 3 of 4: .857, before 2 of 3: .667
    assert threshold(scores, np.array([True, True, False, False])) == pytest.approx(0.8)
    found = judged(scores, TOGETHER, 0.75)
    assert found.tolist() == [1, 2, 3, 3]
    assert f1(found) == pytest.approx(2 / 5)
    assert f1(np.stack([found, found])) == pytest.approx(2 / 5)
    assert f1(np.array([0, 0])) == 0


def test_likeness_is_the_cosine_of_dense_vectors_and_of_words() -> None:
    pairs = Pairs.of(np.array([[0, 1], [0, 2]]), TOGETHER[:2], FIELDS[:2], choose=False)
    dense = np.array([[1, 0], [0.6, 0.8], [0, 1]], np.float32)
    np.testing.assert_allclose(cosines(dense, pairs), [0.6, 0])
    words = tf_idf(["Red ships red", "red ships, red!", "the bread the"])
    np.testing.assert_allclose(cosines(words, pairs), [1, 0], atol=1e-6)
    a, b = 1 + np.log(2), np.log(3 / 2)  # red twice and ships once, each in two of three texts
    expected = np.array([a * b, b]) / np.hypot(a * b, b)
    np.testing.assert_allclose(np.sort(words[0].toarray()[0])[-2:], np.sort(expected), atol=1e-6)


def test_experts_are_held_against_one_encoder_and_each_of_them() -> None:
    rng = np.random.default_rng(0)
    right = np.ones((3, 40), np.int64)
    half = np.where(rng.random((3, 40)) < 0.5, 1, 3)
    found = {"experts": right, "one": half, **{f"through {field}": half for field in moe.FIELDS}}
    claims: Any = moe._claimed(found, {"MiniLM": half[0], "TF-IDF": half[1] * 0 + 3}, {})
    one, plain, routed = claims
    assert one.value == pytest.approx(1 / f1(half))
    assert one.n == 40
    assert one.seeds == routed.seeds == (0, 1, 2)
    assert one.interval is not None
    assert one.interval[0] > 1
    assert plain.rival == (max((f1(half), "one encoder"), (f1(half[0]), "MiniLM"))[1], pytest.approx(1, abs=0.2))
    assert [(c.dataset, c.metric) for c in claims] == [(c.dataset, c.metric) for c in MIXTURE.claims if c.ours]


def test_each_encoder_is_held_against_minilm_and_the_better_of_the_others() -> None:
    names = (*aspects.NAMES, "all")
    own = {n: 0.2 + 0.1 * i for i, n in enumerate(names)}
    found: dict[str, Any] = {
        f"{n}/{a} {held}": np.full((3, 5), 0.9 if n == a else own[n])
        for n in names
        for a in aspects.NAMES
        for held in (False, True)
    }
    for name, value in (("MiniLM", 0.3), ("MiniLM, twice the text", 0.6)):
        found |= {f"{name}/{a} {held}": np.full(5, value) for a in aspects.NAMES for held in (False, True)}
    claims: Any = aspects._claimed(found, {"rate": 1e-3})
    assert [c.value for c in claims[:3]] == pytest.approx([3.0] * 3)
    assert claims[3].value == pytest.approx(0.9 / 0.5)  # one of all aspects
    better = (0.4 + 0.4 + 0.3) / 3  # data, data, method
    assert claims[4].value == pytest.approx(0.9 / better)
    assert claims[0].rival == ("MiniLM, twice the text", pytest.approx(2.0))
    assert [(c.dataset, c.metric) for c in claims] == [(c.dataset, c.metric) for c in ASPECTS.claims if c.ours]
