"""Interests and mutes in the JSON API. Every change answers with what it moves on the reader's page."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Query
from pydantic import Field

from broadsheet.kit.errors import UsageError
from broadsheet.pipeline.feed.own_interests import ReaderInterest
from broadsheet.pipeline.reader_steering import Moved
from broadsheet.web.api import PREFIX, only_json
from broadsheet.web.models import Out
from broadsheet.web.outcomes import failures
from broadsheet.web.schemas import In, Papers
from broadsheet.web.site import Here

__all__ = ["router"]

router = APIRouter(prefix=PREFIX, tags=["interests"], responses=failures(400))
Changing = Depends(only_json)
MuteKind = Literal["word", "author", "venue", "organisation"]
Text = Annotated[str, Field(max_length=600)]


class Interest(Out):
    """An interest. `key` names it; `share` is that of the page, `quota` a fixed one; `papers` are numbers."""

    key: str
    name: str
    kind: str
    value: str
    weight: float
    quota: float | None
    state: str
    share: float
    papers: tuple[int, ...]


class MuteOut(Out):
    """What a page never has."""

    kind: str
    value: str


class Steered(Out):
    """The interests and mutes of a reader; `last_change` is what an undo takes back."""

    interests: tuple[Interest, ...]
    deleted: tuple[Interest, ...]
    mutes: tuple[MuteOut, ...]
    last_change: str | None


class Move(Out):
    """What a change did: the numbers of the papers that left the page, and of those that came."""

    label: str
    left: tuple[int, ...]
    came: tuple[int, ...]


class MakeIn(In):
    """An interest to make from a sentence, tag, collection, search (its query), author, or list of papers."""

    kind: Literal["sentence", "tag", "collection", "search", "author", "list"]
    value: Text = ""
    name: Annotated[str, Field(max_length=200)] = ""
    papers: Papers = ()


class ChangeIn(In):
    """One thing to change; `quota` 0 means by weight again."""

    name: Annotated[str | None, Field(max_length=200)] = None
    weight: float | None = None
    quota: Annotated[float | None, Field(ge=0, le=1)] = None
    state: Literal["on", "muted"] | None = None


class SplitIn(In):
    """The papers that go into an interest of their own; none: those that are least alike."""

    papers: Papers = ()


class MergeIn(In):
    """The interest that goes into the other."""

    other: Annotated[str, Field(max_length=200)]


class MuteIn(In):
    """What to mute."""

    kind: MuteKind
    value: Annotated[str, Field(max_length=200)]


@router.get("/interests")
def interests(site: Here) -> Steered:
    """The interests, those with the largest share first, and what is muted."""
    view = site.library.steering.view(site.reader)
    mutes = tuple(MuteOut.model_validate(one) for one in view.mutes)
    return Steered(
        interests=tuple(map(_out, view.interests)),
        deleted=tuple(map(_out, view.deleted)),
        mutes=mutes,
        last_change=view.last_change,
    )


@router.post("/interests", dependencies=[Changing], responses=failures(415))
def make(site: Here, body: MakeIn) -> Move:
    """Make an interest."""
    papers = [site.library.resolve(one) for one in body.papers]
    return _move(site.library.steering.make(site.reader, body.kind, body.value, body.name, papers))


@router.post("/interests/undo", dependencies=[Changing], responses=failures(415))
def undo(site: Here) -> Move:
    """Take back the last change of interests or mutes; an empty label where there is none."""
    return _move(site.library.steering.undo(site.reader) or Moved(""))


@router.post("/interests/reset", dependencies=[Changing], responses=failures(415))
def reset(site: Here) -> Move:
    """Forget names, weights, quotas, made interests and mutes; interests are found anew. It can be undone."""
    return _move(site.library.steering.reset(site.reader))


@router.patch("/interests/{key}", dependencies=[Changing], responses=failures(415))
def change(site: Here, key: str, body: ChangeIn) -> Move:
    """Rename, weigh, mute or unmute an interest, or set its quota: one of these at a time."""
    steering, given = site.library.steering, body.model_dump(exclude_none=True)
    if len(given) != 1:
        raise UsageError("change one thing at a time: name, weight, quota or state")
    if body.name is not None:
        return _move(steering.rename(site.reader, key, body.name))
    if body.weight is not None:
        return _move(steering.weigh(site.reader, key, body.weight))
    if body.quota is not None:
        return _move(steering.set_quota(site.reader, key, body.quota or None))
    return _move(steering.set_state(site.reader, key, str(body.state)))


@router.post("/interests/{key}/split", dependencies=[Changing], responses=failures(415))
def split(site: Here, key: str, body: SplitIn) -> Move:
    """Split an interest in two."""
    return _move(site.library.steering.split(site.reader, key, [site.library.resolve(one) for one in body.papers]))


@router.post("/interests/{key}/merge", dependencies=[Changing], responses=failures(415))
def merge(site: Here, key: str, body: MergeIn) -> Move:
    """Make one interest of two; this one's name stays."""
    return _move(site.library.steering.merge(site.reader, key, body.other))


@router.delete("/interests/{key}", dependencies=[Changing], responses=failures(415))
def delete(site: Here, key: str) -> Move:
    """Delete an interest; its saves stay saved."""
    return _move(site.library.steering.delete(site.reader, key))


@router.get("/mutes")
def mutes(site: Here) -> list[MuteOut]:
    """What is muted."""
    return [MuteOut.model_validate(one) for one in site.library.steering.view(site.reader).mutes]


@router.post("/mutes", dependencies=[Changing], responses=failures(415))
def mute(site: Here, body: MuteIn) -> Move:
    """Mute a word, an author, a venue or an organisation."""
    return _move(site.library.steering.mute(site.reader, body.kind, body.value))


@router.delete("/mutes", dependencies=[Changing], responses=failures(415))
def unmute(site: Here, kind: MuteKind, value: Annotated[str, Query(max_length=200)]) -> Move:
    """Take a mute back."""
    return _move(site.library.steering.unmute(site.reader, kind, value))


def _out(one: ReaderInterest) -> Interest:
    stored = one.stored
    return Interest(
        key=one.key,
        name=stored.name,
        kind=stored.kind,
        value=stored.value,
        weight=stored.weight,
        quota=stored.quota,
        state=stored.state,
        share=one.share,
        papers=one.papers,
    )


def _move(moved: Moved) -> Move:
    return Move(label=moved.label, left=moved.left, came=moved.came)
