"""The examination curve: its default, and one learned from papers at several positions."""

import numpy as np

from broadsheet.trending.examination import Examination, default_curve, group_of
from tests.contract.examples import Example


def test_without_data_a_power_of_the_position() -> None:
    at = np.array([1, 2, 10, 32, 0])
    np.testing.assert_allclose(default_curve(at), [1, 0.659754, 0.251189, 0.125, 3], rtol=1e-5)
    np.testing.assert_allclose(Examination().weights(at), default_curve(at))
    assert group_of(np.array([0, 1, 2, 3, 4, 5, 6, 8, 9, 12, 13, 20, 21, 50, 51, 999])).tolist() == [
        0, 1, 2, 3, 4, 4, 5, 5, 6, 6, 7, 7, 8, 8, 9, 9,
    ]  # fmt: skip


def logged() -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """200 papers of several qualities, each at every position of ten, 100 times; looks fall as 1 / position."""
    paper, position = (a.ravel() for a in np.meshgrid(np.arange(200), np.arange(1, 11), indexing="ij"))
    quality = np.linspace(0.05, 0.5, 200)
    return paper, position, np.full(2000, 100.0), 100 * quality[paper] / position


def test_positions_are_told_apart_from_the_quality_of_what_stood_there() -> None:
    fitted = Examination().fit(*logged())
    np.testing.assert_allclose(fitted.weights(np.array([1, 2, 3])), [1, 1 / 2, 1 / 3], rtol=0.03)
    # a group has one factor: 6 and 8 lie about the curve
    np.testing.assert_allclose(fitted.weights(np.array([6, 8])), [1 / 6, 1 / 8], rtol=0.1)


def test_a_good_paper_at_the_top_does_not_make_the_top_look_better() -> None:
    """The best papers stand first nearly always: votes alone would fall far more steeply."""
    paper, position, _, _ = logged()
    quality = np.linspace(0.5, 0.05, 200)
    shown = np.where(position == paper * 10 // 200 + 1, 1000.0, 10.0)
    votes = shown * quality[paper] / position
    fitted = Examination().fit(paper, position, shown, votes)
    np.testing.assert_allclose(fitted.weights(np.array([2, 3])), [1 / 2, 1 / 3], rtol=0.12)


def test_a_papers_own_page_weighs_what_votes_say() -> None:
    """Half of those who open a paper vote for it, and a twentieth of those who see it first on a list."""
    paper = np.repeat(np.arange(100), 2)
    position, shown = np.tile([0, 1], 100), np.tile([20.0, 400], 100)
    fitted = Examination().fit(paper, position, shown, shown * np.tile([0.5, 0.05], 100))
    np.testing.assert_allclose(fitted.weights(np.array([0, 1])), [10, 1], rtol=0.1)


def test_few_votes_leave_the_default() -> None:
    one = np.array([1])
    fitted = Examination().fit(one, one + 1, one * 10.0, one * 2.0)
    np.testing.assert_allclose(fitted.weights(np.arange(1, 60)), default_curve(np.arange(1, 60)), rtol=0.05)


EXAMPLES = {
    "plain": Example(
        make=lambda paper, position, shown, votes: Examination().fit(paper, position, shown, votes),
        answer=lambda method, paper, position, shown, votes: method.weights(position[:10]),
        inputs=logged(),
    )
}
