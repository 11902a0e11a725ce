"""TeX in names, titles and abstracts: accents and escapes to Unicode, and back to safe BibTeX.

Only text is touched; mathematics between dollar signs stays as the authors wrote it.
"""

from __future__ import annotations

import re
import unicodedata

__all__ = ["balanced", "escape", "is_braced", "to_unicode"]

_ACCENTS = {
    "`": "\u0300", "'": "\u0301", "^": "\u0302", "~": "\u0303", "=": "\u0304", "u": "\u0306", ".": "\u0307",
    '"': "\u0308", "r": "\u030a", "H": "\u030b", "v": "\u030c", "d": "\u0323", "c": "\u0327", "k": "\u0328",
    "b": "\u0331",
}  # fmt: skip
_SYMBOLS = {
    "ss": "ß", "o": "ø", "O": "Ø", "l": "ł", "L": "Ł", "ae": "æ", "AE": "Æ", "oe": "œ", "OE": "Œ", "aa": "å",
    "AA": "Å", "i": "ı", "j": "ȷ", "dh": "ð", "DH": "Ð", "th": "þ", "TH": "Þ", "dj": "đ", "DJ": "Đ", "ng": "ŋ",
    "NG": "Ŋ", "S": "§", "P": "¶", "dag": "†", "ddag": "‡", "pounds": "£", "copyright": "©", "textbackslash": "\\",
    "textasciitilde": "~", "textasciicircum": "^", "textbar": "|", "textless": "<", "textgreater": ">",
    "textquotesingle": "'", "textendash": "–", "textemdash": "—", "ldots": "…", "dots": "…", "textregistered": "®",
    "texttrademark": "™", "textdegree": "°", "textbullet": "•", "slash": "/",
}  # fmt: skip
_STYLE_NAMES = (
    "emph textbf textit textsc textrm textsf texttt textnormal textsl textup mbox text bf it em rm sc tt sl "
    "bfseries itshape scshape mathrm ensuremath uppercase lowercase relax protect noopsort"
)
_STYLES = frozenset(_STYLE_NAMES.split())
_ESCAPES = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "&": r"\&", "%": r"\%", "$": r"\$", "#": r"\#", "_": r"\_",
    "~": r"\textasciitilde{}", "^": r"\textasciicircum{}",
}  # fmt: skip

# Mathematics as pandoc reads it: no space just inside the dollars, no digit after: "$5 and $6" is money.
_MATH = r"(?P<math>\$(?![\s$])(?:[^$\\]|\\[^\n])*(?<!\s)\$(?!\d))"
_ACCENT = (
    r"\\(?P<accent>[`'^~=.\"]|[uvHrdckb](?![a-zA-Z]))\s*"
    r"(?:\{\s*(?:\\(?P<dotless1>[ij])\s*|(?P<base1>[^\W\d_]?))\s*\}|\\(?P<dotless2>[ij])(?![a-zA-Z])\s?|(?P<base2>[^\W\d_]))"
)
_TOKEN = re.compile(
    rf"{_MATH}|{_ACCENT}|\\(?P<name>[a-zA-Z]+)(?P<gap>\s*)(?:\{{\}})?|\\(?P<char>[^a-zA-Z])|(?P<brace>[{{}}])|(?P<tie>~)"
)
_ESCAPE = re.compile(rf"{_MATH}|(?P<char>\\\$?|[{{}}&%$#_~^])")
# A title is data: mathematics that could read or write files of whoever typesets it is not passed on as commands.
_UNSAFE = re.compile(
    r"\\(?:input|include|write|openout|openin|read|csname|catcode|[egx]?def|let|special|immediate|jobname|directlua)"
)


def to_unicode(text: str) -> str:
    r"""Plain text from TeX: `G\"odel`, `{\'E}va`, `\emph{x}`, `\&`, grouping braces; unknown commands stay."""
    if "\\" not in text and "{" not in text and "}" not in text and "~" not in text:
        return text
    return unicodedata.normalize("NFC", _TOKEN.sub(_decode, text))


def _decode(token: re.Match[str]) -> str:
    if token["math"]:
        return token["math"]
    if token["accent"]:
        base = token["dotless1"] or token["base1"] or token["dotless2"] or token["base2"] or ""
        return base + _ACCENTS[token["accent"]] if base else token["accent"]
    if token["name"]:
        name = token["name"]
        if name in _SYMBOLS:
            return _SYMBOLS[name] + ("" if name not in ("S", "P", "ldots", "dots") else token["gap"])
        if name in _STYLES:
            return ""
        return token[0] + (" " if token.string[token.end() : token.end() + 1] == "{" else "")  # its brace goes
    if token["char"] is not None:
        return {"-": "", "/": "", ",": " ", "\\": " ", "\n": " "}.get(token["char"], token["char"])
    return " " if token["tie"] else ""


def escape(text: str) -> str:
    """Text for a BibTeX field: TeX's special characters escaped, Unicode and whole mathematics kept."""
    return _ESCAPE.sub(_encode, text)


def _encode(token: re.Match[str]) -> str:
    math = token["math"]
    if math is None:
        return "".join(_ESCAPES[char] for char in token["char"])
    if balanced(math) and not _UNSAFE.search(math):
        return math
    return "".join(_ESCAPES.get(char, char) for char in math)


def balanced(text: str) -> bool:
    """Whether every brace that is not escaped closes."""
    depth = 0
    for brace in re.findall(r"(?<!\\)[{}]", text):
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
