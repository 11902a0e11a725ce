"""Which papers a query may show, by its filters and where it searches, and their counts beside the results."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from broadsheet.catalogue import Catalogue
from broadsheet.kit.fields import Fields
from broadsheet.kit.mask import Mask
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.records import Facets
from broadsheet.pipeline.search import filters, inputs
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.pipeline.search.facets import FacetSources, count_facets, is_choice
from broadsheet.pipeline.search.matching import Scope
from broadsheet.pipeline.search.ranking import Ranking
from broadsheet.pipeline.search.suggestions import Suggester

__all__ = ["AllowedPapers"]


class AllowedPapers:
    """Applies filters, and counts what they could be; `fields` are those of the settings. Safe among threads."""

    def __init__(self, catalogue: Catalogue, fields: Fields) -> None:
        self._catalogue = catalogue
        self._having = inputs.PapersWith(catalogue)
        self._sources = FacetSources(catalogue, fields)
        self._suggester: Suggester | None = None

    def suggester(self, snapshot: IndexSnapshot) -> Suggester:
        """What completes a text typed into the search box; that of the last snapshot is cached."""
        suggester = self._suggester
        if suggester is None or suggester.snapshot is not snapshot:
            suggester = self._suggester = Suggester(snapshot, self._sources.columns(snapshot))
        return suggester

    def mask(self, query: AnalyzedQuery, scope: Scope, mine: inputs.Mine | None) -> tuple[Mask, tuple[str, ...]]:
        """The rows that pass the filters of the query, where it searches, and notes."""
        papers_of: dict[str, inputs.PapersOf] = {
            "has": self._having,
            "org": self._sources.organisations.named,
            "field": partial(self._sources.papers_of_field, query.snapshot),
        }
        papers = inputs.filter_papers(self._catalogue, query.query, mine, papers_of)
        allowed, notes = filters.filter_mask(query, papers)
        return allowed if scope.mask is None else allowed & scope.mask, notes

    def facets(self, query: AnalyzedQuery, ranking: Ranking, scope: Scope, mine: inputs.Mine | None) -> Facets:
        """The counts of the papers that match a query; see `search.facets`."""
        clauses = query.query.clauses

        def allowed_without(kind: str) -> Mask:
            others = tuple(clause for clause in clauses if not is_choice(clause, kind))
            if len(others) == len(clauses):
                return ranking.passing_mask or query.snapshot.alive
            return self.mask(replace(query, query=replace(query.query, clauses=others)), scope, mine)[0]

        saved = mine("is", "saved") if mine else ()
        return count_facets(query, ranking, allowed_without, self._sources, saved)
