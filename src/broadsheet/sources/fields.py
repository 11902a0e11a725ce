"""The fields of a bibliographic record beyond those of `Paper`, and the types of works, as each format names them.

A reader puts what it knows into `Paper.extra` under the canonical name, whatever the format calls it; a writer gives
it the name of its own format. So a field that two formats know survives the way from one to the other. What stands in
no row here is kept in `extra` under the name it came with.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["FIELDS", "FIELD_OF", "KINDS", "KIND_OF", "Field", "Kind"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its key in `Paper.extra`, and its names in the formats; the first of several is the one written.

    `people` marks a list of people, kept as `paper_json` writes authors; other values are texts, or lists of texts
    where a record has several.
    """

    name: str
    bibtex: tuple[str, ...] = ()
    ris: tuple[str, ...] = ()
    csl: tuple[str, ...] = ()
    people: bool = False


# fmt: off
FIELDS: tuple[Field, ...] = (
    Field("citation_key", csl=("citation-key",)),  # BibTeX's key, RIS's ID and CSL's id are read and written apart
    Field("volume", ("volume",), ("VL",), ("volume",)),
    Field("issue", ("number", "issue"), ("IS",), ("issue",)),
    Field("pages", ("pages",), (), ("page",)),  # `1-10`; RIS: SP and EP
    Field("article_number", ("eid", "articleno", "article-number"), ("C7",), ("article-number",)),
    Field("publisher", ("publisher", "organization"), ("PB",), ("publisher",)),
    Field("institution", ("institution", "school"), (), ()),  # of a thesis or report: RIS's PB, CSL's publisher there
    Field("place", ("address", "location"), ("CY", "PP"), ("publisher-place",)),
    Field("issn", ("issn",), ("SN",), ("ISSN",)),
    Field("isbn", ("isbn",), (), ("ISBN",)),  # RIS: SN of a book
    Field("editors", ("editor",), ("A2", "ED"), ("editor",), people=True),
    Field("translators", ("translator",), ("A4",), ("translator",), people=True),
    Field("series_editors", (), ("A3",), ("collection-editor",), people=True),
    Field("series", ("series",), ("T3",), ("collection-title",)),
    Field("edition", ("edition",), ("ET",), ("edition",)),
    Field("chapter", ("chapter",), (), ("chapter-number",)),
    Field("section", ("section",), ("SE",), ("section",)),
    Field("volumes", ("volumes",), ("NV",), ("number-of-volumes",)),
    Field("page_total", ("pagetotal",), (), ("number-of-pages",)),
    Field("report_number", (), ("M1",), ("number",)),  # BibTeX: number of a report or patent
    Field("genre", ("type",), ("M3",), ("genre",)),  # the type in the source's own words, such as "PhD thesis"
    Field("short_title", ("shorttitle",), ("ST",), ("title-short", "shortTitle")),
    Field("original_title", ("origtitle",), ("OP",), ("original-title",)),
    Field("translated_title", ("translatedtitle",), ("TT",), ()),
    Field(
        "journal_abbreviation", ("shortjournal", "journalabbreviation"), ("J2", "JA"),
        ("container-title-short", "journalAbbreviation"),
    ),
    Field("event", ("eventtitle",), ("C3",), ("event-title", "event")),
    Field("event_place", ("venue",), (), ("event-place",)),
    Field("event_date", ("eventdate",), (), ("event-date",)),
    Field("database", ("database",), ("DB",), ("source",)),
    Field("provider", (), ("DP",), ("archive",)),
    Field("call_number", ("lccn", "library"), ("CN",), ("call-number",)),
    Field("accession_number", (), ("AN",), ("archive_location",)),  # an arXiv id under AN becomes the paper's
    Field("accessed", ("urldate",), ("Y2",), ("accessed",)),
    Field("date", (), (), ()),  # a date that names no day: `2019-05`, `in press`, `Spring 2020`, `2019/2020`
    Field("pmcid", ("pmcid",), ("C2",), ("PMCID",)),
    Field("notes", ("annote", "annotation"), ("RN",), ("annote",)),
    Field("files", ("file",), ("L2", "L3", "L4"), ()),
)
# fmt: on

FIELD_OF: Mapping[str, Mapping[str, Field]] = MappingProxyType(
    {
        form: MappingProxyType({name: field for field in FIELDS for name in getattr(field, form)})
        for form in ("bibtex", "ris", "csl")
    }
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A type of work: `Paper.kind` (BibTeX's and BibLaTeX's words) and its names in the formats, the first written."""

    name: str
    bibtex: tuple[str, ...]
    ris: tuple[str, ...]
    csl: tuple[str, ...]


# In order: where two kinds share a name, the first is what a reader takes it for.
# fmt: off
KINDS: tuple[Kind, ...] = (
    Kind("article", ("article",), ("JOUR", "EJOUR", "EJOU", "JFULL", "ABST", "INPR"), ("article-journal",)),
    Kind("inproceedings", ("inproceedings", "conference"), ("CPAPER", "CONF"), ("paper-conference",)),
    Kind("preprint", ("misc",), ("UNPB", "UNPD"), ("article",)),
    Kind("book", ("book", "collection", "mvbook", "mvcollection"), ("BOOK", "EBOOK", "EDBOOK", "WHOLE"), ("book",)),
    Kind("incollection", ("incollection", "inbook", "bookinbook", "suppbook"), ("CHAP", "ECHAP"), ("chapter",)),
    Kind("phdthesis", ("phdthesis",), ("THES",), ("thesis",)),
    Kind("mastersthesis", ("mastersthesis",), ("THES",), ("thesis",)),
    Kind("thesis", ("thesis",), ("THES",), ("thesis",)),
    Kind("techreport", ("techreport", "report"), ("RPRT", "GOVDOC"), ("report",)),
    Kind("proceedings", ("proceedings", "mvproceedings"), ("CONF",), ("book",)),
    Kind("dataset", ("dataset",), ("DATA", "AGGR", "DBASE"), ("dataset",)),
    Kind("software", ("software",), ("COMP",), ("software",)),
    Kind("patent", ("patent",), ("PAT",), ("patent",)),
    Kind("online", ("online", "electronic", "www"), ("ELEC", "ICOMM"), ("webpage",)),
    Kind("blog", (), ("BLOG",), ("post-weblog",)),
    Kind("newspaper", (), ("NEWS",), ("article-newspaper",)),
    Kind("magazine", (), ("MGZN",), ("article-magazine",)),
    Kind("standard", ("standard",), ("STAND",), ("standard",)),
    Kind("manual", ("manual",), (), ()),
    Kind("booklet", ("booklet",), ("PAMP",), ("pamphlet",)),
    Kind("reference", ("reference", "mvreference"), ("DICT",), ()),
    Kind("inreference", ("inreference",), ("ENCYC",), ("entry-encyclopedia",)),
    Kind("entry", (), (), ("entry-dictionary", "entry")),
    Kind("legislation", ("legislation",), ("STAT",), ("legislation",)),
    Kind("bill", (), ("BILL", "UNBILL"), ("bill",)),
    Kind("case", ("jurisdiction",), ("CASE",), ("legal_case",)),
    Kind("hearing", (), ("HEAR",), ("hearing",)),
    Kind("map", (), ("MAP",), ("map",)),
    Kind("image", ("artwork", "image"), ("ART", "FIGURE"), ("graphic", "figure")),
    Kind("video", ("video", "movie"), ("VIDEO", "MPCT"), ("motion_picture", "broadcast")),
    Kind("audio", ("audio", "music"), ("SOUND", "MUSIC"), ("song",)),
    Kind("slides", (), ("SLIDE",), ("speech",)),
    Kind("letter", ("letter",), ("PCOMM",), ("personal_communication",)),
    Kind("manuscript", ("unpublished",), ("MANSCPT",), ("manuscript",)),
    Kind("review", ("review",), (), ("review",)),
    Kind("misc", ("misc",), ("GEN",), ("document",)),
)
# fmt: on


def _kinds(form: str) -> Mapping[str, str]:
    return MappingProxyType({name: kind.name for kind in reversed(KINDS) for name in reversed(getattr(kind, form))})


# Format → its name of a type → kind. BibTeX's `misc` is none of ours: a reader decides by what else it says.
KIND_OF: Mapping[str, Mapping[str, str]] = MappingProxyType({form: _kinds(form) for form in ("bibtex", "ris", "csl")})
