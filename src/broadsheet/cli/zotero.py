"""Commands for libraries in Zotero."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.cli.commands import group
from broadsheet.cli.output import clean, columns, jsonable, note, progress
from broadsheet.cli.session import Json, Reader, Session
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from broadsheet.catalogue.connections import Connection
    from broadsheet.community.connections import Connections, SyncReport
    from broadsheet.pipeline.library import Library

__all__ = ["zotero"]

zotero = group("Zotero: connect a library, keep it in step, write back if asked.", default="status")

VARIABLE = "ZOTERO_API_KEY"
Number = Annotated[int | None, typer.Argument(metavar="[ID]", help="The connection; not needed where there is one.")]


@zotero.command()
def connect(
    context: typer.Context,
    key_file: Annotated[
        Path | None,
        typer.Option("--key-file", metavar="FILE", help=f"A file with the key; else ${VARIABLE} or a prompt."),
    ] = None,
    group_id: Annotated[
        int | None, typer.Option("--group", metavar="ID", min=1, help="A group's library instead of your own.")
    ] = None,
    local: Annotated[
        bool, typer.Option("--local", help="The Zotero that runs on this machine, without a key; it is only read.")
    ] = False,
    write_back: Annotated[
        str, typer.Option("--write-back", metavar="COLLECTION", help="Also make items there of what is saved here.")
    ] = "",
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Connect a Zotero library; make a key at zotero.org/settings/keys."""
    session = Session.of(context, json)
    with session.open(create=True) as library:
        parts = _parts(library)
        key = "" if local else _key(key_file)
        one = parts.connect(who, key=key, group=group_id, is_local=local, write_to=write_back)
        data, lines = _shown(parts, one), [f"connected: {one.library} [{one.id}]"]
    waiting = data["waiting"]
    lines += [f"the next sync makes {waiting:,} items in Zotero"] if waiting else []
    session.show(data, [*lines, "read it now: broadsheet zotero sync"])


@zotero.command()
def sync(context: typer.Context, number: Number = None, who: Reader = "me", json: Json = False) -> None:
    """Bring connected libraries in step; one that was cut off goes on where it was."""
    session = Session.of(context, json)
    with session.open() as library, progress() as on_progress:
        parts = _parts(library)
        wanted = parts.all(who) if number is None else [parts.get(who, number)]
        if not wanted:
            raise UsageError("no library is connected yet: broadsheet zotero connect")
        reports = [parts.sync(one, on_progress=on_progress) for one in wanted]
    session.show([_report(one) for one in reports], [line for one in reports for line in _lines(one)])
    if any(report.quarantined for report in reports) and not session.json:
        note("records that could not be read are kept aside: broadsheet quarantine")
    if any(report.error or report.quarantined for report in reports):
        raise typer.Exit(1)


@zotero.command()
def status(context: typer.Context, who: Reader = "me", json: Json = False) -> None:
    """List the connected libraries: how far they are read, what went wrong, what would be written."""
    session = Session.of(context, json)
    with session.open() as library:
        parts = _parts(library)
        data = [_shown(parts, one) for one in parts.all(who)]
    rows = [
        (one["id"], one["library"], one["papers"], one["synced"] or "never", one["waiting"] or "", clean(one["error"]))
        for one in data
    ]
    empty = "No library is connected yet: broadsheet zotero connect."
    head = ("ID", "LIBRARY", "PAPERS", "SYNCED", "TO WRITE", "ERROR")
    session.show(data, columns(head, rows) if rows else [empty])


@zotero.command()
def disconnect(
    context: typer.Context,
    number: Number = None,
    take_back: Annotated[
        bool, typer.Option("--take-back", help="Also take back the marks that the sync set; papers stay.")
    ] = False,
    who: Reader = "me",
    json: Json = False,
) -> None:
    """End a connection and forget its key; nothing changes in Zotero, and papers and marks stay."""
    session = Session.of(context, json)
    with session.open() as library:
        parts = _parts(library)
        one = parts.get(who, number)
        count = parts.disconnect(who, one.id, take_back=take_back)
    lines = [f"disconnected: {one.library}", *([f"{count:,} marks taken back"] if take_back else [])]
    session.show({"disconnected": one.library, "taken_back": count}, lines)


def _parts(library: Library) -> Connections:
    from broadsheet.community import Community

    return Community(library).connections


def _key(file: Path | None) -> str:
    """The key of access; never an argument, which other users of a machine can see."""
    if file is not None:
        from broadsheet.cli.files import read_text

        return read_text(file).strip()
    if key := os.environ.get(VARIABLE, ""):
        return key
    if sys.stdin.isatty():
        return str(typer.prompt("Key of access", hide_input=True, err=True))
    raise UsageError(f"name a file with the key: --key-file FILE, or set ${VARIABLE}")


def _shown(parts: Connections, one: Connection) -> dict[str, Any]:
    """A connection without its key."""
    papers, children = parts.counts(one)
    return {
        **{"id": one.id, "library": one.library, "write_to": one.write_to, "papers": papers, "notes": children},
        **{"version": one.state.get("version", 0), "synced": one.synced_at and f"{one.synced_at:%Y-%m-%d %H:%M}"},
        **{"waiting": parts.waiting(one), "error": one.error},
    }


def _report(report: SyncReport) -> dict[str, Any]:
    return dict(jsonable(report))


def _lines(report: SyncReport) -> list[str]:
    told = [*report.notes, *([report.error] if report.error else [])]
    return [clean(report.line()), *(f"  {clean(line)}" for line in told)]
