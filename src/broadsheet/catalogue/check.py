"""Checks of the catalogue; each problem is one line."""

from __future__ import annotations

from collections import defaultdict
from itertools import groupby

from broadsheet.catalogue.community.vote_rule import misjudged
from broadsheet.catalogue.database import Database, Reading, fetch
from broadsheet.catalogue.dedup.merge_sources import merge
from broadsheet.catalogue.dialects import driver, sql
from broadsheet.catalogue.drafts import load_sources
from broadsheet.catalogue.events import PaperState, replay
from broadsheet.catalogue.paper_row import to_data
from broadsheet.kit.errors import LibraryError

__all__ = ["check"]

_MOST = 20  # lines per check, at most

_QUERIES = (
    ("paper {} has no entry in the change log", sql.UNLOGGED_PAPERS),
    ("paper {} was deleted in the change log but is still here", sql.DELETED_PAPERS),
    ("paper {} is gone without an entry in the change log", sql.LOST_PAPERS),
    ("number {} leads to another paper and is still a paper itself", sql.REDIRECTED_PAPERS),
    ("number {} leads to a paper that never was", sql.BROKEN_REDIRECTS),
    ("number {} leads to another paper, and events still name it", sql.REDIRECTED_EVENTS),
    ("paper {} has no source", sql.PAPERS_WITHOUT_SOURCE),
    ("paper {} is not readable: its content is no JSON", sql.UNREADABLE_PAPERS),
    ("paper {} has other authors in its record than among the authorships", sql.PAPERS_WITH_OTHER_AUTHORS),
    ("paper {} has several sources, and the words of one are missing", sql.WORDLESS_SOURCES),
    ("paper {} is counted as shown on other days than its events say", sql.MISCOUNTED_DAYS),
    ("reader {} has another last event than the log", sql.OTHER_LAST_EVENTS),
    ("table {}: a row is of paper {}, which never was", sql.LOST_ROWS),
    ("table {}: a row names paper {}, which leads to another", sql.REDIRECTED_ROWS),
    ("reader {} has two votes for paper {}", sql.DOUBLE_VOTES),
    ("submission {} shows picture {}, which does not exist", sql.LOST_PICTURES),
)


def check(database: Database) -> list[str]:
    """Check the whole catalogue; one line per problem, [] if there is none."""
    try:
        with database.read() as connection:
            if damage := driver.integrity_problems(connection, _MOST):
                return [f"{database.path}: {line}" for line in damage]
            problems = [
                f"table {table}, row {row}: points to a row of {parent} that does not exist"
                for table, row, parent in driver.foreign_key_problems(connection, _MOST)
            ]
            for message, query in _QUERIES:
                problems += [message.format(*row) for row in fetch(connection, query, most=_MOST)]
            if not problems:  # the next checks assume that the ones above pass
                problems = _merge_problems(connection) + _state_problems(connection) + _vote_problems(connection)
    except LibraryError as error:
        return [str(error)]
    return problems


def _merge_problems(connection: Reading) -> list[str]:
    """Papers that differ from the merge of their sources."""
    problems = []
    for row in fetch(connection, sql.PAPERS_OF_SEVERAL_SOURCES):
        data = to_data(row)
        if merge([(s.source, s.data) for s in load_sources(connection, row[0], data)]) != data:
            problems.append(f"paper {row[0]} is not what its sources say together")
    return problems[:_MOST]


def _vote_problems(connection: Reading) -> list[str]:
    """Votes that are counted otherwise than the rule says."""
    papers = [paper_id for (paper_id,) in fetch(connection, sql.PAPERS_WITH_VOTES)]
    wrong = misjudged(connection, papers)
    return [f"vote {one['vote']} is counted otherwise than the rule says" for one in wrong[:_MOST]]


def _state_problems(connection: Reading) -> list[str]:
    """Readers whose stored state differs from a replay of their events."""
    stored: dict[tuple[int, int], PaperState] = defaultdict(PaperState)
    for reader_id, paper_id, saved_at, rating, hidden, opened_at in fetch(connection, sql.KEPT_STATES):
        stored[reader_id, paper_id] = PaperState(saved_at, rating, bool(hidden), opened_at)
    for reader_id, paper_id, tag in fetch(connection, sql.KEPT_TAGS):
        stored[reader_id, paper_id].tags.add(tag)
    actions = groupby(fetch(connection, sql.ACTIONS), key=lambda row: row[:2])
    from_events = {key: replay(row[2:] for row in rows) for key, rows in actions}
    differing = [key for key in stored.keys() | from_events.keys() if stored[key] != from_events.get(key, PaperState())]
    return [f"reader {reader}, paper {paper}: state differs from events" for reader, paper in sorted(differing)[:_MOST]]
