"""A ranking → results: the papers of the ranked rows, and everything about them in words."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import Catalogue
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.records import Result, Stored
from broadsheet.pipeline.search import highlight
from broadsheet.pipeline.search.features import RankingFeatures, query_vector
from broadsheet.pipeline.search.ranking import Ranking

__all__ = ["results"]


def _fetch(catalogue: Catalogue, view: IndexSnapshot, rows: NDArray[np.int64]) -> list[tuple[int, Stored]]:
    """(position in rows, paper) for every row whose paper is still there, in order."""
    ids = view.ids[rows].tolist()
    held = catalogue.stored(ids)
    return [(at, Stored.of(held[paper])) for at, paper in enumerate(ids) if paper in held]


def results(
    catalogue: Catalogue, view: IndexSnapshot, found: Ranking, wanted: Mapping[str, str], snippet_words: int
) -> tuple[Result, ...]:
    """The ranked rows as search results; `wanted` are the words to mark, 0 snippet words leaves the snippet out."""
    held = _fetch(catalogue, view, found.rows)
    texts = highlight.Texts.of([item.paper for _, item in held], wanted, bodies=snippet_words > 0)
    matched = [texts.matched(i) for i in range(len(held))]
    rows, none = found.rows[[at for at, _ in held]], [()] * len(held)
    near = (
        highlight.near(found.evidence or _evidence(view, rows, wanted), rows, texts, matched) if snippet_words else none
    )
    out = []
    for i, (at, item) in enumerate(held):
        score = float(found.scores[at])
        lexical = float(found.lexical[at] / score) if score > 0 else 0.0
        lexical = min(max(lexical, 0.0), 1.0)
        shares = lexical, 1.0 - lexical if score > 0 else 0.0
        snippet = texts.snippet(i, snippet_words) if snippet_words else ()
        named = found.lifted.get(int(rows[i]))
        reasons = (named,) if named else ()
        out.append(Result(item, score, *shares, texts.title(i), snippet, matched[i], near[i], reasons))
    return tuple(out)


def _evidence(view: IndexSnapshot, rows: NDArray[np.int64], wanted: Mapping[str, str]) -> RankingFeatures:
    """How the wanted words compare with those of papers that were not found by them."""
    text = " ".join(wanted.values())
    return RankingFeatures.about(view, text, query_vector(view, text), np.sort(rows))
