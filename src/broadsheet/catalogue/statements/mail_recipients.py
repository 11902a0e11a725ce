"""Statements for those who get mail: readers' preferences, subscribers, and the papers that each was sent."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, bindparam, case, delete, func, literal, or_, select, update

from broadsheet.catalogue.dialects.building import insert, into, upsert
from broadsheet.catalogue.schema import (
    accounts,
    deliveries,
    delivery_papers,
    mail_preferences,
    readers,
    subscribers,
)
from broadsheet.catalogue.statements.elements import each, lookup

_NOW: BindParameter[Any] = bindparam("now")
_MOST: BindParameter[Any] = bindparam("most")
_NUMBER: BindParameter[Any] = bindparam("number")
_IDS = each("ids")

# --- readers ----------------------------------------------------------------------------------------------------
_address = case((accounts.c.id.is_(None), mail_preferences.c.address), else_=accounts.c.email)
_reader = select(
    literal("reader"),
    readers.c.id,
    readers.c.name,
    _address,
    *mail_preferences.c["frequency", "hour", "time_zone", "due_at"],
).select_from(
    mail_preferences.join(readers, readers.c.id == mail_preferences.c.reader_id).outerjoin(
        accounts, accounts.c.reader_id == readers.c.id
    )
)
_can_get = (
    _address != "",
    or_(accounts.c.id.is_(None), accounts.c.confirmed_at.is_not(None) & accounts.c.suspended_at.is_(None)),
    mail_preferences.c.frequency != "never",
)
READERS_DUE = (
    _reader.where(mail_preferences.c.due_at <= _NOW, *_can_get)
    .order_by(mail_preferences.c.due_at, mail_preferences.c.reader_id)
    .limit(_MOST)
)
READER_TO_MAIL = _reader.where(mail_preferences.c.reader_id == _NUMBER, *_can_get)
NAME_OF_READER = select(readers.c.name).where(readers.c.id == _NUMBER)
MAIL_PREFERENCE = select(*mail_preferences.c["address", "frequency", "hour", "time_zone", "due_at"]).where(
    mail_preferences.c.reader_id == _NUMBER
)
SET_MAIL_PREFERENCE = upsert(
    insert(mail_preferences), "address", "frequency", "hour", "time_zone", "changed_at", "due_at"
)
STOP_READER_MAIL = (
    update(mail_preferences)
    .where(mail_preferences.c.reader_id == _NUMBER)
    .values(frequency="never", due_at=None, changed_at=_NOW)
)
READER_IS_DUE_NEXT = (
    update(mail_preferences)
    .where(mail_preferences.c.reader_id == _NUMBER, mail_preferences.c.due_at == bindparam("was_due"))
    .values(due_at=bindparam("next"))
)

# --- subscribers ------------------------------------------------------------------------------------------------
_subscriber = subscribers.c["id", "email", "state", "frequency", "hour", "time_zone", "created_at", "due_at"]
SUBSCRIBER = select(*_subscriber).where(subscribers.c.id == _NUMBER)
SUBSCRIBER_OF_ADDRESS = select(*_subscriber).where(subscribers.c.email == bindparam("address"))
SUBSCRIBERS = select(*_subscriber).order_by(subscribers.c.id).limit(_MOST)
SUBSCRIBER_COUNTS = select(subscribers.c.state, func.count()).group_by(subscribers.c.state)
SUBSCRIBERS_DUE = (
    select(
        literal("subscriber"),
        subscribers.c.id,
        literal(""),
        *subscribers.c["email", "frequency", "hour", "time_zone", "due_at"],
    )
    .where(subscribers.c.due_at <= _NOW, subscribers.c.state == "active", subscribers.c.frequency != "never")
    .order_by(subscribers.c.due_at, subscribers.c.id)
    .limit(_MOST)
)
ADD_SUBSCRIBER = upsert(
    insert(subscribers),
    *("state", "frequency", "hour", "time_zone", "created_at", "confirmed_at", "unsubscribed_at", "due_at"),
    keys=["email"],
)
CHANGE_SUBSCRIBER = update(subscribers).where(subscribers.c.id == _NUMBER)
SUBSCRIBER_IS_DUE_NEXT = (
    update(subscribers)
    .where(subscribers.c.id == _NUMBER, subscribers.c.due_at == bindparam("was_due"))
    .values(due_at=bindparam("next"))
)
FORGET_PENDING = delete(subscribers).where(
    subscribers.c.state == "pending", subscribers.c.created_at < bindparam("before")
)

# --- what each was sent -----------------------------------------------------------------------------------------
ADD_DELIVERY_PAPERS = into(delivery_papers, ignoring=True)
DELIVERED = select(delivery_papers.c.paper_id).select_from(
    lookup(
        _IDS,
        delivery_papers,
        (delivery_papers.c.recipient == bindparam("recipient")) & (delivery_papers.c.paper_id == _IDS.c.value),
    )
)
PAPERS_OF_DELIVERY = (
    select(delivery_papers.c.paper_id)
    .select_from(
        lookup(
            _IDS,
            delivery_papers,
            (delivery_papers.c.recipient == bindparam("recipient")) & (delivery_papers.c.paper_id == _IDS.c.value),
        )
    )
    .where(delivery_papers.c.delivery_id == _NUMBER)
)
ALL_DELIVERED = select(delivery_papers.c.paper_id).where(delivery_papers.c.recipient == bindparam("recipient"))
_OLD = select(deliveries.c.id).where(deliveries.c.created_at < bindparam("before"))
FORGET_DELIVERED = delete(delivery_papers).where(delivery_papers.c.delivery_id.in_(_OLD))
FREE_PAPERS = delete(delivery_papers).where(
    delivery_papers.c.recipient == bindparam("of_recipient"), delivery_papers.c.delivery_id == bindparam("of_delivery")
)
