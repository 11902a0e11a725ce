"""Commands that delete papers and imports, and bring them back."""

from __future__ import annotations

from typing import Annotated

import typer

from broadsheet.cli.output import columns
from broadsheet.cli.session import Ids, Json, Session
from broadsheet.kit.errors import UsageError

__all__ = ["delete", "imports", "restore", "trash"]


def delete(context: typer.Context, ids: Ids, json: Json = False) -> None:
    """Delete papers; `broadsheet restore` brings them back."""
    session = Session.of(context, json)
    with session.open() as library:
        number = library.delete(*ids)
        count = next(deletion.papers for deletion in library.deletions() if deletion.id == number)
    line = f"deleted: {count:,} (broadsheet restore {number} brings back)"
    session.show({"deletion": number, "deleted": count}, [line])


def imports(
    context: typer.Context,
    undo: Annotated[
        int | None, typer.Option("--undo", metavar="ID", help="Delete the papers that come from this import alone.")
    ] = None,
    json: Json = False,
) -> None:
    """List imports (files, syncs and look-ups), or undo one."""
    session = Session.of(context, json)
    with session.open() as library:
        if undo is not None:
            undone = library.undo_import(undo)
            lines = [f"deleted: {undone.deleted:,}"]
            if undone.rows:
                lines.append(f"taken out of what a reader has: {undone.rows:,}")
            if undone.kept:
                lines.append(f"kept, since somebody saved, rated, tagged or collected them: {undone.kept:,}")
            if undone.deletion is not None:
                lines.append(f"broadsheet restore {undone.deletion} brings back what was deleted")
            session.show(undone, lines)
            return
        import_list = library.imports()
    rows = [(i.id, f"{i.at:%Y-%m-%d %H:%M}", i.source, i.records, i.papers, i.undone or "") for i in import_list]
    heads = ("ID", "WHEN", "SOURCE", "RECORDS", "PAPERS OF ITS OWN", "UNDONE")
    session.show(import_list, columns(heads, rows) if rows else ["Nothing was imported yet."])


def trash(
    context: typer.Context,
    empty: Annotated[bool, typer.Option("--empty", help="Forget all that was deleted, for good.")] = False,
    json: Json = False,
) -> None:
    """List what was deleted and can be restored."""
    session = Session.of(context, json)
    with session.open() as library:
        if empty:
            count = library.purge()
            session.show({"forgotten": count}, [f"forgotten: {count:,}"])
            return
        remaining = [deletion for deletion in library.deletions() if not deletion.restored]
    rows = [
        (deletion.id, f"{deletion.at:%Y-%m-%d %H:%M}", deletion.kind, deletion.papers or "", deletion.label)
        for deletion in remaining
    ]
    session.show(
        remaining, columns(("ID", "WHEN", "WHAT", "PAPERS", "NAME"), rows) if rows else ["Nothing is deleted."]
    )


def restore(
    context: typer.Context,
    deletions: Annotated[list[int], typer.Argument(metavar="ID...", help="Numbers that `broadsheet trash` lists.")],
    json: Json = False,
) -> None:
    """Bring back what was deleted, with marks, tags and collections."""
    session = Session.of(context, json)
    if not deletions:
        raise UsageError("nothing to restore: `broadsheet trash` lists what was deleted")
    with session.open() as library:
        numbers = [number for deletion in deletions for number in library.restore(deletion)]
    session.show({"restored": deletions, "papers": numbers}, [f"restored: {len(deletions):,}, {len(numbers):,} papers"])
