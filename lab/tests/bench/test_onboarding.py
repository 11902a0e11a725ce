"""Questions to new readers: what a page is worth, and how answers go on."""

from __future__ import annotations

import math

import numpy as np

from broadsheet.pipeline.feed.onboarding import QUESTIONS, Answer, Answers
from broadsheet_lab.bench.feed.onboarding import AFTER, WORTH, _figures, _in_order, answered, gain_at


def test_the_gain_of_a_page_is_ndcg() -> None:
    assert gain_at([7, 8, 9], frozenset({7, 8}), 3) == 1.0
    second = (1 / math.log2(3)) / (1 + 1 / math.log2(3))
    assert math.isclose(gain_at([9, 7, 5], frozenset({7, 8}), 3), second)
    assert gain_at([9], frozenset(), 3) == gain_at([], frozenset({1}), 3) == 0.0


def test_answers_go_on_until_it_is_enough_or_no_paper_is_left() -> None:
    def says(paper: int) -> Answer:
        return Answer(paper % 3)

    asks = _in_order(np.arange(1, 40))
    steps = answered(asks, says, frozenset({2}))
    assert len(steps) == QUESTIONS + 1
    assert steps[0].given == ()
    assert [paper for paper, _ in steps[-1].given] == [1, 3, 4, 5, 6, 7, 8, 9, 10, 11]
    assert steps[-1].papers(Answer.YES) == (3, 6, 9)
    assert len(answered(_in_order(np.arange(3)), says, frozenset())) == 4


def test_figures_are_means_over_readers_with_intervals() -> None:
    worth = np.zeros((4, len(AFTER), len(WORTH)))
    worth[:, -1, 0] = [0.2, 0.4, 0.2, 0.4]
    said = [Answers(((1, Answer.YES), (2, Answer.NEAR))), *[Answers(((1, Answer.NO),))] * 3]
    found = _figures(worth, said)
    after = found["after answers"]
    assert isinstance(after, dict)
    best = after[str(AFTER[-1])]["NDCG@20"]
    assert best["value"] == 0.3
    assert 0.2 <= best["interval"][0] < 0.3 < best["interval"][1] <= 0.4
    assert after["0"]["NDCG@20"] == {"value": 0.0, "interval": [0.0, 0.0]}
    assert (found["yes of ten"], found["near of ten"], found["readers with either"]) == (0.25, 0.25, 0.25)
