"""Statements for how papers are received at other places: counts by day, links, and the daily papers that list them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import BindParameter, bindparam, case, func, select

from broadsheet.catalogue.dialects.building import insert, into, upsert
from broadsheet.catalogue.schema import edition_papers, listings, paper_counts, paper_links
from broadsheet.catalogue.statements.elements import each, lookup

_IDS = each("ids")
_NAME: BindParameter[Any] = bindparam("name")

# --- writing ----------------------------------------------------------------------------------------------------
COUNT_ELSEWHERE = upsert(insert(paper_counts), "value")  # a day keeps its last number
LINK_PAPER = into(paper_links, "paper_id", "kind", "url", "title", "by", "at", ignoring=True)
LIST_PAPER = upsert(insert(listings), "day", "at", "by")

# --- reading ----------------------------------------------------------------------------------------------------
LINKS_OF_PAPERS = (
    select(*paper_links.c["paper_id", "kind", "url", "title", "by"])
    .select_from(lookup(_IDS, paper_links, paper_links.c.paper_id == _IDS.c.value))
    .order_by(paper_links.c.paper_id, paper_links.c.id)
)
LISTINGS_OF_PAPERS = (
    select(*listings.c["paper_id", "place", "day", "at", "by"])
    .select_from(lookup(_IDS, listings, listings.c.paper_id == _IDS.c.value))
    .order_by(listings.c.paper_id, listings.c.day, listings.c.place)
)
SUBMITTED_BY = (  # papers of editions that somebody submitted or picked here, or submitted elsewhere
    select(*edition_papers.c["day", "paper_id"])
    .join_from(edition_papers, listings, edition_papers.c.paper_id == listings.c.paper_id, isouter=True)
    .where(
        case((edition_papers.c.via == "source", func.lower(listings.c.by)), else_=func.lower(edition_papers.c.by))
        == func.lower(_NAME)
    )
    .group_by(edition_papers.c.paper_id)
    .order_by(edition_papers.c.day.desc(), edition_papers.c.place, edition_papers.c.entered_at)
)
