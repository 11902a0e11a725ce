"""The shelf: what a library answers from its catalogue alone. Papers, readers and what readers did; no index."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Self

from broadsheet.catalogue import Catalogue, Event, Reader, ReaderState
from broadsheet.kit.errors import LibraryError, UnknownPaper, UnknownReader, UsageError
from broadsheet.kit.identifiers import canonical
from broadsheet.kit.paper import Paper
from broadsheet.pipeline import reading
from broadsheet.pipeline.feed.ranking import FeedMix
from broadsheet.pipeline.records import Stored
from broadsheet.settings import Settings

if TYPE_CHECKING:
    from broadsheet.catalogue import Deletion, Import, Merge, Quarantined, Suspect

__all__ = ["ACTIONS", "Shelf"]

ACTIONS = ("open", "save", "unsave", "up", "down", "unrate", "hide", "unhide", "tag", "untag")


class Shelf:
    """The part of a library that needs its catalogue only."""

    def __init__(self, path: Path, catalogue: Catalogue, settings: Settings) -> None:
        self.path = path
        self.catalogue = catalogue
        self.settings = settings

    def now(self) -> datetime:
        """This moment in UTC, by the clock that was handed in."""
        return self.catalogue.now()

    @property
    def instance_id(self) -> str:
        """Names this library in the feeds it publishes; made once, kept in the catalogue."""
        return self.catalogue.instance_id

    def close(self) -> None:
        """Close the catalogue; the library cannot be used afterwards."""
        self.catalogue.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, tb: TracebackType | None) -> None:
        self.close()

    # Papers -----------------------------------------------------------------------------------------------------

    def resolve(self, text: str | int) -> int:
        """The number of the paper with this identifier, in any form. Raises UnknownPaper naming it."""
        number = self.catalogue.resolve(str(text))
        if number is None:
            fix = (
                f"`broadsheet add --ids {text}` looks it up" if canonical(str(text)) else "`broadsheet search` finds it"
            )
            raise UnknownPaper(f"no paper {str(text)!r} in this library; {fix}")
        return number

    def paper(self, which: str | int) -> Stored:
        """One paper. Raises UnknownPaper."""
        return self.papers([self.resolve(which)])[0]

    def papers(self, ids: Sequence[int]) -> list[Stored]:
        """The papers with these numbers that exist, in the given order."""
        held = self.catalogue.stored(ids)
        return [reading.stored(held[i]) for i in ids if i in held]

    def versions(self, which: str | int) -> list[tuple[int, datetime, Paper]]:
        """Earlier contents of a paper: (number, when it was replaced, content)."""
        return self.catalogue.versions(self.resolve(which))

    def records(self, which: str | int) -> list[tuple[str, str, datetime, Paper]]:
        """What each source says of a paper: (source, its id there, when it was read, the paper as it tells it)."""
        return self.catalogue.records(self.resolve(which))

    def suspects(self) -> list[Suspect]:
        """Papers that hold, or took the place of, another work."""
        return self.catalogue.suspects()

    def export(self, ids: Iterable[int], format: str) -> Iterator[str]:
        """The papers as text in pieces; format is bibtex, ris, csl or jsonl."""
        from broadsheet.sources.export import WRITERS

        if format not in WRITERS:
            raise UsageError(f"no export format {format!r}; there are {', '.join(WRITERS)}")
        return WRITERS[format](p for chunk in _chunks(ids, 500) for p in (s.paper for s in self.papers(chunk)))

    # Readers ----------------------------------------------------------------------------------------------------

    def _reader(self, name: str) -> Reader:
        try:
            return self.catalogue.reader(name, create=name == "me" and not self.catalogue.read_only)
        except (UnknownReader, LibraryError):  # or the disk is full
            if name != "me" or name in (known.name for known in self.readers()):
                raise
            return Reader(0, name, self.now(), {})  # nobody has read here yet, and nothing can be noted down

    def _state(self, who: Reader) -> ReaderState:
        return self.catalogue.state(who.id) if who.id else ReaderState({}, {}, frozenset(), {}, {}, {}, 0)

    def readers(self) -> list[Reader]:
        """Everybody who reads here."""
        return self.catalogue.readers()

    def create_reader(self, name: str) -> Reader:
        """A new reader. Raises UsageError if the name is taken."""
        if any(r.name == name for r in self.readers()):
            raise UsageError(f"there is a reader {name!r} already")
        return self.catalogue.reader(name, create=True)

    def delete_reader(self, name: str) -> None:
        """Forget a reader and everything they did. Raises UnknownReader."""
        self.catalogue.delete_reader(name)

    def tuning(self, reader: str) -> FeedMix:
        """How the reader's page is mixed."""
        chosen = self._reader(reader).settings
        defaults = self.settings.feed
        return FeedMix(**{k: float(chosen.get(k, getattr(defaults, k))) for k in FeedMix.__dataclass_fields__})

    def tune(self, reader: str, **weights: float) -> FeedMix:
        """Set any of recency, diversity and exploration, each 0..1. Raises UsageError for anything else."""
        for key, value in weights.items():
            if key not in FeedMix.__dataclass_fields__:
                raise UsageError(f"nothing called {key!r} to tune; there are {', '.join(FeedMix.__dataclass_fields__)}")
            if not 0 <= value <= 1:
                raise UsageError(f"{key} must lie between 0 and 1, not {value}")
        who = self._reader(reader)
        self.catalogue.save_settings(who.name, {**who.settings, **weights})
        return self.tuning(reader)

    def state(self, reader: str) -> ReaderState:
        """What the reader saved, rated, hid, opened and tagged."""
        return self._state(self._reader(reader))

    def act(
        self,
        reader: str,
        which: str | int,
        action: str,
        value: str = "",
        *,
        position: int | None = None,
        policy: str = "",
    ) -> None:
        """Note what the reader did with a paper; `value` is the tag's name for tag and untag. Raises UnknownPaper."""
        if action not in ACTIONS:
            raise UsageError(f"no action {action!r}; there are {', '.join(ACTIONS)}")
        if action in ("tag", "untag") and not value.strip():
            raise UsageError("a tag needs a name")
        event = Event(action, self.resolve(which), position=position, policy=policy, value=value.strip())
        self.catalogue.log(self._reader(reader).id, [event])

    def undo(self, reader: str) -> tuple[str, int] | None:
        """Take back the reader's last action; (action, paper number), None if there is none left."""
        event = self.catalogue.undo(self._reader(reader).id)
        return (event.kind, event.paper_id) if event else None

    def collections(self, reader: str) -> dict[str, tuple[int, ...]]:
        """The reader's collections: name and paper numbers."""
        return self.catalogue.collections(self._reader(reader).id)

    def create_collection(self, reader: str, name: str) -> None:
        """Make an empty collection; one that exists stays as it is. Raises UsageError."""
        self.catalogue.create_collection(self._reader(reader).id, name)

    def rename_collection(self, reader: str, name: str, to: str) -> None:
        """Give a collection another name. Raises UsageError if there is none, or one of the new name already."""
        self.catalogue.rename_collection(self._reader(reader).id, name, to)

    def collect(self, reader: str, name: str, which: str | int) -> None:
        """Put a paper into a collection, making it if need be."""
        number, who = self.resolve(which), self._reader(reader).id
        if not name.strip():
            raise UsageError("a collection needs a name")
        if name.strip() not in self.catalogue.collections(who):
            self.catalogue.create_collection(who, name.strip())
        self.catalogue.add_to_collection(who, name.strip(), number)

    def uncollect(self, reader: str, name: str, which: str | int) -> None:
        """Take a paper out of a collection."""
        self.catalogue.remove_from_collection(self._reader(reader).id, name, self.resolve(which))

    def delete_collection(self, reader: str, name: str) -> int:
        """Delete a collection; its papers stay. The number to restore it with."""
        return self.catalogue.delete_collection(self._reader(reader).id, name)

    # Looking after ----------------------------------------------------------------------------------------------

    def quarantine(self, limit: int = 200) -> list[Quarantined]:
        """Records that could not be read: where they came from and why."""
        return self.catalogue.quarantine(limit)

    def clear_quarantine(self, ids: Sequence[int] | None = None) -> int:
        """Forget these records, or all; how many there were."""
        return self.catalogue.clear_quarantine(ids)

    def deletions(self, limit: int = 200) -> list[Deletion]:
        """What was deleted and can be restored, newest first."""
        return self.catalogue.deletions(limit)

    def purge(self, deletion_id: int | None = None) -> int:
        """Forget what was deleted, for good; how many deletions there were."""
        return self.catalogue.purge(deletion_id)

    def imports(self, limit: int = 200) -> list[Import]:
        """Files, syncs and look-ups that brought something, newest first."""
        return self.catalogue.imports(limit)

    def merges(self) -> list[Merge]:
        """Records that joined a paper by their titles, and papers that a record naming both made one; can be undone."""
        return self.catalogue.merges()


def _chunks(ids: Iterable[int], size: int) -> Iterator[list[int]]:
    chunk: list[int] = []
    for number in ids:
        chunk.append(number)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
