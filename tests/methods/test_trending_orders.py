"""What no order by trend may do, whatever the papers: reward fewer votes, heed how they are given, lose one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.community.trends import FORMULAS
from broadsheet.settings.sections import Trending
from broadsheet.trending.contract import Formula, Signals
from broadsheet.trending.evidence import CAPS, WEIGHTS, Evidence
from broadsheet.trending.examination import Examination, default_curve
from broadsheet.trending.exploration import Exploration
from broadsheet.trending.independence import Independence, branches
from broadsheet.trending.lockstep import Lockstep, joined
from broadsheet.trending.plausibility import Plausibility
from broadsheet.trending.vote_rate import VoteRate, field_rates
from tests.methods.trending_signals import signals

NAMES = sorted(FORMULAS)
PAPER = st.tuples(
    st.integers(0, 60),  # votes
    st.integers(0, 900),  # looks more than votes
    st.integers(0, 12),  # comments
    st.integers(0, 40),  # age in half days
    st.integers(0, 10),  # relevance in tenths
    st.integers(1, 30),  # usual votes a look in hundredths
)
PAPERS = st.lists(PAPER, min_size=1, max_size=10)


def made(papers: Sequence[tuple[int, ...]]) -> Signals:
    """The signals of these papers."""
    return signals(
        [votes for votes, *_ in papers],
        views=[votes + more for votes, more, *_ in papers],
        comments=[paper[2] for paper in papers],
        age=[paper[3] / 2 for paper in papers],
        relevance=[paper[4] / 10 for paper in papers],
        usual=[paper[5] / 100 for paper in papers],
    )


def formula(name: str) -> Formula:
    return FORMULAS[name](Trending())


@pytest.mark.parametrize("name", NAMES)
@given(papers=PAPERS, at=st.integers(0, 9), more=st.integers(1, 50))
def test_one_more_vote_never_lowers_a_score_and_touches_no_other(
    name: str, papers: list[tuple[int, ...]], at: int, more: int
) -> None:
    given_, at = made(papers), at % len(papers)
    votes = given_.votes.copy()
    votes[at] += more
    before, after = (
        formula(name).score(given_).total,
        formula(name).score(replace(given_, votes=votes, voices=votes)).total,
    )
    assert after[at] >= before[at]
    assert np.delete(after, at).tolist() == np.delete(before, at).tolist()


@pytest.mark.parametrize("name", NAMES)
@given(papers=PAPERS, at=st.integers(0, 9), days=st.integers(1, 400))
def test_a_paper_that_is_older_never_scores_more(name: str, papers: list[tuple[int, ...]], at: int, days: int) -> None:
    given_, at = made(papers), at % len(papers)
    age = given_.age.copy()
    age[at] += days
    assert formula(name).score(replace(given_, age=age)).total[at] <= formula(name).score(given_).total[at]


@pytest.mark.parametrize("name", NAMES)
@given(papers=PAPERS, seed=st.integers(0, 99))
def test_the_order_of_the_papers_is_no_matter(name: str, papers: list[tuple[int, ...]], seed: int) -> None:
    given_, rows = made(papers), np.random.default_rng(seed).permutation(len(papers))
    whole, shuffled = formula(name).score(given_), formula(name).score(given_.take(rows))
    np.testing.assert_allclose(shuffled.total, whole.total[rows], rtol=1e-12)
    for part in whole.parts:
        np.testing.assert_allclose(shuffled.parts[part], whole.parts[part][rows], rtol=1e-12)


@pytest.mark.parametrize("name", NAMES)
@given(papers=PAPERS)
def test_every_score_is_a_number_and_every_part_is_told(name: str, papers: list[tuple[int, ...]]) -> None:
    scores = formula(name).score(made(papers))
    assert scores.total.shape == (len(papers),)
    assert np.isfinite(scores.total).all()
    assert {part.shape for part in scores.parts.values()} == {(len(papers),)}


@pytest.mark.parametrize("name", ["vote-rate", "reddit-hot", "lobsters"])
@given(papers=PAPERS)
def test_of_these_the_score_is_the_sum_of_its_parts(name: str, papers: list[tuple[int, ...]]) -> None:
    scores = formula(name).score(made(papers))
    np.testing.assert_allclose(scores.total, np.sum(list(scores.parts.values()), axis=0), atol=1e-12)


@pytest.mark.parametrize(
    ("name", "votes", "days"),
    [("reddit-hot", 10, 45_000 / 86_400), ("lobsters", 9, 22 / 24), ("vote-rate", 0, 14)],
)
def test_what_so_many_votes_are_worth_in_time(name: str, votes: int, days: float) -> None:
    """A paper with so many votes stands where one without any that is so many days younger stands."""
    older = signals([votes], age=[3.0 + days], views=[0])
    younger = signals([min(votes, 1) if name == "reddit-hot" else 0], age=[3.0], views=[0])
    gain = {"vote-rate": -1.0}.get(name, 0.0)
    assert formula(name).score(older).total[0] - formula(name).score(younger).total[0] == pytest.approx(gain)


@given(st.lists(st.floats(0, 1e9), min_size=len(CAPS), max_size=len(CAPS)), st.integers(0, len(CAPS) - 1))
def test_more_evidence_never_makes_a_paper_less_relevant(values: list[float], at: int) -> None:
    known = {name: np.array([value]) for name, value in zip(CAPS, values, strict=True)}
    name = list(CAPS)[at]
    before = Evidence().relevance(known)[0]
    after = Evidence().relevance({**known, name: known[name] * 2 + 1})[0]
    without = Evidence().relevance(
        {other: value for other, value in known.items() if other != name} | {name: np.zeros(1)}
    )
    assert 0 <= without[0] <= before <= after <= 1
    assert Evidence().chances(known)[name][0] <= WEIGHTS[name]


@given(st.lists(st.integers(0, 200), min_size=1, max_size=30))
def test_a_place_further_down_is_never_looked_at_more(positions: list[int]) -> None:
    ordered = np.array(sorted(position for position in positions if position) or [1])
    looks = Examination().weights(ordered)
    assert (np.diff(looks) <= 0).all()
    assert ((looks > 0) & (looks <= 1)).all()
    np.testing.assert_allclose(looks, default_curve(ordered))


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 60), st.integers(1, 500), st.integers(0, 50)), max_size=20))
def test_what_is_learned_of_positions_stays_within_reason(rows: list[tuple[int, int, int, int]]) -> None:
    paper, position, shown, votes = np.array(rows, np.int64).reshape(-1, 4).T
    fitted = Examination().fit(paper, position, shown.astype(np.float64), np.minimum(votes, shown).astype(np.float64))
    weights = fitted.weights(np.arange(61))
    assert np.isfinite(weights).all()
    assert (weights > 0).all()
    assert weights[1] == 1  # the first position is what all are measured by
    assert (weights[1:] <= 1).all()


@given(st.lists(st.floats(-5, 5), max_size=35), st.integers(0, 12), st.integers(0, 99))
def test_exploring_loses_no_paper_and_moves_only_one_place_in_so_many(
    scores: list[float], every: int, seed: int
) -> None:
    score = np.array(scores)
    order = np.argsort(-score, kind="stable")
    uncertainty = np.random.default_rng(seed).random(len(score))
    found = Exploration(every=every).order(order, score, uncertainty)
    assert sorted(found.tolist()) == list(range(len(score)))
    explored = set(found[every - 1 :: every].tolist()) if every else set()
    assert [at for at in found.tolist() if at not in explored] == [at for at in order.tolist() if at not in explored]


@given(st.lists(st.tuples(st.integers(0, 4), st.integers(-1, 6)), max_size=40), st.floats(0, 1))
def test_voices_are_at_least_the_groups_and_at_most_the_votes(votes: list[tuple[int, int]], shared: float) -> None:
    paper, group = np.array(votes, np.int64).reshape(-1, 2).T
    voices = Independence(shared=shared).voices(paper, group, 5)
    for n in range(5):
        of_paper = [one for on, one in votes if on == n]
        assert len(set(of_paper)) - 1e-9 <= voices[n] <= len(of_paper) + 1e-9


@given(st.lists(st.tuples(st.booleans(), st.integers(-1, 11)), max_size=12))
def test_a_group_is_led_by_a_member_who_is_not_new(accounts: list[tuple[bool, int]]) -> None:
    is_new = np.array([new for new, _ in accounts], np.bool_)
    inviter = np.array([by if by < len(accounts) else -1 for _, by in accounts], np.int64)
    for row, group in enumerate(branches(is_new, inviter).tolist()):
        if not is_new[row]:
            assert group == row
        else:
            assert group == -1 or not is_new[group]


@given(
    st.lists(st.tuples(st.integers(0, 3), st.integers(0, 80), st.integers(0, 300)), max_size=12),
    st.lists(st.integers(1, 40), min_size=4, max_size=4),
)
def test_votes_that_count_are_no_more_than_were_cast_and_no_fewer_than_usual(
    cells: list[tuple[int, int, int]], usual: list[int]
) -> None:
    paper, votes, looks = np.array(cells, np.int64).reshape(-1, 3).T
    rates = np.array(usual) / 100
    counted = Plausibility().plausible(paper, votes.astype(np.float64), looks.astype(np.float64), rates)
    for n in range(4):
        cast = sum(v for on, v, _ in cells if on == n)
        least = sum(min(v, rates[n] * seen) for on, v, seen in cells if on == n)
        assert least - 1e-9 <= counted[n] <= cast + 1e-9


@given(st.integers(0, 500), st.integers(1, 50), st.integers(1, 100))
def test_more_looks_account_for_more_votes(looks: int, usual: int, more: int) -> None:
    rate = np.array([usual / 100])
    limit = Plausibility().limit
    assert limit(np.array([float(looks + more)]), rate)[0] > limit(np.array([float(looks)]), rate)[0]


@given(st.lists(st.tuples(st.integers(0, 6), st.integers(0, 30)), max_size=80, unique=True), st.integers(0, 99))
def test_who_votes_together_does_not_depend_on_numbers_or_order(votes: list[tuple[int, int]], seed: int) -> None:
    rng = np.random.default_rng(seed)
    paper, reader = np.array(votes, np.int64).reshape(-1, 2).T
    found = Lockstep(deviations=1).together(paper, reader)
    rows = rng.permutation(len(votes))
    papers, readers = rng.permutation(7) * 1000, rng.permutation(31) * 7
    again = Lockstep(deviations=1).together(papers[paper[rows]], readers[reader[rows]])
    assert again.tolist() == found[rows].tolist()
    label = joined(paper, reader, found, -1)
    assert (label[found] == -1).all()
    assert ((label == -1) | (label == reader)).all()


@given(PAPERS, st.floats(0.5, 80), st.floats(0.5, 80))
def test_a_stronger_prior_leaves_less_to_the_votes(papers: list[tuple[int, ...]], one: float, other: float) -> None:
    weak, strong = sorted((one, other))
    given_ = replace(made(papers), relevance=np.zeros(len(papers)))
    far = np.abs(VoteRate(strength=weak).score(given_).parts["votes"])
    near = np.abs(VoteRate(strength=strong).score(given_).parts["votes"])
    assert (near <= far + 1e-9).all()


@given(st.lists(st.tuples(st.integers(0, 30), st.integers(0, 400), st.integers(0, 3)), min_size=1, max_size=12))
def test_the_rate_of_a_field_lies_between_its_own_and_that_of_all(papers: list[tuple[int, int, int]]) -> None:
    votes, more, field = np.array(papers, np.int64).T
    seen, looks = votes.astype(np.float64), (votes + more).astype(np.float64)
    rates = field_rates(seen, looks, field)
    everywhere = (seen.sum() + 1) / (looks.sum() + 20)
    for n in set(field.tolist()):
        own = seen[field == n].sum() / looks[field == n].sum() if looks[field == n].sum() else everywhere
        assert min(own, everywhere) - 1e-12 <= rates[n] <= max(own, everywhere) + 1e-12
