"""Questions to a new reader: what tells most first, then beside a yes, the same for the same answers."""

from __future__ import annotations

import numpy as np

from broadsheet.pipeline.feed.onboarding import QUESTIONS, Answer, Answers, Questions
from broadsheet.pipeline.library import Library
from tests.pipeline import world


def topic_of(library: Library, number: int) -> str:
    return world.topics_of([library.paper(number).source_ids[0][1]])[0]


def ask(library: Library, wanted: str, most: int = QUESTIONS, answer: Answer = Answer.YES) -> list[str]:
    """The topics asked about, of a reader who wants one."""
    questions, answers, asked = Questions(library.snapshot()), Answers(), list[str]()
    while not answers.is_done and len(asked) < most:
        number = questions.next(answers)
        assert number is not None
        assert number not in {paper for paper, _ in answers.given}
        assert Questions(library.snapshot()).next(answers) == number
        asked.append(topic_of(library, number))
        answers = answers.with_answer(number, answer if asked[-1] == wanted else Answer.NO)
    assert set(answers.papers(answer)) <= {paper for paper, _ in answers.given}
    return asked


def test_no_goes_to_another_topic_and_yes_stays_beside(shared: Library) -> None:
    assert len(set(ask(shared, "nothing", 4))) >= 3
    asked = ask(shared, "bread")
    first = asked.index("bread")
    assert first <= 5
    assert asked[first + 1 :].count("bread") >= (len(asked) - first - 1) / 2


def test_near_it_leads_there_as_well(shared: Library) -> None:
    asked = ask(shared, "bread", answer=Answer.NEAR)
    assert asked[asked.index("bread") + 1 :].count("bread") >= 2


def test_the_question_is_the_one_expected_to_tell_most(shared: Library) -> None:
    """The gain of every question, added up answer by answer as Lindley defines it."""
    snapshot = shared.snapshot()
    questions, before = Questions(snapshot), Answers(((int(snapshot.ids[0]), Answer.NO),))
    prior, chances = questions._likely(before), questions._chances
    np.testing.assert_allclose(chances.sum(axis=0), 1, rtol=1e-5)
    gains = np.zeros(chances.shape[2])
    for answer in Answer:
        for q in range(len(gains)):
            joint = prior * chances[answer, :, q]
            after = joint / joint.sum()
            gains[q] += joint.sum() * (after * np.log(after / prior)).sum()
    asked = [number for number in snapshot.ids[questions._rows] if number != snapshot.ids[0]]
    best = max(gains[list(snapshot.ids[questions._rows]).index(number)] for number in asked)
    number = questions.next(before)
    assert number is not None
    assert gains[list(snapshot.ids[questions._rows]).index(number)] >= best - 1e-4


def test_questions_end_and_leave_out_what_is_known(library: Library, empty: Library) -> None:
    assert Questions(empty.snapshot()).next(Answers()) is None
    numbers = [library.resolve(f"bees-{n}") for n in range(3)]
    few = Questions(library.snapshot(), numbers)
    assert few.next(Answers(known=frozenset(numbers[:2]))) == numbers[2]
    said = ((numbers[0], Answer.YES), (numbers[1], Answer.NO))
    assert few.next(Answers(said, known=frozenset({numbers[2], 999_999}))) is None
    assert few.next(Answers(((999_999, Answer.YES),))) in numbers  # a paper that is gone says nothing
    world.act(library, "up", "bees-0")
    assert library.steering.next_question("me") is not None
    ships = [library.resolve(f"ships-{n}") for n in range(9)]
    assert library.steering.next_question("me", ships[:5], ships[5:]) is None
    assert library.steering.next_question("me") not in numbers[:1]
