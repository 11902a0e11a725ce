"""The readers of a library: their actions, settings and feed pages."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from broadsheet.catalogue import Catalogue, Event, Reader, ReaderState
from broadsheet.kit.errors import LibraryError, UnknownReader, UsageError
from broadsheet.kit.reader_actions import ReaderAction
from broadsheet.kit.threads import one_thread
from broadsheet.pipeline.feed import items, ranking
from broadsheet.pipeline.feed.interleaving import Contender, contender, drafted, with_teams
from broadsheet.pipeline.feed.mixes import changed_mix
from broadsheet.pipeline.feed.past_rankings import ranked_by
from broadsheet.pipeline.feed.ranking import FeedMix, Page, Scope
from broadsheet.pipeline.feed.reasons import Nearest
from broadsheet.pipeline.index.index import Index
from broadsheet.pipeline.reader_models import ReaderModel, ReaderModels
from broadsheet.pipeline.records import FeedItem, FeedPage, TakenOut
from broadsheet.pipeline.search.searcher import Searcher
from broadsheet.settings import Settings

__all__ = ["Composed", "Readers"]

TRIES = 20  # attempts, at most, to fill a page without withdrawn papers and repeated works


@dataclass(frozen=True, slots=True)
class Composed:
    """A page, its items, and the model that ranked it."""

    page: Page
    items: tuple[FeedItem, ...]
    model: ReaderModel


def taken_out(composed: Composed) -> tuple[TakenOut, ...]:
    """What took papers out of a page that fit, in words."""
    own = composed.model.interest.own if composed.model.interest and composed.page.muted else None
    names = {one.key: one.stored.name for one in own.all} if own else {}
    parts = ((*name.partition(":")[::2], count) for name, count in composed.page.muted.items())
    return tuple(TakenOut(kind, value, names.get(value, value), count) for kind, value, count in parts)


class Readers:
    """The readers of a library."""

    def __init__(self, catalogue: Catalogue, index: Index, settings: Settings, searcher: Searcher) -> None:
        self._catalogue = catalogue
        self._index = index
        self._settings = settings
        self.models = ReaderModels(catalogue, index, searcher)

    def reader(self, name: str, *, create: bool = True) -> Reader:
        """The reader with this name; "me" always exists, "" is a visitor. Raises UnknownReader.

        Without `create` nothing is written: the number of a "me" that is not there yet is 0.
        """
        if not name:
            return Reader(0, name, self._catalogue.now(), {})
        try:
            return self._catalogue.readers.get(name, create=create and name == "me" and not self._catalogue.read_only)
        except (UnknownReader, LibraryError):  # or the disk is full
            if name != "me" or name in (reader.name for reader in self._catalogue.readers.all()):
                raise
            return Reader(0, name, self._catalogue.now(), {})  # none exists yet, and the catalogue cannot be written

    def create(self, name: str) -> Reader:
        """Create a reader. Raises UsageError if the name is taken."""
        if any(r.name == name for r in self._catalogue.readers.all()):
            raise UsageError(f"there is a reader {name!r} already")
        return self._catalogue.readers.get(name, create=True)

    def state(self, name: str) -> ReaderState:
        """The papers that the reader saved, rated, hid, opened and tagged. Raises UnknownReader."""
        return self.state_of(self.reader(name))

    def state_of(self, who: Reader) -> ReaderState:
        """The same, of a reader that was read."""
        return self._catalogue.readers.state(who.id) if who.id else ReaderState({}, {}, frozenset(), {}, {}, {}, 0)

    def papers_of(self, name: str, kind: str, value: str) -> Collection[int]:
        """The papers that the reader saved (kind "is") or gave the tag `value`."""
        state = self.state(name)
        return state.saved if kind == "is" else state.tags.get(value.strip(), frozenset())

    # Actions ----------------------------------------------------------------------------------------------------

    def act(
        self, name: str, number: int, action: str, value: str = "", *, position: int | None = None, policy: str = ""
    ) -> None:
        """Log a reader's action on a paper; `value` is the tag's name for tag and untag. Raises UsageError."""
        kind = ReaderAction.named(action)
        if kind.takes_value and not value.strip():
            raise UsageError("a tag needs a name")
        event = Event(kind.value, number, position=position, policy=policy, value=value.strip())
        self._catalogue.readers.log(self.reader(name).id, [event])

    def act_on_page(
        self,
        name: str,
        number: int,
        action: str,
        *,
        position: int | None = None,
        policy: str = "",
        visited: datetime | None = None,
    ) -> tuple[int, ...]:
        """Log an action and return the other papers that leave the reader's page by it, from the top down."""
        before = self.feed(name, log=False, visited=visited)
        self.act(name, number, action, position=position, policy=policy)
        after = {item.stored.id for item in self.feed(name, log=False, visited=visited).items}
        return tuple(item.stored.id for item in before.items if item.stored.id not in {*after, number})

    def save(self, name: str, numbers: Iterable[int]) -> None:
        """Save the papers of an import for the reader, except those already saved."""
        who = self.reader(name)
        have = self.state_of(who).saved
        events = [Event("save", number, policy="import") for number in numbers if number not in have]
        if events:
            self._catalogue.readers.log(who.id, events)

    def undo(self, name: str) -> tuple[str, int] | None:
        """Undo the reader's last action: (action, paper number), None if there is none left."""
        event = self._catalogue.readers.undo(self.reader(name).id)
        return (event.kind, event.paper_id) if event else None

    def collect(self, name: str, collection: str, number: int) -> None:
        """Put a paper into a collection, which is created if needed. Raises UsageError."""
        who, collection = self.reader(name).id, collection.strip()
        if not collection:
            raise UsageError("a collection needs a name")
        if collection not in self._catalogue.readers.collections(who):
            self._catalogue.readers.create_collection(who, collection)
        self._catalogue.readers.add_to_collection(who, collection, number)

    # Feed pages -------------------------------------------------------------------------------------------------

    @property
    def size(self) -> int:
        """The usual number of papers on a page."""
        return self._settings.feed.size

    def mix(self, name: str) -> FeedMix:
        """The weights of the reader's page."""
        return self._mix_of(self.reader(name))

    def _mix_of(self, who: Reader) -> FeedMix:
        defaults = self._settings.feed
        return FeedMix(**{k: float(who.settings.get(k, getattr(defaults, k))) for k in FeedMix.__dataclass_fields__})

    def set_mix(self, name: str, weights: Mapping[str, float]) -> FeedMix:
        """Set any of recency, diversity and exploration, each 0..1. Raises UsageError for anything else."""
        who = self.reader(name)
        changed_mix(self._mix_of(who), weights)
        self._catalogue.readers.save_settings(who.name, {**who.settings, **weights})
        return self.mix(name)

    def feed(
        self,
        name: str,
        k: int | None = None,
        *,
        log: bool = True,
        policy_note: str = "",
        without: Collection[int] = (),
        since: date | None = None,
        visited: datetime | None = None,
    ) -> FeedPage:
        """The reader's page of k papers, each with its reasons; `log` logs an impression of each.

        What came after `visited`, or else after the last day with a page, comes first, and papers that fit nothing the
        reader likes are left out. So are papers in `without`, and with `since` those from before that date.
        """
        started = time.perf_counter()
        who = self.reader(name)
        state = self.state_of(who)
        visited = visited or self.last_visit(who)
        new_after = None if visited is None else self._catalogue.papers.last_number_at(visited)
        scope = Scope(without, since, new_after, fills=False)
        k = self._settings.feed.size if k is None else k
        mix = self._mix_of(who)
        composed = self.compose(who, state, k, mix, scope, against=self._contender(who, mix), store=log)
        return self.given_out(who, state, composed, visited, policy_note, started, log=log)

    def _contender(self, who: Reader, mix: FeedMix) -> Contender | None:
        """What the reader's pages are drafted against, if anything."""
        own = self._catalogue.readers.experiments.running(who.id) if who.id else None
        site = self._settings.feed.interleave if who.id else ""
        return contender(own, site, mix) if own or site else None

    def catch_up(self, name: str, days: int, k: int | None = None, *, log: bool = True) -> FeedPage:
        """The best k of the papers that came in the last days, whatever their date, each with its reasons.

        Raises UsageError for no days.
        """
        if days < 1:
            raise UsageError("a catch-up is of one day or more")
        started = time.perf_counter()
        who, since = self.reader(name), self._catalogue.now() - timedelta(days=days)
        state = self.state_of(who)
        scope = Scope(new_after=self._catalogue.papers.last_number_at(since), only_new=True, fills=False)
        mix = replace(self._mix_of(who), recency=0, exploration=0)
        composed = self.compose(who, state, self._settings.feed.size if k is None else k, mix, scope)
        # not a page of the mix, which is what propensities are kept for
        composed = replace(composed, items=tuple(replace(item, propensity=None) for item in composed.items))
        return self.given_out(who, state, composed, since, f"catch-up={days}", started, log=log)

    def given_out(
        self,
        who: Reader,
        state: ReaderState,
        composed: Composed,
        visited: datetime | None,
        policy_note: str,
        started: float,
        *,
        log: bool,
    ) -> FeedPage:
        """A composed page as it is given out; `log` logs an impression of each paper."""
        page, feed_items, profile = composed.page, composed.items, composed.model.profile
        policy = f"{page.policy} {policy_note}".strip()
        may_log = log and feed_items and not self._catalogue.read_only
        note = self._log_impressions(who.id, feed_items, policy) if may_log else ""
        return FeedPage(
            who.name,
            feed_items,
            policy,
            cold=composed.model.interest is None,
            seconds=time.perf_counter() - started,
            more_like=profile.more,
            less_like=profile.less,
            note=note,
            visited=visited,
            arrived=page.n_new,
            passed=len(state.passed),
            muted=taken_out(composed),
        )

    def last_visit(self, who: Reader) -> datetime | None:
        """When the reader last had a page before today (UTC)."""
        return self._catalogue.readers.last_shown(who.id, self._catalogue.now().date()) if who.id else None

    def compose(
        self,
        who: Reader,
        state: ReaderState,
        k: int,
        mix: FeedMix,
        scope: Scope,
        *,
        against: Contender | None = None,
        model: ReaderModel | None = None,
        today: date | None = None,
        store: bool = False,
    ) -> Composed:
        """A page with the items of its papers, drafted from two rankings where there is another one to draft `against`.

        Withdrawn papers and further records of a work give way to others. By default the reader's present model ranks
        it, today, and with `store` its interests are stored.
        """
        snapshot = model.snapshot if model else self._index.snapshot()
        today = today or self._catalogue.now().date()
        with one_thread():
            model = model or self.models.of(snapshot, who, state, store=store)
            own, teams = model.interest.own if model.interest else None, list[str]()
            other = against and ranked_by(against.ranking, model.interest, self._index.vectors.open(snapshot))
            for _ in range(TRIES):
                trimmed = replace(scope, without=model.unwanted.union(scope.without), muted=model.muted)
                page = ranking.page(snapshot, who.name, state, model.interest, mix, k, today, trimmed)
                if against and other:
                    rival = ranking.page(snapshot, who.name, state, other, against.mix, k, today, trimmed)
                    page, teams = drafted(page, rival, k, who.name, today, against.tag)
                nearest = Nearest.of(snapshot, model.interest, page) if model.interest and len(page.rows) else None
                papers = self._catalogue.papers.stored(items.papers_to_read(snapshot, page, nearest, state))
                feed_items, unwanted = items.feed_items(snapshot, page, nearest, papers, state, own)
                model.unwanted.update(unwanted)
                if not unwanted:
                    break
        kept = tuple(item for item in feed_items if item.stored.id not in unwanted)
        if teams:
            kept = with_teams(kept, snapshot.ids[page.rows].tolist(), teams)
        return Composed(page, kept, model)

    def _log_impressions(self, reader_id: int, feed_items: Sequence[FeedItem], policy: str) -> str:
        """Log impressions of the items; returns "" or why they could not be logged, which does not stop the page."""
        events = []
        for item in feed_items:
            noted = f"{policy} team {item.team}" if item.team else policy
            events.append(Event("impression", item.stored.id, item.position, noted, propensity=item.propensity))
        try:
            self._catalogue.readers.log(reader_id, events)
        except LibraryError as error:
            return f"The papers shown here could not be logged: {error}"
        return ""
