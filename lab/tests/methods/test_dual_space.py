"""Dual space: counts and PPMI against plain loops, the combinations by hand, a small world with a known answer."""

from collections import Counter
from math import log

import numpy as np
import pytest
from scipy.sparse import csr_matrix

from broadsheet.encoders.contract import Encoder
from broadsheet.kit.text import term, tokenize
from broadsheet_lab.encoders._contexts import beside, decomposed, ppmi
from broadsheet_lab.encoders.contract import Fitted
from broadsheet_lab.encoders.dual_space import DualSpace, geo
from lab.tests.contract.texts import texts as collection
from tests.contract.examples import Example

AREAS = {
    "bakery": ("baker", "oven", "flour", "bread"),
    "smithy": ("smith", "forge", "iron", "sword"),
    "farm": ("farmer", "field", "seed", "corn"),
}
TEMPLATES = (  # all other words are stop words: they say what a word does, and nothing of its area
    "the {0} is at the {1} of the {place}",
    "from {2} each {0} has {3} by an {1}",
    "more {2} into {3} in an {1} of the {place}",
    "an {0} who has the {place} has {3} through {2}",
)


def world(repeats: int = 10) -> list[str]:
    """Each area has a maker, a place, a material and a product, which stand in the same patterns in all areas."""
    return repeats * [t.format(*words, place=place) for place, words in AREAS.items() for t in TEMPLATES]


def fitted() -> DualSpace:
    return DualSpace(dimensions=12, least=2, patterns=14).fit(world())


def test_words_at_a_distance_are_counted_within_a_text() -> None:
    texts = [[0, 1, 0, 2], [1], [], [2, 2, 1]]
    flat, bounds = np.array([w for t in texts for w in t]), np.cumsum([0, *(len(t) for t in texts)])
    for offset in (1, 2, 3):
        want: Counter[tuple[int, int]] = Counter()
        for text in texts:
            for i in range(len(text) - offset):
                want[text[i], text[i + offset]] += 1
        got = beside(flat, flat, bounds, offset, (3, 3)).toarray()
        assert {(i, j): got[i, j] for i, j in np.argwhere(got).tolist()} == want


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


def test_both_matrices_count_what_they_say() -> None:
    method = DualSpace(window=2, reach=1)
    tokens = tokenize(["red cat of red", "cat red"])
    red, cat, of = term("red"), term("cat"), term("of")
    method.vocabulary_ = np.sort(np.array([red, cat], np.uint64))
    common = np.sort(np.array([of, red], np.uint64))
    i = {int(t): n for n, t in enumerate(method.vocabulary_)}
    j = {int(t): n for n, t in enumerate(common)}
    domain, function = (m.toarray() for m in method.counts(tokens, common))
    assert domain[i[red], i[cat]] == domain[i[cat], i[red]] == 3  # red cat, cat (of) red, cat red
    assert domain[i[red], i[red]] == domain[i[cat], i[cat]] == 0
    assert function[i[cat], j[of]] == 1  # after cat
    assert function[i[cat], j[red]] == 1
    assert function[i[red], 2 + j[of]] == 1  # before red
    assert function[i[cat], 2 + j[red]] == 1


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
    rows = np.random.default_rng(5).integers(0, len(method.vocabulary_), (4, 50))
    a, b, c, d = rows
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
        make=lambda texts: DualSpace(dimensions=8, least=2, patterns=14, domain_power=0.3).fit(texts),
        answer=lambda method, texts: (
            method.encode(texts[:6]),
            method.similar(method.rows(["bread", "oven"]), method.rows(["rye", "mast"])),
        ),
        inputs=(collection(),),
        keeps=(Encoder, Fitted),
    )
}
