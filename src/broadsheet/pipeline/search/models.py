"""The transformers of a search, each as far as it is there: vectors for candidates, a reader for the first papers."""

from __future__ import annotations

from dataclasses import replace
from functools import partial

from broadsheet.catalogue import Catalogue
from broadsheet.kit.errors import UsageError
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.index.vector_store import VectorStore
from broadsheet.pipeline.search import inputs, rerank
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.pipeline.search.meaning import QueryMeaning
from broadsheet.pipeline.search.ranking import Ranking
from broadsheet.retrieval.convex_fusion import ConvexFusion

__all__ = ["MODES", "Models", "check_mode"]

MODES = ("default", "precise")  # modes of a search


class Models:
    """What the models say of queries and papers; nothing where a query has no words to rank by."""

    def __init__(self, catalogue: Catalogue, vectors: VectorStore) -> None:
        self._catalogue = catalogue
        self._vectors = vectors

    def meaning(self, query: AnalyzedQuery, fusion: ConvexFusion) -> tuple[QueryMeaning | None, tuple[str, ...]]:
        """(what the papers' vectors say of the query, None if there are none; notes on those that are not usable)."""
        if not _uses_meaning(query, fusion):
            return None, ()
        vectors = self._vectors.open(query.snapshot)
        notes = self._vectors.take_notes()
        return (QueryMeaning.of(vectors, query.text) if vectors and vectors.count else None), notes

    def read_first(self, query: AnalyzedQuery, ranking: Ranking, fusion: ConvexFusion, *, precise: bool) -> Ranking:
        """The ranking with its first papers read, near ties or many; as it is if there is no reader.

        Of all spellings of the query one is read, apart and without hyphens, so that all have the same results.
        """
        reader = pretrained.read_reader() if _uses_meaning(query, fusion) else None
        if reader is None:
            return ranking
        documents = partial(inputs.documents, self._catalogue, query.snapshot)
        share = min(fusion.semantic / ConvexFusion().semantic, 1)
        depth = rerank.PRECISE if precise else rerank.NEAR_TIES
        text = min(spelling.text.replace("-", " ") for spelling in query.spellings)
        query = query if text == query.text else replace(query, query=replace(query.query, text=text))
        return rerank.rerank(query, ranking, documents, reader.scores, share, depth)


def _uses_meaning(query: AnalyzedQuery, fusion: ConvexFusion) -> bool:
    return query.ranks and not query.query.order and fusion.semantic > 0


def check_mode(mode: str) -> None:
    """Raise UsageError naming the modes if it is none."""
    if mode not in MODES:
        raise UsageError(f"mode {mode!r}: there are {' and '.join(MODES)}")
