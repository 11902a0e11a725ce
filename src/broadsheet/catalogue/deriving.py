"""Recomputes derived data when its rules have changed: part of a migration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broadsheet.catalogue.change_log import log_changes
from broadsheet.catalogue.database import fetch, insert
from broadsheet.catalogue.dedup.items import content_id
from broadsheet.catalogue.dedup.merge_sources import merge
from broadsheet.catalogue.dedup.title_hashes import normalise_title, title_hashes
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.drafts import load_sources
from broadsheet.catalogue.paper_row import UNNAMED, to_data
from broadsheet.catalogue.statements import dedup, papers
from broadsheet.catalogue.write_papers import New, replace_papers

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["recompute_derived"]

_BATCH = 5000


def recompute_derived(connection: Connection) -> None:
    """Recompute all title hashes, the ids of records whose source gives none, and the merge of each paper's sources."""
    connection.execute(papers.FORGET_ALL_GRAMS)
    after, changed = 0, []
    several = {row[0] for row in fetch(connection, sql.SEVERAL_SOURCES)}
    behind = chr(ord(UNNAMED) + 1)
    unnamed = {row[0] for row in fetch(connection, sql.UNNAMED_SOURCES, first=UNNAMED, last=behind)}
    while rows := fetch(connection, sql.PAPER_ROWS_AFTER, after=after, most=_BATCH):
        after = rows[-1][0]
        grams: set[tuple[int, int]] = set()
        names: list[dict[str, str | int]] = []
        for row in rows:
            data = to_data(row)
            grams |= {(one, row[0]) for one in title_hashes(normalise_title(data["title"]), data.get("extra", {}))}
            if row[0] not in several and row[0] not in unnamed:
                continue
            sources = load_sources(connection, row[0], data)
            own = [source for source in sources if source.source_id.startswith(UNNAMED)]
            names += [{"source_id": content_id(s.data), "row": s.row} for s in own if s.row]
            merged = merge([(source.source, source.data) for source in sources])
            if merged != data:
                changed.append(New(row[0], merged, row[9]))
        insert(connection, papers.ADD_GRAMS, sorted(grams))
        if names:
            connection.execute(dedup.RENAME_SOURCE, names)
    replace_papers(connection, changed)
    log_changes(connection, [(paper.paper_id, "update") for paper in changed])
