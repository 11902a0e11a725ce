"""The fields of a bibliographic record beyond those of `Paper`, and the types of works, as each format names them.

A reader stores a field in `Paper.extra` under its canonical name, and a writer gives it the name in its own format. So
a field that two formats have is converted from one to the other. A field that is not in this table is kept in `extra`
under its original name.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

__all__ = ["FIELDS", "FIELD_OF", "KIND", "KINDS", "KIND_OF", "Field", "Kind", "degree_kind", "kind_named"]


@dataclass(frozen=True, slots=True)
class Field:
    """One field: its key in `Paper.extra` and its names in the formats; writers use the first of several names.

    `people` marks a list of people in the form of `paper_json`; `is_date` marks a date, stored as `2019-05-03` if it
    has a day. Other values are texts, or lists of texts if a record has several.
    """

    name: str
    bibtex: tuple[str, ...] = ()
    ris: tuple[str, ...] = ()
    csl: tuple[str, ...] = ()
    people: bool = False
    is_date: bool = False
    medline: tuple[str, ...] = ()  # PubMed
    wos: tuple[str, ...] = ()  # Web of Science
    refer: tuple[str, ...] = ()  # EndNote's tagged files
    endnote_xml: tuple[str, ...] = ()  # names of elements; of a list, that of the list


# fmt: off
FIELDS: tuple[Field, ...] = (
    Field("citation_key", csl=("citation-key",)),  # readers and writers handle BibTeX's key, RIS's ID and CSL's id
    Field(
        "volume", ("volume",), ("VL",), ("volume",),
        medline=("VI",), wos=("VL",), refer=("%V",), endnote_xml=("volume",),
    ),
    Field(
        "issue", ("number", "issue"), ("IS",), ("issue",),
        medline=("IP",), wos=("IS",), refer=("%N",), endnote_xml=("number", "issue"),
    ),
    Field(
        "pages", ("pages",), (), ("page",),
        medline=("PG",), refer=("%P",), endnote_xml=("pages",),
    ),  # `1-10`; RIS: SP and EP
    Field(
        "article_number", ("eid", "articleno", "article-number"), ("C7",), ("article-number",),
        wos=("AR",), refer=("%]",), endnote_xml=("article-number",),
    ),
    Field(
        "publisher", ("publisher", "organization"), ("PB",), ("publisher",),
        medline=("PB",), wos=("PU",), refer=("%I",), endnote_xml=("publisher",),
    ),
    Field("institution", ("institution", "school"), (), ()),  # of a thesis or report: RIS's PB, CSL's publisher there
    Field(
        "place", ("address", "location"), ("CY", "PP"), ("publisher-place",),
        medline=("PL",), wos=("PI",), refer=("%C",), endnote_xml=("pub-location",),
    ),
    Field("issn", ("issn",), ("SN",), ("ISSN",)),
    Field("isbn", ("isbn",), (), ("ISBN",)),  # RIS: SN of a book
    Field(
        "editors", ("editor",), ("A2", "ED"), ("editor",), people=True,
        medline=("FED", "ED"), wos=("BE", "ED"), refer=("%E",), endnote_xml=("secondary-authors",),
    ),
    Field(
        "translators", ("translator",), ("A4",), ("translator",), people=True,
        endnote_xml=("subsidiary-authors",), refer=("%?",),
    ),
    Field(
        "series_editors", ("serieseditor",), ("A3",), ("collection-editor",), people=True,
        refer=("%Y",), endnote_xml=("tertiary-authors",),
    ),
    Field(
        "series", ("series",), ("T3",), ("collection-title",),
        medline=("CTI",), wos=("SE",), refer=("%S",), endnote_xml=("tertiary-title",),
    ),
    Field("edition", ("edition",), ("ET",), ("edition",), medline=("EN",), refer=("%7",), endnote_xml=("edition",)),
    Field("chapter", ("chapter",), (), ("chapter-number",)),
    Field("section", ("section",), ("SE",), ("section",), refer=("%&",), endnote_xml=("section",)),
    Field("volumes", ("volumes",), ("NV",), ("number-of-volumes",), refer=("%6",), endnote_xml=("num-vols",)),
    Field("page_total", ("pagetotal",), (), ("number-of-pages",), wos=("PG",)),
    Field(
        "report_number", (), ("M1",), ("number",),
        refer=("%R",), endnote_xml=("report-id",),
    ),  # BibTeX: number of a report or patent
    Field(
        "genre", ("type",), ("M3",), ("genre",),
        medline=("PT",), wos=("DT",), refer=("%9",), endnote_xml=("work-type",),
    ),  # the type in the source's own words, such as "PhD thesis"
    Field(
        "short_title", ("shorttitle",), ("ST",), ("title-short", "shortTitle"),
        refer=("%!",), endnote_xml=("short-title",),
    ),
    Field(
        "original_title", ("origtitle",), ("OP",), ("original-title",),
        medline=("TT",), refer=("%(",), endnote_xml=("orig-pub",),
    ),
    Field("translated_title", ("translatedtitle",), ("TT",), (), refer=("%Q",), endnote_xml=("translated-title",)),
    Field(
        "journal_abbreviation", ("shortjournal", "journalabbreviation"), ("J2", "JA"),
        ("container-title-short", "journalAbbreviation"), medline=("TA",), wos=("JI", "J9"),
        endnote_xml=("alt-title", "abbr-1"),
    ),
    Field("affiliations", (), ("AD",), (), medline=("AD",), wos=("C1",), refer=("%+",), endnote_xml=("auth-address",)),
    Field("grants", medline=("GR",), wos=("FU",)),
    Field("event", ("eventtitle",), ("C3",), ("event-title", "event"), wos=("CT",)),
    Field("event_place", ("venue",), (), ("event-place",), wos=("CL",), endnote_xml=("meeting-place",)),
    Field("event_date", ("eventdate",), (), ("event-date",), wos=("CY",), is_date=True),
    Field("database", ("database",), ("DB",), ("source",), refer=("%~",), endnote_xml=("remote-database-name",)),
    Field("provider", (), ("DP",), ("archive",), refer=("%W",), endnote_xml=("remote-database-provider",)),
    Field("call_number", ("lccn", "library"), ("CN",), ("call-number",), refer=("%L",), endnote_xml=("call-num",)),
    Field(
        "accession_number", (), ("AN",), ("archive_location",),
        wos=("UT",), refer=("%M",), endnote_xml=("accession-num",),
    ),  # an arXiv id under AN becomes the paper's
    Field(
        "accessed", ("urldate",), ("Y2",), ("accessed",), refer=("%[",), endnote_xml=("access-date",), is_date=True,
    ),
    Field("date", (), (), ()),  # a date without a day: `2019-05`, `in press`, `Spring 2020`, `2019/2020`
    Field("pmcid", ("pmcid",), ("C2",), ("PMCID",), medline=("PMC",), refer=("%2",), endnote_xml=("custom2",)),
    Field("notes", ("annote", "annotation"), ("RN",), ("annote",), refer=("%<",), endnote_xml=("research-notes",)),
    Field("url", ("url",), ("UR",), ("URL",)),  # an address of another kind: `ftp://…`, `<Go to ISI>`
    Field("doi", ("doi",), ("DO",), ("DOI",)),  # a value in a DOI field that is not a DOI: `hdl:2027/uc1.1`
    Field("files", ("file",), ("L2", "L3", "L4"), (), refer=("%>",), endnote_xml=("pdf-urls",)),
)
# fmt: on

FIELD_OF: Mapping[str, Mapping[str, Field]] = MappingProxyType(
    {
        form: MappingProxyType({name: field for field in FIELDS for name in getattr(field, form)})
        for form in ("bibtex", "ris", "csl", "medline", "wos", "refer", "endnote_xml")
    }
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind: `Paper.kind` (BibTeX's and BibLaTeX's words) and its names in the formats, the first is written."""

    name: str
    bibtex: tuple[str, ...]
    ris: tuple[str, ...]
    csl: tuple[str, ...]
    endnote: tuple[str, ...] = ()  # both of EndNote's formats
    medline: tuple[str, ...] = ()
    wos: tuple[str, ...] = ()


# In order: if two kinds share a name, readers use the first.
# fmt: off
KINDS: tuple[Kind, ...] = (
    Kind(
        "article", ("article",), ("JOUR", "EJOUR", "EJOU", "JFULL", "ABST", "INPR"), ("article-journal",),
        endnote=("Journal Article", "Electronic Article", "Article"), medline=("Journal Article",), wos=("Article",),
    ),
    Kind(
        "inproceedings", ("inproceedings", "conference"), ("CPAPER", "CONF"), ("paper-conference",),
        endnote=("Conference Paper", "Conference Proceedings", "Conference Proceeding"), wos=("Proceedings Paper",),
    ),
    Kind(
        "preprint", ("misc",), ("UNPB", "UNPD"), ("article",),
        endnote=("Unpublished Work", "Preprint"), medline=("Preprint",), wos=("Preprint",),
    ),
    Kind(
        "book", ("book", "collection", "mvbook", "mvcollection"), ("BOOK", "EBOOK", "EDBOOK", "WHOLE", "CLSWK", "SER"),
        ("book", "classic"),
        endnote=("Book", "Edited Book", "Electronic Book"), medline=("Book",), wos=("Book",),
    ),
    Kind(
        "incollection", ("incollection", "inbook", "bookinbook", "suppbook"), ("CHAP", "ECHAP"), ("chapter",),
        endnote=("Book Section", "Electronic Book Section", "Book Chapter"), medline=("Book Chapter",),
        wos=("Book Chapter",),
    ),
    Kind("phdthesis", ("phdthesis",), ("THES",), ("thesis",), endnote=("Thesis",), medline=("Academic Dissertation",)),
    Kind("mastersthesis", ("mastersthesis",), ("THES",), ("thesis",)),
    Kind("thesis", ("thesis",), ("THES",), ("thesis",)),
    Kind(
        "techreport", ("techreport", "report"), ("RPRT", "GOVDOC"), ("report",),
        endnote=("Report", "Government Document"), medline=("Technical Report",),
    ),
    Kind("proceedings", ("proceedings", "mvproceedings"), ("CONF",), ("book",)),
    Kind(
        "dataset", ("dataset",), ("DATA", "AGGR", "DBASE"), ("dataset",),
        endnote=("Dataset", "Aggregated Database", "Online Database"), medline=("Dataset",), wos=("Data Set",),
    ),
    Kind("software", ("software",), ("COMP",), ("software",), endnote=("Computer Program",)),
    Kind("patent", ("patent",), ("PAT",), ("patent",), endnote=("Patent",), medline=("Patent",), wos=("Patent",)),
    Kind(
        "online", ("online", "electronic", "www"), ("ELEC", "WEB", "ICOMM", "MULTI"), ("webpage",),
        endnote=("Web Page", "Electronic Source", "Online Multimedia"),
    ),
    Kind("blog", ("online",), ("BLOG",), ("post-weblog", "post"), endnote=("Blog",)),
    Kind(
        "newspaper", ("article",), ("NEWS",), ("article-newspaper",),
        endnote=("Newspaper Article",), medline=("Newspaper Article",),
    ),
    Kind("magazine", ("article",), ("MGZN",), ("article-magazine",), endnote=("Magazine Article",)),
    Kind("standard", ("standard",), ("STAND", "STD"), ("standard",), endnote=("Standard",)),
    Kind(
        "misc", ("misc",), ("GEN", "ANCIENT", "CTLG", "EQUA", "GRNT"), ("document", "collection"),
        endnote=("Generic",),
    ),
    Kind("manual", ("manual",), ("GEN",), ("document",)),
    Kind("booklet", ("booklet",), ("PAMP",), ("pamphlet",), endnote=("Pamphlet",)),
    Kind("reference", ("reference", "mvreference"), ("DICT",), ("book",), endnote=("Dictionary",)),
    Kind("inreference", ("inreference",), ("ENCYC",), ("entry-encyclopedia",), endnote=("Encyclopedia",)),
    Kind("entry", ("inreference",), ("DICT",), ("entry-dictionary", "entry")),
    Kind(
        "legislation", ("legislation",), ("STAT", "LEGAL"), ("legislation", "regulation", "treaty"),
        endnote=("Statute",),
    ),
    Kind("bill", ("legislation",), ("BILL", "UNBILL"), ("bill",), endnote=("Bill",)),
    Kind("case", ("jurisdiction",), ("CASE",), ("legal_case",), endnote=("Case",)),
    Kind("hearing", ("misc",), ("HEAR",), ("hearing",), endnote=("Hearing",)),
    Kind("map", ("misc",), ("MAP",), ("map",), endnote=("Map",)),
    Kind(
        "image", ("artwork", "image"), ("ART", "FIGURE", "CHART"), ("graphic", "figure"),
        endnote=("Artwork", "Figure", "Chart or Table"),
    ),
    Kind(
        "video", ("video", "movie"), ("VIDEO", "MPCT", "ADVS"), ("motion_picture", "broadcast"),
        endnote=("Film or Broadcast", "Audiovisual Material"),
    ),
    Kind("audio", ("audio", "music"), ("SOUND", "MUSIC", "POD"), ("song", "musical_score"), endnote=("Music",)),
    Kind("slides", ("misc",), ("SLIDE",), ("speech",)),
    Kind("letter", ("letter",), ("PCOMM",), ("personal_communication",), endnote=("Personal Communication",)),
    Kind("manuscript", ("unpublished",), ("MANSCPT",), ("manuscript",), endnote=("Manuscript",)),
    Kind("review", ("review",), ("JOUR",), ("review", "review-book")),
    Kind("interview", ("misc",), ("INTV",), ("interview",)),
    Kind("performance", ("performance",), ("GEN",), ("performance", "event")),
    Kind("periodical", ("periodical",), ("JFULL",), ("periodical",)),
)
# fmt: on


KIND: Mapping[str, Kind] = MappingProxyType({kind.name: kind for kind in KINDS})


def _kinds(form: str) -> Mapping[str, str]:
    return MappingProxyType({name: kind.name for kind in reversed(KINDS) for name in reversed(getattr(kind, form))})


_FORMS = ("bibtex", "ris", "csl", "endnote", "medline", "wos")
# Format → its name of a type → kind. The BibTeX reader decides the kind of `misc` by other fields.
KIND_OF: Mapping[str, Mapping[str, str]] = MappingProxyType({form: _kinds(form) for form in _FORMS})


def kind_named(form: str, name: str) -> str:
    """The kind for a format's name of a type, in any case; "" if the table has no such type."""
    return KIND_OF[form].get(name, "") or _FOLDED[form].get(name.casefold(), "")


_FOLDED = {form: {name.casefold(): kind for name, kind in KIND_OF[form].items()} for form in _FORMS}

_DEGREES = (
    ("phdthesis", re.compile(r"ph\.?\s?d|doctor|dissertation|habilitation", re.IGNORECASE)),
    ("mastersthesis", re.compile(r"master|mathesis|diplom|\bm\.?\s?(?:sc|a|eng)\b", re.IGNORECASE)),
)


def degree_kind(words: str) -> str:
    """The kind of a thesis by its description (`PhD thesis`, `Master's thesis`); else `thesis`."""
    return next((kind for kind, pattern in _DEGREES if pattern.search(words)), "thesis")
