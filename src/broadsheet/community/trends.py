"""Trends: papers in the order by trend, each with the parts of its score and a sentence that says why.

With few voters the order is by relevance and time, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

import numpy as np

from broadsheet.community import trend_signals
from broadsheet.community.trend_reasons import reason
from broadsheet.community.trend_signals import Known
from broadsheet.community.trend_statistics import CommunityStatistics
from broadsheet.kit.paper import Paper
from broadsheet.pipeline.library import Library
from broadsheet.settings.sections import Trending
from broadsheet.trending.contract import Formula, Scores, Signals
from broadsheet.trending.evidence import Evidence
from broadsheet.trending.exploration import Exploration
from broadsheet.trending.hacker_news import HackerNews
from broadsheet.trending.lobsters import Lobsters
from broadsheet.trending.reddit_hot import RedditHot
from broadsheet.trending.vote_count import VoteCount
from broadsheet.trending.vote_rate import VoteRate

__all__ = ["FORMULAS", "Trend", "Trends"]

FORMULAS: Mapping[str, Callable[[Trending], Formula]] = {
    "vote-rate": lambda settings: VoteRate(days=settings.days),
    "hacker-news": lambda _: HackerNews(),
    "reddit-hot": lambda _: RedditHot(),
    "lobsters": lambda _: Lobsters(),
    "vote-count": lambda _: VoteCount(),
}
BANDS = 5  # of relevance, where there are few voters


@dataclass(frozen=True, slots=True)
class Trend:
    """A paper's place in the order: its score, greater is better, its parts, and a sentence that says why."""

    paper_id: int
    score: float
    parts: Mapping[str, float]
    reason: str


class Trends:
    """Orders the papers of a library. `field_of` names the field of a paper."""

    def __init__(self, library: Library, field_of: Callable[[Paper], str] | None = None) -> None:
        self._library = library
        self._stored = library.catalogue.community.trending
        self._field_of = field_of or _main_category
        self._statistics = CommunityStatistics(library, self._field_of)

    def order(self, ids: Collection[int], now: datetime) -> list[Trend]:
        """These papers, the best first at `now`; numbers of papers that are gone are left out."""
        papers = self._library.papers(list(dict.fromkeys(ids)))
        if not papers:
            return []
        attention = self._stored.attention([stored.id for stored in papers])
        fields = [self._field_of(stored.paper) for stored in papers]
        facts = trend_signals.known(papers, attention, self._statistics.background(now), fields, now)
        facts = self._with_nearness([stored.id for stored in papers], facts, now)
        few = self.has_few_voters(now)
        formula = FORMULAS[self._library.settings.trending.formula](self._library.settings.trending)
        scores = _by_relevance_and_time(facts) if few else formula.score(facts.signals)
        # equal scores: the newer paper, then the one that was added later
        order = np.lexsort((-np.array([stored.id for stored in papers]), facts.signals.age, -scores.total))
        if not few and isinstance(formula, VoteRate):
            order = Exploration().order(order, scores.total, formula.uncertainty(facts.signals))
        return [
            Trend(
                papers[at].id,
                float(scores.total[at]),
                {name: float(part[at]) for name, part in scores.parts.items()},
                reason(facts, scores, at, few=few),
            )
            for at in order.tolist()
        ]

    def groups_of_voters(self, paper_id: int, now: datetime) -> dict[int, int]:
        """Reader → the reader in whose group a vote for the paper counts, where that is another.

        0: all new accounts; -1: those who vote together for paper after paper. For administrators: a vote that they
        decide to count is a group of its own.
        """
        voters = self._stored.attention([paper_id]).voters
        groups = self._statistics.background(now).groups_of_votes(voters).tolist()
        return {
            voter.reader_id: group
            for voter, group in zip(voters.get(paper_id, ()), groups, strict=True)
            if not voter.decided and group != voter.reader_id
        }

    def has_few_voters(self, now: datetime) -> bool:
        """Whether too few vote for an order by votes: the busiest day of the last week had fewer than the setting."""
        return self._statistics.busiest_day(now) < self._library.settings.trending.few_voters

    def note(self, now: datetime) -> str:
        """What a page says of its order; "" where it is the usual one."""
        least = self._library.settings.trending.few_voters
        return f"Fewer than {least} voters a day: by relevance, then newest." if self.has_few_voters(now) else ""

    def _with_nearness(self, ids: list[int], facts: Known, now: datetime) -> Known:
        found = self._statistics.liking(now)
        if found is None:
            return facts
        snapshot, liking = found
        near = liking.nearness(snapshot, ids)
        evidence = {**facts.evidence, "nearness": near}
        signals = replace(facts.signals, relevance=Evidence().relevance(evidence))
        return replace(facts, signals=signals, evidence=evidence)


def _by_relevance_and_time(facts: Known) -> Scores:
    """The order of few voters: bands of relevance, votes here among it, and the newest first in each."""
    signals: Signals = facts.signals
    relevance = Evidence().relevance({**facts.evidence, "votes here": signals.votes})
    bands = np.floor(np.minimum(relevance * BANDS, BANDS - 1))
    newness = 1 / (2 + signals.age)
    return Scores(bands + newness, {"relevance": bands, "newness": newness})


def _main_category(paper: Paper) -> str:
    return paper.categories[0] if paper.categories else ""
