"""The one-sentence summary of a paper, in whichever field its source has it."""

from __future__ import annotations

from collections.abc import Mapping

from broadsheet.kit.paper import Paper

__all__ = ["summary_of"]

_NAMES = frozenset({"tldr", "tl;dr"})  # of `extra`, in any case


def summary_of(paper: Paper) -> str:
    """The paper's summary, else the text of a TLDR in `extra`; "" if it has neither."""
    if paper.summary:
        return paper.summary
    for name, value in paper.extra.items():
        if name.lower() in _NAMES:
            text = value.get("text") if isinstance(value, Mapping) else value
            if isinstance(text, str) and text.strip():
                return text.strip()
    return ""
