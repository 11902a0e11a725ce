"""The commands for the papers' vectors, and what other commands do about them."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import typer

from broadsheet.cli.commands import group
from broadsheet.cli.output import note, progress
from broadsheet.cli.session import Json, Session
from broadsheet.kit.errors import BroadsheetError

if TYPE_CHECKING:
    from broadsheet.kit.progress import Progress
    from broadsheet.pipeline.library import Library

__all__ = ["encode_all", "encode_for", "precise"]

precise = group("The papers' vectors, by which search compares meanings: wait for them, count them, remove them.")


@precise.command()
def build(context: typer.Context, json: Json = False) -> None:
    """Wait until every paper has its vector, and make those that are missing. It can be stopped and continued."""
    session = Session.of(context, json)
    with session.open() as library, progress() as on_progress:
        report = library.wait_for_vectors(on_progress)
    line = f"{report.encoded:,} papers encoded, {report.kept:,} were up to date; {report.bytes / 1e6:,.1f} MB"
    session.show(report, [line])


@precise.command()
def status(context: typer.Context, json: Json = False) -> None:
    """Tell how many papers have their vector."""
    session = Session.of(context, json)
    with session.open() as library:
        encoded, papers = library.vector_count(), library.stats().papers
    session.show({"encoded": encoded, "papers": papers}, [f"{encoded:,} of {papers:,} papers have their vector"])


@precise.command()
def drop(context: typer.Context, json: Json = False) -> None:
    """Remove the vectors; `broadsheet serve` and `sync` make them again."""
    session = Session.of(context, json)
    with session.open() as library:
        removed = library.drop_precise()
    session.show({"dropped": removed}, ["removed" if removed else "nothing to remove: there are no such vectors"])


def encode_all(library: Library, on_progress: Progress) -> None:
    """Give every paper its vector; a failure is a remark, as the papers are here and can be searched."""
    try:
        library.wait_for_vectors(on_progress)
    except BroadsheetError as error:
        note(str(error))


def encode_for(library: Library, seconds: float, on_progress: Progress | None = None) -> int:
    """Give papers their vectors for so many seconds, unless another process is at it or the settings say that none
    come by themselves; returns how many."""
    from broadsheet.pipeline.index.vector_build import Pace
    from broadsheet.pipeline.locks import Busy

    if library.settings.index.encode != "auto":
        return 0
    deadline = time.monotonic() + seconds
    try:
        return library.build_precise(on_progress, pace=Pace(stops=lambda: time.monotonic() > deadline), wait=0).encoded
    except Busy:
        return 0
    except BroadsheetError as error:
        note(str(error))
        return 0
