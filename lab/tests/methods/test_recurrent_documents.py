"""The network that reads documents: its layers by transcription, what it learns, what it keeps."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from broadsheet.kit.text import tokenize
from broadsheet_lab.encoders.word_embeddings import RecurrentDocuments, WordEmbeddings
from lab.tests.methods.test_word_embeddings import CARS, CATS, texts

torch = pytest.importorskip("torch")


def words(d: int = 6) -> WordEmbeddings:
    return WordEmbeddings(dimensions=d, epochs=1, subsample=1).fit(texts())


def network(**more: object) -> RecurrentDocuments:
    settings = {"hidden": 8, "context": 5, "steps": 40, "batch": 20, "rate": 0.01} | more
    return RecurrentDocuments(words(), **settings)  # type: ignore[arg-type]


def ordered(seed: int = 0) -> tuple[list[str], list[str]]:
    """Texts of the same words, in one order or the other: no mean of words can tell them apart."""
    rng = np.random.default_rng(seed)
    pairs = [(str(rng.choice(CATS)), str(rng.choice(CARS))) for _ in range(150)]
    found = [(f"{a} {b} {a} {b}", "cat") if rng.random() < 0.5 else (f"{b} {a} {b} {a}", "car") for a, b in pairs]
    return [text for text, _ in found], [label for _, label in found]


def test_a_text_goes_through_the_layers_as_they_are_written_down() -> None:
    rng = np.random.default_rng(0)
    made = network()
    w = {name: rng.normal(0, 0.5, value.shape) for name, value in made._drawn(2).items()}
    rows = [[3, 1, 4, 1, 5], [2], [6, 5]]
    padded = made._padded([np.array(row) for row in rows])
    tensors = {name: torch.from_numpy(value) for name, value in w.items()}
    found = made.pooled(tensors, padded).numpy()
    for row, vector in zip(rows, found, strict=True):
        left, right = [w["edges"][0]], [w["edges"][1]]
        for word in row[:-1]:
            left.append(np.tanh(left[-1] @ w["across"][0] + w["words"][word] @ w["along"][0]))
        for word in row[:0:-1]:
            right.append(np.tanh(right[-1] @ w["across"][1] + w["words"][word] @ w["along"][1]))
        whole = [
            np.tanh(np.concatenate([before, w["words"][word], after]) @ w["inner"] + w["inner_bias"])
            for before, word, after in zip(left, row, right[::-1], strict=True)
        ]
        np.testing.assert_allclose(vector, np.max(whole, axis=0), atol=1e-12)


def test_it_tells_texts_apart_by_the_order_of_their_words() -> None:
    made = network(steps=60).fit(*ordered())
    others, labels = ordered(seed=1)
    told = np.array(made.labels_)[made.scores(others).argmax(axis=1)]
    assert (told == np.array(labels)).mean() > 0.95
    assert made.course_.losses[-1] < 0.5 * made.course_.losses[0]
    assert np.linalg.norm(made.encode(others), axis=1) == pytest.approx(np.ones(150), abs=1e-5)


def test_a_text_is_the_same_alone_and_among_longer_ones_and_no_longer_than_it_may_be() -> None:
    made = network(tokens=4).fit(*ordered())
    together = made.encode([*texts()[:5], "kitten", "zebra"])
    for i, text in enumerate([*texts()[:5], "kitten", "zebra"]):
        np.testing.assert_allclose(made.encode([text])[0], together[i], atol=1e-6)
    assert not together[-1].any()
    cut = " ".join(texts()[0].split()[:4])
    np.testing.assert_allclose(made.encode([cut])[0], together[0], atol=1e-6)
    assert len(made._rows([texts()[0]])[0]) == 4 < len(tokenize([texts()[0]]).terms)


def test_it_is_kept_and_restored_and_learns_the_same_again(tmp_path: Path) -> None:
    made, again = (network(steps=4).fit(*ordered()) for _ in range(2))
    for name, value in made.weights_.items():
        np.testing.assert_array_equal(value, again.weights_[name])
    made.save(tmp_path / "network")
    restored = RecurrentDocuments.load(tmp_path / "network")
    assert (restored.labels_, restored.hidden, restored.context, restored.steps) == (("car", "cat"), 8, 5, 4)
    np.testing.assert_array_equal(restored.scores(texts()[:9]), made.scores(texts()[:9]))
    arrays = dict(made.to_arrays())
    with pytest.raises(ValueError, match="13 vectors for 13 words"):
        RecurrentDocuments.from_arrays({**arrays, "words": arrays["words"][1:]})
    with pytest.raises(ValueError, match="do not fit"):
        RecurrentDocuments.from_arrays({**arrays, "outer": arrays["outer"][1:]})


def test_bad_input() -> None:
    with pytest.raises(ValueError, match="call fit first"):
        network().encode(["kitten"])
    with pytest.raises(ValueError, match="2 texts with 2 labels, 1 of them different"):
        network().fit(["a", "b"], ["x", "x"])
    with pytest.raises(ValueError, match="the word embeddings fitted"):
        RecurrentDocuments(WordEmbeddings())
