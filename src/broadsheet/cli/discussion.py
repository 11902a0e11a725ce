"""Commands for what is said about papers, and for curators. Whoever can write the library's folder may do all this."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.commands import group
from broadsheet.cli.community import actor_named
from broadsheet.cli.output import clean, columns
from broadsheet.cli.session import COMMAND_LINE, Json, Reader, Session

if TYPE_CHECKING:
    from broadsheet.community import Community
    from broadsheet.community.actor import Actor
    from broadsheet.community.moderation import Moderation, Target
    from broadsheet.community.threads import Entry
    from broadsheet.pipeline.library import Library

__all__ = ["comments", "moderation"]

moderation = group("Moderation: what is reported, hiding comments, and the public log.")
Paper = Annotated[str, typer.Argument(metavar="PAPER", help="Our number, an arXiv id, a DOI or a source's own id.")]
Comment = Annotated[
    int, typer.Argument(metavar="COMMENT", min=1, help="Its number, as `broadsheet comments` shows it.")
]
Reported = Annotated[str, typer.Argument(metavar="TARGET", help='What is reported, such as "comment 12" or "paper 7".')]
Reason = Annotated[str, typer.Argument(metavar="REASON", help="Why; everybody can read it.")]
Count = Annotated[int, typer.Option("-k", "--count", min=1, max=1000, help="How many entries.")]
_INDENT = "  "


def comments(
    context: typer.Context,
    paper: Paper,
    add: Annotated[str, typer.Option("--add", metavar="TEXT", help="Say something, in Markdown.")] = "",
    answer: Annotated[int | None, typer.Option("--answer", metavar="COMMENT", help="What it answers.")] = None,
    audience: Annotated[
        str, typer.Option("--for", metavar="WHOM", help="me for your notes, group:3 for a group; else everybody.")
    ] = "",
    who: Reader = "me",
    json: Json = False,
) -> None:
    """What is said about a paper: comments of members, or a reader's notes."""
    from broadsheet.community import Community
    from broadsheet.community.actor import VISITOR
    from broadsheet.community.comments import Audience

    session = Session.of(context, json)
    with session.open() as library:
        community = Community(library)
        number = library.resolve(paper)
        to = Audience.named(audience)
        actor = VISITOR if community.has_accounts and not add and not audience else actor_named(community, who)
        if add:
            community.comments.add(actor, number, add, answer, to)
        entries = community.comments.thread(actor, number, to)
        readable = [community.comments.is_readable(actor, entry.comment) for entry in entries]
    rows = list(zip(entries, readable, strict=True))
    session.show([_json(*row) for row in rows], _lines(rows) if rows else ["No comments."])


@moderation.command("list")
def list_reports(context: typer.Context, json: Json = False) -> None:
    """List what is reported and waits for a decision."""
    session = Session.of(context, json)
    with session.open() as library:
        community, operator = _operator(library)
        cases = community.moderation.queue(operator)
    reports = [report for case in cases for report in case.reports]
    rows = [(one.target, one.reporter, f"{one.at:%Y-%m-%d %H:%M}", clean(one.reason)) for one in reports]
    session.show(reports, columns(("TARGET", "BY", "WHEN", "REASON"), rows) if rows else ["Nothing is reported."])


@moderation.command()
def hide(context: typer.Context, comment: Comment, reason: Reason, json: Json = False) -> None:
    """Hide a comment; its reports are resolved by that."""
    _decide(context, json, lambda community, by: community.comments.hide(by, comment, reason), f"hidden: {comment}")


@moderation.command()
def unhide(context: typer.Context, comment: Comment, reason: Reason, json: Json = False) -> None:
    """Show a hidden comment again."""
    _decide(context, json, lambda community, by: community.comments.unhide(by, comment, reason), f"shown: {comment}")


@moderation.command()
def resolve(context: typer.Context, target: Reported, reason: Reason, json: Json = False) -> None:
    """Close the reports of a target: something was done."""
    _close(context, json, target, lambda moderation, by, one: moderation.resolve(by, one, reason))


@moderation.command()
def dismiss(context: typer.Context, target: Reported, reason: Reason, json: Json = False) -> None:
    """Close the reports of a target: nothing is to be done."""
    _close(context, json, target, lambda moderation, by, one: moderation.dismiss(by, one, reason))


@moderation.command()
def log(context: typer.Context, count: Count = 50, json: Json = False) -> None:
    """The public log: what curators did and why, newest first."""
    session = Session.of(context, json)
    with session.open() as library:
        acts = _operator(library)[0].moderation.log(count)
    rows = [(f"{one.at:%Y-%m-%d %H:%M}", one.actor, one.act, clean(one.target), clean(one.reason)) for one in acts]
    session.show(acts, columns(("WHEN", "BY", "ACT", "TARGET", "REASON"), rows) if rows else ["Nothing yet."])


def _operator(library: Library) -> tuple[Community, Actor]:
    """The community, and whoever runs it as its logs name them."""
    from broadsheet.community import Community
    from broadsheet.community.actor import Actor, Role

    return Community(library), Actor(Role.admin, COMMAND_LINE)


def _decide(context: typer.Context, json: bool, act: Callable[[Community, Actor], None], line: str) -> None:
    session = Session.of(context, json)
    with session.open() as library:
        act(*_operator(library))
    session.show({"done": True}, [line])


def _close(context: typer.Context, json: bool, text: str, close: Callable[[Moderation, Actor, Target], int]) -> None:
    from broadsheet.community.moderation import target_of

    session = Session.of(context, json)
    with session.open() as library:
        community, operator = _operator(library)
        count = close(community.moderation, operator, target_of(text))
    session.show({"closed": count}, [f"closed: {count} report{'' if count == 1 else 's'}"])


def _json(entry: Entry, is_readable: bool) -> dict[str, object]:
    comment = entry.comment
    return {
        "id": comment.id,
        "parent": comment.parent_id,
        "depth": entry.depth,
        "author": comment.author,
        "at": comment.at,
        "edited_at": comment.edited_at,
        "state": "deleted" if comment.deleted_at else "hidden" if comment.hidden_at else "stands",
        "hidden_reason": comment.hidden_reason,
        "text": comment.text if is_readable else "",
    }


def _lines(rows: list[tuple[Entry, bool]]) -> Iterator[str]:
    for entry, is_readable in rows:
        comment, indent = entry.comment, _INDENT * entry.depth
        edited = ", edited" if comment.edited_at else ""
        yield f"{indent}{comment.id}. {comment.author or 'a former member'}, {comment.at:%Y-%m-%d %H:%M}{edited}"
        text = (
            comment.text if is_readable else "(deleted)" if comment.deleted_at else f"(hidden: {comment.hidden_reason})"
        )
        yield from (f"{indent}{_INDENT}{line}" for line in text.split("\n"))
