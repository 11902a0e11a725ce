"""Statements for how readers steer their pages."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, select

from broadsheet.catalogue.dialects.building import insert, into
from broadsheet.catalogue.schema import interest_papers, interests, mutes, steering_changes

_READER: BindParameter[Any] = bindparam("reader_id")
_interest = interests.c["id", "name", "kind", "value", "weight", "quota", "state", "named", "created_at"]

INTERESTS = select(*_interest).where(interests.c.reader_id == _READER).order_by(interests.c.id)
INTEREST_PAPERS = (
    select(interest_papers.c.interest_id, interest_papers.c.paper_id)
    .join_from(interest_papers, interests)
    .where(interests.c.reader_id == _READER)
    .order_by(interest_papers.c.interest_id, interest_papers.c.paper_id)
)
MUTES = select(mutes.c.kind, mutes.c.value, mutes.c.created_at).where(mutes.c.reader_id == _READER).order_by(mutes.c.id)
STEERING_CHANGES = (
    select(*steering_changes.c["id", "at", "label", "earlier"])
    .where(steering_changes.c.reader_id == _READER)
    .order_by(steering_changes.c.id.desc())
    .limit(bindparam("most"))
)
ADD_INTEREST = insert(interests)
ADD_INTEREST_PAPERS = into(interest_papers)
ADD_MUTES = into(mutes, "reader_id", "kind", "value", "created_at")
ADD_STEERING_CHANGE = into(steering_changes, "reader_id", "at", "label", "earlier")
FORGET_INTERESTS = delete(interests).where(interests.c.reader_id == _READER)
FORGET_MUTES = delete(mutes).where(mutes.c.reader_id == _READER)
FORGET_STEERING_CHANGES = delete(steering_changes).where(steering_changes.c.reader_id == _READER)
DROP_STEERING_CHANGE = delete(steering_changes).where(steering_changes.c.id == bindparam("number"))
DROP_OLD_CHANGES = delete(steering_changes).where(
    steering_changes.c.reader_id == _READER, steering_changes.c.id < bindparam("first")
)
