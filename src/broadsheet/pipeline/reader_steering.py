"""How readers steer their pages: their interests and mutes, changes of them, and what a change moves."""

from __future__ import annotations

import difflib
import time
from collections import Counter
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

import numpy as np

from broadsheet.catalogue import Catalogue, Mute, Reader, Steering
from broadsheet.kit.errors import UsageError
from broadsheet.kit.threads import one_thread
from broadsheet.pipeline.feed import steering as changes
from broadsheet.pipeline.feed.clusters import Tree
from broadsheet.pipeline.feed.history import History
from broadsheet.pipeline.feed.onboarding import Answer, Answers, Questions
from broadsheet.pipeline.feed.own_interests import ReaderInterest
from broadsheet.pipeline.feed.ranking import Scope
from broadsheet.pipeline.index.index import Index
from broadsheet.pipeline.reader_models import ReaderModel
from broadsheet.pipeline.readers import Readers
from broadsheet.pipeline.records import FeedPage

__all__ = ["Moved", "ReaderSteering", "SteeringView"]


@dataclass(frozen=True, slots=True)
class Moved:
    """What a change did to the reader's page: paper numbers, from the top down."""

    label: str
    left: tuple[int, ...] = ()
    came: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class SteeringView:
    """The interests and mutes of a reader, and the change that an undo takes back, if any."""

    interests: tuple[ReaderInterest, ...]  # those that steer, then those that are muted or have no papers
    deleted: tuple[ReaderInterest, ...]
    mutes: tuple[Mute, ...]
    last_change: str | None


class ReaderSteering:
    """Shows and changes them."""

    def __init__(self, catalogue: Catalogue, index: Index, readers: Readers) -> None:
        self._catalogue = catalogue
        self._index = index
        self._readers = readers
        self._stored = catalogue.readers.steering

    def view(self, name: str) -> SteeringView:
        """All of it; nothing is stored. Raises UnknownReader."""
        who = self._readers.reader(name, create=False)
        model = self._model(who)
        own = self._everything(model)
        live = sorted((one for one in own if one.stored.state != "dropped"), key=lambda one: -one.share)
        return SteeringView(
            tuple(live),
            tuple(one for one in own if one.stored.state == "dropped"),
            model.steering.mutes,
            self._stored.last_change(who.id) if who.id else None,
        )

    def interest(self, name: str, which: str) -> ReaderInterest:
        """The interest with this number, name or key. Raises UsageError with the nearest names."""
        own = self._everything(self._model(self._readers.reader(name, create=False)))
        return _one_of(own, which)

    def rename(self, name: str, which: str, to: str) -> Moved:
        """Give an interest a name that stays. Raises UsageError."""
        return self._change(name, which, lambda s, at: changes.renamed(s, at, to), "renamed {}")

    def weigh(self, name: str, which: str, weight: float) -> Moved:
        """Have an interest count more or less; 1 is the usual. Raises UsageError."""
        return self._change(name, which, lambda s, at: changes.with_weight(s, at, weight), "weighed {}")

    def set_quota(self, name: str, which: str, quota: float | None) -> Moved:
        """Give an interest a fixed share of the page, 0..1, or None. Raises UsageError."""
        return self._change(name, which, lambda s, at: changes.with_quota(s, at, quota), "changed the quota of {}")

    def set_state(self, name: str, which: str, state: str) -> Moved:
        """Mute an interest, or put it (back) on. Raises UsageError."""
        label = {"muted": "muted {}", "on": "put {} back on"}[state]
        return self._change(name, which, lambda s, at: changes.with_state(s, at, state), label)

    def delete(self, name: str, which: str) -> Moved:
        """Delete an interest; saves stay saved. Raises UsageError."""
        return self._change(name, which, changes.dropped, "deleted {}")

    def split(self, name: str, which: str, papers: Collection[int] = ()) -> Moved:
        """Take papers out of an interest into a new one; by default it is cut in two where it is least alike."""
        out = papers or self._halves(name, which)
        return self._change(name, which, lambda s, at: changes.split(s, at, out), "split {}")

    def merge(self, name: str, which: str, other: str) -> Moved:
        """Make one interest of two; the name of the first stays. Raises UsageError."""
        who, steering, own = self._settled(name)
        one, two = (_number_of(own, key) for key in (which, other))
        label = f"merged {_named(steering, two)} into {_named(steering, one)}"
        return self._apply(who, steering, changes.merged(steering, one, two), label)

    def make(self, name: str, kind: str, value: str, called: str = "", papers: Collection[int] = ()) -> Moved:
        """Make an interest from a tag, collection, search, author, sentence or list of papers. Raises UsageError."""
        who, steering, _ = self._settled(name)
        if kind == "tag" and value.strip() not in self._readers.state(name).tags:
            raise UsageError(f"no paper has the tag {value.strip()!r}; `broadsheet tag` gives one")
        if kind == "collection" and value.strip() not in self._catalogue.readers.collections(who.id):
            raise UsageError(f"no collection is named {value.strip()!r}; `broadsheet collections` lists them")
        return self._apply(who, steering, changes.made(steering, kind, value, called, papers), "made an interest")

    def query_of_search(self, name: str, which: str) -> str:
        """The query of a saved search of this name; the text itself where there is none."""
        who = self._readers.reader(name, create=False)
        saved = {one.name: one.search for one in self._catalogue.readers.searches.all(who.id)} if who.id else {}
        search = saved.get(which.strip(), {})
        if search.get("among"):
            raise UsageError(f"the search {which.strip()!r} is among papers of one kind; an interest is in all of them")
        return " ".join([*search.get("within", ()), search.get("q", "")]).strip() or which

    def mute(self, name: str, kind: str, value: str) -> Moved:
        """Mute a word, an author, a venue or an organisation. Raises UsageError."""
        who, steering, _ = self._settled(name)
        return self._apply(who, steering, changes.muted(steering, kind, value), f"muted the {kind} {value.strip()}")

    def unmute(self, name: str, kind: str, value: str) -> Moved:
        """Take a mute back. Raises UsageError."""
        who, steering, _ = self._settled(name)
        return self._apply(who, steering, changes.unmuted(steering, kind, value), f"unmuted the {kind} {value}")

    def reset(self, name: str) -> Moved:
        """Forget interests and mutes: interests are found anew. It can be undone."""
        who, steering, _ = self._settled(name)
        return self._apply(who, steering, Steering(), "reset interests and mutes")

    def go_back(self, name: str, day: date) -> Moved:
        """Steer as at the end of an earlier day (UTC), as far as changes are kept; it can be undone."""
        who, steering, _ = self._settled(name)
        when = datetime.combine(day, datetime.max.time(), self._catalogue.now().tzinfo)
        return self._apply(who, steering, self._stored.at(who.id, when), f"went back to {day}")

    def undo(self, name: str) -> Moved | None:
        """Take the reader's last change back; None if there is none left."""
        who = self._readers.reader(name)
        before = self._page(who)
        label = self._stored.undo(who.id)
        return None if label is None else _moved(label, before, self._page(who))

    def next_question(self, name: str, no: Sequence[int] = (), near: Sequence[int] = ()) -> int | None:
        """The paper to ask a reader about next, by number, after these answers of no and near; None when it is enough.

        Papers asked for more of are the answers of yes; other papers that the reader knows are not asked about.
        """
        state = self._readers.state_of(self._readers.reader(name, create=False))
        yes = [paper for paper, rating in state.ratings.items() if rating > 0]
        said = {Answer.YES: yes, Answer.NEAR: near, Answer.NO: no}
        given = tuple((paper, answer) for answer, papers in said.items() for paper in papers)
        answers = Answers(given, frozenset(state.used))
        if answers.is_done:
            return None
        with one_thread():
            return Questions(self._index.snapshot()).next(answers)

    def feed_as_of(self, name: str, day: date, k: int | None = None) -> FeedPage:
        """The page as it would have been at the end of a day (UTC): papers, actions and steering of then.

        Nothing is logged. Raises UsageError for a day to come.
        """
        now = self._catalogue.now()
        if day > now.date():
            raise UsageError(f"{day} is still to come; a page of the past is of today or before")
        when = min(now, datetime.combine(day, datetime.max.time(), now.tzinfo))
        started = time.perf_counter()
        who = self._readers.reader(name, create=False)
        log = self._catalogue.readers.whole_log(who.id) if who.id else []
        shown = {(event.paper_id, event.at.date()) for event in log if event.kind == "impression" and event.at < when}
        seen = Counter(paper for paper, at in shown if at < day)
        state = replace(History(log, now).before(when), seen=dict(seen))
        snapshot = self._index.snapshot()
        steering = self._stored.at(who.id, when) if who.id else Steering()
        with one_thread():
            model = self._readers.models.fit(snapshot, who, state, steering)
        scope = Scope(until=self._catalogue.papers.last_number_at(when), fills=False)
        size = self._readers.size if k is None else k
        mix = self._readers.mix(name)
        composed = self._readers.compose(who, state, size, mix, scope, model=model, today=when.date())
        return self._readers.given_out(who, state, composed, None, f"as-of={when.date()}", started, log=False)

    # ------------------------------------------------------------------------------------------------------------

    def _model(self, who: Reader, *, store: bool = False) -> ReaderModel:
        with one_thread():
            return self._readers.models.of(self._index.snapshot(), who, self._readers.state_of(who), store=store)

    def _everything(self, model: ReaderModel) -> tuple[ReaderInterest, ...]:
        """The interests; those that are stored, where there is no model."""
        own = model.interest.own if model.interest else None
        return own.all if own is not None else tuple(ReaderInterest(one) for one in model.steering.interests)

    def _settled(self, name: str) -> tuple[Reader, Steering, tuple[ReaderInterest, ...]]:
        """(the reader, how it steers now, all interests: stored, if they can be)."""
        who = self._readers.reader(name)
        model = self._model(who, store=True)
        return who, model.steering, self._everything(model)

    def _change(self, name: str, which: str, change: Callable[[Steering, int], Steering], label: str) -> Moved:
        who, steering, own = self._settled(name)
        number = _number_of(own, which)
        return self._apply(who, steering, change(steering, number), label.format(_named(steering, number)))

    def _apply(self, who: Reader, steering: Steering, new: Steering, label: str) -> Moved:
        before = self._page(who)
        if self._stored.write(who.id, new, label, expected=steering) is None:
            raise UsageError("the interests were changed elsewhere in the meantime; look again")
        self._model(who, store=True)
        return _moved(label, before, self._page(who))

    def _page(self, who: Reader) -> list[int]:
        return [item.stored.id for item in self._readers.feed(who.name, log=False).items]

    def _halves(self, name: str, which: str) -> list[int]:
        """The smaller of the two parts that an interest falls into."""
        who = self._readers.reader(name, create=False)
        model = self._model(who)
        one = _one_of(self._everything(model), which)
        rows = model.snapshot.rows_of(list(one.papers))
        if model.interest is None or len(rows) < 2:
            raise UsageError(f"the interest {one.stored.name!r} has no two parts: it needs two saves or more")
        vectors = model.interest.taste.background.static.apply(model.snapshot.dense.vectors(rows))
        label = Tree.of(vectors @ vectors.T).labels[1]
        smaller = int(np.bincount(label).argmin())
        return [paper for paper, part in zip(one.papers, label.tolist(), strict=True) if part == smaller]


def _one_of(own: Sequence[ReaderInterest], which: str) -> ReaderInterest:
    which = which.strip()
    found = [one for one in own if which in (one.key, one.stored.name)]
    if not found and which.startswith("p") and which[1:].isascii() and which[1:].isdigit():  # stored in the meantime
        found = [one for one in own if int(which[1:][:18]) in one.papers]
    if not found:
        names = [one.stored.name for one in own]
        near = difflib.get_close_matches(which, names, 3, cutoff=0.3) or names[:5]
        raise UsageError(f"no interest {which[:100]!r}; there is {', '.join(near) if near else 'none yet'}")
    return found[0]


def _number_of(own: Sequence[ReaderInterest], which: str) -> int:
    one = _one_of(own, which).stored
    if not one.id:
        raise UsageError(f"the interest {one.name!r} could not be stored yet; look again, or make the library writable")
    return one.id


def _named(steering: Steering, number: int) -> str:
    return next(f"“{one.name}”" for one in steering.interests if one.id == number)


def _moved(label: str, before: Sequence[int], after: Sequence[int]) -> Moved:
    left = tuple(paper for paper in before if paper not in after)
    return Moved(label, left, tuple(paper for paper in after if paper not in before))
