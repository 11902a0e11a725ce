"""Word embeddings: all trainings transcribed, the counts worked by hand, documents, stopping, bad input."""

import math

import numpy as np
import pytest

from broadsheet.encoders.contract import Encoder
from broadsheet.kit.text import tokenize
from broadsheet_lab.encoders._window_kernels import CBOW, LBL, ORDER, window_epoch
from broadsheet_lab.encoders._word_kernels import (
    counted,
    glove_epoch,
    glove_weights,
    kept_share,
    noise_table,
    random_bits,
    skip_gram_epoch,
)
from broadsheet_lab.encoders.contract import Fitted
from broadsheet_lab.encoders.word_embeddings import MODELS, Model, WordEmbeddings
from lab.tests.contract.texts import texts as collection
from tests.contract.examples import Example

SLOTS = np.array([0, 1, 2, 3, 1, 4, 0, 2, 2, 5, 1, 3, 0], np.int32)
BOUNDS = np.array([0, 6, 6, 13])
CATS = ["whisker", "purring", "kitten", "litter", "fur", "paw"]
CARS = ["engine", "wheel", "gasoline", "brake", "clutch", "gear"]


def texts(seed: int = 0) -> list[str]:
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(topic, 8)) + " the the" for topic in (CATS, CARS) for _ in range(150)]


class Bits:
    """xorshift64* in whole numbers."""

    def __init__(self, state: int) -> None:
        self.state = state

    def next(self) -> int:
        x = self.state
        x ^= x >> 12
        x ^= (x << 25) % 2**64
        x ^= x >> 27
        self.state = x
        return x * 2685821657736338717 % 2**64


def start(d: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    return rng.normal(0, 0.3, (6, d)).astype(np.float32), rng.normal(0, 0.3, (6, d)).astype(np.float32)


def test_random_bits_are_those_of_xorshift() -> None:
    state, slow = np.array([77], np.uint64), Bits(77)
    assert [int(random_bits(state)) for _ in range(5)] == [slow.next() for _ in range(5)]


def test_skip_gram_is_the_objective_followed_by_hand() -> None:
    words, contexts = start(4)
    w, c = words.astype(np.float64), contexts.astype(np.float64)
    keep, table = np.array([0.6, 1, 1, 1, 0.5, 1]), np.array([0, 1, 1, 2, 3, 4, 5], np.int32)
    loss = skip_gram_epoch(SLOTS, BOUNDS, keep, table, words, contexts, (3, 2), (0.2, 0.1), np.array([9], np.uint64))
    bits, losses = Bits(9), []
    for i in range(3):
        rate = 0.2 - 0.1 * i / 3
        text = [s for s in SLOTS[BOUNDS[i] : BOUNDS[i + 1]] if (bits.next() >> 11) / 2**53 < keep[s]]
        for at, word in enumerate(text):
            reach = 1 + bits.next() % 3
            for other in range(max(0, at - reach), min(len(text), at + reach + 1)):
                if other == at:
                    continue
                drawn = [table[bits.next() % 7] for _ in range(2)]
                gradient, pair = np.zeros(4), 0.0
                for target, label in [(text[other], 1), *((n, 0) for n in drawn if n != text[other])]:
                    p = sigma(w[word] @ c[target])
                    pair -= math.log(p if label else 1 - p)
                    gradient += (label - p) * c[target]
                    c[target] += rate * (label - p) * w[word]
                w[word] += rate * gradient
                losses.append(pair)
    assert len(losses) > 15
    assert loss == pytest.approx(np.mean(losses), rel=1e-4)
    np.testing.assert_allclose(words, w, atol=1e-5)
    np.testing.assert_allclose(contexts, c, atol=1e-5)


def sigma(x: float) -> float:
    return 1 / (1 + math.exp(-x))


@pytest.mark.parametrize("kind", [CBOW, ORDER, LBL])
def test_a_word_is_told_from_its_window_as_followed_by_hand(kind: int) -> None:
    d, window = 3, 2
    words, outputs = start(d)[0], start(4 * d if kind == ORDER else d, seed=2)[1]
    maps = np.random.default_rng(3).normal(0, 0.5, (4 if kind == LBL else 0, d, d)).astype(np.float32)
    w, o, m = (x.astype(np.float64) for x in (words, outputs, maps))
    keep, table = np.array([0.6, 1, 1, 1, 0.5, 1]), np.array([0, 1, 1, 2, 3, 4, 5], np.int32)
    learned, state = (words, outputs, maps), np.array([9], np.uint64)
    loss = window_epoch(SLOTS, BOUNDS, keep, table, learned, (window, 2, kind), (0.2, 0.1), state)
    bits, losses = Bits(9), []
    for i in range(3):
        rate = 0.2 - 0.1 * i / 3
        text = [s for s in SLOTS[BOUNDS[i] : BOUNDS[i + 1]] if (bits.next() >> 11) / 2**53 < keep[s]]
        for at, word in enumerate(text):
            span = 1 + bits.next() % window if kind == CBOW else window
            offsets = [*range(-span, 0), *range(1, span + 1)]
            near = [(p, text[at + by]) for p, by in enumerate(offsets) if 0 <= at + by < len(text)]
            if not near:
                continue
            if kind == CBOW:
                x = np.mean([w[t] for _, t in near], axis=0)
            elif kind == ORDER:
                x = np.zeros(4 * d)
                for p, t in near:
                    x[p * d : p * d + d] = w[t]
            else:
                x = np.sum([m[p] @ w[t] for p, t in near], axis=0)
            drawn = [table[bits.next() % 7] for _ in range(2)]
            change, pair = np.zeros(len(x)), 0.0
            for target, label in [(word, 1), *((n, 0) for n in drawn if n != word)]:
                p_here = sigma(x @ o[target])
                pair -= math.log(p_here if label else 1 - p_here)
                change += rate * (label - p_here) * o[target]
                o[target] += rate * (label - p_here) * x
            for p, t in near:
                if kind == CBOW:
                    w[t] += change / len(near)
                elif kind == ORDER:
                    w[t] += change[p * d : p * d + d]
                else:
                    by_word = m[p].T @ change
                    m[p] += np.outer(change, w[t])
                    w[t] += by_word
            losses.append(pair)
    assert len(losses) >= 8
    assert loss == pytest.approx(np.mean(losses), rel=1e-4)
    for fast, slow in ((words, w), (outputs, o), (maps, m)):
        np.testing.assert_allclose(fast, slow, atol=1e-5)


def test_a_rate_of_zero_only_measures() -> None:
    words, contexts = start(4)
    before = words.copy()
    args = (SLOTS, BOUNDS, np.ones(6), np.arange(6, dtype=np.int32), words, contexts, (3, 2), (0.0, 0.0))
    first, second = (skip_gram_epoch(*args, np.array([9], np.uint64)) for _ in range(2))
    assert first == second
    np.testing.assert_array_equal(words, before)


def test_glove_is_adagrad_on_the_weighted_squares() -> None:
    words, contexts = start(5)
    w, c, gw, gc = words.astype(np.float64), contexts.astype(np.float64), np.ones((6, 5)), np.ones((6, 5))
    met = counted(SLOTS, BOUNDS, 6, 2)
    logs, weights = np.log(met.data), glove_weights(met.data, most=2.0)
    order = np.random.default_rng(0).permutation(len(logs))
    loss = glove_epoch(order, met.row, met.col, logs, weights, words, contexts, np.ones((2, 6, 5), np.float32), 0.05)
    total = 0.0
    for n in order:
        i, j = met.row[n], met.col[n]
        error = w[i, :4] @ c[j, :4] + w[i, 4] + c[j, 4] - logs[n]
        total += weights[n] * error**2
        to_word = weights[n] * error * np.append(c[j, :4], 1)
        to_context = weights[n] * error * np.append(w[i, :4], 1)
        w[i] -= 0.05 * to_word / np.sqrt(gw[i])
        c[j] -= 0.05 * to_context / np.sqrt(gc[j])
        gw[i] += to_word**2
        gc[j] += to_context**2
    assert loss == pytest.approx(total / len(order), rel=1e-4)
    np.testing.assert_allclose(words, w, atol=1e-5)
    np.testing.assert_allclose(contexts, c, atol=1e-5)


def test_glove_fits_the_logarithms_of_the_counts() -> None:
    words, contexts = start(9)
    met = counted(SLOTS, BOUNDS, 6, 4)
    squares = np.ones((2, 6, 9), np.float32)
    for _ in range(600):
        glove_epoch(
            np.arange(len(met.data)), met.row, met.col, np.log(met.data), np.ones_like(met.data), words, contexts,
            squares, 0.1,
        )  # fmt: skip
    fitted = (words[:, :8] @ contexts[:, :8].T + words[:, 8:] + contexts[:, 8])[met.row, met.col]
    np.testing.assert_allclose(fitted, np.log(met.data), atol=0.02)


def test_skip_gram_comes_to_the_shifted_pointwise_mutual_information() -> None:
    """With room for it the best products are log(p(w, c) / (p(w) q(c) k)), q being the noise: the factorised counts."""
    slots = np.random.default_rng(0).choice(3, 40_000, p=[0.5, 0.3, 0.2]).astype(np.int32)
    slots[1::2] = (slots[::2] + (np.random.default_rng(1).random(20_000) < 0.3)) % 3  # pairs that tend to be alike
    bounds = np.arange(0, 40_001, 2)
    joint = np.zeros((3, 3))
    np.add.at(joint, (slots[::2], slots[1::2]), 1)
    joint = (joint + joint.T) / joint.sum() / 2
    words, contexts = (x[:3] for x in start(4))
    state = np.array([5], np.uint64)
    table = np.array([0, 1, 2], np.int32)  # q = 1/3; a draw of the true context is left out, so q(c) counts the others
    for rate in (0.05, 0.05, 0.02, 0.005, 0.001):
        skip_gram_epoch(slots, bounds, np.ones(3), table, words, contexts, (1, 3), (rate, rate), state)
    seen = joint.sum(axis=1)
    for i in range(3):
        for j in range(3):
            expected = math.log(joint[i, j] / (3 * (seen[i] - joint[i, j]) / 3))
            assert float(words[i] @ contexts[j]) == pytest.approx(expected, abs=0.12)


def test_counts_worked_by_hand() -> None:
    met = counted(np.array([0, 1, 0, 2], np.int32), np.array([0, 3, 4]), 3, 2).toarray()
    np.testing.assert_allclose(met, [[1, 2, 0], [2, 0, 0], [0, 0, 0]])  # 0-0 at distance two, seen from both sides
    np.testing.assert_allclose(kept_share(np.array([90.0, 10.0]), 0.1), [1 / 3, 1.0])
    np.testing.assert_allclose(glove_weights(np.array([0.0, 5, 10, 20], np.float32)), [0, 0.5**0.75, 1, 1])
    table = noise_table(np.array([16.0, 1.0, 1e-9]), size=900)
    np.testing.assert_array_equal(np.bincount(table), [800, 100, 1])


def test_counts_do_not_depend_on_the_chunks(monkeypatch: pytest.MonkeyPatch) -> None:
    whole = counted(SLOTS, BOUNDS, 6, 3).toarray()
    monkeypatch.setattr("broadsheet_lab.encoders._word_kernels._CHUNK", 1)
    np.testing.assert_allclose(counted(SLOTS, BOUNDS, 6, 3).toarray(), whole, rtol=1e-6)


@pytest.mark.parametrize("model", MODELS)
def test_words_of_one_company_are_near(model: Model) -> None:
    rate = 0.2 if model in ("cbow", "order") else 0.05
    made = (WordEmbeddings(model=model, dimensions=8, rate=rate, subsample=1, window=3) for _ in range(2))
    encoder, again = (one.fit(texts()) for one in made)
    x = encoder.encode([*CATS, *CARS])
    cosines = x @ x.T
    same, cross = cosines[:6, :6][~np.eye(6, dtype=bool)].mean(), cosines[:6, 6:].mean()
    assert same > cross + 0.2
    np.testing.assert_array_equal(again.vectors_, encoder.vectors_)
    assert encoder.maps_.shape == ((6, 8, 8) if model == "lbl" else (0, 0, 0) if model == "glove" else (0, 8, 8))


def test_a_document_is_the_mean_of_its_words() -> None:
    encoder = WordEmbeddings(dimensions=6, epochs=2).fit(texts())
    rows = [int(np.flatnonzero(encoder.vocabulary_ == tokenize([w]).terms[0])[0]) for w in texts()[0].split()]
    mean = encoder.vectors_[rows].astype(np.float64).mean(axis=0)
    np.testing.assert_allclose(encoder.encode(texts()[:1])[0], mean / np.linalg.norm(mean), atol=1e-4)
    np.testing.assert_array_equal(encoder.encode(["zebra", ""]), np.zeros((2, 6)))


def test_the_epoch_the_task_likes_best_is_kept() -> None:
    values = iter([0.1, 0.5, 0.3, 0.4, 0.9])
    encoder = WordEmbeddings(dimensions=4, epochs=5).fit(texts(), task=lambda _: next(values), patience=2)
    assert encoder.epochs_ == 2
    assert len(encoder.losses_) == 4  # 0.9 is never seen
    seen: list[np.ndarray] = []
    fresh = WordEmbeddings(dimensions=4, epochs=5)

    def worse(encoder: WordEmbeddings) -> float:
        seen.append(encoder.vectors_.copy())
        return -len(seen)

    fresh.fit(texts(), task=worse, patience=9)
    np.testing.assert_array_equal(fresh.vectors_, seen[0])


def test_it_is_kept_as_arrays_and_fitted_anew_by_a_second_fit() -> None:
    encoder = WordEmbeddings(dimensions=4, epochs=2).fit(["else entirely"] * 9).fit(texts())
    fresh = WordEmbeddings(dimensions=4, epochs=2).fit(texts())
    again = WordEmbeddings.from_arrays(dict(encoder.to_arrays()))
    for other in (fresh, again):
        np.testing.assert_array_equal(other.encode(texts()), encoder.encode(texts()))
    assert isinstance(encoder, Fitted)
    x = encoder.encode(["kitten fur", "zebra", ""])
    np.testing.assert_allclose(np.linalg.norm(x, axis=1), [1, 0, 0], atol=1e-6)
    assert x.dtype == np.float32
    with pytest.raises(ValueError, match="differ in length"):
        WordEmbeddings.from_arrays({**encoder.to_arrays(), "vectors": encoder.vectors_[1:]})


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="the models are skip-gram, cbow, order, lbl, glove, not 'nnlm'"):
        WordEmbeddings(model="nnlm")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="above zero"):
        WordEmbeddings(window=0)
    with pytest.raises(ValueError, match=r"did not converge at a rate of 1000: take a lower one"):
        WordEmbeddings(rate=1000, subsample=1).fit(texts())
    for model in MODELS:
        empty = WordEmbeddings(model=model, dimensions=3).fit([])
        np.testing.assert_array_equal(empty.encode(["anything"]), np.zeros((1, 3)))
        one = WordEmbeddings(model=model, dimensions=3, least=1, epochs=1).fit(["word"])
        assert np.isfinite(one.encode(["word", "other"])).all()


EXAMPLES = {
    model: Example(
        make=lambda texts, model=model: WordEmbeddings(model=model, dimensions=4, epochs=2, subsample=1).fit(texts),
        answer=lambda method, texts: method.encode(texts[:6]),
        inputs=(collection(),),
        keeps=(Encoder, Fitted),
    )
    for model in MODELS
}
