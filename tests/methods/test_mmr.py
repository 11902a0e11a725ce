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


def drawn(n: int, seed: int = 3) -> tuple[np.ndarray, np.ndarray]:
    """Relevances and unit vectors in a few directions, as the first papers for a reader are."""
    rng = np.random.default_rng(seed)
    x = (rng.standard_normal((6, 16))[rng.integers(0, 6, n)] + rng.standard_normal((n, 16))).astype(np.float32)
    return rng.permutation(n).astype(np.float32) / n, x / np.linalg.norm(x, axis=1, keepdims=True)


def likeness(x: np.ndarray) -> float:
    return float((x @ x.T)[~np.eye(len(x), dtype=bool)].mean())


def test_a_longer_page_begins_with_the_shorter_one() -> None:
    relevance, x = drawn(60)
    longer = MMR(diversity=0.4).order(relevance, x, 60)
    assert sorted(longer.tolist()) == list(range(60))
    assert longer[0] == relevance.argmax()
    for k in (1, 7, 30):
        assert MMR(diversity=0.4).order(relevance, x, k).tolist() == longer[:k].tolist()


def test_only_likeness_and_relevance_count() -> None:
    relevance, x = drawn(60)
    order = MMR(diversity=0.4).order(relevance, x, 20)
    shuffled = np.random.default_rng(0).permutation(60)
    assert shuffled[MMR(diversity=0.4).order(relevance[shuffled], x[shuffled], 20)].tolist() == order.tolist()
    turn = np.linalg.qr(np.random.default_rng(1).standard_normal((16, 16)))[0].astype(np.float32)
    assert MMR(diversity=0.4).order(relevance, x @ turn, 20).tolist() == order.tolist()


def test_a_page_is_less_alike_and_gives_up_relevance_for_it() -> None:
    relevance, x = drawn(120)
    pages = [MMR(diversity=d).order(relevance, x, 20) for d in (0.0, 0.3, 0.6)]
    alike, worth = [likeness(x[page]) for page in pages], [float(relevance[page].mean()) for page in pages]
    assert alike[0] > alike[1] > alike[2]
    assert worth[0] > worth[1] > worth[2]
    assert worth[0] == pytest.approx(np.sort(relevance)[-20:].mean())


EXAMPLES = {
    "plain": Example(
        make=lambda *_: MMR(diversity=0.3),
        answer=lambda method, relevance, x: method.order(relevance, x, 2),
        inputs=(np.array([0.9, 0.89, 0.7], np.float32), np.array([[1, 0], [1, 0], [0, 1]], np.float32)),
        keeps=(Reranker,),
    )
}
