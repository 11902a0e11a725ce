"""General English for a model that shall not forget it: the words of WordNet with their definitions."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

__all__ = ["glosses"]

_FILES = ("data.noun", "data.verb", "data.adj", "data.adv")
_QUOTED = re.compile(r';?\s*"[^"]*"?')


def glosses(folder: Path) -> Iterator[tuple[str, str, str]]:
    """(words of one meaning, their definition, an example or "") of every entry of WordNet's files in a folder."""
    for name in _FILES:
        for line in (folder / name).read_text(encoding="utf-8").splitlines():
            if line.startswith(" "):  # the licence
                continue
            data, _, gloss = line.partition(" | ")
            parts = data.split(" ")
            words = [parts[4 + 2 * i].replace("_", " ") for i in range(int(parts[3], 16))]
            definition = _QUOTED.sub("", gloss).strip(" ;")
            example = re.search(r'"([^"]+)"', gloss)
            yield ", ".join(re.sub(r"\([a-z]+\)$", "", w) for w in words), definition, example[1] if example else ""
