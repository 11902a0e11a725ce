"""Commands for collections."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli import render
from broadsheet.cli.commands import group
from broadsheet.cli.output import clean, columns
from broadsheet.cli.session import Ids, Json, Reader, Session, for_each
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from broadsheet.community.reading_lists import ReadingLists
    from broadsheet.pipeline.library import Library

__all__ = ["Name", "collection", "look_up", "open_list"]

collection = group("Collections: named lists of papers.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The collection.")]
Paper = Annotated[str, typer.Argument(metavar="PAPER", help="Our number, an arXiv id, a DOI or a source's own id.")]


@collection.command("list")
def list_collections(context: typer.Context, who: Reader = "me", json: Json = False) -> None:
    """List the collections, and those that others share with the reader, by number."""
    session = Session.of(context, json)
    from broadsheet.community import Community

    with session.open() as library:
        ids_by_name = library.collections(who)
        shared = [one for one in Community(library).reading_lists.all(who) if not one.is_own]
    rows = [(name, len(ids)) for name, ids in ids_by_name.items()]
    rows += [
        (f"{one.collection.id}: {clean(one.collection.name)}, of {one.collection.owner}", one.size) for one in shared
    ]
    session.show({name: list(ids) for name, ids in ids_by_name.items()}, columns(("NAME", "PAPERS"), rows))


@collection.command("show")
def show_collection(context: typer.Context, name: Name, who: Reader = "me", json: Json = False) -> None:
    """Show the papers of a collection."""
    session = Session.of(context, json)
    with session.open() as library:
        papers = library.papers(_papers_of(library, who, name))
    lines = [f"{stored.paper.title}  [{stored.id}]" for stored in papers]
    session.show([render.paper_json(stored) for stored in papers], lines or ["This collection is empty."])


@collection.command("add")
def add_to_collection(context: typer.Context, name: Name, ids: Ids, who: Reader = "me", json: Json = False) -> None:
    """Add papers to a collection; a new name creates one."""
    session = Session.of(context, json)
    with session.open() as library:
        done_ids = for_each(ids, lambda text: library.collect(who, name, text))
    _report(session, name, "added", done_ids, ids)


@collection.command("remove")
def remove_from_collection(
    context: typer.Context, name: Name, ids: Ids, who: Reader = "me", json: Json = False
) -> None:
    """Remove papers from a collection; they stay in the library."""
    session = Session.of(context, json)
    with session.open() as library:
        _papers_of(library, who, name)
        done_ids = for_each(ids, lambda text: library.uncollect(who, name, text))
    _report(session, name, "removed", done_ids, ids)


@collection.command("delete")
def delete_collection(context: typer.Context, name: Name, who: Reader = "me", json: Json = False) -> None:
    """Delete a collection; its papers stay in the library."""
    session = Session.of(context, json)
    with session.open() as library:
        _papers_of(library, who, name)
        library.delete_collection(who, name)
    session.show({"deleted": name}, [f"deleted: {name}"])


@collection.command("order")
def order_collection(
    context: typer.Context,
    name: Name,
    paper: Paper,
    to: Annotated[str, typer.Argument(metavar="TO", help="up, down, or its place from 1.")],
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Move a paper within a collection: broadsheet collection order thesis 12 up."""
    place: int | str = int(to) if to.isascii() and to.isdigit() and len(to) < 7 else to
    _change(context, json, who, name, paper, "moved", lambda lists, number, at: lists.move(who, number, at, place))


@collection.command("section")
def put_into_section(
    context: typer.Context,
    name: Name,
    heading: Annotated[str, typer.Argument(metavar="HEADING", help='The section; "" for none.')],
    ids: Annotated[list[str] | None, typer.Argument(metavar="[PAPER]...", help="What goes into it.")] = None,
    rename: Annotated[str, typer.Option("--rename", metavar="TO", help="Give the section another heading.")] = "",
    remove: Annotated[bool, typer.Option("--remove", help="Remove the section; its papers stay.")] = False,
    move: Annotated[str, typer.Option("--move", metavar="WHERE", help="Move the section up or down.")] = "",
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Put papers into a section of a collection, or make, rename, move or remove a section."""
    session = Session.of(context, json)
    with open_list(session, who, name) as (library, lists, number):
        if rename:
            lists.rename_section(who, number, heading, rename)
        elif remove:
            lists.remove_section(who, number, heading)
        elif move:
            lists.move_section(who, number, heading, move)
        elif not ids:
            lists.add_section(who, number, heading)
        for text in ids or ():
            lists.put_under(who, number, library.resolve(text), rename or heading)
        sections = lists.arrangement(number).sections
    session.show({"collection": name, "sections": list(sections)}, [f"sections: {', '.join(sections) or 'none'}"])


@collection.command("remark")
def remark_on_paper(
    context: typer.Context,
    name: Name,
    paper: Paper,
    text: Annotated[str, typer.Argument(metavar="TEXT", help='A line; "" takes the remark away.')],
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Say in a line why a paper is in a collection: broadsheet collection remark thesis 12 "read section 3"."""
    _change(context, json, who, name, paper, "remarked", lambda lists, number, at: lists.remark(who, number, at, text))


@contextmanager
def open_list(session: Session, who: str, name: str) -> Iterator[tuple[Library, ReadingLists, int]]:
    """The library, its collections as reading lists, and the number of the one of this name. Raises UsageError."""
    from broadsheet.community import Community

    with session.open() as library:
        lists = Community(library).reading_lists
        yield library, lists, lists.get(who, name).collection.id


def _change(
    context: typer.Context,
    json: bool,
    who: str,
    name: str,
    paper: str,
    done: str,
    act: Callable[[ReadingLists, int, int], None],
) -> None:
    session = Session.of(context, json)
    with open_list(session, who, name) as (library, lists, number):
        act(lists, number, library.resolve(paper))
        ids = [entry.paper_id for entry in lists.arrangement(number).entries]
    session.show({"collection": name, done: paper, "papers": ids}, [f"{done}: {paper}"])


def _report(session: Session, name: str, action: str, done_ids: list[str], ids: list[str]) -> None:
    session.show({"collection": name, action: done_ids}, [f"{action}: {', '.join(done_ids)}"])
    if len(done_ids) < len(ids):
        raise typer.Exit(1)


def _papers_of(library: Library, who: str, name: str) -> tuple[int, ...]:
    """The papers of a collection. Raises UsageError with the nearest name if there is none."""
    return look_up("collection", name, library.collections(who))


def look_up(kind: str, name: str, ids_by_name: dict[str, tuple[int, ...]]) -> tuple[int, ...]:
    """The papers under a name. Raises UsageError with the nearest name if there is none."""
    if name in ids_by_name:
        return ids_by_name[name]
    from difflib import get_close_matches

    close = get_close_matches(name, ids_by_name, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(ids_by_name) or 'none yet'}"
    raise UsageError(f"no {kind} named {name!r}; {hint}")
