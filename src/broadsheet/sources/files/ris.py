"""Reads RIS, the tagged format of reference managers: lines `XX  - value`, a record from TY to ER.

Programs write two, one or no spaces between the tag and its dash, and wrapped text may hold words that look like a tag:
`IN - VITRO`, `ER- and PR-positive`. So the style in which a record writes its tags is determined first.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from broadsheet.kit.paper import Record
from broadsheet.sources.contract import Item
from broadsheet.sources.files.tagged import Grammar, Lines, Pair, gather, read_tagged, records_from
from broadsheet.sources.records.assemble import Roles, citation_key, paper_of
from broadsheet.sources.records.fields import FIELD_OF, KIND, KIND_OF, degree_kind, kind_named
from broadsheet.sources.records.fieldset import FieldSet
from broadsheet.sources.text.clean import decode

__all__ = ["KNOWN_TAGS", "RisSource", "read_kind"]

_TAG = re.compile(
    r"(?P<indent>[ \t\xa0]*)(?P<tag>[A-Z][A-Z0-9])(?P<gap>[ \t\xa0]{0,3})-(?P<space>[ \t\xa0]?)(?P<value>.*)"
)
_STANDARD = re.compile(r"[ \t]*[A-Z][A-Z0-9]  -(?: |$)")
_START = re.compile(r"^[ \t\xa0\ufeff]*TY[ \t\xa0]{0,3}-[ \t\xa0]*[A-Za-z]", re.MULTILINE)
_ROLES = Roles(
    "ris",
    title=("TI", "T1", "CT", "BT"),
    abstract=("AB", "N2"),
    venue=("JF", "JO", "T2", "BT"),
    abbreviation=("JA", "J2"),
    year=("PY", "Y1"),
    dates=("DA",),
    authors=("AU", "A1"),
    doi=("DO",),
    possible_doi=("M3", "L3", "N1", "C1"),
    urls=("UR", "LK"),
    files=("L1",),
    keywords=("KW",),
    notes=("N1",),
    language=("LA",),
    pages=("SP", "EP"),
    numbers=("SN",),
    accession=("AN",),
    database=("DB", "DP"),
)
_TAGS = (
    "TY ER ID A1 AB AD AN AU AV BT C1 C2 C3 C4 C5 C6 C7 C8 CP CT DA DB DO DP EP ID IP JA JF JO KW L1 L3 LA LK M1 M2 "
    "M3 N1 N2 PP PY RI RP SN SP T1 T2 T3 TI U1 U2 U3 U4 U5 UR Y1"
)
KNOWN_TAGS = frozenset(FIELD_OF["ris"]) | frozenset(_TAGS.split())
_LONG = frozenset(("AB", "N1", "N2", "RN"))  # text that is wrapped
_PROSE_TAGS = "AB N1 N2 RN TI T1 T2 T3 CT BT AD ST TT OP PB C1 C2 C3 C4 C5 C6 C8 U1 U2 U3 U4 U5"
_PROSE = frozenset(_PROSE_TAGS.split())
_SCHEMES = ("acl", "openalex", "s2", "pmid", "openreview")
_SENTENCE_END = (".", "?", "!", ":", ";")

_Style = tuple[str, str, bool]  # (indent, space between tag and dash, whether a space follows the dash)


class RisSource:
    """RIS records; lenient about spacing, line ends, missing ER and text wrapped over lines."""

    name = "ris"
    suffixes = (".ris",)

    def sniff(self, head: bytes) -> bool:
        """Whether some line starts a record with TY."""
        return bool(_START.search(decode(head)))

    def read(self, path: Path) -> Iterator[Item]:
        """Yield every record in order. Raises SourceError if there is no TY line."""
        return read_tagged(path, _GRAMMAR)


def _split(text: str) -> Iterator[Lines]:
    """Yield the lines of each record from TY on, without ER."""
    lines = text.split("\n")
    return records_from(
        lines,
        lambda index, is_open: _starts(lines[index], not is_open or not lines[index - 1].strip()),
        lambda index: _ends(lines[index], lines, index),
    )


def _starts(line: str, is_expected: bool) -> bool:
    """Whether a TY line starts a record: it has the standard form, a record may begin here, or its value is a type."""
    tag = _TAG.match(line)
    if not tag or tag["tag"] != "TY":
        return False
    return bool(_STANDARD.match(line)) or is_expected or tag["value"].strip() in KIND_OF["ris"]


def _ends(line: str, lines: list[str], index: int) -> bool:
    """Whether an ER line ends a record: it has no text, or a new record or the end of the file follows it."""
    bare = line.strip()
    tag = _TAG.match(line)
    if bare != "ER" and not (tag and tag["tag"] == "ER"):
        return False
    if bare != "ER" and tag and not tag["value"].strip() and _STANDARD.match(line):
        return True
    rest = lines[index + 1 : index + 200]
    following = next((text for text in rest if text.strip()), "")
    is_last = not following or _starts(following, is_expected=True)
    if bare == "ER" or (tag and not tag["value"].strip()):
        return is_last or not rest[0].strip()
    return is_last and bool(_STANDARD.match(line))


def _pairs(lines: list[str]) -> list[Pair]:
    style = _style(lines)
    previous = [""]

    def tag_of(line: str, open_tag: str) -> tuple[str, str] | None:
        previous_line, previous[0] = previous[0], line
        tag = _TAG.match(line)
        return (tag["tag"], tag["value"]) if tag and _is_field(tag, style, open_tag, previous_line) else None

    return gather(lines, tag_of)


def _style(lines: list[str]) -> _Style:
    """The style of most known tags of the record; in a tie that of its first line, TY."""
    styles = [
        _style_of(tag) for line in lines if (tag := _TAG.match(line)) and tag["tag"] in KNOWN_TAGS and tag["value"]
    ]
    return Counter(styles).most_common(1)[0][0] if styles else ("", "  ", True)


def _style_of(tag: re.Match[str]) -> _Style:
    return tag["indent"], tag["gap"], bool(tag["space"])


def _is_field(tag: re.Match[str], style: _Style, open_tag: str, before: str) -> bool:
    """Whether the line begins a field: its tag has the standard style or that of the record, and the line does not
    continue the sentence before it.
    """
    if not open_tag:
        return True
    if tag["tag"] in ("TY", "ER"):  # real ones begin and end the record
        return False
    if _STANDARD.match(tag[0]):
        return True
    indent, gap, space = _style_of(tag)
    is_own = (indent, gap) == style[:2] and (space == style[2] or not tag["value"].strip())
    if not is_own:
        return tag["tag"] in KNOWN_TAGS and open_tag not in _PROSE
    if tag["tag"] not in KNOWN_TAGS:
        return open_tag not in _PROSE
    unfinished = open_tag in _LONG and 40 <= len(before) <= 120 and not before.rstrip().endswith(_SENTENCE_END)
    value = tag["value"].strip()
    return not (unfinished and value[:1].islower() and "://" not in value and " " in value)


def _read(fields: FieldSet) -> Record:
    source_id = fields.first("ID")
    type_name = fields.first("TY").upper()
    known_ids, notes = dict[str, str](), list[str]()
    for text in fields.lines("C1"):
        scheme, _, value = text.partition(":")
        if scheme == "kind" and (value.strip() in KIND and "kind" not in known_ids):
            known_ids["kind"] = value.strip()
        elif scheme.strip().lower() in _SCHEMES and value.strip() and scheme.strip().lower() not in known_ids:
            known_ids[scheme.strip().lower()] = value.strip()
        else:
            notes.append(text)
    fields.put("C1", notes)
    kind = known_ids.pop("kind", "") or read_kind(type_name, " ".join(fields.peek("M3")))
    extra = {"TY": type_name} if type_name and not (kind in KIND and type_name == KIND[kind].ris[0]) else {}
    extra |= citation_key(source_id)
    full = fields.peek("JF")
    if full:  # with a full name in JF, a shorter JO is an abbreviation
        for text in fields.texts("JO"):
            fields.put("J2" if len(text) < len(full[0]) else "JO", [text])
    return Record(paper_of(fields, _ROLES, kind=kind, known_ids=known_ids, extra=extra), "", source_id)


def read_kind(type_name: str, words: str) -> str:
    """The kind for a RIS type; `words` (the field M3) decide the degree of a thesis."""
    kind = kind_named("ris", type_name)
    return degree_kind(words) if kind == "phdthesis" and words else kind


_GRAMMAR = Grammar("ris", "RIS records, each from `TY  - ` to `ER  - `", _split, _pairs, _read)
