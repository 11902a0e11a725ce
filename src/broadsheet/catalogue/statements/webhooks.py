"""Statements for webhooks: rooms of a chat that are told of every closed day."""

from __future__ import annotations

from sqlalchemy import bindparam, delete, select

from broadsheet.catalogue.dialects.building import into
from broadsheet.catalogue.schema import deliveries, webhooks

ADD_WEBHOOK = into(webhooks, "name", "url", "shape", "created_at", ignoring=True)
REMOVE_WEBHOOK = delete(webhooks).where(webhooks.c.name == bindparam("of_name"))
FORGET_POSTS = delete(deliveries).where(deliveries.c.recipient == bindparam("of_recipient"))
WEBHOOKS = select(*webhooks.c["id", "name", "url", "shape", "created_at"]).order_by(webhooks.c.name)
