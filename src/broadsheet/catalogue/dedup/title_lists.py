"""The papers under each title hash of a batch, updated after each record."""

from __future__ import annotations

from bisect import bisect_left, insort
from collections import defaultdict
from collections.abc import Iterable, Sequence

from broadsheet.catalogue.database import Reading, fetch, in_list
from broadsheet.catalogue.dedup.items import Item
from broadsheet.catalogue.dialects import sql

__all__ = ["TitleLists"]

_MAX_PAPERS_PER_GRAM = 16  # a gram of more papers is ignored
_MAX_SAME_TITLE = 64  # papers with one title to compare, at most


class TitleLists:
    """The papers under each title hash, oldest first; hashes that no record of the batch has are ignored."""

    def __init__(self, connection: Reading, items: Sequence[Item]) -> None:
        """Reads the papers of all records' hashes with one query."""
        self._connection = connection
        self._papers: dict[int, list[int]] = {value: [] for item in items for value in item.hashes}
        self._whole = {item.hashes[0] for item in items if item.hashes}
        self._gone: dict[int, set[int]] = defaultdict(set)  # stored under the hash, but removed since
        self._cut: set[int] = set()  # hashes with more stored papers than were read
        self._read(self._papers)

    def candidates(self, item: Item) -> set[int]:
        """The candidate papers of a record."""
        paper_ids: set[int] = set()
        for position, value in enumerate(item.hashes):
            papers = self._papers[value]
            if not position or len(papers) <= _MAX_PAPERS_PER_GRAM:  # the first hash is that of the whole title
                paper_ids.update(papers[:_MAX_SAME_TITLE])
        return paper_ids

    def likely(self) -> set[int]:
        """All papers that are candidates of some record at present."""
        lists = (
            paper_ids
            for value, paper_ids in self._papers.items()
            if len(paper_ids) <= _MAX_PAPERS_PER_GRAM or value in self._whole
        )
        return {paper_id for papers in lists for paper_id in papers}

    def add(self, paper_id: int, hashes: Iterable[int]) -> None:
        """Add a paper under these hashes."""
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
        """Remove a paper from these hashes."""
        for value in hashes:
            if paper_id not in self._papers.get(value, ()):
                continue
            self._papers[value].remove(paper_id)
            self._gone[value].add(paper_id)
            if value in self._cut:
                self._read([value])

    def _read(self, values: Iterable[int]) -> None:
        """Read the oldest stored papers of these hashes, as many as are compared at most."""
        hashes = list(values)
        most = _MAX_SAME_TITLE + 1 + max((len(self._gone[value]) for value in hashes if value in self._gone), default=0)
        for value, id_list in fetch(self._connection, sql.MATCH_TITLES, values=in_list(hashes), most=most):
            paper_ids = list(map(int, id_list.split(","))) if id_list else []
            if len(paper_ids) == most:
                self._cut.add(value)
            if paper_ids:
                self._papers[value] = sorted({*paper_ids, *self._papers[value]} - self._gone.get(value, set()))
