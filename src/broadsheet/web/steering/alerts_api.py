"""Alerts, and what changed of the papers that a reader keeps, in the JSON API."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from broadsheet.catalogue.community.alerts import Alert
from broadsheet.community.alerts.alerts import LEVELS, Rate
from broadsheet.community.alerts.changes import Change
from broadsheet.web import models, outcomes
from broadsheet.web.api import PREFIX, Count, only_json
from broadsheet.web.outcomes import failures
from broadsheet.web.site import Here, Site
from broadsheet.web.steering import shapes

__all__ = ["router"]

router = APIRouter(prefix=PREFIX, tags=["alerts"], responses=failures(400))
Changing = Depends(only_json)
Near = Annotated[float | None, Query(ge=0, le=99.9)]


@router.get("/alerts")
def alerts(site: Here) -> list[shapes.AlertOut]:
    """The alerts by name, with the number of papers that were not looked at."""
    return [_out(site, one) for one in site.community.alerts.all(site.reader)]


@router.post("/alerts", dependencies=[Changing], responses=failures(415))
def make(site: Here, body: shapes.AlertIn) -> shapes.AlertOut:
    """Make an alert; papers that come from now on are found by it."""
    made = site.community.alerts.make(
        *(site.reader, body.kind, body.target, body.name),
        near=round(body.near * 10),
        mail=body.mail,
        hook_url=body.webhook,
        hook_shape=body.shape,
    )
    return _out(site, made)


@router.get("/alerts/rates")
def rates(
    site: Here,
    target: Annotated[str, Query(max_length=300)],
    kind: shapes.Kind = "author",
    near: Near = None,
) -> list[shapes.RateOut]:
    """How much an alert would bring with each threshold, counted on the papers of the last 90 days."""
    levels = LEVELS if near is None else (round(near * 10),)
    return list(map(_rate, site.community.alerts.rates(site.reader, kind, target, levels)))


@router.get("/alerts/{number:int}")
def alert(site: Here, number: int) -> shapes.AlertOut:
    """One alert."""
    return _out(site, site.community.alerts.get(site.reader, number))


@router.get("/alerts/{number:int}/papers")
def papers(
    site: Here, number: int, k: Count = 20, offset: Annotated[int, Query(ge=0, le=100_000)] = 0
) -> list[shapes.HitOut]:
    """What an alert found, the last first. This is no look: what is new stays new."""
    hits = site.community.alerts.hits(site.reader, number, k, offset)
    stored = {one.id: one for one in site.library.papers([hit.paper_id for hit in hits])}
    return [
        shapes.HitOut(
            paper=models.Paper.of(stored[hit.paper_id]),
            found_at=hit.found_at,
            near=hit.near / 10 if hit.near is not None else None,
            cites=hit.cited_paper or None,
            is_new=hit.is_new,
        )
        for hit in hits
        if hit.paper_id in stored
    ]


@router.post("/alerts/{number:int}/look", dependencies=[Changing], responses=failures(415))
def look(site: Here, number: int) -> outcomes.Done:
    """Note that the reader has looked: nothing is new until more comes."""
    site.community.alerts.look(site.reader, number)
    return outcomes.Done()


@router.patch("/alerts/{number:int}", dependencies=[Changing], responses=failures(415))
def change(site: Here, number: int, body: shapes.AlertChange) -> shapes.AlertOut:
    """Change the name, the threshold or the ways of an alert, pause it or let it go on."""
    parts = site.community.alerts
    given = body.model_dump(exclude_unset=True)
    values = {name: given[name] for name in ("name", "mail") if given.get(name) is not None}
    if given.get("near") is not None:
        values["near"] = round(given["near"] * 10)
    if given.get("webhook") is not None:
        values |= {"hook_url": given["webhook"], "hook_shape": given.get("shape") or "json"}
    one = parts.change(site.reader, number, **values)
    if body.paused is not None:
        one = parts.pause(site.reader, number, paused=body.paused)
    return _out(site, one)


@router.delete("/alerts/{number:int}", dependencies=[Changing], responses=failures(415))
def delete(site: Here, number: int) -> outcomes.Done:
    """Delete an alert with what it found; that cannot be undone."""
    site.community.alerts.delete(site.reader, number)
    return outcomes.Done()


@router.get("/changes")
def changes(site: Here, k: Count = 20) -> list[shapes.ChangeOut]:
    """What changed of the papers that the reader saved or opened, since then, the last change first."""
    parts = site.community.changes
    return list(map(_change, parts.read(parts.unseen(site.reader)[:k])))


@router.post("/changes/seen", dependencies=[Changing], responses=failures(415))
def seen(site: Here, body: shapes.SeenIn) -> shapes.SeenOut:
    """Note that the changes of these papers, or without any of all, are seen."""
    wanted = [site.library.resolve(paper) for paper in body.papers] if body.papers else None
    return shapes.SeenOut(seen=site.community.changes.see(site.reader, wanted))


def _out(site: Site, one: Alert) -> shapes.AlertOut:
    rate = site.community.alerts.rate(one)
    return shapes.AlertOut(
        id=one.id,
        name=one.name,
        kind=one.kind,
        target=one.target,
        near=one.near / 10,
        mail=one.mail,
        webhook=bool(one.hook_url),
        shape=one.hook_shape,
        created_at=one.created_at,
        paused_at=one.paused_at,
        found=one.found,
        new=one.unseen,
        trouble=one.trouble,
        brings=_rate(rate) if rate else None,
        feed=f"/alerts/{one.id}/feed.atom",
    )


def _rate(rate: Rate) -> shapes.RateOut:
    return shapes.RateOut(near=rate.near / 10, papers=rate.papers, a_week=round(rate.a_week, 2), words=rate.words)


def _change(one: Change) -> shapes.ChangeOut:
    differences = {part.label.lower(): [(kind, text) for kind, text in part.pieces] for part in one.differences}
    return shapes.ChangeOut(
        paper=models.Paper.of(one.stored),
        since=one.since,
        changed_at=one.unseen.at,
        what=one.facts,
        differences=differences,
    )
