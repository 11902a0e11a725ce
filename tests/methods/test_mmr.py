"""MMR equals the greedy rule written out, and a near-copy waits."""

import numpy as np
import pytest

from broadsheet.ranking.contract import Reranker
from broadsheet.ranking.mmr import MMR
from tests.contract.examples import Example


def slow(relevance: np.ndarray, x: np.ndarray, k: int, diversity: float) -> list[int]:
    chosen: list[int] = []
    while len(chosen) < min(k, len(relevance)):
        rest = [i for i in range(len(relevance)) if i not in chosen]
        gains = [
            (1 - diversity) * relevance[i] - diversity * max((float(x[i] @ x[j]) for j in chosen), default=0.0)
            for i in rest
        ]
        chosen.append(rest[int(np.argmax(gains))])
    return chosen


@pytest.mark.parametrize("diversity", [0.0, 0.3, 0.9])
def test_the_order_equals_the_greedy_rule(diversity: float) -> None:
    rng = np.random.default_rng(2)
    x = rng.standard_normal((25, 6)).astype(np.float32)
    x /= np.linalg.norm(x, axis=1, keepdims=True)
    relevance = rng.random(25).astype(np.float32)
    assert MMR(diversity=diversity).order(relevance, x, 10).tolist() == slow(relevance, x, 10, diversity)


def test_a_copy_of_the_first_comes_last() -> None:
    x = np.array([[1, 0], [1, 0], [0, 1]], np.float32)
    relevance = np.array([0.9, 0.89, 0.7], np.float32)
    assert MMR(diversity=0.5).order(relevance, x, 3).tolist() == [0, 2, 1]
    assert MMR(diversity=0.0).order(relevance, x, 3).tolist() == [0, 1, 2]
    assert MMR().order(np.empty(0, np.float32), np.empty((0, 2), np.float32), 3).tolist() == []
    with pytest.raises(ValueError, match="not -1"):
        MMR(diversity=-1)


EXAMPLES = {
    "plain": Example(
        make=lambda *_: MMR(diversity=0.3),
        answer=lambda method, relevance, x: method.order(relevance, x, 2),
        inputs=(np.array([0.9, 0.89, 0.7], np.float32), np.array([[1, 0], [1, 0], [0, 1]], np.float32)),
        keeps=(Reranker,),
    )
}
