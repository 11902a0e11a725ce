"""Strips an identifier of invisible characters, TeX, entities, labels, brackets and punctuation around it."""

from __future__ import annotations

import re

__all__ = ["plain", "trim", "visible"]

_INVISIBLE = "\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180e\u2060\u2061\u2062\u2063\u2064\ufeff" + "".join(
    map(chr, (*range(0x200B, 0x2010), *range(0x202A, 0x202F), *range(0x2066, 0x2070), *range(0xFE00, 0xFE10)))
)
_NO_INVISIBLE: dict[int, str | None] = dict.fromkeys(map(ord, _INVISIBLE))
_TO_PLAIN = dict(_NO_INVISIBLE)
_TO_PLAIN |= dict.fromkeys((0x2010, 0x2011, 0x2012, 0x2013, 0x2014, 0x2212, 0xFE63), "-")
_TO_PLAIN |= {code: chr(code - 0xFEE0) for code in range(0xFF01, 0xFF5F)}  # full-width letters and signs
_TO_PLAIN |= {
    0x2044: "/",
    0x2215: "/",
    0x29F8: "/",
    0x3002: ".",
    0x3010: "[",
    0x3011: "]",
    0x2329: "<",
    0x232A: ">",
}
_TO_PLAIN |= {0x27E8: "<", 0x27E9: ">", 0x2039: "<", 0x203A: ">"}
_ENTITY = re.compile(r"&(?:amp;)?(lt|gt|amp|quot|apos|nbsp|shy|#x?[0-9a-f]{1,6});", re.I)
_ENTITY_CHARACTERS = {"lt": "<", "gt": ">", "amp": "&", "quot": '"', "apos": "'", "nbsp": " ", "shy": ""}
_TEX = (
    (re.compile(r"\\(?:url|href|nolinkurl|path|texttt|doi)\s*\{([^{}]*)\}(?:\{[^{}]*\})?"), r"\1"),
    (re.compile(r"\{?\\(?:textless|lt)(?![a-z])\s*(?:\{\})?\}?|\{?\$<\$\}?"), "<"),
    (re.compile(r"\{?\\(?:textgreater|gt)(?![a-z])\s*(?:\{\})?\}?|\{?\$>\$\}?"), ">"),
    (re.compile(r"\{?\\(?:textunderscore|_)(?![a-z])\s*(?:\{\})?\}?"), "_"),
    (re.compile(r"\{?\\(?:textasciitilde|~)(?![a-z])\s*(?:\{\})?\}?"), "~"),
    (re.compile(r"\{?\\([&%$#{}/])(?:\{\})?\}?"), r"\1"),
    (re.compile(r"\{([_&%$#~<>;:()\[\]-]|[A-Za-z0-9]{1,3})\}"), r"\1"),
    (re.compile(r"\{\}"), ""),
)
_TAG = re.compile(r"</?[a-z][a-z0-9]{0,9}(?:\s[^<>]*)?/?>", re.I)  # not SICI's <693::AID-ASI4>, which has a colon
_LABELS = re.compile(
    r"(?:(?:(?:doi|url|uri|urn|info|hdl|link|available\s+(?:at|from)|identifier|retrieved\s+from)"
    r"\s*(?:[:=/]+\s*|\s+(?=\S))|doi(?=10\.))[\s({\[<\"']*)+",
    re.I,
)
_MARK = re.compile(r"\s*\[(?:doi|pii|pmid|arxiv|pubmed)\]\s*$", re.I)
_OPENING = " \t\r\n\f\v\u00a0([{<\"'`*“”‘’«»‹›„‚"
_CLOSING = ".,;:!?'\"`*“”‘’«»‹›…·"
_PAIRS = (("(", ")"), ("[", "]"), ("<", ">"), ("{", "}"))


def plain(text: str, *, inside: bool = False) -> str:
    """Strip an identifier of everything around it. `inside`: a longer text, which keeps labels and brackets."""
    if not text.isascii():
        text = text.translate(_TO_PLAIN)
    if "&" in text:
        text = _ENTITY.sub(_entity, text)
    if "\\" in text or "{" in text or "$" in text:
        for pattern, meaning in _TEX:
            text = pattern.sub(meaning, text)
    if "<" in text:
        text = _TAG.sub(" " if inside else "", text)
    if inside:
        return text
    text = _without_mark(text.lstrip(_OPENING))
    if match := _LABELS.match(text):
        text = text[match.end() :].lstrip(_OPENING)
    return trim(_without_mark(text))


def _without_mark(text: str) -> str:
    return _MARK.sub("", text) if "[" in text else text


def visible(text: str) -> str:
    """The text without invisible characters."""
    return text if text.isascii() else text.translate(_NO_INVISIBLE)


def trim(text: str) -> str:
    """Strip the punctuation and the unmatched closing brackets after an identifier."""
    while not text[-1:].isalnum():
        rest = text.rstrip().rstrip(_CLOSING)
        for opening, closing in _PAIRS:
            if rest.endswith(closing) and rest.count(closing) > rest.count(opening):
                rest = rest[:-1]
        if rest == text:
            break
        text = rest
    return text


def _entity(match: re.Match[str]) -> str:
    name = match[1].lower()
    if not name.startswith("#"):
        return _ENTITY_CHARACTERS[name]
    code = int(name[2:], 16) if name.startswith("#x") else int(name[1:])
    char = chr(code) if 0 < code < 0x110000 and not 0xD800 <= code < 0xE000 else ""
    return char.translate(_TO_PLAIN)
