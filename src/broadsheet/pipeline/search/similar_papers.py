"""Papers similar to others, as a page of results: as a whole, or in one aspect.

example papers ──► similar, or aspects ──► results
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

import numpy as np

from broadsheet.catalogue import Catalogue
from broadsheet.explanation.sentence_roles import SentenceRoles
from broadsheet.kit.lazy import lazy
from broadsheet.kit.mask import Mask
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.index.index import Index
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.records import Result, SearchPage
from broadsheet.pipeline.search import highlight, inputs
from broadsheet.pipeline.search import results as search_results
from broadsheet.pipeline.search.similar import SIMILAR_SEMANTIC, Example, more_like_this
from broadsheet.retrieval.convex_fusion import ConvexFusion
from broadsheet.settings import Settings

if TYPE_CHECKING:
    from broadsheet.pipeline.search import aspect_matching, aspect_sentences, aspects
else:  # imported on use: most pages compare whole papers
    aspect_matching, aspect_sentences, aspects = lazy(
        "broadsheet.pipeline.search", "aspect_matching", "aspect_sentences", "aspects"
    )

__all__ = ["SimilarPapers"]


class SimilarPapers:
    """Finds papers similar to others in one library."""

    def __init__(self, catalogue: Catalogue, index: Index, settings: Settings) -> None:
        self._catalogue = catalogue
        self._index = index
        self._settings = settings

    def page(
        self,
        snapshot: IndexSnapshot,
        liked: Sequence[int],
        disliked: Sequence[int],
        k: int,
        *,
        label: str = "",
        among: inputs.Ids | None = None,
        aspect: str = "",
    ) -> SearchPage:
        """The k papers most similar to the liked ones and least to the disliked ones, in one aspect or as a whole.

        `label` is shown as the query of the page.
        """
        started = time.perf_counter()
        good, bad = (
            list(inputs.examples(self._catalogue, snapshot, numbers).values()) for numbers in (liked, disliked)
        )
        allowed = snapshot.alive
        notes: tuple[str, ...] = ()
        if among is not None:
            among_mask, notes = inputs.among(self._catalogue, snapshot, among)
            allowed = allowed & among_mask
        if not good:
            return SearchPage(label, (), allowed.count(), ("this paper is not indexed yet", *notes))
        if aspect:
            results, total, aspect_notes = self._in_aspect(snapshot, good, bad, k, aspect, allowed)
            notes = (*notes, *aspect_notes)
        else:
            results, total = self._as_a_whole(snapshot, good, bad, k, allowed)
        return SearchPage(label, results, total, notes, time.perf_counter() - started)

    def _as_a_whole(
        self, snapshot: IndexSnapshot, liked: Sequence[Example], disliked: Sequence[Example], k: int, allowed: Mask
    ) -> tuple[tuple[Result, ...], int]:
        """(results, number of papers searched)."""
        fusion = ConvexFusion(semantic=SIMILAR_SEMANTIC)
        vectors = self._index.vectors.open(snapshot)
        ranking, terms = more_like_this(snapshot, liked, disliked, k, allowed, fusion, vectors)
        highlight_words = highlight.typical_words([text for _, text in liked], terms)
        papers = inputs.locate_papers(self._catalogue, snapshot, ranking.rows)
        size = self._settings.search.snippet_words
        return search_results.results(snapshot, papers, ranking, highlight_words, size), ranking.n_allowed

    def _in_aspect(
        self,
        snapshot: IndexSnapshot,
        liked: Sequence[Example],
        disliked: Sequence[Example],
        k: int,
        aspect: str,
        allowed: Mask,
    ) -> tuple[tuple[Result, ...], int, tuple[str, ...]]:
        """(results, number of papers searched, notes)."""
        rows = np.array([row for row, _ in (*liked, *disliked)], np.int64)
        texts = inputs.titles_and_bodies(self._catalogue, snapshot, rows)
        fusion = ConvexFusion(semantic=SIMILAR_SEMANTIC)
        vectors = self._index.vectors.open(snapshot)
        query = aspects.AspectQuery.of(
            snapshot, self._sentence_roles, liked, disliked, texts, aspect, allowed, fusion, vectors
        )
        candidates = inputs.titles_and_bodies(self._catalogue, snapshot, query.candidates.rows)
        near = aspects.likeness(query, candidates, self._sentence_vectors)
        match = aspects.blend_scores(near, aspect_sentences.Blend.of(aspect), k)
        papers = inputs.locate_papers(self._catalogue, snapshot, match.ranking.rows)
        size = self._settings.search.snippet_words
        return aspects.results(snapshot, papers, match, liked, aspect, size), match.ranking.n_allowed, match.notes

    @cached_property
    def _sentence_vectors(self) -> aspect_matching.SentenceVectors:
        """The vectors of the sentences that aspects were judged by lately."""
        return aspect_matching.SentenceVectors()

    @cached_property
    def _sentence_roles(self) -> SentenceRoles:
        """The model of sentence roles; cached."""
        return pretrained.read_sentence_roles(self._index.folder.parent)
