"""The command that copies a library while it is in use."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from broadsheet.cli.session import Json, Session
from broadsheet.kit.errors import UsageError

__all__ = ["backup"]


def backup(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(metavar="FILE", help="A new file for the copy of the catalogue.")],
    json: Json = False,
) -> None:
    """Copy the catalogue to a file, while the library is in use.

    The copy is whole and of one moment, and only its owner can read it. It appears under its name when it is complete.
    An existing file is never overwritten.
    """
    session = Session.of(context, json)
    path = file.expanduser()
    if path.exists():
        raise UsageError(f"{file} exists and is not overwritten; name a new file, such as one with the date")
    if not path.parent.is_dir():
        raise UsageError(f"{path.parent}: no such folder; make it first")
    with session.open() as library:
        try:
            size = library.catalogue.back_up(path)
        except OSError as error:
            raise UsageError(f"{file}: cannot be written ({error.strerror})") from error
        papers = library.stats().papers
    line = f"{file}: {papers:,} papers, {size / 1e6:.1f} MB; broadsheet.toml and server.key are files of their own"
    session.show({"file": str(path), "papers": papers, "bytes": size}, [line])
