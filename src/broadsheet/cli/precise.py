"""The commands that prepare precise search."""

from __future__ import annotations

import typer

from broadsheet.cli.commands import group
from broadsheet.cli.output import progress
from broadsheet.cli.session import Json, Session

__all__ = ["precise"]

precise = group("Prepare `search --precise`: a transformer's vectors of the papers.")


@precise.command()
def build(context: typer.Context, json: Json = False) -> None:
    """Encode new and changed papers. About a hundred per second; it can be stopped and continued at any time."""
    session = Session.of(context, json)
    with session.open() as library, progress() as on_progress:
        report = library.build_precise(on_progress)
    line = f"{report.encoded:,} papers encoded, {report.kept:,} were up to date; {report.bytes / 1e6:,.1f} MB"
    session.show(report, [line])


@precise.command()
def drop(context: typer.Context, json: Json = False) -> None:
    """Remove the vectors; every other search stays as it is."""
    session = Session.of(context, json)
    with session.open() as library:
        removed = library.drop_precise()
    session.show({"dropped": removed}, ["removed" if removed else "nothing to remove: there are no such vectors"])
