"""One build of the kernels beside onnxruntime, in a process of its own: `python -m` with a folder; prints JSON.

The folder has the graphs of MiniLM and `texts.json`. Times are those of the thread on the processor, so that what else
runs on the machine counts little; all systems take turns.
"""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from broadsheet.encoders.transformer import Transformer
from broadsheet.kit import native
from broadsheet.kit.transformer import TokenRows
from broadsheet.kit.wordpiece import CLS, SEP
from broadsheet.pipeline import pretrained
from broadsheet_lab.bench._onnx_bert import session
from broadsheet_lab.kit.minilm_file import minilm_folder, read_pieces

__all__ = ["GRAPHS", "LENGTHS", "OURS", "PAPERS", "TEXTS"]

LENGTHS = (12, 24, 64, 128)  # tokens
TEXTS, GRAPHS = "texts.json", {"fp32": "minilm.onnx", "int8": "minilm.int8.onnx"}
OURS, PAPERS = "ours", "ours, papers as they come"
_ROUNDS, _TOGETHER = 25, 8

Times = dict[str, list[float]]


def _timed(systems: dict[str, Callable[[int], object]], rounds: int) -> Times:
    """Milliseconds of each call, all systems in turn; a first round does not count."""
    found: Times = {name: [] for name in systems}
    for i in range(rounds + 1):
        for name, run in systems.items():
            started = time.thread_time()
            run(i)
            if i:
                found[name].append(1000 * (time.thread_time() - started))
    return found


def _of_length(encoder: Transformer, sessions: dict[str, Any], texts: Sequence[str], length: int) -> Times:
    """One text of so many tokens at a time, for ours and for MiniLM."""
    numbers = {piece: i for i, piece in enumerate(read_pieces(minilm_folder()))}
    rows = [[CLS, *encoder.tokenizer.ids(text, length - 2), SEP] for text in texts]
    rows = [row for row in rows if len(row) == length]
    theirs = [np.array([[numbers[encoder.tokenizer.pieces[i]] for i in row]]) for row in rows]

    def beside(opened: Any) -> Callable[[int], object]:
        return lambda i: opened.run(None, {"ids": theirs[i % len(theirs)]})

    systems = {name: beside(opened) for name, opened in sessions.items()}
    systems[OURS] = lambda i: encoder.network.pooled(TokenRows.of([rows[i % len(rows)]]))
    return _timed(systems, _ROUNDS)


def main() -> None:
    """Measure, and print."""
    folder = Path(sys.argv[1])
    texts: list[str] = json.loads((folder / TEXTS).read_text(encoding="utf-8"))
    encoder = Transformer.load(pretrained.TRANSFORMER)
    graphs = GRAPHS if native.loaded() != "baseline" else {}  # onnxruntime has nothing like it
    sessions = {name: session(folder / file) for name, file in graphs.items()}
    found: dict[str, Any] = {"build": native.loaded(), "model": encoder.name, "max_tokens": encoder.max_tokens}
    found["layers"] = encoder.network.sizes.layers
    found["ms"] = {length: _of_length(encoder, sessions, texts, length) for length in LENGTHS}
    batches = [texts[at : at + _TOGETHER] for at in range(0, len(texts), _TOGETHER)]
    papers = _timed({PAPERS: lambda i: encoder.encode(batches[i % len(batches)])}, _ROUNDS)
    found["papers"] = [value / _TOGETHER for value in papers[PAPERS]]
    sys.stdout.write(json.dumps(found))


if __name__ == "__main__":
    main()
