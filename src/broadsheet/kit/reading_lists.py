"""Reading lists: papers in an order, under headings, each with a line of remark. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from broadsheet.kit.errors import UsageError
from broadsheet.kit.paper import Paper

__all__ = ["Arrangement", "Entry", "ListedPaper", "ReadingList", "Section"]

MOST_SECTIONS = 50


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper in a list."""

    paper_id: int
    section: str = ""  # "": none; it stands behind all sections
    remark: str = ""
    added_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ListedPaper:
    """A paper as a list prints it; `notes` are what its reader wrote and marked."""

    paper: Paper
    remark: str = ""
    notes: str = ""
    number: int = 0  # in this library


@dataclass(frozen=True, slots=True)
class Section:
    """Papers under a heading; "" for those without a section."""

    heading: str
    papers: Sequence[ListedPaper]


@dataclass(frozen=True, slots=True)
class ReadingList:
    """A list as it is printed."""

    title: str
    sections: Sequence[Section] = field(default_factory=tuple)

    @property
    def papers(self) -> list[ListedPaper]:
        """All papers in their order."""
        return [paper for section in self.sections for paper in section.papers]


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The sections of a list and its entries; every change returns another one."""

    sections: tuple[str, ...]
    entries: tuple[Entry, ...]

    def in_order(self) -> Arrangement:
        """The entries section by section; a section that is no longer there is none."""
        place = {heading: at for at, heading in enumerate(self.sections)}
        known = [e if e.section in place else replace(e, section="") for e in self.entries]
        return replace(self, entries=tuple(sorted(known, key=lambda e: place.get(e.section, len(place)))))

    def by_section(self) -> Iterator[tuple[str, list[Entry]]]:
        """Each heading with its entries; those without a section last, if there are any."""
        for heading in self.sections:
            yield heading, [e for e in self.entries if e.section == heading]
        if rest := [e for e in self.entries if not e.section]:
            yield "", rest

    def moved(self, paper_id: int, by: int) -> Arrangement:
        """The paper one place up (-1) or down (+1); at the edge of its section it goes into the next one."""
        entries, headings = list(self.entries), [*self.sections, ""]
        at = self._at(paper_id)
        entry, other = entries[at], at + by
        if 0 <= other < len(entries) and entries[other].section == entry.section:
            entries[at], entries[other] = entries[other], entry
            return replace(self, entries=tuple(entries))
        section = headings.index(entry.section) + by
        if not 0 <= section < len(headings):
            return self
        del entries[at]
        moved = replace(entry, section=headings[section])
        return replace(self, entries=(moved, *entries) if by > 0 else (*entries, moved)).in_order()

    def placed(self, paper_id: int, place: int) -> Arrangement:
        """The paper at a place of the whole list, from 1, in the section of the paper that was there."""
        entries = list(self.entries)
        entry = entries.pop(self._at(paper_id))
        at = min(max(place, 1), len(entries) + 1) - 1
        if self.entries[at].paper_id != paper_id:
            entry = replace(entry, section=self.entries[at].section)
        entries.insert(at, entry)
        return replace(self, entries=tuple(entries)).in_order()

    def under(self, paper_id: int, heading: str) -> Arrangement:
        """The paper at the end of a section, which is made if it is missing; "" takes it out of its section."""
        entries = list(self.entries)
        entry = entries.pop(self._at(paper_id))
        made = self if not heading or heading in self.sections else self.with_section(heading)
        return replace(made, entries=(*entries, replace(entry, section=heading))).in_order()

    def remarked(self, paper_id: int, remark: str) -> Arrangement:
        """The paper with another remark."""
        at = self._at(paper_id)
        entries = [replace(e, remark=remark) if n == at else e for n, e in enumerate(self.entries)]
        return replace(self, entries=tuple(entries))

    def with_section(self, heading: str) -> Arrangement:
        """One more section, the last. Raises UsageError for one that is there, and for too many."""
        if heading in self.sections:
            raise UsageError(f"there is a section {heading!r} already")
        if len(self.sections) >= MOST_SECTIONS:
            raise UsageError(f"a collection has {MOST_SECTIONS} sections at most")
        return replace(self, sections=(*self.sections, heading))

    def without_section(self, heading: str) -> Arrangement:
        """The list without a section; its papers stand without one. Raises UsageError."""
        self._require(heading)
        return replace(self, sections=tuple(name for name in self.sections if name != heading)).in_order()

    def renamed_section(self, heading: str, to: str) -> Arrangement:
        """A section under another heading. Raises UsageError."""
        self._require(heading)
        if to != heading and to in self.sections:
            raise UsageError(f"there is a section {to!r} already")
        entries = tuple(replace(e, section=to) if e.section == heading else e for e in self.entries)
        return Arrangement(tuple(to if name == heading else name for name in self.sections), entries)

    def moved_section(self, heading: str, by: int) -> Arrangement:
        """A section one place up (-1) or down (+1). Raises UsageError."""
        self._require(heading)
        names = list(self.sections)
        at = names.index(heading)
        other = min(max(at + by, 0), len(names) - 1)
        names[at], names[other] = names[other], names[at]
        return replace(self, sections=tuple(names)).in_order()

    def _at(self, paper_id: int) -> int:
        for at, entry in enumerate(self.entries):
            if entry.paper_id == paper_id:
                return at
        raise UsageError(f"paper {paper_id} is not in this collection")

    def _require(self, heading: str) -> None:
        if heading not in self.sections:
            names = ", ".join(map(repr, self.sections)) or "none yet"
            raise UsageError(f"there is no section {heading!r}; there are {names}")
