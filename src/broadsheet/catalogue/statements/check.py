"""Queries that check a whole catalogue: each one returns the rows that violate a rule."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, bindparam, except_, exists, func, select

from broadsheet.catalogue.schema import (
    authorships,
    changes,
    events,
    papers,
    reader_papers,
    reader_tags,
    readers,
    redirects,
    source_records,
)
from broadsheet.catalogue.statements.elements import is_json, json_length

_MOST: BindParameter[Any] = bindparam("most")
_ids = select(papers.c.id)
_added = select(changes.c.paper_id).where(changes.c.kind == "add")
_deleted = select(changes.c.paper_id).where(changes.c.kind == "delete")

UNLOGGED_PAPERS = except_(_ids, _added).limit(_MOST)
DELETED_PAPERS = (
    select(papers.c.id)
    .join_from(papers, changes, (changes.c.paper_id == papers.c.id) & (changes.c.kind == "delete"))
    .limit(_MOST)
)
LOST_PAPERS = except_(_added, _ids, _deleted).limit(_MOST)
REDIRECTED_PAPERS = (
    select(redirects.c.old_id).join_from(redirects, papers, papers.c.id == redirects.c.old_id).limit(_MOST)
)
BROKEN_REDIRECTS = (
    select(redirects.c.old_id)
    .where(
        redirects.c.paper_id.not_in(_ids),
        redirects.c.paper_id.not_in(select(redirects.alias("others").c.old_id)),
        redirects.c.paper_id.not_in(_deleted),
    )
    .limit(_MOST)
)
REDIRECTED_EVENTS = (
    select(events.c.paper_id)
    .join_from(events, redirects, redirects.c.old_id == events.c.paper_id)
    .distinct()
    .limit(_MOST)
)
PAPERS_WITHOUT_SOURCE = except_(_ids, select(source_records.c.paper_id)).limit(_MOST)
UNREADABLE_PAPERS = select(papers.c.id).where(~is_json(papers.c.content)).limit(_MOST)
PAPERS_WITH_OTHER_AUTHORS = (
    select(papers.c.id)
    .where(
        is_json(papers.c.content),
        func.coalesce(json_length(papers.c.content, "authors"), 0)
        != select(func.count()).select_from(authorships).where(authorships.c.paper_id == papers.c.id).scalar_subquery(),
    )
    .limit(_MOST)
)
_others = source_records.alias("others")
WORDLESS_SOURCES = (
    select(source_records.c.paper_id)
    .where(
        source_records.c.content.is_(None),
        exists().where(_others.c.paper_id == source_records.c.paper_id, _others.c.id != source_records.c.id),
    )
    .distinct()
    .limit(_MOST)
)
_days = (
    select(
        events.c.reader_id,
        events.c.paper_id,
        func.count(func.substr(events.c.at, 1, 10).distinct()).label("days"),
    )
    .where(events.c.kind == "impression", events.c.paper_id.in_(_ids))
    .group_by(events.c.reader_id, events.c.paper_id)
    .subquery("shown")
)
MISCOUNTED_DAYS = (
    select(_days.c.paper_id)
    .join_from(
        _days,
        reader_papers,
        (reader_papers.c.reader_id == _days.c.reader_id) & (reader_papers.c.paper_id == _days.c.paper_id),
        isouter=True,
    )
    .where(func.coalesce(reader_papers.c.days_seen, 0) != _days.c.days)
    .limit(_MOST)
)
OTHER_LAST_EVENTS = (
    select(readers.c.id)
    .where(
        readers.c.last_event
        != select(func.coalesce(func.max(events.c.id), 0))
        .where(events.c.reader_id == readers.c.id, events.c.kind != "impression")
        .scalar_subquery()
    )
    .limit(_MOST)
)

_several = select(source_records.c.paper_id).group_by(source_records.c.paper_id).having(func.count() > 1)
PAPERS_OF_SEVERAL_SOURCES = select(papers).where(papers.c.id.in_(_several))
KEPT_STATES = select(*reader_papers.c["reader_id", "paper_id", "saved_at", "rating", "hidden", "opened_at"])
KEPT_TAGS = select(reader_tags.c.reader_id, reader_tags.c.paper_id, reader_tags.c.tag)
ACTIONS = (
    select(*events.c["reader_id", "paper_id", "id", "kind", "at", "value", "undoes"])
    .where(events.c.kind != "impression", events.c.paper_id.in_(_ids))
    .order_by(events.c.reader_id, events.c.paper_id, events.c.id)
)
