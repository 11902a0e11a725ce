"""Statements for readers, their collections, events and state."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Update,
    and_,
    bindparam,
    case,
    delete,
    exists,
    func,
    or_,
    select,
    update,
)

from broadsheet.catalogue.dialects.building import Insert, by_index, insert, into, upsert
from broadsheet.catalogue.schema import (
    collection_papers,
    collections,
    events,
    papers,
    reader_days,
    reader_papers,
    reader_tags,
    readers,
)
from broadsheet.catalogue.statements.elements import any_of
from broadsheet.kit.reader_actions import ReaderAction

_READER: BindParameter[Any] = bindparam("reader_id")
_PAPER: BindParameter[Any] = bindparam("paper_id")
_NAMED: BindParameter[Any] = bindparam("name")

# --- readers and collections ------------------------------------------------------------------------------------
_reader = select(readers.c.id, readers.c.name, readers.c.created_at, readers.c.settings)
READERS = _reader.order_by(readers.c.id)
READER = _reader.where(readers.c.name == _NAMED)
LAST_EVENT_OF_READER = select(readers.c.last_event).where(readers.c.id == _READER)
READER_IDS = select(readers.c.id)
ADD_READER = into(readers, "name", "created_at", "settings", ignoring=True)
SAVE_SETTINGS = update(readers).where(readers.c.name == bindparam("of_name"))
FORGET_EVENTS = delete(events).where(events.c.reader_id == _READER)
FORGET_PAPERS = delete(reader_papers).where(reader_papers.c.reader_id == _READER)
FORGET_DAYS_OF_READER = delete(reader_days).where(reader_days.c.reader_id == _READER)
FORGET_TAGS = delete(reader_tags).where(reader_tags.c.reader_id == _READER)
FORGET_COLLECTIONS = delete(collections).where(collections.c.reader_id == _READER)
FORGET_SETTINGS = update(readers).where(readers.c.id == _READER).values(settings="{}", last_event=0)

COLLECTION_ID = select(collections.c.id).where(collections.c.reader_id == _READER, collections.c.name == _NAMED)
_OF_COLLECTION: BindParameter[Any] = bindparam("collection_id")
COLLECTION = select(*collections.c["reader_id", "name", "created_at", "sections", "link_key"]).where(
    collections.c.id == _OF_COLLECTION
)
COLLECTION_PAPERS = select(*collection_papers.c["paper_id", "added_at", "position", "section", "remark"]).where(
    collection_papers.c.collection_id == _OF_COLLECTION
)
LAST_PLACE = select(func.coalesce(func.max(collection_papers.c.position), 0)).where(
    collection_papers.c.collection_id == _OF_COLLECTION
)
COLLECTIONS_OF_READER = (
    select(collections.c.name, collection_papers.c.paper_id)
    .join_from(collections, collection_papers, collection_papers.c.collection_id == collections.c.id, isouter=True)
    .where(collections.c.reader_id == _READER)
    .order_by(collections.c.name, *collection_papers.c["position", "added_at", "paper_id"])
)
COLLECTION_IDS = select(collections.c.id)
ADD_COLLECTION = into(collections, "reader_id", "name", "created_at", ignoring=True)
RENAME_COLLECTION = update(collections).where(collections.c.id == bindparam("collection"))
DELETE_COLLECTION = delete(collections).where(collections.c.id == bindparam("collection"))
ADD_TO_COLLECTION = into(collection_papers, ignoring=True)
REMOVE_FROM_COLLECTION = delete(collection_papers).where(
    collection_papers.c.collection_id == bindparam("collection"), collection_papers.c.paper_id == bindparam("paper")
)

# --- the log ----------------------------------------------------------------------------------------------------
ADD_EVENTS = into(events, "reader_id", "at", "kind", "paper_id", "position", "policy", "value", "undoes", "propensity")
LAST_EVENT = select(func.coalesce(func.max(events.c.id), 0))
SET_LAST_EVENT = update(readers).where(readers.c.id == bindparam("reader"))
_ACTION = events.c.kind != "impression"
LAST_ACTION_OF_READER = select(func.coalesce(func.max(events.c.id), 0)).where(events.c.reader_id == _READER, _ACTION)
HISTORY = (
    select(*events.c["id", "kind", "at", "value", "undoes"])
    .where(events.c.reader_id == _READER, events.c.paper_id == _PAPER, _ACTION)
    .order_by(events.c.id)
)
LOG_OF_READER = (
    select(*events.c["id", "kind", "paper_id", "at", "position", "value", "undoes", "propensity", "policy"])
    .where(events.c.reader_id == _READER)
    .order_by(events.c.id)
)
UNDOABLE = tuple(action.value for action in ReaderAction if action.can_be_undone)
BRIDGE = "bridge"
MAIL = "mail"  # the policy of what a mail showed
PROGRAM = "program"  # of what a feed reader showed
_undo = events.alias("undoing")
LAST_UNDOABLE = (
    select(*events.c["id", "kind", "paper_id", "position", "policy", "value", "at"])
    .where(
        events.c.reader_id == _READER,
        _ACTION,
        events.c.kind.in_(UNDOABLE),
        events.c.undoes.is_(None),
        events.c.policy != BRIDGE,
        ~exists().where(_undo.c.undoes == events.c.id),
        exists().where(papers.c.id == events.c.paper_id),
    )
    .order_by(events.c.id.desc())
    .limit(1)
)

# --- the state --------------------------------------------------------------------------------------------------
_touched = or_(
    reader_papers.c.saved_at.is_not(None),
    reader_papers.c.rating != 0,
    reader_papers.c.hidden != 0,
    reader_papers.c.opened_at.is_not(None),
)
PAPERS_TOUCHED = by_index(
    select(*reader_papers.c["paper_id", "saved_at", "rating", "hidden", "opened_at"]).where(
        reader_papers.c.reader_id == _READER, _touched
    ),
    reader_papers,
    "reader_papers_touched",
)
USES = (
    select(reader_papers.c.paper_id, func.count())
    .where(
        or_(reader_papers.c.saved_at.is_not(None), reader_papers.c.rating > 0, reader_papers.c.opened_at.is_not(None))
    )
    .group_by(reader_papers.c.paper_id)
)
_earlier = case(  # days with an impression before today
    (reader_papers.c.last_seen_day >= bindparam("today"), reader_papers.c.days_seen - 1),
    else_=reader_papers.c.days_seen,
)
PAPERS_SEEN = select(
    func.aggregate_strings(reader_papers.c.paper_id, ","), func.aggregate_strings(_earlier, ",")
).where(reader_papers.c.reader_id == _READER, _earlier > 0)
TAGS_OF_READER = select(reader_tags.c.tag, reader_tags.c.paper_id).where(reader_tags.c.reader_id == _READER)
NOTE_PAPERS = into(reader_papers, "reader_id", "paper_id", ignoring=True)


_STATE_OF = (reader_papers.c.reader_id == bindparam("reader"), reader_papers.c.paper_id == bindparam("paper"))


def _effect(**change: object) -> Update:
    """An update of the reader's state of a paper; the parameter `at` is the time."""
    return update(reader_papers).where(*_STATE_OF).values(**change)


_AT = bindparam("at", type_=reader_papers.c.saved_at.type)
EFFECTS = {
    "open": _effect(opened_at=_AT),
    "save": _effect(saved_at=func.coalesce(reader_papers.c.saved_at, _AT)),
    "unsave": _effect(saved_at=None),
    "up": _effect(rating=1),
    "down": _effect(rating=-1),
    "unrate": _effect(rating=0),
    "hide": _effect(hidden=1),
    "unhide": _effect(hidden=0),
}
ADD_TAGS = into(reader_tags, ignoring=True)
REMOVE_TAG = delete(reader_tags).where(
    reader_tags.c.reader_id == bindparam("reader"),
    reader_tags.c.tag == bindparam("of_tag"),
    reader_tags.c.paper_id == bindparam("paper"),
)
REMOVE_TAGS = delete(reader_tags).where(
    reader_tags.c.reader_id == bindparam("reader"), reader_tags.c.paper_id == bindparam("paper")
)
CHANGE_STATE = update(reader_papers).where(*_STATE_OF)

# --- impressions by day -----------------------------------------------------------------------------------------
SHOWN_ON = (
    select(events.c.paper_id)
    .where(
        events.c.reader_id == _READER,
        events.c.kind == "impression",
        events.c.at >= bindparam("first"),
        events.c.at < bindparam("following"),
    )
    .group_by(events.c.paper_id)
    .order_by(func.min(func.coalesce(events.c.position, 1_000_000)), func.min(events.c.id))
)
LAST_SHOWN = (
    select(events.c.at)
    .where(
        events.c.reader_id == _READER,
        events.c.kind == "impression",
        events.c.at < bindparam("before"),
        events.c.policy.not_in((MAIL, PROGRAM)),
    )
    .order_by(events.c.at.desc())
    .limit(1)
)
DAYS_AROUND = select(
    func.max(reader_days.c.day).filter(reader_days.c.day < bindparam("day")),
    func.min(reader_days.c.day).filter(reader_days.c.day > bindparam("day")),
).where(reader_days.c.reader_id == _READER)
ADD_DAYS = into(reader_days, ignoring=True)


def _count_days(*conditions: ColumnElement[bool]) -> Insert:
    counts = (
        select(reader_days.c.reader_id, reader_days.c.paper_id, func.count(), func.max(reader_days.c.day))
        .where(any_of(reader_days.c.paper_id, "ids"), *conditions)
        .group_by(reader_days.c.reader_id, reader_days.c.paper_id)
    )
    rows = insert(reader_papers).from_select(["reader_id", "paper_id", "days_seen", "last_seen_day"], counts)
    return upsert(rows, "days_seen", "last_seen_day")


COUNT_DAYS = _count_days()
COUNT_DAYS_OF_READER = _count_days(reader_days.c.reader_id == bindparam("reader"))

# --- merging `old_id` into `new_id`, and splitting a paper -------------------------------------------------------
_OLD: BindParameter[Any] = bindparam("old_id")
_NEW: BindParameter[Any] = bindparam("new_id")
_place = ("added_at", "position", "section", "remark")
_copy = insert(collection_papers).from_select(
    ["collection_id", "paper_id", *_place],
    select(
        collection_papers.c.collection_id,
        bindparam("new_id", type_=papers.c.id.type),
        *(collection_papers.c[name] for name in _place),
    ).where(collection_papers.c.paper_id == _OLD),
)
_before = _copy.excluded.added_at < collection_papers.c.added_at
COPY_COLLECTIONS = upsert(  # of a list that has both, the survivor's place stays
    _copy,
    added_at=case((_before, _copy.excluded.added_at), else_=collection_papers.c.added_at),
    remark=case((collection_papers.c.remark == "", _copy.excluded.remark), else_=collection_papers.c.remark),
)
_existing = reader_days.alias("taken")
_free = ~exists().where(
    _existing.c.paper_id == _NEW, _existing.c.reader_id == reader_days.c.reader_id, _existing.c.day == reader_days.c.day
)
MOVE_DAYS = update(reader_days).where(reader_days.c.paper_id == _OLD, _free).values(paper_id=_NEW)
MOVE_DAYS_BEFORE = MOVE_DAYS.where(reader_days.c.day < bindparam("before"))
EVENTS_OF_PAPERS = (
    select(*events.c["id", "reader_id", "paper_id", "kind", "at", "value", "undoes"])
    .where(any_of(events.c.paper_id, "ids"))
    .order_by(events.c.id)
)
MOVE_EVENT = update(events).where(events.c.id == bindparam("event")).values(paper_id=_NEW)
MOVE_EVENTS = update(events).where(events.c.paper_id == _OLD).values(paper_id=_NEW)
MOVE_EVENTS_BEFORE = MOVE_EVENTS.where(events.c.at < bindparam("before"))
READERS_OF_EVENTS = select(events.c.reader_id, events.c.paper_id).where(any_of(events.c.paper_id, "ids")).distinct()
READERS_OF_PAPER = select(reader_papers.c.reader_id, reader_papers.c.paper_id).where(reader_papers.c.paper_id == _PAPER)
FORGET_DAYS = delete(reader_days).where(any_of(reader_days.c.paper_id, "ids"))
COPY_DAYS = insert(reader_days).from_select(
    ["reader_id", "paper_id", "day"],
    select(events.c.reader_id, events.c.paper_id, func.substr(events.c.at, 1, 10))
    .where(and_(events.c.kind == "impression", any_of(events.c.paper_id, "ids")))
    .distinct(),
)
_ONE_READER: BindParameter[Any] = bindparam("reader")
FORGET_DAYS_OF = FORGET_DAYS.where(reader_days.c.reader_id == _ONE_READER)
COPY_DAYS_OF = insert(reader_days).from_select(
    ["reader_id", "paper_id", "day"],
    select(events.c.reader_id, events.c.paper_id, func.substr(events.c.at, 1, 10))
    .where(and_(events.c.kind == "impression", any_of(events.c.paper_id, "ids"), events.c.reader_id == _ONE_READER))
    .distinct(),
)
FORGET_SEEN = update(reader_papers).where(any_of(reader_papers.c.paper_id, "ids")).values(days_seen=0, last_seen_day="")
FORGET_SEEN_OF = FORGET_SEEN.where(reader_papers.c.reader_id == _ONE_READER)
