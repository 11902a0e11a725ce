"""Statements for replays and for drafts of two mixes."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, select, update

from broadsheet.catalogue.dialects.building import insert
from broadsheet.catalogue.schema import interleavings, replays

_READER: BindParameter[Any] = bindparam("reader_id")

LAST_REPLAY = select(replays.c.made_at, replays.c.report).where(replays.c.reader_id == _READER)
ADD_REPLAY = insert(replays)
FORGET_REPLAYS = delete(replays).where(replays.c.reader_id == _READER)
LAST_INTERLEAVING = (
    select(*interleavings.c["started_at", "stopped_at", "other"])
    .where(interleavings.c.reader_id == _READER)
    .order_by(interleavings.c.id.desc())
    .limit(1)
)
ADD_INTERLEAVING = insert(interleavings)
STOP_INTERLEAVING = (
    update(interleavings)
    .where(interleavings.c.reader_id == bindparam("reader"), interleavings.c.stopped_at.is_(None))
    .values(stopped_at=bindparam("at"))
)
FORGET_INTERLEAVINGS = delete(interleavings).where(interleavings.c.reader_id == _READER)
