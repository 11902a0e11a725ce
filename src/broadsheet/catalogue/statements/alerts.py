"""Statements for alerts: what readers want to be told of, the papers that were found, and who is told by mail."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, case, delete, func, literal, or_, select, update

from broadsheet.catalogue.dialects.building import insert, into
from broadsheet.catalogue.schema import (
    accounts,
    alert_papers,
    alerts,
    changes,
    mail_preferences,
    papers,
    reader_papers,
    readers,
    redirects,
)
from broadsheet.catalogue.statements.elements import any_of, contains, each, lookup
from broadsheet.kit.references import FIELDS

_READER: BindParameter[Any] = bindparam("reader_id")
_ID: BindParameter[Any] = bindparam("alert_id")
_MOST: BindParameter[Any] = bindparam("most")
_IDS = each("ids")

# --- alerts -----------------------------------------------------------------------------------------------------
_count = select(func.count()).where(alert_papers.c.alert_id == alerts.c.id).correlate(alerts).scalar_subquery()
_unseen = (
    select(func.count())
    .where(alert_papers.c.alert_id == alerts.c.id, alert_papers.c.id > alerts.c.seen_hit)
    .correlate(alerts)
    .scalar_subquery()
)
_columns = alerts.c[
    "id", "reader_id", "kind", "target", "name", "near", "mail", "hook_url", "hook_shape", "created_at", "paused_at",
    "first_paper", "after_seq", "trouble",
]  # fmt: skip
_alert = select(*_columns, readers.c.name.label("reader"), _count.label("found"), _unseen.label("unseen")).select_from(
    alerts.join(readers, readers.c.id == alerts.c.reader_id)
)
ALERTS_OF_READER = _alert.where(alerts.c.reader_id == _READER).order_by(alerts.c.name)
ALERT = _alert.where(alerts.c.id == _ID)
ALERTS_DUE = (
    _alert.where(alerts.c.after_seq < bindparam("seq"), alerts.c.paused_at.is_(None)).order_by(alerts.c.id).limit(_MOST)
)
UNSEEN_OF_READER = (
    select(func.count())
    .select_from(
        alert_papers.join(alerts, and_(alerts.c.id == alert_papers.c.alert_id, alert_papers.c.id > alerts.c.seen_hit))
    )
    .where(alerts.c.reader_id == _READER)
)
ANY_HOOK = select(alerts.c.id).where(alerts.c.hook_url != "").limit(1)
ADD_ALERT = insert(alerts)
CHANGE_ALERT = update(alerts).where(alerts.c.id == bindparam("number"))
ADVANCE_ALERT = (  # only once from where it stood: of two processes one succeeds
    update(alerts)
    .where(alerts.c.id == bindparam("number"), alerts.c.after_seq == bindparam("before"))
    .values(after_seq=bindparam("upto"), trouble="")
)
_last_hit = select(func.max(alert_papers.c.id)).where(alert_papers.c.alert_id == bindparam("number")).scalar_subquery()
NOTE_SEEN = update(alerts).where(alerts.c.id == bindparam("number")).values(seen_hit=func.coalesce(_last_hit, 0))
DELETE_ALERT = delete(alerts).where(alerts.c.id == bindparam("number"))
FORGET_ALERTS = delete(alerts).where(alerts.c.reader_id == _READER)
STOP_ALERT_MAIL = (
    update(alerts)
    .where(alerts.c.reader_id == bindparam("of_reader"), alerts.c.mail != "no", alerts.c.mail != "digest")
    .values(mail="no")
)

# --- what is looked at ------------------------------------------------------------------------------------------
CHANGED_BETWEEN = (
    select(changes.c.paper_id)
    .where(
        changes.c.seq > bindparam("after"),
        changes.c.seq <= bindparam("upto"),
        changes.c.kind != "delete",
    )
    .distinct()
)
OLD_NUMBERS = (
    select(redirects.c.paper_id, func.min(redirects.c.old_id))
    .where(any_of(redirects.c.paper_id, "ids"))
    .group_by(redirects.c.paper_id)
)
CITING = (  # papers whose record may list what they cite
    select(papers.c.id)
    .where(papers.c.id > bindparam("after"), papers.c.id <= bindparam("upto"))
    .where(or_(*(contains(papers.c.content, f'"{name}"') != 0 for name in FIELDS)))
)

LATEST_SAVED = (
    select(reader_papers.c.paper_id)
    .where(reader_papers.c.reader_id == _READER, reader_papers.c.saved_at.is_not(None))
    .order_by(reader_papers.c.saved_at.desc(), reader_papers.c.paper_id.desc())
    .limit(_MOST)
)

# --- what was found ---------------------------------------------------------------------------------------------
ADD_ALERT_PAPERS = into(
    alert_papers,
    *("alert_id", "reader_id", "paper_id", "found_at", "near", "cited_paper", "delivery_id", "post_id"),
    ignoring=True,
)
_hit = select(
    *alert_papers.c["id", "alert_id", "paper_id", "found_at", "near", "cited_paper"],
    (alert_papers.c.id > alerts.c.seen_hit).label("is_new"),
).select_from(alert_papers.join(alerts, alerts.c.id == alert_papers.c.alert_id))
HITS_OF_ALERT = (
    _hit.where(alert_papers.c.alert_id == _ID).order_by(alert_papers.c.id.desc()).limit(_MOST).offset(bindparam("skip"))
)
HITS_OF_READER = (
    _hit.where(alert_papers.c.reader_id == _READER)
    .order_by(alert_papers.c.id.desc())
    .limit(_MOST)
    .offset(bindparam("skip"))
)
KNOWN_HITS = select(alert_papers.c.paper_id).select_from(
    lookup(_IDS, alert_papers, and_(alert_papers.c.alert_id == _ID, alert_papers.c.paper_id == _IDS.c.value))
)

# --- by mail and webhook ----------------------------------------------------------------------------------------
_waits = (alert_papers.c.alert_id == alerts.c.id, alert_papers.c.delivery_id == 0)
UNMAILED = (
    select(alerts.c.id, alerts.c.name, func.count(), func.max(alert_papers.c.id), func.min(alert_papers.c.found_at))
    .select_from(alerts.join(alert_papers, and_(*_waits)))
    .where(alerts.c.reader_id == _READER, alerts.c.mail == bindparam("mail"))
    .group_by(alerts.c.id)
    .order_by(alerts.c.name)
)
_is_there = select(papers.c.id).where(papers.c.id == alert_papers.c.paper_id).exists()
_nearest = (func.coalesce(alert_papers.c.near, 0).desc(), alert_papers.c.id.desc())
BEST_UNMAILED = (
    select(*alert_papers.c["paper_id", "near", "cited_paper"])
    .where(alert_papers.c.alert_id == _ID, alert_papers.c.delivery_id == 0, _is_there)
    .order_by(*_nearest)
    .limit(_MOST)
)
MARK_MAILED = (
    update(alert_papers)
    .where(
        any_of(alert_papers.c.alert_id, "alerts"),
        alert_papers.c.delivery_id == 0,
        alert_papers.c.id <= bindparam("upto"),
    )
    .values(delivery_id=bindparam("delivery"))
)
FREE_HITS = update(alert_papers).where(alert_papers.c.delivery_id == bindparam("delivery")).values(delivery_id=0)
PASS_MAIL = (
    update(alert_papers)
    .where(alert_papers.c.alert_id == bindparam("number"), alert_papers.c.delivery_id == 0)
    .values(delivery_id=-1)
)
PASS_POSTS = (
    update(alert_papers)
    .where(alert_papers.c.alert_id == bindparam("number"), alert_papers.c.post_id == 0)
    .values(post_id=-1)
)
HITS_OF_DELIVERY = select(*alert_papers.c["alert_id", "paper_id"]).select_from(
    lookup(
        _IDS,
        alert_papers,
        and_(alert_papers.c.paper_id == _IDS.c.value, alert_papers.c.delivery_id == bindparam("delivery")),
    )
)
_address = case((accounts.c.id.is_(None), mail_preferences.c.address), else_=accounts.c.email)
_mailed = select(
    literal("reader"),
    readers.c.id,
    readers.c.name,
    func.coalesce(_address, ""),
    func.coalesce(mail_preferences.c.hour, -1),
    func.coalesce(mail_preferences.c.time_zone, ""),
).select_from(
    readers.outerjoin(mail_preferences, mail_preferences.c.reader_id == readers.c.id).outerjoin(
        accounts, accounts.c.reader_id == readers.c.id
    )
)
_can_get = (
    func.coalesce(_address, "") != "",
    or_(accounts.c.id.is_(None), accounts.c.confirmed_at.is_not(None) & accounts.c.suspended_at.is_(None)),
)
READERS_TO_TELL = _mailed.where(
    select(alert_papers.c.id)
    .join(alerts, alerts.c.id == alert_papers.c.alert_id)
    .where(alerts.c.reader_id == readers.c.id, alerts.c.mail == bindparam("mail"), alert_papers.c.delivery_id == 0)
    .exists(),
    *_can_get,
).order_by(readers.c.id)
READER_TO_TELL = _mailed.where(readers.c.id == _READER, *_can_get)
UNPOSTED = (
    select(alerts.c.id, func.count(), func.max(alert_papers.c.id))
    .select_from(alerts.join(alert_papers, and_(alert_papers.c.alert_id == alerts.c.id, alert_papers.c.post_id == 0)))
    .where(alerts.c.hook_url != "")
    .group_by(alerts.c.id)
    .order_by(alerts.c.id)
)
BEST_UNPOSTED = (
    select(alert_papers.c.paper_id)
    .where(alert_papers.c.alert_id == _ID, alert_papers.c.post_id == 0, _is_there)
    .order_by(*_nearest)
    .limit(_MOST)
)
MARK_POSTED = (
    update(alert_papers)
    .where(
        alert_papers.c.alert_id == bindparam("number"),
        alert_papers.c.post_id == 0,
        alert_papers.c.id <= bindparam("upto"),
    )
    .values(post_id=bindparam("delivery"))
)
