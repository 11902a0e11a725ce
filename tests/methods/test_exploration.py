"""One place in ten goes to the paper that could be far better than it seems."""

import numpy as np

from broadsheet.trending.exploration import Exploration
from tests.contract.examples import Example


def test_the_most_uncertain_of_the_rest_moves_up() -> None:
    order, score = np.arange(6), np.array([6.0, 5, 4, 3, 2, 1])
    uncertainty = np.array([0.0, 0, 0, 0, 1, 9])
    assert Exploration(every=3, width=1).order(order, score, uncertainty).tolist() == [0, 1, 5, 2, 3, 4]
    assert Exploration(every=3, width=0).order(order, score, uncertainty).tolist() == [0, 1, 2, 3, 4, 5]
    assert Exploration(every=0).order(order, score, uncertainty).tolist() == [0, 1, 2, 3, 4, 5]
    assert Exploration(every=1, width=1).order(order, score, uncertainty).tolist() == [5, 0, 1, 2, 3, 4]


def test_a_short_page_explores_nothing() -> None:
    order = np.array([2, 0, 1])
    assert Exploration().order(order, np.array([1.0, 0, 2]), np.array([0.0, 9, 0])).tolist() == [2, 0, 1]
    assert Exploration().order(np.empty(0, np.int64), np.empty(0), np.empty(0)).tolist() == []


EXAMPLES = {
    "plain": Example(
        make=lambda *_: Exploration(every=2),
        answer=lambda method, order, score, uncertainty: method.order(order, score, uncertainty),
        inputs=(np.arange(3), np.array([3.0, 2, 1]), np.array([0.0, 0, 5])),
    )
}
