"""Suspects: papers to which earlier versions of Broadsheet gave records of two works, by today's rules."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from broadsheet.catalogue.change_log import log_changes
from broadsheet.catalogue.database import Database, Reading, fetch, insert, next_id
from broadsheet.catalogue.dedup.fingerprint import Fingerprint, make_fingerprint
from broadsheet.catalogue.dedup.identity import compatible, is_revision, title_score
from broadsheet.catalogue.dedup.merge_community_rows import split_rows
from broadsheet.catalogue.dedup.merge_reader_history import split_history
from broadsheet.catalogue.dedup.merge_sources import is_provider
from broadsheet.catalogue.dedup.title_hashes import normalise_title
from broadsheet.catalogue.dedup.unmerge import split_off
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.drafts import Source, load_sources
from broadsheet.catalogue.paper_row import Data, day_of, to_data
from broadsheet.catalogue.statements import dedup as statements
from broadsheet.catalogue.statements import papers
from broadsheet.catalogue.write_papers import New, insert_papers
from broadsheet.kit.identifiers import is_cut_doi

if TYPE_CHECKING:
    from sqlalchemy import Connection

__all__ = ["Suspect", "part", "suspects"]


@dataclass(frozen=True, slots=True)
class Suspect:
    """A suspicious paper. `kind`: joined (holds a record of another work), replaced (an earlier content is another
    work), cut (its DOI is cut off)."""

    paper_id: int
    kind: str
    title: str  # of the paper
    other: str  # the title of the other work, or the DOI
    key: int = 0  # of the source record, or the version

    @property
    def line(self) -> str:
        """The finding as one line of text."""
        if self.kind == "cut":
            return f"paper {self.paper_id} (“{self.title[:80]}”): its DOI {self.other} is cut; look it up again"
        finding = "holds a record of another work" if self.kind == "joined" else "took the place of another work"
        return f"paper {self.paper_id} (“{self.title[:80]}”) {finding}: “{self.other[:80]}”"


def suspects(database: Database) -> list[Suspect]:
    """All suspects, by paper."""
    with database.read() as connection:
        return _suspects(connection)


def part(database: Database) -> list[tuple[Suspect, int]]:
    """Split every suspect: each other work becomes a new paper. Returns (suspect, the new paper's number).

    Reader history stays with the paper that has the title of its time.
    """
    results: list[tuple[Suspect, int]] = []
    with database.write() as connection:
        at = database.now()
        for suspect in _suspects(connection):
            if suspect.kind == "joined":
                row = fetch(connection, sql.PAPER_ROW, paper_id=suspect.paper_id)[0]
                sources = load_sources(connection, suspect.paper_id, to_data(row))
                leaving = [source for source in sources if source.row == suspect.key]
                if leaving and len(leaving) < len(sources):
                    results.append(
                        (suspect, split_off(connection, suspect.paper_id, to_data(row), sources, leaving, at))
                    )
            elif suspect.kind == "replaced":
                results.append((suspect, _restore_content(connection, suspect, at)))
    return results


def _suspects(connection: Reading) -> list[Suspect]:
    findings: list[Suspect] = []
    for row in fetch(connection, sql.COMPOUND_PAPERS):
        data = to_data(row)
        sources = load_sources(connection, row[0], data)
        findings += _joined_records(row[0], data, sources)
        if not any(is_provider(source.source) for source in sources):
            findings += _replaced_contents(connection, row[0], data, sources)
    for paper_id, title, doi in fetch(connection, sql.SICI_DOIS):
        if is_cut_doi(doi):
            findings.append(Suspect(paper_id, "cut", title, doi))
    return findings


def _joined_records(paper_id: int, data: Data, sources: Sequence[Source]) -> list[Suspect]:
    """Records that describe another work than the group of the paper's first record."""
    prints = [_print(source.data) for source in sources]
    group = {0}
    has_grown = True
    while has_grown:
        more = {
            i for i in range(len(prints)) if i not in group and any(_is_same_work(prints[j], prints[i]) for j in group)
        }
        has_grown = bool(more)
        group |= more
    others = [source for i, source in enumerate(sources) if i not in group and source.row is not None]
    return [Suspect(paper_id, "joined", data["title"], s.data["title"], s.row or 0) for s in others]


def _replaced_contents(connection: Reading, paper_id: int, data: Data, sources: Sequence[Source]) -> list[Suspect]:
    """Earlier contents that are another work than the paper's records; the latest content of each such work."""
    rows = fetch(connection, sql.EARLIER_CONTENTS, paper_id=paper_id)
    works = [_print(data), *(_print(source.data) for source in sources)]
    replaced = []
    for n, content in rows:
        earlier = json.loads(content)
        fingerprint = _print(earlier)
        if not any(_is_same_work(work, fingerprint) for work in works):
            replaced.append(Suspect(paper_id, "replaced", data["title"], earlier["title"], n))
        works.append(fingerprint)
    return replaced


def _is_same_work(a: Fingerprint, b: Fingerprint) -> bool:
    return bool(title_score(a, b)) or is_revision(a, b) or is_revision(b, a) or bool(a.ids & b.ids and compatible(a, b))


def _print(data: Data) -> Fingerprint:
    names = tuple(author.get("family") or author["name"] for author in data.get("authors", ()))
    day = day_of(data)
    year = data.get("year") or (date.fromordinal(day).year if day else None)
    ids, extra = frozenset(data.get("ids", {}).items()), data.get("extra", {})
    title = normalise_title(data["title"])
    return make_fingerprint(title, names, year, ids, data.get("venue", ""), data.get("kind", ""), extra)


def _restore_content(connection: Connection, suspect: Suspect, at: str) -> int:
    """Make a new paper from an earlier content, with the reader history of the time when it was current."""
    until, content = fetch(connection, sql.EARLIER_CONTENT, paper_id=suspect.paper_id, number=suspect.key)[0]
    data = json.loads(content)
    source, name, _, place, _ = fetch(connection, sql.SOURCES_OF_PAPER, paper_id=suspect.paper_id)[0]
    new_id = next_id(connection, "papers")
    insert_papers(connection, [New(new_id, data, at)])
    insert(connection, statements.ADD_EARLIER_SOURCE, [(new_id, source, name, until, place)])
    version = {"old_id": suspect.paper_id, "number": suspect.key}
    connection.execute(statements.MOVE_EARLIER_VERSIONS, version | {"new_id": new_id})
    connection.execute(statements.FORGET_VERSION, version)
    names = [(scheme, value, new_id) for scheme, value in data.get("ids", {}).items()]
    insert(connection, papers.ADD_IDENTIFIERS, names)
    split_history(connection, suspect.paper_id, new_id, until)
    split_rows(connection, suspect.paper_id, new_id, until)
    log_changes(connection, [(new_id, "add")])
    return new_id
