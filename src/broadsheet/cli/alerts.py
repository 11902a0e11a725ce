"""Commands for alerts, and for what changed of the papers that a reader keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.cli import output
from broadsheet.cli.commands import group
from broadsheet.cli.output import clean, columns
from broadsheet.cli.session import Count, Json, Reader, Session
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from broadsheet.catalogue.community.alerts import Alert
    from broadsheet.community.alerts.alerts import Rate

__all__ = ["alerts"]

alerts = group("Alerts: be told of papers by mail, feed, webhook or page; and what changed of those you keep.", "list")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The alert, or its number.")]
Near = Annotated[
    float, typer.Option("--near", min=0, max=99.9, help="Only papers nearer than so many of 100 in the library.")
]
Mail = Annotated[str, typer.Option("--mail", help="digest, once (at once), daily, weekly or no.")]
Hook = Annotated[
    str,
    typer.Option(
        "--webhook",
        metavar="URL",
        help="Post what is found to this address, as JSON; `alerts change` sets another shape.",
    ),
]
Shape = Annotated[str, typer.Option("--shape", help="Of what is posted: json, slack, mattermost or discord.")]


@alerts.command("list")
def list_alerts(context: typer.Context, who: Reader = "me", json: Json = False) -> None:
    """List the alerts, with how much each brings and what was not looked at."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.indexed() as library:
        parts = Community(library).alerts
        own = [(one, parts.rate(one)) for one in parts.all(who)]
    rows = [
        (one.id, clean(one.name), one.kind, rate.words if rate else "?", _state(one), one.unseen or "")
        for one, rate in own
    ]
    empty = "No alert yet: broadsheet alerts make author NAME."
    lines = columns(("ID", "NAME", "KIND", "BRINGS", "BY", "NEW"), rows) if rows else [empty]
    session.show([_json(one, rate) for one, rate in own], lines)


@alerts.command()
def make(
    context: typer.Context,
    kind: Annotated[str, typer.Argument(metavar="KIND", help="search, author, organisation or cites.")],
    target: Annotated[
        str,
        typer.Argument(
            metavar="[TARGET]",
            help="The saved search, author or organisation; for cites your papers: author:NAME, shelf:saved.",
        ),
    ] = "",
    name: Annotated[str, typer.Option("--name", help="What to call it.")] = "",
    near: Near = 0,
    mail: Mail = "digest",
    webhook: Hook = "",
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Make an alert; papers that come from now on are found by it."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.indexed() as library:
        parts = Community(library).alerts
        one = parts.make(who, kind, target, name, near=round(near * 10), mail=mail, hook_url=webhook)
        rate = parts.rate(one)
        if kind == "cites":
            _say_what_is_known(*parts.citing_known())
    session.show(_json(one, rate), [f"made: {clean(one.name)}, {rate.words if rate else ''}"])


@alerts.command()
def threshold(
    context: typer.Context,
    name: Name,
    near: Annotated[
        float | None, typer.Argument(metavar="[NEAR]", help="So many of 100 papers must be farther; 0 for all.")
    ] = None,
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Set how near a paper must be; without a number, show what each would bring."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.indexed() as library:
        parts = Community(library).alerts
        if near is not None:
            if not 0 <= near <= 99.9:
                raise UsageError(f"{near:g} is no threshold; it is a number from 0 to 99.9")
            parts.change(who, name, near=round(near * 10))
        one = parts.get(who, name)
        rates = parts.rates(who, one.kind, one.target)
        now = parts.rate(one)
    rows = [("*" if rate.near == one.near else "", f"{rate.near / 10:g}", rate.words) for rate in rates]
    lines = [f"{clean(one.name)}: nearer than {one.near / 10:g} of 100 papers, {now.words if now else '?'}"]
    data = {**_json(one, now), "rates": [_rate_json(rate) for rate in rates]}
    session.show(data, [*lines, "", *columns(("", "NEAR", "BRINGS"), rows)])


@alerts.command()
def change(
    context: typer.Context,
    name: Name,
    to: Annotated[str, typer.Option("--name", help="Its new name.")] = "",
    mail: Annotated[str, typer.Option("--mail", help="digest, once, daily, weekly or no.")] = "",
    webhook: Annotated[
        str | None, typer.Option("--webhook", metavar="URL", help="Post what is found to this address; '' for none.")
    ] = None,
    shape: Shape = "json",
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Change the name of an alert, or how it tells what it finds."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    values: dict[str, Any] = {key: value for key, value in (("name", to), ("mail", mail)) if value}
    if webhook is not None:
        values |= {"hook_url": webhook, "hook_shape": shape}
    with session.open() as library:
        one = Community(library).alerts.change(who, name, **values)
    session.show(_json(one, None), [f"changed: {clean(one.name)}, {_state(one)}"])


@alerts.command()
def pause(
    context: typer.Context,
    name: Name,
    resume: Annotated[bool, typer.Option("--resume", help="Let it go on.")] = False,
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Pause an alert: what comes while it is paused is passed over."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.indexed() as library:
        one = Community(library).alerts.pause(who, name, paused=not resume)
    session.show(_json(one, None), [f"{'paused' if one.paused_at else 'goes on'}: {clean(one.name)}"])


@alerts.command()
def delete(context: typer.Context, name: Name, who: Reader = "me", json: Json = False) -> None:
    """Delete an alert with what it found; that cannot be undone."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.open() as library:
        one = Community(library).alerts.delete(who, name)
    session.show({"deleted": one.name}, [f"deleted: {clean(one.name)}"])


@alerts.command()
def show(context: typer.Context, name: Name, k: Count = 20, who: Reader = "me", json: Json = False) -> None:
    """List what an alert found, the last first; it is not new any more."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.open() as library:
        parts = Community(library).alerts
        hits = parts.hits(who, name, k)
        titles = {stored.id: stored.paper.title for stored in library.papers([hit.paper_id for hit in hits])}
        parts.look(who, name)
    data = [
        {"paper": hit.paper_id, "title": titles[hit.paper_id], "found_at": hit.found_at, "near": _share(hit.near)}
        for hit in hits
        if hit.paper_id in titles
    ]
    lines = [
        f"{'*' if hit.is_new else ' '} {clean(titles[hit.paper_id])}  [{hit.paper_id}]"
        for hit in hits
        if hit.paper_id in titles
    ]
    session.show(data, lines or ["Nothing yet."])


@alerts.command()
def run(context: typer.Context, json: Json = False) -> None:
    """Have every alert look now; `broadsheet daily` and `broadsheet serve` do it by themselves."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.indexed() as library:
        community = Community(library)
        community.changes.update()
        done = community.alerts.run()
    for trouble in done.troubles:
        output.note(clean(trouble))
    session.show(
        {"alerts": done.alerts, "papers": done.papers, "troubles": done.troubles},
        [f"{done.alerts} looked; {done.papers:,} paper{'' if done.papers == 1 else 's'} found"],
    )


@alerts.command()
def changes(
    context: typer.Context,
    seen: Annotated[bool, typer.Option("--seen", help="Note that all of it is seen.")] = False,
    k: Count = 20,
    who: Reader = "me",
    json: Json = False,
) -> None:
    """What changed of the papers that you saved or opened, since then: new versions, venues, code, retractions."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.open() as library:
        parts = Community(library).changes
        parts.update()
        read = parts.read(parts.unseen(who)[:k])
        count = parts.see(who) if seen else 0
    lines: list[str] = []
    for one in read:
        lines.append(clean(f"{one.stored.paper.title}  [{one.stored.id}]"))
        lines.append(clean(f"    {one.line}, since {one.since:%Y-%m-%d}"))
        lines += [clean(f"    {part.label}: {part.text}") for part in one.differences]
    data = [
        {
            **{"paper": one.stored.id, "title": one.stored.paper.title, "since": one.since, "facts": list(one.facts)},
            "differences": {part.label.lower(): [list(piece) for piece in part.pieces] for part in one.differences},
        }
        for one in read
    ]
    session.show(data, [*(lines or ["Nothing changed."]), *([f"seen: {count}"] if seen else [])])


def _say_what_is_known(citing: int, papers: int) -> None:
    if citing:
        output.note(f"{citing:,} of {papers:,} papers of the last 90 days say in their records what they cite")
    else:
        output.note("no record of the last 90 days says what it cites; docs/how-to/alerts.md names sources whose do")


def _state(one: Alert) -> str:
    ways = [one.mail] if one.mail != "no" else []
    ways += ["webhook"] if one.hook_url else []
    state = ", ".join(ways) or "page and feed"
    return f"{state}; paused" if one.paused_at else f"{state}; trouble: {clean(one.trouble)}" if one.trouble else state


def _share(near: int | None) -> float | None:
    return near / 10 if near is not None else None


def _rate_json(rate: Rate) -> dict[str, Any]:
    return {"near": rate.near / 10, "papers": rate.papers, "a_week": round(rate.a_week, 2), "words": rate.words}


def _json(one: Alert, rate: Rate | None) -> dict[str, Any]:
    return {
        **{"id": one.id, "name": one.name, "kind": one.kind, "target": one.target, "near": one.near / 10},
        **{"mail": one.mail, "webhook": bool(one.hook_url), "shape": one.hook_shape, "paused": one.paused_at},
        **{"found": one.found, "unseen": one.unseen, "trouble": one.trouble, "created_at": one.created_at},
        **({"brings": _rate_json(rate)} if rate else {}),
    }
