"""Commands with which a reader steers the page: interests and mutes."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.cli.commands import group
from broadsheet.cli.output import Line, clean, columns
from broadsheet.cli.session import Json, Reader, Session, paper_ids
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from broadsheet.pipeline.feed.own_interests import ReaderInterest
    from broadsheet.pipeline.library import Library
    from broadsheet.pipeline.reader_steering import Moved, SteeringView

__all__ = ["interests", "mute", "unmute"]

_NAMED = 5  # papers that a change names, at most
interests = group("Interests: what your page is made of, each with a weight, a quota and a mute.", default="list")
Name = Annotated[str, typer.Argument(metavar="INTEREST", help="Its number or name, as `broadsheet interests` has it.")]


class Kind(StrEnum):
    """What a mute is of."""

    word = "word"
    author = "author"
    venue = "venue"
    organisation = "organisation"


@interests.command("list")
def list_interests(context: typer.Context, who: Reader = "me", json: Json = False) -> None:
    """List the interests with their share of the page, and what is muted."""
    session = Session.of(context, json)
    with session.indexed() as library:
        view = library.steering.view(who)
    session.show(_view_json(view), _view_lines(view))


@interests.command("show")
def show_interest(context: typer.Context, name: Name, who: Reader = "me", json: Json = False) -> None:
    """Show an interest with its papers, the latest first."""
    session = Session.of(context, json)
    with session.indexed() as library:
        one = library.steering.interest(who, name)
        papers = library.papers(one.papers[::-1])
    lines = [_line(one), *(f"  {stored.id:>7}  {clean(stored.paper.title)}" for stored in papers)]
    titles = [{"id": stored.id, "title": stored.paper.title} for stored in papers]
    session.show({**_json(one), "papers": titles}, lines if papers else [*lines, "No paper is in it."])


@interests.command("make")
def make_interest(  # noqa: PLR0913, PLR0917 - each parameter is an option
    context: typer.Context,
    sentence: Annotated[
        str, typer.Argument(metavar="[SENTENCE]", help="In your words: “learning from touch, no simulation”.")
    ] = "",
    tag: Annotated[str, typer.Option("--tag", metavar="TAG", help="From the papers with a tag.")] = "",
    collection: Annotated[str, typer.Option("--collection", metavar="NAME", help="From a collection.")] = "",
    search: Annotated[str, typer.Option("--search", metavar="NAME", help="From a saved search, or a query.")] = "",
    author: Annotated[str, typer.Option("--author", metavar="NAME", help="From the papers of an author.")] = "",
    papers: Annotated[
        Path | None, typer.Option("--list", metavar="FILE", help="From a file with the id of a paper a line.")
    ] = None,
    called: Annotated[str, typer.Option("--name", metavar="NAME", help="What to call it.")] = "",
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Make an interest, from a sentence or what an option names."""
    named = {"sentence": sentence, "tag": tag, "collection": collection, "search": search, "author": author}
    given = [(kind, value) for kind, value in named.items() if value] + ([("list", str(papers))] if papers else [])
    if len(given) != 1:
        raise UsageError("an interest is made from one thing: a sentence, or one of the options")
    session = Session.of(context, json)
    with session.indexed() as library:
        kind, value = given[0]
        ids = [library.resolve(text) for text in paper_ids(papers) or ()] if kind == "list" else []
        value = library.steering.query_of_search(who, value) if kind == "search" else value
        name = called or (search if kind == "search" else "") or (papers.stem if papers else "")
        _tell(session, library, library.steering.make(who, kind, "" if kind == "list" else value, name, ids))


@interests.command("rename")
def rename_interest(
    context: typer.Context,
    name: Name,
    to: Annotated[str, typer.Argument(metavar="TO", help="Its new name; it stays from then on.")],
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Give an interest another name."""
    session = Session.of(context, json)
    with session.indexed() as library:
        _tell(session, library, library.steering.rename(who, name, to))


@interests.command("weigh")
def weigh_interest(
    context: typer.Context,
    name: Name,
    weight: Annotated[float, typer.Argument(metavar="WEIGHT", help="1 is the usual, 2 twice as much; up to 5.")],
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Have an interest count more or less against the others."""
    session = Session.of(context, json)
    with session.indexed() as library:
        _tell(session, library, library.steering.weigh(who, name, weight))


@interests.command("quota")
def quota_interest(
    context: typer.Context,
    name: Name,
    share: Annotated[str, typer.Argument(metavar="SHARE", help="Of page and mail, 0..1, or none: by weight again.")],
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Give an interest a fixed share of the page."""
    try:
        quota = None if share == "none" else float(share)
    except ValueError as error:
        raise UsageError(f"a quota is a number from 0 to 1, or none, not {share[:50]!r}") from error
    session = Session.of(context, json)
    with session.indexed() as library:
        _tell(session, library, library.steering.set_quota(who, name, quota))


@interests.command("mute")
def mute_interest(context: typer.Context, name: Name, who: Reader = "me", json: Json = False) -> None:
    """Take what an interest carries off the page, until it is unmuted."""
    session = Session.of(context, json)
    with session.indexed() as library:
        _tell(session, library, library.steering.set_state(who, name, "muted"))


@interests.command("unmute")
def unmute_interest(context: typer.Context, name: Name, who: Reader = "me", json: Json = False) -> None:
    """Put an interest back on the page: one that was muted or deleted."""
    session = Session.of(context, json)
    with session.indexed() as library:
        _tell(session, library, library.steering.set_state(who, name, "on"))


@interests.command("split")
def split_interest(
    context: typer.Context,
    name: Name,
    papers: Annotated[
        list[str] | None, typer.Argument(metavar="[ID...]", help="What goes; by default what is least alike.")
    ] = None,
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Split an interest in two."""
    session = Session.of(context, json)
    with session.indexed() as library:
        _tell(session, library, library.steering.split(who, name, [library.resolve(one) for one in papers or ()]))


@interests.command("merge")
def merge_interests(
    context: typer.Context,
    name: Name,
    other: Annotated[str, typer.Argument(metavar="OTHER", help="The interest that goes into the first.")],
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Make one interest of two; the name of the first stays."""
    session = Session.of(context, json)
    with session.indexed() as library:
        _tell(session, library, library.steering.merge(who, name, other))


@interests.command("delete")
def delete_interest(context: typer.Context, name: Name, who: Reader = "me", json: Json = False) -> None:
    """Delete an interest: its saves stay saved, and steer the page no more."""
    session = Session.of(context, json)
    with session.indexed() as library:
        _tell(session, library, library.steering.delete(who, name))


@interests.command("reset")
def reset_interests(context: typer.Context, who: Reader = "me", json: Json = False) -> None:
    """Forget names, weights, quotas and mutes; interests are found anew."""
    session = Session.of(context, json)
    with session.indexed() as library:
        _tell(session, library, library.steering.reset(who))


@interests.command("undo")
def undo_interests(context: typer.Context, who: Reader = "me", json: Json = False) -> None:
    """Take back the last change of interests or mutes."""
    session = Session.of(context, json)
    with session.indexed() as library:
        moved = library.steering.undo(who)
        if moved is None:
            session.show({"undone": None}, ["Nothing to undo."])
        else:
            _tell(session, library, moved, undone=True)


def mute(
    context: typer.Context,
    kind: Annotated[Kind, typer.Argument(metavar="KIND", help="word, author, venue or organisation.")],
    value: Annotated[list[str], typer.Argument(metavar="VALUE...", help="The word or name.")],
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Never show papers with a word, by an author, in a venue, of an organisation."""
    session = Session.of(context, json)
    with session.indexed() as library:
        _tell(session, library, library.steering.mute(who, kind.value, " ".join(value)))


def unmute(
    context: typer.Context,
    kind: Annotated[Kind, typer.Argument(metavar="KIND", help="word, author, venue or organisation.")],
    value: Annotated[list[str], typer.Argument(metavar="VALUE...", help="The word or name.")],
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Take a mute back."""
    session = Session.of(context, json)
    with session.indexed() as library:
        _tell(session, library, library.steering.unmute(who, kind.value, " ".join(value)))


def _tell(session: Session, library: Library, moved: Moved, *, undone: bool = False) -> None:
    """Say what a change moved."""
    titles = {one.id: one.paper.title for one in library.papers([*moved.left, *moved.came])}
    parts = {"left": moved.left, "came": moved.came}
    content = {
        "undone" if undone else "done": moved.label,
        **{what: [{"id": number, "title": titles.get(number, "")} for number in ids] for what, ids in parts.items()},
    }
    head = f"{'undone: ' if undone else ''}{clean(moved.label)}"
    counts = f"{head}; {_counted(len(moved.left), 'leave', 'leaves')} your page, {len(moved.came)} come"
    session.show(content, [counts, *_titles("-", moved.left, titles), *_titles("+", moved.came, titles)])


def _counted(n: int, many: str, one: str) -> str:
    return f"{n} paper {one}" if n == 1 else f"{n} papers {many}"


def _titles(sign: str, ids: Sequence[int], titles: dict[int, str]) -> list[str]:
    more = [f"  {sign} and {len(ids) - _NAMED} more"] if len(ids) > _NAMED else []
    return [*(f"  {sign} {clean(titles.get(number, ''))}" for number in ids[:_NAMED]), *more]


def _json(one: ReaderInterest) -> dict[str, Any]:
    stored = one.stored
    return {
        **{"key": one.key, "name": stored.name, "kind": stored.kind, "value": stored.value, "state": stored.state},
        **{"weight": stored.weight, "quota": stored.quota, "share": round(one.share, 4), "papers": len(one.papers)},
    }


def _view_json(view: SteeringView) -> dict[str, Any]:
    return {
        "interests": list(map(_json, view.interests)),
        "deleted": list(map(_json, view.deleted)),
        "mutes": [{"kind": one.kind, "value": one.value} for one in view.mutes],
        "last_change": view.last_change,
    }


def _line(one: ReaderInterest) -> str:
    made = f", made from the {one.stored.kind} {clean(one.stored.value)}" if one.stored.value else ""
    state = "" if one.stored.state == "on" else f", {one.stored.state}"
    return f"{clean(one.stored.name)}: {one.share:.0%} of the page{made}{state}"


def _view_lines(view: SteeringView) -> list[str | Line]:
    rows = [
        (
            *(one.key, clean(one.stored.name), f"{one.share:.0%}", len(one.papers), f"{one.stored.weight:g}"),
            "" if one.stored.quota is None else f"{one.stored.quota:.0%}",
            "" if one.stored.kind == "saves" else one.stored.kind,
            "" if one.stored.state == "on" else one.stored.state,
        )
        for one in (*view.interests, *view.deleted)
    ]
    head = ("ID", "NAME", "SHARE", "PAPERS", "WEIGHT", "QUOTA", "FROM", "STATE")
    empty = 'No interests yet: save papers, or `broadsheet interests make "what you want to read"`.'
    muted = [f"muted {one.kind}: {clean(one.value)}" for one in view.mutes]
    undo = [f"`broadsheet interests undo` takes back: {clean(view.last_change)}"] if view.last_change else []
    return [*(columns(head, rows) if rows else [empty]), *muted, *undo]
