"""ColBERTer: whole words against a dictionary, the two-way score transcribed, gates that drop words by their price."""

import math
from collections import defaultdict
from typing import Any

import numpy as np
import pytest

from broadsheet.kit.text import stem, term
from broadsheet_lab.encoders._two_way import Heads, Pairs, Plan, directions, loss_and_gradients
from broadsheet_lab.encoders._whole_words import whole_words
from broadsheet_lab.encoders.colberter import ColBERTer, WordBags, word_bags
from tests.contract.examples import Example

PIECES = ["[UNK]", "sort", "##ing", "##s", "graph", "the", ",", "é", "tree", "##tree"]
D = 12


def ids(*spelt: str) -> list[int]:
    return [PIECES.index(p) for p in spelt]


def bags_of(*texts: list[int], seed: int = 0) -> tuple[WordBags, np.ndarray]:
    tokens = np.array([t for text in texts for t in text], np.int32)
    bounds = np.cumsum([0, *map(len, texts)])
    states = np.random.default_rng(seed).standard_normal((len(tokens), D)).astype(np.float16)
    return word_bags(states, tokens, bounds, PIECES), states


def unit(x: np.ndarray) -> np.ndarray:
    return np.asarray(x / np.linalg.norm(x))


def learned(*, r: int = 5, d: int = 4, exact: bool = False, gate_bias: float = 0.2, seed: int = 0) -> ColBERTer:
    rng = np.random.default_rng(seed)

    def drawn(*shape: int) -> np.ndarray:
        return rng.standard_normal(shape).astype(np.float32)

    mixture = np.array([0.4], np.float32)
    heads = Heads(drawn(D, r), drawn(r), drawn(D, d), drawn(d), drawn(D), np.array([gate_bias], np.float32), mixture)
    return ColBERTer.from_arrays({**heads._asdict(), "exact": np.array([exact])})


def test_pieces_are_joined_into_stems() -> None:
    tokens = np.array(ids("sort", "##ing", ",", "graph", "##s", "[UNK]", "tree", "##s", "é"))
    stems, spelling = whole_words(tokens, np.array([0, 7, 9]), PIECES)
    word = {name: term(stem(name)) for name in ("sorting", "graphs", "tree", "s", "e")}
    expected = [word["sorting"]] * 2 + [0] + [word["graphs"]] * 2 + [0, word["tree"], word["s"], word["e"]]
    assert stems.tolist() == expected  # "##s" opens the second text: it is no part of "tree"
    assert spelling == {word[name]: name for name in word}
    assert word["sorting"] == term(stem("sort"))


def test_a_word_is_the_mean_over_all_its_pieces_at_all_its_places() -> None:
    texts = [ids("sort", "##ing", "the", "tree", ",", "sort"), [], ids("graph", ",", "graph", "##s")]
    bags, states = bags_of(*texts)
    found: list[dict[int, list[np.ndarray]]] = [defaultdict(list) for _ in texts]
    owners = [("sort", 0), ("sort", 0), ("the", 0), ("tree", 0), None, ("sort", 0), ("graph", 2), None]
    owners += [("graph", 2), ("graph", 2)]
    for state, owner in zip(states.astype(np.float64), owners, strict=True):
        if owner:
            found[owner[1]][term(owner[0])].append(state)
    assert len(bags) == 3
    assert np.diff(bags.bounds).tolist() == [3, 0, 1]  # as many rows as distinct stems
    for i in range(3):
        rows = slice(bags.bounds[i], bags.bounds[i + 1])
        assert set(bags.words[rows].tolist()) == set(found[i])
        for word, state in zip(bags.words[rows].tolist(), bags.states[rows], strict=True):
            np.testing.assert_allclose(state, unit(np.mean(found[i][word], axis=0)), atol=1e-3)
    np.testing.assert_allclose(bags.pooled[0], unit(states[:6].astype(np.float64).mean(axis=0)), atol=1e-5)
    assert not bags.pooled[1].any()


@pytest.mark.parametrize("exact", [False, True])
def test_gradients_are_those_of_the_loss(exact: bool) -> None:
    rng = np.random.default_rng(4)
    drawn = [[int(t) for t in rng.integers(1, 10, 7)] for _ in range(8)]
    queries, documents = bags_of(*drawn[:3], seed=1)[0], bags_of(*drawn[3:], seed=2)[0]
    pairs = Pairs(queries, documents, np.array([0, 1, 3]), np.array([[2], [4], [0]]))
    plan = Plan(exact=exact, gate_weight=0.7, retrieval_weight=0.3, epochs=1, rate=0.1, decay=0.0, seed=0)
    heads = learned(gate_bias=0.5).heads_
    assert heads is not None
    heads = Heads(*(np.float32(0.5) * head for head in heads))
    _, gradients = loss_and_gradients(heads, pairs, np.arange(3), plan)
    for name, gradient in gradients.items():
        assert gradient.shape == getattr(heads, name).shape
        direction = rng.standard_normal(gradient.shape)
        sides = []
        for step in (0.0003, -0.0003):  # a wider one may make another word the nearest
            moved = heads._replace(**{name: (getattr(heads, name) + step * direction).astype(np.float32)})
            sides.append(loss_and_gradients(moved, pairs, np.arange(3), plan)[0])
        expected = (sides[0] - sides[1]) / 0.0006
        assert (gradient * direction).sum() == pytest.approx(expected, rel=0.03, abs=0.01), name


@pytest.mark.parametrize("exact", [False, True])
def test_the_two_way_score_transcribed(exact: bool) -> None:
    method = learned(exact=exact)
    heads = method.heads_
    assert heads is not None
    queries, _ = bags_of(ids("sort", "the", "é"), seed=1)
    texts = [ids("sort", "##ing", "the", "tree"), ids("graph", "the"), [], ids("tree", "graph", "sort")]
    bags, _ = bags_of(*texts, seed=2)
    documents = method.encode(bags)
    query = method.encode(queries, queries=True)
    share = 1 / (1 + math.exp(-0.4))
    expected = []
    for i in range(len(texts)):
        whole = (bags.pooled[i] @ heads.retrieval + heads.retrieval_bias) @ query.retrieval[0]
        words = 0.0
        for q in range(3):
            best = None
            for w in range(bags.bounds[i], bags.bounds[i + 1]):
                gate = max(0.0, float(bags.states[w].astype(np.float32) @ heads.gate + heads.gate_bias[0]))
                if gate == 0 or (exact and bags.words[w] != queries.words[q]):
                    continue
                vector = bags.states[w].astype(np.float32) @ heads.word + heads.word_bias
                other = queries.states[q].astype(np.float32) @ heads.word + heads.word_bias
                product = gate * float(vector @ other if exact else 9 * unit(vector) @ unit(other))
                best = product if best is None else max(best, product)
            words += best or 0.0
        expected.append(share * whole + (1 - share) * words)
    rows = np.arange(len(texts))
    np.testing.assert_allclose(method.score(query, documents, rows), expected, rtol=1e-4, atol=1e-3)
    assert 0 < len(documents.words) < len(bags.words)  # the gate has dropped some, and they are not kept


def test_exact_matches_are_a_join_on_words() -> None:
    method = learned(d=1, exact=True, gate_bias=50.0)
    queries, _ = bags_of(ids("sort", "é"), seed=1)
    bags, _ = bags_of(ids("graph", "sort"), ids("graph", "the"), seed=2)
    documents, query = method.encode(bags), method.encode(queries, queries=True)
    held = dict(zip(query.words.tolist(), query.vectors, strict=True))
    for i in range(2):
        document = documents.one(i)
        joined = sum(held[w] @ v for w, v in zip(document.words.tolist(), document.vectors, strict=True) if w in held)
        np.testing.assert_allclose(method.token_scores(query, documents, np.array([i])), joined, rtol=1e-5)
    assert method.token_scores(query, documents, np.array([1])).tolist() == [0.0]


def test_the_order_of_the_words_changes_nothing() -> None:
    method = learned()
    text = np.array(ids("sort", "the", "tree", "graph", "the"))
    states = np.random.default_rng(3).standard_normal((5, D)).astype(np.float16)
    order = np.array([3, 1, 4, 0, 2])
    query = method.encode(bags_of(ids("tree", "é"))[0], queries=True)
    scores = [
        method.score(query, method.encode(word_bags(states[o], text[o], np.array([0, 5]), PIECES)), np.array([0]))
        for o in (np.arange(5), order)
    ]
    np.testing.assert_allclose(scores[0], scores[1], rtol=1e-4)


@pytest.mark.parametrize("exact", [False, True])
def test_matches_name_the_words_and_add_up_to_their_score(exact: bool) -> None:
    method = learned(exact=exact, gate_bias=50.0)
    query = method.encode(bags_of(ids("sort", "the", "graph"), seed=1)[0], queries=True)
    document = method.encode(bags_of(ids("tree", "the", "sort", "##ing"), seed=2)[0])
    found = method.matches(query, document)
    scores = [m.score for m in found]
    assert scores == sorted(scores, reverse=True)
    total = method.shares()[1] * method.token_scores(query, document, np.array([0]))[0]
    assert sum(scores) == pytest.approx(total, rel=1e-4)
    if exact:
        assert {(m.query, m.document) for m in found} == {("sort", "sorting"), ("the", "the")}
    else:
        assert {m.query for m in found} == {"sort", "the", "graph"}
        products = query.vectors @ document.vectors.T
        at = {
            query.spelling[int(w)]: document.words[row.argmax()] for w, row in zip(query.words, products, strict=True)
        }
        assert {m.query: m.document for m in found} == {q: document.spelling[int(w)] for q, w in at.items()}
    assert method.matches(query, method.encode(bags_of([])[0])) == ()


def test_principal_directions_keep_the_variance_and_set_the_scale() -> None:
    x = np.random.default_rng(0).standard_normal((500, D)) * np.array([9.0, 5.0] + [0.1] * (D - 2))
    found = directions(x, 2)
    assert np.abs(found[2:]).max() < 0.01 * np.abs(found).max()
    assert np.square(x @ found).sum(axis=1).mean() == pytest.approx(1.0, rel=1e-4)


def world(n: int = 30) -> tuple[WordBags, WordBags, np.ndarray, np.ndarray]:
    """Every document holds one telling word among four filler words; a query asks for it by another state of it.

    What tells lies in four directions that hold little of the variance, so that only learning finds them.
    """
    rng = np.random.default_rng(0)
    telling = rng.standard_normal((n, 4))
    telling /= np.linalg.norm(telling, axis=1, keepdims=True)

    def states(rows: int, signal: np.ndarray | None) -> np.ndarray:
        x = rng.standard_normal((rows, D))
        x[:, :5] = 0 if signal is None else np.column_stack([signal, np.ones(rows)])
        return x

    documents = np.stack([states(n, telling), *(states(n, None) for _ in range(4))], axis=1).reshape(-1, D)
    words = np.tile(np.arange(1, 6, dtype=np.uint64), n)
    pooled = documents.reshape(n, 5, D).mean(axis=1).astype(np.float32)
    spelling = {i: str(i) for i in range(1, 6)}
    bags = WordBags(documents.astype(np.float16), words, np.arange(0, 5 * n + 1, 5), pooled, spelling)
    asked = states(n, telling)
    queries = WordBags(
        asked.astype(np.float16), np.ones(n, np.uint64), np.arange(n + 1), asked.astype(np.float32), spelling
    )
    wanted = np.arange(n)
    return queries, bags, wanted, (wanted[:, None] + rng.integers(1, n, (n, 1))) % n


def first_places(method: ColBERTer, queries: WordBags, documents: WordBags) -> float:
    kept = method.encode(documents)
    asked = method.encode(queries, queries=True)
    rows = np.arange(len(documents))
    return float(np.mean([method.score(asked.one(i), kept, rows).argmax() == i for i in range(len(queries))]))


def test_learning_finds_the_word_that_tells_and_a_second_fit_forgets_the_first() -> None:
    queries, documents, wanted, negatives = world()
    sizes: dict[str, Any] = {
        "retrieval_dimensions": 4,
        "word_dimensions": 6,
        "gate_weight": 0.0,
        "rate": 0.1,
        "decay": 0.0,
    }
    before = first_places(ColBERTer(epochs=0, **sizes).fit(*world()), queries, documents)
    method = ColBERTer(epochs=150, **sizes).fit(queries, documents, wanted, negatives)
    assert before < 0.15
    assert first_places(method, queries, documents) > 0.9
    assert method.heads_ is not None
    once = [head.copy() for head in method.heads_]
    again = method.fit(queries, documents, wanted, negatives).heads_
    assert again is not None
    for a, b in zip(once, again, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-5, atol=1e-6)


def test_a_higher_price_keeps_fewer_words() -> None:
    queries, documents, wanted, negatives = world()
    kept = []
    for price in (0.0, 1.0, 5.0):
        method = ColBERTer(word_dimensions=3, retrieval_dimensions=4, gate_weight=price, epochs=30, rate=0.1)
        kept.append(len(method.fit(queries, documents, wanted, negatives).encode(documents).words))
    assert kept == sorted(kept, reverse=True)
    assert kept[0] > 1.5 * kept[-1]


def test_arrays_restore_it_and_misfits_are_refused() -> None:
    method = learned(exact=True)
    arrays = dict(method.to_arrays())
    again = ColBERTer.from_arrays(arrays)
    bags, _ = bags_of(ids("sort", "tree"), ids("graph"))
    query = method.encode(bags_of(ids("tree"))[0], queries=True)
    rows = np.arange(2)
    scores = [m.score(query, m.encode(bags), rows).tolist() for m in (method, again)]
    assert scores[0] == scores[1]
    assert again.exact
    for name in ("retrieval", "word", "gate", "gate_bias"):
        with pytest.raises(ValueError, match="differ in the length"):
            ColBERTer.from_arrays({**arrays, name: arrays[name][:-1]})


def test_what_cannot_be_is_named() -> None:
    bags, _ = bags_of(ids("sort"))
    with pytest.raises(ValueError, match="nothing is learned yet"):
        ColBERTer().encode(bags)
    with pytest.raises(ValueError, match="not 128 and 0"):
        ColBERTer(word_dimensions=0)
    with pytest.raises(ValueError, match="1 queries, 2 wanted and 1 rows of negatives"):
        ColBERTer().fit(bags, bags, np.array([0, 0]), np.array([[0]]))
    with pytest.raises(ValueError, match="2 states, 3 tokens and bounds that end at 3"):
        word_bags(np.zeros((2, D)), np.array([1, 2, 3]), np.array([0, 3]), PIECES)


EXAMPLES = {
    name: Example(
        make=lambda *bags_and_wanted, exact=exact: ColBERTer(
            retrieval_dimensions=4, word_dimensions=6, exact=exact, epochs=3, rate=0.1
        ).fit(*bags_and_wanted),
        answer=lambda method, queries, documents, wanted, _: (
            method.encode(documents).vectors,
            method.score(method.encode(queries, queries=True).one(0), method.encode(documents), wanted),
            method.matches(method.encode(queries, queries=True).one(0), method.encode(documents).one(0)),
        ),
        inputs=world(12),
    )
    for name, exact in (("words alike", False), ("words equal", True))
}
