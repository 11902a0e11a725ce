"""Converts works from the APIs of OpenAlex and Semantic Scholar and from Zotero's JSON to rows of a table."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from broadsheet.sources.files.tabular import text_of

__all__ = ["row_of_work"]

_OPENALEX_KINDS = {
    "article": "article", "preprint": "preprint", "book": "book", "book-chapter": "incollection", "dataset": "dataset",
    "dissertation": "phdthesis", "report": "techreport", "review": "article",
}  # fmt: skip
_S2_KINDS = {"JournalArticle": "article", "Conference": "inproceedings", "Book": "book", "Dataset": "dataset"}
_ZOTERO_KINDS = {
    "journalArticle": "article", "conferencePaper": "inproceedings", "preprint": "preprint", "book": "book",
    "bookSection": "incollection", "thesis": "phdthesis", "report": "techreport", "dataset": "dataset",
    "computerProgram": "software", "patent": "patent", "webpage": "online", "manuscript": "manuscript",
}  # fmt: skip
_ZOTERO_FIELDS = {
    "abstractNote": "abstract", "DOI": "doi", "archiveID": "arxiv", "rights": "licence", "extra": "comments",
    "ISSN": "issn", "ISBN": "isbn", "numPages": "page_total", "shortTitle": "short_title",
    "journalAbbreviation": "journal_abbreviation", "accessDate": "accessed", "citationKey": "citation_key",
    "university": "institution", "conferenceName": "event", "callNumber": "call_number", "libraryCatalog": "database",
}  # fmt: skip
_ZOTERO_VENUES = ("publicationTitle", "proceedingsTitle", "bookTitle", "repository")


def row_of_work(work: Mapping[str, Any]) -> dict[str, Any] | None:
    """The work as a row for `tabular.paper_of`; None if it has none of these forms."""
    if "authorships" in work or "abstract_inverted_index" in work or text_of(work.get("id")).startswith(_OPENALEX):
        return _openalex(work)
    if "paperId" in work or "externalIds" in work:
        return _semantic_scholar(work)
    return _zotero(work) if "itemType" in work and "title" in work else None


_OPENALEX = "https://openalex.org/W"


def _openalex(work: Mapping[str, Any]) -> dict[str, Any]:
    ids, place, biblio = (_dict(work.get(key)) for key in ("ids", "primary_location", "biblio"))
    source = _dict(place.get("source")) or _dict(work.get("host_venue"))
    pages = [text for key in ("first_page", "last_page") if (text := text_of(biblio.get(key)))]
    kind = text_of(work.get("type"))
    read_keys = {
        "id", "ids", "title", "display_name", "authorships", "abstract_inverted_index", "doi", "biblio", "type",
        "publication_year", "publication_date", "cited_by_count", "language", "is_retracted", "keywords",
    }  # fmt: skip
    row = {
        "id": text_of(work.get("id")), "title": work.get("title") or work.get("display_name"),
        "abstract": _in_order(work.get("abstract_inverted_index")), "authors": work.get("authorships"),
        "arxiv": _preprint(work), "openalex": text_of(work.get("id")).rpartition("/")[2],
        "doi": work.get("doi") or ids.get("doi"),
        "pmid": text_of(ids.get("pmid")).rpartition("/")[2], "pmcid": text_of(ids.get("pmcid")).rpartition("/")[2],
        "year": work.get("publication_year"), "date": work.get("publication_date"), "venue": source.get("display_name"),
        "url": place.get("landing_page_url"), "pdf": place.get("pdf_url"), "licence": place.get("license"),
        "language": work.get("language"), "citations": work.get("cited_by_count"), "keywords": work.get("keywords"),
        "kind": _OPENALEX_KINDS.get(kind), "volume": biblio.get("volume"), "issue": biblio.get("issue"),
        "pages": "-".join(dict.fromkeys(pages)), "issn": source.get("issn") or source.get("issn_l"),
    }  # fmt: skip
    if not row["kind"]:
        row["type"] = kind
    return {key: value for key, value in work.items() if key not in read_keys and key not in row} | row


def _preprint(work: Mapping[str, Any]) -> str | None:
    """The address at arXiv among the places where a work of OpenAlex is."""
    places = [_dict(place) for place in _list(work.get("locations"))]
    urls = (text_of(place.get(key)) for place in places for key in ("landing_page_url", "pdf_url"))
    return next((url for url in urls if "arxiv.org/" in url), None)


def _semantic_scholar(work: Mapping[str, Any]) -> dict[str, Any]:
    ids, journal = _dict(work.get("externalIds")), _dict(work.get("journal"))
    kinds = [text_of(kind) for kind in _list(work.get("publicationTypes"))]
    row = {
        "id": work.get("paperId"), "s2": work.get("paperId"), "arxiv": ids.get("ArXiv"), "doi": ids.get("DOI"),
        "pmid": ids.get("PubMed"), "pmcid": ids.get("PubMedCentral"), "acl": ids.get("ACL"),
        "venue": work.get("venue") or _dict(work.get("publicationVenue")).get("name") or journal.get("name"),
        "date": work.get("publicationDate"), "citations": work.get("citationCount"),
        "pdf": _dict(work.get("openAccessPdf")).get("url"), "volume": journal.get("volume"),
        "pages": journal.get("pages"), "kind": next((_S2_KINDS[kind] for kind in kinds if kind in _S2_KINDS), None),
    }  # fmt: skip
    read_keys = {"paperId", "publicationDate", "citationCount", "venue", "journal", "openAccessPdf"}
    return {key: value for key, value in work.items() if key not in read_keys} | row


def _zotero(item: Mapping[str, Any]) -> dict[str, Any]:
    creators = [one for one in _list(item.get("creators")) if isinstance(one, Mapping)]
    authors = [one for one in creators if one.get("creatorType") in ("author", "presenter", "inventor", None)]
    tags = _list(item.get("tags"))
    kind = text_of(item.get("itemType"))
    row = {_ZOTERO_FIELDS.get(key, key): value for key, value in item.items() if key not in ("tags", "itemType")}
    row |= {
        "authors": authors,
        "keywords": [tag.get("tag") if isinstance(tag, Mapping) else tag for tag in tags],
        "kind": _ZOTERO_KINDS.get(kind), "id": item.get("key"),
        "venue": next((item[key] for key in _ZOTERO_VENUES if item.get(key)), None),
        "creators": [one for one in creators if one not in authors],
    }  # fmt: skip
    row.pop(next((key for key in _ZOTERO_VENUES if item.get(key)), ""), None)
    return row if row["kind"] else row | {"type": kind}


def _in_order(index: object) -> str:
    """The text of an inverted index, a mapping from word to its positions."""
    if not isinstance(index, Mapping):
        return ""
    words = [(place, word) for word, positions in index.items() if isinstance(positions, list) for place in positions]
    return " ".join(word for _, word in sorted((p, str(w)) for p, w in words if isinstance(p, int)))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}
