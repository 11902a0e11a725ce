"""Statements for papers, their source records, and the rows derived from them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, Select, and_, bindparam, delete, func, or_, select, union, update

from broadsheet.catalogue.dialects.building import insert, into, last_number
from broadsheet.catalogue.schema import (
    affiliations,
    authorship_affiliations,
    authorships,
    identifiers,
    papers,
    people,
    source_records,
    title_grams,
    versions,
)
from broadsheet.catalogue.statements.elements import any_of, contains, each, json_field, lookup
from broadsheet.kit.code_hosts import CODE_HOSTS

_IDS = each("ids")
_VALUES = each("values")
_OF_PAPER: BindParameter[Any] = bindparam("paper_id")

# --- reading ----------------------------------------------------------------------------------------------------
PAPER_ROWS = select(papers).where(any_of(papers.c.id, "ids"))
PAPER_ROW = select(papers).where(papers.c.id == _OF_PAPER)
PAPER_ROWS_AFTER = select(papers).where(papers.c.id > bindparam("after")).order_by(papers.c.id).limit(bindparam("most"))
PAPER_COUNT = select(func.count()).select_from(papers)
PAPER_IDS = select(func.aggregate_strings(papers.c.id, ","))
LAST_ADDED = select(papers.c.added_at).order_by(papers.c.id.desc()).limit(1)
LAST_NUMBER = last_number()
ADDED_UP_TO = (
    select(*papers.c["id", "added_at"]).where(papers.c.id <= bindparam("most")).order_by(papers.c.id.desc()).limit(1)
)

_document = (
    *papers.c["id", "title", "abstract", "summary", "authors", "venue", "keywords", "year", "day"],
    json_field(papers.c.content, "categories").label("categories"),
    or_(*(contains(papers.c.content, host) for host in CODE_HOSTS)).label("links_code"),
)
DOCUMENTS = select(*_document).select_from(lookup(_IDS, papers, papers.c.id == _IDS.c.value)).order_by(papers.c.id)
DOCUMENTS_AFTER = (
    select(*_document).where(papers.c.id > bindparam("after")).order_by(papers.c.id).limit(bindparam("most"))
)

CATEGORIES = select(papers.c.id, json_field(papers.c.content, "categories").label("categories")).select_from(
    lookup(_IDS, papers, papers.c.id == _IDS.c.value)
)

_sources = lookup(_IDS, source_records, source_records.c.paper_id == _IDS.c.value)
SOURCE_IDS = (
    select(*source_records.c["paper_id", "source", "source_id"]).select_from(_sources).order_by(source_records.c.id)
)
SOURCES = (
    select(*source_records.c["paper_id", "id", "source", "source_id", "fetched_at", "place", "content"])
    .select_from(_sources)
    .order_by(source_records.c.id)
)
SOURCES_OF_PAPER = (
    select(*source_records.c["source", "source_id", "fetched_at", "place", "content"])
    .where(source_records.c.paper_id == _OF_PAPER)
    .order_by(source_records.c.id)
)
SOURCE_COUNTS = select(source_records.c.source, func.count(source_records.c.paper_id.distinct())).group_by(
    source_records.c.source
)
SEVERAL_SOURCES = (
    select(source_records.c.paper_id).group_by(source_records.c.paper_id).having(func.count(source_records.c.id) > 1)
)
VERSIONS_OF_PAPER = (
    select(versions.c.n, versions.c.recorded_at, versions.c.content)
    .where(versions.c.paper_id == _OF_PAPER)
    .order_by(versions.c.n)
)

# --- finding ----------------------------------------------------------------------------------------------------
PAPERS_BY_IDENTIFIER = select(identifiers.c.value, identifiers.c.paper_id).select_from(
    lookup(
        _VALUES,
        identifiers,
        and_(identifiers.c.scheme == bindparam("scheme"), identifiers.c.value == _VALUES.c.value),
    )
)
PAPERS_BY_SOURCE_ID = (
    select(source_records.c.source_id, func.min(source_records.c.paper_id))
    .select_from(lookup(_VALUES, source_records, source_records.c.source_id == _VALUES.c.value))
    .group_by(source_records.c.source_id)
)


def _having_identifier(*schemes: str) -> Select[tuple[int]]:
    return select(identifiers.c.paper_id).where(identifiers.c.scheme.in_(schemes))


HAVING_ABSTRACT = select(papers.c.id).where(papers.c.abstract != "")
HAVING_ARXIV = _having_identifier("arxiv")
HAVING_DOI = _having_identifier("doi")
# The pattern match comes first: parsing JSON takes far longer.
HAVING_PDF = union(
    select(papers.c.id).where(
        or_(
            papers.c.content.like("%.pdf%"),
            and_(papers.c.content.like('%"pdf_url":%'), json_field(papers.c.content, "pdf_url") != ""),
        )
    ),
    _having_identifier("arxiv", "acl", "openreview"),
)
CITATIONS = select(papers.c.id, json_field(papers.c.content, "citations")).where(
    papers.c.content.like('%"citations":%'), json_field(papers.c.content, "citations").is_not(None)
)

# --- writing ----------------------------------------------------------------------------------------------------
ADD_PAPERS = into(papers)
REPLACE_PAPERS = update(papers).where(papers.c.id == _OF_PAPER)
DELETE_PAPERS = delete(papers).where(any_of(papers.c.id, "ids"))
ADD_SOURCES = into(source_records, "paper_id", "source", "source_id", "fetched_at", "place", "content", "import_id")
CHANGE_SOURCE = update(source_records).where(source_records.c.id == bindparam("row"))
ADD_VERSIONS = into(versions)
KEEP_VERSION = insert(versions).from_select(
    ["paper_id", "n", "recorded_at", "content"],
    select(
        bindparam("paper", type_=versions.c.paper_id.type),
        func.coalesce(func.max(versions.c.n), 0) + 1,
        bindparam("at"),
        bindparam("earlier"),
    ).where(versions.c.paper_id == bindparam("paper")),
)
ADD_IDENTIFIERS = into(identifiers, ignoring=True)
ADD_GRAMS = into(title_grams)
FORGET_GRAMS = delete(title_grams).where(any_of(title_grams.c.paper_id, "ids"))
FORGET_ALL_GRAMS = delete(title_grams)
FORGET_AUTHORSHIPS = delete(authorships).where(any_of(authorships.c.paper_id, "ids"))
FORGET_AFFILIATIONS = delete(authorship_affiliations).where(any_of(authorship_affiliations.c.paper_id, "ids"))

# --- people -----------------------------------------------------------------------------------------------------
PEOPLE_BY_KEY = select(people.c.key, people.c.id, people.c.name).select_from(
    lookup(_VALUES, people, people.c.key == _VALUES.c.value)
)
PERSON_IDS = select(people.c.id)
LAST_PERSON = select(func.coalesce(func.max(people.c.id), 0))
AFFILIATIONS_BY_NAME = select(affiliations.c.name, affiliations.c.id).select_from(
    lookup(_VALUES, affiliations, affiliations.c.name == _VALUES.c.value)
)
LAST_AFFILIATION = select(func.coalesce(func.max(affiliations.c.id), 0))
ADD_PEOPLE = into(people)
ADD_AUTHORSHIPS = into(authorships)
ADD_AFFILIATIONS = into(affiliations)
ADD_WORKPLACES = into(authorship_affiliations)
