"""Commands for a reader's marks, settings and account."""

from __future__ import annotations

import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from broadsheet.cli import render
from broadsheet.cli.collect import finish
from broadsheet.cli.commands import group
from broadsheet.cli.files import read_text
from broadsheet.cli.output import clean, columns, jsonable, progress
from broadsheet.cli.session import COMMAND_LINE, Ids, Json, Reader, Session, for_each
from broadsheet.kit.errors import UsageError
from broadsheet.kit.reader_actions import ReaderAction

__all__ = ["Ranking", "Weight", "given_weights", "hide", "rate", "reader", "save", "tag", "undo", "unhide", "unsave"]

reader = group("Readers: who they are and how their page is mixed.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The reader.")]
Weight = Annotated[float | None, typer.Option(min=0.0, max=1.0, help="From 0 to 1.")]


class Ranking(StrEnum):
    """How pages are ranked."""

    page = "page"
    words = "words"


class Rating(StrEnum):
    """What a reader thinks of a paper."""

    up = "up"
    down = "down"
    none = "none"


def _act(session: Session, ids: list[str], who: str, action: ReaderAction, value: str = "") -> None:
    with session.open() as library:
        done_ids = for_each(ids, lambda text: library.act(who, text, action, value))
    session.show(
        {"reader": who, "action": action, "value": value, "done": done_ids},
        [f"{action.outcome.format(value=value)}: {', '.join(done_ids)}"],
    )
    if len(done_ids) < len(ids):
        raise typer.Exit(1)


def save(context: typer.Context, ids: Ids, who: Reader = "me", json: Json = False) -> None:
    """Save papers: the feed looks for more like them."""
    _act(Session.of(context, json), ids, who, ReaderAction.SAVE)


def unsave(context: typer.Context, ids: Ids, who: Reader = "me", json: Json = False) -> None:
    """Take papers off the saved list."""
    _act(Session.of(context, json), ids, who, ReaderAction.UNSAVE)


def rate(
    context: typer.Context,
    paper: Annotated[str, typer.Argument(metavar="ID", help="Which paper, in any form of id.")],
    rating: Annotated[Rating, typer.Argument(help="More like this, less like this, or no opinion.")],
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Rate a paper up or down, or take the rating back; after a rating down, see what left the page."""
    if rating is Rating.down:
        _rate_down(Session.of(context, json), paper, who)
        return
    action = ReaderAction.UNRATE if rating is Rating.none else ReaderAction.named(rating.value)
    _act(Session.of(context, json), [paper], who, action)


def _rate_down(session: Session, paper: str, who: str) -> None:
    """Rate a paper down and say which others leave the reader's page."""
    left_ids: list[int] = []
    with session.open() as library:
        done_ids = for_each([paper], lambda text: left_ids.extend(library.act_on_page(who, text, ReaderAction.DOWN)))
        left = library.papers(left_ids)
    lines = [f"{ReaderAction.DOWN.outcome}: {', '.join(done_ids)}"]
    lines += [f"{len(left)} other papers leave the page (`broadsheet undo` brings them back):"] if left else []
    lines += [clean(f"  {stored.paper.title}  [{stored.id}]") for stored in left]
    data = {"reader": who, "action": ReaderAction.DOWN, "value": "", "done": done_ids}
    session.show({**data, "left": left_ids}, lines)
    if not done_ids:
        raise typer.Exit(1)


def hide(context: typer.Context, ids: Ids, who: Reader = "me", json: Json = False) -> None:
    """Never show these papers in the feed."""
    _act(Session.of(context, json), ids, who, ReaderAction.HIDE)


def unhide(context: typer.Context, ids: Ids, who: Reader = "me", json: Json = False) -> None:
    """Let these papers appear again."""
    _act(Session.of(context, json), ids, who, ReaderAction.UNHIDE)


def tag(
    context: typer.Context,
    paper: Annotated[str, typer.Argument(metavar="ID", help="Which paper, in any form of id.")],
    name: Annotated[str, typer.Argument(metavar="NAME", help="The tag.")],
    remove: Annotated[bool, typer.Option("--remove", help="Take the tag off.")] = False,
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Put a tag on a paper, or take it off."""
    _act(Session.of(context, json), [paper], who, ReaderAction.UNTAG if remove else ReaderAction.TAG, name)


def undo(context: typer.Context, who: Reader = "me", json: Json = False) -> None:
    """Take back the last save, rating, hiding or tag."""
    session = Session.of(context, json)
    with session.open() as library:
        last = library.undo(who)
    if last is None:
        session.show({"undone": None}, ["Nothing to undo."])
        return
    action, paper_id = last
    session.show({"undone": {"action": action, "id": paper_id}}, [f"undone: {action} of paper {paper_id}"])


@reader.command("list")
def list_readers(context: typer.Context, json: Json = False) -> None:
    """List the readers."""
    session = Session.of(context, json)
    with session.open() as library:
        readers = library.readers()
    rows = [(entry.name, f"{entry.created_at:%Y-%m-%d}") for entry in readers]
    data = [{"name": entry.name, "created_at": jsonable(entry.created_at)} for entry in readers]
    session.show(data, columns(("NAME", "SINCE"), rows))


@reader.command("create")
def create_reader(context: typer.Context, name: Name, json: Json = False) -> None:
    """Create a reader."""
    session = Session.of(context, json)
    with session.open(create=True) as library:
        library.create_reader(name)
    session.show({"created": name}, [f"created: {name}"])


@reader.command("delete")
def delete_reader(
    context: typer.Context,
    name: Name,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    json: Json = False,
) -> None:
    """Delete a reader with all marks and collections, and an account; comments stay unnamed. No undo."""
    session = Session.of(context, json)
    with session.open() as library:
        _confirm(f"Delete reader {name} with all marks and collections?", yes)
        community = library.catalogue.community
        has_account = community.accounts.of_reader(library.catalogue.readers.get(name).id) is not None
        library.delete_reader(name)
        if has_account:
            community.audit.record(COMMAND_LINE, "delete", name)
    session.show({"deleted": name}, [f"deleted: {name}"])


def _confirm(question: str, yes: bool) -> None:
    if yes:
        return
    if not sys.stdin.isatty():
        raise UsageError(f"{question} Say --yes to go on without being asked")
    typer.confirm(question, abort=True, err=True)


def given_weights(**weights: float | None) -> dict[str, float]:
    """The weights that were given."""
    return {name: value for name, value in weights.items() if value is not None}


@reader.command()
def tune(
    context: typer.Context,
    name: Name,
    recency: Weight = None,
    diversity: Weight = None,
    exploration: Weight = None,
    json: Json = False,
) -> None:
    """Set how the page is mixed; without a weight, show the mix."""
    session = Session.of(context, json)
    weights = given_weights(recency=recency, diversity=diversity, exploration=exploration)
    with session.open() as library:
        if weights:
            library.tune(name, **weights)
        tuning = jsonable(library.tuning(name))
    session.show({"reader": name, **tuning}, [f"{key}: {value:g}" for key, value in tuning.items()])


@reader.command()
def compare(
    context: typer.Context,
    name: Name,
    recency: Weight = None,
    diversity: Weight = None,
    exploration: Weight = None,
    ranking: Annotated[Ranking, typer.Option(help="Of the other pages; words: arXiv-sanity's way.")] = Ranking.page,
    json: Json = False,
) -> None:
    """Estimate from the log of the reader's pages whether another mix would have served them better.

    Counted are papers opened, saved or asked for more of. Estimates: ips (inverse propensity), snips (self-normalised)
    and dr (doubly robust), with intervals of 95 %; pages from before propensities were kept are left out.
    """
    session = Session.of(context, json)
    weights = given_weights(recency=recency, diversity=diversity, exploration=exploration)
    if not weights and ranking is Ranking.page:
        raise UsageError("say what would be another: --recency, --diversity, --exploration or --ranking")
    with session.indexed() as library:
        report = library.compare_mixes(name, ranking=ranking.value, **weights)
    session.show(jsonable(report), render.mix_report_lines(report))


@reader.command("import")
def import_saved(
    context: typer.Context,
    file: Annotated[str, typer.Argument(metavar="FILE", help="BibTeX, RIS, … or ids; - reads standard input.")],
    who: Reader = "me",
    json: Json = False,
) -> None:
    """Add the papers of a file and save them: a feed from the first day."""
    session = Session.of(context, json)
    path = Path(file)
    with session.open(create=True) as library, progress() as on_progress:
        report = library.import_saved(who, read_text(path) if file == "-" else path, on_progress)
    finish(session, [report])
