"""Readers' models: fitted when needed, kept while nothing changes, with what steers them.

state, steering ──► papers of made interests, muted papers ──► model ──► names of new interests ──► profile
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

import numpy as np

from broadsheet.catalogue import Catalogue, Mute, Reader, ReaderState, Steering, StoredInterest
from broadsheet.catalogue.steering import UNSTEERED
from broadsheet.kit.errors import BroadsheetError
from broadsheet.pipeline.feed import interests, profile
from broadsheet.pipeline.feed.interest_names import unnamed_papers, with_names
from broadsheet.pipeline.feed.interests import Interest
from broadsheet.pipeline.feed.mutes import NOT_MUTED, Muted, query_of
from broadsheet.pipeline.feed.own_interests import Seeds
from broadsheet.pipeline.feed.profile import Profile
from broadsheet.pipeline.feed.steering import Wish
from broadsheet.pipeline.index.index import Index
from broadsheet.pipeline.index.snapshot import TEXT_FIELDS, IndexSnapshot
from broadsheet.pipeline.search.filters import rows_with_phrase
from broadsheet.pipeline.search.searcher import Searcher

__all__ = ["ReaderModel", "ReaderModels", "seeds_of"]

MODELS = 64  # readers whose models are kept; each takes about half a megabyte
STANDING = 40  # papers, at most, that stand for an interest made of a set of them
FOUND = 500  # papers that an interest finds, at most
NEAREST = (10, 60, 0.01)  # papers that a sentence finds: at least, at most, and their share of the library


@dataclass(frozen=True, slots=True)
class ReaderModel:
    """A reader's model, with the state and the steering it was fitted on."""

    last_event: int
    snapshot: IndexSnapshot
    steering: Steering
    interest: Interest | None
    profile: Profile
    muted: Muted = NOT_MUTED
    unwanted: set[int] = field(default_factory=set)  # withdrawn papers, and works already there, to leave out


class ReaderModels:
    """Fits and keeps them."""

    def __init__(self, catalogue: Catalogue, index: Index, searcher: Searcher) -> None:
        self._catalogue = catalogue
        self._index = index
        self._searcher = searcher
        self._models: dict[str, ReaderModel] = {}

    def of(self, snapshot: IndexSnapshot, who: Reader, state: ReaderState, *, store: bool = False) -> ReaderModel:
        """The reader's model; fitted again only after an action, a change of steering or of the library.

        With `store` interests that are new or have other papers are stored first, if they can be: they have numbers.
        """
        steering = self._catalogue.readers.steering.of(who.id) if who.id else UNSTEERED
        model = self._models.get(who.name)
        if (
            model is None
            or (model.last_event, model.steering) != (state.last_event, steering)
            or model.snapshot is not snapshot
        ):
            model = self.fit(snapshot, who, state, steering)
        stored = model.interest.own.stored if model.interest else steering.interests
        if store and model.interest and who.id and not self._catalogue.read_only and stored != steering.interests:
            new = replace(steering, interests=stored)
            written = self._catalogue.readers.steering.write(who.id, new, expected=steering)
            if written is not None:  # else somebody else was faster
                interest = replace(model.interest, own=model.interest.own.with_stored(written.interests))
                model = replace(model, steering=written, interest=interest)
        while len(self._models) >= MODELS and who.name not in self._models:
            self._models.pop(next(iter(self._models)), None)  # the one that was fitted first
        self._models[who.name] = model
        return model

    def fit(self, snapshot: IndexSnapshot, who: Reader, state: ReaderState, steering: Steering) -> ReaderModel:
        """A model for any state and steering; it is not kept."""
        made = [one for one in steering.interests if one.kind not in _FROM_SAVES]
        seeds = {one.id: self._seeds(snapshot, one, who, state) for one in made}
        interest = interests.learn(snapshot, state, self._index.vectors.open(snapshot), steering, seeds)
        examples = profile.latest_examples(snapshot, interest)
        numbers = {*examples.liked, *examples.disliked, *unnamed_papers(interest)}
        papers = self._catalogue.papers.stored(sorted(numbers))
        interest = with_names(snapshot, interest, papers)
        words = profile.describe(snapshot, interest, examples, papers)
        found = {mute: self._muted(snapshot, mute) for mute in steering.mutes}
        muted = Muted.of(snapshot, found) if found else NOT_MUTED
        held = {paper for found in seeds.values() if not found.offered for paper in found.papers}
        return ReaderModel(state.last_event, snapshot, steering, interest, words, muted, held)

    def _muted(self, snapshot: IndexSnapshot, mute: Mute) -> list[int]:
        query = query_of(mute)
        return self._searcher.matching(query) if query else _containing(snapshot, mute.value)

    def _seeds(self, snapshot: IndexSnapshot, one: StoredInterest, who: Reader, state: ReaderState) -> Seeds:
        return seeds_of(
            snapshot, one, state, self._catalogue.readers.collections(who.id) if who.id else {}, self._searcher
        )


_FROM_SAVES = ("saves", "chosen")


def _containing(snapshot: IndexSnapshot, text: str) -> list[int]:
    """The numbers of the papers with these words side by side, in any form."""
    rows = np.flatnonzero(rows_with_phrase(snapshot, text, range(len(TEXT_FIELDS))) & snapshot.alive.flags())
    return [int(number) for number in snapshot.ids[rows]]


def seeds_of(
    snapshot: IndexSnapshot,
    one: StoredInterest,
    state: ReaderState,
    collections: Mapping[str, tuple[int, ...]],
    searcher: Searcher,
) -> Seeds:
    """The papers of an interest that a reader made, in the library of today; none where its tag, say, is gone."""
    try:
        if one.kind == "list":
            return Seeds(tuple(sorted(one.papers)), offered=False, standing=STANDING)
        if one.kind in ("tag", "collection"):
            found = state.tags.get(one.value, ()) if one.kind == "tag" else collections.get(one.value, ())
            return Seeds(tuple(sorted(found)), offered=False, standing=STANDING)
        if one.kind == "author":
            return Seeds(tuple(searcher.matching(f'author:"{one.value}"')[:FOUND]), sure=True)
        if one.kind == "search":
            best = searcher.search_ids(one.value, 10).ids.tolist()
            listed = searcher.matching(one.value)
            return Seeds(tuple(dict.fromkeys([*(p for p in best if p in {*listed}), *listed]))[:FOUND], sure=True)
        wish = Wish.of(one.value)
        against = {p for text in wish.unwanted for p in _containing(snapshot, text)}
        least, most, share = NEAREST
        nearest = searcher.search_ids(wish.wanted, min(max(least, round(share * snapshot.count)), most)).ids
        return Seeds(tuple(nearest.tolist()), frozenset(against))
    except BroadsheetError:  # a query that means nothing any more
        return Seeds(())
