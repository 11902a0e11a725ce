"""Splits a person's name into parts by BibTeX's rules, and joins them; a group's name is not split."""

from __future__ import annotations

import re
from dataclasses import replace

from broadsheet.kit.paper import Person
from broadsheet.sources.text.clean import clean
from broadsheet.sources.text.latex import is_braced, to_unicode
from broadsheet.sources.text.name_marks import is_nameless, without_marks

__all__ = [
    "from_inverted",
    "from_parts",
    "group",
    "inverted",
    "is_family_first",
    "is_group",
    "is_initials",
    "is_suffix",
    "names_group",
    "parse_name",
    "split_outside",
]  # fmt: skip

_MAX_NAME = 1000  # characters; a longer text is not split
_JUNIOR = re.compile(r"[JS]n?r\.?|[js]r\.?|[JS]R\.|Esq\.?")
_NUMERAL = re.compile(r"I{2,3}|IV|VI{1,3}|IX|(?:2nd|3rd|[4-9]th)\.?")
_DEGREE = re.compile(
    r"(?:Ph\.?\s?D|D\.?\s?Phil|Dr|D\.?\s?Sc|M\.?\s?D|M\.?\s?Sc|B\.?\s?Sc|M\.?\s?P\.?\s?H|M\.?\s?A|B\.?\s?A|M\.?\s?B\.?\s?A|"
    r"R\.?\s?N|MBBS|FRCP|FRCS|FRS|S\.?J|O\.?F\.?M|O\.?S\.?B)\.?"
)
_NO_INITIALS = re.compile(r"Ph\.?\s?D\.?|D\.?\s?Phil\.?|MBBS|FRC[PS]")  # a degree that looks like initials
_NAMED_PART = re.compile(
    r"(family|given|prefix|suffix|(?:family|given|prefix|suffix)-i|useprefix)\s*=\s*", re.IGNORECASE
)
_FIRM = re.compile(r"(?:Inc|Ltd|LLC|L\.L\.C|GmbH|Corp|Co|plc|S\.A|AG|Pty Ltd)\.?")
# `J.`, `J. K.`, `J.-P.`, `J.K.`; and in medical indexes `JA`, `J-P`
_CAPITAL = r"[^\W\d_a-zß-ÿ]\.?"
_INITIALS = re.compile(rf"(?:{_CAPITAL}|Ch\.|Yu\.|Ya\.|Ts\.|Sh\.|Zh\.|Th\.|Ph\.|St\.)(?:[\s-]*{_CAPITAL}){{0,3}}")
# Family names of two letters, which look like initials if family names are in capitals: `Wei LI`.
_SHORT_NAMES = (
    "AI AN AO AU BA BI BO BU CO CU DA DE DI DO DU EK FU GE GU HA HE HO HU IM JI JO JU KE KO KU LE LI LO LU LY MA MI "
    "MO MU NA NG NI OH OU PU QI QU SU TA TU UM VO VU WU XI XU YE YI YU ZE ZU"
)
_PARTICLE_WORDS = (
    "van von de der den del della degli dei di da do dos das du la le el al bin ibn ben ten ter te zu zum zur vom "
    "af av op in st abu 't ’t"
)
_SHORT, _PARTICLES = frozenset(_SHORT_NAMES.split()), frozenset(_PARTICLE_WORDS.split())
_GROUP_WORDS = (
    "collaboration collaborations consortium consortia organization organisation organizations organisations "
    "committee subcommittee association institute institutes university ministry agency commission council "
    "foundation society initiative investigators collaborators federation corporation department laboratory "
    "laboratories secretariat partnership alliance contributors developers inc ltd llc gmbh corp plc institut "
    "universität université universidad universidade università universiteit ministerio ministère ministerium "
    "gesellschaft verein verband bundesamt bundesanstalt asociación sociedad sociedade comité comisión comissão "
    "instituto consejo conselho fundación fundação organización organização associação société commissione "
    "consorzio istituto konsortium stiftung"
)
_GROUPS = frozenset(_GROUP_WORDS.split())
_LAST_OF_GROUP = frozenset({"group", "groups", "team", "teams", "network", "project", "panel", "board", "program"})


def from_parts(given: str, family: str, suffix: str = "") -> Person:
    """Make a person from the parts of a name; at least one part must not be empty."""
    given, family, suffix = clean(given), clean(family), clean(suffix)
    return Person(" ".join(part for part in (given, family, suffix) if part), given, family, suffix=suffix)


def group(name: str) -> Person:
    """Make a group (a collaboration, an organisation), whose name is not split."""
    return Person(clean(name), is_group=True)


def is_suffix(text: str) -> bool:
    """Whether a text is a suffix of a name: `Jr.`, `III`, `PhD`."""
    return any(pattern.fullmatch(text) for pattern in (_JUNIOR, _NUMERAL, _DEGREE))


def is_initials(text: str) -> bool:
    """Whether a text is initials: `J.`, `J. K.`, `J.-P.`, `JA`."""
    return bool(_INITIALS.fullmatch(text))


def is_family_first(text: str) -> bool:
    """Whether a name is a family name and initials, as in PubMed: `Smith JA`, `van der Berg B.`, `Smith J. A. Jr`."""
    words, _ = _cut_suffix(text.split(), least=3)
    return len(words) > 1 and is_initials(words[-1]) and not is_initials(words[0])


def names_group(name: str) -> bool:
    """Whether a name without commas has words of a group: `The X Team`, `World Y Organization`, `A & B`."""
    words = [word.strip(".,()&").lower() for word in name.split()]
    if len(words) < 2 or not name[:1].isupper():
        return False
    return words[0] in ("the", "") or "" in words or words[-1] in _LAST_OF_GROUP or not _GROUPS.isdisjoint(words)


def parse_name(text: str) -> Person | None:
    """Read a name: `First von Last Jr.`, `von Last, First`, `von Last, Jr, First`, `Last FM`, `{A Group}`; or None.

    A text with too many commas for a name becomes a name without parts. None if the text is blank or has no letter.
    """
    text = text.strip().rstrip(",;").strip()
    if is_braced(text):
        name = _plain(text)
        return group(name) if name else None
    if len(text) > _MAX_NAME:
        return Person(name) if (name := _plain(text)) else None
    text = without_marks(text)
    pieces, parts = [], []
    for piece in split_outside(text, ","):
        if part := _plain(piece):
            pieces.append(piece)
            parts.append(part)
    if parts and all(map(_NAMED_PART.match, parts)):
        return _of_named_parts(parts)
    degrees: list[str] = []
    while len(parts) > 1 and _is_degree(parts, bool(degrees)):
        degrees.insert(0, parts.pop())
    person = None if is_nameless("".join(parts)) else _person(parts, pieces)
    if not person or not degrees:
        return person
    suffix = ", ".join([*([person.suffix] if person.suffix else []), *degrees])
    return replace(person, name=f"{person.name}, {', '.join(degrees)}", suffix=suffix)


def _of_named_parts(parts: list[str]) -> Person | None:
    """Read a name in biber's form `given=Ann, prefix=van, family=Example`."""
    values = {match[1].lower(): part[match.end() :].strip() for part in parts if (match := _NAMED_PART.match(part))}
    person = from_parts(
        values.get("given", ""), f"{values.get('prefix', '')} {values.get('family', '')}", values.get("suffix", "")
    )
    return person if person.name else None


def _plain(text: str) -> str:
    return clean(to_unicode(text))


def _is_degree(parts: list[str], after_degree: bool) -> bool:
    """Whether the last part is a degree; `MA` and `MD` may also be initials."""
    last, before = parts[-1], parts[-2]
    if not _DEGREE.fullmatch(last):
        return False
    return (
        bool(_NO_INITIALS.fullmatch(last))
        or not is_initials(last)
        or after_degree
        or len(parts) > 3
        or (len(parts) == 3 and not is_suffix(before))
    )


def _person(parts: list[str], pieces: list[str]) -> Person | None:
    """Make a person from the parts between commas; `pieces` are the same parts as TeX."""
    if len(parts) < 2:
        return _direct(pieces[0])
    family, given = parts[0], parts[1]
    if len(parts) == 2:
        if _FIRM.fullmatch(given):
            return group(f"{family}, {given}")
        if _JUNIOR.fullmatch(given) or given == "III" or (_NUMERAL.fullmatch(given) and " " in family):
            direct = _direct(pieces[0])
            return from_parts(direct.given, direct.family or direct.name, given) if direct else None
        return from_inverted(family, given)
    if len(parts) == 3:
        if is_suffix(parts[1]):
            return from_parts(parts[2], family, parts[1])
        if is_suffix(parts[2]):
            return from_parts(given, family, parts[2])
        if is_initials(parts[1]) and is_initials(parts[2]):
            return from_parts(f"{parts[1]} {parts[2]}", family)
    return Person(", ".join(parts))


def from_inverted(family: str, given: str) -> Person:
    """Make a person from `Smith, Robert`, `Smith Jr., Robert` or `Smith, Robert Jr.`: either part may have a suffix."""
    words, suffix = _cut_suffix(family.split(), least=2)
    if suffix:
        return from_parts(given, " ".join(words), suffix)
    words, suffix = _cut_suffix(given.split(), least=2)
    return from_parts(" ".join(words), family, suffix)


def _cut_suffix(words: list[str], least: int) -> tuple[list[str], str]:
    """(words without suffix, suffix); a numeral is a suffix only after `least` - 1 words, else it may be initials."""
    last = words[-1]
    is_one = len(words) > 1 and (_JUNIOR.fullmatch(last) or last == "III")
    if is_one or (len(words) >= least and (_NUMERAL.fullmatch(last) or (last in ("JR", "SR") and len(words) > 2))):
        return words[:-1], last
    return words, ""


def _direct(text: str) -> Person | None:
    """Read a name without commas. Text in braces is one word and not a particle."""
    raw = split_outside(text, " \t\n~") if "{" in text else re.split(r"[\s~]+", text)
    pairs = [(plain, is_braced(word)) for word in raw if (plain := _plain(word))]
    words = [word for word, _ in pairs]
    if len(words) < 2:
        return Person(words[0]) if words else None
    if names_group(" ".join(words)):
        return group(" ".join(words))
    words, suffix = _cut_suffix(words, least=3)
    if len(words) == 1:
        return from_parts("", words[0], suffix)
    if family := _family_first(words):
        return from_parts(" ".join(words[family:]), " ".join(words[:family]), suffix)
    last = len(words) - 1
    places = (i for i, (word, braced) in enumerate(pairs[:last]) if not braced and _is_particle(word, i))
    start = next(places, last)
    return from_parts(" ".join(words[:start]), " ".join(words[start:]), suffix)


def _is_particle(word: str, place: int) -> bool:
    return word.lstrip("'’")[:1].islower() and (place > 0 or word in _PARTICLES)


def _family_first(words: list[str]) -> int:
    """The number of words of the family name in `Smith JA`, `van der Berg B`, `Smith J. A.`; 0 for other forms."""
    first = len(words)
    while first > 1 and is_initials(words[first - 1]):
        first -= 1
    if first == len(words) or is_initials(words[0]):
        return 0
    last = words[-1]
    if "." in last or len(words) - first > 1:
        return first
    in_capitals = all(word.isupper() for word in words)
    return 0 if len(last) > 1 and (last in _SHORT or (in_capitals and len(last) > 2)) else first


def split_outside(text: str, separators: str) -> list[str]:
    """Split a text at these characters outside braces and parentheses."""
    if len(separators) == 1 and "{" not in text and "(" not in text:
        return text.split(separators)
    parts: list[str] = []
    depth = start = 0
    for index, char in enumerate(text):
        if depth == 0 and char in separators:
            parts.append(text[start:index])
            start = index + 1
        else:
            depth = max(0, depth + (char in "{(") - (char in "})"))
    parts.append(text[start:])
    return parts


def is_group(person: Person) -> bool:
    """Whether a name must not be split: a group's, or one without parts that is one word or has a comma or `and`."""
    name = person.name
    if person.is_group:
        return True
    if person.family or person.given:
        return False
    return " " not in name or "," in name or " and " in f" {name.lower()} " or names_group(name)


def inverted(person: Person) -> tuple[str, str, str]:
    """(family, given, suffix) of a person who is not a group; `parse_name` reads them back as the same name."""
    if not person.family and not person.given:
        parsed = parse_name(person.name) or person
        return (parsed.family or parsed.name), parsed.given, parsed.suffix
    if person.suffix:
        return person.family, person.given, person.suffix
    suffix = person.name.removeprefix(f"{person.given} {person.family}".strip()).strip()
    return person.family, person.given, suffix if suffix != person.name else ""
