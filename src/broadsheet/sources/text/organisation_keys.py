"""What the spellings of an organisation's name have in common.

"The Univ. of Tokyo", "university of tokyo" and "University of Tokyo" have the key university-tokyo. Case, accents,
punctuation, articles and legal forms don't count, nor the language of "university" and of some cities. Pure.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from broadsheet.sources.text.organisation_names import CITIES, pairs

__all__ = ["fold_name", "organisation_key"]

_KINDS = {  # words of other languages and short forms
    **dict.fromkeys(
        (
            *("univ", "universitat", "universitaet", "universite", "universites", "universita", "universidad"),
            *("universidade", "universiteit", "universitet", "universitetet", "uniwersytet", "universitesi"),
            *("univerza", "universitas", "universitatea", "univerzita", "univerzitet", "sveuciliste"),
        ),
        "university",
    ),
    **dict.fromkeys(("technische", "technischen", "technicka", "techn"), "technical"),
    **dict.fromkeys(("institut", "instituto", "istituto", "inst", "institutet"), "institute"),
    **dict.fromkeys(
        ("politecnico", "politecnica", "politechnika", "polytechnique", "politechnica", "politehnica"), "polytechnic"
    ),
    **dict.fromkeys(("lab", "labs", "laboratories", "laboratoire"), "laboratory"),
    **dict.fromkeys(("centre", "zentrum", "centro"), "center"),
    **dict.fromkeys(("nat", "natl", "nacional"), "national"),
    "tech": "technology",
    "technologies": "technology",
    "sciences": "science",
    "organisation": "organization",
    "federale": "federal",
    "saint": "st",
    "ai": "artificial-intelligence",
    "jiaotong": "jiao-tong",
}
_SILENT = frozenset(
    (
        *("the", "at", "of", "in", "and", "for", "de", "di", "da", "do", "du", "des", "degli", "studi", "del"),
        *("della", "la", "le", "les", "der", "zu", "fur", "d", "l", "et", "e", "y"),
        *("inc", "ltd", "limited", "llc", "gmbh", "corp", "corporation", "co", "company", "ag", "plc", "group"),
        *("sa", "spa", "srl", "pte", "pty"),
    )
)
_LETTERS = str.maketrans(
    {"ß": "ss", "ø": "o", "Ø": "O", "ł": "l", "Ł": "L", "æ": "ae", "œ": "oe", "Œ": "OE", "đ": "d", "ı": "i"}
    | dict.fromkeys("’‘`´ʼ", "'")
)
_MISSPELT = re.compile(r"un?i?n?i?v[a-z]{1,4}s?[it]{1,2}t?y")  # unversity, universtiy
_JOINED = re.compile(r"'|(?<=\w)&(?=\w)")  # Xi'an, AT&T
_WORDS = re.compile(r"[^\W_]+")
_MOST_WORDS = 16  # of a key: it is part of an address
_CITY = dict(pairs(CITIES))


def fold_name(text: str) -> str:
    """Small letters without accents."""
    if not text.isascii():
        text = unicodedata.normalize("NFKD", text.translate(_LETTERS))
        text = "".join(one for one in text if not unicodedata.combining(one))
    return text.lower()


@lru_cache(maxsize=65_536)
def organisation_key(name: str) -> str:
    """The key of a name: its words that count, in small letters, with hyphens; "" for a text without letters."""
    folded = _WORDS.findall(_JOINED.sub("", fold_name(name)))[:_MOST_WORDS]
    words = [_KINDS.get(word, word) for word in (_corrected(word) for word in folded) if word not in _SILENT]
    return "-".join(words or folded)


def _corrected(word: str) -> str:
    word = _CITY.get(word, word)
    return "university" if word[:1] == "u" and word not in _KINDS and _MISSPELT.fullmatch(word) else word
