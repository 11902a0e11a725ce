"""Splits text into sentences."""

from __future__ import annotations

import re

__all__ = ["sentences"]

# Abbreviations: a full stop after them does not end a sentence.
_ABBREVIATED = frozenset("e.g i.e al fig figs eq eqs vs cf resp approx dr sec".split())  # noqa: SIM905
# Characters that may begin a sentence: capitals, letters of scripts without capitals, digits, formulas.
_CAPITALS = "".join(filter(str.isupper, map(chr, range(0xC0, 0x590))))
_BEGIN = f"A-Z0-9$\\\\{_CAPITALS}\u05d0-\u05ea\u0620-\u06d3\u0900-\u0fff\u3041-\u9fff\uac00-\ud7a3"
# A full stop and a space before such a character, perhaps in quotation marks; or the full stop of another script.
_END = re.compile(
    rf"[.!?\u061f\u06d4][\"'”’»)\]}}]*(\s+)(?=[\"'“‘„«¿¡(\[{{]*[{_BEGIN}])|[\u3002\uff01\uff1f\u0964](\s*)"
)
_MOST_TEXT, _MOST_SENTENCES = 20_000, 64  # limits on characters and sentences; no abstract has more


def sentences(text: str) -> list[tuple[int, int]]:
    """(start, stop) of every sentence that is not blank. A text longer than any abstract is cut."""
    text = text[:_MOST_TEXT]
    spans: list[tuple[int, int]] = []
    start = 0
    for end in _END.finditer(text):
        if len(spans) + 1 == _MOST_SENTENCES:
            break
        stop = end.start(end.lastindex or 0)
        word = text[max(start, end.start() - 12) : end.start()].rpartition(" ")[2]
        if word.lower().lstrip("(") not in _ABBREVIATED:
            spans.append((start, stop))
            start = end.end()
    spans.append((start, len(text)))
    return [(a, b) for a, b in spans if text[a:b].strip()]
