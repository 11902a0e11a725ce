"""The command line: each command calls one function of the library.

Exit codes: 0 done · 1 partly (something was quarantined, a source failed, an id was unknown) · 2 unusable (one
line on standard error says why) · 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from broadsheet.cli import output
from broadsheet.cli.commands import Entry, table
from broadsheet.cli.session import Session, default_library, expand_home
from broadsheet.kit.errors import BroadsheetError

__all__ = ["COMMANDS", "app", "main"]

_EPILOG = """Example:  broadsheet add refs.bib  and then  broadsheet search 'late interaction year:2020..'

The library is --library, else $BROADSHEET_LIBRARY, else ./library, else ~/.local/share/broadsheet.

Exit codes: 0 done, 1 partly, 2 unusable."""

_COLLECT, _READ, _SIGNALS, _KEEP = "Collect", "Read", "Your signals", "Keep"
_SEND, _MAINTENANCE = "Send", "Look after"
COMMANDS = (
    Entry("add", "collect", _COLLECT, "Add papers from files, from the bundled reading list, or by id."),
    Entry("sync", "collect", _COLLECT, "Fetch what is new from the network sources."),
    Entry(
        "search",
        "read",
        _READ,
        "Search, with a reason for every result; to a file, or for a file of queries.",
    ),
    Entry("similar", "read", _READ, "Papers similar to one or several papers, and unlike others."),
    Entry("show", "read", _READ, "Show one paper."),
    Entry("author", "people", _READ, "Show an author: papers, organisations, co-authors, and others of the name."),
    Entry("organisations", "people", _READ, "List the organisations that papers name, those with most papers first."),
    Entry("feed", "read", _READ, "Today's page for a reader, with the reasons; or rankings for the readers of a file."),
    Entry(
        *("edition", "edition", _READ),
        "The edition of a day, a week or a month: show it, pick papers for today's, close what is due.",
    ),
    Entry("atlas", "atlas", _READ, "A map of the library: its regions, by their words; make it, bring it up to date."),
    Entry("serve", "maintenance", _READ, "Serve the library's pages to a browser on this machine."),
    Entry("mcp", "agents", _READ, "Serve an agent by the Model Context Protocol, on standard input and output."),
    Entry("save", "feedback", _SIGNALS, "Save papers: the feed looks for more like them."),
    Entry("unsave", "feedback", _SIGNALS, "Take papers off the saved list."),
    Entry(
        *("rate", "feedback", _SIGNALS),
        "Rate a paper up or down, or take the rating back; after a rating down, see what left the page.",
    ),
    Entry("hide", "feedback", _SIGNALS, "Never show these papers in the feed."),
    Entry("unhide", "feedback", _SIGNALS, "Let these papers appear again."),
    Entry("tag", "feedback", _SIGNALS, "Put a tag on a paper, or take it off."),
    Entry("undo", "feedback", _SIGNALS, "Take back the last save, rating, hiding or tag."),
    Entry(
        "interests",
        "steering",
        _SIGNALS,
        "Interests: what your page is made of, each with a weight, a quota and a mute.",
    ),
    Entry("mute", "steering", _SIGNALS, "Never show papers with a word, by an author, in a venue, of an organisation."),
    Entry("unmute", "steering", _SIGNALS, "Take a mute back."),
    Entry("vote", "community", _SIGNALS, "Vote for papers; a second vote for a paper changes nothing."),
    Entry("submit", "community", _SIGNALS, "Submit a paper to the edition of the day."),
    Entry("unvote", "community", _SIGNALS, "Take votes for papers back."),
    Entry("comments", "discussion", _SIGNALS, "What is said about a paper: comments of members, or a reader's notes."),
    Entry("reader", "feedback", _SIGNALS, "Readers: who they are and how their page is mixed."),
    Entry(
        *("replay", "replay", _SIGNALS),
        "How good your page is, measured on your own past, and live between two mixes.",
    ),
    Entry("export", "exports", _KEEP, "Write papers as BibTeX, RIS, CSL-JSON or JSON lines."),
    Entry("collection", "reading_lists", _KEEP, "Collections: named lists of papers."),
    Entry("group", "groups", _KEEP, "Groups: members who read together."),
    Entry("zotero", "zotero", _KEEP, "Zotero: connect a library, keep it in step, write back if asked."),
    Entry("searches", "searches", _KEEP, "Saved searches: what is new in each, run again, renamed, deleted."),
    Entry("takeout", "exchange", _KEEP, "Write everything of a reader to one archive."),
    Entry("import-takeout", "exchange", _KEEP, "Read an archive of everything into what a reader has here."),
    Entry("opml", "exchange", _KEEP, "Lists of feeds: write a reader's as OPML, follow those of an OPML file."),
    Entry(
        *("alerts", "alerts", _SEND),
        "Alerts: be told of papers by mail, feed, webhook or page; and what changed of those you keep.",
    ),
    Entry("daily", "mail", _SEND, "Do what is due: sync the sources, close days, send the mail. For cron."),
    Entry("digest", "mail", _SEND, "Show the mail that somebody would get now."),
    Entry("mail", "mail", _SEND, "Mail: who gets it, what was sent, what came back."),
    Entry("webhook", "webhooks", _SEND, "Webhooks: rooms of a chat that are told of every closed day."),
    Entry("check", "maintenance", _MAINTENANCE, "Verify the library; exit code 1 if a problem remains."),
    Entry("backup", "backups", _MAINTENANCE, "Copy the catalogue to a file, while the library is in use."),
    Entry("quarantine", "maintenance", _MAINTENANCE, "List records that could not be read, with place and reason."),
    Entry(
        *("merges", "maintenance", _MAINTENANCE),
        "List merged papers (same title, or a record with ids of both), or undo a merge.",
    ),
    Entry("delete", "trash", _MAINTENANCE, "Delete papers; `broadsheet restore` brings them back."),
    Entry("imports", "trash", _MAINTENANCE, "List imports (files, syncs and look-ups), or undo one."),
    Entry("trash", "trash", _MAINTENANCE, "List what was deleted and can be restored."),
    Entry("restore", "trash", _MAINTENANCE, "Bring back what was deleted, with marks, tags and collections."),
    Entry("account", "accounts", _MAINTENANCE, "Accounts of a community: make, list, change and suspend them."),
    Entry(
        "moderation", "discussion", _MAINTENANCE, "Moderation: what is reported, hiding comments, and the public log."
    ),
    Entry("train", "train", _MAINTENANCE, "Learn the models that search uses from data of your own."),
    Entry(
        *("precise", "precise", _MAINTENANCE),
        "The papers' vectors, by which search compares meanings: wait for them, count them, remove them.",
    ),
)

# Commands of earlier versions → the message that names the new one.
_MOVED_COMMANDS = {
    "bench": "`broadsheet bench` is `python -m broadsheet_lab.bench NAME` now; `pip install ./lab` brings it"
}

app = typer.Typer(
    name="broadsheet",
    cls=table(COMMANDS, _MOVED_COMMANDS),
    help="The daily paper a researcher owns: collect, search, rank and read research papers.",
    epilog=_EPILOG,
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(requested: bool) -> None:
    if requested:
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
    """Store the options that every command shares."""
    context.obj = Session(default_library() if library is None else expand_home(str(library)), json)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command (`arguments`, else those of the process) and return its exit code."""
    _prepare_streams()
    try:
        app(args=None if arguments is None else list(arguments), prog_name="broadsheet")
    except BroadsheetError as error:
        output.note(str(error))
        return 2
    except OSError as error:  # of a stream or a file that no command asked for
        output.silence()
        output.note(f"stopped: {error.strerror or error}")
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


def _prepare_streams() -> None:
    """Replace closed standard streams, and escape characters that the terminal cannot print."""
    for name, mode in (("stdin", "r"), ("stdout", "w"), ("stderr", "w")):
        if getattr(sys, name) is None:
            setattr(sys, name, open(os.devnull, mode, encoding="utf-8"))  # noqa: SIM115 - for as long as we run
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")
