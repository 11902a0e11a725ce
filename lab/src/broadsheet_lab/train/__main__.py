"""`python -m broadsheet_lab.train NAME`: trains a model that ships and writes its file."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from broadsheet.kit.errors import BroadsheetError
from broadsheet.pipeline.pretrained import FOLDER
from broadsheet_lab.train import reader_model, retriever

_MAKERS: dict[str, tuple[Callable[..., dict[str, Any]], int]] = {
    "transformer": (retriever.train, retriever.STEPS),
    "reader": (reader_model.train, reader_model.STEPS),
}
_EPILOG = """Data comes from the folder $BROADSHEET_DATA, MiniLM from the extra `transformers`.
Exit codes: 0 done, 2 unusable (one line says why), 130 stopped."""


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m broadsheet_lab.train",
        description="Train transformer.bin (the encoder of papers and queries), then reader.bin (it needs the first).",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", choices=sorted(_MAKERS))
    parser.add_argument("--wordnet", type=Path, required=True, help="the folder of WordNet's data.noun and the like")
    parser.add_argument("--cache", type=Path, default=Path("build/train"), help="what takes long is kept here")
    parser.add_argument("--out", type=Path, default=None, help="instead of the package's own file")
    parser.add_argument("--steps", type=int, default=None)
    parser.add_argument("--seed", type=int, default=0)
    return parser


def _note(text: str) -> None:
    print(f"train: {text}", file=sys.stderr, flush=True)


def main(arguments: Sequence[str] | None = None) -> int:
    """Train one model (`arguments`, else those of the process) and return the exit code."""
    given = _parser().parse_args(arguments)
    make, steps = _MAKERS[given.name]
    out = given.out or FOLDER / f"{given.name}.bin"
    try:
        course = retriever.Course.of(given.wordnet, given.cache, _note)
        made = make(course, out, steps=given.steps or steps, seed=given.seed)
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
