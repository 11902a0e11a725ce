"""Commands for the searches that a reader saves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.cli import render
from broadsheet.cli.commands import group
from broadsheet.cli.output import Line, clean, columns
from broadsheet.cli.session import Count, Json, Reader, Session

if TYPE_CHECKING:
    from broadsheet.catalogue import SavedSearch

__all__ = ["searches"]

searches = group("Saved searches: what is new in each, run again, renamed, deleted.", default="list")
Name = Annotated[str, typer.Argument(metavar="NAME", help="The saved search, or its number.")]


@searches.command("list")
def list_searches(context: typer.Context, who: Reader = "me", json: Json = False) -> None:
    """List the saved searches, with the number of papers that are new in each."""
    from broadsheet.community import Community
    from broadsheet.community.searches import SearchTerms

    session = Session.of(context, json)
    with session.indexed() as library:
        parts = Community(library).searches
        own = parts.all(who)
        counted = list(zip(own, parts.new_counts(who, own), strict=True))
    rows = [(saved.id, clean(saved.name), new or "", clean(SearchTerms.of(saved).label)) for saved, new in counted]
    empty = 'No search is saved yet: broadsheet searches save NAME "QUERY".'
    session.show(
        [_json(saved, new=new) for saved, new in counted],
        columns(("ID", "NAME", "NEW", "SEARCH"), rows) if rows else [empty],
    )


@searches.command("save")
def save_search(
    context: typer.Context,
    name: Annotated[str, typer.Argument(metavar="NAME", help="What to call it.")],
    query: Annotated[list[str], typer.Argument(metavar="QUERY...", help="As for `broadsheet search`.")],
    within: Annotated[
        list[str] | None,
        typer.Option("--within", metavar="QUERY", help="Search within what this query lists; may be repeated."),
    ] = None,
    among: Annotated[
        str,
        typer.Option("--among", metavar="KIND:NAME", help="Only these papers: organisation:mit, shelf:saved."),
    ] = "",
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Save a search under a name; papers that come from now on are new in it."""
    from broadsheet.community import Community
    from broadsheet.community.searches import SearchTerms

    session = Session.of(context, json)
    with session.indexed() as library:
        terms = SearchTerms(" ".join(query), tuple(within or ()), among)
        saved = Community(library).searches.save(who, name, terms)
    session.show(_json(saved), [f"saved: {clean(saved.name)}"])


@searches.command("show")
def show_search(
    context: typer.Context,
    name: Name,
    new: Annotated[bool, typer.Option("--new", help="Only what came since the last look, newest first.")] = False,
    k: Count = 10,
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Run a saved search; what it showed is not new any more."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.indexed() as library:
        parts = Community(library).searches
        saved = parts.get(who, name)
        if new:
            papers = library.papers(parts.new(who, saved)[:k])
            lines: list[str | Line] = [clean(f"{stored.paper.title}  [{stored.id}]") for stored in papers]
            data: object = [render.paper_json(stored) for stored in papers]
        else:
            page = parts.page(who, saved, k)
            data, lines = render.page_json(page, 0), [*render.page_lines(page, 0)]
        parts.look(who, saved.id)
    session.show(data, lines or ["Nothing new."])


@searches.command("rename")
def rename_search(
    context: typer.Context,
    name: Name,
    to: Annotated[str, typer.Argument(metavar="TO", help="Its new name.")],
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Give a saved search another name."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.open() as library:
        saved = Community(library).searches.rename(who, name, to)
    session.show(_json(saved), [f"renamed: {clean(saved.name)}"])


@searches.command("delete")
def delete_search(context: typer.Context, name: Name, who: Reader = "me", json: Json = False) -> None:
    """Delete a saved search; `broadsheet restore` brings it back."""
    from broadsheet.community import Community

    session = Session.of(context, json)
    with session.open() as library:
        deletion = Community(library).searches.delete(who, name)
    line = f"deleted: {clean(name)} (broadsheet restore {deletion} brings it back)"
    session.show({"deleted": name, "deletion": deletion}, [line])


def _json(saved: SavedSearch, **more: Any) -> dict[str, Any]:
    return {
        **{"id": saved.id, "name": saved.name, "search": dict(saved.search), "created_at": saved.created_at},
        **{"seen_at": saved.seen_at, **more},
    }
