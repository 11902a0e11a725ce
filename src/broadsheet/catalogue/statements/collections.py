"""Statements for collections as reading lists: their order, who may read them, and what readers mark in papers."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, func, literal, select, union_all, update

from broadsheet.catalogue.dialects.building import into
from broadsheet.catalogue.schema import (
    accounts,
    collection_groups,
    collection_members,
    collection_papers,
    collections,
    group_members,
    highlights,
    readers,
    reading_groups,
)
from broadsheet.catalogue.statements.elements import any_of, each, lookup

_COLLECTION: BindParameter[Any] = bindparam("collection_id")
_READER: BindParameter[Any] = bindparam("reader_id")
_GROUP: BindParameter[Any] = bindparam("group_id")
_OF_COLLECTION: BindParameter[Any] = bindparam("of_collection")
OWNER = 2  # a right is 0 to read, 1 to edit

# --- who may read -----------------------------------------------------------------------------------------------
_list = select(
    *collections.c["id", "reader_id"],
    readers.c.name,
    *collections.c["name", "created_at", "sections", "link_key"],
).join_from(collections, readers, readers.c.id == collections.c.reader_id)
READING_LISTS = _list.where(any_of(collections.c.id, "ids")).order_by(collections.c.name, collections.c.id)
READING_LIST_OF_KEY = _list.where(collections.c.link_key == bindparam("link_key"))
LIST_RIGHTS = union_all(
    select(collections.c.id, literal(OWNER)).where(collections.c.reader_id == _READER),
    select(*collection_members.c["collection_id", "may_edit"]).where(collection_members.c.reader_id == _READER),
    select(*collection_groups.c["collection_id", "may_edit"])
    .join_from(collection_groups, reading_groups, reading_groups.c.id == collection_groups.c.group_id)
    .join(group_members, group_members.c.group_id == collection_groups.c.group_id)
    .join(accounts, accounts.c.id == group_members.c.account_id)
    .where(accounts.c.reader_id == _READER, reading_groups.c.deleted_at.is_(None)),
)
LISTS_OF_GROUP = (
    select(*collection_groups.c["collection_id", "may_edit"])
    .where(collection_groups.c.group_id == _GROUP)
    .order_by(collection_groups.c.at)
)
LIST_MEMBERS = (
    select(readers.c.name, collection_members.c.may_edit)
    .join_from(collection_members, readers, readers.c.id == collection_members.c.reader_id)
    .where(collection_members.c.collection_id == _COLLECTION)
    .order_by(readers.c.name)
)
LIST_GROUPS = (
    select(*reading_groups.c["id", "name"], collection_groups.c.may_edit)
    .join_from(collection_groups, reading_groups, reading_groups.c.id == collection_groups.c.group_id)
    .where(collection_groups.c.collection_id == _COLLECTION, reading_groups.c.deleted_at.is_(None))
    .order_by(reading_groups.c.name)
)
LIST_SHARES = select(*collection_members.c["reader_id", "may_edit", "at"]).where(
    collection_members.c.collection_id == _COLLECTION
)
LIST_GROUP_SHARES = select(*collection_groups.c["group_id", "may_edit", "at"]).where(
    collection_groups.c.collection_id == _COLLECTION
)
ADD_LIST_MEMBER = into(collection_members)
REMOVE_LIST_MEMBER = delete(collection_members).where(
    collection_members.c.collection_id == _OF_COLLECTION, collection_members.c.reader_id == bindparam("of_reader")
)
ADD_LIST_GROUP = into(collection_groups)
REMOVE_LIST_GROUP = delete(collection_groups).where(
    collection_groups.c.collection_id == _OF_COLLECTION, collection_groups.c.group_id == bindparam("of_group")
)
REMOVE_LISTS_OF_MEMBER = delete(collection_groups).where(
    collection_groups.c.group_id == bindparam("of_group"),
    collection_groups.c.collection_id.in_(
        select(collections.c.id).where(collections.c.reader_id == bindparam("of_reader"))
    ),
)
CHANGE_LIST = update(collections).where(collections.c.id == _OF_COLLECTION)

# --- what is in it ----------------------------------------------------------------------------------------------
LIST_ENTRIES = (
    select(*collection_papers.c["paper_id", "added_at", "section", "remark"])
    .where(collection_papers.c.collection_id == _COLLECTION)
    .order_by(*collection_papers.c["position", "added_at", "paper_id"])
)
LIST_SIZES = (
    select(collection_papers.c.collection_id, func.count())
    .where(any_of(collection_papers.c.collection_id, "ids"))
    .group_by(collection_papers.c.collection_id)
)
ARRANGE = (
    update(collection_papers)
    .where(collection_papers.c.collection_id == _OF_COLLECTION, collection_papers.c.paper_id == bindparam("of_paper"))
    .values(position=bindparam("place"), section=bindparam("heading"), remark=bindparam("line"))
)
LISTS_HOLDING = select(*collection_papers.c["collection_id", "paper_id"]).where(
    any_of(collection_papers.c.collection_id, "ids")
)

# --- highlights -------------------------------------------------------------------------------------------------
_highlight = select(*highlights.c["id", "paper_id", "at", "field", "quote", "text_before", "text_after"])
_IDS = each("ids")
HIGHLIGHTS = (
    _highlight.select_from(lookup(_IDS, highlights, highlights.c.paper_id == _IDS.c.value))
    .where(highlights.c.reader_id == _READER)
    .order_by(highlights.c.id)
)
PAPERS_HIGHLIGHTED = select(highlights.c.paper_id).where(highlights.c.reader_id == _READER).distinct()
ADD_HIGHLIGHT = into(highlights, "reader_id", "paper_id", "at", "field", "quote", "text_before", "text_after")
REMOVE_HIGHLIGHT = delete(highlights).where(
    highlights.c.reader_id == bindparam("of_reader"), highlights.c.id == bindparam("of_highlight")
)
