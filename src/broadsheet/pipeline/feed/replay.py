"""A reader's history, walked again: where would rankings have put the papers that were saved later?

history ──► windows: a model of what was done before ──► moments: papers that were there and not used yet ──► the rank
of every save ──► recall, NDCG, calibration, each with an interval

A save is looked for when its paper was first touched. Papers of the same moment do not stand in one another's way.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import ReaderState
from broadsheet.kit.mask import Mask
from broadsheet.kit.progress import Progress
from broadsheet.pipeline.feed import interests, ranking
from broadsheet.pipeline.feed import replay_report as found
from broadsheet.pipeline.feed.background import background_of
from broadsheet.pipeline.feed.given_saves import likes_of
from broadsheet.pipeline.feed.history import History, Moment, Window
from broadsheet.pipeline.feed.interests import Interest
from broadsheet.pipeline.feed.past_rankings import Sparse, newest, ranks, score_all, title_scores
from broadsheet.pipeline.feed.ranking import FeedMix, Scope
from broadsheet.pipeline.feed.replay_report import DEPTH, FIRST, PAGE, RANKINGS, ReplayReport, gain
from broadsheet.pipeline.feed.taste import Taste
from broadsheet.pipeline.index.paper_vectors import PaperVectors
from broadsheet.pipeline.index.snapshot import IndexSnapshot

__all__ = ["MOMENTS", "STEPS", "Arrivals", "replayed"]

STEPS = 20  # models that are fitted, at most
MOMENTS = 5  # of a window, at most
LEAST = DEPTH  # other papers that a save is looked for among
GAINS = gain(np.arange(1.0, FIRST + 1))  # of the places

Floats = NDArray[np.float64]
Arrivals = Mapping[datetime, int]  # moment → the last paper that was there


@dataclass(slots=True)
class _Judged:
    """What came of every save so far; aligned lists of arrays, one of each a moment."""

    recall: list[dict[str, Floats]] = field(default_factory=list)
    ndcg: list[dict[str, Floats]] = field(default_factory=list)
    days: list[NDArray[np.int64]] = field(default_factory=list)
    said: list[Floats] = field(default_factory=list)
    saved: list[NDArray[np.bool_]] = field(default_factory=list)
    steps: int = 0
    papers: int = 0
    by_date: int = 0


@dataclass(frozen=True, slots=True)
class _Fitted:
    """A window with the models of what was done before it."""

    window: Window
    state: ReaderState
    interest: Interest
    machine: Sparse
    saves: NDArray[np.int64]  # rows


def _fitted(snapshot: IndexSnapshot, vectors: PaperVectors | None, history: History, window: Window) -> _Fitted | None:
    """None where nothing was liked before."""
    state = history.before(window.start)
    interest = interests.learn(snapshot, state, vectors)
    saved = sorted(state.saved or state.opened, key=lambda p: (state.saved or state.opened)[p])
    likes, _ = likes_of(snapshot, saved, ())
    if interest is None or not len(likes.rows):
        return None
    weights = Taste(snapshot, vectors, likes).word_weights
    features = np.flatnonzero(weights)
    return _Fitted(window, state, interest, (features, weights[features]), likes.rows)


def replayed(
    snapshot: IndexSnapshot,
    vectors: PaperVectors | None,
    name: str,
    history: History,
    windows: Sequence[Window],
    arrivals: Arrivals,
    mixes: Mapping[str, FeedMix],
    *,
    seed: int = 0,
    progress: Progress | None = None,
) -> ReplayReport:
    """The report; `mixes` are by ranking ("page", "tried"), `arrivals` of the last touch of every moment."""
    fits, judged = [], _Judged()
    for done, window in enumerate(windows):
        if progress:
            progress("fitting", done, len(windows))
        if fitted := _fitted(snapshot, vectors, history, window):
            fits.append(fitted)
    if progress:
        progress("reading words", 0, None)
    background = background_of(snapshot, vectors)
    scores = score_all(snapshot, background, [fitted.machine for fitted in fits])
    wanted_at = {want.paper: want.at for window in windows for moment in window.moments for want in moment.wants}
    for done, (fitted, by_words) in enumerate(zip(fits, scores, strict=True)):
        if progress:
            progress("ranking", done, len(fits))
        titles = title_scores(snapshot, background, fitted.saves)
        walk = _Replay(snapshot, name, history, fitted, {"machine": by_words, "titles": titles}, mixes)
        judged.steps += 1
        for place, moment in enumerate(fitted.window.moments):
            pool = walk.judge(judged, moment, arrivals[moment.last])
            if pool and not place:
                walk.calibrate(judged, pool, moment.first, wanted_at)
    return _report(name, windows, judged, mixes, seed)


@dataclass(frozen=True, slots=True)
class _Pool:
    """The papers of a moment: those that were there and not used yet."""

    others: NDArray[np.bool_]  # (n,) but for the wanted
    wanted: NDArray[np.int64]  # rows
    until: int | None  # the last number that was there; None where dates tell

    @property
    def all(self) -> NDArray[np.bool_]:
        """Flags of the wanted and the others, (n,)."""
        flags = self.others.copy()
        flags[self.wanted] = True
        return flags

    @property
    def n(self) -> int:
        """How many papers one wanted paper is looked for among, itself included."""
        return int(np.count_nonzero(self.others)) + 1


@dataclass(frozen=True, slots=True)
class _Replay:
    """One window: its rankings, moment by moment."""

    snapshot: IndexSnapshot
    name: str
    history: History
    fitted: _Fitted
    scores: Mapping[str, NDArray[np.floating]]  # of every row, by ranking
    mixes: Mapping[str, FeedMix]

    def judge(self, judged: _Judged, moment: Moment, until: int) -> _Pool | None:
        """Add what every ranking does with the papers of a moment; None where there is too little to choose from."""
        pool = self._pool(moment, until)
        if not len(pool.wanted) or pool.n <= LEAST:
            return None
        recall, ndcg = {}, {}
        for name, mix in self.mixes.items():
            recall[name], ndcg[name] = self._on_page(moment, mix, pool)
        by_date = newest(self.snapshot.valid_days(moment.last.date()))
        for name, scores in {"fit": self._fit(pool), **self.scores, "newest": by_date}.items():
            places = ranks(scores, pool.others, pool.wanted)
            recall[name], ndcg[name] = (places <= DEPTH).astype(np.float64), gain(places)
        chance = np.full(len(pool.wanted), 1 / pool.n)
        recall["random"] = np.minimum(1, DEPTH * chance)
        ndcg["random"] = chance * GAINS.sum()
        judged.recall.append(recall)
        judged.ndcg.append(ndcg)
        there = self.snapshot.rows_of([want.paper for want in moment.wants]) >= 0
        judged.days.append(np.array([want.at.toordinal() for want in moment.wants], np.int64)[there])
        judged.papers = pool.n
        judged.by_date += len(pool.wanted) if pool.until is None else 0
        return pool

    def _pool(self, moment: Moment, until: int) -> _Pool:
        """Where a wanted paper came to the library after it was saved, what was published by then was there."""
        snapshot = self.snapshot
        wanted = snapshot.present_rows([want.paper for want in moment.wants])
        flags = snapshot.alive.flags().copy()
        is_by_date = bool((snapshot.ids[wanted] > until).any())
        if is_by_date:
            flags &= (snapshot.days > 0) & (snapshot.days <= moment.last.toordinal())
        else:
            flags &= snapshot.ids <= until
        used = self.fitted.state.used | self.history.touched(self.fitted.window.start, moment.first)
        flags[snapshot.present_rows(used)] = False
        flags[wanted] = False
        return _Pool(flags, wanted, None if is_by_date else until)

    def _on_page(self, moment: Moment, mix: FeedMix, pool: _Pool) -> tuple[Floats, Floats]:
        """(the chance to be among the first 50, the expected gain) of each wanted paper on the page of a mix.

        A page explores with known probabilities, so chance is worked out and not drawn.
        """
        snapshot, wanted = self.snapshot, pool.wanted
        out = snapshot.alive.flags() & ~pool.all
        if pool.until is not None:
            out &= snapshot.ids <= pool.until
        page = ranking.page(
            *(snapshot, self.name, self.fitted.state, self.fitted.interest, replace(mix, exploration=0)),
            *(DEPTH + len(wanted), moment.last.date(), Scope(without=snapshot.ids[out].tolist(), until=pool.until)),
        )
        is_wanted = np.isin(page.rows, wanted)
        place = 1 + np.cumsum(~is_wanted)  # wanted papers stand in nobody's way
        place_of = dict(zip(page.rows[is_wanted].tolist(), place[is_wanted].tolist(), strict=True))
        places = np.array([place_of.get(row, np.inf) for row in wanted.tolist()], np.float64)
        among = (places <= DEPTH).astype(np.float64)
        recall = _explored(places, among, np.ones(DEPTH), mix.exploration, pool.n)
        return recall, _explored(places, gain(places), GAINS, mix.exploration, pool.n)

    def _fit(self, pool: _Pool) -> NDArray[np.float32]:
        """The taste's score of every row, (n,); -inf where it does not look."""
        rows = self.fitted.interest.taste.candidates(Mask.of(pool.all), DEPTH + len(pool.wanted))
        scores = np.full(len(self.snapshot), -np.inf, np.float32)
        scores[rows] = self.fitted.interest.taste.scores(rows)
        return scores

    def calibrate(self, judged: _Judged, pool: _Pool, since: datetime, wanted_at: Mapping[int, datetime]) -> None:
        """Note what the model says of the first papers of its ranking, and which of them were saved from then on."""
        taste = self.fitted.interest.taste
        rows = taste.candidates(Mask.of(pool.all), FIRST)
        scores = taste.scores(rows)
        best = np.lexsort((rows, -scores))[:FIRST]
        numbers = self.snapshot.ids[rows[best]].tolist()
        judged.said.append(taste.probabilities(scores[best]).astype(np.float64))
        judged.saved.append(np.array([n in wanted_at and wanted_at[n] >= since for n in numbers], np.bool_))


def _explored(places: Floats, value: Floats, gains: Floats, share: float, n: int) -> Floats:
    """The expected value of papers at these places of a page that explores, among n papers.

    `value` are those of the papers where they stand, `gains` those of the places of the page.
    """
    size = len(gains)
    others = max(n - size, 0)  # that places are given to
    drawn = min(round(share * size), others)
    if not drawn:
        return value
    first = min(size // 2, size - drawn)
    stays = np.where(places <= first, 1.0, 1 - drawn / (size - first))
    return np.where(places <= size, stays * value, drawn / others * float(gains[first:].mean()))


def _report(
    name: str, windows: Sequence[Window], judged: _Judged, mixes: Mapping[str, FeedMix], seed: int
) -> ReplayReport:
    all_saves = sum(len(moment.wants) for window in windows for moment in window.moments)
    days = np.concatenate([np.empty(0, np.int64), *judged.days])
    names = [one for one in RANKINGS if judged.recall and one in judged.recall[0]]
    rankings: list[found.RankingResult] = []
    differences: list[found.Comparison] = []
    if len(days):
        values = {
            one: np.stack([np.concatenate([part[one] for part in parts]) for parts in (judged.recall, judged.ndcg)], 1)
            for one in names
        }
        pairs = [(PAGE, other) for other in names if other not in (PAGE, "tried")]
        pairs += [("tried", PAGE)] if "tried" in names else []
        numbers = iter(found.bootstrap(np.concatenate(list(values.values()), axis=1), days, seed))
        rankings = [found.RankingResult(one, RANKINGS[one][0], next(numbers), next(numbers)) for one in names]
        gaps = np.concatenate([values[a] - values[b] for a, b in pairs], axis=1)
        numbers = iter(found.bootstrap(gaps, days, seed, least=-1.0))
        differences = [found.Comparison(a, b, next(numbers), next(numbers)) for a, b in pairs]
    n_days = len(np.unique(days))
    says = tuple(found.comparison_sentence(one, len(days), n_days) for one in differences)
    said = np.concatenate([np.empty(0), *judged.said])
    saved = np.concatenate([np.empty(0, np.bool_), *judged.saved])
    first, last = (
        (datetime.fromordinal(int(day)).date() for day in (days.min(), days.max())) if len(days) else (None,) * 2
    )
    return ReplayReport(
        *(name, len(days), n_days, first, last, judged.steps, judged.papers),
        *(all_saves - len(days), judged.by_date, tuple(rankings), tuple(differences), found.calibration(said, saved)),
        mix=asdict(mixes[PAGE]),
        tried=asdict(mixes["tried"]) if "tried" in mixes else None,
        says=says,
    )
