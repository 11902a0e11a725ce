"""Reads the organisations out of affiliations as papers print them.

"Dept. of EECS, UC Berkeley, Berkeley, CA, USA" names the University of California, Berkeley. An affiliation is parted
at commas and parentheses; each piece is a well-known name, a university, an institute or company, a department or a
place, and the surest pieces are its organisations. Pure functions; what is known by name is in organisation_names.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from broadsheet.sources.text.organisation_keys import fold_name, organisation_key
from broadsheet.sources.text.organisation_names import ANYWHERE, CAMPUSES, WHOLE, pairs
from broadsheet.sources.text.organisation_words import (
    ACADEMY,
    DEPARTMENT,
    INSTITUTE,
    LEGAL_FORM,
    NOT_ONE,
    PART,
    PLACES,
    RESEARCH_BODIES,
    SUBJECT,
    UNIVERSITY,
)

__all__ = ["VERSION", "keyed_organisations", "organisations_of", "split_affiliations"]

VERSION = 1  # of these rules: catalogues read their affiliations again when it changes
_LONGEST = 400  # characters of one affiliation
_CERTAIN, _PROBABLE, _NAMED, _OTHER, _UNIT, _NONE = 5, 4, 3, 2, 1, 0

_SEPARATORS = re.compile(r"[;；]|\s*\+\s*")
_NOTES = re.compile(r"^[\W\d_]*\d+[\W_]*(?=[A-ZÀ-Þ])|^[*†‡§¶∗\s.,:]+|[*†‡§¶∗♣]+|\S+@\S+\.\w+|\\u[0-9a-f]{4}")
_FOOTNOTE = re.compile(r"(?<=[a-z]{3})[\d∗*†‡]+(?=$|[\s,])")
_LOOSE_ACCENT = re.compile(r"\s?[´`¨ˆ˜¸]\s?(?=\w)")  # as PDF files give it: M ¨unchen
_SHORT = (
    (re.compile(r"\b[Uu]niv\.(?=\s?\w)|\bU\.?(?= of [A-Z])"), "University "),
    (re.compile(r"''"), "'"),
)
_PIECES = re.compile(r"\s*[,|()\[\]:]\s*|\s+[-–—/]+\s+|(?<=[a-z)]{3})\.\s+(?=[A-Z])|\s*/\s+|\s+/\s*")
_AND = re.compile(r"\s+(?:and|&|und|et)\s+(?:the\s+)?")
_TOKENS = re.compile(r"[\w&*'’+!.-]*[\w*!+]")
_WORDS = re.compile(r"[^\W_]+")
_WITH_COMMA = (("Agency for Science, Technology and Research", "Agency for Science\0 Technology and Research"),)
_BEFORE = frozenset(("the", "of", "at", "and", "&", "in", "from", "-", "by", "with"))

# A university within a longer piece
_UNITS = r"(?:Dep(?:artmen)?t|School|Faculty|Lab|Laboratory|Institute|Group|Cent(?:er|re)|Division|Program)"
_UNIT_AT = re.compile(rf"^.*\b{_UNITS}s?\b.*?\s(?:at|@|[Oo]f the|-)\s+(?:[Tt]he\s+)?(?=(?:\S+\s){{0,4}}?Univ)")
_UNIT_BEFORE = re.compile(
    r"^.*\b(?:Dep(?:artmen)?t|School)\b.*?(?:Science|Engineering|Technology|Mathematics|Physics|Statistics)s?\.?\s+"
    r"(?=\S.*Univ)|^.*\b(?:Laboratory|Lab|Department|Group)\s+(?=Univ)"
)
_UNIT_AFTER = re.compile(
    rf"(?<=\w)\s+(?:{_UNITS}|College|Computer|Robotics|CSE?|EECS|Graduate|Medical)\b(?! of (?:Econ|Tech|Mines)).*"
)


def split_affiliations(text: str) -> list[str]:
    """The affiliations in a text that lists several with `;` or `+`."""
    return [part for part in (piece.strip() for piece in _SEPARATORS.split(text)) if part]


@lru_cache(maxsize=65_536)
def organisations_of(text: str) -> tuple[str, ...]:
    """The names of the organisations in an affiliation, each once; () if there is none."""
    names: dict[str, str] = {}
    for part in split_affiliations(text[: 4 * _LONGEST]):
        for name in _read(part[:_LONGEST]):
            names.setdefault(organisation_key(name), name)
    return tuple(name for key, name in names.items() if key)


def _read(text: str) -> list[str]:
    """The organisations of one affiliation: its surest pieces."""
    best, names = _NONE, list[str]()
    for piece in _pieces(_clean(text)):
        sides = _AND.split(piece)
        ranks = [_rank(side) for side in sides] if len(sides) > 1 else []
        if not ranks or min(rank for rank, _ in ranks) < _PROBABLE:
            ranks = [_rank(piece)]
        for rank, name in ranks:
            if rank > best:
                best, names = rank, [name]
            elif rank == best == _CERTAIN:
                names.append(name)
    return names


def _clean(text: str) -> str:
    if not text.isascii():
        text = unicodedata.normalize("NFKC", _LOOSE_ACCENT.sub("", text))
    text = _FOOTNOTE.sub("", _NOTES.sub("", text).strip())
    for pattern, replacement in _SHORT:
        text = pattern.sub(replacement, text)
    for whole, marked in _WITH_COMMA:
        text = text.replace(whole, marked)
    return text


def _pieces(text: str) -> list[str]:
    """The pieces between commas and parentheses, a campus joined to its university."""
    pieces: list[str] = []
    for part in _PIECES.split(text):
        piece = part.replace("\0", ",").strip(" .'\"“”")
        if not piece or LEGAL_FORM.fullmatch(piece):
            continue
        if pieces and (organisation_key(pieces[-1]), organisation_key(piece)) in _CAMPUSES:
            pieces[-1] = f"{pieces[-1]}, {piece}"
        else:
            pieces.append(piece)
    return pieces


@lru_cache(maxsize=65_536)
def _rank(piece: str) -> tuple[int, str]:
    """How sure it is that a piece names an organisation, and the name."""
    folded = fold_name(piece).replace(".", "")
    if folded in NOT_ONE:
        return _NONE, ""
    if known := _known(piece):
        return (_PROBABLE if known in RESEARCH_BODIES else _CERTAIN), known
    if UNIVERSITY.search(folded) and not SUBJECT.search(folded):
        return _CERTAIN, _university(piece)
    if academy := ACADEMY.search(folded):
        return _PROBABLE, piece[academy.start() :] if len(folded) == len(piece) else piece
    return _rank_unknown(folded), piece


def _rank_unknown(folded: str) -> int:
    """How sure it is that a piece without a well-known name or a university names an organisation."""
    words = _WORDS.findall(folded)
    if len(folded) < 2 or not words or all(word in PLACES or word.isdigit() for word in words):
        return _NONE
    if DEPARTMENT.search(folded) or SUBJECT.search(folded):
        return _NONE
    if PART.search(folded):
        return _UNIT
    if INSTITUTE.search(folded):
        return _NAMED
    return _NONE if any(word.isdigit() for word in words) else _OTHER  # a street has a number


def _known(piece: str) -> str:
    """The well-known organisation that a piece names; "" if there is none."""
    if whole := _WHOLE.get(organisation_key(piece)):
        return whole
    tokens = _TOKENS.findall(piece)
    for at, token in enumerate(tokens):
        for wanted, name in _ANYWHERE.get(token, ()):
            if tuple(tokens[at : at + len(wanted)]) == wanted and _is_whole(tokens, at, wanted):
                return name
    return ""


def _is_whole(tokens: list[str], at: int, wanted: tuple[str, ...]) -> bool:
    """Whether tokens are a name and not the end of another: not Hong Kong's in City University of Hong Kong."""
    return len(wanted) < 3 or at == 0 or tokens[at - 1].lower() in _BEFORE


def _university(piece: str) -> str:
    """The name of the university in a piece, without what stands before and after it."""
    name = _UNIT_BEFORE.sub("", _UNIT_AT.sub("", piece))
    name = re.sub(r"^[Tt]he\s+", "", name)
    after = _UNIT_AFTER.search(name)
    if after and "niv" in name[: after.start()] and " " in name[: after.start()]:
        name = name[: after.start()]
    return " ".join(re.sub(r"\b[Uu]niv\b\.?", "University", name).split())


def keyed_organisations(text: str) -> list[tuple[str, str]]:
    """(key, name) of the organisations in an affiliation."""
    return [(organisation_key(name), name) for name in organisations_of(text)]


def _by_first_token() -> dict[str, list[tuple[tuple[str, ...], str]]]:
    """First token → (all tokens, name) of the well-known names, the longest first."""
    table: dict[str, list[tuple[tuple[str, ...], str]]] = {}
    entries = list(pairs(ANYWHERE))
    for other, name in [*entries, *((name, name) for name in dict.fromkeys(name for _, name in entries))]:
        tokens = tuple(_TOKENS.findall(other))
        table.setdefault(tokens[0], []).append((tokens, name))
    for of_token in table.values():
        of_token.sort(key=lambda one: -len(one[0]))
    return table


_ANYWHERE = _by_first_token()
_WHOLE = {organisation_key(name): name for table in (WHOLE, ANYWHERE) for _, name in pairs(table)}
_WHOLE = {organisation_key(other): name for table in (WHOLE, ANYWHERE) for other, name in pairs(table)} | _WHOLE
_CAMPUSES = frozenset((organisation_key(of), organisation_key(city)) for city, of in pairs(CAMPUSES))
