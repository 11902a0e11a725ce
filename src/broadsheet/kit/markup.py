"""Resolves markup to letters: TeX, sub- and superscripts, names of languages such as C++.

Titles arrive as their authors typed them: CO$_2$, $\\beta$-VAE, E$^2$-RAG, Schr\\"odinger. `edits` gives the
replacements, so that these are found as CO2, beta-VAE, E2-RAG and Schrodinger.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from broadsheet.kit.letters import GREEK_NAMES

__all__ = ["Edit", "edits", "formulas", "has_markup"]

Edit = tuple[int, int, str]  # (start, stop, replacement of text[start:stop])

_LONGEST = 400  # characters of a formula; between dollar signs farther apart is ordinary text about money
_FORMULA = re.compile(
    rf"\$(?<!\\\$)\$?(?=[^\s$])(?:[^$\\]|\\.){{1,{_LONGEST}}}?(?<![\s])\$\$?(?!\d)|\\\((?:(?!\\\)).){{1,{_LONGEST}}}\\\)",
    re.S,
)
_COMMAND = re.compile(r"\\([A-Za-z]+)\*?[ ]?|\\(.)", re.S)
# Commands that are read as words: \log n
_WORDS = frozenset("arg cos det dim exp gcd inf ker lim ln log max min sin sup tan tanh Pr".split())  # noqa: SIM905
_LETTERS = {"ell": "l", "i": "i", "j": "j", "o": "o", "O": "O", "l": "l", "L": "L", "ss": "ss", "ae": "ae", "AE": "AE"}
_LETTERS |= {
    "oe": "oe",
    "OE": "OE",
    "aa": "a",
    "AA": "A",
    "dh": "d",
    "DH": "D",
    "th": "th",
    "TH": "TH",
    "dj": "d",
    "ng": "n",
}
# Commands that only format their argument.
_LOOKS = re.compile(
    r"math[a-z]+|text[a-z]+|emph|operatorname|boldsymbol|bm|pmb|hat|widehat|tilde|widetilde|bar|overline|underline|vec"
    r"|dot|ddot|mbox|hbox|rm|bf|it|sf|tt|cal|left|right|limits|displaystyle|[uvHcdbrtk]"
)
_SIGN = re.compile(r"[+#*_^<{\\]|\.[Nn]")  # where anything of _BARE begins
_BARE = re.compile(  # outside formulas
    r"(?P<sign>(?<=[A-Z])(?<![^\W_].)(?:\+\+|#|\*)(?![#+*]|[^\W\d_]))"
    r"|(?P<net>(?<![^\W_])\.NET\b)"
    r"|(?P<accent>\{?\\(?:[\"'`^~=.]\s?\{?|[uvHcdbrtk](?:\{|\s))\\?(?P<letter>[A-Z])\}?\}?)"
    r"|(?P<command>\\(?P<name>[A-Z]+)(?:\s|\{\}|\{)?)"
    r"|(?P<script></?su[bp]>)"
    r"|(?P<low>(?<=[A-Z])(?<![^\W_]{3})[_^]\{?(?P<digits>\d+)\}?)",
    re.IGNORECASE | re.ASCII,
)
_SIGNALS = ("$", "\\", "#", "*", "_", "^", "++", "<su", ".NET", ".net")
_SIGNS = {"++": "plusplus", "#": "sharp", "*": "star"}


def has_markup(text: str) -> bool:
    """Whether `edits` would change the text."""
    return bool(edits(text))


def formulas(text: str) -> list[tuple[int, int]]:
    """(start, stop) of every formula, dollar signs included."""
    return [m.span() for m in _FORMULA.finditer(text)] if "$" in text or "\\(" in text else []


def edits(text: str) -> list[Edit]:
    """The replacements that turn markup into letters, in order and without overlap; quick for most texts."""
    return list(_edits(text)) if any(map(text.__contains__, _SIGNALS)) else []


def _edits(text: str) -> Iterator[Edit]:
    at = 0
    for start, stop in formulas(text):
        yield from _outside(text, at, start)
        yield from _inside(text, start, stop)
        at = stop
    yield from _outside(text, at, len(text))


def _inside(text: str, start: int, stop: int) -> Iterator[Edit]:
    """The edits of a formula: TeX's special characters are dropped, commands become letters, words or a space."""
    at = start
    while at < stop:
        if text[at] == "\\" and (command := _COMMAND.match(text, at, stop)):
            yield at, command.end(), _meaning(command[1]) if command[1] else " " if command[2] not in "()" else ""
            at = command.end()
        else:
            if text[at] in "$_^{}":
                yield at, at + 1, ""
            at += 1


def _meaning(command: str) -> str:
    """The text that replaces a TeX command, given without its backslash."""
    name = command.lower().removeprefix("var")
    if name in GREEK_NAMES:
        return name
    if command in _WORDS:
        return f" {command} "
    if command in _LETTERS:
        return _LETTERS[command]
    return "" if _LOOKS.fullmatch(command) else " "


def _outside(text: str, start: int, stop: int) -> Iterator[Edit]:
    """The edits of text outside formulas: C++, .NET, scripts, accents, known commands; other commands are words."""
    at = start
    for sign in _SIGN.finditer(text, start, stop):
        m = _BARE.match(text, sign.start(), stop) if sign.start() >= at else None
        if m is None:
            continue
        if m["sign"]:
            replacement = f"{_SIGNS[m['sign']]} "
        elif m["net"]:
            replacement = " dotnet"
        elif m["name"] and (replacement := _meaning(m["name"])) == " ":
            continue  # an unknown command is a word
        elif not m["name"]:
            replacement = m["letter"] or m["digits"] or ""
        at = m.end()
        yield *m.span(), replacement
