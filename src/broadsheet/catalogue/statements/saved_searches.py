"""Statements for the searches that readers save."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, select, update

from broadsheet.catalogue.dialects.building import insert
from broadsheet.catalogue.schema import saved_searches

_READER: BindParameter[Any] = bindparam("reader_id")
_columns = saved_searches.c["id", "name", "search", "created_at", "seen_at", "seen_paper"]

SAVED_SEARCHES = select(*_columns).where(saved_searches.c.reader_id == _READER).order_by(saved_searches.c.name)
ADD_SAVED_SEARCH = insert(saved_searches)
_OWN = (saved_searches.c.reader_id == bindparam("reader"), saved_searches.c.id == bindparam("number"))
RENAME_SAVED_SEARCH = update(saved_searches).where(*_OWN).values(name=bindparam("new_name"))
NOTE_SEARCH_SEEN = update(saved_searches).where(*_OWN).values(seen_at=bindparam("at"), seen_paper=bindparam("paper"))
DELETE_SAVED_SEARCH = delete(saved_searches).where(*_OWN)
FORGET_SAVED_SEARCHES = delete(saved_searches).where(saved_searches.c.reader_id == _READER)
