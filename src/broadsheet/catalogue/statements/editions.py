"""Statements for the editions of days: which papers enter, and what a closed day prints."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, and_, bindparam, case, delete, exists, func, or_, select, update

from broadsheet.catalogue.dialects.building import by_index, insert, into, upsert
from broadsheet.catalogue.schema import (
    accounts,
    edition_papers,
    editions,
    listings,
    papers,
    readers,
    redirects,
    source_records,
    submissions,
)
from broadsheet.catalogue.statements.elements import any_of, each, lookup

_DAY: BindParameter[Any] = bindparam("day")
_FIRST: BindParameter[Any] = bindparam("first")
_LAST: BindParameter[Any] = bindparam("last")
_IDS = each("ids")
_ENTRY = edition_papers.c["paper_id", "day", "entered_at", "via", "by", "place", "printed"]

# --- days -------------------------------------------------------------------------------------------------------
EDITIONS_BETWEEN = select(editions).where(editions.c.day.between(_FIRST, _LAST)).order_by(editions.c.day)
EDITION_RANGE = select(
    func.min(editions.c.day), func.max(editions.c.day).filter(editions.c.closed_at.is_not(None))
)  # the first day of all, the last that closed
OPEN_EDITION = upsert(insert(editions), "opens_at", "closes_at")
CLOSE_EDITION = (
    update(editions)
    .where(editions.c.day == bindparam("closed_day"), editions.c.closed_at.is_(None))
    .values(closed_at=bindparam("at"), note=bindparam("why"))
)

# --- papers of days ---------------------------------------------------------------------------------------------
EDITION_PAPERS = (
    select(*_ENTRY)
    .where(edition_papers.c.day.between(_FIRST, _LAST))
    .order_by(edition_papers.c.day, edition_papers.c.place, edition_papers.c.entered_at, edition_papers.c.paper_id)
)
EDITIONS_OF_PAPERS = select(*_ENTRY).select_from(
    lookup(_IDS, edition_papers, edition_papers.c.paper_id == _IDS.c.value)
)
PRINTED_UNDER_OLD_NUMBERS = select(edition_papers.c.paper_id).join_from(
    redirects, edition_papers, edition_papers.c.paper_id == redirects.c.old_id
)
EDITION_COUNTS = (
    select(edition_papers.c.day, func.count())
    .where(edition_papers.c.day.between(_FIRST, _LAST))
    .group_by(edition_papers.c.day)
    .order_by(edition_papers.c.day)
)
EDITION_BEFORE = select(func.max(edition_papers.c.day)).where(edition_papers.c.day < _DAY)
EDITION_AFTER = select(func.min(edition_papers.c.day)).where(edition_papers.c.day > _DAY)
LAST_PRINTED = select(func.max(edition_papers.c.day)).where(edition_papers.c.place.is_not(None))
_year = func.substr(edition_papers.c.day, 1, 4)
EDITION_YEARS = select(_year, func.count()).group_by(_year).order_by(_year)
ENTER_EDITION = into(edition_papers, ignoring=True)
LEAVE_EDITION = delete(edition_papers).where(
    edition_papers.c.paper_id == bindparam("leaving"), edition_papers.c.place.is_(None)
)
PRINT_PAPER = (
    update(edition_papers)
    .where(edition_papers.c.paper_id == bindparam("number"))
    .values(place=bindparam("at_place"), printed=bindparam("text"))
)
LEAVE_UNPRINTED = delete(edition_papers).where(edition_papers.c.day == _DAY, edition_papers.c.place.is_(None))

# --- what a paper of a source needs -----------------------------------------------------------------------------
_listed_then = listings.c.day == _DAY
EDITION_CANDIDATES = (  # dated papers of these sources that are in no edition
    # a paper that the daily paper of another place listed is of that day, or news once it has come later
    by_index(
        select(
            papers.c.id,
            papers.c.added_at,
            func.min(source_records.c.source),
            func.min(case((_listed_then, listings.c.at))),
        ),
        papers,
        "papers_by_day",
    )
    .join_from(papers, source_records, source_records.c.paper_id == papers.c.id)
    .join(
        listings,
        (listings.c.paper_id == papers.c.id) & (source_records.c.source == "daily-papers"),
        isouter=True,
    )
    .where(
        papers.c.day >= bindparam("dated_from"),
        or_(
            _listed_then,
            and_(
                or_(listings.c.day.is_(None), listings.c.day < _DAY),
                papers.c.added_at >= bindparam("since"),
                papers.c.added_at < bindparam("until"),
            ),
        ),
        any_of(source_records.c.source, "sources"),
        ~exists().where(edition_papers.c.paper_id == papers.c.id),
    )
    .group_by(papers.c.id)
)

FIRST_LISTED = select(func.min(listings.c.day)).where(listings.c.day >= bindparam("since"))

# --- what is printed beside a paper -----------------------------------------------------------------------------
TITLES_OF_PAPERS = select(papers.c.id, papers.c.title).select_from(lookup(_IDS, papers, papers.c.id == _IDS.c.value))
EDITION_SUBMISSIONS = (
    select(submissions.c.paper_id, readers.c.name, submissions.c.reason, submissions.c.picture_id)
    .select_from(lookup(_IDS, submissions, submissions.c.paper_id == _IDS.c.value))
    .join(accounts, accounts.c.id == submissions.c.account_id, isouter=True)
    .join(readers, readers.c.id == accounts.c.reader_id, isouter=True)
    .where(submissions.c.hidden_at.is_(None))
    .order_by(submissions.c.id)
)
