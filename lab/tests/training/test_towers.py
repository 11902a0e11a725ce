"""Towers: both halves say what the whole network says, and only the upper one learns."""

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from broadsheet_lab.networks import Network  # noqa: E402
from broadsheet_lab.towers import Tower, asking  # noqa: E402
from broadsheet_lab.training import Epochs, Plan, train  # noqa: E402

TEXTS = ["graphs of proteins", "a robot walks, slowly", "birds", ""]


def tower(layers: int = 2, lower: int | None = None) -> Tower:
    network = Network.small(TEXTS, layers=layers, rank=2)
    network.body.precision = torch.float32
    return Tower(network, lower=lower)


def test_both_halves_together_are_the_network() -> None:
    for lower in (0, 1):
        one = tower(lower=lower)
        read = one.read(TEXTS)
        assert read.lengths.tolist() == [len(row) for row in one.network.ids(TEXTS)]
        np.testing.assert_allclose(one.encode(read), one.network.encode(TEXTS), atol=1e-5)
        states, ids = one.states(read, np.array([1, 2]))
        whole, seen = one.network.states([one.network.ids(TEXTS)[i] for i in (1, 2)])
        np.testing.assert_array_equal(ids != 0, seen)
        np.testing.assert_allclose(states.detach()[seen], whole.detach()[seen], atol=1e-5)
    assert tower().lower == 1


def test_some_of_the_texts_are_as_if_they_had_been_read_alone() -> None:
    one = tower()
    some = one.read(TEXTS).take(np.array([2, 0]))
    assert some.lengths.tolist() == [3, 5]
    np.testing.assert_allclose(one.encode(some), one.network.encode([TEXTS[2], TEXTS[0]]), atol=1e-5)
    assert len(some.take(np.array([], np.int64))) == 0


def test_training_changes_the_upper_layers_and_nothing_else() -> None:
    one = tower()
    other, read = one.copy(), one.read(TEXTS)
    before = {name: p.detach().clone() for name, p in other.network.named_parameters()}

    def loss(at: np.ndarray) -> object:
        return other.vectors(read, at)[:, 0].sum()

    train(other.learned(), Epochs(4, lambda _, at: at), loss, Plan(steps=3, batch=4, rate=0.1))
    changed = {name for name, p in other.network.named_parameters() if not torch.equal(p, before[name])}
    assert changed
    assert all(name.startswith("body.layers.1.") and name.endswith((".a", ".b")) for name in changed)
    np.testing.assert_allclose(one.encode(read), one.network.encode(TEXTS), atol=1e-5)  # the copy learned by itself
    np.testing.assert_allclose(other.encode(read), other.network.encode(TEXTS), atol=1e-5)


def test_at_least_one_layer_learns() -> None:
    with pytest.raises(ValueError, match="2 of 2 layers stay"):
        tower(lower=2)


def test_what_says_something_in_a_query() -> None:
    pieces = ["[CLS]", "[MASK]", "[", "graph", "##graph", "the", "##s", ",", "3d"]
    assert asking(pieces).tolist() == [False, False, False, True, True, False, True, False, True]
