"""`python -m broadsheet_lab.train NAME`: trains a model that ships and writes its file."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from broadsheet.kit.errors import BroadsheetError, UsageError
from broadsheet.pipeline.pretrained import FOLDER
from broadsheet_lab.train import feed_metric, reader_model, retriever

_MAKERS: dict[str, tuple[Callable[..., dict[str, Any]], int]] = {
    "transformer": (retriever.train, retriever.STEPS),
    "reader": (reader_model.train, reader_model.STEPS),
}
_METRIC = "feed_metric"
_EPILOG = """Data comes from the folder $BROADSHEET_DATA, MiniLM from the extra `transformers`.
Exit codes: 0 done, 2 unusable (one line says why), 130 stopped."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m broadsheet_lab.train",
        description="Train transformer.bin (the encoder of papers and queries), then reader.bin and feed_metric.bin, "
        "which need the first.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", choices=sorted((*_MAKERS, _METRIC)))
    parser.add_argument("--wordnet", type=Path, help="the folder of WordNet's data.noun (not for feed_metric)")
    parser.add_argument("--cache", type=Path, default=Path("build/train"), help="what takes long is kept here")
    parser.add_argument("--out", type=Path, default=None, help="instead of the package's own file")
    parser.add_argument("--steps", type=int, default=None)
    parser.add_argument("--seed", type=int, default=0)
    return parser


def _note(text: str) -> None:
    print(f"train: {text}", file=sys.stderr, flush=True)


def _make(given: argparse.Namespace, out: Path) -> dict[str, Any]:
    """Train the model that is named. Raises UsageError."""
    if given.name == _METRIC:
        return feed_metric.train(out, _note, steps=given.steps or feed_metric.STEPS, seed=given.seed)
    if given.wordnet is None:
        raise UsageError(f"{given.name} needs --wordnet FOLDER")
    make, steps = _MAKERS[given.name]
    course = retriever.Course.of(given.wordnet, given.cache, _note)
    return make(course, out, steps=given.steps or steps, seed=given.seed)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train one model (`arguments`, else those of the process) and return the exit code."""
    given = _parser().parse_args(arguments)
    out = given.out or FOLDER / f"{given.name}.bin"
    try:
        made = _make(given, out)
    except BroadsheetError as error:
        _note(str(error))
        return 2
    except KeyboardInterrupt:
        _note("stopped")
        return 130
    print(f"written: {out}")
    print(json.dumps(made))
    return 0


if __name__ == "__main__":
    sys.exit(main())
