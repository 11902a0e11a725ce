"""Dual space: parts of speech, counts and PPMI against plain loops, combinations by hand, a small known world."""

from itertools import pairwise
from math import log

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from broadsheet.encoders.contract import Encoder
from broadsheet.kit.text import term, tokenize
from broadsheet_lab.encoders._contexts import decomposed, domain_counts, function_counts, nearest, ppmi, verb_patterns
from broadsheet_lab.encoders._parts import ADJECTIVE, ADVERB, CLOSED, DETERMINER, NOUN, PREPOSITION, VERB, tagged
from broadsheet_lab.encoders.contract import Fitted
from broadsheet_lab.encoders.dual_space import DualSpace, geo
from lab.tests.contract.texts import texts as collection
from tests.contract.examples import Example

AREAS = {
    "bakery": ("baker", "oven", "flour", "bread"),
    "smithy": ("smith", "forge", "iron", "sword"),
    "farm": ("farmer", "field", "seed", "corn"),
}
VERBS = (("thank", "pay"), ("visit", "clean"), ("buy", "store"), ("sell", "show"), ("enter", "leave"))
LETTERS = {NOUN: "N", VERB: "V", ADJECTIVE: "J", ADVERB: "R", PREPOSITION: "P", DETERMINER: "D", CLOSED: "."}


def world(repeats: int = 4) -> list[str]:
    """Each area has a maker, a tool, a material and a product: who is named together, and what is done with whom."""
    found = []
    for place, words in AREAS.items():
        named = (*words, place)
        found += [f"The {a} is with the {b}." for a in named for b in named if a != b]
        found += [
            f"We {one} the {word}. They {other} the {word}." for word, (one, other) in zip(named, VERBS, strict=True)
        ]
    return repeats * found


def fitted() -> DualSpace:
    return DualSpace(dimensions=12, least=2).fit(world())


def test_parts_of_speech_are_those_of_the_sentence() -> None:
    taught = ["We train the model. To train and to learn, they learn.", "the model of a network and the networks"] * 3
    sentences = {
        "We quickly train deep networks on the images": ".RVNNPDN",
        "Trained models: the learning of visual features": "VN DNPJN".replace(" ", ""),
        "The model learns to segment the proposed region": "DNV.VDJN",
    }
    found = tagged([*taught, *sentences])
    text = np.repeat(found.texts, np.diff(found.tokens.bounds))
    for i, expected in enumerate(sentences.values(), len(taught)):
        assert "".join(LETTERS[int(tag)] for tag in found.tags[text == i]) == expected
    assert len(found.of_texts(9)) == 9
    whole = tokenize([*taught, *sentences])
    np.testing.assert_array_equal(found.of_texts(9).terms, whole.terms)
    np.testing.assert_array_equal(found.of_texts(9).bounds, whole.bounds)


def test_the_nearest_one_on_a_side_is_in_the_same_row_and_within_reach() -> None:
    rng = np.random.default_rng(0)
    there, bounds = rng.random(60) < 0.2, np.array([0, 7, 7, 30, 31, 60])
    for left in (True, False):
        found = nearest(there, bounds, 4, left=left)
        for a, b in pairwise(bounds.tolist()):
            for t in range(a, b):
                others = range(t - 1, max(a, t - 4) - 1, -1) if left else range(t + 1, min(b, t + 5))
                assert found[t] == next((o for o in others if there[o]), -1)


def test_both_matrices_count_what_they_say() -> None:
    #        0    1      2   3    4   |  5    6
    names = ["cat", "chase", "for", "dog", "run", "dog", "cat"]
    terms = np.array([term(name) for name in names], np.uint64)
    bounds, rows = np.array([0, 5, 7]), np.array([0, -1, -1, 1, -1, 1, 0])
    nouns, verbs, prepositions = (np.isin(np.arange(7), at) for at in ([0, 3, 5, 6], [1, 4], [2]))
    domain = domain_counts(rows, nouns, bounds, 7, 2).toarray()
    assert domain.tolist() == [[0, 2], [2, 0]]
    assert domain_counts(rows, nouns, bounds, 2, 2).toarray().tolist() == [[0, 1], [1, 0]]
    left, right = verb_patterns(terms, verbs, prepositions, bounds, 5)
    assert left[0] == left[5] == left[6] == right[4] == right[5] == 0
    assert right[2] == right[3]  # before "run", with nothing between that counts
    assert left[3] not in (left[2], 0)  # "chase for": the preposition is part of it
    assert right[3] not in (left[4], right[0])
    function = function_counts(rows, [left, right], 2, 10, 1).toarray()
    assert sorted(function.sum(axis=1).tolist()) == [1, 2]  # the cat chases; chase for the dog, the dog runs
    assert function_counts(rows, [left, right], 2, 10, 2).shape == (2, 1)


def test_ppmi_is_its_definition() -> None:
    counts = np.random.default_rng(1).integers(0, 5, (6, 4)).astype(np.float32)
    got = ppmi(csr_matrix(counts)).toarray()
    total = counts.sum()
    for i in range(6):
        for j in range(4):
            together = counts[i, j] / total
            apart = (counts[i].sum() / total) * (counts[:, j].sum() / total)
            want = max(0.0, log(together / apart)) if together else 0.0
            assert got[i, j] == pytest.approx(want, abs=1e-5)


def test_the_decomposition_is_the_exact_one_of_a_small_matrix() -> None:
    matrix = np.random.default_rng(2).standard_normal((9, 7)).astype(np.float32)
    vectors, values = decomposed(csr_matrix(matrix), 9, seed=0)
    np.testing.assert_allclose(values[:7], np.linalg.svd(matrix)[1], rtol=1e-4)
    assert not values[7:].any()
    gram = (vectors * values**2) @ vectors.T
    np.testing.assert_allclose(gram, matrix @ matrix.T, atol=1e-3)


def test_geometric_means_by_hand() -> None:
    got = geo(np.array([0.5, 0.9, -0.1]), np.array([0.5, 0.1, 0.9]), np.array([0.5, 0.3, 0.9]))
    assert got.tolist() == pytest.approx([0.5, 0.3, 0.0])


def test_words_of_an_area_share_a_domain_and_words_of_a_role_a_function() -> None:
    method = fitted()
    baker, smith, oven = (method.rows([w]) for w in ("baker", "smith", "oven"))
    assert method.domain(baker, oven)[0] > method.domain(baker, smith)[0] + 0.1
    assert method.function(baker, smith)[0] > method.function(baker, oven)[0] + 0.2


def test_words_relate_in_one_area_as_those_of_their_roles_do_in_another() -> None:
    method = fitted()
    roles = list(AREAS.values())
    right = []
    for first in roles:
        for second in roles:
            if first is second:
                continue
            a, b, c = (method.rows([w]) for w in (first[0], first[2], second[0]))
            choices = method.rows(second[1:])
            many = np.ones(len(choices), np.int64)
            scores = method.relation(a * many, b * many, c * many, choices)
            right.append(choices[scores.argmax()] == method.rows([second[2]])[0])
    assert all(right)


def test_combinations_are_the_papers() -> None:
    method = fitted()
    known = np.flatnonzero(np.all([np.abs(x).max(axis=1) > 0.05 for x in (method.domain_, method.function_)], axis=0))
    a, b, c, d = known[np.random.default_rng(5).integers(0, len(known), (4, 50))]
    dom, fun = method.domain, method.function
    third = np.cbrt(np.maximum(dom(a, c), 0) * np.maximum(dom(b, c), 0) * np.maximum(fun(b, c), 0))
    np.testing.assert_allclose(method.composition(a, b, c), np.where((a == c) | (b == c), 0, third), atol=1e-9)
    assert (method.composition(a, b, c) != method.composition(b, a, c)).any()  # the order of words matters
    both = np.sqrt(np.maximum(fun(a, c), 0) * np.maximum(fun(b, d), 0))
    kept = geo(dom(a, b), dom(c, d)) >= geo(dom(a, d), dom(c, b))
    np.testing.assert_allclose(method.relation(a, b, c, d), both * kept, atol=1e-9)
    np.testing.assert_allclose(method.phrases(a, b, a, b), np.ones(50), atol=1e-5)
    np.testing.assert_allclose(
        method.similar(a, c) ** 2, np.maximum(dom(a, c), 0) * np.maximum(fun(a, c), 0), atol=1e-6
    )


def test_a_power_of_nought_whitens() -> None:
    method = fitted()
    method.domain_power = 0.0
    a, b = method.rows(["baker"]), method.rows(["oven"])
    x, y = method.domain_[a[0]], method.domain_[b[0]]
    assert method.domain(a, b)[0] == pytest.approx(x @ y / (np.linalg.norm(x) * np.linalg.norm(y)), abs=1e-5)


def test_texts_near_their_own_area() -> None:
    method = fitted()
    vectors = method.encode(["flour and bread", "the oven of a baker", "an iron sword", "zebra", ""])
    assert np.linalg.norm(vectors, axis=1).tolist() == pytest.approx([1, 1, 1, 0, 0], abs=1e-5)
    assert vectors[0] @ vectors[1] > vectors[0] @ vectors[2] + 0.2


def test_unknown_words_are_like_nothing() -> None:
    method = fitted()
    rows = method.rows(["baker", "zebra", "two words", ""])
    assert (rows[1:] == -1).all()
    assert rows[0] >= 0
    assert method.domain(rows[:1].repeat(3), rows[1:]).tolist() == [0, 0, 0]
    with pytest.raises(ValueError, match="0 words occur 50 times or more"):
        DualSpace(least=50).fit(["too short", "a text"])


def test_arrays_there_and_back_and_the_same_again() -> None:
    method = fitted()
    again = DualSpace.from_arrays(method.to_arrays())
    texts = ["flour", "iron sword"]
    np.testing.assert_array_equal(again.encode(texts), method.encode(texts))
    np.testing.assert_array_equal(fitted().encode(texts), method.encode(texts))
    with pytest.raises(ValueError, match=r"function of shape \(.*\) for \d+ words and 3 values"):
        DualSpace.from_arrays({**method.to_arrays(), "function_values": np.ones(3, np.float32)})


EXAMPLES = {
    "both spaces": Example(
        make=lambda texts: DualSpace(dimensions=8, least=2, domain_power=0.3).fit(texts),
        answer=lambda method, texts: (
            method.encode(texts[:6]),
            method.similar(method.rows(["bread", "oven"]), method.rows(["rye", "mast"])),
        ),
        inputs=(collection(),),
        keeps=(Encoder, Fitted),
    )
}
