"""Letters without case and accents, for every script: the one table that search, names and keys fold by.

What Unicode takes apart is taken apart (é → e), and so is what it keeps whole (ø → o, ł → l, ß → ss, þ → th): such a
letter has its base letter in its Unicode name. Marks that carry vowels or tones (Devanagari, Thai, …) stay. A Greek
letter that stands for a symbol becomes its name (α-synuclein → alpha-synuclein); Greek words stay Greek.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

__all__ = ["GREEK_NAMES", "Piece", "pieces", "plain"]

Piece = tuple[str, int, int]  # what stands for run[start:stop]

# Scripts written without spaces: each letter with its marks is a word of its own.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\ua9e0-\ua9ff\uaa60-\uaadf\uf900-\ufaff\U00020000-\U000323af]"
)
_SYLLABLE = re.compile("[\uac00-\ud7a3]")  # of Korean, which hangs particles onto its words
# Accents of letters, and of Hebrew and Arabic, which most people leave out.
_ACCENT = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_MODIFIER = re.compile("[\u02b9-\u02df\u055a\u05f3\u0640\u07f4\u07f5]")  # ʻ ʿ, Arabic's stretch: no letters of a word
_BASE = re.compile("LATIN (?:LETTER |CAPITAL |SMALL )*([A-Z])(?: WITH .*)?")
_NAMED = {
    **{"æ": "ae", "ǽ": "ae", "œ": "oe", "ß": "ss", "þ": "th", "ð": "d", "ı": "i", "ȷ": "j", "ŋ": "n", "ĸ": "k"},
    **{"ə": "e", "ǝ": "e", "ɛ": "e", "ɔ": "o", "ɑ": "a", "ɩ": "i", "ʊ": "u", "ʃ": "s", "ʒ": "z", "ƿ": "w", "ƕ": "hv"},
    **{"ɖ": "d", "ɣ": "g", "ꞵ": "b", "ȣ": "ou", "ꜳ": "aa", "ꜵ": "ao", "ꜷ": "au", "ꜹ": "av", "ꜽ": "ay", "ꝏ": "oo"},
}
_NO_LETTERS = frozenset("™℠℡℻")  # which Unicode would spell out
_GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma sigma tau upsilon "
    "phi chi psi omega"
)
_GREEK = dict(zip("αβγδεζηθικλμνξοπρσςτυφχψω", _GREEK_NAMES.split(), strict=True))
GREEK_NAMES = frozenset(_GREEK.values())
_GREEK_RUN = re.compile("[α-ωΑ-Ω]+")
_VOWEL = re.compile("[αεηιουω]")


@lru_cache(maxsize=4096)
def _letter(char: str) -> str:
    """One letter of lower case as its base letter, where it has one; a decimal digit of any script as that digit."""
    if char in _NAMED or char.isascii():
        return _NAMED.get(char, char)
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    base = _BASE.fullmatch(unicodedata.name(char, ""))
    return base[1].lower() if base else char


def _cluster(text: str, *, follows: bool) -> str:
    """A letter with its marks, folded; marks alone count where they follow a letter. No letter or digit: a space."""
    if text in _NO_LETTERS:
        return " "
    apart = unicodedata.normalize("NFKD", text).casefold()
    bare = unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFKD", apart)))
    out: list[str] = []
    for char in "".join(map(_letter, bare)).lower():
        kind = unicodedata.category(char)
        if char.isalnum() or (kind[0] == "M" and (follows or out)):
            out.append(char)
        elif not (kind in ("Cf", "Mn", "Me", "Mc") or _MODIFIER.match(char)):
            out.append(" ")
    return _MODIFIER.sub("", "".join(out))


def _follows(char: str) -> bool:
    """Whether a character belongs to the letter before it: a mark, a narrow kana's, the rest of a Korean syllable."""
    return unicodedata.category(char)[0] == "M" or "\u1160" <= char <= "\u11ff" or char in "\uff9e\uff9f"


def _clusters(run: str) -> Iterator[Piece]:
    """Each letter of the run with the marks behind it."""
    start = 0
    for at in range(1, len(run) + 1):
        if at == len(run) or not _follows(run[at]):
            yield _cluster(run[start:at], follows=start > 0), start, at
            start = at


def _is_symbol(greek: str) -> bool:
    """Whether Greek letters between others are symbols, not a word: α, γδ."""
    return len(greek) == 1 or (len(greek) == 2 and (not _VOWEL.search(greek) or greek == "αβ"))


def _told(found: list[Piece]) -> Iterator[Piece]:
    """Greek symbols by their names, unspaced scripts letter by letter, Korean in pairs of syllables."""
    text = "".join(piece[0] if len(piece[0]) == 1 else " " for piece in found)
    symbols = {at for m in _GREEK_RUN.finditer(text) if _is_symbol(m[0]) for at in range(*m.span())}
    for at, (letters, start, stop) in enumerate(found):
        if at in symbols:
            yield _GREEK[letters], start, stop
        elif _UNSPACED.match(letters):
            yield f" {letters} ", start, stop
        elif _SYLLABLE.match(letters):
            ahead = at + 1 < len(found) and _SYLLABLE.match(found[at + 1][0])
            if ahead:
                yield f" {letters}{found[at + 1][0]} ", start, found[at + 1][2]
            elif not (at and _SYLLABLE.match(found[at - 1][0])):
                yield f" {letters} ", start, stop
        else:
            yield letters, start, stop


@lru_cache(maxsize=16384)
def pieces(run: str) -> tuple[Piece, ...]:
    """A run of characters that are not ASCII, folded piece by piece; joined they are what stands for the run.

    What is no letter, digit or mark becomes a space; invisible characters (soft hyphens) become nothing.
    """
    return tuple(_told(list(_clusters(run))))


@lru_cache(maxsize=16384)
def plain(run: str) -> str:
    """The same as one text."""
    return "".join([piece[0] for piece in pieces(run)])
