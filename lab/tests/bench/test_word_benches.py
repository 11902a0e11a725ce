"""What the benchmarks of words and of codes count, on a few papers that are written here."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from broadsheet_lab.bench.text import binary_pv, dual_space, word_embeddings
from broadsheet_lab.encoders.dual_space import DualSpace

AREAS = {"vision": ["pixel", "camera", "image", "depth"], "robots": ["gripper", "torque", "joint", "arm"]}


def study(count: int = 60) -> Any:
    """Papers of two fields, of venues that are known by their fields."""
    rng = np.random.default_rng(0)
    names = [list(AREAS)[i % 2] for i in range(count)]
    return SimpleNamespace(
        texts=[" ".join(rng.choice(AREAS[name], 12)) for name in names],
        table={"venue": [{"vision": "cvpr", "robots": "icra"}[name] for name in names]},
        dev=np.arange(count) % 4 < 2,
        tell=lambda _: None,
    )


def test_a_paper_is_of_the_field_of_its_venue_and_halves_do_not_mix(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(word_embeddings, "TOLD", (20, 10))
    given = study()
    fields = word_embeddings._Fields(given)
    assert (len(fields.learned), len(fields.told)) == (20, 10)
    assert given.dev[fields.learned].all()
    assert not given.dev[fields.told].any()
    assert set(fields.named) == {"vision", "robots"}
    assert all(fields.named[i] == ("vision" if i % 2 == 0 else "robots") for i in range(60))


def test_words_are_weighed_by_tf_idf_and_tell_the_fields(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("sklearn")
    monkeypatch.setattr(word_embeddings, "TOLD", (20, 10))
    fields = word_embeddings._Fields(study())
    learned, told = fields.words()
    assert learned.shape[0] == 20
    assert told.shape[1] == learned.shape[1] <= 8
    np.testing.assert_allclose(np.sqrt(learned.multiply(learned).sum(axis=1)), 1, atol=1e-6)
    assert fields.by_regression(learned, told).tolist() == [1.0] * 10


def texts() -> list[str]:
    """Papers that define an abbreviation, and write a compound open and closed."""
    common = "We use question answering (QA) on a data base. They use QA on a database. We train answering of a base."
    other = "We store the question in a data base. They ask QA, and the database answers. We train word nets for a map."
    return [common, other] * 6


def test_phrases_are_asked_for_their_one_word_names() -> None:
    method = DualSpace(dimensions=4, least=1).fit([dual_space._DEFINITION.sub(r"\\1 \\2", text) for text in texts()])
    words = {"qa": 12, "database": 12}
    assert dual_space._abbreviations(texts(), words) == {"qa": ("question", "answering")}
    pairs = {("data", "base"): 12, ("word", "nets"): 1}
    counts = {"database": 12, "data": 12, "base": 18, "word": 12, "nets": 12, "wordnets": 0}
    assert dual_space._compounds(counts, pairs) == {"database": ("data", "base")}
    one = dual_space._OneSpace(method, texts())
    a, b, c = (method.rows(found) for found in (["data"] * 2, ["base"] * 2, ["database", "map"]))
    dense = one.whole.toarray()
    both = dense[a] * dense[b]
    expected = (both * dense[c]).sum(axis=1) / np.maximum(
        np.linalg.norm(both, axis=1) * np.linalg.norm(dense[c], axis=1), 1e-12
    )
    np.testing.assert_allclose(one.multiplied(a, b, c), expected, atol=1e-5)


def test_a_right_answer_is_shared_among_ties_and_may_not_be_a_word_of_the_phrase() -> None:
    questions = dual_space.Questions(
        np.array([[0, 1], [2, 3]]), np.array([[4, 0, 5], [6, 7, 7]]), np.array([True, False])
    )
    flat = dual_space._right(lambda a, _b, _c: np.ones(len(a)), questions, both_orders=False)
    assert flat.tolist() == [1 / 2, 1 / 3]  # one of the first question's choices is a word of its phrase
    ordered = dual_space._right(lambda a, b, c: (a < b) * 1.0 + (c % 2 == 0), questions, both_orders=True)
    assert ordered.tolist() == [1.0, 1.0]


def test_signs_agree_as_often_as_bits_are_alike() -> None:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((12, 40)).astype(np.float32)
    found = binary_pv._signed(x, 8, bits=16)
    assert found.shape == (4, 8)
    assert set(np.unique(found)) <= set(range(-16, 17, 2))
    twice = binary_pv._signed(np.vstack([x[:8], x[:4] + 1e-4]), 8, bits=16)
    assert (twice.argmax(axis=1) == np.arange(4)).all()
    bits = np.array([[True, False], [True, True], [False, True]])
    assert binary_pv._agreement(bits, 1).tolist() == [[0.0], [-2.0]]
