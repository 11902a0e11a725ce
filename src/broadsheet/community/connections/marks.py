"""The marks that items of a library elsewhere ask for: set once, and taken back where they are the sync's own.

A mark is "save", "tag:NAME" or "collection:KEY". It is the sync's own if nobody has set it before, and if the last word
on it in the reader's log is the sync's; a mark that a reader set, took off or set again is the reader's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from broadsheet.catalogue import Event
from broadsheet.catalogue.connections import Connection, ConnectionItem, Connections, Step
from broadsheet.community.connections.report import SyncReport
from broadsheet.pipeline.library import Library

__all__ = ["COLLECTION", "SAVE", "TAG", "Marks", "policy_of"]

SAVE, TAG, COLLECTION = "save", "tag:", "collection:"
_OWN = "own"  # in the content of an item: the collections that the sync put its paper into


def policy_of(connection: Connection) -> str:
    """The policy of the events that a connection logs."""
    return f"{connection.kind}:{connection.id}"


class Marks:
    """The reader's marks as they are during a sync, and the changes that items ask for."""

    def __init__(self, library: Library, connection: Connection, report: SyncReport) -> None:
        state = library.state(connection.reader)
        self._connection = connection
        self._stored: Connections = library.catalogue.connections
        self._report = report
        self._policy = policy_of(connection)
        self._saved = set(state.saved)
        self._tags = {name: set(papers) for name, papers in state.tags.items()}
        self._collections = {name: set(papers) for name, papers in library.collections(connection.reader).items()}

    def apply(
        self,
        step: Step,
        pairs: Iterable[tuple[ConnectionItem | None, ConnectionItem]],
        names: Mapping[str, str],
    ) -> None:
        """Put items into a step, with what their marks change; `pairs` are (as known, as they are now).

        `names` has the name of each collection by its key.
        """
        lost: list[tuple[ConnectionItem, str]] = []
        for before, now in pairs:
            known = before if before and before.paper_id == now.paper_id else None
            old = known.marks if known else ()
            own = set(known.content.get(_OWN, ())) if known else set()
            if before and before.paper_id is not None:
                stay = now.marks if known else ()
                lost += [(before, mark) for mark in before.marks if mark not in stay]
            if now.paper_id is not None:
                new = [mark for mark in now.marks if mark not in old]
                own -= set(new)
                own |= {mark for mark in new if self._set(step, now.paper_id, mark, names)}
            own &= set(now.marks)
            content = {name: value for name, value in now.content.items() if name != _OWN}
            step.items.append(replace(now, content={**content, **({_OWN: sorted(own)} if own else {})}))
        self._take_back(step, lost, names)

    def _set(self, step: Step, paper: int, mark: str, names: Mapping[str, str]) -> bool:
        """Set a mark that is not set; whether it is a collection's and the sync's own."""
        kind, _, value = mark.partition(":")
        if kind == SAVE and paper not in self._saved:
            self._saved.add(paper)
            step.events.append(Event("save", paper, policy=self._policy))
            self._report.saved += 1
        elif kind == "tag" and paper not in self._tags.setdefault(value, set()):
            self._tags[value].add(paper)
            step.events.append(Event("tag", paper, policy=self._policy, value=value))
            self._report.tagged += 1
        elif kind == "collection" and (name := names.get(value)):
            if paper in self._collections.setdefault(name, set()):
                return False
            self._collections[name].add(paper)
            step.collected.append((name, paper))
            self._report.collected += 1
            return True
        return False

    def _take_back(self, step: Step, lost: Sequence[tuple[ConnectionItem, str]], names: Mapping[str, str]) -> None:
        """Take back the marks that are the sync's own and that no other item of their paper asks for."""
        papers = {item.paper_id for item, _ in lost if item.paper_id is not None}
        if not papers:
            return
        now = {item.key: item for item in step.items}
        stored = {item.key: item for item in self._stored.items_of_papers(self._connection.id, papers)}
        wanted = {(item.paper_id, mark) for item in (stored | now).values() for mark in item.marks}
        words = self._stored.last_words(self._connection.reader_id, papers)
        for item, mark in lost:
            paper = item.paper_id
            if paper is None or (paper, mark) in wanted:
                continue
            kind, _, value = mark.partition(":")
            is_own = words.get((paper, mark), ("", "")) in {("save", self._policy), ("tag", self._policy)}
            if kind == SAVE and is_own and paper in self._saved:
                self._saved.discard(paper)
                step.events.append(Event("unsave", paper, policy=self._policy))
            elif kind == "tag" and is_own and paper in self._tags.get(value, set()):
                self._tags[value].discard(paper)
                step.events.append(Event("untag", paper, policy=self._policy, value=value))
            elif kind == "collection" and mark in item.content.get(_OWN, ()) and value in names:
                self._collections.get(names[value], set()).discard(paper)
                step.uncollected.append((names[value], paper))
            else:
                continue
            self._report.taken_back += 1
