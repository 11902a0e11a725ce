"""Tests on normalised titles: generic headings, differing numbers, equal words. Pure.

Titles are normalised by `title_hashes.normalise_title`.
"""

from __future__ import annotations

import re
from collections import Counter
from functools import lru_cache

from broadsheet.kit.text import STOP_WORDS, stem

__all__ = ["differ_in_number", "is_generic", "same_words"]

# Generic headings of journals and proceedings: prefixes of a title of any length, prefixes of a short title, and whole
# titles.
_HEADING_STARTS = re.compile(
    r"(?:acknowledge?ments?|author index|book reviews?|books? received|call for papers|conference organi[sz]\w*|"
    r"correction to|corrections to|corrigend\w+|copyright|editorials?|from the editors?|errata|erratum|forewords?|"
    r"front matter|back matter|guest editor\w*|in memoriam|in this issue|keynote|letters? (?:from|to)|list of|"
    r"introduction to (?:the |this |our )?(?:special|theme|issue|volume|section|workshop|mini|proceedings)|"
    r"message from|minutes of|news from|notes from|obituar\w+|organi[sz]ing committee|plenary|poster session|"
    r"prefaces?|proceedings of|program(?:me)? committee|reply|response to|retract\w*|special issue|subject index|"
    r"supplement\w*|table of contents|title page|tutorials?|welcome|workshops? on|workshops|panel|reviews? of books|"
    r"vorwort|nachruf|buchbesprechung\w*|rezension\w*|leserbrief\w*|berichtigung|grusswort|"
    r"avant propos|compte rendu|comptes rendus|necrologie|lettres? (?:a|au)|courrier des|editoriale?s?|resenas?|"
    r"cartas? (?:al|a la)|fe de erratas|necrologica|apresentacao|resenha|prefacio|premessa|recension\w*|"
    r"voorwoord|redactioneel|forord|ledare|ot redak\w+|predislovie|от редак\w+|предислови\w|рецензи\w|"
    r"письм\w в|некролог|содержани\w)\b"
)
_SHORT_HEADING = 3  # words
_SHORT_HEADING_STARTS = re.compile(
    r"(?:introduction|editors?|news|correspondence|announcements?|abstracts?|reviewers?|contents|in brief|correction|"
    r"research highlights?|short (?:notices?|notes?|communications?)|letters?|prolog\w*|epilog\w*|einleitung|"
    r"einfuhrung|mitteilung\w*|aktuelles|nachrichten|impressum|inhalt|preambule|nouvelles|courrier|presentacion|"
    r"introduccion|noticias|introducao|editoria|introduzione|notizie|inleiding|leder|inledning|введени\w|новости|"
    r"notes? and news)\b"
)
_WHOLE_HEADINGS = re.compile(
    r"(?:notes?|letters?|comments?|commentary|discussion|discussions|errata|index|overview|summary|conclusions?|"
    r"reports?|reviews?|miscellany|miscellanea|varia|perspectives?|viewpoints?|opinions?|abstract|untitled|no title|"
    r"chronique|chronik|от редакции|от редактора|предисловие|введение|рецензия|новости|письма в редакцию|"
    r"ot redakcii|社 论|编 者 按|卷 首 语|前 言|序 言|编 辑 的 话|"
    r"巻 頭 言|まえがき|は じ め に|序 文|머리말|권두언|[a-z]|\d+)(?: \d+)*"
)
_ROMAN = re.compile(r"(?=[ivxlc])(?:c{0,3})(?:xc|xl|l?x{0,3})(?:ix|iv|v?i{0,3})")
_COUNT_WORDS = (
    "one two three four five six seven eight nine ten eleven twelve first second third fourth fifth sixth seventh "
    "eighth ninth tenth eleventh twelfth erste zweite dritte ein zwei drei premier premiere deuxieme troisieme primera "
    "segunda tercera primero segundo tercero uno dos tres un deux trois"
)
_COUNTS = frozenset(_COUNT_WORDS.split())
_DIGITS = re.compile(r"\d+")
_REFERRING_WORDS = (  # if only one of two titles has such a word, it is a paper about the other
    "abstract addendum appendix author authors comment comments correction corrigendum corrigenda discussion editorial "
    "erratum errata poster protocol rejoinder reply response retracted retraction revisited supplement supplementary "
    "supplemental corrected extended summary demo demonstration not non without"
)
_REFERRING = frozenset(_REFERRING_WORDS.split())


@lru_cache(maxsize=8192)
def is_generic(title: str) -> bool:
    """Whether a title is empty or a heading that many papers share: `Editorial`, `Letters to the Editor`."""
    if not title or _HEADING_STARTS.match(title) or _WHOLE_HEADINGS.fullmatch(title):
        return True
    return len(title.split()) <= _SHORT_HEADING and bool(_SHORT_HEADING_STARTS.match(title))


def differ_in_number(a: str, b: str) -> bool:
    """Whether two titles contain different numbers, parts, volumes or years: Part I and Part II are two papers."""
    if a == b:
        return False
    if _DIGITS.findall(a) != _DIGITS.findall(b):
        return True
    if a.replace(" ", "") == b.replace(" ", ""):
        return False
    words_a, words_b = Counter(a.split()), Counter(b.split())
    return any(map(_is_number, (words_a - words_b) + (words_b - words_a)))


def same_words(a: str, b: str) -> bool:
    """Whether two titles differ only in endings and stop words, or one of them only has additional words.

    A replaced word means another paper; so does an additional word such as `reply` or `erratum`.
    """
    words_a, words_b = Counter(a.split()), Counter(b.split())
    only_a, only_b = list((words_a - words_b).elements()), list((words_b - words_a).elements())
    if _REFERRING & {*only_a, *only_b}:
        return False
    stems_a, stems_b = ({stem(w) for w in words} - STOP_WORDS for words in (only_a, only_b))
    return not (stems_a - stems_b and stems_b - stems_a)


def _is_number(word: str) -> bool:
    return word in _COUNTS or word.isdigit() or len(word) == 1 or bool(_ROMAN.fullmatch(word))
