"""What every method promises, and what the protocols of the rooms promise beside it: one function each.

A promise takes an example and fails if it is broken. Further houses add theirs to a mapping of their own.
"""

from __future__ import annotations

import inspect
import re
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from broadsheet.encoders.contract import Encoder, NamedEncoder, TermExplainer
from broadsheet.explanation.contract import Explainer
from broadsheet.indexes.contract import Block, Index, VectorIndex
from broadsheet.kit import artifacts
from broadsheet.kit.bag_of_words import bag
from broadsheet.kit.errors import CorruptFile
from broadsheet.kit.persistence import Persistent
from broadsheet.kit.text import term, tokenize
from broadsheet.methods import Method
from broadsheet.ranking.contract import Reader, Reranker
from broadsheet.retrieval.contract import Fusion, Weighting
from broadsheet.trending.contract import Formula, Signals
from tests.contract import index_promises
from tests.contract.examples import Example, frozen, reloaded, same

__all__ = ["EVERY", "PROMISES", "Promise", "cases", "has_what_its_protocols_ask_for", "named", "promises"]

Promise = Callable[[Example], None]


def made(example: Example) -> Any:
    """The method of the example, made anew."""
    return example.make(*example.inputs)


def answered(example: Example, method: Any) -> Any:
    """What it says."""
    return example.answer(method, *example.inputs)


def answers_are_the_same_every_time(example: Example) -> None:
    """Randomness is seeded: made again from the same inputs, a method says the same to the last bit."""
    first, again = made(example), made(example)
    answer = answered(example, first)
    assert same(answer, answered(example, first))
    assert same(answer, answered(example, again))


def inputs_are_left_alone(example: Example) -> None:
    """A method works on arrays that cannot be written to, memory maps among them."""
    inputs = frozen(example.inputs)
    method = example.make(*inputs)
    assert same(example.answer(method, *inputs), answered(example, made(example)))


def what_is_learned_comes_back_from_a_file(example: Example) -> None:
    """A method that learns can be saved and loaded, and says the same; the blocks of an index promise it too."""
    method = made(example)
    if isinstance(method, Persistent):
        assert same(answered(example, method), answered(example, reloaded(method, example)))
    for subject in example.subjects():
        learns = hasattr(subject, "fit") or hasattr(subject, "to_arrays")
        assert isinstance(subject, Persistent) or not learns


def a_cut_or_foreign_file_is_refused(example: Example) -> None:
    """The message names the file, what is wrong with it and what to do; nothing else is raised."""
    for subject in example.subjects():
        if isinstance(subject, Persistent):
            with tempfile.TemporaryDirectory() as folder:
                path = Path(folder) / "method.bin"
                subject.save(path)
                path.write_bytes(path.read_bytes()[:-1])
                _refused(subject, example, path, "damaged .*; save it again")
                arrays = {"nothing_of_it": np.zeros(3)}
                artifacts.write(path, arrays, method="another", version=1)
                _refused(subject, example, path, f"holds another v1, wanted {type(subject).kind()} v")
                artifacts.write(path, arrays, method=type(subject).kind(), version=type(subject).VERSION)
                _refused(subject, example, path, f"no usable {type(subject).__name__}")
                _refused(subject, example, path.with_name("none.bin"), "the file is missing")


def _refused(subject: Persistent, example: Example, path: Path, says: str) -> None:
    with pytest.raises(CorruptFile, match=says) as error:
        type(subject).load(path, **example.given())
    assert str(error.value).startswith(str(path))


def learned_state_ends_in_an_underscore(example: Example) -> None:
    """What a method that is fitted holds in public is a setting of its constructor or named as learned."""
    method = made(example)
    if hasattr(method, "fit"):
        held = {name for name in getattr(method, "__dict__", {}) if not name.startswith("_") and not name.endswith("_")}
        assert held - set(inspect.signature(type(method)).parameters) == set()


EVERY: tuple[Promise, ...] = (
    answers_are_the_same_every_time,
    inputs_are_left_alone,
    what_is_learned_comes_back_from_a_file,
    a_cut_or_foreign_file_is_refused,
    learned_state_ends_in_an_underscore,
)

TEXTS = ("Rye bread and an oven", "A sail, a mast and a keel", "bread", "zeppelin zeppelin", "the of and", "")


def vectors_are_of_unit_length(example: Example) -> None:
    encoder = made(example)
    x = encoder.encode(TEXTS)
    assert (x.shape, x.dtype.name) == ((len(TEXTS), encoder.dimensions), "float32")
    lengths = np.linalg.norm(x, axis=1)
    assert ((np.abs(lengths - 1) < 1e-4) | (lengths == 0)).all()
    assert lengths[0] > 0
    assert encoder.encode([]).shape == (0, encoder.dimensions)


def a_vector_does_not_depend_on_its_neighbours(example: Example) -> None:
    encoder = made(example)
    alone = np.concatenate([encoder.encode([text]) for text in TEXTS])
    np.testing.assert_allclose(encoder.encode(TEXTS), alone, atol=1e-4)


def a_name_can_be_that_of_a_file(example: Example) -> None:
    assert re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}", made(example).name)


def contributions_of_words_add_up(example: Example) -> None:
    """Twice the direction is twice the pull, and no direction is none."""
    encoder = made(example)
    terms = np.array([term("bread"), term("unheard")], np.uint64)
    direction = np.random.default_rng(0).standard_normal(encoder.dimensions).astype(np.float32)
    pull = encoder.contributions(terms, direction)
    assert pull.shape == (2,)
    np.testing.assert_allclose(encoder.contributions(terms, direction * 2), pull * 2, rtol=1e-4, atol=1e-6)
    assert encoder.contributions(terms, np.zeros_like(direction)).tolist() == [0, 0]


def rare_words_weigh_more(example: Example) -> None:
    weighting = made(example)
    weights = weighting.query(np.ones(3, np.float32), np.array([1, 5, 9]), 10)
    assert weights[0] > weights[1] > weights[2] >= 0


def words_of_a_document_weigh_more_the_oftener_they_stand_there(example: Example) -> None:
    weighting = made(example)
    bags = bag(tokenize(["bread", "bread bread rye", "bread bread bread rye"]))
    lengths = np.array([4, 4, 4], np.float32)
    weights = weighting.document(bags, lengths)
    assert weights.shape == bags.counts.shape
    once, twice, thrice = weights[bags.columns == int(np.flatnonzero(bags.terms == term("bread"))[0])]
    assert 0 < once < twice < thrice


def a_greater_score_never_lowers_the_fused_one(example: Example) -> None:
    fusion = made(example)
    rng = np.random.default_rng(3)
    lexical, semantic = rng.random((2, 30), dtype=np.float32)
    before = fusion.fuse(lexical, semantic)
    assert (before.shape, before.dtype.name) == ((30,), "float32")
    for side in (0, 1):
        scores = [lexical.copy(), semantic.copy()]
        scores[side][7] = scores[side].max()  # still within the scale of the others
        after = fusion.fuse(*scores)
        assert after[7] >= before[7]
        others = np.arange(30) != 7
        np.testing.assert_allclose(after[others], before[others], rtol=1e-5)


def a_page_has_each_paper_once_the_most_relevant_first(example: Example) -> None:
    rng = np.random.default_rng(5)
    x = rng.standard_normal((20, 4)).astype(np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    relevance = rng.random(20).astype(np.float32)
    for k in (0, 1, 7, 20, 30):
        order = made(example).order(relevance, x, k)
        assert len(order) == len(set(order.tolist())) == min(k, 20)
        assert k == 0 or order[0] == relevance.argmax()


def a_text_scores_the_same_in_any_company(example: Example) -> None:
    reader = made(example)
    scores = reader.scores("rye bread", TEXTS)
    assert (scores.shape, scores.dtype.name) == ((len(TEXTS),), "float32")
    np.testing.assert_allclose([reader.scores("rye bread", [text])[0] for text in TEXTS], scores, atol=1e-4)
    assert reader.scores("rye bread", []).shape == (0,)


def parts_of_a_score_belong_to_their_paper(example: Example) -> None:
    """One row a paper, one column an example; a paper's parts do not depend on the others explained with it."""
    explainer = made(example)
    x = np.random.default_rng(6).standard_normal((5, example.inputs[0].shape[1])).astype(np.float32)
    parts = explainer.explain(x)
    assert parts.shape == (5, len(example.inputs[0]))
    np.testing.assert_allclose(explainer.explain(x[2:3]), parts[2:3], atol=1e-5)
    np.testing.assert_allclose(explainer.explain(2 * x), 2 * parts, rtol=1e-4, atol=1e-5)


def _day() -> Signals:
    rng = np.random.default_rng(7)
    votes = rng.integers(0, 30, 40).astype(np.float64)
    return Signals(
        votes=votes,
        voices=votes,
        views=votes + rng.integers(0, 300, 40),
        comments=rng.integers(0, 9, 40).astype(np.float64),
        age=rng.random(40) * 7,
        relevance=rng.random(40),
        usual=rng.choice([0.02, 0.05, 0.1], 40),
    )


def more_votes_never_lower_a_score(example: Example) -> None:
    formula, day = made(example), _day()
    before = formula.score(day).total
    assert before.shape == (40,)
    for paper in range(40):
        more = day.votes + (np.arange(40) == paper)
        assert formula.score(replace(day, votes=more, voices=more)).total[paper] >= before[paper] - 1e-9


def an_older_paper_never_scores_higher(example: Example) -> None:
    formula, day = made(example), _day()
    assert (formula.score(replace(day, age=day.age + 1)).total <= formula.score(day).total).all()


def a_score_does_not_depend_on_the_other_papers(example: Example) -> None:
    """Nor on their order: what is usual in a field is a signal."""
    formula, day = made(example), _day()
    scores, some = formula.score(day), np.random.default_rng(8).permutation(40)[:9]
    again = formula.score(day.take(some))
    np.testing.assert_allclose(again.total, scores.total[some])
    for name, part in scores.parts.items():
        np.testing.assert_allclose(again.parts[name], part[some])


PROMISES: Mapping[type, Sequence[Promise]] = {
    Encoder: (vectors_are_of_unit_length, a_vector_does_not_depend_on_its_neighbours),
    NamedEncoder: (a_name_can_be_that_of_a_file,),
    TermExplainer: (contributions_of_words_add_up,),
    Block: index_promises.OF_A_BLOCK,
    Index: index_promises.OF_AN_INDEX,
    VectorIndex: index_promises.OF_A_VECTOR_INDEX,
    Weighting: (rare_words_weigh_more, words_of_a_document_weigh_more_the_oftener_they_stand_there),
    Fusion: (a_greater_score_never_lowers_the_fused_one,),
    Reranker: (a_page_has_each_paper_once_the_most_relevant_first,),
    Reader: (a_text_scores_the_same_in_any_company,),
    Explainer: (parts_of_a_score_belong_to_their_paper,),
    Formula: (
        more_votes_never_lower_a_score,
        an_older_paper_never_scores_higher,
        a_score_does_not_depend_on_the_other_papers,
    ),
}


def promises(example: Example, known: Mapping[type, Sequence[Promise]] = PROMISES) -> Iterator[Promise]:
    """Everything that an example has to keep. Raises KeyError for a protocol without promises."""
    yield from EVERY
    for protocol in example.keeps:
        yield from known[protocol]


Found = Sequence[tuple[Method, str, Example]]


def named(found: Found) -> list[Any]:
    """Every example as a parameter of a test, under its room, method and name."""
    return [pytest.param(example, id=f"{method.room}/{method.name}, {name}") for method, name, example in found]


def cases(found: Found, known: Mapping[type, Sequence[Promise]] = PROMISES) -> list[Any]:
    """Every example with each of its promises."""
    return [
        pytest.param(example, promise, id=f"{method.room}/{method.name}, {name}: {promise.__name__}")
        for method, name, example in found
        for promise in promises(example, known)
    ]


def has_what_its_protocols_ask_for(example: Example) -> None:
    """Every protocol that it says it keeps is met by the method or a part of it."""
    subjects = example.subjects()
    for protocol in example.keeps:
        assert any(isinstance(subject, protocol) for subject in subjects)
