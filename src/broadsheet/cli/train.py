"""The commands that train models; each reports the quality of its model."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli.commands import group
from broadsheet.cli.output import clean, note, progress
from broadsheet.cli.session import Json, Session, paper_ids
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from broadsheet.pipeline.training.word_encoder import Curve

__all__ = ["train"]

_MOST_MESSAGES = 5  # skipped lines that are listed one by one

train = group("Learn the models that search uses from data of your own.")


@train.command()
def roles(
    context: typer.Context,
    data: Annotated[
        Path, typer.Option("--data", metavar="FILE", help="CSV: arxiv_id, abstract, start_idx, end_idx, label.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", metavar="FILE", help="Where it goes instead of into the library's folder.")
    ] = None,
    json: Json = False,
) -> None:
    """Train the model that finds the sentences about task, method and result, used by `similar --aspect`.

    Each line of the file has one marked part of an abstract, labelled task, problem, idea or result.
    """
    session = Session.of(context, json)
    from broadsheet.pipeline.pretrained import ROLES_FILE
    from broadsheet.pipeline.training.role_model import train

    if out is None:
        with session.open() as library:
            out = library.path / ROLES_FILE
    report, messages = train(data, out)
    for message in messages[:_MOST_MESSAGES]:
        note(clean(message))
    if len(messages) > _MOST_MESSAGES:
        note(f"{len(messages) - _MOST_MESSAGES} more lines were left out")
    scores = ", ".join(f"{role} {value:.3f}" for role, value in report.f1.items())
    session.show(
        {"written": str(out), "left_out": len(messages), **report.to_json()},
        [
            f"written: {out}",
            f"F1 on {report.sentences:,} sentences of papers it has not seen: {scores}; mean {report.macro_f1:.3f}",
        ],
    )
    if messages:
        raise typer.Exit(1)


_SEED = typer.Option("--seed", help="The same seed and papers give the same model.")


@train.command()
def encoder(
    context: typer.Context,
    data: Annotated[Path, typer.Option("--data", metavar="FILE", help="Papers in any format that `add` reads.")],
    out: Annotated[Path, typer.Option("--out", metavar="FILE", help="Where the encoder goes.")],
    without: Annotated[
        Path | None, typer.Option("--without", metavar="FILE", help="Ids of papers to leave out, one a line.")
    ] = None,
    words: Annotated[
        str, typer.Option("--words", help="Where vectors start: transformer (also called minilm) or random.")
    ] = "transformer",
    epochs: Annotated[int, typer.Option("--epochs", min=1, max=1000)] = 10,
    seed: Annotated[int, _SEED] = 0,
    json: Json = False,
) -> None:
    """Train a text encoder such as the one that ships with Broadsheet, from titles and abstracts. Takes minutes."""
    session = Session.of(context, json)
    from broadsheet.pipeline.training.word_encoder import from_file, train

    if words not in ("transformer", "minilm", "random"):
        raise UsageError(f"--words {words}: there are transformer and random")
    left_out = frozenset(paper_ids(without) or ())
    with progress() as on_progress:
        curve = train(
            from_file(data), out, without=left_out, words=words, epochs=epochs, seed=seed, on_progress=on_progress
        )
    session.show({"written": str(out), **curve.to_json()}, [f"written: {out}", *_curve_lines(curve)])


@train.command(hidden=True, context_settings={"ignore_unknown_options": True, "allow_extra_args": True})
def reranker() -> None:
    """Say where the models of search are trained now."""
    raise UsageError("precise search reads with a model that is trained in the laboratory now: see docs/models.md")


@train.command()
def library(
    context: typer.Context,
    undo: Annotated[bool, typer.Option("--undo", help="Go back to the encoder that ships.")] = False,
    seed: Annotated[int, _SEED] = 0,
    json: Json = False,
) -> None:
    """Tune the encoder on the library's own papers; it is kept only if it finds held-out papers better."""
    session = Session.of(context, json)
    with session.open() as library_, progress() as on_progress:
        if undo:
            restored = library_.restore_encoder(on_progress)
            line = (
                "the encoder that ships is back" if restored else "nothing to undo: the encoder is the one that ships"
            )
            session.show({"undone": restored}, [line])
            return
        result = library_.adapt_encoder(seed=seed, progress=on_progress)
    outcome = "kept" if result.kept else "thrown away: the encoder in use finds held-out papers as well"
    session.show({"kept": result.kept, **result.curve.to_json()}, [f"{outcome}", *_curve_lines(result.curve)])


def _curve_lines(curve: Curve) -> list[str]:
    return [
        f"learned from {curve.papers:,} papers, {curve.words:,} words, in {curve.seconds:.0f} s",
        f"held-out titles find their abstracts with MRR@10 {curve.after:.3f}, before {curve.before:.3f} "
        f"({curve.held_out:,} papers never trained on)",
    ]
