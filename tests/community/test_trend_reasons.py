"""Why a paper stands where it does: the sentence, word by word, for what can be known of a paper."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.community.trend_reasons import reason
from broadsheet.community.trend_signals import Known, stars_a_day, votes_elsewhere
from broadsheet.trending.contract import Scores
from tests.methods.trending_signals import signals

HOUR = 1 / 24
OF_RATE = {"votes": [0.0], "relevance": [0.0], "age": [0.0]}  # the parts of a score by votes a look


def known(
    votes: float = 0,
    *,
    views: float = 0,
    age: float = 0.5,
    field: str = "",
    evidence: Mapping[str, float] | None = None,
    cast: float | None = None,
    apart: float | None = None,
    plausible: float | None = None,
    new: float = 0,
    lockstep: float = 0,
) -> Known:
    """What is known of one paper; every vote counts unless said otherwise."""
    cast = votes if cast is None else cast
    return Known(
        signals=signals([votes], views=[views], age=[age]),
        evidence={name: np.array([value]) for name, value in (evidence or {}).items()},
        fields=[field],
        apart=np.array([cast if apart is None else apart]),
        new=np.array([new]),
        lockstep=np.array([lockstep]),
        plausible=np.array([cast if plausible is None else plausible]),
        cast=np.array([cast]),
    )


def said(facts: Known, parts: Mapping[str, list[float]] | None = None, *, few: bool = True) -> str:
    """The sentence about it."""
    given_ = {name: np.array(values, np.float64) for name, values in (parts or {}).items()}
    return reason(facts, Scores(np.zeros(1), given_), 0, few=few)


@pytest.mark.parametrize(
    ("votes", "words"), [(0, "No votes yet"), (1, "1 vote"), (2, "2 votes"), (0.5, "0.5 votes"), (12, "12 votes")]
)
def test_votes(votes: float, words: str) -> None:
    assert said(known(votes)) == f"{words}; entered 12 hours ago."


@pytest.mark.parametrize(
    ("days", "words"),
    [
        (0, "entered just now"),
        (HOUR * 0.49, "entered just now"),
        (HOUR * 0.51, "entered 1 hour ago"),
        (HOUR, "entered 1 hour ago"),
        (HOUR * 2, "entered 2 hours ago"),
        (HOUR * 47.4, "entered 47 hours ago"),
        (2, "entered 2 days ago"),
        (2.6, "entered 3 days ago"),
        (400, "entered 400 days ago"),
    ],
)
def test_age(days: float, words: str) -> None:
    assert said(known(age=days)) == f"No votes yet; {words}."


@pytest.mark.parametrize(
    ("evidence", "words"),
    [
        ({"votes elsewhere": 1}, "1 vote elsewhere"),
        ({"votes elsewhere": 150}, "150 votes elsewhere"),
        ({"stars a day": 0.49}, ""),
        ({"stars a day": 0.6}, "its code gains 1 star a day"),
        ({"stars a day": 12.4}, "its code gains 12 stars a day"),
        ({"citations": 1}, "1 citation"),
        ({"citations": 30}, "30 citations"),
        ({"nearness": 0.99}, ""),
        ({"nearness": 1}, "near what is liked here"),
        (
            {"nearness": 2, "citations": 3, "stars a day": 4, "votes elsewhere": 5},
            "5 votes elsewhere; its code gains 4 stars a day; 3 citations; near what is liked here",
        ),
    ],
    ids=str,
)
def test_evidence_in_the_order_of_its_weight(evidence: dict[str, float], words: str) -> None:
    assert said(known(evidence=evidence)) == "; ".join(filter(None, ("No votes yet", words, "entered 12 hours ago.")))


@pytest.mark.parametrize(
    ("facts", "times", "words"),
    [
        (known(4, views=20), 2.0, "4 votes of about 20 looks, 2.0 times what is usual here"),
        (known(4, views=20, field="Language"), 0.5, "4 votes of about 20 looks, 0.5 times what is usual in Language"),
        (known(1, views=1), 1.0, "1 vote of about 1 look, 1.0 times what is usual here"),
        (known(4, views=0.9), 3.0, "4 votes, 3.0 times what is usual here"),
        (known(0, views=20), 0.7, "No votes yet of about 20 looks"),
    ],
)
def test_a_rate_is_told_against_what_is_usual(facts: Known, times: float, words: str) -> None:
    parts = {**OF_RATE, "votes": [float(np.log(times))]}
    assert said(facts, parts, few=False) == f"{words}; entered 12 hours ago."
    assert "usual" not in said(facts, parts, few=True)
    assert "usual" not in said(facts, {"votes": parts["votes"], "age": [0.0]}, few=False)  # of another formula


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (
            known(12, apart=1.8, new=12),
            "votes of new accounts that belong together count as one or two: 12 as 1.8",
        ),
        (
            known(8, apart=1.8, lockstep=8),
            "votes of accounts that vote together for paper after paper count as one or two: 8 as 1.8",
        ),
        (
            known(9, apart=3, new=4, lockstep=5),
            "votes of new accounts that belong together and of accounts that vote together for paper after paper count "
            "as one or two: 9 as 3.0",
        ),
        (known(12, plausible=2), "10 more than so few looks account for, which do not count for the order"),
        (known(12, apart=11.6), ""),
        (known(12, plausible=11.6), ""),
    ],
)
def test_no_vote_counts_less_without_a_word(facts: Known, words: str) -> None:
    sentence = said(facts, OF_RATE, few=False)
    assert (words in sentence) if words else ("count" not in sentence)
    assert "count" not in said(facts, OF_RATE, few=True)  # where few vote, all votes count
    assert "count" not in said(facts, {"votes": [0.0]}, few=False)  # and for formulas that count them


@given(
    st.integers(0, 500),
    st.floats(0, 5000),
    st.floats(0, 4000),
    st.dictionaries(
        st.sampled_from(("votes elsewhere", "stars a day", "citations", "nearness")), st.floats(0, 1e6), max_size=4
    ),
    st.booleans(),
)
def test_whatever_is_known_it_is_one_sentence(
    votes: int, views: float, age: float, evidence: dict[str, float], few: bool
) -> None:
    sentence = said(known(votes, views=views, age=age, evidence=evidence), OF_RATE, few=few)
    assert sentence[0].isupper() or sentence[0].isdigit()
    assert sentence.endswith(".")
    assert ";;" not in sentence.replace(" ", "")
    assert "nan" not in sentence
    assert "\n" not in sentence


# --- what other places count ----------------------------------------------------------------------------------------

SERIES = st.lists(st.integers(0, 5000), min_size=1, max_size=12)
DAY = date(2026, 7, 1)


def counted(kind: str, values: list[int], last: date = DAY) -> dict[tuple[str, str], list[tuple[str, int]]]:
    """A number a day, up to the last."""
    days = [last - timedelta(days=len(values) - 1 - n) for n in range(len(values))]
    return {("elsewhere", kind): [(day.isoformat(), value) for day, value in zip(days, values, strict=True)]}


@given(SERIES, SERIES)
def test_votes_elsewhere_are_the_latest_of_each_place(one: list[int], other: list[int]) -> None:
    counts = counted("votes", one) | {("another", "votes"): counted("votes", other)["elsewhere", "votes"]}
    assert votes_elsewhere(counts) == one[-1] + other[-1]
    assert votes_elsewhere(counted("stars", one)) == 0


@given(SERIES)
def test_stars_a_day_are_those_of_the_last_week(values: list[int]) -> None:
    rate = stars_a_day(counted("stars", values), DAY)
    if len(values) == 1:
        assert rate == values[0] / 30  # one number alone is spread over a month
    else:
        since = min(len(values) - 1, 7)
        assert rate == max(0, (values[-1] - values[-1 - since]) / since)


@given(SERIES, SERIES)
def test_stars_are_of_the_place_with_the_most(one: list[int], other: list[int]) -> None:
    counts = counted("stars", one) | {("another", "stars"): counted("stars", other)["elsewhere", "stars"]}
    single = [stars_a_day(counted("stars", values), DAY) for values in (one, other)]
    assert stars_a_day(counts, DAY) == max(single)
