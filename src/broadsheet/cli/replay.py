"""Commands that measure a reader's page on the reader's own past, and live between two mixes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.cli.commands import group
from broadsheet.cli.output import columns, jsonable, progress
from broadsheet.cli.session import Json, Reader, Session
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from broadsheet.pipeline.feed.replay_report import Calibration, Measured, ReplayReport

__all__ = ["replay"]

replay = group("How good your page is, measured on your own past, and live between two mixes.", default="run")

Weight = Annotated[float | None, typer.Option(min=0.0, max=1.0, help="From 0 to 1.")]


@replay.command()
def run(
    context: typer.Context,
    who: Reader = "me",
    since: Annotated[str, typer.Option(metavar="DATE", help="Only saves since that date, such as 2026-01-31.")] = "",
    steps: Annotated[int, typer.Option(min=1, max=100, help="Models fitted on the way, at most.")] = 20,
    recency: Weight = None,
    diversity: Weight = None,
    exploration: Weight = None,
    seed: Annotated[int, typer.Option(min=0, help="Draws the intervals.")] = 0,
    json: Json = False,
) -> None:
    """Walk your past again: where would your page have put what you saved later?

    Beside it: words and a linear SVM (arXiv-sanity's way), words of your titles, newest and random. A weight tries
    another mix on the past; `broadsheet reader tune` takes it. Example: broadsheet replay --recency 0.5
    """
    session = Session.of(context, json)
    given = {"recency": recency, "diversity": diversity, "exploration": exploration}
    tried = {name: value for name, value in given.items() if value is not None}
    with session.indexed() as library, progress() as on_progress:
        report = library.replay(
            who, since=_date(since), steps=steps, tried=tried or None, seed=seed, progress=on_progress
        )
    session.show(jsonable(report), _lines(report))


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"--since wants a date such as 2026-01-31, not {text!r}") from None


def _lines(report: ReplayReport) -> Iterator[str]:
    yield f"{report.reader}: {_counts(report)}"
    if report.left_out:
        yield f"{report.left_out:,} saves are left out: nothing was known before them, or too few papers were there."
    if report.by_date:
        yield f"{report.by_date:,} saves are older than their papers here: found among what was published by then."
    rows = [(one.label, _share(one.recall), _number(one.ndcg)) for one in report.rankings]
    if rows:
        yield ""
        yield from columns(("RANKING", "AMONG THE FIRST 50", "NDCG OF THE FIRST 20"), rows)
        yield ""
    yield from report.says
    if report.calibration:
        yield from _calibration(report.calibration)


def _counts(report: ReplayReport) -> str:
    if not report.saves:
        return "nothing to judge: rankings need saves at two times at least, among more than 50 papers"
    return (
        f"{report.saves:,} saves on {report.days:,} days, {report.first} to {report.last}, "
        f"by {report.steps} models among up to {report.papers:,} papers, {report.seconds:.1f} seconds"
    )


def _share(one: Measured) -> str:
    return f"{one.value:.0%} [{one.low:.0%}, {one.high:.0%}]"


def _number(one: Measured) -> str:
    return f"{one.value:.3f} [{one.low:.3f}, {one.high:.3f}]"


def _calibration(one: Calibration) -> Iterator[str]:
    yield ""
    yield (
        f"Probabilities of the first papers: Brier score {one.brier:.3f}, of their mean alone {one.brier_of_rate:.3f} "
        f"({one.saved} of {one.papers} were saved)"
    )
    rows: list[tuple[Any, ...]] = [(f"{part.said:.0%}", _share(part.saved), part.papers) for part in one.bins]
    yield from columns(("SAID", "SAVED", "PAPERS"), rows)
