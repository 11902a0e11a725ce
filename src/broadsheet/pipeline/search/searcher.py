"""Queries and papers to be like, answered from a snapshot of the index."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import Catalogue
from broadsheet.explanation.sentence_roles import SentenceRoles
from broadsheet.kit.errors import UsageError
from broadsheet.kit.hits import Hits
from broadsheet.kit.lazy import lazy
from broadsheet.kit.mask import Mask
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.index.index import Index
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.records import SearchPage, Stored
from broadsheet.pipeline.search import filters, highlight, known_items, precise, ranking
from broadsheet.pipeline.search import results as search_results
from broadsheet.pipeline.search.features import asked_tokens
from broadsheet.pipeline.search.query import Query, parse, written
from broadsheet.pipeline.search.spellings import spellings
from broadsheet.retrieval.convex_fusion import ConvexFusion
from broadsheet.settings import Settings

if TYPE_CHECKING:
    from broadsheet.pipeline.search import aspects, by_example
else:  # most searches name no paper and no aspect
    aspects, by_example = lazy("broadsheet.pipeline.search", "aspects", "by_example")

__all__ = ["SIMILAR_SEMANTIC", "Searcher"]

NEAREST = 200  # results there are at least, near in meaning where few papers hold the words
MOST_WORDS = 8  # that are counted together; a longer text is in no paper as a whole
SIMILAR_SEMANTIC = 0.6  # a whole paper says more about its meaning than a few words do


class Searcher:
    """Searches the papers of one library."""

    def __init__(self, catalogue: Catalogue, index: Index, settings: Settings) -> None:
        self._catalogue = catalogue
        self._index = index
        self._settings = settings
        self._precise: precise.Precise | None = None
        self._lock = threading.Lock()
        self._parts: dict[str, tuple[int, list[int]]] = {}  # part → the change up to which it is known, papers

    def _fusion(self, semantic: float | None = None) -> ConvexFusion:
        return ConvexFusion(semantic=self._settings.search.semantic if semantic is None else semantic)

    def _among(self, view: IndexSnapshot, among: Sequence[str] | None) -> tuple[Mask | None, tuple[str, ...]]:
        if among is None:
            return None, ()
        found = self._catalogue.resolve_many(among)
        unknown = [i for i in among if found.get(i) is None]
        rows = view.rows_of([p for i in among if (p := found.get(i)) is not None])
        shown = ", ".join(unknown[:3])
        notes = (f"{len(unknown)} of the given ids are not in this library ({shown}{' …' if unknown[3:] else ''})",)
        return Mask.of_rows(rows[rows >= 0], len(view)), notes if unknown else ()

    def _vectors(self, view: IndexSnapshot, mode: str) -> precise.Precise | None:
        """What a search in this mode needs beside the snapshot. Raises UsageError, CorruptFile."""
        if mode not in precise.MODES:
            raise UsageError(f"mode {mode!r}: there are {' and '.join(precise.MODES)}")
        if mode == "default":
            return None
        with self._lock:
            self._precise = precise.opened(self._index.vector_path, view, self._catalogue, self._precise)
            return self._precise

    def _having(self, part: str) -> Iterable[int]:
        """The papers that have a part, read anew only after the catalogue changed."""
        seq = self._catalogue.last_seq()
        if part not in self._parts or self._parts[part][0] != seq:
            self._parts[part] = seq, self._catalogue.having(part)
        return self._parts[part][1]

    def _ranked(
        self,
        view: IndexSnapshot,
        query: Query,
        k: int,
        among: Sequence[str] | None,
        mode: str,
        mine: filters.Mine | None = None,
    ) -> ranking.Ranking:
        vectors = self._vectors(view, mode)
        allowed, notes = filters.filter_mask(view, query, self._catalogue.resolve, mine, self._having)
        chosen, unknown = self._among(view, among)
        if chosen is not None:
            allowed = allowed & chosen
        if query.like or query.unlike:
            papers, mixed = by_example.named(self._catalogue, view, query), self._fusion(SIMILAR_SEMANTIC)
            found: ranking.Ranking = by_example.rank(view, query, papers, k, allowed, self._fusion(), mixed)
        else:
            query, cited, uncounted = self._cited(view, query)
            found = known_items.rank(
                view,
                query,
                k,
                allowed,
                self._fusion(),
                vectors,
                resolve=self._catalogue.resolve_many,
                today=self._catalogue.now().date(),
                cited=cited,
            )
            notes = (*notes, *uncounted, *known_items.unheard(view, query))
        if vectors and isinstance(found, by_example.ExampleQuery):
            notes = (*notes, "like: is answered as in any search; the precise one is for words")
        return replace(found, notes=(*query.notes, *notes, *unknown, *found.notes), passing=allowed)

    def _cited(self, view: IndexSnapshot, query: Query) -> tuple[Query, NDArray[np.int64] | None, tuple[str, ...]]:
        """For a query that wants the most cited first, how often each row is cited, -1 where nobody says, (n,). Where
        nobody says of any paper, the query without that wish, and a note."""
        if query.order != "citations":
            return query, None, ()
        counts = self._catalogue.citations()
        if not counts:
            note = "no record here tells how often its paper is cited; sort:citations was ignored"
            return replace(query, order=""), None, (note,)
        cited = np.full(len(view), -1, np.int64)
        rows = view.rows_of(list(counts))
        cited[rows[rows >= 0]] = np.fromiter(counts.values(), np.int64, len(counts))[rows >= 0]
        return query, cited, ()

    def _matching(self, view: IndexSnapshot, query: Query, found: ranking.Ranking, among: Sequence[str] | None) -> int:
        """About how many papers match: those the filters allow that hold all the words; what was found where only
        papers or common words are asked for, or so many words that no paper holds them all."""
        words = set(asked_tokens(query.free).terms.tolist())
        if query.like or words <= filters.STOPS:
            filtered = query.clauses or among or not (words or query.like or query.ids)
            return found.allowed if filtered else len(found.rows)
        if len(words) > MOST_WORDS:
            return len(found.rows)
        passing = found.passing or view.alive
        return max(int(np.count_nonzero(filters.holding(view, query.free) & passing.flags())), len(found.lifted))

    def search(
        self,
        query: str,
        k: int = 10,
        offset: int = 0,
        *,
        among: Sequence[str] | None = None,
        snippets: bool = True,
        mode: str = "default",
        mine: filters.Mine | None = None,
    ) -> SearchPage:
        """The k papers that fit the query best after the first `offset`. Any text is a query; `among` restricts to
        ids; tag: and is:saved ask for what `mine` gives. With mode="precise" a transformer's vectors count too.

        Words alone fit every paper a little: pages end where no more papers hold the words, or after NEAREST.
        Raises UsageError if there are no such vectors.
        """
        started = time.perf_counter()
        view = self._index.snapshot()
        understood = parse(query)
        found = self._ranked(view, understood, k + offset, among, mode, mine)
        wanted = highlight.query_words(" ".join(spellings(view, understood.text)))
        matching = self._matching(view, understood, found, among)
        last = len(found.rows) if understood.clauses or understood.like or among else max(matching, NEAREST)
        shown = ranking.part(found, offset, max(0, min(k, last - offset)))
        size = self._settings.search.snippet_words if snippets else 0
        liked: list[Stored] = []
        if isinstance(found, by_example.ExampleQuery):
            numbers = list(found.named.titles)
            held = self._catalogue.stored(numbers)
            liked = [Stored.of(held[i]) for i in numbers if i in held]
            results = by_example.results(self._catalogue, view, found, shown, size)
        else:
            results = search_results.results(self._catalogue, view, shown, wanted, size)
        spent = time.perf_counter() - started
        return SearchPage(query, results, found.allowed, found.notes, spent, tuple(liked), matching)

    def search_ids(
        self, query: str, k: int = 100, *, among: Sequence[str] | None = None, mode: str = "default"
    ) -> Hits:
        """The same ranking as paper numbers and scores only: for evaluation and bulk use."""
        view = self._index.snapshot()
        found = self._ranked(view, parse(query), k, among, mode)
        return Hits(view.ids[found.rows], found.scores)

    def similar(
        self,
        liked: Sequence[int],
        disliked: Sequence[int] = (),
        k: int = 10,
        *,
        label: str = "",
        among: Sequence[str] | None = None,
        aspect: str = "",
        but: str = "",
    ) -> SearchPage:
        """The k papers most like the liked ones and least like the disliked ones, by number; with `aspect` (task,
        method or result) in that respect; with `but` (words and filters of the query language) for that instead.
        `label` says in the page what was searched for. Raises UsageError."""
        started = time.perf_counter()
        if not liked:
            raise UsageError("similar needs at least one paper to be like")
        if aspect:
            aspects.checked(aspect)
        if aspect and but.strip():
            raise UsageError(f"either an aspect ({aspect}) or words ({but.strip()}), not both")
        if but.strip():
            return self.search(written([*map(str, liked)], [*map(str, disliked)], but), k, among=among)
        view = self._index.snapshot()
        papers = self._catalogue.stored([*liked, *disliked])
        examples = []
        for ids in (liked, disliked):
            rows = view.rows_of(ids).tolist()
            texts = [f"{papers[p].paper.title}\n{papers[p].paper.body}" for p in ids]
            examples.append([(row, text) for row, text in zip(rows, texts, strict=True) if row >= 0])
        chosen, notes = self._among(view, among)
        allowed = view.alive if chosen is None else view.alive & chosen
        if not examples[0]:
            return SearchPage(label, (), allowed.count(), ("this paper is not indexed yet", *notes))
        fusion, size = self._fusion(SIMILAR_SEMANTIC), self._settings.search.snippet_words
        if aspect:
            good_ones, bad_ones = examples
            near = aspects.likeness(
                self._catalogue, view, self._sentence_roles, good_ones, bad_ones, aspect, allowed, fusion
            )
            match = aspects.blended(near, aspects.Blend.of(aspect), k)
            results = aspects.results(self._catalogue, view, match, examples[0], aspect, size)
            found, notes = match.found, (*notes, *match.notes)
        else:
            found, terms = ranking.like(view, examples[0], examples[1], k, allowed, fusion)
            marks = highlight.typical_words([text for _, text in examples[0]], terms)
            results = search_results.results(self._catalogue, view, found, marks, size)
        return SearchPage(label, results, found.allowed, notes, time.perf_counter() - started)

    @cached_property
    def _sentence_roles(self) -> SentenceRoles:
        """What tells the roles of sentences; read once."""
        return pretrained.read_sentence_roles(self._index.folder.parent)
