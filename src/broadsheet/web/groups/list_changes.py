"""What can be changed of a collection, for its forms and for the API alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Literal, TypeAlias, get_args

from pydantic import Field

from broadsheet.community.reading_lists import LONGEST_HEADING, LONGEST_REMARK, ReadingLists
from broadsheet.kit.errors import UsageError
from broadsheet.web.schemas import In
from broadsheet.web.site import Site

__all__ = ["ListChange", "What", "change_list"]

What = Literal[
    "add", "remove", "up", "down", "place", "section", "remark",
    "add-section", "rename-section", "remove-section", "section-up", "section-down",
    "share", "unshare", "share-group", "unshare-group", "open-link", "close-link",
]  # fmt: skip
_ON_PAPERS = frozenset({"add", "remove", "up", "down", "place", "section", "remark"})


class ListChange(In):
    """One change: `paper` is moved `up`, `down` or to a `place`, put into the section `heading`, or gets a `remark`;
    a section `heading` is made, renamed `to`, removed or moved; the collection is shared with a member `name` or a
    `group`, who may read or, with `may_edit`, change it; or it gets a link, or loses it."""

    what: What
    paper: Annotated[str, Field(max_length=500)] = ""
    place: Annotated[int, Field(ge=0, le=100_000)] = 0
    heading: Annotated[str, Field(max_length=LONGEST_HEADING)] = ""
    to: Annotated[str, Field(max_length=LONGEST_HEADING)] = ""
    remark: Annotated[str, Field(max_length=LONGEST_REMARK)] = ""
    name: Annotated[str, Field(max_length=100)] = ""
    group: Annotated[int, Field(ge=0, le=2**53)] = 0
    may_edit: bool = False


_Act: TypeAlias = Callable[[Site, int, ListChange, int], object]
_ACTS: Mapping[str, _Act] = {
    "add": lambda site, n, _, paper: _lists(site).add(site.reader, n, paper),
    "remove": lambda site, n, _, paper: _lists(site).remove(site.reader, n, paper),
    "up": lambda site, n, _, paper: _lists(site).move(site.reader, n, paper, "up"),
    "down": lambda site, n, _, paper: _lists(site).move(site.reader, n, paper, "down"),
    "place": lambda site, n, one, paper: _lists(site).move(site.reader, n, paper, one.place),
    "section": lambda site, n, one, paper: _lists(site).put_under(site.reader, n, paper, one.heading),
    "remark": lambda site, n, one, paper: _lists(site).remark(site.reader, n, paper, one.remark),
    "add-section": lambda site, n, one, _: _lists(site).add_section(site.reader, n, one.heading),
    "rename-section": lambda site, n, one, _: _lists(site).rename_section(site.reader, n, one.heading, one.to),
    "remove-section": lambda site, n, one, _: _lists(site).remove_section(site.reader, n, one.heading),
    "section-up": lambda site, n, one, _: _lists(site).move_section(site.reader, n, one.heading, "up"),
    "section-down": lambda site, n, one, _: _lists(site).move_section(site.reader, n, one.heading, "down"),
    "share": lambda site, n, one, _: _lists(site).share(site.reader, n, one.name, may_edit=one.may_edit),
    "unshare": lambda site, n, one, _: _lists(site).unshare(site.reader, n, one.name),
    "share-group": lambda site, n, one, _: site.community.groups.share(site.actor, one.group, n, may_edit=one.may_edit),
    "unshare-group": lambda site, n, one, _: _lists(site).unshare_with_group(site.reader, n, one.group),
    "open-link": lambda site, n, *_: _lists(site).open_link(site.reader, n),
    "close-link": lambda site, n, *_: _lists(site).close_link(site.reader, n),
}


def change_list(site: Site, number: int, change: ListChange) -> int:
    """Carry a change out; returns the paper that it was about, or 0. Raises UsageError, UnknownPaper."""
    _lists(site).get(site.reader, number)  # first: who may not read it learns nothing
    if change.what not in get_args(What):
        raise UsageError(f"unknown change {change.what!r} of a collection; choose one of {', '.join(get_args(What))}")
    paper = site.library.resolve(change.paper) if change.what in _ON_PAPERS else 0
    _ACTS[change.what](site, number, change, paper)
    return paper


def _lists(site: Site) -> ReadingLists:
    return site.community.reading_lists
