"""The papers that the board's queries come from, as a list of ids: what no shipped model may be trained on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from broadsheet_lab.bench import datasets
from broadsheet_lab.bench.search import sets

__all__ = ["measure"]


def measure(out: Path, tell: Callable[[str], None]) -> list[Path]:
    """Write held-out.txt into `out`, one id a line. Raises UsageError if the data is missing."""
    tell("drawing the queries of the search leaderboard")
    found = sets.asked(sets.read(datasets.papers_path()))
    out.mkdir(parents=True, exist_ok=True)
    path = out / "held-out.txt"
    path.write_text("".join(f"{name}\n" for name in sorted(found)), encoding="utf-8")
    return [path]
