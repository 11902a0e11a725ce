"""The line that says what an action did, with its undo: built from codes in the address, never from text in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from broadsheet.kit.errors import UsageError
from broadsheet.pipeline.library import Library

__all__ = ["Notice", "notice"]

_SAID = {  # action -> (sentence, can be undone)
    "save": ("Saved “{title}”.", True),
    "unsave": ("Removed “{title}” from your saved papers.", True),
    "up": ("More like “{title}”.", True),
    "down": ("Less like “{title}”.", True),
    "unrate": ("Forgot your rating of “{title}”.", True),
    "hide": ("Hidden: “{title}”.", True),
    "unhide": ("Shown again: “{title}”.", True),
    "tag": ("Tagged “{title}”.", True),
    "untag": ("Removed a tag from “{title}”.", True),
    "undo": ("Undone for “{title}”.", False),
    "nothing": ("There is nothing to undo.", False),
    "start": ("Thank you. This page is now yours.", False),
    "tune": ("Your page has new settings.", False),
    "reset": ("Everything this page knew about you is forgotten.", False),
    "collect": ("Collections updated.", False),
    "quarantine": ("Removed from quarantine.", False),
    "sync": ("Looking for new papers.", False),
    "busy": ("A sync is running already.", False),
    "import": ("Read {read} records: {added} new, {known} here already, all saved for you.", False),
}


@dataclass(frozen=True, slots=True)
class Notice:
    """One line about what was done."""

    text: str
    undoable: bool = False
    detail_href: str = ""


def notice(library: Library, asked: Mapping[str, str]) -> Notice | None:
    """The notice for a page's query parameters (`done`, `paper`, counts), or None. Unknown codes say nothing."""
    known = _SAID.get(asked.get("done", ""))
    if known is None:
        return None
    sentence, undoable = known
    fields = {"title": _title(library, asked.get("paper", ""))}
    fields |= {name: _count(asked.get(name, "")) for name in ("read", "added", "known")}
    text = sentence.format_map(fields)
    if asked["done"] == "import" and (bad := _count(asked.get("bad", ""))) != "0":
        return Notice(f"{text} {bad} could not be read.", detail_href="/sources#quarantine")
    return Notice(text, undoable)


def _count(text: str) -> str:
    return f"{int(text):,}" if text.isascii() and text.isdigit() and len(text) < 10 else "0"


def _title(library: Library, number: str) -> str:
    if not (number.isascii() and number.isdigit() and len(number) < 18):
        return "this paper"
    try:
        title = library.paper(int(number)).paper.title
    except UsageError:
        return "this paper"
    return title if len(title) <= 90 else title[:88].rstrip() + " …"
