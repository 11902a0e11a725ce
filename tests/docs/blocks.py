"""The code blocks of a Markdown page, in order.

A page is run from top to bottom in one folder. `sh` blocks are commands, `console` blocks are commands behind `$ ` with
what they print, `python` blocks are programs; a `text` block right after one shows what it prints. An HTML comment
above a block, `<!-- not run: REASON -->`, keeps it out and says why.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

__all__ = ["ROOT", "Block", "blocks", "pages"]

ROOT = Path(__file__).parents[2]
LANGUAGES = ("sh", "console", "python")
_BLOCK = re.compile(
    r"(?:^<!-- not run: (?P<reason>[^\n]+?) -->\n+)?^```(?P<language>\w*)[^\n]*\n(?P<code>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


@dataclass(frozen=True)
class Block:
    """One block of code that a reader may run."""

    page: Path
    line: int  # of its first line of code
    language: str
    code: str
    reason: str = ""  # why it is not run
    output: str = ""  # what the page says it prints

    def __str__(self) -> str:
        return f"{self.page.relative_to(ROOT)}:{self.line}"


def pages() -> list[Path]:
    """README and every page of the documentation, without what is generated."""
    written = [path for path in (ROOT / "docs").rglob("*.md") if path.parent.name != "reference"]
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted(written)]


def blocks(page: Path) -> list[Block]:
    """The blocks of a page that are commands or programs."""
    return list(_runnable(page, page.read_text(encoding="utf-8")))


def _runnable(page: Path, text: str) -> Iterator[Block]:
    held, end = None, 0
    for match in _BLOCK.finditer(text):
        language, code = match["language"], match["code"]
        if held and language == "text" and not text[end : match.start()].strip():
            held = replace(held, output=code)
        if held:
            yield held
        line = text.count("\n", 0, match.start("code")) + 1
        held = Block(page, line, language, code, match["reason"] or "") if language in LANGUAGES else None
        end = match.end()
    if held:
        yield held
