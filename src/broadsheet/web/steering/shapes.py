"""Bodies and answers of the JSON API of alerts and changes."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal

from pydantic import Field

from broadsheet.web.models import Out, Paper
from broadsheet.web.schemas import In, Papers

__all__ = ["AlertChange", "AlertIn", "AlertOut", "ChangeOut", "HitOut", "Kind", "RateOut", "SeenIn", "SeenOut"]

Kind = Literal["search", "author", "organisation", "cites"]
Mail = Literal["digest", "once", "daily", "weekly", "no"]
Shape = Literal["json", "slack", "mattermost", "discord"]
Near = Annotated[float, Field(ge=0, le=99.9)]
Address = Annotated[str, Field(max_length=2000)]


class AlertIn(In):
    """An alert on a saved search, an author or an organisation (its name, number or key), or on papers that cite those
    of a set of one's own, such as author:jane-doe or shelf:saved; without a target, of the author one is here.

    `near` is its threshold: so many of 100 papers of the library must be farther.
    """

    kind: Kind
    target: Annotated[str, Field(max_length=300)] = ""
    name: Annotated[str, Field(max_length=200)] = ""
    near: Near = 0
    mail: Mail = "digest"
    webhook: Address = ""
    shape: Shape = "json"


class AlertChange(In):
    """What to change of an alert; what is left out stays. An empty webhook is none."""

    name: Annotated[str | None, Field(min_length=1, max_length=200)] = None
    near: Near | None = None
    mail: Mail | None = None
    webhook: Address | None = None
    shape: Shape | None = None
    paused: bool | None = None


class SeenIn(In):
    """Papers, by number or any identifier."""

    papers: Papers = ()


class RateOut(Out):
    """How much a threshold would have brought in the last 90 days."""

    near: float
    papers: int
    a_week: float
    words: str


class AlertOut(Out):
    """An alert. The address of its webhook is not told; `trouble` says why it finds nothing at present."""

    id: int
    name: str
    kind: str
    target: str
    near: float
    mail: str
    webhook: bool
    shape: str
    created_at: datetime
    paused_at: datetime | None
    found: int
    new: int
    trouble: str
    brings: RateOut | None
    feed: str


class HitOut(Out):
    """A paper that an alert found; `cites` is the number of the reader's paper that it cites."""

    paper: Paper
    found_at: datetime
    near: float | None
    cites: int | None
    is_new: bool


class ChangeOut(Out):
    """A paper that changed since its reader kept it: a line for each thing, and the pieces of what differs.

    A piece is ("same" | "out" | "in", text).
    """

    paper: Paper
    since: datetime
    changed_at: datetime
    what: tuple[str, ...]
    differences: dict[str, list[tuple[str, str]]]


class SeenOut(Out):
    """How many changed papers were not seen before."""

    seen: int
