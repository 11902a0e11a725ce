"""Reads lists of people: with BibTeX's `and`, and with commas, semicolons and other separators."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from broadsheet.kit.paper import Person
from broadsheet.sources.text.clean import clean, unescape_entities
from broadsheet.sources.text.latex import is_braced, to_unicode
from broadsheet.sources.text.person_names import (
    from_parts,
    group,
    inverted,
    is_family_first,
    is_group,
    is_initials,
    is_suffix,
    names_group,
    parse_name,
    split_outside,
)

__all__ = [
    "MAX_AUTHORS",
    "from_parts",
    "group",
    "inverted",
    "is_et_al",
    "is_group",
    "parse_name",
    "parse_names",
    "people_of",
    "printed_list",
    "split_authors",
]  # fmt: skip

MAX_AUTHORS = 10_000  # the largest collaborations have about 5,000 authors; a longer list is a damaged field
_MAX_LITERAL = 1_000_000  # characters of a printed list that are read as one
_AND = re.compile(r"[{}]|\\.|(?<!\S)and(?!\S)", re.DOTALL | re.IGNORECASE)
# Other words for `and`; `et al` is removed before, and `von und zu` is part of a name.
_SIGN = re.compile(r"(?<!\S)(?:\\?&|(?<!\bvon )und|et)(?=\s)")
_OTHERS = re.compile(
    r"(?:and\s+|&\s*)?(?:et\.?\s+al(?:ii|iae)?\b\.?|et\s+(?:coll|autres)\b\.?|u\.\s?a\.|m\.\s?fl\.|i\s+in\.|и\s+(?:др|соавт)\.?|"
    r"ve\s+(?:ark|diğ)\.|[ey]\s+(?:outros|otros|altri|cols?\.)|等|ほか|他|…|\.{3}|\bothers)$",
    re.IGNORECASE,
)
_LONGEST_ET_AL = 30  # characters of such words
_ADJACENT = re.compile(r"['\"]\s+['\"]")  # as NumPy prints
_ENDS = " \t\n,;"
_MARKS = str.maketrans({"；": ";", "؛": ";", "、": ";", "，": ";", "،": ","})  # `;` and `,` of other scripts
_WHOLE = re.compile(
    "[\u3041-\u30ff\u3400-\u9fff\uac00-\ud7a3]{2,}"
)  # an East Asian name, family and given name in one word
_TIE = re.compile(r"(?<!\\)~")  # TeX's non-breaking space
_ARRAY = re.compile(r"(?:np\.)?array\((\[.*\])(?:,\s*dtype=[\w<>'\"]+)?\)", re.DOTALL)
_PLACE = re.compile(r"(.*\S)\s*\(([^()]*)\)", re.DOTALL)
_QUOTED = re.compile(r"'((?:[^'\\]|\\.)*)'|\"((?:[^\"\\]|\\.)*)\"")


def is_et_al(text: str) -> bool:
    """Whether a text is `et al.` or `others` instead of a name."""
    bare = text.strip().strip(_ENDS)
    return 0 < len(bare) <= _LONGEST_ET_AL and bool(_OTHERS.match(bare))


def _cut_et_al(text: str) -> tuple[str, bool]:
    """(the text without `et al.` at its end, whether it had one)."""
    text = text.strip().rstrip(_ENDS)
    tail = text[-_LONGEST_ET_AL:]
    match = _OTHERS.search(tail)
    if not match or (match.start() and tail[match.start() - 1] not in _ENDS):
        return text, False
    return text[: len(text) - len(tail) + match.start()].rstrip(_ENDS), True


def parse_names(text: str) -> tuple[tuple[Person, ...], bool]:
    """(people, whether the list ends in `and others`) of a BibTeX author field, possibly an invalid one.

    By BibTeX's rules one name stands between two `and`s; a part with too many commas or semicolons for one name is read
    as a list of names.
    """
    return _parse(_TIE.sub(" ", unescape_entities(text)), is_bibtex=True)


def split_authors(text: str) -> tuple[tuple[Person, ...], bool]:
    """(people, whether the text ends in `et al.`) of a list of names in an unknown format.

    The separators are `;`, ` and `, `&`, commas or line ends, or the text is a printed list.
    """
    text = text.strip()
    if (names := printed_list(text)) is not None:
        return people_of(names), any(isinstance(one, str) and is_et_al(one) for one in names)
    if text.startswith("[") and text.endswith("]"):
        text = text[1:-1]
    if _is_one_a_line(text):
        text = text.replace("\n", ";")
    return _parse(unescape_entities(text).replace("|", ";").replace("•", ";"), is_bibtex=False)


def _is_one_a_line(text: str) -> bool:
    """Whether every line is one name, all as `First Last` or all as `Last, First`, without other separators."""
    lines = text.splitlines()
    if len(lines) < 2 or ";" in text or " and " in text:
        return False
    return "," not in text or all(line.count(",") == 1 and " " not in line.strip().split(",")[0] for line in lines)


def people_of(names: Iterable[object]) -> tuple[Person, ...]:
    """The people of a list of names; a name is a text or a list of its parts (family, given, suffix)."""
    people: list[Person] = []
    for name in names:
        if isinstance(name, str) and not is_et_al(name):
            people.extend(filter(None, [parse_name(unescape_entities(name))]))
        elif isinstance(name, (list, tuple)) and name and all(isinstance(part, str) for part in name):
            family, given, suffix = ([to_unicode(part) for part in name] + ["", "", ""])[:3]
            person = from_parts(given, family, suffix)
            people.extend([person] if person.name else [])
        if len(people) >= MAX_AUTHORS:
            break
    return tuple(people)


def printed_list(text: str) -> list[object] | None:
    """Parse a list printed by Python, NumPy or a database, such as `['A B', 'C D']`; None if it is not such a list."""
    text = text.strip()
    if array := _ARRAY.fullmatch(text):
        text = array[1]
    if (
        text[:1] not in ("[", "(", "{")
        or text[-1:] not in ("]", ")", "}")
        or not _QUOTED.search(text)
        or len(text) > _MAX_LITERAL
    ):
        return None
    if "\\" not in text and not _ADJACENT.search(text):
        try:
            value = ast.literal_eval(text)
        except (ValueError, SyntaxError, MemoryError, RecursionError, TypeError):
            value = None
        if isinstance(value, (list, tuple)):
            return [item["name"] if isinstance(item, dict) and "name" in item else item for item in value]
    return [single or double for single, double in _QUOTED.findall(text)]


def _parse(text: str, *, is_bibtex: bool) -> tuple[tuple[Person, ...], bool]:
    text, others = _cut_et_al(_unwrap(text.translate(_MARKS)))
    people: list[Person] = []
    for part in _split_and(text)[: MAX_AUTHORS + 1]:
        names, is_cut = _cut_et_al(part.lstrip(_ENDS))
        others = others or is_cut
        if names:
            people.extend(_between_ands(names, is_bibtex))
    return tuple(people[:MAX_AUTHORS]), others


def _unwrap(text: str) -> str:
    """Remove the braces around a whole list, which some programs add: `{Smith, Ann and Jones, Bob}`."""
    text = text.strip()
    if not is_braced(text) or " and " not in text:
        return text
    names = _split_and(text[1:-1])
    return text[1:-1] if all(name.count(",") == 1 and not names_group(_plain(name)) for name in names) else text


def _between_ands(text: str, is_bibtex: bool) -> Iterable[Person]:
    """The people in the text between two `and`s."""
    if is_braced(text):
        return filter(None, [parse_name(text)])
    pieces = [piece for piece in split_outside(text, ";") if piece.strip(_ENDS)]
    if len(pieces) == 1:
        pieces = _split_signs(text)
    if len(pieces) > 1:
        return [person for piece in pieces for person in _between_ands(piece.strip(_ENDS), is_bibtex)]
    parse = parse_name if is_bibtex else _with_place
    return filter(None, map(parse, _split_names(text.strip(_ENDS), is_bibtex)))


def _split_signs(text: str) -> list[str]:
    """Split at `&`, `und` and `et` between names of persons; `Ernst & Young` and `AT & T` are not split."""
    if not _SIGN.search(text) or "{" in text:
        return [text]
    pieces = [piece.rstrip(_ENDS) for piece in _SIGN.split(text)]
    names = [piece for piece in pieces if piece.strip()]
    is_group_name = any(names_group(piece.strip()) for piece in names)
    return names if not is_group_name and any("," in piece or " " in piece.strip() for piece in names) else [text]


def _plain(text: str) -> str:
    return clean(to_unicode(text))


def _split_names(text: str, is_bibtex: bool) -> list[str]:
    """Split at commas between names, not at commas in names: `A B, C D`, `Smith, J., Doe, K.`, `Smith JA, Doe K`."""
    pieces = [piece for piece in split_outside(text, ",") if piece.strip()]
    if len(pieces) < 2:
        return [text]
    plain = [_plain(piece) for piece in pieces]
    if all(map(is_family_first, plain)) or (not is_bibtex and all(map(_WHOLE.fullmatch, plain))):
        return pieces
    if len(pieces) == 2:
        is_two = " " in plain[0] and " " in plain[1] and not is_suffix(plain[1]) and not is_initials(plain[1])
        is_sure = not (is_bibtex or _leads(plain[0])) or all("." in p and is_initials(p.split()[0]) for p in plain)
        return pieces if is_two and is_sure else [text]
    if _is_one(plain, is_bibtex):
        return [text]
    if all(" " in piece and not is_initials(piece) for piece in plain):
        return pieces
    if not any(is_initials(piece) or " " in piece for piece in plain) and len(plain) % 2:
        return [text] if is_bibtex else pieces
    return _pair_names(pieces, plain)


def _leads(piece: str) -> bool:
    """Whether a piece begins like a family name: `van der Berg`."""
    return piece[:1].islower()


def _is_one(plain: Sequence[str], is_bibtex: bool) -> bool:
    """Whether the pieces are one name with suffixes: `Last, Jr, First`, `Smith, John, MD, PhD`."""
    if len(plain) == 3 and is_suffix(plain[1]) and (is_bibtex or not is_initials(plain[1])):
        return is_bibtex or " " not in plain[0] or _leads(plain[0])
    return all(map(is_suffix, plain[2:])) and not (is_suffix(plain[1]) and is_initials(plain[1]))


def _pair_names(pieces: list[str], plain: list[str]) -> list[str]:
    """Join family names with the initials or suffixes after them; without initials, join the pieces in pairs."""
    with_initials = any(is_initials(piece) for piece in plain[1:])
    names: list[str] = []
    is_open = False  # whether the last name still lacks its given name
    for piece, words in zip(pieces, plain, strict=True):
        if names and (is_suffix(words) and not is_initials(words)):
            names[-1] += f",{piece}"
        elif names and is_open and (is_initials(words) or (not with_initials and " " not in plain[0])):
            names[-1] += f",{piece}"
            is_open = False
        else:
            names.append(piece)
            is_open = True
    return names


def _with_place(text: str) -> Person | None:
    """Read a name with an affiliation in parentheses: `Ann Other (MIT)`."""
    match = _PLACE.fullmatch(text.strip()) if text.rstrip().endswith(")") else None
    person = parse_name(match[1]) if match else parse_name(text)
    place = clean(match[2]) if match else ""
    return replace(person, affiliations=(place,)) if person and place else person


def _split_and(text: str) -> list[str]:
    """Split at the word `and` outside braces."""
    parts: list[str] = []
    depth = start = 0
    for mark in _AND.finditer(text):
        token = mark[0]
        if token in "{}":
            depth = max(0, depth + (1 if token == "{" else -1))
        elif token[0] != "\\" and depth == 0:
            parts.append(text[start : mark.start()])
            start = mark.end()
    parts.append(text[start:])
    return parts
