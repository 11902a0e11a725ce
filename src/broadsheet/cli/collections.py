"""Commands for collections."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli import render
from broadsheet.cli.commands import group
from broadsheet.cli.output import clean, columns
from broadsheet.cli.session import Count, Ids, Json, Reader, Session, for_each
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from broadsheet.community.reading_lists import ReadingLists
    from broadsheet.pipeline.library import Library

__all__ = ["collection", "look_up"]

collection = group("Collections: named lists of papers.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The collection.")]
Paper = Annotated[str, typer.Argument(metavar="PAPER", help="Our number, an arXiv id, a DOI or a source's own id.")]
Member = Annotated[str, typer.Option("--with", metavar="MEMBER", help="A member, by name.")]


@collection.command("list")
def list_collections(context: typer.Context, who: Reader = "me", json: Json = False) -> None:
    """List the collections."""
    session = Session.of(context, json)
    with session.open() as library:
        ids_by_name = library.collections(who)
    rows = [(name, len(ids)) for name, ids in ids_by_name.items()]
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
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.open() as library:
        lists = Community(library).reading_lists
        number = lists.get(who, name).collection.id
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


@collection.command("share")
def share_collection(
    context: typer.Context,
    name: Name,
    member: Member = "",
    edit: Annotated[bool, typer.Option("--edit", help="The member may also change it.")] = False,
    link: Annotated[bool, typer.Option("--link", help="Make a link by which everybody may read it.")] = False,
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Share a collection with a member or by a link; without either, say whom it is shared with."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.open() as library:
        lists = Community(library).reading_lists
        number = lists.get(who, name).collection.id
        if member:
            lists.share(who, number, member, may_edit=edit)
        if link:
            lists.open_link(who, number)
        shares = lists.shares(number)
    path = f"/collections/shared/{shares.link_key}" if shares.link_key else ""
    may = {True: "may edit", False: "may read"}
    rows = [(name_, may[edits]) for name_, edits in shares.members]
    rows += [(f"group {group}", may[edits]) for _, group, edits in shares.groups]
    rows += [(path, "everybody may read")] if path else []
    data = {
        "members": dict(shares.members),
        "groups": {group: edits for _, group, edits in shares.groups},
        "link": path,
    }
    session.show(data, columns(("WITH", "WHO"), rows) if rows else [f"{name} is shared with nobody."])


@collection.command("unshare")
def unshare_collection(
    context: typer.Context,
    name: Name,
    member: Member = "",
    link: Annotated[bool, typer.Option("--link", help="Take the link back: it opens nothing any more.")] = False,
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Share a collection no longer with a member, or by its link."""
    from broadsheet.community import Community

    if not member and not link:
        raise UsageError("say with whom no longer: --with MEMBER, or --link")
    session = Session.of(context, json)
    with session.open() as library:
        lists = Community(library).reading_lists
        number = lists.get(who, name).collection.id
        if member:
            lists.unshare(who, number, member)
        if link:
            lists.close_link(who, number)
    session.show({"unshared": name}, [f"no longer shared: {name}"])


@collection.command("complete")
def complete_collection(
    context: typer.Context, name: Name, k: Count = 10, who: Reader = "me", json: Json = False
) -> None:
    """The papers that a collection lacks most, with reasons: broadsheet collection complete thesis."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.indexed() as library:
        found = Community(library).reading_lists.missing(who, name, k)
    lines = [
        line
        for one in found
        for line in (clean(f"{one.stored.paper.title}  [{one.stored.id}]"), f"  {clean(' · '.join(one.reasons))}")
    ]
    data = [{**render.paper_json(one.stored), "reasons": list(one.reasons)} for one in found]
    session.show(data, lines or ["Nothing in this library is near enough, or the collection is empty."])


@collection.command("export")
def export_collection(
    context: typer.Context,
    name: Name,
    form: Annotated[
        str, typer.Option("--format", help="markdown, html (for print), bibtex, ris, csl, csv, json, jsonl.")
    ] = "markdown",
    file: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to; here without it.")
    ] = None,
    notes: Annotated[bool, typer.Option("--notes", help="With your notes and highlights.")] = False,
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Write a collection as a reading list, in its order, with sections and remarks."""
    from broadsheet.cli.community import actor_named
    from broadsheet.cli.files import write_text
    from broadsheet.community import Community
    from broadsheet.community.list_files import list_file

    session = Session.of(context, json)
    with session.open() as library:
        community = Community(library)
        stored = community.reading_lists.get(who, name).collection
        texts = partial(community.notes.texts, actor_named(community, who)) if notes else None
        printed = community.reading_lists.printed(stored, texts)
        with write_text(file) as out:
            out.writelines(list_file(printed, form))
    if file is not None and str(file) != "-":
        session.show({"papers": len(printed.papers), "file": str(file)}, [f"{len(printed.papers):,} papers in {file}"])


def _change(
    context: typer.Context,
    json: bool,
    who: str,
    name: str,
    paper: str,
    done: str,
    act: Callable[[ReadingLists, int, int], None],
) -> None:
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.open() as library:
        lists = Community(library).reading_lists
        number = lists.get(who, name).collection.id
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
