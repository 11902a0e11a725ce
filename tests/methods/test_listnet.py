"""ListNet: the loss worked by hand, known weights found again, and what cannot be learned."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from broadsheet.ranking.listnet import ListNet, top_one
from tests.contract.examples import Example

TRUE = np.array([4.0, 0.0, 2.0, 0.5])


def drawn_lists(n: int = 400, size: int = 12, seed: int = 0) -> tuple[list[np.ndarray], list[np.ndarray]]:
    """Lists whose wanted document is drawn with the chances that TRUE weights give."""
    rng = np.random.default_rng(seed)
    lists = [rng.random((size, 4)).astype(np.float32) for _ in range(n)]
    gains = [np.eye(size, dtype=np.float32)[rng.choice(size, p=top_one(x @ TRUE))] for x in lists]
    return lists, gains


def test_top_one_worked_by_hand() -> None:
    assert top_one(np.log([1.0, 2.0, 5.0])).tolist() == pytest.approx([0.125, 0.25, 0.625])
    assert top_one(np.array([1e4, 1e4])).tolist() == [0.5, 0.5]


def test_it_finds_the_weights_the_lists_were_drawn_with() -> None:
    found = ListNet(penalty=0.0).fit(*drawn_lists(3000)).weights_
    np.testing.assert_allclose(found, TRUE, atol=0.35)
    assert found.dtype == np.float32


def test_the_weights_are_where_the_loss_worked_by_hand_is_least() -> None:
    """Two documents, one feature: the loss is log(1 + exp(-w)) + penalty w^2 with gain on the one that has it."""
    lists, gains = [np.array([[1.0], [0.0]], np.float32)], [np.array([2.0, 0.0], np.float32)]
    for penalty in (0.01, 0.1, 1.0):
        found = float(ListNet(penalty=penalty).fit(lists, gains).weights_[0])
        best = minimize_scalar(lambda w, p=penalty: np.log1p(np.exp(-w)) + p * w * w, bounds=(0, 10), method="bounded")
        assert found == pytest.approx(best.x, abs=1e-3)


def test_gains_count_by_their_share_and_lists_by_their_chance() -> None:
    """With all gain shared 3 : 1 the best chances are 3/4 and 1/4: w = log 3."""
    x = np.array([[1.0], [0.0]], np.float32)
    shared = ListNet(penalty=0.0).fit([x], [np.array([6.0, 2.0], np.float32)])
    assert float(shared.weights_[0]) == pytest.approx(np.log(3), abs=1e-3)
    for_and_against = [np.array([1.0, 0.0], np.float32), np.array([0.0, 1.0], np.float32)]
    weighed = ListNet(penalty=0.0).fit([x, x], for_and_against, [3.0, 1.0])
    assert float(weighed.weights_[0]) == pytest.approx(np.log(3), abs=1e-3)


def test_no_weight_goes_below_zero() -> None:
    lists, gains = drawn_lists(200)
    against = [np.concatenate([x, -(x @ TRUE)[:, None]], axis=1).astype(np.float32) for x in lists]
    found = ListNet().fit(against, gains).weights_
    assert (found >= 0).all()
    assert found[4] == 0
    assert found[0] > 1


def test_parts_add_up_to_the_score_and_ranking_follows() -> None:
    lists, gains = drawn_lists(300)
    ranker = ListNet().fit(lists, gains)
    np.testing.assert_allclose(ranker.parts(lists[0]).sum(axis=1), ranker.score(lists[0]), rtol=1e-5)
    mean = np.mean([top_one(ranker.score(x).astype(np.float64))[y.argmax()] for x, y in zip(lists, gains, strict=True)])
    assert mean > 2 / 12


def test_fitting_again_forgets_and_lists_without_gain_are_left_out() -> None:
    lists, gains = drawn_lists(100)
    ranker = ListNet().fit(*drawn_lists(50, seed=9))
    nothing = (np.ones((3, 4), np.float32), np.zeros(3, np.float32))
    again = ranker.fit(
        [*lists, nothing[0], np.empty((0, 4), np.float32)], [*gains, nothing[1], np.empty(0, np.float32)]
    ).weights_
    np.testing.assert_array_equal(again, ListNet().fit(lists, gains).weights_)


def test_what_cannot_be_learned_or_restored_is_refused() -> None:
    with pytest.raises(ValueError, match="no list has a relevant document"):
        ListNet().fit([np.ones((2, 1), np.float32)], [np.zeros(2, np.float32)])
    with pytest.raises(ValueError, match="zip"):
        ListNet().fit([np.ones((2, 1), np.float32)], [])
    for wrong in ([[1.0]], [-1.0], [np.nan], [np.inf]):
        with pytest.raises(ValueError, match="finite and at least 0"):
            ListNet.from_arrays({"weights": np.array(wrong)})
    again = ListNet.from_arrays(ListNet().fit(*drawn_lists(50)).to_arrays())
    assert again.weights_.shape == (4,)


EXAMPLES = {
    "plain": Example(
        make=lambda lists, gains: ListNet().fit(lists, gains),
        answer=lambda method, lists, gains: (method.weights_, method.score(lists[0]), method.parts(lists[0])),
        inputs=drawn_lists(30),
    )
}


def test_two_rankers_are_mixed_by_share() -> None:
    one, other = (ListNet.from_arrays({"weights": np.array(w, np.float32)}) for w in ([1.0, 0.0], [0.0, 2.0]))
    assert one.mixed(other, 0.25).weights_.tolist() == [0.25, 1.5]
    assert one.mixed(other, 1.0).weights_.tolist() == [1.0, 0.0]
