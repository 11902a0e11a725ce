"""Benchmarks: each measures on real data and writes results/<name>.json, from which the tables are generated."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from broadsheet.kit.errors import UsageError

__all__ = ["NAMES", "run"]

Tell = Callable[[str], None]


def _spine(out: Path, tell: Tell) -> list[Path]:
    from broadsheet.bench.spine import measure

    return measure(out, tell)


def _methods(out: Path, tell: Tell) -> list[Path]:
    from broadsheet.bench.claims import measure

    return measure(out, tell)


def _compression(out: Path, tell: Tell) -> list[Path]:
    from broadsheet.bench.compression import measure

    return measure(out, tell)


def _compression_more(out: Path, tell: Tell) -> list[Path]:
    from broadsheet.bench.compression_more import measure

    return measure(out, tell)


def _compression_embeddings(out: Path, tell: Tell) -> list[Path]:
    from broadsheet.bench.compression_embeddings import measure

    return measure(out, tell)


def _vectors(out: Path, tell: Tell) -> list[Path]:
    from broadsheet.bench.vectors import measure

    return measure(out, tell)


def _search(out: Path, tell: Tell) -> list[Path]:
    from broadsheet.bench.search import measure

    return measure(out, tell)


def _text(out: Path, tell: Tell) -> list[Path]:
    from broadsheet.bench.text import measure

    return measure(out, tell)


def _ranker(out: Path, tell: Tell) -> list[Path]:
    from broadsheet.bench.search.weights import measure

    return measure(out, tell)


def _held_out(out: Path, tell: Tell) -> list[Path]:
    from broadsheet.bench import datasets
    from broadsheet.bench.search import sets

    tell("drawing the queries of the search leaderboard")
    found = sets.asked(sets.read(datasets.papers_path()))
    out.mkdir(parents=True, exist_ok=True)
    path = out / "held-out.txt"
    path.write_text("".join(f"{name}\n" for name in sorted(found)), encoding="utf-8")
    return [path]


NAMES: dict[str, Callable[[Path, Tell], list[Path]]] = {
    "spine": _spine,
    "methods": _methods,
    "compression": _compression,
    "compression-more": _compression_more,
    "compression-embeddings": _compression_embeddings,
    "vectors": _vectors,
    "search": _search,
    "text": _text,
    "ranker": _ranker,
    "held-out": _held_out,
}


def run(name: str, out: Path, tell: Tell = lambda _: None) -> list[Path]:
    """Run a benchmark, writing into the folder `out`; the files written. `tell` hears of progress.

    `text/NAME` measures one method on text. Raises UsageError for an unknown name or missing data.
    """
    if name.startswith("text/"):
        from broadsheet.bench.text import measure

        return measure(out, tell, [name.removeprefix("text/")])
    if name not in NAMES:
        raise UsageError(f"no benchmark {name!r}; there are {', '.join(NAMES)}")
    return NAMES[name](out, tell)
