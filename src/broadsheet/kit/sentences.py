"""Text to sentences: where each starts and stops."""

from __future__ import annotations

import re

__all__ = ["sentences"]

# Words whose full stop ends no sentence.
_ABBREVIATED = frozenset("e.g i.e al fig figs eq eqs vs cf resp approx dr sec".split())  # noqa: SIM905
# A stop and a space before what may begin a sentence: a capital, a digit, a quotation, a formula.
_END = re.compile(
    r"[.!?][\"')\]}]*(\s+)(?=[\"'(\[{]*[A-Z0-9$\\\u00c0-\u00de\u0391-\u03a9\u0410-\u042f])|[\u3002\uff01\uff1f]"
)
_MOST_TEXT, _MOST_SENTENCES = 20_000, 64  # characters and sentences looked at; no abstract has more


def sentences(text: str) -> list[tuple[int, int]]:
    """(start, stop) of every sentence, none of them blank. What is longer than any abstract is cut."""
    text = text[:_MOST_TEXT]
    found: list[tuple[int, int]] = []
    start = 0
    for end in _END.finditer(text):
        if len(found) + 1 == _MOST_SENTENCES:
            break
        stop = end.start(1) if end[1] else end.end()
        word = text[max(start, end.start() - 12) : end.start()].rpartition(" ")[2]
        if word.lower().lstrip("(") not in _ABBREVIATED:
            found.append((start, stop))
            start = end.end()
    found.append((start, len(text)))
    return [(a, b) for a, b in found if text[a:b].strip()]
