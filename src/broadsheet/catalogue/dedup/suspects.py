"""Papers that earlier versions made of two works: records joined or overwritten that are not one by today's rules."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

from broadsheet.catalogue.change_log import log_changes
from broadsheet.catalogue.database import Database, Reading, fetch, insert, next_id
from broadsheet.catalogue.dedup.fingerprint import Fingerprint, make_fingerprint
from broadsheet.catalogue.dedup.identity import continues, related, title_score
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
    """One finding. `kind`: joined (a record of another work), replaced (an earlier content), cut (its DOI)."""

    paper_id: int
    kind: str
    title: str  # the paper's
    other: str  # the title of the other work, or the DOI
    key: int = 0  # of the source record, or the version

    @property
    def line(self) -> str:
        """In words."""
        if self.kind == "cut":
            return f"paper {self.paper_id} (“{self.title[:80]}”): its DOI {self.other} is cut; look it up again"
        said = "holds a record of another work" if self.kind == "joined" else "took the place of another work"
        return f"paper {self.paper_id} (“{self.title[:80]}”) {said}: “{self.other[:80]}”"


def suspects(database: Database) -> list[Suspect]:
    """All suspects, by paper."""
    with database.read() as connection:
        return _suspects(connection)


def part(database: Database) -> list[tuple[Suspect, int]]:
    """Give every other work a paper of its own: (what was found, the new paper's number).

    What readers did stays with the paper that bears the title it bore then.
    """
    parted: list[tuple[Suspect, int]] = []
    with database.write() as connection:
        at = database.now()
        for one in _suspects(connection):
            if one.kind == "joined":
                row = fetch(connection, sql.PAPER_ROW, paper_id=one.paper_id)[0]
                sources = load_sources(connection, one.paper_id, to_data(row))
                going = [source for source in sources if source.row == one.key]
                if going and len(going) < len(sources):
                    parted.append((one, split_off(connection, one.paper_id, to_data(row), sources, going, at)))
            elif one.kind == "replaced":
                parted.append((one, _bring_back(connection, one, at)))
    return parted


def _suspects(connection: Reading) -> list[Suspect]:
    found: list[Suspect] = []
    for row in fetch(connection, sql.COMPOUND_PAPERS):
        data = to_data(row)
        sources = load_sources(connection, row[0], data)
        found += _joined(row[0], data, sources)
        if not any(is_provider(source.source) for source in sources):
            found += _replaced(connection, row[0], data, sources)
    for paper_id, title, doi in fetch(connection, sql.SICI_DOIS):
        if is_cut_doi(doi):
            found.append(Suspect(paper_id, "cut", title, doi))
    return found


def _joined(paper_id: int, data: Data, sources: Sequence[Source]) -> list[Suspect]:
    """Records that are not one with any of the others that are."""
    prints = [_print(source.data) for source in sources]
    group = {0}
    grown = True
    while grown:
        more = {i for i in range(len(prints)) if i not in group and any(_one(prints[j], prints[i]) for j in group)}
        grown = bool(more)
        group |= more
    others = [source for i, source in enumerate(sources) if i not in group and source.row is not None]
    return [Suspect(paper_id, "joined", data["title"], s.data["title"], s.row or 0) for s in others]


def _replaced(connection: Reading, paper_id: int, data: Data, sources: Sequence[Source]) -> list[Suspect]:
    """Earlier contents that no record of the paper goes on from: the latest of each other work."""
    rows = fetch(connection, sql.EARLIER_CONTENTS, paper_id=paper_id)
    known = [_print(data), *(_print(source.data) for source in sources)]
    found = []
    for n, content in rows:
        earlier = json.loads(content)
        mine = _print(earlier)
        if not any(_one(one, mine) for one in known):
            found.append(Suspect(paper_id, "replaced", data["title"], earlier["title"], n))
        known.append(mine)
    return found


def _one(a: Fingerprint, b: Fingerprint) -> bool:
    return bool(title_score(a, b)) or continues(a, b) or continues(b, a) or bool(a.ids & b.ids and related(a, b))


def _print(data: Data) -> Fingerprint:
    names = tuple(author.get("family") or author["name"] for author in data.get("authors", ()))
    day = day_of(data)
    year = data.get("year") or (date.fromordinal(day).year if day else None)
    ids, extra = frozenset(data.get("ids", {}).items()), data.get("extra", {})
    title = normalise_title(data["title"])
    return make_fingerprint(title, names, year, ids, data.get("venue", ""), data.get("kind", ""), extra)


def _bring_back(connection: Connection, one: Suspect, at: str) -> int:
    """A paper of its own out of an earlier content, with what readers did while the paper bore its title."""
    until, content = fetch(connection, sql.EARLIER_CONTENT, paper_id=one.paper_id, number=one.key)[0]
    data = json.loads(content)
    source, name, _, place, _ = fetch(connection, sql.SOURCES_OF_PAPER, paper_id=one.paper_id)[0]
    new_id = next_id(connection, "papers")
    insert_papers(connection, [New(new_id, data, at)])
    insert(connection, statements.ADD_EARLIER_SOURCE, [(new_id, source, name, until, place)])
    version = {"old_id": one.paper_id, "number": one.key}
    connection.execute(statements.MOVE_EARLIER_VERSIONS, version | {"new_id": new_id})
    connection.execute(statements.FORGET_VERSION, version)
    names = [(scheme, value, new_id) for scheme, value in data.get("ids", {}).items()]
    insert(connection, papers.ADD_IDENTIFIERS, names)
    split_history(connection, one.paper_id, new_id, until)
    log_changes(connection, [(new_id, "add")])
    return new_id
