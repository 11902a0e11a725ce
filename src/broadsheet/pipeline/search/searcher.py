"""Searches by query or by example papers in a snapshot of the index.

query ──► analysis ──► filters ──► candidates ──► features ──► ranking ──► known items first ──► results
What the steps need from the catalogue is read here, by search/inputs, and passed to them.
"""

from __future__ import annotations

import os
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import Catalogue
from broadsheet.kit.errors import UsageError
from broadsheet.kit.fair_gate import FairGate
from broadsheet.kit.fields import Fields
from broadsheet.kit.hits import Hits
from broadsheet.kit.lazy import lazy
from broadsheet.kit.mask import Mask
from broadsheet.pipeline.index.index import Index
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.records import Result, SearchPage, Stored, Suggestion
from broadsheet.pipeline.search import inputs, known_items
from broadsheet.pipeline.search import results as search_results
from broadsheet.pipeline.search.allowed import AllowedPapers
from broadsheet.pipeline.search.analysis import AnalyzedQuery, analyze
from broadsheet.pipeline.search.matching import (
    CLOSEST,
    EVERYWHERE,
    NEAREST,
    Scope,
    count_matches,
    has_all_words,
    sorted_by,
)
from broadsheet.pipeline.search.meaning import QueryMeaning
from broadsheet.pipeline.search.models import Models, check_mode
from broadsheet.pipeline.search.query import to_query_string
from broadsheet.pipeline.search.ranking import Ranking, page_of, rank
from broadsheet.pipeline.search.similar import SIMILAR_SEMANTIC
from broadsheet.pipeline.search.similar_papers import SimilarPapers
from broadsheet.retrieval.convex_fusion import ConvexFusion
from broadsheet.settings import Settings

if TYPE_CHECKING:
    from broadsheet.pipeline.search import aspect_sentences, by_example
else:  # imported on use: most searches have no example paper and no aspect
    aspect_sentences, by_example = lazy("broadsheet.pipeline.search", "aspect_sentences", "by_example")

__all__ = ["Searcher"]

PLACES = 2 * (os.cpu_count() or 1)  # searches that rank at once; more would only need memory


@dataclass(frozen=True, slots=True)
class _Request:
    """The inputs of a search other than its words."""

    allowed: Mask
    fusion: ConvexFusion
    meaning: QueryMeaning | None
    precise: bool  # whether a cross-encoder reads many of the first papers
    counts: NDArray[np.int64] | None = None  # of votes or citations, where the query is sorted by one


class Searcher:
    """Searches the papers of one library."""

    def __init__(self, catalogue: Catalogue, index: Index, settings: Settings) -> None:
        self._catalogue = catalogue
        self._index = index
        self._settings = settings
        self._counts = inputs.SortCounts(catalogue)
        self._allowed = AllowedPapers(catalogue, Fields(settings.edition.fields))
        self._models = Models(catalogue, index.vectors)
        self._similar = SimilarPapers(catalogue, index, settings)
        self._gate = FairGate(PLACES)

    def search(  # noqa: PLR0913 - each parameter is a choice of the reader
        self,
        query: str,
        k: int = 10,
        offset: int = 0,
        *,
        among: inputs.Ids | None = None,
        within: Sequence[str] = (),
        snippets: bool = True,
        mode: str = "default",
        mine: inputs.Mine | None = None,
        sort: str = "",
        facets: bool = False,
        verbatim: bool = False,
    ) -> SearchPage:
        """The k best papers for the query after the first `offset`.

        Any text is a query; with `verbatim` its words are searched as typed. `among` restricts the search to these ids,
        `within` to what these queries list, each within the one before; `mine` gives the papers of tag: and is:saved.
        mode="precise" has a cross-encoder read more papers. `sort`, one of ORDERS, goes before the query's own sort:.
        Results for words end after the papers that match, or after NEAREST. With `facets` the page has their counts.
        """
        started = time.perf_counter()
        snapshot = self._index.snapshot()
        scope = self._scope(snapshot, among, within, mine)
        analysis = sorted_by(scope.joined(analyze(snapshot, query, verbatim=verbatim)), sort)
        offset = min(offset, len(analysis.snapshot.ids))
        ranking = self._rank(analysis, k + offset, scope, mode, mine)
        matching = count_matches(analysis, ranking, scope)
        parsed_query = analysis.query
        is_restricted = parsed_query.clauses or parsed_query.like or scope.mask is not None
        last = len(ranking.rows) if is_restricted else max(matching, NEAREST)
        page = page_of(ranking, offset, max(0, min(k, last - offset)))
        results, liked = self._results(analysis, ranking, page, snippets=snippets)
        counts = self._allowed.facets(analysis, ranking, scope, mine) if facets else None
        spent = time.perf_counter() - started
        return SearchPage(
            query,
            results,
            ranking.n_allowed,
            ranking.notes,
            spent,
            liked,
            matching,
            order=ranking.order,
            facets=counts,
            corrections=analysis.corrections,
            also=tuple(addition.expansion for addition in analysis.additions),
        )

    def _results(
        self, query: AnalyzedQuery, ranking: Ranking, page: Ranking, *, snippets: bool
    ) -> tuple[tuple[Result, ...], tuple[Stored, ...]]:
        """The results of a page of the ranking, and the query's liked papers."""
        size = self._settings.search.snippet_words if snippets else 0
        papers = inputs.locate_papers(self._catalogue, query.snapshot, page.rows)
        if not query.query.like and not query.query.unlike:
            return search_results.results(query.snapshot, papers, page, query.highlight_words, size), ()
        assert isinstance(ranking, by_example.ExampleQuery), "a query with example papers has an ExampleQuery"
        numbers = ranking.examples.numbers
        by_number = self._catalogue.papers.stored(numbers)
        liked = tuple(Stored.of(by_number[i]) for i in numbers if i in by_number)
        return by_example.results(query.snapshot, papers, ranking, page, size), liked

    def search_ids(
        self,
        query: str,
        k: int = 100,
        *,
        among: inputs.Ids | None = None,
        mode: str = "default",
        verbatim: bool = False,
    ) -> Hits:
        """The ranking of `search` as paper numbers and scores, for evaluation and bulk use."""
        snapshot = self._index.snapshot()
        ranking = self._rank(analyze(snapshot, query, verbatim=verbatim), k, self._scope(snapshot, among), mode)
        return Hits(snapshot.ids[ranking.rows], ranking.scores)

    def matching(
        self,
        query: str,
        *,
        among: inputs.Ids | None = None,
        within: Sequence[str] = (),
        mine: inputs.Mine | None = None,
        after: int = 0,
    ) -> list[int]:
        """The numbers of the papers that match, the newest in the library first; only those greater than `after`.

        Where only a ranking can tell what matches, these are its first CLOSEST.
        """
        snapshot = self._index.snapshot()
        scope = self._scope(snapshot, among, within, mine)
        analysis = scope.joined(analyze(snapshot, query))
        flags = has_all_words(analysis, self._allowed.mask(analysis, scope, mine)[0])
        rows = np.empty(0, np.int64) if flags is None else np.flatnonzero(flags)
        if flags is None or not (len(rows) or analysis.query.clauses):
            rows = self._rank(analysis, CLOSEST, scope, "default", mine).rows[:CLOSEST]
        numbers = snapshot.ids[rows]
        return [int(number) for number in np.sort(numbers[numbers > after])[::-1]]

    def suggest(self, text: str) -> list[Suggestion]:
        """What a text typed into the search box may become; see `search.suggestions`."""
        return self._allowed.suggester(self._index.snapshot()).suggest(text, partial(inputs.titles, self._catalogue))

    @property
    def newest(self) -> int:
        """The greatest number of a paper in the index; 0 where there is none."""
        return int(self._index.snapshot().ids.max(initial=0))

    def _scope(
        self,
        snapshot: IndexSnapshot,
        among: inputs.Ids | None,
        within: Sequence[str] = (),
        mine: inputs.Mine | None = None,
    ) -> Scope:
        """Where to search: among these ids, within what each of these queries lists."""
        scope = EVERYWHERE if among is None else Scope(*inputs.among(self._catalogue, snapshot, among))
        for text in within:
            outer = scope.joined(analyze(snapshot, text))
            best_first = replace(outer, query=replace(outer.query, order=""))
            scope = scope.within(outer, self._rank(best_first, NEAREST, scope, "default", mine))
        return scope

    def _rank(self, query: AnalyzedQuery, k: int, scope: Scope, mode: str, mine: inputs.Mine | None = None) -> Ranking:
        """The k best rows, with notes on what was ignored or corrected."""
        with self._gate.place():
            return self._rank_inside(query, k, scope, mode, mine)

    def _rank_inside(self, query: AnalyzedQuery, k: int, scope: Scope, mode: str, mine: inputs.Mine | None) -> Ranking:
        check_mode(mode)
        k = min(k, len(query.snapshot.ids))
        allowed, notes = self._allowed.mask(query, scope, mine)
        fusion = ConvexFusion(semantic=self._settings.search.semantic)
        if query.query.like or query.query.unlike:
            named_papers = inputs.named_papers(self._catalogue, query.snapshot, query.query)
            by_paper = ConvexFusion(semantic=SIMILAR_SEMANTIC)
            ranking: Ranking = by_example.rank(
                query, named_papers, k, allowed, fusion, by_paper, self._index.vectors.open(query.snapshot)
            )
            if mode == "precise":
                notes = (*notes, "like: is ranked as in the default search; precise search is for words only")
        else:
            parsed_query, counts, count_notes = self._counts(query.snapshot, query.query)
            query = query if parsed_query is query.query else replace(query, query=parsed_query)
            meaning, vector_notes = self._models.meaning(query, fusion)
            request = _Request(allowed, fusion, meaning, mode == "precise", counts)
            ranking = replace(self._rank_known_items(query, k, request), order=parsed_query.order)
            notes = (*notes, *count_notes, *known_items.unknown_words(query), *vector_notes)
        return replace(
            ranking,
            notes=tuple(dict.fromkeys((*query.query.notes, *notes, *scope.notes, *ranking.notes))),
            passing_mask=allowed,
        )

    def _rank_known_items(self, query: AnalyzedQuery, k: int, request: _Request) -> Ranking:
        """The k best rows, known items first."""
        numbers = self._catalogue.papers.resolve_many(query.query.ids) if query.query.ids else {}
        by_id, notes = known_items.rows_by_id(query, request.allowed, numbers)
        named_rows = [by_id]
        depth = 0 if known_items.is_only_ids(query) or k <= 0 else max(k, known_items.TITLES)
        spellings = (query,) if query.query.order else query.spellings
        ranking = known_items.merge_spellings(
            [self._rank_words(spelling, depth, request) for spelling in spellings], depth
        )
        ranking = self._models.read_first(query, ranking, request.fusion, precise=request.precise)
        if k > 0 and not query.query.order:
            by_title = known_items.rows_by_title(query, ranking, request.allowed)
            named_rows.append(by_title)
            if not len(by_title[0]) and (people := query.people):
                people_request = replace(request, allowed=request.allowed & Mask.of(people.rows), counts=None)
                rows = self._rank_words(known_items.query_without_names(query, people), k, people_request).rows
                named_rows.append(known_items.rows_by_people(rows, people))
        ranking = known_items.put_first(ranking, named_rows, k)
        return replace(ranking, notes=(*ranking.notes, *notes))

    def _rank_words(self, query: AnalyzedQuery, k: int, request: _Request) -> Ranking:
        """The k best rows for one spelling of the query."""
        return rank(
            query,
            k,
            request.allowed,
            request.fusion,
            request.meaning,
            today=self._catalogue.now().date(),
            counts=request.counts,
        )

    def similar(
        self,
        liked: Sequence[int],
        disliked: Sequence[int] = (),
        k: int = 10,
        *,
        label: str = "",
        among: inputs.Ids | None = None,
        aspect: str = "",
        but: str = "",
    ) -> SearchPage:
        """The k papers most similar to the liked ones and least to the disliked ones.

        `aspect` (task, method or result) compares papers in this aspect only; `but` is a query that also ranks and
        filters. `label` is shown as the query of the page. Raises UsageError.
        """
        if not liked:
            raise UsageError("similar needs at least one paper to be like")
        if aspect:
            aspect_sentences.check_aspect(aspect)
        if aspect and but.strip():
            raise UsageError(f"either an aspect ({aspect}) or words ({but.strip()}), not both")
        if but.strip():
            return self.search(to_query_string([*map(str, liked)], [*map(str, disliked)], but), k, among=among)
        snapshot = self._index.snapshot()
        with self._gate.place():
            return self._similar.page(snapshot, liked, disliked, k, label=label, among=among, aspect=aspect)
