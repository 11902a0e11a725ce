"""Trends: papers in the order by trend, each with the parts of its score and a sentence that says why.

With few voters the order is by relevance and time, and says so.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np

from broadsheet.community import trend_signals
from broadsheet.community.nearness import nearness
from broadsheet.community.trend_reasons import reason
from broadsheet.community.trend_signals import Background, Known
from broadsheet.community.voter_groups import groups
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
BUSY_DAYS = 7  # the busiest of so many days decides whether there are few voters
LIKED_DAYS = 90  # what the community liked in so many days, nearness is measured against
LOG_DAYS = 30  # what is usual is learned from so many
FRESH = timedelta(minutes=10)  # what is usual is learned again after so long
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
        self._background: tuple[datetime, Background] | None = None
        self._fields: dict[int, str] = {}  # of papers that were shown lately

    def order(self, ids: Collection[int], now: datetime) -> list[Trend]:
        """These papers, the best first at `now`; numbers of papers that are gone are left out."""
        papers = self._library.papers(list(dict.fromkeys(ids)))
        if not papers:
            return []
        attention = self._stored.attention([stored.id for stored in papers])
        fields = [self._field_of(stored.paper) for stored in papers]
        facts = trend_signals.known(papers, attention, self.background(now), fields, now)
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
        """Reader → the reader in whose group a vote for the paper counts, where that is another; 0: all new accounts.

        For administrators: a vote that they decide to count is a group of its own.
        """
        groups = self.background(now).groups
        voters = self._stored.attention([paper_id]).voters.get(paper_id, ())
        return {
            voter.reader_id: groups[voter.reader_id]
            for voter in voters
            if not voter.decided and groups.get(voter.reader_id, voter.reader_id) != voter.reader_id
        }

    def has_few_voters(self, now: datetime) -> bool:
        """Whether too few vote for an order by votes: the busiest day of the last week had fewer than the setting."""
        return self._stored.busiest_day(now, BUSY_DAYS) < self._library.settings.trending.few_voters

    def note(self, now: datetime) -> str:
        """What a page says of its order; "" where it is the usual one."""
        least = self._library.settings.trending.few_voters
        return f"Fewer than {least} voters a day: by relevance, then newest." if self.has_few_voters(now) else ""

    def background(self, now: datetime) -> Background:
        """What is usual here: how positions are looked at, how fields vote, who votes together."""
        if self._background is None or abs(now - self._background[0]) > FRESH:
            log = self._stored.position_log(now - timedelta(days=LOG_DAYS))
            shown = {paper for paper, *_ in log.shown}
            new = self._library.papers(sorted(shown - self._fields.keys()))
            self._fields = {paper: name for paper, name in self._fields.items() if paper in shown}
            self._fields |= {stored.id: self._field_of(stored.paper) for stored in new}
            together = groups(self._stored.memberships(), now)
            self._background = now, trend_signals.background(log, self._fields, together)
        return self._background[1]

    def _with_nearness(self, ids: list[int], facts: Known, now: datetime) -> Known:
        liked = self._stored.recently_liked(now - timedelta(days=LIKED_DAYS))
        if len(liked) < 2:
            return facts
        near = nearness(self._library.snapshot(), ids, liked)
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
