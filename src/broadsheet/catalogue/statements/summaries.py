"""Statements for summaries that a language model wrote, and for the papers that readers see."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, bindparam, func, select

from broadsheet.catalogue.dialects.building import insert, upsert
from broadsheet.catalogue.schema import events, written_summaries
from broadsheet.catalogue.statements.elements import any_of

_MOST: BindParameter[Any] = bindparam("most")

SAVE_SUMMARY = upsert(insert(written_summaries), "summary", "model", "made_at")
WRITTEN_SUMMARIES = select(*written_summaries.c["text_key", "summary"]).where(
    any_of(written_summaries.c.text_key, "keys")
)
SUMMARIES_SINCE = select(func.count()).where(written_summaries.c.made_at >= bindparam("since"))
SEEN_LATELY = (  # the latest events of any kind: what is on pages, and what readers do with it
    select(events.c.paper_id).order_by(events.c.id.desc()).limit(_MOST)
)
