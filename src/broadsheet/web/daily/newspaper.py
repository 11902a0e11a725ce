"""The layout of an edition as a newspaper: the lead, those beside it, and columns by field. Pure functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

from broadsheet.community.entries import Entry
from broadsheet.community.votes import Ballot
from broadsheet.kit.fields import slug
from broadsheet.web.notices import plural
from broadsheet.web.presenters import Mark, clamp, day

__all__ = ["Front", "Section", "Story", "field_counts", "laid_out", "stories_of"]

_UNDER, _BESIDE = 2, 2  # stories under the lead and beside it
_FEW = 5  # stories that are not parted by field
_LEAD_TEXT, _TEXT, _SHORT_TEXT = 700, 340, 200  # characters
ELSEWHERE = "More papers"
_VIA = {"submission": "Submitted by", "pick": "Picked by", "source": "From"}
_CHANGES = {
    "deleted": "No longer in this library; this is what was printed.",
    "merged": "Joined with another record since it was printed.",
    "renamed": "Its title has changed since it was printed.",
}


@dataclass(frozen=True, slots=True)
class Story:
    """A paper in an edition, ready to print."""

    number: int  # of the paper; 0 where it is no longer here
    position: int  # on this page, from 1
    title: str
    kicker: str
    byline: str
    lead: str
    votes: int
    comments: int
    facts: tuple[str, ...]  # who brought it, votes elsewhere
    why: str  # it stands here
    said: str  # by its submitter
    picture_id: int | None
    change: str  # since it was printed
    title_now: str
    fields: tuple[str, ...]
    mark: Mark = field(default_factory=Mark)
    ballot: Ballot | None = None  # None for who cannot vote


@dataclass(frozen=True, slots=True)
class Section:
    """The stories of a field."""

    name: str
    stories: tuple[Story, ...]

    @property
    def slug(self) -> str:
        """Its name in addresses; "" for what is left over."""
        return "" if self.name == ELSEWHERE else slug(self.name)


@dataclass(frozen=True, slots=True)
class Front:
    """A page of a newspaper."""

    lead: Story | None
    under: tuple[Story, ...]  # the lead
    beside: tuple[Story, ...]
    sections: tuple[Section, ...]

    @property
    def stories(self) -> tuple[Story, ...]:
        """All, in the order of the page."""
        first = (self.lead,) if self.lead else ()
        return (*first, *self.under, *self.beside, *(story for section in self.sections for story in section.stories))


def stories_of(
    entries: Iterable[Entry],
    marks: Mapping[int, Mark],
    ballots: Mapping[int, Ballot],
    *,
    first: int = 1,
    is_week: bool = False,
) -> list[Story]:
    """The stories of an edition in its order, from the place `first` on; those of a week or a month say of which day
    they are."""
    return [_story(at, entry, marks, ballots, is_week=is_week) for at, entry in enumerate(entries, first)]


def laid_out(stories: Sequence[Story]) -> Front:
    """The front page: the best story leads, the next stand beside it, the others by field."""
    if not stories:
        return Front(None, (), (), ())
    pictured = next((story for story in stories if story.picture_id is not None), None)
    shown = [_with_picture(story, pictured) for story in stories]
    beside = _BESIDE + (shown[0].picture_id is not None)  # a picture makes the lead taller
    under = 1 + _UNDER if len(shown) > _FEW else 1
    return Front(
        shown[0],
        tuple(shown[1:under]),
        tuple(shown[under : under + beside]),
        _sections(shown[under + beside :]),
    )


def field_counts(entries: Iterable[Entry]) -> list[tuple[str, str, int]]:
    """(field, its name in addresses, papers), the most first."""
    counts: dict[str, int] = {}
    for entry in entries:
        for name in entry.printed.fields:
            counts[name] = counts.get(name, 0) + 1
    return [(name, slug(name), count) for name, count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))]


def _sections(stories: Sequence[Story]) -> tuple[Section, ...]:
    by_field: dict[str, list[Story]] = {}
    for story in stories:
        by_field.setdefault(story.fields[0] if story.fields else ELSEWHERE, []).append(story)
    single = [own[0] for name, own in by_field.items() if len(own) == 1 and name != ELSEWHERE]
    if len(single) < 2:
        single = []
    left_over = sorted([*by_field.pop(ELSEWHERE, []), *single], key=lambda story: story.position)
    taken = {story.position for story in left_over}
    sections = [Section(name, tuple(own)) for name, own in by_field.items() if own[0].position not in taken]
    return (*sections, *((Section(ELSEWHERE, tuple(left_over)),) if left_over else ()))


def _with_picture(story: Story, pictured: Story | None) -> Story:
    """A page has one picture: the story without it unless it is the one."""
    return story if story is pictured or story.picture_id is None else replace(story, picture_id=None)


def _story(at: int, entry: Entry, marks: Mapping[int, Mark], ballots: Mapping[int, Ballot], *, is_week: bool) -> Story:
    printed = entry.printed
    number = entry.paper_id or 0
    authors = ", ".join(printed.authors)
    kicker = (*printed.fields[:1], printed.venue, _dated(printed.dated, entry.day))
    limit = _LEAD_TEXT if at == 1 else _TEXT if at <= 1 + _UNDER + _BESIDE else _SHORT_TEXT
    return Story(
        number=number,
        position=at,
        title=printed.title,
        kicker=" · ".join(part for part in kicker if part),
        byline=authors + (f" and {printed.more_authors:,} more" if printed.more_authors else ""),
        lead=clamp(printed.lead, limit)[0],
        votes=printed.votes,
        comments=printed.comments,
        facts=_facts(entry, is_week=is_week, is_votable=number in ballots),
        why=printed.reason,
        said=printed.said,
        picture_id=printed.picture_id,
        change=_CHANGES.get(entry.change, ""),
        title_now=entry.title_now,
        fields=printed.fields,
        mark=marks.get(number, Mark()),
        ballot=ballots.get(number),
    )


def _facts(entry: Entry, *, is_week: bool, is_votable: bool) -> tuple[str, ...]:
    elsewhere = 0 if is_votable else entry.printed.elsewhere  # the button says it
    facts = [f"{_VIA[entry.via]} {entry.by}" if entry.by else ""]
    facts += [f"{plural(elsewhere, 'vote')} elsewhere" if elsewhere else "", day(entry.day) if is_week else ""]
    return tuple(fact for fact in facts if fact)


def _dated(text: str, edition_day: date) -> str:
    """A paper's date; "" where it is of the edition's day or the one before."""
    try:
        dated = date.fromisoformat(text)
    except ValueError:
        return text
    return "" if (edition_day - dated).days in (0, 1) else day(dated)
