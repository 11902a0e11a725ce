"""The commands that add papers: `add` and `sync`."""

from __future__ import annotations

import shutil
import signal
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.output import clean, jsonable, note, progress
from broadsheet.cli.precise import encode_all, encode_for
from broadsheet.cli.session import Json, Session
from broadsheet.kit.errors import UsageError
from broadsheet.kit.spool import temporary_path

if TYPE_CHECKING:
    from broadsheet.pipeline.records import IngestReport

__all__ = ["add", "finish", "sync"]

_FORMATS = (
    "Files of any known format: BibTeX, RIS, CSL-JSON, MEDLINE (PubMed), EndNote (.enw, .xml), Web of Science, JSON "
    "lines, Parquet, RSS or Atom, arXiv's mails and listings, identifiers one a line; - reads JSON lines."
)
_AUTHOR = "All papers of an author: orcid:…, openalex:A…, or s2:NUMBER at Semantic Scholar; may be repeated."
WAIT = "Wait until every paper has its vector, by which search compares meanings."
ENCODE_SECONDS = 60.0  # that a sync spends on vectors; `broadsheet serve` makes the rest
MIN_FOR_RATE = 1000  # papers; the rate of a smaller import means little
_COUNTS = ("read", "added", "updated", "unchanged", "merged", "quarantined")


def add(
    context: typer.Context,
    what: Annotated[list[str] | None, typer.Argument(metavar="FILE...", help=_FORMATS)] = None,
    reading_list: Annotated[
        bool, typer.Option("--reading-list", help="Add the reading list that ships along.")
    ] = False,
    ids: Annotated[bool, typer.Option("--ids", help="The arguments are arXiv ids, DOIs and PMIDs to look up.")] = False,
    author_of: Annotated[list[str] | None, typer.Option("--author-of", metavar="ID", help=_AUTHOR)] = None,
    citing: Annotated[
        list[str] | None,
        typer.Option("--citing", metavar="ID", help="The papers that cite this one (OpenAlex); may be repeated."),
    ] = None,
    again: Annotated[bool, typer.Option("--again", help="Also add papers that were deleted here.")] = False,
    wait: Annotated[bool, typer.Option("--wait", help=WAIT)] = False,
    json: Json = False,
) -> None:
    """Add papers from files, from the bundled reading list, or by id."""
    session = Session.of(context, json)
    arguments = what or []
    related = [*(author_of or []), *(f"cites:{one}" for one in citing or [])]
    if ids and reading_list:
        raise UsageError("--ids and --reading-list are two requests: run them one after the other")
    if not arguments and not reading_list and not related:
        raise UsageError("nothing to add: name a file, --reading-list, or --ids with arXiv ids or DOIs")
    with session.open(create=True) as library, progress() as on_progress:
        reports = library.add_related(related, on_progress) if related else []
        if ids:
            reports.append(library.add_ids(arguments, on_progress))
        elif arguments or reading_list:
            with _files(arguments, reading_list) as files:
                reports.append(library.add(*files, progress=on_progress, again=again))
        if wait:
            encode_all(library, on_progress)
    finish(session, reports)


@contextmanager
def _files(arguments: Sequence[str], reading_list: bool) -> Iterator[list[Path]]:
    """The files to read; standard input is copied to a file, so that messages can name a line."""
    from broadsheet.sources.files.detect import reading_list as bundled

    with temporary_path("stdin.jsonl") as copy:
        files: list[Path] = []
        for name in arguments:
            if name == "-":
                with open(copy, "wb") as out:
                    shutil.copyfileobj(sys.stdin.buffer, out)
            files.append(copy if name == "-" else Path(name))
        if reading_list:
            files.append(bundled())
        yield files


def sync(
    context: typer.Context,
    source: Annotated[
        list[str] | None, typer.Argument(metavar="SOURCE...", help="Sources by name; all of them without.")
    ] = None,
    seconds: Annotated[
        int | None, typer.Option("--seconds", min=1, help="Stop after this long; the next sync goes on from there.")
    ] = None,
    wait: Annotated[bool, typer.Option("--wait", help=WAIT)] = False,
    json: Json = False,
) -> None:
    """Fetch what is new from the network sources."""
    session = Session.of(context, json)
    with session.open(create=True) as library, progress() as on_progress:
        before = library.stats().papers
        try:
            with _at_most(seconds):
                # Stopping between two pages leaves time for indexing; the alarm ends a provider that never answers.
                deadline = time.monotonic() + 0.7 * (seconds or float("inf"))
                reports = library.sync(source or (), progress=on_progress, stop=lambda: time.monotonic() > deadline)
                if wait and seconds is None:
                    encode_all(library, on_progress)
                else:
                    encode_for(library, min(ENCODE_SECONDS, deadline - time.monotonic()), on_progress)
        except _TimeUp:
            new = library.stats().papers - before
            trouble = "" if new else next((status.last_error for status in library.sources() if status.last_error), "")
            session.show(
                {"stopped_after": seconds, "new": new, "trouble": trouble}, [_stop_message(seconds, new, trouble)]
            )
            raise typer.Exit(1) from None
    finish(session, reports)


def _stop_message(seconds: int | None, new: int, trouble: str) -> str:
    if new:
        return f"stopped after {seconds} s with {new:,} new papers; the next sync goes on from there"
    return f"nothing came within {seconds} s{f' ({clean(trouble)})' if trouble else ''}; the next sync tries again"


class _TimeUp(KeyboardInterrupt):
    """Raised when the time of a sync is over; like Ctrl-C, it passes the handlers of ordinary errors."""


@contextmanager
def _at_most(seconds: int | None) -> Iterator[None]:
    """Raise _TimeUp in the block after `seconds`; every page of a source is committed with its cursor."""
    if seconds is None:
        yield
        return

    def stop(number: int, frame: object) -> None:  # noqa: ARG001 - what signal handlers are given
        raise _TimeUp

    before = signal.signal(signal.SIGALRM, stop)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def finish(session: Session, reports: Sequence[IngestReport]) -> None:
    """Print the report of each source, with totals in JSON; the exit code is 1 if a record could not be read."""
    totals = {name: sum(getattr(report, name) for report in reports) for name in _COUNTS}
    seconds = sum(report.seconds for report in reports)
    speed = totals["read"] / seconds if seconds > 0 else 0.0
    totals["deleted"] = sum(report.deleted for report in reports)
    data = {**totals, "seconds": seconds, "papers_per_second": round(speed, 1), "reports": jsonable(reports)}
    session.show(data, [line for report in reports for line in _lines(report)])
    if totals["quarantined"] and not session.json:
        note("records that could not be read are kept aside: broadsheet quarantine")
    if totals["quarantined"] or any(report.messages for report in reports):
        raise typer.Exit(1)


def _lines(report: IngestReport) -> Iterator[str]:
    if not report.read and report.messages:  # nothing was added: the reason is enough
        yield from (f"{clean(report.source)}: {clean(message)}" for message in report.messages)
        return
    counts = ", ".join(f"{getattr(report, name):,} {name}" for name in _COUNTS)
    rate = (
        f", {report.read / report.seconds:,.0f} papers/s" if report.read >= MIN_FOR_RATE and report.seconds > 0 else ""
    )
    yield f"{clean(report.source)}: {counts} ({report.seconds:.1f} s{rate})"
    if report.deleted:
        yield f"  {report.deleted:,} known but deleted: `broadsheet trash` lists them, `add --again` takes them in"
    yield from (f"  {clean(line)}" for line in (*report.messages, *report.notes))
