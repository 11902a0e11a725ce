"""Commands for what goes to other programs and comes from them: lists of feeds, archives."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from broadsheet.cli.commands import group
from broadsheet.cli.output import clean
from broadsheet.cli.session import Json, Reader, Session

__all__ = ["import_takeout", "opml", "takeout"]

opml = group("Lists of feeds: write a reader's as OPML, follow those of an OPML file.")


@opml.command("export")
def export_opml(
    context: typer.Context,
    file: Annotated[Path | None, typer.Argument(metavar="FILE", help="Where to; standard output without.")] = None,
    base: Annotated[
        str, typer.Option("--base", metavar="URL", help="Where the pages are served, if not as the settings say.")
    ] = "",
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Write all feeds of a reader as OPML; a feed that never had an address gets one.

    Example:  broadsheet opml export feeds.opml
    """
    from broadsheet.cli.files import write_text
    from broadsheet.community import Community
    from broadsheet.community.exchange.opml import opml as document

    session = Session.of(context, json)
    with session.indexed() as library:
        community, server = Community(library), library.settings.server
        base = (base or library.settings.community.url or f"http://{server.host}:{server.port}").rstrip("/")
        lines = community.private_feeds.lines(who, base, make=True)
    if file is not None or not session.json:
        with write_text(file) as out:
            out.write(document(f"{who}’s feeds", lines))
    data = {"feeds": [{"title": line.title, "address": line.address, "home": line.home} for line in lines]}
    session.show(data, [f"{len(lines)} feeds: {file}"] if file else [])


@opml.command("import")
def read_opml(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="The OPML file that a feed reader exports.")],
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Follow the feeds of papers of an OPML file, as saved searches; say which feeds nothing follows.

    Example:  broadsheet opml import feeds.opml
    """
    from broadsheet.cli.files import read_bytes
    from broadsheet.community import Community
    from broadsheet.community.exchange.opml import import_opml

    session = Session.of(context, json)
    body = read_bytes(file)
    with session.indexed() as library:
        report = import_opml(Community(library), who, body)
    lines = [f"followed: {clean(name)}" for name in report.followed]
    lines += [f"here already: {clean(name)}" for name in report.known]
    lines += [f"not followed: {clean(title)}: {why}" for title, why in report.skipped]
    skipped = [{"feed": title, "why": why} for title, why in report.skipped]
    data = {"followed": list(report.followed), "known": list(report.known), "skipped": skipped}
    session.show(data, lines or ["The list has no feeds."])
    if report.skipped:
        raise typer.Exit(1)


def takeout(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="OUT.zip", help="Where to write the archive.")],
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Write everything of a reader to one archive.

    Papers, saves, ratings, tags, collections, notes and all else.

    Example:  broadsheet takeout everything.zip
    """
    from broadsheet.cli.files import new_file
    from broadsheet.cli.output import progress
    from broadsheet.community import Community
    from broadsheet.community.exchange.takeout import write_takeout

    session = Session.of(context, json)
    with session.open() as library, progress() as on_progress, new_file(file) as part:
        counts = write_takeout(Community(library), who, part, on_progress)
    lines = [f"{name}: {count:,}" for name, count in sorted(counts.items())]
    session.show({"file": str(file), "reader": who, "counts": counts}, [*lines, f"written: {file}"])


def import_takeout(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE.zip", help="An archive that `takeout` or the page made.")],
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Read an archive of everything into what a reader has here.

    Twice gives the same as once.

    Example:  broadsheet import-takeout everything.zip
    """
    from broadsheet.cli.output import progress
    from broadsheet.community import Community
    from broadsheet.community.exchange.takeout_import import import_takeout as bring

    session = Session.of(context, json)
    with session.open(create=True) as library, progress() as on_progress:
        report = bring(Community(library), who, file, on_progress)
    session.show(report, report.lines)
    if report.lost or report.unknown:
        raise typer.Exit(1)
