"""A ranking → results: the papers of the ranked rows with snippets and reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.records import Result, Span, Stored
from broadsheet.pipeline.search import highlight
from broadsheet.pipeline.search.analysis import AnalyzedQuery
from broadsheet.pipeline.search.features import RankingFeatures
from broadsheet.pipeline.search.ranking import Ranking
from broadsheet.pipeline.search.snippets import Evidence

__all__ = ["RankedPapers", "results"]

RankedPapers = Sequence[tuple[int, Stored]]  # (position in a ranking, paper)


def results(
    snapshot: IndexSnapshot,
    papers: RankedPapers,
    ranking: Ranking,
    highlight_words: Mapping[str, str],
    snippet_words: int,
) -> tuple[Result, ...]:
    """The ranked rows as search results; `papers` are their papers. Without `snippet_words` (0) there is no snippet."""
    texts = highlight.Texts.of([item.paper for _, item in papers], highlight_words, bodies=snippet_words > 0)
    matches = [texts.matched_words(i) for i in range(len(papers))]
    rows = ranking.rows[[at for at, _ in papers]]
    related: list[tuple[tuple[str, str], ...]] = [()] * len(papers)
    snippets: list[tuple[Span, ...]] = [()] * len(papers)
    if snippet_words:
        features = ranking.features or _features(snapshot, rows, highlight_words)
        related = highlight.related_words(features, rows, texts, matches)
        snippets = texts.snippets(Evidence.of(features.query, highlight_words), snippet_words)
    out = []
    for i, (at, item) in enumerate(papers):
        score = float(ranking.scores[at])
        lexical = float(ranking.lexical[at] / score) if score > 0 else 0.0
        lexical = min(max(lexical, 0.0), 1.0)
        shares = lexical, 1.0 - lexical if score > 0 else 0.0
        named_reason = ranking.named_rows.get(int(rows[i]))
        reasons = (named_reason,) if named_reason else ()
        out.append(Result(item, score, *shares, texts.title(i), snippets[i], matches[i], related[i], reasons))
    return tuple(out)


def _features(snapshot: IndexSnapshot, rows: NDArray[np.int64], highlight_words: Mapping[str, str]) -> RankingFeatures:
    """The features of papers that were ranked without words, for the words to highlight."""
    return RankingFeatures(AnalyzedQuery.of(snapshot, " ".join(highlight_words.values())), np.sort(rows))
