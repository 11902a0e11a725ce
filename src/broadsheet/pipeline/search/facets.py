"""How many of the papers that match a query each year, venue, organisation and field has: counts beside the results.

The counts are of all papers that match: allowed, with all content words. Of a query whose matches only a ranking can
tell (a long text, example papers) they are of the nearest papers. A filter on the same thing is left out of its own
counts, so that another venue can be chosen beside one that is.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import Catalogue
from broadsheet.kit.fields import Fields
from broadsheet.kit.mask import Mask
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.records import Facets, FacetValue
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.pipeline.search.facet_columns import FacetColumns
from broadsheet.pipeline.search.matching import has_all_words, listed
from broadsheet.pipeline.search.organisation_papers import OrganisationPapers
from broadsheet.pipeline.search.query import Condition
from broadsheet.pipeline.search.ranking import Ranking

__all__ = ["FacetSources", "count_facets", "is_choice"]

BEHIND = "the organisations of new papers are not read yet; these papers are missing from the counts of organisations"
MOST = 8  # values of one kind
SINGLE_YEARS = 5  # counted one by one; earlier ones by decade
FEW_YEARS = 9  # all of them are counted one by one
DECADES = 3  # years before are counted together


class FacetSources:
    """What a search filters and counts by besides the index; safe among threads."""

    def __init__(self, catalogue: Catalogue, fields: Fields) -> None:
        self.organisations = OrganisationPapers(catalogue)
        self._fields = fields
        self._columns: FacetColumns | None = None

    def columns(self, snapshot: IndexSnapshot) -> FacetColumns:
        """The fields and venues of a snapshot's rows; those of the last one are cached."""
        columns = self._columns
        if columns is None or columns.snapshot is not snapshot:
            columns = self._columns = FacetColumns(snapshot, self._fields)
        return columns

    def papers_of_field(self, snapshot: IndexSnapshot, field: str) -> Collection[int]:
        """The numbers of the papers of a field."""
        numbers: list[int] = snapshot.ids[self.columns(snapshot).rows_of_field(field)].tolist()
        return numbers


def is_choice(clause: tuple[Condition, ...], kind: str) -> bool:
    """Whether a clause chooses among values of this kind: venue:A OR venue:B."""
    return all(condition.kind == kind and not condition.negated for condition in clause)


def count_facets(
    query: AnalyzedQuery,
    ranking: Ranking,
    allowed_without: Callable[[str], Mask],
    sources: FacetSources,
    saved: Collection[int],
) -> Facets:
    """The counts of a query's matches; `allowed_without` gives the allowed rows without the choices of a kind.

    `saved` are the papers that the reader saved.
    """
    columns = sources.columns(query.snapshot)
    matching = has_all_words(query, query.snapshot.alive)
    nearest = listed(query, ranking).flags() if matching is None else None

    def flags(kind: str) -> NDArray[np.bool_]:
        return nearest if nearest is not None else _both(matching, allowed_without(kind))

    values = (
        *_years(query.snapshot.years[flags("year")]),
        *_venues(columns, flags("venue")),
        *_organisations(sources.organisations, query, flags("org")),
        *_fields(columns, flags("field")),
        *_marks(query.snapshot, saved, flags("has"), flags("is")),
    )
    counted = int(np.count_nonzero(flags("")))
    return Facets(counted, nearest is not None, values, (BEHIND,) if sources.organisations.is_behind else ())


def _both(matching: NDArray[np.bool_] | None, allowed: Mask) -> NDArray[np.bool_]:
    return allowed.flags() if matching is None else matching & allowed.flags()


def _years(years: NDArray[np.int32]) -> Iterator[FacetValue]:
    counts = np.bincount(np.maximum(years, 0))[1:]  # 0: unknown
    known = np.flatnonzero(counts)[::-1] + 1
    single = known if len(known) <= FEW_YEARS else known[:SINGLE_YEARS]
    for year in single.tolist():
        yield FacetValue("year", str(year), str(year), int(counts[year - 1]))
    if len(single) == len(known):
        return
    last = int(single[-1]) - 1
    for decade in range(last // 10, last // 10 - DECADES, -1):
        if count := int(counts[max(10 * decade - 1, 0) : last].sum()):
            yield _span(10 * decade, last, count)
        last = 10 * decade - 1
    if last > 0 and (count := int(counts[:last].sum())):
        yield FacetValue("year", f"..{last}", f"until {last}", count)


def _span(first: int, last: int, count: int) -> FacetValue:
    if first == last:
        return FacetValue("year", str(first), str(first), count)
    return FacetValue("year", f"{first}..{last}", f"{first}–{last}", count)


def _venues(columns: FacetColumns, flags: NDArray[np.bool_]) -> Iterator[FacetValue]:
    for name, count in columns.venue_counts(flags, MOST).most_common(MOST):
        yield FacetValue("venue", name, name, count)


def _organisations(
    organisations: OrganisationPapers, query: AnalyzedQuery, flags: NDArray[np.bool_]
) -> Iterator[FacetValue]:
    numbers, rows = organisations.rows(query.snapshot)
    counts = np.bincount(numbers[flags[rows]])
    common = [at for at in np.argsort(-counts, kind="stable")[:MOST].tolist() if counts[at]]
    names = organisations.names(common)
    for number in common:
        if number in names:
            yield FacetValue("org", names[number], names[number], int(counts[number]))


def _fields(columns: FacetColumns, flags: NDArray[np.bool_]) -> Iterator[FacetValue]:
    counts = columns.field_counts(flags)
    for at in np.argsort(-counts, kind="stable")[:MOST].tolist():
        if counts[at]:
            name = columns.field_names[at]
            yield FacetValue("field", name, name, int(counts[at]))


def _marks(
    snapshot: IndexSnapshot, saved: Collection[int], for_code: NDArray[np.bool_], for_saved: NDArray[np.bool_]
) -> Iterator[FacetValue]:
    if count := int(np.count_nonzero(snapshot.has_code & for_code)):
        yield FacetValue("has", "code", "has code", count)
    if count := int(np.count_nonzero(for_saved[snapshot.present_rows(saved)])):
        yield FacetValue("is", "saved", "in my library", count)
