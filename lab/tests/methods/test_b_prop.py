"""B-PROP: attention to scores by hand, samples as likely as they should be, and pairs in the order of their scores."""

from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from broadsheet.ranking.contract import Reader
from broadsheet_lab.encoders.b_prop import (
    BPROP,
    Contrast,
    attention_distribution,
    contrastive_scores,
    saturated,
    softmax,
    without_replacement,
)
from tests.contract.examples import Example


def world(n: int = 30, v: int = 40) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Texts of twenty tokens; word 0 is in each and is looked at, the text's own word i + 1 is looked at most."""
    rng = np.random.default_rng(0)
    words, attention = [], []
    for i in range(n):
        row = np.concatenate([[0, i % (v - 1) + 1], rng.integers(1, v, 18)])
        words.append(row)
        attention.append(np.concatenate([[0.2, 0.3], np.full(18, 0.5 / 18)]))
    return np.concatenate(words), np.concatenate(attention), np.arange(0, 20 * n + 1, 20)


def test_the_figures_worked_by_hand() -> None:
    np.testing.assert_allclose(saturated(np.array([0.0, 0.01, 0.04])), [0, 1 / 2, 4 / 5])
    words, shares = attention_distribution(np.array([7, 3, 7]), np.array([0.005, 0.04, 0.005]))
    assert words.tolist() == [3, 7]
    np.testing.assert_allclose(shares, [0.8 / 1.3, 0.5 / 1.3])  # 0.005 twice is 0.01
    np.testing.assert_allclose(contrastive_scores(np.array([0.5, 0.5]), np.array([0.25, 1.0])), [1.0, 0.0])
    assert contrastive_scores(np.array([1.0]), np.array([0.0]))[0] == 100
    np.testing.assert_allclose(softmax(np.array([0.0, np.log(3)]), 1.0), [1 / 4, 3 / 4])
    np.testing.assert_allclose(softmax(np.array([0.0, np.log(3)]), 0.5), [1 / 10, 9 / 10])


def test_the_random_distribution_is_the_mean_of_the_texts() -> None:
    words, attention, bounds = world()
    found = Contrast().fit(words, attention, bounds, 40)
    slow = np.zeros(40)
    for i in range(30):
        total: dict[int, float] = {}
        for w, a in zip(words[bounds[i] : bounds[i + 1]], attention[bounds[i] : bounds[i + 1]], strict=True):
            total[int(w)] = total.get(int(w), 0.0) + float(a)
        shares = {w: a / (a + 0.01) for w, a in total.items()}
        for w, share in shares.items():
            slow[w] += share / sum(shares.values()) / 30
    np.testing.assert_allclose(found.random_, slow)
    assert found.random_.sum() == pytest.approx(1)


def test_what_every_text_looks_at_stands_out_less_than_what_one_does() -> None:
    words, attention, bounds = world()
    found = Contrast().fit(words, attention, bounds, 40)
    for i in (0, 7, 29):
        distinct, scores = found.scores(words[bounds[i] : bounds[i + 1]], attention[bounds[i] : bounds[i + 1]])
        by_word = dict(zip(distinct.tolist(), scores.tolist(), strict=True))
        assert by_word[i % 39 + 1] > by_word[0]


def test_samples_without_replacement_are_as_likely_as_drawing_one_after_the_other() -> None:
    p = np.array([0.5, 0.3, 0.2])
    drawn = without_replacement(p, np.full(30_000, 2), np.random.default_rng(0))
    assert (drawn[:, 0] != drawn[:, 1]).all()
    for i in range(3):
        for j in range(3):
            if i != j:
                share = ((drawn[:, 0] == i) & (drawn[:, 1] == j)).mean()
                assert share == pytest.approx(p[i] * p[j] / (1 - p[i]), abs=0.01)
    assert without_replacement(p, np.array([1, 3]), np.random.default_rng(0))[0, 1:].tolist() == [-1, -1]


def test_pairs_are_distinct_words_of_the_text_ordered_by_their_scores() -> None:
    words, attention, bounds = world()
    names = [f"w{i}" for i in range(40)]
    found = Contrast(least=5).fit(words, attention, bounds, 40)
    pairs = found.pairs(words, attention, bounds, names, per_document=4, seed=3)
    assert 100 < len(pairs) <= 120
    for i in range(len(pairs)):
        row = slice(bounds[pairs.documents[i]], bounds[pairs.documents[i] + 1])
        distinct, scores = found.scores(words[row], attention[row])
        by_name = {names[w]: s for w, s in zip(distinct, scores, strict=True)}
        better, worse = pairs.better[i].split(), pairs.worse[i].split()
        assert len(set(better)) == len(better) == len(set(worse)) == len(worse)
        sums = [sum(by_name[w] for w in side) for side in (better, worse)]
        np.testing.assert_allclose(pairs.scores[i], sums)
        assert sums[0] > sums[1]
    assert found.pairs(words, attention, bounds, names, per_document=4, seed=3).better == pairs.better


def test_a_low_temperature_draws_what_stands_out() -> None:
    words, attention, bounds = world()
    names = [f"w{i}" for i in range(40)]
    means = []
    for temperature in (1.0, 0.02):
        found = Contrast(least=5, temperature=temperature).fit(words, attention, bounds, 40)
        pairs = found.pairs(words, attention, bounds, names, seed=0)
        sizes = np.array([len(t.split()) for t in pairs.better])
        means.append(float((pairs.scores[:, 0] / sizes).mean()))
    assert means[1] > 1.1 * means[0]


def test_short_texts_give_no_pairs_and_what_does_not_fit_is_named() -> None:
    words, attention, bounds = world()
    found = Contrast(least=25).fit(words, attention, bounds, 40)
    assert len(found.pairs(words, attention, bounds, [""] * 40)) == 0
    with pytest.raises(ValueError, match="600 words, 599 weights"):
        found.fit(words, attention[1:], bounds, 40)
    with pytest.raises(ValueError, match="words from 0 to 39 of 39"):
        found.fit(words, attention, bounds, 39)
    with pytest.raises(ValueError, match=r"temperature 0\.0"):
        Contrast(temperature=0.0)


READ = tuple(
    " ".join(f"{c}{d}" for c, d in zip("abcdefgh", "xyz" * 3, strict=False) if c != "abcdefgh"[i]) for i in range(8)
)


def _read(texts: tuple[str, ...]) -> Any:
    from broadsheet_lab.networks import Network
    from broadsheet_lab.training import Plan

    return BPROP(Network.small(texts), least=3, plan=Plan(steps=2, batch=4)).fit(texts)


EXAMPLES = {
    "pairs": Example(
        make=lambda words, attention, bounds: Contrast(least=5).fit(words, attention, bounds, 40),
        answer=lambda method, words, attention, bounds: (
            method.random_,
            method.scores(words[:20], attention[:20]),
            method.pairs(words, attention, bounds, [f"w{i}" for i in range(40)], per_document=2, seed=3),
        ),
        inputs=world(),
    )
}
if find_spec("torch"):
    EXAMPLES["reader"] = Example(
        make=_read, answer=lambda method, texts: method.scores("alpha beta", texts), inputs=(READ,), keeps=(Reader,)
    )
