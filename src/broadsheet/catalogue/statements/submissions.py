"""Statements for submissions and their pictures."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, exists, select, update

from broadsheet.catalogue.dialects.building import into
from broadsheet.catalogue.schema import accounts, pictures, readers, submissions
from broadsheet.catalogue.statements.elements import each, lookup

_PAPER: BindParameter[Any] = bindparam("paper_id")
_NUMBER: BindParameter[Any] = bindparam("number")
_IDS = each("ids")

_columns = submissions.c["id", "paper_id", "account_id", "at", "reason", "picture_id", "hidden_at", "hidden_reason"]
_submissions = (
    select(*_columns, readers.c.name)
    .join_from(submissions, accounts, accounts.c.id == submissions.c.account_id, isouter=True)
    .join(readers, readers.c.id == accounts.c.reader_id, isouter=True)
)
SUBMISSIONS_OF_PAPER = _submissions.where(submissions.c.paper_id == _PAPER).order_by(submissions.c.id)
SUBMISSION = _submissions.where(submissions.c.id == _NUMBER)
SUBMISSIONS_OF_ACCOUNT = (
    _submissions.where(submissions.c.account_id == bindparam("account_id"))
    .order_by(submissions.c.id.desc())
    .limit(bindparam("most"))
)
ADD_SUBMISSION = into(submissions, "paper_id", "account_id", "at", "reason", "picture_id")
REMOVE_SUBMISSION = delete(submissions).where(submissions.c.id == _NUMBER)
CHANGE_SUBMISSION = update(submissions).where(submissions.c.id == _NUMBER)

ADD_PICTURE = into(pictures, "sha256", "media_type", "width", "height", "added_at", "content", ignoring=True)
PICTURE_BY_HASH = select(pictures.c.id).where(pictures.c.sha256 == bindparam("sha256"))
_shown = exists().where(submissions.c.picture_id == pictures.c.id, submissions.c.hidden_at.is_(None))
PICTURE = select(pictures.c.media_type, pictures.c.content, pictures.c.sha256, _shown).where(pictures.c.id == _NUMBER)
PICTURES_OF_PAPERS = (
    select(submissions.c.paper_id, submissions.c.picture_id)
    .select_from(lookup(_IDS, submissions, submissions.c.paper_id == _IDS.c.value))
    .where(submissions.c.picture_id.is_not(None), submissions.c.hidden_at.is_(None))
    .order_by(submissions.c.id)
)
FORGET_PICTURES = delete(pictures).where(~exists().where(submissions.c.picture_id == pictures.c.id))
