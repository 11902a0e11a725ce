"""The command line: each command is a thin call into the library.

Exit codes: 0 done · 1 partly (something was quarantined, a source failed, an id was unknown) · 2 unusable (one
line on standard error says why) · 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import io
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from broadsheet.cli import care, collect, keep, output, read, signals, trash
from broadsheet.cli import precise as preciseness
from broadsheet.cli import train as training
from broadsheet.cli.session import Session, default_library
from broadsheet.kit.errors import BroadsheetError

__all__ = ["app", "main"]

_EPILOG = """Example:  broadsheet add refs.bib  and then  broadsheet search 'late interaction year:2020..'

The library is --library, else $BROADSHEET_LIBRARY, else ./library, else ~/.local/share/broadsheet.

Exit codes: 0 done, 1 partly, 2 unusable."""

app = typer.Typer(
    name="broadsheet",
    help="The daily paper a researcher owns: collect, search, rank and read research papers.",
    epilog=_EPILOG,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)

_COLLECT, _READ, _SIGNALS, _KEEP, _CARE = "Collect", "Read", "Your signals", "Keep", "Look after"

app.command(rich_help_panel=_COLLECT)(collect.add)
app.command(rich_help_panel=_COLLECT)(collect.sync)
app.command(rich_help_panel=_READ)(read.search)
app.command(rich_help_panel=_READ)(read.similar)
app.command(rich_help_panel=_READ)(read.show)
app.command(rich_help_panel=_READ)(read.feed)
app.command(rich_help_panel=_READ)(care.serve)
app.command(rich_help_panel=_SIGNALS)(signals.save)
app.command(rich_help_panel=_SIGNALS)(signals.unsave)
app.command(rich_help_panel=_SIGNALS)(signals.rate)
app.command(rich_help_panel=_SIGNALS)(signals.hide)
app.command(rich_help_panel=_SIGNALS)(signals.unhide)
app.command(rich_help_panel=_SIGNALS)(signals.tag)
app.command(rich_help_panel=_SIGNALS)(signals.undo)
app.add_typer(signals.reader, name="reader", rich_help_panel=_SIGNALS)
app.add_typer(keep.collection, name="collection", rich_help_panel=_KEEP)
app.command(rich_help_panel=_KEEP)(keep.export)
app.command(rich_help_panel=_CARE)(care.check)
app.command(rich_help_panel=_CARE)(care.quarantine)
app.command(rich_help_panel=_CARE)(care.merges)
app.command(rich_help_panel=_CARE)(trash.delete)
app.command(rich_help_panel=_CARE)(trash.imports)
app.command(rich_help_panel=_CARE)(trash.trash)
app.command(rich_help_panel=_CARE)(trash.restore)
app.command(rich_help_panel=_CARE)(care.bench)
app.add_typer(training.train, name="train", rich_help_panel=_CARE)
app.add_typer(preciseness.precise, name="precise", rich_help_panel=_CARE)


def _version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        output.write_lines([f"broadsheet {version('broadsheet')}"])
        raise typer.Exit


@app.callback()
def common(
    context: typer.Context,
    library: Annotated[Path | None, typer.Option("--library", metavar="DIR", help="The library's folder.")] = None,
    json: Annotated[bool, typer.Option("--json", help="Answer in JSON; may also follow the command.")] = False,
    version: Annotated[  # noqa: ARG001 - acts through its callback
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """Remember what holds for every command."""
    context.obj = Session(default_library() if library is None else library.expanduser(), json)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command (`arguments`, else those of the process) and return its exit code."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):  # a character the terminal lacks must not end a command
            stream.reconfigure(errors="backslashreplace")
    try:
        app(args=None if arguments is None else list(arguments), prog_name="broadsheet")
    except BroadsheetError as error:
        output.note(str(error))
        return 2
    except MemoryError:
        output.note("out of memory; what was acknowledged so far is kept: close other programs and run it again")
        return 2
    except KeyboardInterrupt:
        code = 130
    except SystemExit as stop:
        code = stop.code if isinstance(stop.code, int) else 0
    if code == 130:
        output.note("stopped; everything acknowledged so far is kept")
    return code
