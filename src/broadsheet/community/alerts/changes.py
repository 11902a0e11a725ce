"""Changed since you read it: a new version with its difference, a venue, code, a retraction of what one keeps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from broadsheet.catalogue.community.paper_changes import Unseen
from broadsheet.kit import venues
from broadsheet.kit.code_hosts import names_code
from broadsheet.kit.paper import Paper
from broadsheet.kit.standing import standing
from broadsheet.kit.word_difference import Piece, difference, plain_text, word_difference
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.records import Stored

__all__ = ["Change", "Changes", "Difference", "changed"]

_STEPS = 3  # portions of the change log that a page waits for
_NEWS = {"standing": "Retracted or withdrawn", "text": "New version", "venue": "Published", "code": "Code"}
_PREPRINTS = ("arxiv", "biorxiv", "medrxiv", "corr", "ssrn", "preprint")


def changed(before: Paper, after: Paper) -> tuple[str, ...]:
    """What a reader wants to know of two contents of a paper: text, venue, code, standing; () for nothing."""
    what = []
    if (now := standing(after)) and now != standing(before):
        what.append("standing")
    if _has_new_text(before, after):
        what.append("text")
    if _venue(after) and not _venue(before):
        what.append("venue")
    if _has_code(after) and not _has_code(before):
        what.append("code")
    return tuple(what)


@dataclass(frozen=True, slots=True)
class Difference:
    """A part of a paper in two contents."""

    label: str  # Title | Authors | Abstract
    pieces: Sequence[Piece]
    joint: str = " "

    @property
    def text(self) -> str:
        """On one line, for mail."""
        return plain_text(self.pieces, self.joint)


@dataclass(frozen=True, slots=True)
class Change:
    """A paper that changed since its reader kept it."""

    stored: Stored
    unseen: Unseen
    facts: tuple[str, ...]  # a line each: New version 2, Venue: …, Code: …, Retracted
    differences: tuple[Difference, ...]

    @property
    def since(self) -> datetime:
        """When its reader kept it, or saw its changes."""
        return self.unseen.since

    @property
    def line(self) -> str:
        """What changed, on one line."""
        return "; ".join(self.facts)


class Changes:
    """The changes of papers that readers of a library keep."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._table = library.catalogue.community.paper_changes

    def update(self, stops: Callable[[], bool] = lambda: False) -> int:
        """Derive what changed up to now; returns the last change of the catalogue that is known."""
        return self._table.update(changed, stops)

    def _catch_up(self) -> None:
        """Derive a little, so that no visitor waits for a long log: the scheduler does the rest."""
        steps = iter(range(_STEPS))
        self.update(lambda: next(steps, None) is None)

    def unseen(self, reader: str) -> list[Unseen]:
        """What changed of the papers that a reader keeps, the last change first; few texts are compared for it."""
        if not reader:
            return []
        self._catch_up()
        return self._table.unseen(self._library.reader(reader).id)

    def of_paper(self, reader: str, paper_id: int) -> Change | None:
        """What changed of one paper since its reader kept it; None for nothing."""
        if not reader:
            return None
        self._catch_up()
        one = self._table.unseen_of(self._library.reader(reader).id, paper_id)
        return next(iter(self.read([one])), None) if one else None

    def read(self, unseen: Sequence[Unseen]) -> list[Change]:
        """Some of them with their texts compared; those that changed back are left out."""
        papers = {stored.id: stored for stored in self._library.papers([one.paper_id for one in unseen])}
        links = self._library.catalogue.community.receptions.links(list(papers))
        changes = []
        for one in unseen:
            if one.paper_id not in papers:
                continue
            stored = papers[one.paper_id]
            versions = self._library.catalogue.papers.versions(one.paper_id)
            before = next((paper for _, at, paper in versions if at > one.since), stored.paper)
            code = next((link.url for link in links.get(one.paper_id, ()) if link.kind == "code"), "")
            change = _change(stored, one, before, code)
            changes += [change] if change.facts else []
        return changes

    def see(self, reader: str, paper_ids: Sequence[int] | None = None) -> int:
        """Note that a reader has seen the changes of these papers, or all; how many there were."""
        self._catch_up()
        wanted = None if paper_ids is None else set(paper_ids)
        reader_id = self._library.reader(reader).id
        seen = [one for one in self._table.unseen(reader_id) if wanted is None or one.paper_id in wanted]
        self._table.note_seen(reader_id, seen)
        return len(seen)


def words_of(what: Sequence[str]) -> str:
    """The kinds of a change in words, the gravest first: "retracted or withdrawn, new version"."""
    return ", ".join(words for name, words in _NEWS.items() if name in what)


def _change(stored: Stored, one: Unseen, before: Paper, code: str) -> Change:
    after = stored.paper
    kinds = changed(before, after)
    facts = []
    if "standing" in kinds:
        facts.append(standing(after).capitalize())
    if "text" in kinds:
        facts.append(f"New version{f' {after.version}' if after.version else ''}")
    if "venue" in kinds:
        facts.append(f"Venue: {venues.display_name(after.venue)}")
    if "code" in kinds or ("code" in one.what and code and not _has_code(before)):
        facts.append(f"Code: {code or _code_of(after)}")
    return Change(stored, one, tuple(facts), _differences(before, after) if "text" in kinds else ())


def _differences(before: Paper, after: Paper) -> tuple[Difference, ...]:
    parts = (
        Difference("Title", word_difference(before.title, after.title)),
        Difference("Authors", difference(_names(before), _names(after), ", "), ", "),
        Difference("Abstract", word_difference(before.abstract, after.abstract)),
    )
    return tuple(part for part in parts if any(kind != "same" for kind, _ in part.pieces))


def _has_new_text(before: Paper, after: Paper) -> bool:
    """Whether title, abstract or authors differ in more than spaces, or the version is a later one."""
    if (after.version or 0) > (before.version or 1):
        return True
    if not before.abstract and before.title.split() == after.title.split() and _names(before) == _names(after):
        return False  # an abstract that another source adds is no new version
    texts = ((paper.title.split(), paper.abstract.split(), _names(paper)) for paper in (before, after))
    return next(texts) != next(texts)


def _names(paper: Paper) -> list[str]:
    return [person.name for person in paper.authors]


def _venue(paper: Paper) -> str:
    """The venue of a paper; "" for a server of preprints."""
    name = paper.venue.strip()
    return "" if paper.kind == "preprint" or any(word in name.lower() for word in _PREPRINTS) else name


def _has_code(paper: Paper) -> bool:
    return names_code(_all_text(paper))


def _all_text(paper: Paper) -> str:
    return " ".join((paper.abstract, paper.comments, *paper.urls, str(paper.extra.get("code", ""))))


def _code_of(paper: Paper) -> str:
    """The first address of a code host that a record has."""
    words = (word.strip("()[]<>,;.\"'") for word in _all_text(paper).split())
    return next((word[:300] for word in words if names_code(word)), "")
