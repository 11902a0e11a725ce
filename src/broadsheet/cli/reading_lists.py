"""Commands that share collections, complete them and write them to files; `collection` has them beside the others."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from broadsheet.cli import render
from broadsheet.cli.collections import Name, collection, open_list
from broadsheet.cli.output import clean, columns
from broadsheet.cli.session import Count, Json, Reader, Session
from broadsheet.kit.errors import UsageError

__all__ = ["collection"]

Member = Annotated[str, typer.Option("--with", metavar="MEMBER", help="A member, by name.")]


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
    session = Session.of(context, json)
    with open_list(session, who, name) as (_, lists, number):
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
    if not member and not link:
        raise UsageError("say with whom no longer: --with MEMBER, or --link")
    session = Session.of(context, json)
    with open_list(session, who, name) as (_, lists, number):
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
