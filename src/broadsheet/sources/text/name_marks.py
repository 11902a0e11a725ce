"""Removes marks after a person's name: footnote signs, a mail address, a number that distinguishes homonyms."""

from __future__ import annotations

import re

__all__ = ["is_nameless", "without_marks"]

_SIGNS = "*∗†‡§¶⁎⋆✉\u00b9\u00b2\u00b3\u2070\u2074-\u2079"
_MARK = re.compile(
    rf"\s*<[^<>\s]*@[^<>\s]*>\Z|[\s,]*[{_SIGNS}][\s,{_SIGNS}]*\Z"
    r"|\$\s*\^\s*(?:\{[^{}$]*\}|[^{}$]{1,3})\s*\$\s*\Z|\\textsuperscript\s*\{[^{}]*\}\s*\Z"
    r"|(?:(?<=[^\W\d_])|(?<=\w\.))\d{1,2}(?:\s*,\s*\d{1,2})*\Z"  # `Ann Example1,2`
    r"|\s0\d{3}\Z"  # DBLP: `Ann Example 0002`
)


def without_marks(name: str) -> str:
    """Remove marks after a name if at least two words remain: `Ann Example*`, `Ann Example 0002`."""
    while (
        not name[-1:].isalpha()
        and (mark := _MARK.search(name, max(0, len(name) - 100)))
        and re.search(r"\S[\s,~]+\S*\w", name[: mark.start()])
    ):
        name = name[: mark.start()].rstrip(" ,")
    return name


def is_nameless(text: str) -> bool:
    """Whether a text has no letter, such as `-` or `2` instead of a name."""
    return not any(map(str.isalpha, text))
