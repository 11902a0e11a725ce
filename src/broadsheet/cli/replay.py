"""Commands that measure a reader's page on the reader's own past, and live between two mixes."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Annotated, Any

import typer

from broadsheet.cli.commands import group
from broadsheet.cli.feedback import Ranking, Weight, given_weights
from broadsheet.cli.output import columns, jsonable, progress
from broadsheet.cli.session import Json, Reader, Session
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from broadsheet.pipeline.feed.replay_report import Calibration, Measured, ReplayReport

__all__ = ["replay"]

replay = group("How good your page is, measured on your own past, and live between two mixes.", default="run")
interleave = group("Draft your pages from two mixes, and see which you want more of.", default="show")
replay.add_typer(interleave, name="interleave")


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
    tried = given_weights(recency=recency, diversity=diversity, exploration=exploration)
    with session.indexed() as library, progress() as on_progress:
        report = library.replay(
            who, since=_date(since), steps=steps, tried=tried or None, seed=seed, progress=on_progress
        )
    session.show(jsonable(report), _lines(report))


@interleave.command()
def start(
    context: typer.Context,
    who: Reader = "me",
    recency: Weight = None,
    diversity: Weight = None,
    exploration: Weight = None,
    ranking: Annotated[Ranking, typer.Option(help="words: arXiv-sanity's way.")] = Ranking.page,
    json: Json = False,
) -> None:
    """Draft your pages from your mix and another one; `show` says whose papers you want more often.

    Example: broadsheet replay interleave start --recency 0.6
    """
    session = Session.of(context, json)
    other: dict[str, Any] = {**given_weights(recency=recency, diversity=diversity, exploration=exploration)}
    if ranking is not Ranking.page:
        other["ranking"] = ranking.value
    with session.open() as library:
        library.start_interleaving(who, **other)
    named = ", ".join(f"{key} {value}" for key, value in other.items())
    session.show({"reader": who, "other": other}, [f"pages of {who} are drafted from two mixes; the other: {named}"])


@interleave.command()
def stop(context: typer.Context, who: Reader = "me", json: Json = False) -> None:
    """Stop the draft; what it showed stays."""
    session = Session.of(context, json)
    with session.open() as library:
        library.stop_interleaving(who)
    session.show({"reader": who, "stopped": True}, [f"pages of {who} are of one mix again"])


@interleave.command()
def show(
    context: typer.Context,
    who: Reader = "me",
    everybody: Annotated[bool, typer.Option("--all", help="The draft of the settings, over all readers.")] = False,
    json: Json = False,
) -> None:
    """Show what the draft has shown so far, with a sign test and how many pages are still needed."""
    session = Session.of(context, json)
    with session.open() as library:
        last = None if everybody else library.interleaving(who)
        verdict = library.site_verdict() if everybody else last[1] if last else None
    if verdict is None:
        session.show({"reader": who, "verdict": None}, [f"no draft of {who} yet; `start` starts one"])
        return
    lines = [verdict.says, f"papers wanted: {verdict.wanted[0]} of your mix, {verdict.wanted[1]} of the other"]
    if verdict.share:
        lines.append(f"share of pages that the other won: {_share(verdict.share)}")
    session.show({"reader": who, "draft": jsonable(last[0]) if last else None, "verdict": jsonable(verdict)}, lines)


def _date(text: str) -> date | None:
    try:
        return date.fromisoformat(text) if text else None
    except ValueError:
        raise UsageError(f"--since wants a date such as 2026-01-31, not {text!r}") from None


def _lines(report: ReplayReport) -> Iterator[str]:
    yield f"{report.reader}: {_counts(report)}"
    if report.left_out:
        yield f"{_saves(report.left_out)} left out: nothing was known before, or too few papers were there."
    if report.by_date:
        yield f"{_saves(report.by_date)} older than the papers here: found among what was published by then."
    rows = [(one.label, _share(one.recall), _number(one.ndcg)) for one in report.rankings]
    if rows:
        yield ""
        yield from columns(("RANKING", "AMONG THE FIRST 50", "NDCG OF THE FIRST 20"), rows)
        yield ""
    yield from report.says
    if report.calibration:
        yield from _calibration(report.calibration)


def _saves(n: int) -> str:
    return "1 save is" if n == 1 else f"{n:,} saves are"


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
