"""Submissions: who brings a paper into the edition, why, and with which picture. A paper is submitted once."""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from broadsheet.catalogue.community.moderation import close_reports, log_act
from broadsheet.catalogue.database import Database, fetch, in_list, insert, parse_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.redirects import follow
from broadsheet.kit.errors import UnknownPaper
from broadsheet.kit.lazy import lazy

if TYPE_CHECKING:
    from broadsheet.catalogue.statements import submissions as statements
else:  # what only reads does not load SQLAlchemy
    (statements,) = lazy("broadsheet.catalogue.statements", "submissions")

__all__ = ["NewPicture", "StoredPicture", "Submission", "Submissions"]


@dataclass(frozen=True, slots=True)
class Submission:
    """One submission."""

    id: int
    paper_id: int
    account_id: int | None  # None: there are no accounts, or the submitter has left
    at: datetime
    reason: str
    picture_id: int | None
    hidden_at: datetime | None
    hidden_reason: str
    submitter: str  # "" where there is no account


@dataclass(frozen=True, slots=True)
class NewPicture:
    """A picture as we encoded it."""

    media_type: str
    width: int
    height: int
    content: bytes


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A picture to send."""

    media_type: str
    content: bytes
    sha256: str
    is_shown: bool  # by a submission that is not hidden


class Submissions:
    """Stores submissions and pictures."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add(
        self, paper_id: int, account_id: int | None, reason: str, picture: NewPicture | None
    ) -> tuple[Submission, bool]:
        """Submit a paper: (the submission, True), or the first that is there already and False. Raises UnknownPaper."""
        with self._database.write() as connection:
            live = follow(connection, [paper_id]).get(paper_id)
            if live is None:
                raise UnknownPaper(f"no paper has the number {paper_id}")
            if rows := fetch(connection, sql.SUBMISSIONS_OF_PAPER, paper_id=live):
                return _submission(rows[0]), False
            at = self._database.now()
            picture_id = None
            if picture is not None:
                sha256 = hashlib.sha256(picture.content).hexdigest()
                row = (sha256, picture.media_type, picture.width, picture.height, at, picture.content)
                insert(connection, statements.ADD_PICTURE, [row])
                picture_id = fetch(connection, sql.PICTURE_BY_HASH, sha256=sha256)[0][0]
            insert(connection, statements.ADD_SUBMISSION, [(live, account_id, at, reason, picture_id)])
            return _submission(fetch(connection, sql.SUBMISSIONS_OF_PAPER, paper_id=live)[0]), True

    def get(self, number: int) -> Submission | None:
        """The submission of this number."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.SUBMISSION, number=number)
        return _submission(rows[0]) if rows else None

    def of_paper(self, paper_id: int) -> list[Submission]:
        """The submissions of a paper, the first first; several where papers were merged."""
        with self._database.read() as connection:
            return [_submission(row) for row in fetch(connection, sql.SUBMISSIONS_OF_PAPER, paper_id=paper_id)]

    def of_account(self, account_id: int, limit: int = 200) -> list[Submission]:
        """What a member submitted, newest first."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.SUBMISSIONS_OF_ACCOUNT, account_id=account_id, most=limit)
        return [_submission(row) for row in rows]

    def remove(self, number: int) -> None:
        """Delete a submission, and its picture if no other has it."""
        with self._database.write() as connection:
            connection.execute(statements.REMOVE_SUBMISSION, {"number": number})
            connection.execute(statements.FORGET_PICTURES)

    def hide(self, number: int, reason: str, by: str) -> None:
        """Hide words and picture of a submission, which resolves its reports; the public log says who and why."""
        with self._database.write() as connection:
            at = self._database.now()
            change = {"number": number, "hidden_at": at, "hidden_reason": reason}
            connection.execute(statements.CHANGE_SUBMISSION, change)
            log_act(connection, at, by, "hide", f"submission {number}", reason)
            close_reports(connection, at, f"submission {number}", "resolved")

    def unhide(self, number: int, reason: str, by: str) -> None:
        """Show a submission again; the public log says who did it and why."""
        with self._database.write() as connection:
            at = self._database.now()
            connection.execute(statements.CHANGE_SUBMISSION, {"number": number, "hidden_at": None, "hidden_reason": ""})
            log_act(connection, at, by, "unhide", f"submission {number}", reason)

    def pictures_of(self, paper_ids: Collection[int]) -> dict[int, int]:
        """The picture of each of these papers that was submitted with one and is not hidden: the first."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.PICTURES_OF_PAPERS, ids=in_list(set(paper_ids)))
        return dict(reversed(rows))

    def picture(self, number: int) -> StoredPicture | None:
        """The picture of this number."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.PICTURE, number=number)
        return StoredPicture(rows[0][0], rows[0][1], rows[0][2], bool(rows[0][3])) if rows else None


def _submission(row: Sequence[Any]) -> Submission:
    number, paper_id, account_id, at, reason, picture_id, hidden_at, hidden_reason, name = row
    hidden = parse_time(hidden_at) if hidden_at else None
    return Submission(
        number, paper_id, account_id, parse_time(at), reason, picture_id, hidden, hidden_reason, name or ""
    )
