"""The words in which two texts differ, for people to read. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from typing import NamedTuple

__all__ = ["Piece", "difference", "plain_text", "word_difference"]

_MOST = 3000  # words that are compared; longer texts differ as wholes
_AROUND = 8  # words shown beside a change in a text


class Piece(NamedTuple):
    """A run of words: in both texts ("same"), only in the earlier ("out"), or only in the later ("in")."""

    kind: str
    text: str


def word_difference(before: str, after: str) -> list[Piece]:
    """The pieces of two texts, in order; spaces alone are no difference."""
    return difference(before.split(), after.split(), " ")


def difference(before: Sequence[str], after: Sequence[str], joint: str) -> list[Piece]:
    """The pieces of two lists of words or names, each piece joined by `joint`."""
    old, new = list(before), list(after)
    if old == new:
        return [Piece("same", joint.join(old))] if old else []
    if max(len(old), len(new)) > _MOST:
        return [Piece("out", joint.join(old)), Piece("in", joint.join(new))]
    pieces: list[Piece] = []
    for tag, i, j, k, m in difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            pieces.append(Piece("same", joint.join(old[i:j])))
            continue
        pieces += [Piece("out", joint.join(old[i:j]))] if j > i else []
        pieces += [Piece("in", joint.join(new[k:m]))] if m > k else []
    return [piece for piece in pieces if piece.text]


def plain_text(pieces: Sequence[Piece], joint: str = " ") -> str:
    """The pieces on a line: [-what is gone-] {+what is new+}; long runs of the same are cut."""
    parts = []
    for at, (kind, text) in enumerate(pieces):
        if kind == "same":
            parts.append(_cut(text.split(joint), joint, is_first=at == 0, is_last=at == len(pieces) - 1))
        else:
            parts.append(f"[-{text}-]" if kind == "out" else f"{{+{text}+}}")
    return joint.join(part for part in parts if part)


def _cut(words: list[str], joint: str, *, is_first: bool, is_last: bool) -> str:
    head = [] if is_first else words[:_AROUND]
    tail = [] if is_last else words[-_AROUND:]
    if len(words) <= len(head) + len(tail) + 1:
        return joint.join(words)
    return joint.join([*head, "…", *tail])
