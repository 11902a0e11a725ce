"""Commands that find and show papers."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.cli import render
from broadsheet.cli.batch import DocId
from broadsheet.cli.output import clean, write_lines
from broadsheet.cli.session import Among, Count, Ids, Json, Reader, Session, paper_ids
from broadsheet.kit.errors import UsageError
from broadsheet.kit.export_formats import MAX_RESULTS, ExportFormat
from broadsheet.kit.paper import Paper

if TYPE_CHECKING:
    from broadsheet.pipeline.library import Library
    from broadsheet.pipeline.records import FeedPage

__all__ = ["feed", "search", "show", "similar"]

_BATCH = "Many queries at once"
_READERS = "Many readers at once"


def _run_file(panel: str) -> Any:
    return typer.Option("--run", metavar="FILE", help="Where the TREC run goes; - for here.", rich_help_panel=panel)


def _run_ids(panel: str) -> Any:
    return typer.Option("--docid", help="Which id the run names papers by.", rich_help_panel=panel)


def _run_name(panel: str) -> Any:
    return typer.Option("--tag", help="The run's name.", rich_help_panel=panel)


def search(  # noqa: PLR0913, PLR0917 # long: each parameter is an option
    context: typer.Context,
    query: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="QUERY...", help="""Best in one pair of quotes: 'words "a phrase" author:name year:2019.. -not'"""
        ),
    ] = None,
    k: Count = 10,
    offset: Annotated[int, typer.Option("--offset", min=0, help="Skip this many results.")] = 0,
    sort: Annotated[
        str, typer.Option("--sort", metavar="relevance|date|votes|citations", help="What comes first.")
    ] = "",
    among: Among = None,
    within: Annotated[
        list[str] | None,
        typer.Option("--within", metavar="QUERY", help="Search within what this query lists; may be repeated."),
    ] = None,
    precise: Annotated[
        bool, typer.Option("--precise", help="Slower: a model reads the first twenty papers with the query.")
    ] = False,
    verbatim: Annotated[
        bool, typer.Option("--verbatim", help="Search the words as typed: no corrections, no acronyms in full.")
    ] = False,
    facets: Annotated[
        bool, typer.Option("--facets", help="Count the papers by year, venue, organisation and field as well.")
    ] = False,
    queries: Annotated[
        Path | None,
        typer.Option("--queries", metavar="FILE", help="JSON lines of query_id and query.", rich_help_panel=_BATCH),
    ] = None,
    run: Annotated[Path | None, _run_file(_BATCH)] = None,
    docid: Annotated[DocId, _run_ids(_BATCH)] = DocId.paper,
    tag: Annotated[str, _run_name(_BATCH)] = "broadsheet",
    form: Annotated[
        ExportFormat | None,
        typer.Option("--format", help=f"Write the results in this form: -k of them, or the first {MAX_RESULTS}."),
    ] = None,
    json: Json = False,
) -> None:
    """Search, with a reason for every result; to a file, or for a file of queries."""
    session = Session.of(context, json)
    mode = "precise" if precise else "default"
    if queries is not None:
        from broadsheet.cli.batch import search_all

        if query or offset or within:
            raise UsageError("--queries takes its queries from the file: leave out QUERY, --offset and --within")
        if run is None:
            raise UsageError("--queries needs --run FILE for the results")
        search_all(session, queries, run, k, docid, tag, paper_ids(among), mode, verbatim=verbatim)
        return
    if not query:
        raise UsageError("nothing to search for: give a query, or --queries FILE")
    among_ids = paper_ids(among)
    if form and _is_default(context, "k"):
        k = MAX_RESULTS
    with session.indexed() as library:
        page = library.search(
            *(" ".join(query), k, offset),
            among=among_ids,
            within=within or (),
            mode=mode,
            reader="me",
            sort=sort,
            verbatim=verbatim,
            facets=facets,
        )
        if form:
            from broadsheet.cli.files import write_text

            with write_text(None) as out:
                out.writelines(library.export([result.stored.id for result in page.results], form))
            return
    session.show(render.page_json(page, offset), render.page_lines(page, offset))


def _is_default(context: typer.Context, name: str) -> bool:
    """Whether an option was left out."""
    source = context.get_parameter_source(name)
    return source is None or source.name.startswith("DEFAULT")


def similar(
    context: typer.Context,
    ids: Ids,
    without: Annotated[
        list[str] | None, typer.Option("--not", metavar="ID", help="Away from this paper; may be repeated.")
    ] = None,
    but: Annotated[
        str, typer.Option("--but", metavar="WORDS", help="But for this: 'for speech, but not recognition'.")
    ] = "",
    aspect: Annotated[
        str,
        typer.Option("--aspect", metavar="task|method|result", help="Alike in this: what their abstracts say of it."),
    ] = "",
    k: Count = 10,
    among: Among = None,
    json: Json = False,
) -> None:
    """Papers similar to one or several papers, and unlike others."""
    session = Session.of(context, json)
    among_ids = paper_ids(among)
    with session.indexed() as library:
        page = library.similar(ids, without or [], k, among=among_ids, aspect=aspect, but=but)
    session.show(render.page_json(page, 0), render.page_lines(page, 0, near=True))


def show(
    context: typer.Context,
    paper: Annotated[str, typer.Argument(metavar="ID", help="Our number, an arXiv id, a DOI or a source's own id.")],
    bibtex: Annotated[bool, typer.Option("--bibtex", help="As BibTeX.")] = False,
    ris: Annotated[bool, typer.Option("--ris", help="As RIS.")] = False,
    csl: Annotated[bool, typer.Option("--csl", help="As CSL-JSON.")] = False,
    versions: Annotated[bool, typer.Option("--versions", help="What it said before.")] = False,
    sources: Annotated[bool, typer.Option("--sources", help="What each source says.")] = False,
    json: Json = False,
) -> None:
    """Show one paper."""
    session = Session.of(context, json)
    forms = [
        name
        for name, on in (("bibtex", bibtex), ("ris", ris), ("csl", csl), ("versions", versions), ("sources", sources))
        if on
    ]
    if len(forms) > 1:
        raise UsageError(f"--{' and --'.join(forms)} are two answers: ask for one at a time")
    form = forms[0] if forms else ""
    with session.open() as library:
        if form == "versions":
            _show_versions(session, library.versions(paper))
        elif form == "sources":
            _show_sources(session, library.records(paper))
        elif form:
            text = "".join(library.export([library.resolve(paper)], form))
            if session.json and form != "csl":
                session.show({"format": form, "text": text}, [])
            else:
                write_lines(text.rstrip("\n").split("\n"))
        else:
            stored = library.paper(paper)
            session.show(render.paper_json(stored), render.paper_lines(stored))


def _show_sources(session: Session, records: Sequence[tuple[str, str, datetime, Paper]]) -> None:
    from broadsheet.kit.paper_json import to_json

    data = [{"source": s, "source_id": n, "read_at": at, "paper": to_json(paper)} for s, n, at, paper in records]
    lines: list[str] = []
    for source, name, at, paper in records:
        lines.append(clean(f"{source} {name}".strip() + f"  read {at:%Y-%m-%d %H:%M}"))
        for key, value in to_json(paper).items():
            text = ", ".join(author["name"] for author in value) if key == "authors" else value
            lines.append(clean(f"  {key}: {text}"[:300]))
    session.show(data, lines)


def _show_versions(session: Session, versions: Sequence[tuple[int, datetime, Paper]]) -> None:
    data = [{"n": n, "recorded_at": at, "paper": earlier} for n, at, earlier in versions]
    lines = [f"{n}  {at:%Y-%m-%d %H:%M}  {clean(earlier.title)}" for n, at, earlier in versions]
    session.show(data, lines or ["No earlier version: this paper has not changed since it came."])


def feed(  # noqa: PLR0913, PLR0917 - each parameter is an option
    context: typer.Context,
    reader: Reader = "me",
    k: Count = 20,
    catch_up: Annotated[
        int | None, typer.Option("--catch-up", metavar="DAYS", min=1, help="The best of what came in so many days.")
    ] = None,
    as_of: Annotated[
        str, typer.Option("--as-of", metavar="DATE", help="As it would have been on a day: nothing is logged.")
    ] = "",
    profiles: Annotated[
        Path | None,
        typer.Option(
            "--profiles", metavar="FILE", help="JSON lines of reader_id, saved, disliked.", rich_help_panel=_READERS
        ),
    ] = None,
    among: Annotated[
        Path | None,
        typer.Option(
            "--among",
            metavar="FILE",
            help="Only these papers: a file with one id a line, in any form.",
            rich_help_panel=_READERS,
        ),
    ] = None,
    run: Annotated[Path | None, _run_file(_READERS)] = None,
    docid: Annotated[DocId, _run_ids(_READERS)] = DocId.paper,
    tag: Annotated[str, _run_name(_READERS)] = "broadsheet",
    json: Json = False,
) -> None:
    """Today's page for a reader, with the reasons; or rankings for the readers of a file."""
    session = Session.of(context, json)
    if profiles is not None:
        from broadsheet.cli.profiles import rank_all

        if run is None:
            raise UsageError("--profiles needs --run FILE for the rankings")
        rank_all(session, profiles, run, k, docid, tag, paper_ids(among))
        return
    if among is not None or run is not None:
        raise UsageError("--among and --run go with --profiles FILE, whose readers are ranked for")
    if as_of and catch_up is not None:
        raise UsageError("a page is of a day or a catch-up, not both: leave out --as-of or --catch-up")
    with session.indexed() as library:
        page = _page(library, reader, k, catch_up, as_of)
    session.show(render.feed_json(page), render.feed_lines(page))


def _page(library: Library, reader: str, k: int, catch_up: int | None, as_of: str) -> FeedPage:
    """Today's page, that of a day, or the best of some days."""
    if as_of:
        from broadsheet.community.periods import day_named

        return library.steering.feed_as_of(reader, day_named(as_of), k)
    return library.feed(reader, k) if catch_up is None else library.catch_up(reader, catch_up, k)
