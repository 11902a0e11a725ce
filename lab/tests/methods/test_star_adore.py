"""STAR and ADORE: the paper's loss written out, which tower learns when, and that a fit forgets the one before."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from broadsheet.encoders.contract import Encoder  # noqa: E402
from broadsheet_lab.encoders.star_adore import StarAdore, pairwise  # noqa: E402
from broadsheet_lab.networks import Network  # noqa: E402
from broadsheet_lab.training import Plan  # noqa: E402
from tests.contract.examples import Example  # noqa: E402

PAPERS = [f"{a} of {b}" for a in ("graphs", "walks", "sounds") for b in ("proteins", "robots", "birds", "reefs")]
QUERIES = [f"{b} {a}" for a in ("graph", "gait", "song") for b in ("protein", "robot", "bird", "coral")]
RIGHT: list[list[int]] = [[i] for i in range(len(PAPERS))]


def untrained(star: int = 4, adore: int = 4, **options: Any) -> StarAdore:
    network = Network.small([*PAPERS, *QUERIES], rank=2)
    first, second = (Plan(steps=steps, batch=6, rate=0.02, warm=1) for steps in (star, adore))
    return StarAdore(network, star=first, adore=second, depth=5, **options)


def weights(tower: Any) -> list[np.ndarray]:
    return [p.detach().numpy().copy() for p in tower.learned()]


def all_equal(a: Sequence[np.ndarray], b: Sequence[np.ndarray]) -> bool:
    return all(np.array_equal(x, y) for x, y in zip(a, b, strict=True))


def test_the_pairwise_loss_is_the_sum_written_out_and_moves_scores_by_its_slope() -> None:
    rng = np.random.default_rng(0)
    scores = rng.standard_normal((3, 5))
    pairs = (rng.random((3, 5, 5)) * (rng.random((3, 5, 5)) < 0.4)).astype(np.float32)

    def slow(s: np.ndarray) -> float:
        total = 0.0
        for b, i, j in np.ndindex(3, 5, 5):
            total += pairs[b, i, j] * np.log(1 + np.exp(s[b, j] - s[b, i]))
        return total / 3

    given = torch.tensor(scores, requires_grad=True)
    loss = pairwise(given, pairs)
    assert loss.item() == pytest.approx(slow(scores), rel=1e-5)
    loss.backward()
    for at in np.ndindex(3, 5):
        step = np.zeros((3, 5))
        step[at] = 1e-5
        assert given.grad[at].item() == pytest.approx((slow(scores + step) - slow(scores - step)) / 2e-5, abs=1e-4)


def test_star_trains_both_towers_as_one_and_adore_that_of_queries_alone() -> None:
    method = untrained(adore=0)
    start = weights(method.tower())
    method.fit(QUERIES, PAPERS, RIGHT)
    assert method.queries_ is method.documents_
    star, index = weights(method.documents_), method.vectors_.copy()
    assert not all_equal(star, start)
    np.testing.assert_array_equal(index, method.encode_documents(PAPERS))
    method.adore = Plan(steps=4, batch=6, rate=0.02)
    method.fit_queries(QUERIES, RIGHT)
    assert all_equal(weights(method.documents_), star)
    assert not all_equal(weights(method.queries_), star)
    np.testing.assert_array_equal(method.vectors_, index)
    other = untrained(adore=2).fit_queries(QUERIES, RIGHT, vectors=index)  # any index that is there
    assert all_equal(weights(other.documents_), start)
    assert not all_equal(weights(other.queries_), start)
    both = untrained().fit(QUERIES, PAPERS, RIGHT)
    assert all_equal(weights(both.documents_), star)
    assert [course.steps for course in both.courses_] == [4, 4]


@pytest.mark.parametrize(("star", "adore", "hard"), [(30, 0, False), (30, 0, True), (0, 30, True)])
def test_each_way_lessens_its_loss_on_what_it_learns_from(star: int, adore: int, hard: bool) -> None:
    method = untrained(star, adore, hard=hard, scale=5.0).fit(QUERIES, PAPERS, RIGHT)
    (course,) = method.courses_
    assert course.losses[-1] < 0.9 * course.losses[0]


def test_a_second_fit_forgets_the_first_and_hard_negatives_matter() -> None:
    method = untrained(star=2, adore=1).fit(QUERIES[::-1], PAPERS, RIGHT)
    fresh = untrained(star=2, adore=1).fit(QUERIES, PAPERS, RIGHT)
    np.testing.assert_array_equal(method.fit(QUERIES, PAPERS, RIGHT).encode(QUERIES), fresh.encode(QUERIES))
    easy = untrained(star=2, adore=1, hard=False).fit(QUERIES, PAPERS, RIGHT)
    assert not np.array_equal(easy.encode(QUERIES), fresh.encode(QUERIES))


def test_what_does_not_fit_is_named() -> None:
    method = untrained()
    with pytest.raises(ValueError, match="nothing is learned yet"):
        method.encode(QUERIES)
    with pytest.raises(ValueError, match="12 queries with positives for 11"):
        method.fit(QUERIES, PAPERS, RIGHT[:-1])
    with pytest.raises(ValueError, match=r"positives\[2\] = \[12\]: at least one row from 0 to 11"):
        method.fit(QUERIES[:3], PAPERS, [*RIGHT[:2], [12]])


EXAMPLES = {
    "both trainings": Example(
        make=lambda queries, papers, right: untrained(2, 2).fit(queries, papers, right),
        answer=lambda method, queries, papers, _: (method.encode(queries), method.encode_documents(papers)),
        inputs=(QUERIES, PAPERS, RIGHT),
        keeps=(Encoder,),
    )
}
