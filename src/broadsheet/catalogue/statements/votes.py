"""Statements for votes: rows that say who votes for which paper, and whether each is counted."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, bindparam, delete, exists, func, select, update

from broadsheet.catalogue.dialects.building import insert, into, upsert
from broadsheet.catalogue.schema import (
    accounts,
    audit_log,
    author_claims,
    paper_counts,
    papers,
    readers,
    vote_decisions,
    votes,
)
from broadsheet.catalogue.statements.elements import each, lookup

_READER: BindParameter[Any] = bindparam("reader_id")
_PAPER: BindParameter[Any] = bindparam("paper_id")
_MOST: BindParameter[Any] = bindparam("most")
_IDS = each("ids")

# --- casting and withdrawing ------------------------------------------------------------------------------------
CAST_VOTE = into(votes, "reader_id", "paper_id", "at", "page", "position", ignoring=True)
WITHDRAW_VOTE = delete(votes).where(votes.c.reader_id == bindparam("reader"), votes.c.paper_id == bindparam("paper"))
DECIDE_VOTE = upsert(insert(vote_decisions), "counted", "reason", "by", "at")
LOG_DECISION = into(audit_log, "at", "actor", "act", "target", "detail")

# --- reading ----------------------------------------------------------------------------------------------------
_vote = (votes.c.reader_id, readers.c.name, *votes.c["paper_id", "at", "page", "position", "counted", "why_not"])
_votes = select(*_vote).join_from(votes, readers, readers.c.id == votes.c.reader_id)
VOTE = _votes.where(votes.c.reader_id == _READER, votes.c.paper_id == _PAPER)
VOTES_OF_PAPER = _votes.where(votes.c.paper_id == _PAPER).order_by(votes.c.id)
VOTES_OF_READER = (
    _votes.where(votes.c.reader_id == _READER, exists().where(papers.c.id == votes.c.paper_id))
    .order_by(votes.c.id.desc())
    .limit(_MOST)
)
VOTED_BY_READER = select(votes.c.paper_id, votes.c.counted, votes.c.why_not).select_from(
    lookup(_IDS, votes, (votes.c.reader_id == _READER) & (votes.c.paper_id == _IDS.c.value))
)
_counted = select(votes.c.paper_id, func.count()).where(votes.c.counted == 1).group_by(votes.c.paper_id)
ALL_VOTE_COUNTS = _counted
VOTE_COUNTS = _counted.select_from(lookup(_IDS, votes, votes.c.paper_id == _IDS.c.value))
VOTERS = (
    select(readers.c.name)
    .join_from(votes, readers, readers.c.id == votes.c.reader_id)
    .join(accounts, accounts.c.reader_id == readers.c.id)
    .where(votes.c.paper_id == _PAPER, votes.c.counted == 1, accounts.c.show_votes == 1)
    .order_by(votes.c.id)
    .limit(_MOST)
)
DECISIONS_OF_PAPER = select(*vote_decisions.c["reader_id", "counted", "reason", "by", "at"]).where(
    vote_decisions.c.paper_id == _PAPER
)
_newer = paper_counts.alias("newer")
_elsewhere = (
    select(paper_counts.c.paper_id, func.sum(paper_counts.c.value))
    .where(
        paper_counts.c.kind == "votes",
        ~exists()
        .where(
            _newer.c.paper_id == paper_counts.c.paper_id,
            _newer.c.source == paper_counts.c.source,
            _newer.c.kind == "votes",
            _newer.c.day > paper_counts.c.day,
        )
        .correlate(paper_counts),
    )
    .group_by(paper_counts.c.paper_id)
)
ALL_VOTES_ELSEWHERE = _elsewhere
VOTES_ELSEWHERE = _elsewhere.select_from(lookup(_IDS, paper_counts, paper_counts.c.paper_id == _IDS.c.value))

# --- the rule: which votes are counted --------------------------------------------------------------------------
_decision = ((vote_decisions.c.reader_id == votes.c.reader_id) & (vote_decisions.c.paper_id == votes.c.paper_id),)
_ruled = select(
    *votes.c["id", "reader_id", "counted", "why_not"],
    vote_decisions.c.counted,
    vote_decisions.c.reason,
    papers.c.authors,
)
VOTES_TO_JUDGE = _ruled.select_from(
    lookup(_IDS, votes, votes.c.paper_id == _IDS.c.value)
    .join(papers, papers.c.id == votes.c.paper_id)
    .outerjoin(vote_decisions, *_decision)
)
PAPERS_VOTED_BY = select(votes.c.paper_id).where(votes.c.reader_id == _READER)
NAMES_OF_READERS = (
    select(accounts.c.reader_id, accounts.c.full_name)
    .select_from(lookup(_IDS, accounts, accounts.c.reader_id == _IDS.c.value))
    .where(accounts.c.full_name != "")
    .union_all(
        select(accounts.c.reader_id, author_claims.c.name)
        .select_from(
            lookup(_IDS, accounts, accounts.c.reader_id == _IDS.c.value).join(
                author_claims, author_claims.c.account_id == accounts.c.id
            )
        )
        .where(author_claims.c.state == "confirmed")
    )
)
JUDGE_VOTE = update(votes).where(votes.c.id == bindparam("vote"))
