"""Questions to a new reader: one topic after the other, then beside a yes, the same for the same answers."""

from __future__ import annotations

from broadsheet.pipeline.feed.onboarding import QUESTIONS, Answers, Questions
from broadsheet.pipeline.library import Library
from tests.pipeline import world


def topic_of(library: Library, number: int) -> str:
    return world.topics_of([library.paper(number).source_ids[0][1]])[0]


def ask(library: Library, wanted: str, most: int = QUESTIONS) -> list[str]:
    """The topics asked about, of a reader who wants one."""
    questions, answers, asked = Questions(library.snapshot()), Answers(), list[str]()
    while not answers.is_done and answers.n < most:
        number = questions.next(answers)
        assert number is not None
        assert number not in {*answers.yes, *answers.no}
        assert Questions(library.snapshot()).next(answers) == number
        asked.append(topic_of(library, number))
        answers = answers.with_answer(number, is_yes=asked[-1] == wanted)
    return asked


def test_no_goes_to_another_topic_and_yes_stays_beside(shared: Library) -> None:
    assert len(set(ask(shared, "nothing", 4))) >= 3
    asked = ask(shared, "bread")
    first = asked.index("bread")
    assert first <= 5
    assert asked[first + 1 :].count("bread") >= (len(asked) - first - 1) / 2


def test_questions_end_and_leave_out_what_is_known(library: Library, empty: Library) -> None:
    assert Questions(empty.snapshot()).next(Answers()) is None
    numbers = [library.resolve(f"bees-{n}") for n in range(3)]
    few = Questions(library.snapshot(), numbers)
    assert few.next(Answers(known=frozenset(numbers[:2]))) == numbers[2]
    assert few.next(Answers(yes=(numbers[0],), no=(numbers[1],), known=frozenset({numbers[2], 999_999}))) is None
    world.act(library, "up", "bees-0")
    assert library.steering.next_question("me") is not None
    assert library.steering.next_question("me", [library.resolve(f"ships-{n}") for n in range(9)]) is None
    assert library.steering.next_question("me") not in numbers[:1]
