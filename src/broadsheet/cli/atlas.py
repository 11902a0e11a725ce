"""The commands of the map of the library, and what `daily` does about it."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.commands import group
from broadsheet.cli.output import clean, columns, note, progress
from broadsheet.cli.session import Json, Session
from broadsheet.kit.errors import BroadsheetError, UsageError

if TYPE_CHECKING:
    from broadsheet.pipeline.atlas.view import Region
    from broadsheet.pipeline.library import Library

__all__ = ["atlas", "update_map"]

atlas = group("A map of the library: its regions, by their words; make it, bring it up to date.", default="regions")


@atlas.command()
def regions(
    context: typer.Context,
    inside: Annotated[
        int | None, typer.Option("--in", metavar="REGION", help="The regions in this one, by its number.")
    ] = None,
    zoom: Annotated[int, typer.Option("--zoom", min=1, max=3, help="1 has the largest regions, 3 the smallest.")] = 1,
    json: Json = False,
) -> None:
    """List the regions of the map, those with most papers first: broadsheet atlas regions --in 3."""
    session = Session.of(context, json)
    with session.open() as library:
        view = library.atlas.open()
        if view is None:
            raise UsageError(library.atlas.problem or "there is no map yet: run `broadsheet atlas build`")
        if inside is not None and view.region(inside) is None:
            raise UsageError(f"--in {inside}: the map has no such region; `broadsheet atlas` lists them")
        found = view.inside(inside, zoom - 1)
        data = {
            "papers": len(view),
            "waiting": view.waiting,
            "regions": [_region_data(region, view.trend(region.number)) for region in found],
        }
        left = f"; {view.waiting:,} not on it yet" if view.waiting else ""
        head = f"{len(view):,} papers on the map{left}"
    rows = [(region.number, f"{region.papers:,}", _growth(region), region.name) for region in found]
    lines = columns(("REGION", "PAPERS", "GROWTH", "NAME"), rows) if rows else ["It has no regions inside."]
    session.show(data, [head, *lines])


def _region_data(region: Region, trend: object) -> dict[str, object]:
    assert isinstance(trend, list)
    years = [{"year": one.year, "papers": one.papers, "share": round(one.share, 5)} for one in trend]
    return {**asdict(region), "zoom": region.zoom + 1, "name": region.name, "years": years}


def _growth(region: Region) -> str:
    """By what its share of the papers grew in the last years."""
    return "" if region.growth is None else f"× {region.growth:.1f}"


@atlas.command()
def build(
    context: typer.Context,
    anew: Annotated[bool, typer.Option("--anew", help="Lay out all papers again, not only place new ones.")] = False,
    json: Json = False,
) -> None:
    """Make the map, or place the papers that came since; killed at any moment, it leaves the old map as it is."""
    session = Session.of(context, json)
    with session.open() as library, progress() as on_progress:
        report = library.atlas.build(on_progress, anew=anew)
    done = "laid out" if report.is_new else f"{report.placed:,} placed, all others stay where they were"
    line = f"{report.papers:,} papers in {report.regions:,} regions: {done}; {report.seconds:.1f} s"
    session.show(asdict(report), [clean(line)])


@atlas.command()
def drop(context: typer.Context, json: Json = False) -> None:
    """Remove the map; `build` makes it again, in other places and with other numbers of regions."""
    session = Session.of(context, json)
    with session.open() as library:
        removed = library.atlas.drop()
    session.show({"dropped": removed}, ["removed" if removed else "nothing to remove: there is no map"])


def update_map(library: Library) -> int:
    """Place what came since the map was made, unless the settings say that nothing is made by itself or vectors are
    still to be made; returns how many papers. A failure is a remark."""
    if library.settings.index.encode != "auto":
        return 0
    try:
        if not library.atlas.vectors_are_made() or not library.atlas.is_due():
            return 0
        return library.atlas.build(wait=0).placed
    except BroadsheetError as error:
        note(str(error))
        return 0
