"""What a query names comes first: the paper of an identifier or a title, the papers of an author; then what ranks.

query ──► ranked as ever ──────────────────────────────┐
  ├─ identifiers ──► papers ───────┐                   ├──► named ones first, then the others
  ├─ the first results' titles ───┼──► named rows ────┘
  └─ people it names ──► theirs ───┘
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.bag_of_words import locate
from broadsheet.kit.mask import Mask
from broadsheet.kit.text import STOP_TERMS, fold
from broadsheet.pipeline.index.names import name_tokens
from broadsheet.pipeline.index.snapshot import TEXT_FIELDS, IndexSnapshot
from broadsheet.pipeline.records import Reason
from broadsheet.pipeline.search import people, ranking
from broadsheet.pipeline.search.features import asked_tokens
from broadsheet.pipeline.search.precise import Precise
from broadsheet.pipeline.search.query import LONG_TEXT, Query, shown
from broadsheet.pipeline.search.query_fields import SILENT_KINDS
from broadsheet.pipeline.search.ranking import Ranking
from broadsheet.pipeline.search.spellings import spellings
from broadsheet.retrieval.convex_fusion import ConvexFusion

__all__ = ["rank", "unheard"]

TITLES = 20  # of the best results so many have their titles compared with the query
CITED = 4  # words of a title that stands inside a longer query, a reference, at least

Resolve = Callable[[Sequence[str]], Mapping[str, int | None]]

MAX_LISTED = 5  # words that no paper has, in one note


def rank(
    view: IndexSnapshot,
    query: Query,
    k: int,
    allowed: Mask,
    fusion: ConvexFusion,
    precise: Precise | None = None,
    *,
    resolve: Resolve,
    today: date = date.max,
    cited: NDArray[np.int64] | None = None,
) -> Ranking:
    """As `ranking.rank`, what the query names first; `resolve` tells the papers of identifiers."""
    rows, notes = _identified(view, query, allowed, resolve)
    named = [(rows, Reason("id", "has this identifier", 1.0))]
    alone = bool(query.ids) and not fold(query.text) and not query.clauses
    wanted = 0 if alone or k <= 0 else max(k, TITLES)
    texts = (query.text,) if query.order else spellings(view, query.text)
    found = _best_of(
        [
            ranking.rank(view, replace(query, text=text), wanted, allowed, fusion, precise, today=today, cited=cited)
            for text in texts
        ],
        wanted,
    )
    if k > 0 and not query.order:
        titled = _titled(view, query.text, found.rows[:TITLES])
        titled = titled[allowed.flags()[titled]] if len(titled) else titled
        named.append((titled, Reason("title", "has this title", 1.0)))
        who = people.named(view, query.text) if not len(titled) and _may_name_people(query) else None
        if who:
            their = replace(query, text=who.rest, clauses=())
            mask = allowed & Mask.of(who.rows)
            theirs = ranking.rank(view, their, k, mask, fusion, precise, today=today)
            named.append((theirs.rows, Reason("author", f"by {shown(who.typed)}", 1.0)))
    return replace(_before(found, named, k), notes=(*found.notes, *notes))


def _best_of(rankings: Sequence[Ranking], k: int) -> Ranking:
    """Rankings of one query in several spellings as one: each row where it did best, k in all."""
    first, *others = rankings
    if not others:
        return first
    rows, lexical, semantic, scores = (
        np.concatenate([getattr(one, name) for one in rankings]) for name in ("rows", "lexical", "semantic", "scores")
    )
    order = np.lexsort((rows, -scores))
    kept = order[np.sort(np.unique(rows[order], return_index=True)[1])][:k]
    notes = tuple(dict.fromkeys(note for one in rankings for note in one.notes))
    best = replace(first, rows=rows[kept], scores=scores[kept], lexical=lexical[kept], semantic=semantic[kept])
    return replace(best, notes=notes, evidence=None)  # that of one spelling does not know the rows of the others


def _identified(
    view: IndexSnapshot, query: Query, allowed: Mask, resolve: Resolve
) -> tuple[NDArray[np.int64], tuple[str, ...]]:
    """The rows of the identifiers typed, in order; a note for one that no paper here has and that is no word either."""
    if not query.ids:
        return np.empty(0, np.int64), ()
    numbers = resolve(query.ids)
    words = set(query.text.split())
    notes = tuple(
        f"no paper here has the identifier {shown(name)}; `broadsheet add --ids {shown(name)}` looks it up"
        for name in query.ids
        if numbers.get(name) is None and name not in words
    )
    rows = view.rows_of([number for name in query.ids if (number := numbers.get(name)) is not None])
    rows = rows[rows >= 0]
    return rows[allowed.flags()[rows]], notes


def _titled(view: IndexSnapshot, text: str, rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """Of some rows those whose title is the text, or stands in it as in a reference; the longest title first."""
    asked = asked_tokens(text).terms.astype(np.uint32)
    if len(asked) and _all_common(asked_tokens(text).terms):
        return _common(view, text)
    if len(asked) < 2 or not len(rows):
        return np.empty(0, np.int64)
    order = np.sort(rows)
    terms, bounds = view.positions.read(order)
    fields, title = len(TEXT_FIELDS), TEXT_FIELDS.index("title")
    whole, found = asked.tobytes(), []
    for at, row in enumerate(order.tolist()):
        words = terms[bounds[at * fields + title] : bounds[at * fields + title + 1]]
        if len(words) == len(asked) or CITED <= len(words) < len(asked):
            place = whole.find(words.tobytes())
            while place >= 0 and place % asked.itemsize:
                place = whole.find(words.tobytes(), place + 1)
            if place >= 0:
                found.append((-len(words), row))
    return np.array([row for _, row in sorted(found)], np.int64)


def _common(view: IndexSnapshot, text: str) -> NDArray[np.int64]:
    """The rows with a title in which words too common to search for stand so: To be or not to be; WHO."""
    words = asked_tokens(text).terms
    if len(words) < 2 and not text.strip().isupper():
        return np.empty(0, np.int64)
    return np.flatnonzero(view.positions.matches(words, [TEXT_FIELDS.index("title")], view.alive.flags()))


def _may_name_people(query: Query) -> bool:
    """Whether the words are all there is: no field or phrase says what they are."""
    return all(c.negated or c.kind in SILENT_KINDS for clause in query.clauses for c in clause)


def _before(found: Ranking, named: Sequence[tuple[NDArray[np.int64], Reason]], k: int) -> Ranking:
    """The named rows in their order, then what was found, k in all; scores fall from the first to the last."""
    why: dict[int, Reason] = {}
    for rows, reason in named:
        for row in rows.tolist():
            why.setdefault(row, reason)
    if not why:
        return ranking.part(found, 0, k)
    first = np.array(list(why), np.int64)[:k]
    rest = ranking.part(found, 0, len(found.rows))
    kept = ~np.isin(found.rows, first)
    top = float(found.scores.max(initial=0.0)) + 1.0
    ahead = (top * (1 + np.arange(len(first), 0, -1) / len(first))).astype(np.float32)
    nothing = np.zeros(len(first), np.float32)
    joined = replace(
        rest,
        rows=np.concatenate([first, found.rows[kept]]),
        scores=np.concatenate([ahead, found.scores[kept]]),
        lexical=np.concatenate([ahead, found.lexical[kept]]),
        semantic=np.concatenate([nothing, found.semantic[kept]]),
        lifted=why,
    )
    return ranking.part(joined, 0, k)


def unheard(view: IndexSnapshot, query: Query) -> tuple[str, ...]:
    """Notes on words that no paper has, and on a text of nothing but words too common to search for."""
    typed = query.text.split()
    terms = asked_tokens(query.text).terms
    if not len(terms) or len(typed) > LONG_TEXT or not _may_name_people(query):
        return ()
    if _all_common(terms):
        return () if query.clauses else (f"“{shown(query.text.strip())}” is too common to search for by itself",)
    held = (view.inverted.frequencies(terms) > 0) | (locate(STOP_TERMS, terms) >= 0)
    missing = [] if held.all() else [word.strip(".,;:()") for word in typed if not _held(view, word)]
    unknown = list(dict.fromkeys(missing))
    listed = ", ".join(f"“{shown(word)}”" for word in unknown[:MAX_LISTED])
    more = f" and {len(unknown) - MAX_LISTED} more" if len(unknown) > MAX_LISTED else ""
    return (f"no paper here has {listed}{more}",) if unknown else ()


def _held(view: IndexSnapshot, word: str) -> bool:
    """Whether some part of a word as typed is anywhere in the library; numbers and single letters are not asked for."""
    if len(folded := fold(word)) < 2 or not any(map(str.isalpha, folded)):
        return True
    terms, names = asked_tokens(word).terms, name_tokens([word]).terms
    held = view.inverted.frequencies(terms) + view.inverted.frequencies(names) > 0
    return bool((held | (locate(STOP_TERMS, terms) >= 0)).any()) or not len(terms)


def _all_common(terms: NDArray[np.uint64]) -> bool:
    """Whether every word is too common to rank by."""
    return bool((locate(STOP_TERMS, terms) >= 0).all())
