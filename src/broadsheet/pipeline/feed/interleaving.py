"""Team-draft interleaving: two rankings share one page, and whose papers are wanted more often is the better one.

As two captains pick teams, the rankings pick their best paper that is not on the page yet, in turns; who begins a round
is drawn, seeded by reader and day. A wanted paper is credited to the team that picked it; days are won, lost or even.

Radlinski, Kurup, Joachims: How Does Clickthrough Data Reflect Retrieval Quality? CIKM 2008.
"""

from __future__ import annotations

import math
import re
import zlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date
from typing import Any

import numpy as np

from broadsheet.catalogue.events import LoggedEvent
from broadsheet.catalogue.experiments import Interleaving
from broadsheet.pipeline.feed.mix_report import WANTED
from broadsheet.pipeline.feed.ranking import FeedMix, Page
from broadsheet.pipeline.feed.replay_report import Measured, share_of
from broadsheet.pipeline.records import FeedItem

__all__ = [
    "OTHER",
    "OWN",
    "SITE",
    "Contender",
    "Verdict",
    "contender",
    "drafted",
    "sign_test",
    "teams_of",
    "verdict",
    "with_teams",
]

OWN, OTHER = "own", "other"  # teams
SITE = "site"  # the name of the draft that the settings of a library start
LEVEL = 0.05  # of the sign test
Z, POWER = 1.96, 0.84  # standard errors of that level, and of a power of four in five
MOST = 1000  # pages, from which "more" is said
_POLICY = re.compile(r"draft (\S+) .*\bteam (own|other)$")


def teams_of(own: Sequence[int], other: Sequence[int], k: int, rng: np.random.Generator) -> list[tuple[int, bool]]:
    """The k picks in order: (the paper, whether the other ranking picked it)."""
    picks: list[tuple[int, bool]] = []
    taken: set[int] = set()
    while len(picks) < k:
        before = len(picks)
        first = bool(rng.integers(2))
        for team in (first, not first):
            pick = next((paper for paper in (other if team else own) if paper not in taken), None)
            if pick is not None and len(picks) < k:
                picks.append((pick, team))
                taken.add(pick)
        if len(picks) == before:
            break
    return picks


def drafted(own: Page, other: Page, k: int, name: str, today: date, tag: str) -> tuple[Page, list[str]]:
    """(the page of both with k papers, the team of each); what is new to the reader stands first, as on any page."""
    rng = np.random.default_rng(zlib.crc32(f"draft|{name}|{today.isoformat()}".encode()))
    picks: list[tuple[int, bool]] = []
    for is_new in (True, False):
        first, second = (page.rows[page.new == is_new].tolist() for page in (own, other))
        picks += teams_of(first, second, k - len(picks), rng)
    rows = (own.rows.tolist(), other.rows.tolist())
    places = [rows[team].index(row) + team * len(rows[0]) for row, team in picks]
    both: dict[str, Any] = {
        field.name: np.concatenate([getattr(own, field.name), getattr(other, field.name)])[places]
        for field in fields(Page)
        if isinstance(getattr(own, field.name), np.ndarray)
    }
    return replace(own, **both, policy=f"draft {tag} {own.policy}"), [OTHER if team else OWN for _, team in picks]


@dataclass(frozen=True, slots=True)
class Contender:
    """A ranking that a reader's page is drafted against."""

    tag: str  # names the draft
    mix: FeedMix
    ranking: str  # page: the usual one; words: arXiv-sanity's way

    @classmethod
    def of(cls, tag: str, mix: FeedMix, other: Mapping[str, Any]) -> Contender:
        """The reader's mix with some weights and the ranking of another."""
        weights = {name: float(value) for name, value in other.items() if name != "ranking"}
        return cls(tag, replace(mix, **weights), str(other.get("ranking", "page")))


def contender(own: Interleaving | None, site: str, mix: FeedMix) -> Contender:
    """That of the reader's own draft where one runs, else that of the settings; `mix` is the reader's."""
    if own is not None:
        return Contender.of(own.started_at.isoformat(), mix, own.other)
    return Contender.of(SITE, mix, dict(part.split("=") for part in site.split()))


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a draft has shown so far; a page is the pages of one reader and day."""

    pages: int
    own: int  # pages on which more papers of the own mix were wanted
    other: int
    even: int  # pages on which as many of each were, or none
    wanted: tuple[int, int]  # papers of each team
    share: Measured | None  # of the other's among the pages that were not even; None without one
    p: float  # of the sign test
    needed: int | None  # further pages until the test would tell, if it goes on so; 0 now, None: more than MOST
    says: str


def verdict(logs: Iterable[Sequence[LoggedEvent]], tag: str) -> Verdict:
    """The verdict of the draft with this name from the logs of its readers."""
    credits = [credit for log in logs for credit in _credits(log, tag)]
    own, other = (sum(pair[team] for pair in credits) for team in (0, 1))
    wins = sum(b > a for a, b in credits)
    losses = sum(a > b for a, b in credits)
    told = wins + losses
    p = sign_test(wins, told)
    share = share_of(wins, told) if told else None
    needed = 0 if told and p < LEVEL else _needed(wins, told, len(credits))
    words = _words(len(credits), losses, wins, p, needed)
    return Verdict(len(credits), losses, wins, len(credits) - told, (own, other), share, p, needed, words)


def _credits(log: Sequence[LoggedEvent], tag: str) -> list[tuple[int, int]]:
    """Of every day with a drafted page: how many papers of either team were wanted, each once."""
    team_of: dict[int, tuple[date, str]] = {}  # paper → the day it was shown last, and its team on it
    wanted: dict[date, dict[int, str]] = defaultdict(dict)
    undone = {event.undoes for event in log}
    for event in log:
        if event.kind == "impression":
            match = _POLICY.match(event.policy)
            if match and match[1] == tag:
                day = event.at.date()
                wanted[day]
                if team_of.get(event.paper_id, (None,))[0] != day:
                    team_of[event.paper_id] = day, match[2]
            else:
                team_of.pop(event.paper_id, None)  # shown elsewhere since
        elif event.kind in WANTED and event.undoes is None and event.id not in undone and event.paper_id in team_of:
            day, team = team_of[event.paper_id]
            wanted[day][event.paper_id] = team
    return [tuple(list(papers.values()).count(team) for team in (OWN, OTHER)) for papers in wanted.values()]  # type: ignore[misc]


def sign_test(wins: int, n: int) -> float:
    """The probability of so uneven a split of n or a more uneven one by chance, two-sided."""
    least = min(wins, n - wins)
    return float(min(1.0, 2 * sum(math.comb(n, k) for k in range(least + 1)) / 2**n))


def _needed(wins: int, told: int, pages: int) -> int | None:
    """Further pages until a sign test tells, four times in five, if it goes on so; None for more than MOST."""
    if not told:
        return None
    share = (wins + 1) / (told + 2)
    gap = abs(share - 0.5)
    if gap < 1e-3:
        return None
    decided = ((Z / 2 + POWER * math.sqrt(share * (1 - share))) / gap) ** 2
    needed = math.ceil(decided * pages / told) - pages
    return max(needed, 1) if needed <= MOST else None


def _words(pages: int, own: int, other: int, p: float, needed: int | None) -> str:
    if not pages:
        return "No page was drafted yet: read one first."
    some = "1 page" if pages == 1 else f"{pages} pages"
    counts = f"{some}: {own} for your mix, {other} for the other, {pages - own - other} even"
    if needed == 0:
        return f"{counts}. {'The other' if other > own else 'Your own'} is better (sign test, p = {p:.3f})."
    more = f"more than {MOST:,} pages" if needed is None else f"about {needed} page{'' if needed == 1 else 's'}"
    return f"{counts}: too few to tell (sign test, p = {p:.2f}); {more} more would, if it goes on so."


def with_teams(items: tuple[FeedItem, ...], papers: Sequence[int], teams: Sequence[str]) -> tuple[FeedItem, ...]:
    """The items with the teams of a drafted page's papers (n,); it is no page of a mix and has no propensities."""
    team_of = dict(zip(papers, teams, strict=False))
    return tuple(replace(item, team=team_of[item.stored.id], propensity=None) for item in items)
