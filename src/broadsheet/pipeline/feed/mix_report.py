"""Whether another mix would have served a reader better: estimated from the log of the reader's pages.

log ──► pages with propensities, each with the reader's state of that moment ──► the model of that moment ──► the page
that each mix would have made ──► off-policy estimates of the papers opened, saved or asked for more of a page
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import ReaderState
from broadsheet.catalogue.events import LoggedEvent, PaperState, replay
from broadsheet.pipeline.feed import interests, ranking
from broadsheet.pipeline.feed.history import state_of
from broadsheet.pipeline.feed.off_policy import (
    Estimate,
    Log,
    Support,
    Target,
    compared,
    estimated,
    reward_rates,
    support,
)
from broadsheet.pipeline.feed.past_rankings import ranked_by
from broadsheet.pipeline.feed.ranking import FeedMix, Page, Scope
from broadsheet.pipeline.index.paper_vectors import PaperVectors
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.trending.examination import default_curve

__all__ = ["MixReport", "ShownPage", "mix_report", "shown_pages"]

WANTED = ("open", "save", "up")  # actions that count as a reward
MOST = 200  # latest pages that are estimated from


@dataclass(frozen=True, slots=True)
class ShownPage:
    """The first page of a day, and the reader's state before it."""

    at: datetime
    papers: tuple[int, ...]
    positions: tuple[int, ...]
    propensities: tuple[float, ...]
    wanted: frozenset[int]  # papers that the reader wanted between this page and the next
    state: ReaderState
    before: datetime | None  # when the page before was shown


@dataclass(frozen=True, slots=True)
class MixReport:
    """Estimates of wanted papers a page, by estimator: of the two mixes, and of the second less the first."""

    pages: int
    shown: int
    wanted: int
    mix: Mapping[str, Estimate]
    other: Mapping[str, Estimate]
    difference: Mapping[str, Estimate]
    support: Support  # of the other mix
    warnings: tuple[str, ...] = ()


def shown_pages(events: Sequence[LoggedEvent]) -> list[ShownPage]:
    """The first page of each day whose propensities are known, the latest MOST, from a reader's whole log in order."""
    impressions = defaultdict(list)
    for event in events:
        if event.kind == "impression":
            impressions[event.at].append(event)
    firsts: dict[date, datetime] = {}
    for at, shown in impressions.items():
        if all(one.propensity and one.position for one in shown):
            firsts.setdefault(at.date(), at)
    latest = set(list(firsts.values())[-MOST:])
    pages: list[ShownPage] = []
    actions: dict[int, list[tuple[int, str, str, str, int | None]]] = defaultdict(list)
    states: dict[int, PaperState] = {}
    seen: dict[int, set[date]] = defaultdict(set)
    last_event, last_page = 0, None
    wanted: dict[int, set[int]] = {}
    for event in events:
        if event.kind != "impression":
            actions[event.paper_id].append((event.id, event.kind, event.at.isoformat(), event.value, event.undoes))
            states[event.paper_id] = replay(actions[event.paper_id])
            last_event = event.id
            if pages and event.kind in WANTED and event.undoes is None:
                wanted[len(pages) - 1].add(event.paper_id)
            continue
        day = event.at.date()
        if event.at in latest:
            latest.remove(event.at)
            earlier = {p: len(days - {day}) for p, days in seen.items() if days - {day}}
            state = state_of(states, earlier, last_event)
            pages.append(_shown_page(impressions[event.at], state, last_page))
            wanted[len(pages) - 1] = set()
        last_page = event.at
        seen[event.paper_id].add(day)
    return [replace(page, wanted=frozenset(wanted[at])) for at, page in enumerate(pages)]


def _shown_page(shown: Sequence[LoggedEvent], state: ReaderState, before: datetime | None) -> ShownPage:
    papers = tuple(event.paper_id for event in shown)
    positions = tuple(event.position or 0 for event in shown)
    propensities = tuple(event.propensity or 0.0 for event in shown)
    return ShownPage(shown[0].at, papers, positions, propensities, frozenset(), state, before)


def mix_report(
    snapshot: IndexSnapshot,
    name: str,
    pages: Sequence[ShownPage],
    numbers: Sequence[tuple[int | None, int]],
    mixes: tuple[FeedMix, FeedMix],
    vectors: PaperVectors | None = None,
    other: str = "page",
) -> MixReport:
    """Estimates for two mixes; `numbers` are, by page, the last papers that were there at the page before and at it.

    `vectors` are the papers', with which pages are made; `other` is the ranking of the second mix, one of RANKERS.
    """
    log, papers = _log(pages)
    models = [interests.learn(snapshot, page.state, vectors) for page in pages]
    feature = np.concatenate(
        [ranking.probabilities(snapshot, model, page.papers) for model, page in zip(models, pages, strict=True)]
    )
    targets: list[Target] = []
    for mix, ranker in zip(mixes, ("page", other), strict=True):
        steady = replace(mix, exploration=0)  # the ranking itself is judged
        ranked = [ranked_by(ranker, model, vectors) for model in models]
        made = [
            ranking.page(
                *(snapshot, name, page.state, model, steady, len(page.papers), page.at.date()),
                Scope(new_after=new_after, until=until, fills=False),
            )
            for page, model, (new_after, until) in zip(pages, ranked, numbers, strict=True)
        ]
        targets.append(_target(snapshot, log, papers, made, feature.astype(np.float64)))
    first, second = targets
    basis = _basis(snapshot, log, second, pages, made)
    return MixReport(
        pages=len(pages),
        shown=len(papers),
        wanted=int(log.rewards.sum()),
        mix=estimated(log, first),
        other=estimated(log, second),
        difference=compared(log, second, first),
        support=basis,
        warnings=basis.warnings,
    )


def _basis(
    snapshot: IndexSnapshot, log: Log, target: Target, pages: Sequence[ShownPage], made: Sequence[Page]
) -> Support:
    """What the estimates for a ranking that made these pages rest on."""
    numbers = [set(snapshot.ids[one.rows].tolist()) for one in made]
    on_log = [len(mine & set(page.papers)) for page, mine in zip(pages, numbers, strict=True)]
    return support(log, target, [len(one.rows) for one in made], on_log)


def _log(pages: Sequence[ShownPage]) -> tuple[Log, NDArray[np.int64]]:
    """(the log, the number of each of its papers (m,))."""
    papers = np.array([p for page in pages for p in page.papers], np.int64)
    log = Log(
        pages=np.repeat(np.arange(len(pages)), [len(page.papers) for page in pages]),
        propensities=np.array([q for page in pages for q in page.propensities]),
        looks=default_curve(np.array([p for page in pages for p in page.positions])),
        rewards=np.array([p in page.wanted for page in pages for p in page.papers], np.float64),
        n=len(pages),
    )
    return log, papers


def _target(
    snapshot: IndexSnapshot, log: Log, papers: NDArray[np.int64], made: Sequence[Page], feature: NDArray[np.float64]
) -> Target:
    """What a ranking that made these pages does with the log; `feature` predicts the rewards of its papers."""
    owner = np.repeat(np.arange(log.n), [len(page.rows) for page in made])
    looks = np.concatenate([default_curve(np.arange(1, len(page.rows) + 1)) for page in made])
    numbers = np.concatenate([snapshot.ids[page.rows] for page in made])
    given = dict(zip(zip(owner.tolist(), numbers.tolist(), strict=True), looks.tolist(), strict=True))
    interest = np.concatenate([page.interest for page in made]).astype(np.float64)
    rates, others = reward_rates(log, feature, interest, owner)
    return Target(
        looks=np.array([given.get(key, 0.0) for key in zip(log.pages.tolist(), papers.tolist(), strict=True)]),
        total=np.bincount(owner, looks, log.n).astype(np.float64),
        predicted=np.bincount(owner, looks * others, log.n).astype(np.float64),
        rates=rates,
    )
