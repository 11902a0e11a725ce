r"""Reads TeX as plain text, command by command: accents, arguments, groups, ligatures."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable

from broadsheet.sources.text.latex_symbols import ACCENTS, HIDDEN, SPACES, SPACING, STYLES, symbols

__all__ = ["MATH", "Reader", "unescape_verbatim"]

_DEEPEST = 40  # levels of nested groups; braces of deeper ones are dropped

# Mathematics by pandoc's rule: no space just inside the dollar signs, no digit after: "$5 and $6" is money.
MATH = r"(?P<math>\$(?![\s$])(?:[^$\\]|\\[^\n])*(?<!\s)\$(?!\d))"
_TOKEN = re.compile(
    rf"(?P<plain>(?:[^\\{{}}~$`'?!-]|-(?!-)|'(?!')|[?!](?!`))+)|{MATH}|\\[(\[](?P<inline>(?:[^\\$]|\\[^()\[\]\n])*)\\[)\]]"
    r"|\\(?P<name>[a-zA-Z]+)|\\(?P<char>[^a-zA-Z])|(?P<open>\{)|(?P<close>\})|(?P<tie>~)"
    r"|(?P<ligature>---?|``|''|[?!]`)|(?P<other>.)",
    re.DOTALL,
)
_LIGATURES = {"---": "—", "--": "–", "``": "“", "''": "”", "?`": "¿", "!`": "¡"}
_MATH_OF_TEXT = {
    "$<$": "<",
    "$>$": ">",
    "$|$": "|",
    r"$\backslash$": "\\",
    r"$\sim$": "~",
}  # as JabRef and Mendeley escape
_BRACE_NAME = re.compile(r"\\([lr])brace(?![a-zA-Z]) ?")
_SPACE = re.compile(r"\s*")
_RAW_END = re.compile(r"(?<!\\)[{}]")
_NUMBER = re.compile(r"\s*(?:(\d{1,3})|\"([0-9A-F]{1,2})|'([0-7]{1,3})|`\\?(.))\s?")
_TIE_BEFORE = frozenset(" \t\n/(['\"")
_CHARACTERS = {
    "-": "",
    "/": "",
    "!": "",
    "@": "",
    ",": " ",
    ";": " ",
    ":": " ",
    ">": " ",
    "\\": " ",
    "\n": " ",
    "\t": " ",
}


class Reader:
    """Reads one text from beginning to end; use it once."""

    def __init__(self, text: str, keep_braces: bool) -> None:
        self.text, self.keep_braces, self.position = text, keep_braces, 0

    def read(self, depth: int = 0) -> str:
        """Read plain text up to the brace that closes the current group, at depth 0 to the end of the text."""
        parts: list[str] = []
        while token := _TOKEN.match(self.text, self.position):
            if token.lastgroup == "close" and depth:
                break
            self.position = token.end()
            parts.append(token[0] if token.lastgroup == "plain" else self._read_token(token, depth))
        return "".join(parts)

    def _read_token(self, token: re.Match[str], depth: int) -> str:
        kind = token.lastgroup
        if kind == "name":
            return self._command(token["name"], depth)
        if kind == "char":
            return self._character(token["char"], depth)
        if kind == "open":
            return self._bare_group(depth)
        if kind == "close":
            return "}" if self.keep_braces else ""
        if kind == "math":
            return _MATH_OF_TEXT.get(token[0]) or _BRACE_NAME.sub(_brace, token[0])
        if kind == "inline":
            return f"${inner}$" if (inner := token["inline"].strip()) else ""
        return self._tie(token.start()) if kind == "tie" else _LIGATURES.get(token[0], token[0])

    def _tie(self, start: int) -> str:
        """A tilde is a space in `a~b` and a literal tilde in `about ~10` and `/~home`."""
        is_loose = start == 0 or self.text[start - 1] in _TIE_BEFORE
        return "~" if is_loose and not self.text[start + 1 : start + 2].isspace() else " "

    def _command(self, name: str, depth: int) -> str:
        if name in ACCENTS:
            return _accent(name, self._argument(depth))
        if name in STYLES:
            return self._argument(depth) if self._opens() else ""
        if name in symbols():
            return self._symbol(symbols()[name], name)
        if name in SPACES:
            self._opens()
            return " "
        if name in HIDDEN:
            self._raw_argument()
            return ""
        if name in _WITH_ARGUMENTS:
            count, is_raw, convert = _WITH_ARGUMENTS[name]
            first = self._raw_argument() if is_raw else self._argument(depth)
            return convert(first, *(self._argument(depth) for _ in range(count - 1)))
        return self._code(name) if name in ("char", "symbol", "penalty") else self._unknown(name, depth)

    def _unknown(self, name: str, depth: int) -> str:
        parts = ["\\" + name]
        while self.text.startswith("{", self.position) and depth < _DEEPEST:
            self.position += 1
            parts.append("{" + self._group(depth) + "}")
        return "".join(parts)

    def _symbol(self, text: str, name: str) -> str:
        """The text of a symbol. A space after it is dropped if it is a letter, a quote or a text symbol."""
        if self.text.startswith("{}", self.position):
            self.position += 2
        elif name.lower().startswith(("text", "cyr")) or text in "„“”‚‘’«»‹›" or (len(name) < 4 and text.isalpha()):
            self._opens()
        return text

    def _character(self, char: str, depth: int) -> str:
        if char not in ACCENTS or char == "|":
            return _CHARACTERS.get(char, char)
        after = self.text[self.position : self.position + 1]
        if after == "{":
            return _accent(char, self._argument(depth))
        if not (after.isalpha() or after == "\\" or (after.isspace() and char != '"')):
            return char
        start = self.position
        letter = _accent(char, self._argument(depth))
        if char in "'\"" and after != "\\" and len(unicodedata.normalize("NFC", letter)) > 1:
            self.position = start  # `O\'Brien`, `\"quoted\"`: no letter has this accent
            return char
        return letter

    def _bare_group(self, depth: int) -> str:
        if depth >= _DEEPEST:
            return ""
        start = self.position
        content = self._group(depth)
        if not self.keep_braces or not content or "\\" in self.text[start : self.position]:
            return content
        around = self.text[max(0, start - 2) : start - 1] + self.text[self.position : self.position + 1]
        return content if any(map(str.isalnum, around)) else f"{{{content}}}"

    def _group(self, depth: int) -> str:
        """Read a group after its opening brace, including its closing brace."""
        content = self.read(depth + 1)
        self.position += 1
        return content

    def _opens(self) -> bool:
        """Skip spaces; whether a group follows."""
        if space := _SPACE.match(self.text, self.position):
            self.position = space.end()
        return self.text.startswith("{", self.position)

    def _argument(self, depth: int) -> str:
        """Read the argument of a command: a group, another command or one character."""
        if self._opens() and depth < _DEEPEST:
            self.position += 1
            return self._group(depth)
        token = _TOKEN.match(self.text, self.position)
        if not token or depth >= _DEEPEST or token.lastgroup in ("open", "close", "math", "inline"):
            return ""
        if token.lastgroup == "plain":
            self.position += 1
            return token[0][0]
        self.position = token.end()
        return self._read_token(token, depth + 1)

    def _raw_argument(self) -> str:
        """Read a group verbatim, such as an address."""
        if not self._opens():
            return ""
        start, depth = self.position + 1, 0
        for brace in _RAW_END.finditer(self.text, self.position):
            depth += 1 if brace[0] == "{" else -1
            if depth == 0:
                self.position = brace.end()
                return self.text[start : brace.start()]
        self.position = len(self.text)
        return self.text[start:]

    def _code(self, name: str) -> str:
        r"""Read the number after `\char126`, `\symbol{95}` (an ASCII character) or `\penalty0` (nothing)."""
        braced = name == "symbol" and self._opens()
        number = _NUMBER.match(self.text, self.position + braced)
        if not number:
            return "\\" + name
        self.position = number.end() + (1 if braced else 0)
        if name == "penalty":
            return ""
        code = int(number[1] or 0) or int(number[2] or "0", 16) or int(number[3] or "0", 8) or ord(number[4] or "\0")
        return chr(code) if 32 <= code < 127 else f"\\{name}{code}"


def _brace(name: re.Match[str]) -> str:
    return r"\{" if name[1] == "l" else r"\}"


def _accent(command: str, base: str) -> str:
    mark = ACCENTS[command]
    base = base.lstrip()
    if not base:
        return SPACING.get(command, command if len(command) == 1 else "")
    if not base[0].isalnum() and not unicodedata.combining(base[0]):
        return (command if not command.isalpha() else "") + base
    end = 1
    while end < len(base) and unicodedata.combining(base[end]):
        end += 1
    above = unicodedata.combining(mark[0]) == 230
    return (base[0].translate(_DOTLESS) if above else base[0]) + base[1:end] + mark + base[end:]


_DOTLESS = {ord("ı"): "i", ord("ȷ"): "j"}


def _address(address: str, text: str = "") -> str:
    address = unescape_verbatim(address)
    return address if not text or text == address else f"{text} ({address})"


# Command → (number of arguments, whether the first is verbatim, function from arguments to text).
_WITH_ARGUMENTS: dict[str, tuple[int, bool, Callable[..., str]]] = {
    "url": (1, True, _address),
    "path": (1, True, _address),
    "nolinkurl": (1, True, _address),
    "doi": (1, True, _address),
    "href": (2, True, _address),
    "ensuremath": (1, True, lambda math: math if math.isalnum() else f"${math}$"),
    "textcolor": (2, True, lambda _, text: text),
    "colorbox": (2, True, lambda _, text: text),
    "foreignlanguage": (2, True, lambda _, text: text),
    "bibinfo": (2, True, lambda _, text: text),
    "texorpdfstring": (2, True, lambda _, text: text),
    "enquote": (1, False, lambda text: f"“{text}”"),
    "mkbibquote": (1, False, lambda text: f"“{text}”"),
    "footnote": (1, False, lambda text: f" ({text})"),
    "thanks": (1, False, lambda text: f" ({text})"),
    "num": (1, True, lambda text: text),
    "uppercase": (1, False, str.upper),
    "MakeUppercase": (1, False, str.upper),
    "lowercase": (1, False, str.lower),
    "MakeLowercase": (1, False, str.lower),
    "textcircled": (1, False, lambda text: f"{text}\u20dd"),
}


_VERBATIM_URL = re.compile(r"\\(?:url|path|nolinkurl)\s*\{((?:[^{}\\]|\\.|\{[^{}]*\})*)\}", re.DOTALL)
_VERBATIM_TILDE = re.compile(r"\$\\sim\$|\\(?:textasciitilde|sim)(?![a-zA-Z])\s*|\\~")
_VERBATIM_NAME = re.compile(r"\$?\\?(?P<sign>[<>])\$|\\(?P<name>text[a-z]+|lbrace|rbrace)(?![a-zA-Z])\s*")
_VERBATIM_CHAR = re.compile(r"\\([^a-zA-Z])")


def unescape_verbatim(text: str) -> str:
    r"""Undo the escapes of reference managers in an address or identifier: `{\_}`, `\%`, `\url{…}`, `$<$`."""
    if "\\" not in text and "{" not in text and "}" not in text and "$" not in text:
        return text
    text = text.replace("$\\_$", "_").replace("$_$", "_")
    text = _VERBATIM_TILDE.sub("~", _VERBATIM_URL.sub(r" \1 ", text))
    text = _VERBATIM_NAME.sub(lambda match: match["sign"] or symbols().get(match["name"], match[0]), text)
    return _VERBATIM_CHAR.sub(r"\1", text).replace("{", "").replace("}", "")
