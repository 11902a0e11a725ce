"""Statements for trending: what is known of papers from votes, saves, exposures, counts and comments."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, bindparam, case, exists, func, select

from broadsheet.catalogue.dialects.building import insert, upsert
from broadsheet.catalogue.schema import (
    accounts,
    comments,
    edition_papers,
    exposures,
    paper_counts,
    reader_papers,
    submissions,
    vote_decisions,
    votes,
)
from broadsheet.catalogue.statements.elements import each, lookup

OWN_PAGES = ("paper", "mail")  # pages about one paper: its own, and the one that a mail's link opens
_IDS = each("ids")
_SINCE: BindParameter[Any] = bindparam("since")
_COUNTED = votes.c.counted == 1
# a vote from a page about one paper has position 0, one from no page of ours none
_place = case((votes.c.page.in_(OWN_PAGES), func.coalesce(votes.c.position, 0)), else_=votes.c.position)

# --- of papers --------------------------------------------------------------------------------------------------
COUNTED_VOTES = (
    select(*votes.c["paper_id", "reader_id"], _place, vote_decisions.c.counted.is_not(None))
    .select_from(
        lookup(_IDS, votes, votes.c.paper_id == _IDS.c.value).outerjoin(
            vote_decisions,
            (vote_decisions.c.reader_id == votes.c.reader_id) & (vote_decisions.c.paper_id == votes.c.paper_id),
        )
    )
    .where(_COUNTED)
    .order_by(votes.c.id)
)
SAVES_WITHOUT_VOTE = (  # how many readers saved a paper and did not vote for it
    select(reader_papers.c.paper_id, func.count())
    .select_from(lookup(_IDS, reader_papers, reader_papers.c.paper_id == _IDS.c.value))
    .where(
        reader_papers.c.saved_at.is_not(None),
        ~exists().where(votes.c.reader_id == reader_papers.c.reader_id, votes.c.paper_id == reader_papers.c.paper_id),
    )
    .group_by(reader_papers.c.paper_id)
)
EXPOSURES_OF_PAPERS = (
    select(exposures.c.paper_id, exposures.c.position, func.sum(exposures.c.shown))
    .select_from(lookup(_IDS, exposures, exposures.c.paper_id == _IDS.c.value))
    .group_by(exposures.c.paper_id, exposures.c.position)
)
COMMENTERS = (  # people other than those who submitted the paper
    select(comments.c.paper_id, func.count(comments.c.account_id.distinct()))
    .select_from(lookup(_IDS, comments, comments.c.paper_id == _IDS.c.value))
    .where(
        comments.c.reader_id.is_(None),
        comments.c.group_id.is_(None),
        comments.c.deleted_at.is_(None),
        comments.c.hidden_at.is_(None),
        ~exists().where(
            submissions.c.paper_id == comments.c.paper_id, submissions.c.account_id == comments.c.account_id
        ),
    )
    .group_by(comments.c.paper_id)
)
COUNTS_OF_PAPERS = (
    select(*paper_counts.c["paper_id", "source", "kind", "day", "value"])
    .select_from(lookup(_IDS, paper_counts, paper_counts.c.paper_id == _IDS.c.value))
    .order_by(paper_counts.c.paper_id, paper_counts.c.source, paper_counts.c.kind, paper_counts.c.day)
)
ENTRY_TIMES = select(edition_papers.c.paper_id, edition_papers.c.entered_at).select_from(
    lookup(_IDS, edition_papers, edition_papers.c.paper_id == _IDS.c.value)
)

# --- of the community -------------------------------------------------------------------------------------------
_day = func.substr(votes.c.at, 1, 10)
VOTERS_BY_DAY = (
    select(_day, func.count(votes.c.reader_id.distinct()))
    .where(votes.c.at >= _SINCE, votes.c.at <= bindparam("until"), _COUNTED)
    .group_by(_day)
)
RECENTLY_LIKED = (
    select(votes.c.paper_id)
    .where(votes.c.at >= _SINCE, _COUNTED)
    .union(select(reader_papers.c.paper_id).where(reader_papers.c.saved_at >= _SINCE))
)
SHOWN_BY_POSITION = (
    select(exposures.c.paper_id, exposures.c.position, func.sum(exposures.c.shown))
    .where(exposures.c.day >= _SINCE)
    .group_by(exposures.c.paper_id, exposures.c.position)
)
LAST_VOTE = select(func.coalesce(func.max(votes.c.id), 0))
VOTES_BY_POSITION = (
    select(votes.c.paper_id, _place, func.count())
    .where(votes.c.at >= _SINCE, _place.is_not(None), _COUNTED)
    .group_by(votes.c.paper_id, _place)
)
VOTERS_SINCE = select(*votes.c["paper_id", "reader_id"]).where(votes.c.at >= _SINCE, _COUNTED)

MEMBERSHIPS = select(*accounts.c["id", "reader_id", "joined_at", "invited_by"]).order_by(accounts.c.id)

# --- counting ---------------------------------------------------------------------------------------------------
_exposures = insert(exposures)
COUNT_EXPOSURES = upsert(_exposures, shown=exposures.c.shown + _exposures.excluded.shown)
