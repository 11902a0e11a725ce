"""One paper in an edition: what is printed of it, and how that is kept as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime

from broadsheet.catalogue.community.editions import EditionPaper, Submission
from broadsheet.kit import venues
from broadsheet.kit.markup import formulas
from broadsheet.kit.paper import Paper
from broadsheet.pipeline.records import Stored

__all__ = ["Entry", "Printed", "by_votes", "entry_of", "from_text", "printed_of", "to_text"]

_AUTHORS = 8
_LEAD = 1200  # characters
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class Printed:
    """What an edition prints of a paper. Every text has a bounded length."""

    paper_id: int  # the number that it had when it was printed
    title: str
    authors: tuple[str, ...]
    more_authors: int
    venue: str
    dated: str
    lead: str  # a summary, else the beginning of the abstract
    fields: tuple[str, ...]
    arxiv: str
    doi: str
    votes: int
    elsewhere: int  # votes that other places count
    comments: int
    reason: str  # why it stands where it stands
    said: str  # what its submitter says of it
    picture_id: int | None


@dataclass(frozen=True, slots=True)
class Entry:
    """A paper in an edition."""

    place: int  # from 1
    day: date
    entered_at: datetime
    via: str  # submission | pick | source
    by: str  # who submitted or picked it, or the source; "" once they have left
    printed: Printed
    paper_id: int | None  # the paper as it is here now; None: no longer here
    change: str = ""  # since it was printed: deleted | merged | renamed
    title_now: str = ""  # where it is another
    is_printed: bool = False  # its day is closed

    @property
    def title(self) -> str:
        """The title as printed."""
        return self.printed.title


def printed_of(
    stored: Stored,
    fields: tuple[str, ...],
    *,
    votes: int,
    elsewhere: int,
    comments: int,
    reason: str,
    submission: Submission | None,
) -> Printed:
    """What is printed of a paper as it is now."""
    paper = stored.paper
    known = paper.announced or paper.submitted or paper.updated
    return Printed(
        paper_id=stored.id,
        title=_cut(paper.title.strip() or "Untitled", _LONGEST),
        authors=tuple(_cut(person.name, 80) for person in paper.authors[:_AUTHORS]),
        more_authors=max(0, len(paper.authors) - _AUTHORS),
        venue=_cut(venues.display_name(paper.venue), 100),
        dated=known.isoformat() if known else str(paper.year or ""),
        lead=_lead(paper),
        fields=fields[:5],
        arxiv=paper.ids.arxiv[:60],
        doi=paper.ids.doi[:200],
        votes=votes,
        elsewhere=elsewhere,
        comments=comments,
        reason=_cut(reason, _LONGEST),
        said=_cut(submission.reason, 500) if submission else "",
        picture_id=submission.picture_id if submission else None,
    )


def entry_of(
    row: EditionPaper, place: int, printed: Printed, now: tuple[int, str] | None, submission: Submission | None
) -> Entry:
    """An entry, with what became of a paper since it was printed: `now` are its number and title, None if it is gone.

    The words and picture of a hidden submission are left out.
    """
    if row.printed is not None and submission is None and (printed.said or printed.picture_id is not None):
        printed = replace(printed, said="", picture_id=None)
    number, title = now if now is not None else (None, "")
    title_now = _cut(title.strip() or "Untitled", _LONGEST)
    change = ""
    if number is None:
        change = "deleted"
    elif number != printed.paper_id:
        change = "merged"
    elif title_now != printed.title:
        change = "renamed"
    return Entry(
        place=place,
        day=row.day,
        entered_at=row.entered_at,
        via=row.via,
        by=row.by,
        printed=printed,
        paper_id=number,
        change=change,
        is_printed=row.printed is not None,
        title_now=title_now if change in {"merged", "renamed"} and title_now != printed.title else "",
    )


def to_text(printed: Printed) -> str:
    """As JSON."""
    return json.dumps(asdict(printed), ensure_ascii=False, separators=(",", ":"))


def from_text(text: str) -> Printed:
    """From JSON."""
    data = json.loads(text)
    return Printed(**{**data, "authors": tuple(data["authors"]), "fields": tuple(data["fields"])})


def _lead(paper: Paper) -> str:
    return _cut(paper.summary.strip() or paper.abstract.strip(), _LEAD)


def _cut(text: str, longest: int) -> str:
    """The text, or its beginning with an ellipsis; never half a formula."""
    if len(text) <= longest:
        return text
    cut = text.rfind(" ", longest // 2, longest)
    cut = cut if cut > 0 else longest
    cut = next((start for start, stop in formulas(text[: longest + 2000]) if start < cut < stop), cut)
    return text[:cut].rstrip() + " …"


def by_votes(entries: Sequence[Entry], counts: Mapping[int, int], elsewhere: Mapping[int, int]) -> list[Entry]:
    """Entries with the votes of now, those with the most first, then by day and place; placed from 1.

    `counts` and `elsewhere` are votes by paper. An entry whose paper is gone keeps what was printed.
    """

    now = [
        (entry.printed.votes, entry.printed.elsewhere)
        if entry.paper_id is None
        else (counts.get(entry.paper_id, 0), elsewhere.get(entry.paper_id, 0))
        for entry in entries
    ]

    def rank(at: int) -> tuple[int, date, int]:
        return -sum(now[at]), entries[at].day, entries[at].place

    return [
        replace(entries[at], place=place, printed=_with_votes(entries[at].printed, *now[at]))
        for place, at in enumerate(sorted(range(len(entries)), key=rank), 1)
    ]


def _with_votes(printed: Printed, votes: int, elsewhere: int) -> Printed:
    is_same = (printed.votes, printed.elsewhere) == (votes, elsewhere)
    return printed if is_same else replace(printed, votes=votes, elsewhere=elsewhere)
