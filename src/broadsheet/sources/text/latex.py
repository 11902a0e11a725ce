r"""Converts TeX in names, titles and abstracts to Unicode, and Unicode to TeX that is safe to typeset.

Mathematics between dollar signs is not changed. An unknown command stays with its arguments.
"""

from __future__ import annotations

import re
import unicodedata

from broadsheet.sources.text.latex_reader import MATH, Reader
from broadsheet.sources.text.latex_symbols import ENVIRONMENTS, mathematics

__all__ = ["balanced", "escape", "is_braced", "to_unicode"]

_SPECIAL = re.compile(r"[\\{}~$`]|--|''")
# `one', but not `code`, \`a or ``
_QUOTED = re.compile(r"(?<![\\`?!])`(?![\s`])((?:[^`'$\\]|'(?=\w))+)'(?![\w'])")
_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}", "`": r"\textasciigrave{}", "-": "{}-", "'": "{}'",
}  # fmt: skip
_CHAR = r"(?P<char>\\\$?|[{}&%$#_~^`]|(?<=-)-|(?<=')')"
_ESCAPE, _ESCAPE_ALL = re.compile(f"{MATH}|{_CHAR}"), re.compile(_CHAR)
_ESCAPED_BRACE = re.compile(r"\\([{}])(?=([a-zA-Z ])?)")
_BRACE_NAMES = {"{": r"\lbrace", "}": r"\rbrace"}
_COMMAND = re.compile(r"\\(?:(?:begin|end)\s*\{([a-zA-Z]*)\}|([a-zA-Z]+)|[^a-zA-Z])")
_UNFIT = re.compile(r"\^\^|(?<!\\)[%#]|\\[\x00-\x1f]")  # TeX's other notation for a command; a comment; a parameter


def to_unicode(text: str, *, keep_braces: bool = False) -> str:
    r"""Convert TeX to plain text: `G\"odel`, `{\'E}va`, `\emph{x}`, `\&`, ``quotes'', dashes, grouping braces.

    `keep_braces` is for text that is only partly TeX, such as arXiv's titles and abstracts: braces that belong to no
    command and do not touch a word, as in "the set {0, 1}", stay.
    """
    if not _SPECIAL.search(text):
        return text
    if "`" in text:
        text = _QUOTED.sub("‘\\1’", text)
    return unicodedata.normalize("NFC", Reader(text, keep_braces).read())


def escape(text: str) -> str:
    """Escape text for a BibTeX field: special characters are escaped, Unicode and mathematics stay, braces balance.

    A formula with a command that is not mathematics is escaped like text, so that TeX does not run the command and the
    reader gets the original text back.
    """
    escaped = _ESCAPE.sub(lambda token: _encode(token, _ESCAPES), text)
    if balanced(escaped):
        return escaped
    with_names = _ESCAPES | {"{": r"\textbraceleft{}", "}": r"\textbraceright{}"}
    return _ESCAPE.sub(lambda token: _encode(token, with_names), text)


def _encode(token: re.Match[str], escapes: dict[str, str]) -> str:
    math = token["math"] if token.re is _ESCAPE else None
    if math is None:
        return "".join(escapes[char] for char in token["char"])
    if not _is_mathematics(math):
        return _ESCAPE_ALL.sub(lambda char: _encode(char, escapes), math)
    if not balanced(math):
        math = _ESCAPED_BRACE.sub(lambda brace: _BRACE_NAMES[brace[1]] + (" " if brace[2] else ""), math)
    return math


def _is_mathematics(formula: str) -> bool:
    """Whether a formula has only known commands and balanced braces."""
    if _UNFIT.search(formula) or not balanced(re.sub(r"\\[{}\\]", "", formula)):
        return False
    commands = _COMMAND.findall(formula)
    return all(
        name in mathematics() or environment in ENVIRONMENTS for environment, name in commands if environment or name
    )


def balanced(text: str) -> bool:
    """Whether all braces balance as BibTeX counts them: `\\{` is a brace too."""
    depth = 0
    for brace in re.findall(r"[{}]", text):
        depth += 1 if brace == "{" else -1
        if depth < 0:
            return False
    return depth == 0


def is_braced(text: str) -> bool:
    """Whether one pair of braces encloses the whole text: `{Research and Development}` but not `{A} b {C}`."""
    depth = 0
    for index, char in enumerate(text):
        depth += (char == "{") - (char == "}")
        if depth <= 0:
            return bool(index) and index == len(text) - 1 and depth == 0 and text[0] == "{"
    return False
