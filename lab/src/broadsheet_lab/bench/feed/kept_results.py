"""Results of peers, which stay the same from one run to the next as long as their code and data do."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

from broadsheet_lab.bench.study import cache_folder, keep

__all__ = ["Values", "kept_results"]

DECIDE = ("authors", "board", "citeulike", "metrics", "papers", "peers", "peers_*", "readers", "replay", "running")

Values = tuple[Sequence[Mapping[str, float]], float]  # the metrics of every reader, and milliseconds a reader


@cache
def _code() -> str:
    """A digest of the code that decides what a peer comes to."""
    digest = hashlib.sha256()
    for pattern in DECIDE:
        for path in sorted(Path(__file__).parent.glob(f"{pattern}.py")):
            digest.update(path.read_bytes())
    return digest.hexdigest()


def kept_results(key: Sequence[Any], make: Callable[[], Values]) -> Values:
    """What `make` gives, made once for a key (texts and numbers that name peer, readers and papers)."""
    name = hashlib.sha256(json.dumps([_code(), *key]).encode()).hexdigest()[:24]
    path = cache_folder() / f"feed-result-{name}.json"
    if path.exists():
        values, milliseconds = json.loads(path.read_text(encoding="utf-8"))
        return values, milliseconds
    made = make()
    text = json.dumps(made)
    keep(path, lambda handle: handle.write(text.encode()))
    return made
