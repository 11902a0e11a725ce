"""What members add to the record of a paper, for everybody: tags, and links to its code, data and pages."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from broadsheet.catalogue.community.moderation import log_act
from broadsheet.catalogue.database import Database, fetch, in_list, insert, parse_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.redirects import follow
from broadsheet.kit.errors import UnknownPaper, UsageError
from broadsheet.kit.lazy import lazy

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from broadsheet.catalogue.statements import discussion as statements
else:  # what only reads does not load SQLAlchemy
    (statements,) = lazy("broadsheet.catalogue.statements", "discussion")

__all__ = ["AnnotationTable", "PaperLink", "PaperTag"]


@dataclass(frozen=True, slots=True)
class PaperTag:
    """A tag on a paper."""

    name: str
    account_id: int | None  # who added it; None where they have left, or there are no accounts
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class PaperLink:
    """A link of a paper; `url` is http or https."""

    id: int
    kind: str  # code | project | model | dataset | demo | video | other
    url: str
    title: str
    by: str  # a member, a source, or the reader where there are no accounts
    account_id: int | None
    at: datetime


class AnnotationTable:
    """Stores tags and links of papers.

    `by` of a removal is the curator, whose act is logged; "" where whoever added the thing takes it back.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    def tags(self, paper_id: int) -> list[PaperTag]:
        """The tags of a paper by name."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.TAGS_OF_PAPER, paper_id=paper_id)
        return [PaperTag(name, account_id, by, parse_time(at)) for name, account_id, by, at in rows]

    def tag_counts(self, among: Collection[int] | None = None, limit: int = 1000) -> list[tuple[str, int]]:
        """Every tag with the number of its papers, or of those `among` these, the most used first."""
        with self._database.read() as connection:
            if among is None:
                rows = fetch(connection, sql.TAG_COUNTS, most=limit)
            else:
                rows = fetch(connection, sql.TAG_COUNTS_AMONG, ids=in_list(among), most=limit)
        return [(str(name), int(count)) for name, count in rows]

    def tagged(self, name: str) -> list[int]:
        """The papers with a tag, the one tagged last first."""
        with self._database.read() as connection:
            return [paper_id for (paper_id,) in fetch(connection, sql.PAPERS_TAGGED, tag=name)]

    def add_tag(self, paper_id: int, name: str, account_id: int | None, most: int) -> None:
        """Put a tag on a paper; a second time changes nothing. Raises UnknownPaper, UsageError beyond `most`."""
        with self._database.write() as connection:
            paper_id = _live(connection, paper_id)
            names = [row[0] for row in fetch(connection, sql.TAGS_OF_PAPER, paper_id=paper_id)]
            if name not in names and len(names) >= most:
                raise UsageError(f"a paper has at most {most} tags")
            insert(connection, statements.ADD_PAPER_TAG, [(paper_id, name, account_id, self._database.now())])

    def remove_tag(self, paper_id: int, name: str, by: str = "", reason: str = "") -> None:
        """Take a tag off a paper."""
        with self._database.write() as connection:
            connection.execute(statements.REMOVE_PAPER_TAG, {"of_paper": paper_id, "of_tag": name})
            if by:
                log_act(connection, self._database.now(), by, "remove tag", f"paper {paper_id}", f"{name}: {reason}")

    def links(self, paper_id: int) -> list[PaperLink]:
        """The links of a paper, in the order of adding."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.LINKS_OF_PAPER, paper_id=paper_id)
        return [
            PaperLink(number, kind, url, title, by, account_id, parse_time(at))
            for number, kind, url, title, by, account_id, at in rows
        ]

    def stars(self, paper_id: int) -> int | None:
        """The stars of a paper's code where a place counts them: its latest number, the greatest of several places."""
        with self._database.read() as connection:
            latest = dict(fetch(connection, sql.STARS_OF_PAPER, paper_id=paper_id))
        return max(latest.values(), default=None)

    def add_link(  # what a row is made of
        self, paper_id: int, kind: str, url: str, title: str, by: str, account_id: int | None, most: int
    ) -> None:
        """Add a link to a paper; one address once. Raises UnknownPaper, UsageError beyond `most`."""
        with self._database.write() as connection:
            paper_id = _live(connection, paper_id)
            urls = [row[2] for row in fetch(connection, sql.LINKS_OF_PAPER, paper_id=paper_id)]
            if url not in urls and len(urls) >= most:
                raise UsageError(f"a paper has at most {most} links")
            row = (paper_id, kind, url, title, by, account_id, self._database.now())
            insert(connection, statements.ADD_PAPER_LINK, [row])

    def remove_link(self, link: PaperLink, paper_id: int, by: str = "", reason: str = "") -> None:
        """Take a link off a paper."""
        with self._database.write() as connection:
            connection.execute(statements.REMOVE_PAPER_LINK, {"of_link": link.id})
            if by:
                log_act(
                    connection, self._database.now(), by, "remove link", f"paper {paper_id}", f"{link.url}: {reason}"
                )


def _live(connection: Connection, paper_id: int) -> int:
    live = follow(connection, [paper_id]).get(paper_id)
    if live is None:
        raise UnknownPaper(f"no paper has the number {paper_id}")
    return live
