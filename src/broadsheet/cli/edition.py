"""Editions on the command line: show one, pick papers for today's, close the days that are due."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli import output
from broadsheet.cli.commands import group
from broadsheet.cli.output import Line, clean
from broadsheet.cli.session import Ids, Json, Reader, Session, for_each

if TYPE_CHECKING:
    from broadsheet.community.editions import Edition
    from broadsheet.community.entries import Entry

__all__ = ["edition"]

edition = group("The edition of a day, a week or a month: show it, pick papers for today's, close what is due.", "show")


@edition.command()
def show(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="[DAY|WEEK|MONTH]", help="2026-11-28, 2026-W48 or 2026-11.")] = "",
    json: Json = False,
) -> None:
    """Show an edition; without a name the latest that has papers."""
    from broadsheet.community import Community
    from broadsheet.community.periods import any_period

    session = Session.of(context, json)
    with session.open() as library:
        editions = Community(library).editions
        found = editions.of(any_period(name)) if name else editions.latest()
    session.show(_edition_json(found), _lines(found))


@edition.command()
def pick(context: typer.Context, ids: Ids, reader: Reader = "me", json: Json = False) -> None:
    """Put papers into the open day."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.open() as library:
        editions = Community(library).editions
        done = for_each(ids, lambda text: _say(editions.pick(library.resolve(text), reader), text))
        today = editions.today
    session.show({"picked": done, "day": today}, [f"In the edition of {today}: {', '.join(map(clean, done))}"])
    if len(done) < len(ids):
        raise typer.Exit(1)


@edition.command()
def unpick(context: typer.Context, ids: Ids, reader: Reader = "me", json: Json = False) -> None:
    """Take picks back while their day is open."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.open() as library:
        editions = Community(library).editions

        def take_back(text: str) -> None:
            editions.unpick(library.resolve(text), reader)

        done = for_each(ids, take_back)
    session.show({"unpicked": done}, [f"Taken out: {', '.join(map(clean, done))}"])
    if len(done) < len(ids):
        raise typer.Exit(1)


@edition.command()
def close(context: typer.Context, json: Json = False) -> None:
    """Close every day whose hour has come, and choose the papers of sources for the open one."""
    from broadsheet.community import Community
    from broadsheet.community.hub import publish_due

    session = Session.of(context, json)
    with session.open() as library:
        editions = Community(library).editions
        closed = editions.close_due(library.now())
        trouble = publish_due(library)
        today = editions.edition(editions.today)
    if trouble:
        output.note(f"the hub was not told: {trouble}")
    lines = [f"Closed {day}." for day in closed] or ["No day was due."]
    count = len(today.entries)
    lines.append(f"{today.day} is open until {today.closes_at:%Y-%m-%d %H:%M} UTC; papers so far: {count}.")
    session.show({"closed": closed, "open": today.period.name, "papers": count, "hub": trouble}, lines)
    if trouble:
        raise typer.Exit(1)


def _say(is_new: bool, text: str) -> None:
    if not is_new:
        output.note(f"{text} is in an edition already")


def _edition_json(found: Edition) -> dict[str, object]:
    return {
        "name": found.period.name,
        "first": found.period.first,
        "last": found.period.last,
        "is_open": found.is_open,
        "closes_at": found.closes_at,
        "closed_at": found.closed_at,
        "note": found.note,
        "previous": found.previous.name if found.previous else None,
        "following": found.following.name if found.following else None,
        "papers": [_entry_json(entry) for entry in found.entries],
    }


def _entry_json(entry: Entry) -> dict[str, object]:
    printed = entry.printed
    return {
        "place": entry.place,
        "paper": entry.paper_id,
        "day": entry.day,
        "entered_at": entry.entered_at,
        "via": entry.via,
        "by": entry.by,
        "title": printed.title,
        "authors": list(printed.authors),
        "fields": list(printed.fields),
        "arxiv": printed.arxiv,
        "doi": printed.doi,
        "votes": printed.votes,
        "votes_elsewhere": printed.elsewhere,
        "comments": printed.comments,
        "reason": printed.reason,
        "change": entry.change,
    }


def _lines(found: Edition) -> Iterator[str | Line]:
    state = f"open until {found.closes_at:%Y-%m-%d %H:%M} UTC" if found.is_open else "closed"
    yield Line(((f"{found.period.name}  {len(found.entries)} papers, {state}", "bold"),))
    if found.note:
        yield found.note
    for entry in found.entries:
        printed = entry.printed
        yield Line(((f"{entry.place:3}. ", "dim"), (clean(printed.title), "bold")))
        facts = [f"{printed.votes} votes", *printed.fields[:1], f"{entry.via} {entry.by}".strip()]
        yield "     " + clean(" · ".join([*facts, *([entry.change] if entry.change else [])]))
        if printed.reason:
            yield f"     {clean(printed.reason)}"
    if found.previous:
        yield f"Before: {found.previous.name}"
