"""The transformer that ships beside MiniLM-L6 under onnxruntime: milliseconds a text on one thread, build by build.

Each build of the kernels runs in a process of its own, with onnxruntime on the same instructions: below the best build,
CPUID is trapped (narrow.c), so that onnxruntime believes in an older processor too. The graph of MiniLM is made from
its weights (_onnx_bert.py), with every optimisation onnxruntime has; its 8-bit form is onnxruntime's own.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import Any

import numpy as np

from broadsheet.encoders.transformer import Transformer
from broadsheet.kit import native
from broadsheet.kit.errors import UsageError
from broadsheet_lab.bench import _transformer_times, datasets
from broadsheet_lab.bench._onnx_bert import quantised, session, write_graph
from broadsheet_lab.bench._transformer_times import GRAPHS, LENGTHS, OURS, TEXTS
from broadsheet_lab.bench.report import Claimed, Number, write_claims
from broadsheet_lab.kit.minilm_file import (
    HEADS,
    minilm_folder,
    read_pieces,
    read_safetensors,
    special_first,
    write_minilm,
)

__all__ = ["agreement", "measure", "median_interval"]

Tell = Callable[[str], None]
_LAYERS, _SAMPLE, _COMPARED = 6, 512, 128
_LIMITS = {"avx512": 1.5, "avx2": 3.0}  # milliseconds of a query of 12 tokens
_FASTER = 3.0  # times as many papers a second as MiniLM of 128 tokens


def measure(out: Path, tell: Tell) -> list[Path]:
    """Measure, and write transformer.json into `out`. Raises UsageError without onnxruntime or the weights."""
    try:
        import_module("onnxruntime"), import_module("onnx"), minilm_folder()
    except ImportError as error:
        raise UsageError(f"{error}: install the laboratory with [peers,transformers]") from None
    papers, started = datasets.papers_path(), time.perf_counter()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        texts = _texts(papers)
        (folder / TEXTS).write_text(json.dumps(texts), encoding="utf-8")
        tell("writing MiniLM as a graph")
        weights = read_safetensors(minilm_folder() / "model.safetensors")
        write_graph(folder / GRAPHS["fp32"], weights, _LAYERS, HEADS)
        quantised(folder / GRAPHS["fp32"])
        tell("comparing vectors")
        least = agreement(folder, [text for text in texts if len(text) > 200][:_COMPARED])
        narrow = _narrow(folder)
        found = {}
        for build in reversed(native.builds()):
            tell(f"measuring {build}")
            found[build] = _run(folder, build, narrow if build != native.builds()[-1] else None)
    claims, more = _content(found, least)
    modules, data = (__name__, _transformer_times.__name__), {"papers.parquet": papers}
    return [write_claims(out, "transformer", modules, claims, data=data, started=started, more=more)]


def _texts(papers: Path) -> list[str]:
    """Titles and abstracts, a sample that is the same every time."""
    table = import_module("pyarrow.parquet").read_table(papers, columns=["title", "abstract"])
    rows = np.random.default_rng(0).choice(len(table), 2 * _SAMPLE, replace=False)
    found = table.take(np.sort(rows)).to_pydict()
    pairs = zip(found["title"], found["abstract"], strict=True)
    return [f"{title}. {abstract}" for title, abstract in pairs if title and abstract][:_SAMPLE]


def agreement(folder: Path, texts: list[str]) -> float:
    """The least cosine, over texts, of MiniLM's vector on our kernels with that of onnxruntime in single precision."""
    theirs = read_pieces(minilm_folder())
    path = folder / "minilm.bin"
    write_minilm(path, range(_LAYERS), special_first(theirs))
    encoder, graph = Transformer.load(path), session(folder / GRAPHS["fp32"])
    numbers = {piece: i for i, piece in enumerate(theirs)}
    cosines = []
    for text, vector in zip(texts, encoder.encode(texts), strict=True):
        ids = ["[CLS]", *(encoder.tokenizer.pieces[i] for i in encoder.tokenizer.ids(text, 126)), "[SEP]"]
        expected = graph.run(None, {"ids": np.array([[numbers[piece] for piece in ids]])})[0][0]
        cosines.append(float(vector @ expected / np.linalg.norm(expected)))
    return min(cosines)


def _narrow(folder: Path) -> Path | None:
    """The library that hides newer instructions; None where it cannot be compiled or does not work."""
    library = folder / "narrow.so"
    source = Path(__file__).with_name("narrow.c")
    made = subprocess.run(
        ["cc", "-O1", "-shared", "-fPIC", "-o", str(library), str(source)], check=False, capture_output=True
    )
    if made.returncode:
        return None
    tried = subprocess.run(["/bin/true"], check=False, env={**os.environ, "LD_PRELOAD": str(library)})
    return library if not tried.returncode else None


def _run(folder: Path, build: str, narrow: Path | None) -> dict[str, Any]:
    """What one build measures in a process of its own."""
    environment = {**os.environ, "BROADSHEET_KERNELS": build, "OMP_NUM_THREADS": "1"}
    if narrow:
        environment["LD_PRELOAD"] = str(narrow)
    done = subprocess.run(
        [sys.executable, "-m", "broadsheet_lab.bench._transformer_times", str(folder)],
        check=False,
        capture_output=True,
        text=True,
        env=environment,
    )
    if done.returncode:
        raise UsageError(f"{build}: {done.stderr.strip().splitlines()[-1]}")
    found: dict[str, Any] = json.loads(done.stdout)
    return found | {"onnxruntime": "on AVX2" if narrow else "on this processor"}


def median_interval(values: list[float], *, draws: int = 1000) -> dict[str, Any]:
    """The median and its 95 % bootstrap interval, of milliseconds."""
    sample = np.array(values)
    drawn = np.median(sample[np.random.default_rng(0).integers(0, len(sample), (draws, len(sample)))], axis=1)
    low, high = np.percentile(drawn, [2.5, 97.5])
    return {"ms": round(float(np.median(sample)), 4), "interval": [round(float(low), 4), round(float(high), 4)]}


def _content(found: dict[str, dict[str, Any]], least: float) -> tuple[list[Claimed], dict[str, Any]]:
    """The claims, and what else the result file says."""
    builds, numbers, faster = {}, [], {}
    for build, run in found.items():
        times = {
            tokens: {name: median_interval(ms) for name, ms in run["ms"][str(tokens)].items()} for tokens in LENGTHS
        }
        paper, longest = median_interval(run["papers"]), times[LENGTHS[-1]]
        ratios = {name: round(longest[name]["ms"] / paper["ms"], 3) for name in GRAPHS if name in longest}
        builds[build] = {"onnxruntime": run["onnxruntime"], "tokens": times, "a paper": paper, "ratios": ratios}
        if ratios:
            faster[build] = min(ratios.values())
        if build in _LIMITS:
            query = times[LENGTHS[0]][OURS]["ms"]
            numbers.append(Number(f"a query of 12 tokens, {build}", query, "ms", _LIMITS[build]))
            for name, ratio in ratios.items():
                what = f"papers a second over MiniLM-L6 of 128 tokens in onnxruntime, {name}, {build}"
                numbers.append(Number(what, ratio, "×", _FASTER, at_most=False))
    best = next(iter(found))
    shortest, longest = (found[best]["ms"][str(LENGTHS[at])] for at in (0, -1))
    peer = min((name for name in GRAPHS if name in longest), key=lambda name: np.median(longest[name]))
    both = min(len(longest[peer]), len(found[best]["papers"]))
    claims = [
        Claimed.exact(
            f"papers.parquet, {_COMPARED} papers, MiniLM-L6's weights", "cosine with single precision, least", least
        ),
        Claimed.ratio(
            f"papers.parquet, {_SAMPLE} papers",
            "papers a second over MiniLM-L6 of 128 tokens in onnxruntime, its faster form (ratio)",
            (f"median ms, {peer}", np.array(longest[peer][:both])),
            ("median ms a paper", np.array(found[best]["papers"][:both])),
            statistic=np.median,
            rival=(f"onnxruntime, {peer}", 1.0),
            detail={"of each build": faster},
        ),
        Claimed.mean(
            "queries of 12 tokens",
            "milliseconds a query on one core",
            np.array(shortest[OURS]),
            statistic=np.median,
            lower_is_better=True,
        ),
    ]
    model = {name: found[best][name] for name in ("model", "layers", "max_tokens")}
    return claims, {"model": model, "numbers": [number.to_json() for number in numbers], "builds": builds}
