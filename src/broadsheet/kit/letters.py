"""Folds letters of every script to lower case without accents, for search, names and keys.

A letter that Unicode decomposes loses its marks (é → e). One that it does not decompose becomes its base letter, which
its Unicode name gives (ø → o, ł → l, ß → ss, þ → th). Marks for vowels or tones (Devanagari, Thai, …) stay. A Greek
letter used as a symbol becomes its name (α-synuclein → alpha-synuclein); Greek words stay Greek.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache

__all__ = ["GREEK_NAMES", "Piece", "fold_pieces", "fold_run"]

Piece = tuple[str, int, int]  # (folded text, start, stop): the text replaces run[start:stop]

# Scripts written without spaces: each letter with its marks is a word of its own.
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u1950-\u19df\u1a20-\u1aaf\u3040-\u30ff\u31f0-\u31ff\u3400-\u4dbf"
    "\u4e00-\u9fff\ua9e0-\ua9ff\uaa60-\uaadf\uf900-\ufaff\U00020000-\U000323af]"
)
_SYLLABLE = re.compile("[\uac00-\ud7a3]")  # of Korean, where particles are suffixes of words
# Accents, and the vowel marks of Hebrew and Arabic, which most people do not type.
_ACCENT = re.compile(
    "[\u0300-\u036f\u0483-\u0489\u0591-\u05c7\u0610-\u061a\u064b-\u065f\u0670\u06d6-\u06ed\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\ufe20-\ufe2f]"
)
_MODIFIER = re.compile("[\u02b9-\u02df\u055a\u05f3\u0640\u07f4\u07f5]")  # ʻ, ʿ and the Arabic tatweel: dropped
_BASE = re.compile("LATIN (?:LETTER |CAPITAL |SMALL )*([A-Z])(?: WITH .*)?")
_NAMED = {
    **{"æ": "ae", "ǽ": "ae", "œ": "oe", "ß": "ss", "þ": "th", "ð": "d", "ı": "i", "ȷ": "j", "ŋ": "n", "ĸ": "k"},
    **{"ə": "e", "ǝ": "e", "ɛ": "e", "ɔ": "o", "ɑ": "a", "ɩ": "i", "ʊ": "u", "ʃ": "s", "ʒ": "z", "ƿ": "w", "ƕ": "hv"},
    **{"ɖ": "d", "ɣ": "g", "ꞵ": "b", "ȣ": "ou", "ꜳ": "aa", "ꜵ": "ao", "ꜷ": "au", "ꜹ": "av", "ꜽ": "ay", "ꝏ": "oo"},
}
_NO_LETTERS = frozenset("™℠℡℻")  # Unicode decomposes them into letters (TM, SM, …)
_GREEK_NAMES = (
    "alpha beta gamma delta epsilon zeta eta theta iota kappa lambda mu nu xi omicron pi rho sigma sigma tau upsilon "
    "phi chi psi omega"
)
_GREEK = dict(zip("αβγδεζηθικλμνξοπρσςτυφχψω", _GREEK_NAMES.split(), strict=True))
GREEK_NAMES = frozenset(_GREEK.values())
_GREEK_RUN = re.compile("[α-ωΑ-Ω]+")
_VOWEL = re.compile("[αεηιουω]")


@lru_cache(maxsize=4096)
def _base_letter(char: str) -> str:
    """The base letter of a lower-case letter, if it has one; the ASCII digit of a decimal digit in any script."""
    if char in _NAMED or char.isascii():
        return _NAMED.get(char, char)
    if char.isdecimal():
        return str(unicodedata.decimal(char))
    base = _BASE.fullmatch(unicodedata.name(char, ""))
    return base[1].lower() if base else char


def _fold_cluster(text: str, *, follows: bool) -> str:
    """Fold one letter with its marks. Marks alone are kept if they follow a letter; other characters become a space."""
    if text in _NO_LETTERS:
        return " "
    decomposed = unicodedata.normalize("NFKD", text).casefold()
    without_accents = unicodedata.normalize("NFC", _ACCENT.sub("", unicodedata.normalize("NFKD", decomposed)))
    out: list[str] = []
    for char in "".join(map(_base_letter, without_accents)).lower():
        kind = unicodedata.category(char)
        if char.isalnum() or (kind[0] == "M" and (follows or out)):
            out.append(char)
        elif not (kind in ("Cf", "Mn", "Me", "Mc") or _MODIFIER.match(char)):
            out.append(" ")
    return _MODIFIER.sub("", "".join(out))


def _continues_letter(char: str) -> bool:
    """Whether a character belongs to the letter before it: a mark, a half-width kana mark, a later Korean jamo."""
    return unicodedata.category(char)[0] == "M" or "\u1160" <= char <= "\u11ff" or char in "\uff9e\uff9f"


def _fold_clusters(run: str) -> Iterator[Piece]:
    """Yield every letter of the run, folded together with the marks after it."""
    start = 0
    for at in range(1, len(run) + 1):
        if at == len(run) or not _continues_letter(run[at]):
            yield _fold_cluster(run[start:at], follows=start > 0), start, at
            start = at


def _is_symbol(greek: str) -> bool:
    """Whether a run of Greek letters is a symbol (α, γδ) rather than a word."""
    return len(greek) == 1 or (len(greek) == 2 and (not _VOWEL.search(greek) or greek == "αβ"))


def _name_and_split(clusters: list[Piece]) -> Iterator[Piece]:
    """Replace Greek symbols by their names, put spaces around letters of unspaced scripts, pair Korean syllables."""
    text = "".join(piece[0] if len(piece[0]) == 1 else " " for piece in clusters)
    symbols = {at for m in _GREEK_RUN.finditer(text) if _is_symbol(m[0]) for at in range(*m.span())}
    for at, (letters, start, stop) in enumerate(clusters):
        if at in symbols:
            yield _GREEK[letters], start, stop
        elif _UNSPACED.match(letters):
            yield f" {letters} ", start, stop
        elif _SYLLABLE.match(letters):
            has_next = at + 1 < len(clusters) and _SYLLABLE.match(clusters[at + 1][0])
            if has_next:
                yield f" {letters}{clusters[at + 1][0]} ", start, clusters[at + 1][2]
            elif not (at and _SYLLABLE.match(clusters[at - 1][0])):
                yield f" {letters} ", start, stop
        else:
            yield letters, start, stop


@lru_cache(maxsize=16384)
def fold_pieces(run: str) -> tuple[Piece, ...]:
    """Fold a run of non-ASCII characters into pieces, each with the part of the run that it replaces.

    Characters other than letters, digits and marks become a space; invisible ones (soft hyphens) are dropped.
    """
    return tuple(_name_and_split(list(_fold_clusters(run))))


@lru_cache(maxsize=16384)
def fold_run(run: str) -> str:
    """Fold a run of non-ASCII characters into one text."""
    return "".join([piece[0] for piece in fold_pieces(run)])
