"""Commands for reading groups. Each acts as the member that --reader names."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.cli.commands import group as command_group
from broadsheet.cli.output import clean, columns
from broadsheet.cli.session import Json, Reader, Session
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from broadsheet.catalogue.community.groups import Nomination
    from broadsheet.community import Community
    from broadsheet.community.actor import Actor
    from broadsheet.pipeline.library import Library

__all__ = ["group"]

group = command_group("Groups: members who read together.", default="list")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The group, or its number.")]
Paper = Annotated[str, typer.Argument(metavar="PAPER", help="Our number, an arXiv id, a DOI or a source's own id.")]


@group.command("list")
def list_groups(context: typer.Context, who: Reader = "me", json: Json = False) -> None:
    """List the groups of a member, and those that invite them."""
    session = Session.of(context, json)
    with _acting(session, who) as (_, community, actor):
        own, inviting = community.groups.of(actor), community.groups.inviting(actor)
    rows = [(one.id, clean(one.name), "") for one in own] + [(one.id, clean(one.name), "invites") for one in inviting]
    data = {name: [{"id": g.id, "name": g.name} for g in found] for name, found in (("in", own), ("invited", inviting))}
    empty = "No groups yet: broadsheet group make NAME."
    session.show(data, columns(("ID", "NAME", ""), rows) if rows else [empty])


@group.command("make")
def make_group(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it.")],
    about: Annotated[str, typer.Option("--about", metavar="TEXT", help="What it is about, in Markdown.")] = "",
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Make a group, whose owner the member is: broadsheet group make "Tuesday club"."""
    session = Session.of(context, json)
    with _acting(session, who) as (_, community, actor):
        number = community.groups.create(actor, name, about)
    session.show({"group": number}, [f"made: {clean(name)}, group {number}"])


@group.command("join")
def join_group(
    context: typer.Context,
    which: Annotated[str, typer.Argument(metavar="GROUP", help="Its number, or the link of an invitation.")],
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Accept an invitation, by the number of the group or by a link."""
    session = Session.of(context, json)
    with _acting(session, who) as (_, community, actor):
        is_number = which.isascii() and which.isdigit() and len(which) < 18
        key = which.rstrip("/").rpartition("/")[2]
        number = community.groups.accept(actor, int(which)) if is_number else community.groups.join_by_link(actor, key)
    session.show({"group": number}, [f"joined: group {number}"])


@group.command("invite")
def invite_member(
    context: typer.Context,
    name: Name,
    member: Annotated[str, typer.Argument(metavar="[MEMBER]", help="Whom; without, a link is made.")] = "",
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Invite a member by name, or make a link by which members join."""
    session = Session.of(context, json)
    with _acting(session, who) as (_, community, actor):
        if member:
            community.groups.invite(actor, name, member)
        path = "" if member else community.groups.open_link(actor, name)
    session.show({"invited": member, "link": path}, [f"invited: {clean(member)}" if member else path])


@group.command("members")
def list_members(context: typer.Context, name: Name, who: Reader = "me", json: Json = False) -> None:
    """List the members of a group, those invited, and who shows what they save."""
    session = Session.of(context, json)
    with _acting(session, who) as (_, community, actor):
        circle, invited = community.groups.get(actor, name), community.groups.invited(actor, name)
    rows = [
        (m.name, "owner" if m.is_owner else "member", "shows saves" if m.shown_since else "") for m in circle.members
    ]
    data = [{"name": name_, "role": role, "shows": bool(shows)} for name_, role, shows in rows]
    data += [{"name": one, "role": "invited", "shows": False} for one in invited]
    session.show(data, columns(("NAME", "ROLE", ""), [*rows, *((one, "invited", "") for one in invited)]))


@group.command("show")
def show_group(context: typer.Context, name: Name, who: Reader = "me", json: Json = False) -> None:
    """Show what a group reads next, what is nominated, and what members saved this week."""
    session = Session.of(context, json)
    with _acting(session, who) as (library, community, actor):
        agenda, week = community.group_reading.agenda(actor, name), community.group_reading.week(actor, name)
        parts = {"next": agenda.next, "nominated": agenda.nominated, "earlier": agenda.earlier}
        ids = [one.paper_id for found in parts.values() for one in found] + [one.paper_id for one in week]
        titles = {stored.id: stored.paper.title for stored in library.papers(list(dict.fromkeys(ids)))}
    data: dict[str, Any] = {part: [_nomination(one) for one in found] for part, found in parts.items()}
    data["week"] = [{"paper": one.paper_id, "saved_by": one.savers, "voted_by": one.voters} for one in week]
    lines = [
        clean(
            f"{one.read_on or part}  {len(one.voters)} votes  {titles.get(one.paper_id, 'deleted')}  [{one.paper_id}]"
        )
        for part, found in parts.items()
        for one in found
    ]
    lines += [
        clean(f"saved by {', '.join(one.savers) or 'nobody'}  {titles.get(one.paper_id, 'deleted')}  [{one.paper_id}]")
        for one in week
    ]
    session.show(data, lines or ["Nothing is nominated or saved yet."])


@group.command("nominate")
def nominate_paper(
    context: typer.Context,
    name: Name,
    paper: Paper,
    why: Annotated[str, typer.Option("--why", metavar="TEXT", help="Why, in a line.")] = "",
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Nominate a paper to read together, and vote for it."""
    session = Session.of(context, json)
    with _acting(session, who) as (_, community, actor):
        community.group_reading.nominate(actor, name, paper, why)
    session.show({"nominated": paper}, [f"nominated: {clean(paper)}"])


@group.command("vote")
def vote_in_group(
    context: typer.Context,
    name: Name,
    paper: Paper,
    back: Annotated[bool, typer.Option("--back", help="Take the vote back.")] = False,
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Vote for a nominated paper within a group, or take the vote back."""
    session = Session.of(context, json)
    with _acting(session, who) as (library, community, actor):
        community.group_reading.vote(actor, name, library.resolve(paper), cast=not back)
    session.show({"paper": paper, "voted": not back}, [f"{'taken back' if back else 'voted for'}: {clean(paper)}"])


@group.command("pick")
def pick_paper(
    context: typer.Context,
    name: Name,
    day: Annotated[str, typer.Option("--on", metavar="DAY", help="The day, such as 2026-12-10.")],
    paper: Annotated[str, typer.Option("--paper", metavar="PAPER", help="Else that with the most votes.")] = "",
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Choose what is read on a day: broadsheet group pick "Tuesday club" --on 2026-12-10."""
    try:
        on = date.fromisoformat(day)
    except ValueError:
        raise UsageError(f"--on takes a day such as 2026-12-10, not {day!r}") from None
    session = Session.of(context, json)
    with _acting(session, who) as (library, community, actor):
        number = community.group_reading.pick(actor, name, on, library.resolve(paper) if paper else 0)
        title = library.paper(number).paper.title
    session.show({"paper": number, "read_on": on}, [f"read on {on}: {clean(title)}  [{number}]"])


@group.command("leave")
def leave_group(context: typer.Context, name: Name, who: Reader = "me", json: Json = False) -> None:
    """Leave a group; the last member's leaving deletes it, which `broadsheet restore` undoes."""
    session = Session.of(context, json)
    with _acting(session, who) as (_, community, actor):
        deletion = community.groups.leave(actor, name)
    more = "" if deletion is None else f"; the group is deleted (broadsheet restore {deletion} brings it back)"
    session.show({"left": name, "deletion": deletion}, [f"left: {clean(name)}{more}"])


@contextmanager
def _acting(session: Session, who: str) -> Iterator[tuple[Library, Community, Actor]]:
    """The library, its community, and the member of this name. Raises UsageError where there are no accounts."""
    from broadsheet.cli.community import actor_named
    from broadsheet.community import Community

    with session.open() as library:
        community = Community(library)
        if not community.has_accounts:
            raise UsageError("groups are for a community: this library has one reader (docs: start a community)")
        yield library, community, actor_named(community, who)


def _nomination(one: Nomination) -> dict[str, Any]:
    return {"paper": one.paper_id, "by": one.by, "why": one.why, "votes": len(one.voters), "read_on": one.read_on}
