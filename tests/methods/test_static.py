"""Static: encoding equals a slow sum; arrays come back, and wrong ones are refused."""

from __future__ import annotations

import numpy as np
import pytest
from numpy.typing import NDArray

from broadsheet.encoders.contract import Encoder, TermExplainer
from broadsheet.encoders.static import StaticEncoder, own_directions
from broadsheet.kit.text import STOP_WORDS, stem, term, tokenize
from tests.contract.examples import Example

WORDS = ["sail", "mast", "keel", "bread", "rye", "oven"]


def encoder(d: int = 8, seed: int = 0) -> StaticEncoder:
    vocabulary = np.sort(np.array([term(stem(w)) for w in WORDS], np.uint64))
    weights = np.random.default_rng(seed).standard_normal((len(vocabulary), d)).astype(np.float32)
    return StaticEncoder.of(vocabulary, weights)


def slow(one: StaticEncoder, text: str) -> NDArray[np.float64]:
    """The sum of log(1 + tf) times the vector of every word that is no stop word, at unit length."""
    words = [stem(w) for w in text.lower().split() if w not in STOP_WORDS]
    usual = np.median(np.linalg.norm(one.codes_.astype(float) * one.scales_[:, None], axis=1))
    total = np.zeros(one.dimensions)
    for word in set(words):
        at = np.flatnonzero(one.vocabulary_ == term(word))
        own = usual * literal_direction(term(word), one.dimensions) / np.sqrt(one.dimensions)
        vector = one.codes_[at[0]].astype(float) * float(one.scales_[at[0]]) if len(at) else own
        total += np.log(1 + words.count(word)) * vector
    return total / (np.linalg.norm(total) or 1)


def literal_direction(seed: int, d: int) -> NDArray[np.float64]:
    """SplitMix64 as published, 64 signs a step, the lowest bit first."""
    signs: list[int] = []
    while len(signs) < d:
        seed = (seed + 0x9E3779B97F4A7C15) % (1 << 64)
        z = (seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9 % (1 << 64)
        z = (z ^ (z >> 27)) * 0x94D049BB133111EB % (1 << 64)
        z ^= z >> 31
        signs += [1 if z >> bit & 1 else -1 for bit in range(64)]
    return np.array(signs[:d], float)


TEXTS = [
    "sail mast sail sail",
    "The bread and the oven of rye",
    "KEELS sailing mast zeppelin",
    "zeppelin the",
    "the",
    "",
]


def test_encode_equals_a_slow_sum() -> None:
    one = encoder()
    found = one.encode(TEXTS)
    np.testing.assert_allclose(found, [slow(one, t) for t in TEXTS], atol=1e-6)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), [1, 1, 1, 1, 0, 0], atol=1e-6)
    np.testing.assert_array_equal(one.encode_tokens(tokenize(TEXTS)), found)
    assert one.encode([]).shape == (0, 8)


def test_unlearned_words_have_directions_of_their_own() -> None:
    terms = np.array([term(f"word{n}") for n in range(300)] + [0, 2**64 - 1], np.uint64)
    found = own_directions(terms, 100)
    assert (found.shape, found.dtype) == ((302, 100), np.int8)
    for i in (0, 7, 300, 301):
        np.testing.assert_array_equal(found[i], literal_direction(int(terms[i]), 100))
    np.testing.assert_array_equal(own_directions(terms, 30), found[:, :30])  # a truncated encoder has the same words
    cosines = found[:300].astype(float) @ found[:300].T.astype(float) / 100
    assert np.abs(cosines - np.eye(300)).max() < 0.55
    assert abs(cosines.sum() - 300) < 0.02 * 300**2
    assert own_directions(terms[:0], 64).shape == (0, 64)
    nobody = StaticEncoder(dimensions=64)
    x = nobody.encode(["zeppelin mooring", "mooring", "barley"])
    assert x[0] @ x[1] == pytest.approx(np.sqrt(0.5), abs=0.1)
    assert abs(float(x[1] @ x[2])) < 0.4


def test_weights_and_contributions_add_up_to_the_vector() -> None:
    one = encoder()
    direction = np.linspace(-1, 1, 8).astype(np.float32)
    terms = np.append(one.vocabulary_, np.uint64(5))
    found = one.contributions(terms, direction)
    np.testing.assert_allclose(found[:-1], one.weights(np.arange(6)) @ direction, rtol=1e-5)
    usual = np.median(np.linalg.norm(one.weights(np.arange(6)), axis=1)) / np.sqrt(8)
    assert found[-1] == pytest.approx(usual * (literal_direction(5, 8) @ direction), rel=1e-5)
    np.testing.assert_array_equal(one.vectors(terms) @ direction, found)
    summed = one.contributions(one.vocabulary_, direction).sum() * np.log(2)
    whole = np.log(2) * one.weights(np.arange(6)).sum(axis=0)
    assert one.encode([" ".join(WORDS)])[0] @ direction == pytest.approx(summed / np.linalg.norm(whole), rel=1e-5)


def test_truncated_keeps_the_first_dimensions() -> None:
    one = encoder()
    first = one.truncate(3)
    np.testing.assert_array_equal(first.weights(np.arange(6)), one.weights(np.arange(6))[:, :3])
    np.testing.assert_allclose(first.encode(TEXTS), [slow(first, t) for t in TEXTS], atol=1e-6)
    for wrong in (0, 9, -1):
        with pytest.raises(ValueError, match=rf"1\.\.8, not {wrong}"):
            one.truncate(wrong)


def test_arrays_come_back_and_wrong_ones_are_refused() -> None:
    one = encoder()
    arrays = dict(one.to_arrays())
    again = StaticEncoder.from_arrays(arrays)
    np.testing.assert_array_equal(again.encode(TEXTS), one.encode(TEXTS))
    assert again.dimensions == 8
    wrong = {
        "codes": [arrays["codes"][:5], arrays["codes"].astype(np.int16), arrays["codes"][0], arrays["codes"][:, :0]],
        "vocabulary": [
            arrays["vocabulary"][:5],
            arrays["vocabulary"][::-1],
            arrays["vocabulary"].astype(np.int64),
            arrays["vocabulary"][[0, 0, 1, 2, 3, 4]],
        ],
        "scales": [
            arrays["scales"][:5],
            arrays["scales"][:, None],
            arrays["scales"] * np.float32(np.nan),
            -arrays["scales"],
        ],
    }
    for name, values in wrong.items():
        for value in values:
            with pytest.raises(ValueError, match="do not fit together"):
                StaticEncoder.from_arrays({**arrays, name: value})
        with pytest.raises(ValueError, match=f"no {name}"):
            StaticEncoder.from_arrays({k: v for k, v in arrays.items() if k != name})


EXAMPLES = {
    "six words": Example(
        make=lambda *_: encoder(),
        answer=lambda method, terms, direction: (method.encode(TEXTS), method.contributions(terms, direction)),
        inputs=(np.array([term("sail"), term("no")], np.uint64), np.linspace(-1, 1, 8, dtype=np.float32)),
        keeps=(Encoder, TermExplainer),
    )
}
