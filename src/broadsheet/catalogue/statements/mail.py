"""Statements for mail: the queue of deliveries, bounces and addresses that are suspended."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, ColumnElement, bindparam, case, delete, func, select, update

from broadsheet.catalogue.dialects.building import insert, into, upsert
from broadsheet.catalogue.schema import bounces, deliveries, mail_suspensions

_NOW: BindParameter[Any] = bindparam("now")
_MOST: BindParameter[Any] = bindparam("most")
_NUMBER: BindParameter[Any] = bindparam("number")
_ADDRESS: BindParameter[Any] = bindparam("address")


def _is(state: str) -> ColumnElement[bool]:
    return deliveries.c.state == state


# --- the queue --------------------------------------------------------------------------------------------------
QUEUE_DELIVERY = insert(deliveries).on_conflict_do_nothing().returning(deliveries.c.id)
_delivery = deliveries.c[
    "id", "recipient", "edition", "kind", "address", "message_id", "state", "attempts",
    "created_at", "next_at", "expires_at", "tried_at", "sent_at", "content", "error",
]  # fmt: skip
DELIVERY = select(*_delivery).where(deliveries.c.id == _NUMBER)
DELIVERY_OF_MESSAGE = select(*_delivery).where(
    deliveries.c.message_id != "", deliveries.c.message_id == bindparam("name")
)
DUE_DELIVERIES = (
    select(*_delivery)
    .where(_is("queued"), deliveries.c.next_at <= _NOW)
    .order_by(deliveries.c.urgency, deliveries.c.next_at, deliveries.c.id)
    .limit(_MOST)
)
NEXT_TRY = select(func.min(deliveries.c.next_at)).where(_is("queued"))
DELIVERIES_IN = (
    select(*_delivery).where(deliveries.c.state == bindparam("state")).order_by(deliveries.c.id.desc()).limit(_MOST)
)
DEFERRED = (
    select(*_delivery)
    .where(_is("queued"), deliveries.c.attempts > 0)
    .order_by(deliveries.c.urgency, deliveries.c.next_at)
    .limit(_MOST)
)
DELIVERY_COUNTS = select(deliveries.c.state, func.count()).group_by(deliveries.c.state)
MESSAGES_SINCE = select(func.count()).where(
    deliveries.c.recipient == bindparam("recipient"), deliveries.c.created_at >= bindparam("since")
)
BEGIN_SENDING = (
    update(deliveries)
    .where(deliveries.c.id == _NUMBER, _is("queued"))
    .values(state="sending", attempts=deliveries.c.attempts + 1, tried_at=_NOW)
)
# what was being sent when its process ended, perhaps behind the last answer of the relay
INTERRUPTED = update(deliveries).where(_is("sending")).values(state="unknown", error=bindparam("why"))
FINISH_DELIVERY = (
    update(deliveries)
    .where(deliveries.c.id == _NUMBER)
    .values(
        state=bindparam("to_state"),
        attempts=deliveries.c.attempts + bindparam("tries"),
        next_at=bindparam("next"),
        tried_at=_NOW,
        sent_at=case((bindparam("to_state") == "sent", _NOW), else_=deliveries.c.sent_at),
        content=case((bindparam("keep") == 1, deliveries.c.content), else_=""),
        error=bindparam("why"),
    )
)
RESEND_DELIVERY = (
    update(deliveries)
    .where(deliveries.c.id == _NUMBER, _is("unknown") | _is("dead"), deliveries.c.content != "")
    .values(state="queued", attempts=0, next_at=_NOW, error="", expires_at=None)
)
DROP_DELIVERY = (
    update(deliveries)
    .where(deliveries.c.id == _NUMBER, _is("unknown") | _is("dead") | _is("queued"))
    .values(state=bindparam("to_state"), content="", next_at=None)
)

# --- bounces ----------------------------------------------------------------------------------------------------
ADD_BOUNCE = into(bounces, "delivery_id", "address", "at", "code", "is_hard", "text", ignoring=True)
BOUNCES = select(*bounces.c["address", "at", "code", "is_hard", "text"]).order_by(bounces.c.id.desc()).limit(_MOST)
HARD_BOUNCES = select(func.count()).where(
    bounces.c.address == _ADDRESS, bounces.c.is_hard == 1, bounces.c.at >= bindparam("since")
)
FORGET_BOUNCES = delete(bounces).where(bounces.c.address == bindparam("of_address"))
SUSPEND_ADDRESS = upsert(insert(mail_suspensions), "at", "reason")
SUSPENDED = select(*mail_suspensions.c["address", "at", "reason"]).order_by(mail_suspensions.c.address).limit(_MOST)
SUSPENSION = select(mail_suspensions.c.reason).where(mail_suspensions.c.address == _ADDRESS)
RELEASE_ADDRESS = delete(mail_suspensions).where(mail_suspensions.c.address == bindparam("of_address"))
