"""Commands with which a reader steers the page: interests and mutes."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from broadsheet.cli.commands import group
from broadsheet.cli.output import clean
from broadsheet.cli.session import Json, Reader, Session, paper_ids
from broadsheet.cli.steering_lines import interest_json, interest_line, tell_moved, view_json, view_lines
from broadsheet.kit.errors import UsageError

__all__ = ["interests", "mute", "unmute"]

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
    session.show(view_json(view), view_lines(view))


@interests.command("show")
def show_interest(context: typer.Context, name: Name, who: Reader = "me", json: Json = False) -> None:
    """Show an interest with its papers, the latest first."""
    session = Session.of(context, json)
    with session.indexed() as library:
        one = library.steering.interest(who, name)
        papers = library.papers(one.papers[::-1])
    lines = [interest_line(one), *(f"  {stored.id:>7}  {clean(stored.paper.title)}" for stored in papers)]
    titles = [{"id": stored.id, "title": stored.paper.title} for stored in papers]
    session.show({**interest_json(one), "papers": titles}, lines if papers else [*lines, "No paper is in it."])


@interests.command("start")
def start_interests(
    context: typer.Context,
    no: Annotated[
        list[str] | None, typer.Option("--no", metavar="ID", help="A paper answered with no; may be repeated.")
    ] = None,
    near: Annotated[
        list[str] | None, typer.Option("--near", metavar="ID", help="A paper near what you read; may be repeated.")
    ] = None,
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Answer up to ten papers with yes, near it or no; each is chosen by the answers so far.

    Away from a terminal, or with --json, the next paper is shown: `rate ID up` is a yes, `--near ID` and `--no ID` are
    the others.
    """
    session = Session.of(context, json)
    with session.indexed() as library:
        refused, around = ([library.resolve(one) for one in some or ()] for some in (no, near))
        asks = not session.json and sys.stdin.isatty() and sys.stdout.isatty()
        while (number := library.steering.next_question(who, refused, around)) is not None:
            stored = library.paper(number)
            if not asks:
                session.show(
                    {"next": {"id": number, "title": stored.paper.title}}, [_asked(number, stored.paper.title)]
                )
                return
            question = f"Would you read “{clean(stored.paper.title)}”? (yes, near, no)"
            said = typer.prompt(question, default="no", value_proc=_said)
            if said != "no":
                library.act(who, number, "up" if said == "yes" else "open", policy="start")
            if said != "yes":
                (around if said == "near" else refused).append(number)
    session.show({"next": None}, ["That is enough: `broadsheet feed` shows your page."])


def _said(typed: str) -> str:
    """The answer that begins as what was typed. Raises BadParameter, after which it is asked again."""
    for answer in ("yes", "no", "near"):
        if typed and answer.startswith(typed.strip().lower()):
            return answer
    raise typer.BadParameter("answer yes, near (what you read) or no")


def _asked(number: int, title: str) -> str:
    return f"{clean(title)}  [{number}]: `broadsheet rate {number} up` for yes, --near {number} or --no {number}"


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
        tell_moved(session, library, library.steering.make(who, kind, "" if kind == "list" else value, name, ids))


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
        tell_moved(session, library, library.steering.rename(who, name, to))


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
        tell_moved(session, library, library.steering.weigh(who, name, weight))


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
        tell_moved(session, library, library.steering.set_quota(who, name, quota))


@interests.command("mute")
def mute_interest(context: typer.Context, name: Name, who: Reader = "me", json: Json = False) -> None:
    """Take what an interest carries off the page, until it is unmuted."""
    session = Session.of(context, json)
    with session.indexed() as library:
        tell_moved(session, library, library.steering.set_state(who, name, "muted"))


@interests.command("unmute")
def unmute_interest(context: typer.Context, name: Name, who: Reader = "me", json: Json = False) -> None:
    """Put an interest back on the page: one that was muted or deleted."""
    session = Session.of(context, json)
    with session.indexed() as library:
        tell_moved(session, library, library.steering.set_state(who, name, "on"))


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
        tell_moved(session, library, library.steering.split(who, name, [library.resolve(one) for one in papers or ()]))


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
        tell_moved(session, library, library.steering.merge(who, name, other))


@interests.command("delete")
def delete_interest(context: typer.Context, name: Name, who: Reader = "me", json: Json = False) -> None:
    """Delete an interest: its saves stay saved, and steer the page no more."""
    session = Session.of(context, json)
    with session.indexed() as library:
        tell_moved(session, library, library.steering.delete(who, name))


@interests.command("reset")
def reset_interests(context: typer.Context, who: Reader = "me", json: Json = False) -> None:
    """Forget names, weights, quotas and mutes; interests are found anew."""
    session = Session.of(context, json)
    with session.indexed() as library:
        tell_moved(session, library, library.steering.reset(who))


@interests.command("undo")
def undo_interests(context: typer.Context, who: Reader = "me", json: Json = False) -> None:
    """Take back the last change of interests or mutes."""
    session = Session.of(context, json)
    with session.indexed() as library:
        moved = library.steering.undo(who)
        if moved is None:
            session.show({"undone": None}, ["Nothing to undo."])
        else:
            tell_moved(session, library, moved, undone=True)


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
        tell_moved(session, library, library.steering.mute(who, kind.value, " ".join(value)))


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
        tell_moved(session, library, library.steering.unmute(who, kind.value, " ".join(value)))
