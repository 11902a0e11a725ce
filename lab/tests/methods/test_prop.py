"""PROP: the language model's figures by hand, and words drawn as often as it says."""

import math
from collections import Counter
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from broadsheet.ranking.contract import Reader
from broadsheet_lab.encoders.prop import PROP, LanguageModel, keep_probability, set_lengths
from tests.contract.examples import Example

TEXTS = ["alpha alpha beta gamma", "beta beta delta", "gamma delta epsilon epsilon epsilon"]


def model(**other: float) -> LanguageModel:
    return LanguageModel(least=1, threshold=1e9, **other).fit(TEXTS)  # nothing is too frequent


def test_the_smoothed_probability_is_the_one_worked_by_hand() -> None:
    found = model()
    tokens, bounds = found.numbers([*TEXTS, "alpha zeta"])
    assert found.words_ == ("alpha", "beta", "delta", "epsilon", "gamma")
    assert found.smoothing_ == 4  # 12 words in 3 texts
    words = np.array([0, 0, 3, 0])
    documents = np.array([0, 1, 1, 3])
    expected = [
        (2 + 4 * 2 / 12) / (4 + 4),  # twice in the text, 2 of 12 in the collection
        (0 + 4 * 2 / 12) / (3 + 4),
        (0 + 4 * 3 / 12) / (3 + 4),
        (1 + 4 * 2 / 12) / (1 + 4),  # zeta is in no text: it has no length either
    ]
    np.testing.assert_allclose(np.exp(found.log_probability(words, documents, tokens, bounds)), expected)
    every = np.exp(found.log_probability(np.arange(5), np.full(5, 2), tokens, bounds))
    assert every.sum() == pytest.approx(1)


def test_words_are_drawn_as_often_as_the_model_says() -> None:
    found = model(smoothing=2.0)
    tokens, bounds = found.numbers(TEXTS)
    n = 40_000
    drawn = found.draw(np.full(n, 0), np.ones(n, np.int64), tokens, bounds, np.random.default_rng(0))[:, 0]
    expected = n * np.exp(found.log_probability(np.arange(5), np.zeros(5, np.int64), tokens, bounds))
    chi_square = np.square(np.bincount(drawn, minlength=5) - expected) / expected
    assert chi_square.sum() < 18.5  # exceeded once in a thousand with 4 degrees of freedom


def test_frequent_words_are_kept_less_often() -> None:
    np.testing.assert_allclose(keep_probability(np.array([1e-4, 4e-4, 1e-2])), [1, 0.5 + 0.25, 0.1 + 0.01])
    common = ["noise noise noise noise rare" + str(i % 20) for i in range(200)]
    found = LanguageModel(least=1, threshold=1e-3, smoothing=1.0).fit(common)
    tokens, bounds = found.numbers(common)
    one = np.ones(4000, np.int64)
    drawn = found.draw(np.zeros(4000, np.int64), one, tokens, bounds, np.random.default_rng(0))
    counts = Counter(found.words_[w] for w in drawn[:, 0])
    probability = np.exp(found.log_probability(np.arange(21), np.zeros(21, np.int64), tokens, bounds))
    kept = probability * keep_probability(found.frequency_, 1e-3)
    assert counts["noise"] / 4000 == pytest.approx(kept[0] / kept.sum(), abs=0.03)
    assert kept[0] / kept.sum() < 0.4 * probability[0]


def test_lengths_are_poisson_without_zeros() -> None:
    found = set_lengths(50_000, 3.0, np.random.default_rng(0))
    assert found.min() == 1
    assert found.mean() == pytest.approx(3 / (1 - math.exp(-3)), abs=0.03)
    assert (found == 2).mean() == pytest.approx(math.exp(-3) * 9 / 2 / (1 - math.exp(-3)), abs=0.01)


def test_pairs_are_sets_of_one_length_the_likelier_first() -> None:
    texts = [" ".join(f"w{(i * 7 + j * j) % 23}" for j in range(12 + i % 5)) for i in range(40)]
    found = LanguageModel(least=1, threshold=1e-2).fit(texts)
    pairs = found.pairs(texts, per_document=6, seed=1)
    assert 200 < len(pairs) <= 240
    for i in range(0, len(pairs), 11):
        sums = []
        for text in (pairs.better[i], pairs.worse[i]):
            words = text.split()
            assert len(set(words)) == len(words)
            counts, length = Counter(texts[pairs.documents[i]].split()), len(texts[pairs.documents[i]].split())
            mu = found.smoothing_
            each = [(counts[w] + mu * found.frequency_[found.words_.index(w)]) / (length + mu) for w in words]
            sums.append(sum(math.log(p) for p in each))
        assert len(pairs.better[i].split()) == len(pairs.worse[i].split())
        np.testing.assert_allclose(pairs.scores[i], sums)
        assert sums[0] > sums[1]
    again = found.pairs(texts, per_document=6, seed=1)
    assert (again.better, again.worse) == (pairs.better, pairs.worse)
    assert len(found.pairs(["", "zzz"])) == 0


def test_what_does_not_fit_is_named() -> None:
    with pytest.raises(ValueError, match="no word occurs 10 times in 3 texts"):
        LanguageModel().fit(TEXTS)


def _read(texts: tuple[str, ...]) -> Any:
    from broadsheet_lab.networks import Network
    from broadsheet_lab.training import Plan

    return PROP(Network.small(texts), least=1, plan=Plan(steps=2, batch=4)).fit(texts)


EXAMPLES = {
    "language model": Example(
        make=lambda texts: LanguageModel(least=1, threshold=1e9).fit(texts),
        answer=lambda method, texts: (method.frequency_, method.pairs(texts, per_document=3, seed=1)),
        inputs=(tuple(TEXTS),),
    ),
}
if find_spec("torch"):
    EXAMPLES["reader"] = Example(
        make=_read,
        answer=lambda method, texts: method.scores("alpha beta", texts),
        inputs=(tuple(TEXTS),),
        keeps=(Reader,),
    )
