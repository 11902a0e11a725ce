"""What is derived from papers made anew, where the rules of deriving have changed: part of a migration."""

from __future__ import annotations

from typing import TYPE_CHECKING

from broadsheet.catalogue.change_log import log_changes
from broadsheet.catalogue.database import fetch, insert
from broadsheet.catalogue.dedup.identity import normalise_title, title_hashes
from broadsheet.catalogue.dedup.matching import made_up_id
from broadsheet.catalogue.dedup.merge_sources import merge
from broadsheet.catalogue.ingest import load_sources
from broadsheet.catalogue.paper_row import COLUMNS, UNNAMED, to_data
from broadsheet.catalogue.write_papers import New, replace_papers

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["derive_anew"]

_BATCH = 5000


def derive_anew(connection: Connection) -> None:
    """Title hashes of all papers, the made-up ids of records without one, and what several sources say together."""
    connection.exec_driver_sql("DELETE FROM title_grams")
    after, changed = 0, []
    several = {
        row[0] for row in fetch(connection, "SELECT paper_id FROM source_records GROUP BY 1 HAVING count(*) > 1")
    }
    unnamed = {
        row[0]
        for row in fetch(connection, "SELECT paper_id FROM source_records WHERE source_id >= ? AND source_id < ?",
                         UNNAMED, chr(ord(UNNAMED) + 1))
    }  # fmt: skip
    while rows := fetch(connection, f"SELECT {COLUMNS} FROM papers WHERE id > ? ORDER BY id LIMIT {_BATCH}", after):
        after = rows[-1][0]
        grams: set[tuple[int, int]] = set()
        names: list[tuple[str, int]] = []
        for row in rows:
            data = to_data(row)
            grams |= {(one, row[0]) for one in title_hashes(normalise_title(data["title"]), data.get("extra", {}))}
            if row[0] not in several and row[0] not in unnamed:
                continue
            sources = load_sources(connection, row[0], data)
            names += [(made_up_id(s.data), s.row) for s in sources if s.source_id.startswith(UNNAMED) and s.row]
            together = merge([(source.source, source.data) for source in sources])
            if together != data:
                changed.append(New(row[0], together, row[9]))
        insert(connection, "INSERT INTO title_grams (hash, paper_id)", 2, sorted(grams))
        if names:
            connection.exec_driver_sql("UPDATE source_records SET source_id = ? WHERE id = ?", names)
    replace_papers(connection, changed)
    log_changes(connection, [(paper.paper_id, "update") for paper in changed])
