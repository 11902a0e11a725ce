"""Binary paragraph vectors: the training transcribed, codes of like texts, inference, n-grams, bad input."""

import math
from typing import Any

import numpy as np
import pytest

from broadsheet.encoders.contract import Encoder
from broadsheet.kit.text import tokenize
from broadsheet_lab.encoders._binary_kernels import memory_epoch, paragraph_epoch
from broadsheet_lab.encoders.binary_pv import BinaryParagraphVectors, n_grams
from broadsheet_lab.encoders.contract import Fitted
from lab.tests.contract.texts import texts as collection
from tests.contract.examples import Example

CATS = ["whisker", "purring", "kitten", "litter", "fur", "paw"]
CARS = ["engine", "wheel", "gasoline", "brake", "clutch", "gear"]


def texts(seed: int = 0, count: int = 100) -> list[str]:
    rng = np.random.default_rng(seed)
    return [" ".join(rng.choice(topic, 12)) for topic in (CATS, CARS) for _ in range(count)]


def small(**kwargs: Any) -> BinaryParagraphVectors:
    return BinaryParagraphVectors(**{"bits": 16, "epochs": 6, **kwargs}).fit(texts())


class Bits:
    """xorshift64* in whole numbers."""

    def __init__(self, seed: int) -> None:
        self.state = (2 * seed + 1) * 0x9E3779B97F4A7C15 % 2**64

    def below(self, n: int) -> int:
        x = self.state
        x ^= x >> 12
        x ^= (x << 25) % 2**64
        x ^= x >> 27
        self.state = x
        return x * 2685821657736338717 % 2**64 % n

    def mask(self, d: int, dropout: float) -> np.ndarray:
        """What is kept of d bits in a step."""
        drawn = [(self.below(2**64) >> 11) / 2**53 for _ in range(d if dropout else 0)]
        return np.array([0 if one < dropout else 1 / (1 - dropout) for one in drawn]) if drawn else np.ones(d)


def predicted(g: np.ndarray, given: np.ndarray, among: list[int], log_noise: np.ndarray) -> tuple[float, np.ndarray]:
    """(-log p of the first, p - y of all) among n-grams, their shares of the noise taken off."""
    logits = np.array([g[n, :-1] @ given + g[n, -1] - log_noise[n] for n in among])
    shares = np.exp(logits) / np.exp(logits).sum()
    return -math.log(shares[0]), shares - np.eye(len(among))[0]


def same(by_hand: list[Any], fast: list[Any]) -> None:
    """The losses of all n-grams and their mean; arrays that were moved."""
    assert fast[0] == pytest.approx(np.mean(by_hand[0]), rel=1e-4)
    for one, other in zip(by_hand[1:], fast[1:], strict=True):
        np.testing.assert_allclose(other, one, atol=1e-5)


@pytest.mark.parametrize(("real", "dropout"), [(0, 0.0), (3, 0.5)])
@pytest.mark.parametrize("frozen", [False, True])
def test_training_is_the_objective_followed_by_hand(real: int, frozen: bool, dropout: float) -> None:
    rng = np.random.default_rng(0)
    d, rate, group, draws, seed = 4, 0.1, 3, 2, 5
    slots, bounds = np.array([0, 1, 2, 1, 3, 4, 0], np.int32), np.array([0, 4, 4, 7])
    order, table = np.array([2, 0, 1]), np.array([0, 1, 1, 2, 3, 4], np.int32)
    log_noise = np.log(draws * np.bincount(table) / 6).astype(np.float32)
    parts = [rng.normal(0, 1, shape) for shape in ((3, real or d), (d if real else 0, real), (5, d + 1))]
    reals, projection, grams = (x.astype(np.float32) for x in parts)
    r, p, g = (x.astype(np.float64) for x in (reals, projection, grams))
    squares = (np.full_like(reals, 0.1), np.full_like(projection, 0.1), np.full_like(grams, 0.1))
    sr, sp, sg = (np.full(x.shape, 0.1) for x in (r, p, g))
    how = (rate, group, draws, frozen, seed, dropout)
    loss = paragraph_epoch(slots, bounds, order, (table, log_noise), reals, projection, grams, squares, how)

    bits, losses = Bits(seed), []
    for i in order:
        bits = Bits(seed) if frozen else bits
        text = slots[bounds[i] : bounds[i + 1]]
        for _ in range(math.ceil(len(text) / group)):
            soft = 1 / (1 + np.exp(-(p @ r[i] if real else r[i])))
            kept = bits.mask(d, dropout)
            code = np.round(soft) * kept
            to_code = np.zeros(d)
            for _ in range(group):
                target = text[bits.below(len(text))]
                drawn = [table[bits.below(6)] for _ in range(draws)]
                among = [target, *(n for n in drawn if n != target)]
                loss_here, errors = predicted(g, code, among, log_noise)
                losses.append(loss_here)
                for n, share in zip(among, errors, strict=True):
                    to_code += share * g[n, :d]
                    if not frozen:
                        gradient = share * np.append(code, 1)
                        sg[n] += gradient**2
                        g[n] -= rate * gradient / np.sqrt(sg[n])
            to_code *= kept * soft * (1 - soft) / group
            to_real = p.T @ to_code if real else to_code
            if real and not frozen:
                gradient = np.outer(to_code, r[i])
                sp += gradient**2
                p -= rate * gradient / np.sqrt(sp)
            sr[i] += to_real**2
            r[i] -= rate * to_real / np.sqrt(sr[i])
    assert len(losses) == 9
    same([losses, r, p, g], [loss, reals, projection, grams])


@pytest.mark.parametrize("frozen", [False, True])
def test_distributed_memory_predicts_a_word_from_the_code_and_the_mean_of_those_around_it(frozen: bool) -> None:
    rng = np.random.default_rng(1)
    d, wide, rate, group, draws, seed, window = 4, 3, 0.1, 2, 2, 3, 1
    slots, bounds = np.array([0, 1, 2, 1, 3], np.int32), np.array([0, 4, 5])  # the second text is one word
    table = np.array([0, 1, 1, 2, 3], np.int32)
    log_noise = np.log(draws * np.bincount(table) / 5).astype(np.float32)
    reals, contexts, grams = (
        rng.normal(0, 1, shape).astype(np.float32) for shape in ((2, d), (4, wide), (4, d + wide + 1))
    )
    r, c, g = (x.astype(np.float64) for x in (reals, contexts, grams))
    squares = (np.full_like(reals, 0.1), np.full_like(contexts, 0.1), np.full_like(grams, 0.1))
    sr, sc, sg = (np.full(x.shape, 0.1) for x in (r, c, g))
    how = (rate, group, draws, frozen, seed, 0.5, window)
    order = np.array([1, 0])
    loss = memory_epoch(slots, bounds, order, (table, log_noise), reals, contexts, grams, squares, how)

    bits, losses = Bits(seed), []
    for i in order:
        bits = Bits(seed) if frozen else bits
        text = slots[bounds[i] : bounds[i + 1]].tolist()
        for _ in range(math.ceil(len(text) / group)):
            soft = 1 / (1 + np.exp(-r[i]))
            kept = bits.mask(d, 0.5)
            to_code = np.zeros(d)
            for _ in range(group):
                at = bits.below(len(text))
                near = [text[t] for t in (at - 1, at + 1) if 0 <= t < len(text)]
                mean = np.mean([c[t] for t in near], axis=0) if near else np.zeros(wide)
                given = np.concatenate([np.round(soft) * kept, mean])
                drawn = [table[bits.below(5)] for _ in range(draws)]
                among = [text[at], *(n for n in drawn if n != text[at])]
                loss_here, errors = predicted(g, given, among, log_noise)
                losses.append(loss_here)
                to_given = np.zeros(d + wide)
                for n, share in zip(among, errors, strict=True):
                    to_given += share * g[n, :-1]
                    if not frozen:
                        gradient = share * np.append(given, 1)
                        sg[n] += gradient**2
                        g[n] -= rate * gradient / np.sqrt(sg[n])
                to_code += to_given[:d]
                for t in [] if frozen else near:
                    gradient = to_given[d:] / len(near)
                    sc[t] += gradient**2
                    c[t] -= rate * gradient / np.sqrt(sc[t])
            to_code *= kept * soft * (1 - soft) / group
            sr[i] += to_code**2
            r[i] -= rate * to_code / np.sqrt(sr[i])
    same([losses, r, c, g], [loss, reals, contexts, grams])


def test_words_that_keep_company_have_like_vectors_in_distributed_memory() -> None:
    encoder = small(model="dm", epochs=4)
    assert encoder.contexts_.shape == (12, 64)
    assert encoder.losses_[-1] < encoder.losses_[0]
    rows = [int(np.flatnonzero(encoder.vocabulary_ == tokenize([word]).terms[0])[0]) for word in (*CATS, *CARS)]
    x = encoder.contexts_[rows] / np.linalg.norm(encoder.contexts_[rows], axis=1, keepdims=True)
    alike, other = x @ x.T, ~np.eye(12, dtype=bool)
    topic = np.repeat([0, 1], 6)
    same = topic[:, None] == topic
    assert alike[same & other].mean() > alike[~same].mean() + 0.2


@pytest.mark.parametrize("real", [0, 24])
def test_texts_of_one_topic_have_codes_that_differ_in_few_bits(real: int) -> None:
    encoder = small(real=real)
    x = encoder.encode(texts(seed=1, count=20))
    differing = (1 - x @ x.T) * 8  # of 16 bits
    topic = np.repeat([0, 1], 20)
    same = differing[topic[:, None] == topic].mean()
    assert same < 0.5 * differing[topic[:, None] != topic].mean()
    assert encoder.losses_[-1] < encoder.losses_[0]
    own = np.unpackbits(encoder.codes_, axis=1).astype(np.float32) * 2 - 1
    nearest = np.argmax(x @ own.T, axis=1) // 100
    assert (nearest == topic).mean() > 0.9
    assert encoder.infer(texts(seed=1, count=2))[1].shape == (4, real or 16)


def test_a_text_has_the_same_code_alone_and_among_others() -> None:
    encoder, others = small(), texts(seed=2, count=3)
    together, vectors = encoder.infer(others)
    for i in (0, 5):
        alone, vector = encoder.infer([others[i]])
        np.testing.assert_array_equal(alone[0], together[i])
        np.testing.assert_array_equal(vector[0], vectors[i])


def test_inference_changes_nothing_that_was_learned() -> None:
    encoder = small(real=8)
    before = {name: array.copy() for name, array in encoder.to_arrays().items()}
    encoder.encode(texts(seed=3))
    for name, array in encoder.to_arrays().items():
        np.testing.assert_array_equal(array, before[name])


def test_encoded_vectors_count_the_bits_that_differ() -> None:
    encoder = small()
    codes = np.unpackbits(encoder.infer(texts(seed=4, count=2))[0], axis=1)
    x = encoder.encode(texts(seed=4, count=2))
    expected = 1 - 2 / 16 * (codes[:, None] != codes).sum(axis=2)
    np.testing.assert_allclose(x @ x.T, expected, atol=1e-6)
    np.testing.assert_array_equal(encoder.encode(["zebra", ""]), np.zeros((2, 16)))


def test_pairs_join_neighbours_within_a_text_and_skip_stop_words() -> None:
    found = n_grams(tokenize(["kitten fur", "fur", "", "the kitten of fur kitten", "kitten fur paw"]))
    np.testing.assert_array_equal(np.diff(found.bounds), [3, 1, 0, 4, 5])
    pair = found.terms[2]
    assert pair == found.terms[found.bounds[4] + 3]
    assert pair != found.terms[found.bounds[3] + 3]  # fur kitten is not kitten fur
    assert pair not in found.terms[:2]
    for none in ([], [""], ["the"]):
        assert len(n_grams(tokenize(none)).terms) == 0


def test_it_is_kept_as_arrays_and_fitted_anew_by_a_second_fit() -> None:
    encoder = small(real=8)
    fresh = BinaryParagraphVectors(bits=16, epochs=6, real=8).fit(["else"] * 9).fit(texts())
    again = BinaryParagraphVectors.from_arrays(dict(encoder.to_arrays()))
    for other in (fresh, again):
        np.testing.assert_array_equal(other.encode(texts(seed=1)), encoder.encode(texts(seed=1)))
    assert isinstance(encoder, Fitted)
    plain: Encoder = encoder
    assert plain.dimensions == 16
    with pytest.raises(ValueError, match="differ in length"):
        BinaryParagraphVectors.from_arrays({**encoder.to_arrays(), "noise": encoder.noise_[1:]})
    with pytest.raises(ValueError, match=r"a projection of shape \(15, 8\) for 16 bits"):
        BinaryParagraphVectors.from_arrays({**encoder.to_arrays(), "projection": encoder.projection_[1:]})
    memory = small(model="dm", epochs=1)
    with pytest.raises(ValueError, match=r"contexts of shape \(11, 64\) for 12 words"):
        BinaryParagraphVectors.from_arrays({**memory.to_arrays(), "contexts": memory.contexts_[1:]})


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="multiple of 8, not 12"):
        BinaryParagraphVectors(bits=12)
    with pytest.raises(ValueError, match="above zero"):
        BinaryParagraphVectors(epochs=0)
    with pytest.raises(ValueError, match="without a projection, not 'dm' with 8"):
        BinaryParagraphVectors(model="dm", real=8)
    empty = BinaryParagraphVectors(bits=8).fit([])
    np.testing.assert_array_equal(empty.encode(["anything"]), np.zeros((1, 8)))
    assert len(BinaryParagraphVectors(bits=8, least=1, epochs=1).fit(["word", ""]).codes_) == 2


EXAMPLES = {
    name: Example(
        make=lambda texts, more=more: BinaryParagraphVectors(bits=16, epochs=3, least=2, **more).fit(texts),
        answer=lambda method, texts: (*method.infer(texts[:6]), method.encode(texts[:6])),
        inputs=(collection(),),
        keeps=(Encoder, Fitted),
    )
    for name, more in (("codes", {}), ("codes of vectors", {"real": 8}), ("distributed memory", {"model": "dm"}))
}
