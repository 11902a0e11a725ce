"""Statements for matching records with papers, merging two papers, and undoing merges."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, delete, exists, func, or_, select, update

from broadsheet.catalogue.dialects.building import into
from broadsheet.catalogue.schema import (
    identifiers,
    kept_apart,
    merges,
    papers,
    redirects,
    source_records,
    title_grams,
    versions,
)
from broadsheet.catalogue.statements.elements import any_of, each, lookup

_IDS = each("ids")
_VALUES = each("values")
_OF_PAPER: BindParameter[Any] = bindparam("paper_id")

# --- matching ---------------------------------------------------------------------------------------------------
MATCH_SOURCES = (
    select(*source_records.c["source", "source_id", "paper_id"])
    .select_from(lookup(_VALUES, source_records, source_records.c.source_id == _VALUES.c.value))
    .order_by(source_records.c.id)
)
_grams = (
    select(title_grams.c.paper_id)
    .where(title_grams.c.hash == _VALUES.c.value)
    .order_by(title_grams.c.paper_id)
    .limit(bindparam("most"))
    .correlate(_VALUES)
    .subquery("grams")
)
MATCH_TITLES = select(
    _VALUES.c.value, select(func.aggregate_strings(_grams.c.paper_id, ",")).correlate(_VALUES).scalar_subquery()
)
PARTED_PAPERS = (
    select(kept_apart.c.paper_id, source_records.c.paper_id.label("other"))
    .select_from(
        lookup(
            kept_apart,
            source_records,
            and_(source_records.c.source_id == kept_apart.c.source_id, source_records.c.source == kept_apart.c.source),
        )
    )
    .distinct()
)
KEPT_APART = select(kept_apart)
IDENTIFIERS = select(identifiers.c.paper_id, identifiers.c.scheme, identifiers.c.value).select_from(
    lookup(_IDS, identifiers, identifiers.c.paper_id == _IDS.c.value)
)
FINGERPRINTS = select(*papers.c["id", "title", "year", "venue", "content"]).select_from(
    lookup(_IDS, papers, papers.c.id == _IDS.c.value)
)

# --- redirects --------------------------------------------------------------------------------------------------
_way = select(_IDS.c.value.label("number"), _IDS.c.value.label("id")).cte("way", recursive=True)
_way = _way.union(
    select(_way.c.number, redirects.c.paper_id).select_from(lookup(_way, redirects, redirects.c.old_id == _way.c.id))
)
LIVE_PAPERS = select(_way.c.number, papers.c.id).select_from(lookup(_way, papers, papers.c.id == _way.c.id))
ADD_REDIRECTS = into(redirects)
TURN_REDIRECT = update(redirects).where(redirects.c.old_id == bindparam("number"))

# --- merging papers ---------------------------------------------------------------------------------------------
# `old_id` is the absorbed paper, `new_id` the survivor.
_OLD: BindParameter[Any] = bindparam("old_id")
_NEW: BindParameter[Any] = bindparam("new_id")
GIVE_CONTENT = (
    update(source_records)
    .where(source_records.c.paper_id == bindparam("paper"), source_records.c.content.is_(None))
    .values(content=bindparam("words"))
)
MOVE_SOURCES = update(source_records).where(source_records.c.paper_id == _OLD).values(paper_id=_NEW)
MOVE_IDENTIFIERS = update(identifiers).where(identifiers.c.paper_id == _OLD).values(paper_id=_NEW)
MOVE_MERGES = update(merges).where(merges.c.paper_id == _OLD).values(paper_id=_NEW)
_existing = kept_apart.alias("taken")
MOVE_KEPT_APART = (
    update(kept_apart)
    .where(
        kept_apart.c.paper_id == _OLD,
        ~exists().where(
            _existing.c.paper_id == _NEW,
            _existing.c.source == kept_apart.c.source,
            _existing.c.source_id == kept_apart.c.source_id,
        ),
    )
    .values(paper_id=_NEW)
)
VERSIONS = select(versions.c.recorded_at, versions.c.paper_id, versions.c.n, versions.c.content).select_from(
    lookup(_IDS, versions, versions.c.paper_id == _IDS.c.value)
)
FORGET_VERSIONS = delete(versions).where(any_of(versions.c.paper_id, "ids"))
LOG_MERGES = into(merges, "paper_id", "source", "source_id", "rule", "score", "at", "absorbed")

# --- undoing merges ---------------------------------------------------------------------------------------------
MERGES = select(
    *merges.c["id", "paper_id", "source", "source_id", "rule", "score", "at", "undone_at", "absorbed"]
).order_by(merges.c.id.desc())
MERGE = select(*merges.c["paper_id", "source", "source_id", "undone_at", "absorbed"]).where(
    merges.c.id == bindparam("merge_id")
)
NOTE_UNDONE = update(merges).where(merges.c.id == bindparam("merge_id"))
IDENTIFIERS_OF_PAPER = select(identifiers.c.scheme, identifiers.c.value).where(identifiers.c.paper_id == _OF_PAPER)
MOVE_IDENTIFIER = (
    update(identifiers)
    .where(
        identifiers.c.scheme == bindparam("of_scheme"),
        identifiers.c.value == bindparam("of_value"),
        identifiers.c.paper_id == _OLD,
    )
    .values(paper_id=_NEW)
)
MOVE_MERGES_OF_RECORD = (
    update(merges)
    .where(
        merges.c.paper_id == _OLD,
        merges.c.source == bindparam("of_source"),
        merges.c.source_id == bindparam("of_source_id"),
        merges.c.undone_at.is_(None),
    )
    .values(paper_id=_NEW)
)
KEEP_APART = into(kept_apart, ignoring=True)

# --- suspects: papers with two works ----------------------------------------------------------------------------
COMPOUND_PAPERS = (
    select(papers)
    .where(
        or_(
            exists().where(versions.c.paper_id == papers.c.id),
            select(func.count())
            .select_from(source_records)
            .where(source_records.c.paper_id == papers.c.id)
            .scalar_subquery()
            > 1,
        )
    )
    .order_by(papers.c.id)
)
SICI_DOIS = (
    select(identifiers.c.paper_id, papers.c.title, identifiers.c.value)
    .join_from(identifiers, papers, papers.c.id == identifiers.c.paper_id)
    .where(identifiers.c.scheme == "doi", identifiers.c.value.like("%(sici)%"))
)
EARLIER_CONTENTS = (
    select(versions.c.n, versions.c.content).where(versions.c.paper_id == _OF_PAPER).order_by(versions.c.n.desc())
)
EARLIER_CONTENT = select(versions.c.recorded_at, versions.c.content).where(
    versions.c.paper_id == _OF_PAPER, versions.c.n == bindparam("number")
)
ADD_EARLIER_SOURCE = into(source_records, "paper_id", "source", "source_id", "fetched_at", "place")
MOVE_EARLIER_VERSIONS = (
    update(versions).where(versions.c.paper_id == _OLD, versions.c.n < bindparam("number")).values(paper_id=_NEW)
)
FORGET_VERSION = delete(versions).where(versions.c.paper_id == _OLD, versions.c.n == bindparam("number"))

# --- recomputed by a migration ----------------------------------------------------------------------------------
UNNAMED_SOURCES = select(source_records.c.paper_id).where(
    source_records.c.source_id >= bindparam("first"), source_records.c.source_id < bindparam("last")
)
RENAME_SOURCE = update(source_records).where(source_records.c.id == bindparam("row"))
