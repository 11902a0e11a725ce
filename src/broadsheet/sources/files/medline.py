"""Reads MEDLINE, PubMed's export format (`.nbib`, or `.txt`): lines `PMID- 123`, continuation lines indented."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from broadsheet.kit.paper import Person, Record
from broadsheet.sources.contract import Item
from broadsheet.sources.files.tagged import Grammar, Lines, Pair, column_pairs, read_tagged, records_from
from broadsheet.sources.records.assemble import Roles, add_extra, paper_of
from broadsheet.sources.records.fields import kind_named
from broadsheet.sources.records.fieldset import FieldSet
from broadsheet.sources.records.tagged_people import person_of
from broadsheet.sources.text.clean import decode, plain_text
from broadsheet.sources.text.person_names import group, is_family_first, parse_name

__all__ = ["MedlineSource"]

# A tag fills four columns before its dash.
_TAG = re.compile(r"(?=.{4}-)([A-Z][A-Z0-9]{1,3}) *-(?: (.*)|$)")
_START = re.compile(r"^\ufeff?PMID ?- ?\d", re.MULTILINE)
_TAGS = (
    "AB AD AID AU AUID BTI CDAT CI CIN CN COI COIS CON CP CRDT CRF CRI CTDT CTI DA DCOM DDIN DEP DP DRDT DRIN ECF "
    "ECI ECN ED EDAT EFR EIN EN FAU FED FIR FPS GN GR GS IP IR IRAD IS ISBN JID JT LA LID LR MH MHDA MID MOTH NM "
    "OAB OABL OCI OID ORI OT OTO OWN PB PG PHST PL PMC PMCR PMID PRIN PROF PS PST PT PUBM RF RIN RN ROF RPF RPI RRF "
    "RRI SB SFM SI SO SPIN STAT TA TI TT UIN UOF VI VTI"
)
_KNOWN = frozenset(_TAGS.split())
_FIRST = re.compile(r"PMID ?- ")
_ROLES = Roles(
    "medline",
    title=("TI", "BTI", "TT"),
    abstract=("AB", "OAB"),
    venue=("JT", "BTI"),
    abbreviation=("TA",),
    year=("DP",),
    dates=("DEP",),
    keywords=("OT", "MH"),
    notes=("GN",),
    language=("LA",),
    numbers=("IS", "ISBN"),
)
_ORCID = re.compile(r"(\d{4})-?(\d{4})-?(\d{4})-?(\d{3}[\dX])")
_TYPED = re.compile(r"(.*?)\s*\[(doi|pii|pmc|bookaccession)\]", re.IGNORECASE)
_BRACKETED = re.compile(r"\[([^\[\]]*)\]\.?")
_ABBREVIATED = re.compile(r"\.\.$|\b[A-Z]\.$")
_RETRACTED = frozenset({"retracted publication", "withdrawn publication"})
_PEOPLE = ("FAU", "AU", "AUID", "AD", "CN")


class MedlineSource:
    """Records of PubMed; affiliations and ORCIDs belong to the author before them, MeSH terms are keywords."""

    name = "medline"
    suffixes = (".nbib", ".txt")

    def sniff(self, head: bytes) -> bool:
        """Whether a line holds a PubMed id in the form of MEDLINE."""
        return bool(_START.search(decode(head)))

    def read(self, path: Path) -> Iterator[Item]:
        """Yield every record in order. Raises SourceError if no line holds a PubMed id."""
        return read_tagged(path, _GRAMMAR)


def _split(text: str) -> Iterator[Lines]:
    lines = text.split("\n")
    return records_from(lines, lambda index, _: _FIRST.match(lines[index]))


def _pairs(lines: list[str]) -> list[Pair]:
    return column_pairs(lines, _TAG, _KNOWN)


def _read(fields: FieldSet) -> Record:
    pmid = fields.first("PMID")
    extra: dict[str, object] = {}
    authors = _authors(fields)
    types = fields.texts("PT")
    add_extra(extra, "genre", types)
    known_ids = {"pmid": pmid, "doi": _doi(fields)}
    _editors(fields)
    for tag in ("OT", "MH"):
        texts = [text.replace("*", "") for text in fields.texts(tag)]  # the asterisk marks a main topic
        fields.put(tag, [text for text in texts if text != "NOTNLM"])  # not a keyword: their owner is not NLM
    _title(fields)
    if not fields.peek("DP", "DEP"):
        fields.put("DEP", fields.peek("EDAT", "CRDT")[:1])
    paper = paper_of(fields, _ROLES, kind=_kind(types, fields), authors=authors, known_ids=known_ids, extra=extra)
    is_retracted = any(name.casefold() in _RETRACTED for name in types) or "RIN" in paper.extra
    return Record(replace(paper, is_retracted=is_retracted), "", pmid)


def _title(fields: FieldSet) -> None:
    """Remove the full stop that PubMed adds to every title, and the brackets around a translated one."""
    for text in fields.texts("TI"):
        title = text if _ABBREVIATED.search(text) else text.removesuffix(".")
        translated = _BRACKETED.fullmatch(text)
        fields.put("TI", [translated[1].removesuffix(".") if translated else title])


def _kind(types: list[str], fields: FieldSet) -> str:
    """The first publication type other than article; an article if there is none and the record has a journal."""
    kinds = [kind for name in types if (kind := kind_named("medline", name))]
    specific = [kind for kind in kinds if kind != "article"]
    return next(iter(specific or kinds), "article" if fields.peek("JT", "TA") else "")


def _doi(fields: FieldSet) -> str:
    """The DOI among the identifiers of a record, which end in their type; other identifiers stay in `fields`."""
    doi = ""
    for tag, lines in fields.take("LID", "AID"):
        text = " ".join(lines)
        match = _TYPED.fullmatch(text.strip())
        if match and match[2].lower() == "doi" and doi.lower() in ("", match[1].lower()):
            doi = match[1]
        else:
            fields.put(tag, [text])
    return doi


def _authors(fields: FieldSet) -> list[Person]:
    """People and groups in order; fields between two full names belong to the first of the two."""
    has_full = bool(fields.peek("FAU"))
    people: list[Person] = []
    for tag, lines in fields.take(*_PEOPLE):
        text = plain_text(" ".join(lines))
        if tag == "FAU" or (tag == "AU" and not has_full):
            people.append((parse_name(text) if is_family_first(text) else None) or person_of(text))
        elif tag == "CN":
            people.append(group(text))
        elif tag == "AU":
            continue  # the short form of the full name before it
        elif not people or len(people[-1].affiliations) > 100 or (tag == "AUID" and not _with_orcid(people, text)):
            fields.put(tag, [text])
        elif tag == "AD":
            people[-1] = replace(people[-1], affiliations=(*people[-1].affiliations, text))
    return [person for person in people if person.name]


def _with_orcid(people: list[Person], text: str) -> bool:
    match = _ORCID.search(text) if "orcid" in text.lower() or text[:1].isdigit() else None
    if not match or people[-1].orcid:
        return False
    people[-1] = replace(people[-1], orcid="-".join(match.groups()))
    return True


def _editors(fields: FieldSet) -> None:
    """Drop the short names of editors if full names are given."""
    if fields.peek("FED"):
        fields.take("ED")


_GRAMMAR = Grammar("medline", "PubMed records, each from `PMID- ` on", _split, _pairs, _read)
