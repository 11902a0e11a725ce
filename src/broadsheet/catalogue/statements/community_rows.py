"""Statements for the rows that a community adds to papers, in whichever table."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    BindParameter,
    ColumnElement,
    Table,
    Text,
    bindparam,
    delete,
    func,
    literal,
    select,
    union,
    union_all,
    update,
)

from broadsheet.catalogue.schema import (
    alert_papers,
    change_marks,
    changes,
    comments,
    connection_items,
    delivery_papers,
    edition_papers,
    exposures,
    group_nominations,
    group_votes,
    highlights,
    interest_papers,
    listings,
    paper_counts,
    paper_links,
    paper_tags,
    papers,
    pictures,
    read_marks,
    redirects,
    stream_papers,
    submissions,
    vote_decisions,
    votes,
)
from broadsheet.catalogue.statements.elements import any_of, each, lookup

_OLD: BindParameter[Any] = bindparam("old_id")
_NEW: BindParameter[Any] = bindparam("new_id")
_MOST: BindParameter[Any] = bindparam("most")
_IDS = each("ids")
_ids = select(papers.c.id)


def _unprinted(name: str) -> list[ColumnElement[bool]]:
    """What an edition printed stays, under the number it was printed with."""
    return [edition_papers.c.printed.is_(None)] if name == edition_papers.name else []


TIMES: dict[Table, str] = {  # every table with rows of a paper -> the column that says when a row came; "": none does
    votes: "at",
    vote_decisions: "at",
    submissions: "at",
    comments: "at",
    edition_papers: "entered_at",
    paper_links: "at",
    paper_tags: "at",
    paper_counts: "day",
    exposures: "day",
    listings: "read_at",
    delivery_papers: "",
    stream_papers: "at",
    read_marks: "at",
    highlights: "at",
    group_nominations: "at",
    group_votes: "at",
    alert_papers: "found_at",
    change_marks: "",
    interest_papers: "",
    connection_items: "at",
}
PAPERS_WITH_ROWS = union(
    *(select(table.c.paper_id).select_from(lookup(_IDS, table, table.c.paper_id == _IDS.c.value)) for table in TIMES)
)
MOVE_ROWS = {table.name: update(table).where(table.c.paper_id == _OLD).values(paper_id=_NEW) for table in TIMES}
MOVE_ROWS_BEFORE = {
    table.name: MOVE_ROWS[table.name].where(table.c[column] < bindparam("before"))
    for table, column in TIMES.items()
    if column
}
_moved = comments.alias("moved")
MOVE_ANSWERS = (  # to comments that have moved
    update(comments)
    .where(comments.c.paper_id == _OLD, comments.c.parent_id.in_(select(_moved.c.id).where(_moved.c.paper_id == _NEW)))
    .values(paper_id=_NEW)
)
TAKE_ROWS = {table.name: delete(table).where(any_of(table.c.paper_id, "ids")) for table in TIMES}
FORGET_ROWS = {name: one.where(*_unprinted(name)) for name, one in TAKE_ROWS.items()}

# --- checks -----------------------------------------------------------------------------------------------------
_deleted = select(changes.c.paper_id).where(changes.c.kind == "delete")

LOST_ROWS = union_all(
    *(
        select(literal(str(table.name), Text()).label("name"), table.c.paper_id).where(
            table.c.paper_id.not_in(_ids), table.c.paper_id.not_in(_deleted)
        )
        for table in TIMES
    )
).limit(_MOST)
REDIRECTED_ROWS = union_all(
    *(
        select(literal(str(table.name), Text()).label("name"), table.c.paper_id).where(
            table.c.paper_id.in_(select(redirects.c.old_id)), *_unprinted(table.name)
        )
        for table in TIMES
    )
).limit(_MOST)
DOUBLE_VOTES = (
    select(votes.c.reader_id, votes.c.paper_id)
    .group_by(votes.c.reader_id, votes.c.paper_id)
    .having(func.count() > 1)
    .limit(_MOST)
)
LOST_PICTURES = (
    select(submissions.c.id, submissions.c.picture_id)
    .where(submissions.c.picture_id.is_not(None), submissions.c.picture_id.not_in(select(pictures.c.id)))
    .limit(_MOST)
)
PAPERS_WITH_VOTES = select(votes.c.paper_id).distinct()
