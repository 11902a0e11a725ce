"""Commands that prepare precise search."""

from __future__ import annotations

import typer

from broadsheet.cli.commands import group
from broadsheet.cli.output import progress
from broadsheet.cli.session import Json, Session

__all__ = ["precise"]

precise = group("Prepare `search --precise`: a transformer's vectors of the papers.")


@precise.command()
def build(context: typer.Context, json: Json = False) -> None:
    """Encode the papers that are new or have changed. About a hundred a second; stop and go on as you like."""
    session = Session.of(context, json)
    with session.open() as library, progress() as on_progress:
        made = library.build_precise(on_progress)
    line = f"{made.encoded:,} papers encoded, {made.kept:,} were up to date; {made.bytes / 1e6:,.1f} MB"
    session.show(made, [line])


@precise.command()
def drop(context: typer.Context, json: Json = False) -> None:
    """Remove the vectors; every other search stays as it is."""
    session = Session.of(context, json)
    with session.open() as library:
        was_there = library.drop_precise()
    session.show({"dropped": was_there}, ["removed" if was_there else "nothing to remove: there are no such vectors"])
