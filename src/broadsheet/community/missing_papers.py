"""What a collection lacks: papers near those in it, and papers that stand beside them in other collections."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from broadsheet.pipeline.library import Library
from broadsheet.pipeline.records import Stored

__all__ = ["MissingPaper", "missing"]

_MOST = 200  # papers of a collection that say what is near it, the last in its order
_TOGETHER = 0.25  # what standing beside a paper in another collection adds, of the score of the nearest paper
_TITLE = 90  # characters of a title in a reason


@dataclass(frozen=True, slots=True)
class MissingPaper:
    """A paper that may belong into a collection, and why."""

    stored: Stored
    reasons: Sequence[str]


def missing(
    library: Library, papers: Sequence[Stored], others: Iterable[tuple[int, int]], k: int
) -> list[MissingPaper]:
    """The k best candidates for these papers; `others` are (collection, paper) of collections the reader may see."""
    own = {stored.id for stored in papers}
    if not own or k < 1:
        return []
    last = papers[-_MOST:]
    together = _together(own, others)
    ranked = library.rank_for([stored.id for stored in last], k=3 * k + 20 + len(papers) - len(last))
    numbers, scores = ranked.numbers.tolist(), ranked.scores.tolist()
    best = max(scores, default=0.0)
    spread = (best - min(scores, default=0.0)) or 1.0
    score = {n: (one - best) / spread for n, one in zip(numbers, scores, strict=True)}  # 0 the best, -1 the last
    for number, count in together.items():
        score[number] = score.get(number, -1.0) + _TOGETHER * count
    order = sorted((n for n in score if n not in own), key=lambda n: (-score[n], n))
    found = library.papers(order[: 2 * k])[:k]
    return [MissingPaper(stored, _reasons(library, stored, last, together[stored.id])) for stored in found]


def _together(own: set[int], others: Iterable[tuple[int, int]]) -> Counter[int]:
    """Paper → other collections that hold it beside one of these papers."""
    held: dict[int, set[int]] = defaultdict(set)
    for collection, paper in others:
        held[collection].add(paper)
    return Counter(paper for numbers in held.values() if numbers & own for paper in numbers - own)


def _reasons(library: Library, stored: Stored, papers: Sequence[Stored], together: int) -> list[str]:
    reasons = []
    names = {person.name for person in stored.paper.authors}
    shared = [name for name in names if any(name in {p.name for p in one.paper.authors} for one in papers)]
    near = library.similar([str(stored.id)], (), 1, among=[one.id for one in papers])
    if near.results:
        title = near.results[0].stored.paper.title.strip() or "Untitled"
        reasons.append(f"near “{title if len(title) <= _TITLE else title[: _TITLE - 1].rstrip() + '…'}”")
    if shared:
        reasons.append(f"by {sorted(shared)[0]}, an author here")
    if together:
        reasons.append(f"beside these papers in {together} other collection{'' if together == 1 else 's'} of yours")
    return reasons
