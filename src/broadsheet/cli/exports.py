"""The command that writes papers to a file."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from broadsheet.cli.collections import look_up
from broadsheet.cli.session import Json, Reader, Session
from broadsheet.kit.errors import UsageError
from broadsheet.kit.export_formats import ExportFormat

__all__ = ["export"]


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
    groups: Annotated[bool, typer.Option("--groups", help="In BibTeX, write collections as JabRef's groups.")] = False,
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
            ids = look_up("tag", tag, tags)
        elif collection_ is not None:
            ids = look_up("collection", collection_, library.collections(who))
        elif search is not None:
            ids = library.search_ids(search, k).ids.tolist()
        else:
            ids = library.catalogue.papers.ids().tolist()
        ids = list(ids)
        with write_text(file) as out:
            out.writelines(library.export(ids, form, groups_of=who if groups else ""))
    if file is not None and str(file) != "-":
        session.show({"papers": len(ids), "file": str(file)}, [f"{len(ids):,} papers in {file}"])
