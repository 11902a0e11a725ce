"""Commands for collections and exports."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli import render
from broadsheet.cli.commands import group
from broadsheet.cli.output import columns
from broadsheet.cli.session import Ids, Json, Reader, Session, for_each
from broadsheet.kit.errors import UsageError
from broadsheet.kit.export_formats import ExportFormat

if TYPE_CHECKING:
    from broadsheet.pipeline.library import Library

__all__ = ["collection", "export"]

collection = group("Collections: named lists of papers.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The collection.")]


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


def _report(session: Session, name: str, action: str, done_ids: list[str], ids: list[str]) -> None:
    session.show({"collection": name, action: done_ids}, [f"{action}: {', '.join(done_ids)}"])
    if len(done_ids) < len(ids):
        raise typer.Exit(1)


def _papers_of(library: Library, who: str, name: str) -> tuple[int, ...]:
    """The papers of a collection. Raises UsageError with the nearest name if there is none."""
    return _look_up("collection", name, library.collections(who))


def _look_up(kind: str, name: str, ids_by_name: dict[str, tuple[int, ...]]) -> tuple[int, ...]:
    if name in ids_by_name:
        return ids_by_name[name]
    from difflib import get_close_matches

    close = get_close_matches(name, ids_by_name, n=1)
    hint = f"did you mean {close[0]!r}?" if close else f"known: {', '.join(ids_by_name) or 'none yet'}"
    raise UsageError(f"no {kind} named {name!r}; {hint}")


def export(  # noqa: PLR0913, PLR0917 - each parameter is an option
    context: typer.Context,
    saved: Annotated[bool, typer.Option("--saved", help="What the reader saved.")] = False,
    tag: Annotated[str | None, typer.Option("--tag", metavar="NAME", help="What carries this tag.")] = None,
    collection_: Annotated[str | None, typer.Option("--collection", metavar="NAME", help="A collection.")] = None,
    search: Annotated[str | None, typer.Option("--search", metavar="QUERY", help="The best results.")] = None,
    everything: Annotated[bool, typer.Option("--all", help="The whole library.")] = False,
    form: Annotated[ExportFormat, typer.Option("--format", help="The form of the file.")] = ExportFormat.BIBTEX,
    file: Annotated[
        Path | None, typer.Option("-o", "--output", metavar="FILE", help="Where to; here without it.")
    ] = None,
    k: Annotated[int, typer.Option("-k", "--count", min=1, help="With --search, how many.")] = 100,
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Write papers as BibTeX, RIS, CSL-JSON or JSON lines."""
    from broadsheet.cli.files import write_text

    session = Session.of(context, json)
    selections = [saved, tag is not None, collection_ is not None, search is not None, everything]
    if sum(selections) != 1:
        raise UsageError("say which papers: one of --saved, --tag, --collection, --search, --all")
    with session.open() as library:
        if saved:
            ids: Iterable[int] = library.state(who).saved
        elif tag is not None:
            tags = {name: tuple(sorted(papers)) for name, papers in library.state(who).tags.items()}
            ids = _look_up("tag", tag, tags)
        elif collection_ is not None:
            ids = _papers_of(library, who, collection_)
        elif search is not None:
            ids = library.search_ids(search, k).ids.tolist()
        else:
            ids = library.catalogue.papers.ids().tolist()
        ids = list(ids)
        with write_text(file) as out:
            out.writelines(library.export(ids, form))
    if file is not None and str(file) != "-":
        session.show({"papers": len(ids), "file": str(file)}, [f"{len(ids):,} papers in {file}"])
