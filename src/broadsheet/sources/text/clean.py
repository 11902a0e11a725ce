"""Cleans bytes and text from files and providers: limits on size, encodings, invisible characters, markup."""

from __future__ import annotations

import codecs
import re
from collections.abc import Iterable
from datetime import date
from email.utils import parsedate_to_datetime
from html import unescape
from pathlib import Path
from reprlib import Repr

from broadsheet.kit.errors import SourceError
from broadsheet.kit.paper import Rejected

__all__ = [
    "MAX_FILE", "MAX_RAW", "clean", "decode", "parse_date", "plain_text", "read_bytes", "rejected", "sketch",
    "unescape_entities", "wide_encoding", "year_of",
]  # fmt: skip

MAX_FILE = 256 * 2**20  # bytes of a file that is read into memory; 100,000 BibTeX entries are about 100 MiB
MAX_RAW = 2000  # characters of an unreadable record that are stored in quarantine
_SKETCH = Repr()
_SKETCH.maxlevel, _SKETCH.maxdict, _SKETCH.maxlist, _SKETCH.maxstring, _SKETCH.maxother = 4, 40, 20, 400, 100

_AS_CP1252 = "broadsheet.cp1252"  # the error handler for bytes that are not UTF-8
_WIDE_MARKS = (
    (codecs.BOM_UTF32_LE, "utf-32"), (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16"),
)  # fmt: skip
_WIDE_ZEROS = {
    b"\1\0\1\0": "utf-16-le", b"\0\1\0\1": "utf-16-be", b"\1\0\0\0": "utf-32-le", b"\0\0\0\1": "utf-32-be",
}  # fmt: skip

# Invisible characters: control characters, zero-width spaces and joiners, marks of writing direction, byte order marks,
# tags. A soft hyphen is removed together with a line break after it.
_UNWANTED = re.compile(
    "\u00ad(?:[ \t]*\n[ \t]*)?|[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\u034f\u061c\u180e\u200b\u200e\u200f\u202a-\u202e"
    "\u2060-\u206f\ufeff\ufff9-\ufffc\ufffe\uffff\U000e0000-\U000e007f]"
)
# Joiners are kept only where they matter: in Arabic, Persian, Indic and neighbouring scripts, and in emoji.
_JOINED = (
    "\u0600-\u08ff\u0900-\u0dff\u0f00-\u109f\u1780-\u18af\ufb50-\ufdff\ufe70-\ufefc"
    "\u2600-\u27bf\ufe0f\U0001f000-\U0001faff"
)
_JOINER = re.compile(f"(?<![{_JOINED}])[\u200c\u200d]+|[\u200c\u200d]+(?![{_JOINED}])")
_SURROGATE = re.compile("[\ud800-\udfff]")
_YEAR = re.compile(r"(?<!\d)(\d{4})(?!\d)")
_ISO = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?!\d)")
_ROUNDS = 3  # times that entities are resolved: `&amp;lt;i&amp;gt;` was escaped twice
_ENTITY = re.compile(r"&(?:#\d{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z][a-zA-Z0-9]{1,30});")
_VALUE = r"\"[^\"<]*\"|'[^'<]*'|[^\s\"'<>=`]+"
_BARE = "allowfullscreen|async|autoplay|checked|compact|controls|defer|disabled|hidden|loop|muted|nowrap|open|selected"
_TAG = re.compile(
    r"<!--(?:(?!<!--|-->).)*-->|<!\[CDATA\[|\]\]>|<[?!][a-zA-Z][^<>]*>"
    r"|<(?P<close>/?)(?:[a-zA-Z][\w-]*:)?(?P<name>[a-zA-Z][a-zA-Z0-9-]*)"
    rf"(?P<rest>(?:\s+(?:[\w:.-]+\s*=\s*(?:{_VALUE})|{_BARE}))*\s*/?)>",
    re.DOTALL,
)
# Only these are tags; `a<b and c>d` is mathematics. A block element separates words, an inline element does not.
_BLOCK_NAMES = (
    "address alternatives article aside blockquote body boxed-text br caption center dd def-list disp-formula "
    "disp-quote div dl dt fig figcaption figure footer form h1 h2 h3 h4 h5 h6 head header hr html label li list "
    "list-item main nav ol option p pre sec section select statement table table-wrap tbody td tfoot th thead title "
    "tr ul"
)
_INLINE_NAMES = (
    "a abbr abstract acronym b bdi bdo big bold button cite code data del dfn em email ext-link font i iframe img inf "
    "inline-formula inline-graphic input ins italic kbd link mark meta monospace named-content nobr object overline q "
    "roman s samp sans-serif sc scp script small source span strike strong style styled-content sub sup svg textarea "
    "time tt u uri var video wbr xref annotation annotation-xml math maction menclose merror mfenced mfrac mi "
    "mmultiscripts mn mo mover mpadded mphantom mprescripts mroot mrow ms mspace msqrt mstyle msub msubsup msup mtable "
    "mtd mtext mtr munder munderover none semantics tex-math"
)
_BLOCKS, _INLINE = frozenset(_BLOCK_NAMES.split()), frozenset(_INLINE_NAMES.split())
_HIDDEN = frozenset({"script", "style", "tex-math", "annotation", "annotation-xml"})  # their content is not text
_HEADINGS = frozenset({"title", "h1", "h2", "h3", "h4"})
_ABSTRACT = re.compile(r"\s*(?:abstract|summary)\s*[:.]?\s*", re.IGNORECASE)  # a heading to drop


def read_bytes(path: Path, expected: str, limit: int = MAX_FILE) -> bytes:
    """Read a whole file. Raises SourceError if it is missing, unreadable, empty or larger than `limit` bytes."""
    try:
        with open(path, "rb") as file:
            data = file.read(limit + 1)
    except IsADirectoryError:
        raise SourceError(f"{path}: is a folder; name the files in it") from None
    except OSError as error:
        raise SourceError(f"{path}: cannot be read ({error.strerror}); expected {expected}") from error
    if len(data) > limit:
        raise SourceError(f"{path}: larger than {limit // 2**20} MiB; split it, or convert it to JSON lines")
    if not data.strip():
        raise SourceError(f"{path}: is empty; expected {expected}")
    return data


def decode(data: bytes) -> str:
    """Decode bytes as UTF-16 or UTF-32 if they look like it, else as UTF-8, with invalid bytes as Windows-1252.

    An incomplete character at the end is dropped, because the file was truncated there. Line ends become `\\n`.
    """
    if wide := wide_encoding(data):
        text = data.decode(wide, errors="replace").removeprefix("\ufeff")
    else:
        try:
            text = codecs.getincrementaldecoder("utf-8-sig")().decode(data)
        except UnicodeDecodeError:
            text = data.removeprefix(codecs.BOM_UTF8).decode("utf-8", errors=_AS_CP1252)
    return text.replace("\r\n", "\n").replace("\r", "\n")


def wide_encoding(head: bytes) -> str:
    """The name of the UTF-16 or UTF-32 encoding of a text that begins with these bytes; "" if it has neither.

    Recognised by the byte order mark, or by the zero bytes of ASCII letters at the start.
    """
    for mark, name in _WIDE_MARKS:
        if head.startswith(mark):
            return name
    return _WIDE_ZEROS.get(bytes(byte > 0 for byte in head[:4]), "")


def _as_cp1252(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeDecodeError):
        raise error
    return error.object[error.start : error.end].decode("cp1252", errors="replace"), error.end


codecs.register_error(_AS_CP1252, _as_cp1252)


def clean(text: str) -> str:
    """Clean a text to one line: no invisible characters, no lone surrogates, one space for any white space."""
    if text.isprintable() and "  " not in text:  # the common case, fast
        return text.strip()
    if not text.isascii():
        text = _JOINER.sub("", _SURROGATE.sub("\ufffd", text))
    return " ".join(_UNWANTED.sub("", text).split())


def rejected(source: str, place: str, reason: str, raw: str = "") -> Rejected:
    """Make a Rejected; its raw text is cut to MAX_RAW characters and made storable."""
    return Rejected(source, place, clean(reason), _SURROGATE.sub("\ufffd", raw[:MAX_RAW]).replace("\0", ""))


def sketch(value: object) -> str:
    """What a value looks like, for quarantine: at most MAX_RAW characters, however deep or long it is."""
    return _SKETCH.repr(value)[:MAX_RAW]


def plain_text(text: str) -> str:
    """Remove markup: tags of known elements, `script` and `style` with their content; entities are resolved.

    Text that only looks like a tag stays: `x<y and z>w`, `n<i`, `List<int>`. Takes linear time.
    """
    if "<" not in text and "&" not in text:
        return clean(text)
    text = _words(text, _TAG.finditer(text), paired=False)
    for _ in range(_ROUNDS):
        plain = unescape_entities(text)
        if plain == text:
            break
        # An escaped tag is markup only if its element is closed: `&lt;b&gt;` alone may be literal text.
        text = _words(plain, _TAG.finditer(plain), paired=True)
    return clean(text)


def unescape_entities(text: str) -> str:
    """Resolve `&eacute;`, `&#233;` and `&amp;`; a name without a semicolon, as in `R&Region`, stays."""
    return _ENTITY.sub(lambda entity: unescape(entity[0]), text) if "&" in text else text


def _words(text: str, matches: Iterable[re.Match[str]], *, paired: bool) -> str:
    tags = list(matches)
    closed = {
        tag["name"].lower(): tag.start() for tag in tags if tag["close"]
    }  # position of the last closing tag of each name
    opened: set[str] = set()
    parts: list[str] = []
    position, hidden = 0, ""
    for tag in tags:
        name = (tag["name"] or "").lower()
        if hidden:
            if tag["close"] and name == hidden:
                position, hidden = tag.end(), ""
            continue
        if not _is_tag(tag, name, closed.get(name, -1) > tag.start() or name in opened, paired):
            continue
        opened.add(name)
        parts.append(text[position : tag.start()])
        if name in _HEADINGS and tag["close"] and _ABSTRACT.fullmatch(parts[-1]):
            parts.pop()
        parts.append(" " if name in _BLOCKS else "")
        position = tag.end()
        hidden = name if name in _HIDDEN and not tag["close"] and not tag["rest"].endswith("/") else ""
    return "".join([*parts, text[position:]])


def _is_tag(tag: re.Match[str], name: str, is_paired: bool, must_pair: bool) -> bool:
    """Whether a match is a tag. A single letter between letters is a comparison: `n<i>m`, `0<p>x`."""
    if is_paired or not name or name in ("br", "hr", "img"):
        return name in _BLOCKS or name in _INLINE or not name
    if must_pair or name in _HIDDEN or (name not in _BLOCKS and name not in _INLINE):
        return False
    if len(name) > 1 or tag["close"] or tag["rest"].strip(" /"):
        return True
    before, after = tag.string[max(0, tag.start() - 1) : tag.start()], tag.string[tag.end() : tag.end() + 1]
    if name == "p":
        return not (before.isalnum() and after.isalnum())
    return not before.isalnum() and bool(after.strip())


def parse_date(text: str) -> date | None:
    """The day of an ISO 8601 or RFC 822 date, in its own time zone; None if the text is not such a date."""
    iso = _ISO.match(text.strip())
    try:
        if iso:
            return date(int(iso[1]), int(iso[2]), int(iso[3]))
        return parsedate_to_datetime(text).date()
    except (ValueError, TypeError, OverflowError, IndexError):
        return None


def year_of(value: object) -> int | None:
    """The year 1000..2999 in a number or a text such as `2019`, `2019.0` or `May 2019`; None if there is none."""
    if isinstance(value, bool):
        return None
    if isinstance(value, float):
        value = int(value) if value.is_integer() else None
    elif isinstance(value, str):
        match = _YEAR.search(value)
        value = int(match[1]) if match else None
    return value if isinstance(value, int) and 1000 <= value <= 2999 else None
