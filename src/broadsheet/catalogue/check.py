"""Is the catalogue whole? Each test says in one line what is wrong; an empty list means all is well."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby
from typing import TYPE_CHECKING

from broadsheet.catalogue.database import Database, Reading, fetch
from broadsheet.catalogue.dedup.merge_sources import merge
from broadsheet.catalogue.events import PaperState, replay
from broadsheet.catalogue.ingest import load_sources
from broadsheet.catalogue.paper_row import COLUMNS, to_data
from broadsheet.kit.errors import LibraryError

if TYPE_CHECKING:
    pass

__all__ = ["check"]

_MOST = 20  # lines a test

_QUERIES = (
    (
        "paper {} has no entry in the change log",
        "SELECT id FROM papers EXCEPT SELECT paper_id FROM changes WHERE kind = 'add'",
    ),
    (
        "paper {} was deleted in the change log but is still here",
        "SELECT p.id FROM papers p JOIN changes c ON c.paper_id = p.id AND c.kind = 'delete'",
    ),
    (
        "paper {} is gone without an entry in the change log",
        "SELECT paper_id FROM changes WHERE kind = 'add' EXCEPT SELECT id FROM papers "
        "EXCEPT SELECT paper_id FROM changes WHERE kind = 'delete'",
    ),
    (
        "number {} leads to another paper and is still a paper itself",
        "SELECT r.old_id FROM redirects r JOIN papers p ON p.id = r.old_id",
    ),
    (
        "number {} leads to a paper that never was",
        "SELECT old_id FROM redirects WHERE paper_id NOT IN (SELECT id FROM papers) "
        "AND paper_id NOT IN (SELECT old_id FROM redirects) "
        "AND paper_id NOT IN (SELECT paper_id FROM changes WHERE kind = 'delete')",
    ),
    (
        "number {} leads to another paper, and events still name it",
        "SELECT DISTINCT e.paper_id FROM events e JOIN redirects r ON r.old_id = e.paper_id",
    ),
    ("paper {} has no source", "SELECT id FROM papers EXCEPT SELECT paper_id FROM source_records"),
    ("paper {} is not readable: its content is no JSON", "SELECT id FROM papers WHERE NOT json_valid(content)"),
    (
        "paper {} has other authors in its record than among the authorships",
        "SELECT p.id FROM papers p WHERE json_valid(p.content) "
        "AND coalesce(json_array_length(p.content, '$.authors'), 0) <> "
        "(SELECT count(*) FROM authorships a WHERE a.paper_id = p.id)",
    ),
    (
        "paper {} has several sources, and the words of one are missing",
        "SELECT DISTINCT paper_id FROM source_records s WHERE content IS NULL "
        "AND EXISTS (SELECT 1 FROM source_records t WHERE t.paper_id = s.paper_id AND t.id <> s.id)",
    ),
    (
        "paper {} is counted as shown on other days than its events say",
        "SELECT paper_id FROM (SELECT reader_id, paper_id, count(DISTINCT substr(at, 1, 10)) AS days FROM events "
        "WHERE kind = 'impression' AND paper_id IN (SELECT id FROM papers) GROUP BY reader_id, paper_id) e "
        "LEFT JOIN reader_papers r USING (reader_id, paper_id) WHERE coalesce(r.days_seen, 0) <> e.days",
    ),
    (
        "reader {} has another last event than the log",
        "SELECT id FROM readers r WHERE last_event <> "
        "(SELECT coalesce(max(e.id), 0) FROM events e WHERE e.reader_id = r.id AND e.kind <> 'impression')",
    ),
)


def check(database: Database) -> list[str]:
    """Every problem found, in words; [] if there is none."""
    try:
        with database.read() as connection:
            found = [row[0] for row in fetch(connection, f"PRAGMA integrity_check({_MOST})")]
            if found != ["ok"]:
                return [f"{database.path}: {line}" for line in found]
            problems = [
                f"table {table}, row {row}: points to a row of {parent} that does not exist"
                for table, row, parent, _ in fetch(connection, "PRAGMA foreign_key_check")[:_MOST]
            ]
            for words, sql in _QUERIES:
                problems += [words.format(row[0]) for row in fetch(connection, f"{sql} LIMIT {_MOST}")]
            if not problems:  # the next tests read what the ones above vouch for
                problems = _merged_wrongly(connection) + _state_wrong(connection)
    except LibraryError as error:
        return [str(error)]
    return problems


def _merged_wrongly(connection: Reading) -> list[str]:
    """Papers of several sources that are not what those sources say together."""
    several = "SELECT paper_id FROM source_records GROUP BY paper_id HAVING count(*) > 1"
    wrong = []
    for row in fetch(connection, f"SELECT {COLUMNS} FROM papers WHERE id IN ({several})"):
        data = to_data(row)
        if merge([(s.source, s.data) for s in load_sources(connection, row[0], data)]) != data:
            wrong.append(f"paper {row[0]} is not what its sources say together")
    return wrong[:_MOST]


def _state_wrong(connection: Reading) -> list[str]:
    """Readers' kept state against a replay of their events."""
    kept: dict[tuple[int, int], PaperState] = defaultdict(PaperState)
    sql = "SELECT reader_id, paper_id, saved_at, rating, hidden, opened_at FROM reader_papers"
    for reader_id, paper_id, saved_at, rating, hidden, opened_at in fetch(connection, sql):
        kept[reader_id, paper_id] = PaperState(saved_at, rating, bool(hidden), opened_at)
    for reader_id, paper_id, tag in fetch(connection, "SELECT reader_id, paper_id, tag FROM reader_tags"):
        kept[reader_id, paper_id].tags.add(tag)
    sql = (
        "SELECT reader_id, paper_id, id, kind, at, value, undoes FROM events "
        "WHERE kind <> 'impression' AND paper_id IN (SELECT id FROM papers) ORDER BY reader_id, paper_id, id"
    )
    told = {
        key: replay(row[2:] for row in rows) for key, rows in groupby(fetch(connection, sql), key=lambda row: row[:2])
    }
    wrong = [key for key in kept.keys() | told.keys() if kept[key] != told.get(key, PaperState())]
    return [f"reader {reader}, paper {paper}: state differs from events" for reader, paper in sorted(wrong)[:_MOST]]
