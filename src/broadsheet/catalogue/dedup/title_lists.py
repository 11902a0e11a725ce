"""The papers under each title hash of a batch, as they would be stored after each record."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence

from broadsheet.catalogue.database import Reading, fetch, in_list
from broadsheet.catalogue.dedup.items import Item
from broadsheet.catalogue.dialects import sql

__all__ = ["TitleLists"]

_CROWD = 16  # papers under one gram, at most; a more common gram is ignored
_NAMESAKES = 64  # papers of one title compared, at most


class TitleLists:
    """Papers by title hash, the oldest first; hashes that no record of the batch has are passed over."""

    def __init__(self, connection: Reading, items: Sequence[Item]) -> None:
        """Looks up the hashes of all records at once."""
        self._connection = connection
        self._papers: dict[int, list[int]] = {value: [] for item in items for value in item.hashes}
        self._whole = {item.hashes[0] for item in items if item.hashes}
        self._gone: dict[int, set[int]] = defaultdict(set)  # stored under the hash, and no longer found by it
        self._cut: set[int] = set()  # more papers are stored than were read
        self._read(self._papers)

    def candidates(self, item: Item) -> set[int]:
        """The candidate papers of a record."""
        found: set[int] = set()
        for place, value in enumerate(item.hashes):
            papers = self._papers[value]
            if not place or len(papers) <= _CROWD:  # the first is of the whole title
                found.update(papers[:_NAMESAKES])
        return found

    def likely(self) -> set[int]:
        """All that are candidates of some record as things are now."""
        lists = (p for value, p in self._papers.items() if len(p) <= _CROWD or value in self._whole)
        return {paper_id for papers in lists for paper_id in papers}

    def add(self, paper_id: int, hashes: Iterable[int]) -> None:
        """The paper is found by these from now on."""
        for value in hashes:
            papers = self._papers.get(value)
            if papers is None:
                continue
            if not papers or papers[-1] < paper_id:
                papers.append(paper_id)
            elif papers[bisect_left(papers, paper_id)] != paper_id:
                insort(papers, paper_id)
            if value in self._gone:
                self._gone[value].discard(paper_id)

    def remove(self, paper_id: int, hashes: Iterable[int]) -> None:
        """The paper is not found by these any more."""
        for value in hashes:
            if paper_id not in self._papers.get(value, ()):
                continue
            self._papers[value].remove(paper_id)
            self._gone[value].add(paper_id)
            if value in self._cut:
                self._read([value])

    def _read(self, values: Iterable[int]) -> None:
        """Take in the oldest stored papers of these hashes, enough to know who is compared."""
        wanted = list(values)
        most = _NAMESAKES + 1 + max((len(self._gone[value]) for value in wanted if value in self._gone), default=0)
        for value, listed in fetch(self._connection, sql.MATCH_TITLES, values=in_list(wanted), most=most):
            stored = list(map(int, listed.split(","))) if listed else []
            if len(stored) == most:
                self._cut.add(value)
            if stored:
                self._papers[value] = sorted({*stored, *self._papers[value]} - self._gone.get(value, set()))
