"""Statements for changes of papers that somebody keeps: derived rows, and how far each reader has seen them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, case, delete, func, literal, select, union_all, update

from broadsheet.catalogue.dialects.building import insert, into, upsert
from broadsheet.catalogue.schema import (
    change_marks,
    changes,
    paper_changes,
    paper_links,
    reader_papers,
    versions,
)
from broadsheet.catalogue.statements.elements import any_of, each, lookup

_READER: BindParameter[Any] = bindparam("reader_id")
_MOST: BindParameter[Any] = bindparam("most")
_IDS = each("ids")

# --- deriving ---------------------------------------------------------------------------------------------------
_portion = (
    select(changes.c.seq)
    .where(changes.c.seq > bindparam("after"))
    .order_by(changes.c.seq)
    .limit(_MOST)
    .subquery("portion")
)
SEQ_TO_DERIVE = select(func.max(_portion.c.seq))
TO_DERIVE = (
    select(changes.c.paper_id)
    .where(
        changes.c.seq > bindparam("after"),
        changes.c.seq <= bindparam("upto"),
        select(versions.c.n).where(versions.c.paper_id == changes.c.paper_id).exists()
        | select(paper_changes.c.at).where(paper_changes.c.paper_id == changes.c.paper_id).exists(),
    )
    .distinct()
)
CONTENTS = (  # the earlier contents of papers, oldest first
    select(*versions.c["paper_id", "recorded_at", "content"])
    .select_from(lookup(_IDS, versions, versions.c.paper_id == _IDS.c.value))
    .order_by(versions.c.paper_id, versions.c.n)
)
FORGET_PAPER_CHANGES = delete(paper_changes).where(any_of(paper_changes.c.paper_id, "ids"))
ADD_PAPER_CHANGES = into(paper_changes, ignoring=True)

# --- what a reader has not seen ---------------------------------------------------------------------------------
# From when on a change is news: since it was marked as seen, else saved, else opened last.
_kept = func.coalesce(reader_papers.c.saved_at, reader_papers.c.opened_at)
_since = case((func.coalesce(change_marks.c.seen_at, "") > _kept, change_marks.c.seen_at), else_=_kept)
_mine = reader_papers.outerjoin(
    change_marks,
    and_(change_marks.c.reader_id == reader_papers.c.reader_id, change_marks.c.paper_id == reader_papers.c.paper_id),
)
_is_mine = (reader_papers.c.reader_id == _READER, _kept.is_not(None))
_mailed = func.coalesce(change_marks.c.mailed_at, "")
_changed = select(
    reader_papers.c.paper_id,
    _since.label("since"),
    paper_changes.c.at,
    paper_changes.c.what,
    _mailed.label("mailed_at"),
).select_from(
    _mine.join(paper_changes, and_(paper_changes.c.paper_id == reader_papers.c.paper_id, paper_changes.c.at > _since))
)
_earlier = paper_links.alias("earlier")
_had_code = (
    select(_earlier.c.id)
    .where(_earlier.c.paper_id == reader_papers.c.paper_id, _earlier.c.kind == "code", _earlier.c.at <= _since)
    .exists()
)
_linked = select(
    reader_papers.c.paper_id,
    _since.label("since"),
    paper_links.c.at,
    literal("code").label("what"),
    _mailed.label("mailed_at"),
).select_from(
    _mine.join(
        paper_links,
        and_(
            paper_links.c.paper_id == reader_papers.c.paper_id,
            paper_links.c.kind == "code",
            paper_links.c.at > _since,
            ~_had_code,
        ),
    )
)
UNSEEN_CHANGES = union_all(_changed.where(*_is_mine), _linked.where(*_is_mine))
UNSEEN_CHANGES_OF_PAPER = union_all(
    _changed.where(*_is_mine, reader_papers.c.paper_id == bindparam("paper_id")),
    _linked.where(*_is_mine, reader_papers.c.paper_id == bindparam("paper_id")),
)
NOTE_CHANGES_SEEN = upsert(insert(change_marks), "seen_at")
NOTE_CHANGES_MAILED = upsert(insert(change_marks), "mailed_at", "delivery_id")
FREE_CHANGES = (
    update(change_marks).where(change_marks.c.delivery_id == bindparam("delivery")).values(mailed_at="", delivery_id=0)
)
FORGET_MARKS = delete(change_marks).where(change_marks.c.reader_id == _READER)
