"""Comments: what members say about papers, every version of it, and whom they mention.

A comment that its author deletes, or a curator hides, keeps its place: answers still have what they answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from broadsheet.catalogue.community.moderation import close_reports, log_act
from broadsheet.catalogue.database import Database, Reading, fetch, in_list, insert, next_id, parse_time, stored_time
from broadsheet.catalogue.dialects import sql
from broadsheet.catalogue.redirects import follow
from broadsheet.kit.errors import UnknownPaper, UsageError
from broadsheet.kit.lazy import lazy

if TYPE_CHECKING:
    from broadsheet.catalogue.statements import discussion as statements
else:  # what only reads does not load SQLAlchemy
    (statements,) = lazy("broadsheet.catalogue.statements", "discussion")

__all__ = ["Author", "Comment", "CommentTable", "CommentVersion"]

_SAME_WITHIN = timedelta(hours=1)  # a form that is sent again within this time adds nothing


@dataclass(frozen=True, slots=True)
class Author:
    """Who writes, and who alone may read it: a member for everybody, or for a group; a reader a note to themself."""

    account_id: int | None = None
    reader_id: int | None = None
    group_id: int | None = None


@dataclass(frozen=True, slots=True)
class Comment:
    """One comment; its `text` is Markdown, "" once its author has deleted it."""

    id: int
    paper_id: int
    account_id: int | None  # None: of somebody who has left, or a note
    note_of: int | None  # the reader whose note to themself it is
    author: str  # the name to sign in with; "" of somebody who has left
    full_name: str
    parent_id: int | None
    at: datetime
    text: str
    edited_at: datetime | None
    deleted_at: datetime | None
    hidden_at: datetime | None
    hidden_reason: str
    group_id: int | None = None  # the group that alone may read it


@dataclass(frozen=True, slots=True)
class CommentVersion:
    """What a comment said until `replaced_at`."""

    n: int
    replaced_at: datetime
    text: str


class CommentTable:
    """Stores comments."""

    def __init__(self, database: Database) -> None:
        self._database = database

    # Reading ----------------------------------------------------------------------------------------------------

    def get(self, comment_id: int) -> Comment | None:
        """The comment of this number."""
        with self._database.read() as connection:
            return _get(connection, comment_id)

    def of_paper(self, paper_id: int, reader_id: int = 0, limit: int = 5000) -> list[Comment]:
        """The comments on a paper and the notes of a reader, oldest first."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.COMMENTS_OF_PAPER, paper_id=paper_id, reader_id=reader_id, most=limit)
        return [_comment(row) for row in rows]

    def in_group(self, paper_id: int, group_id: int, limit: int = 5000) -> list[Comment]:
        """What a group says about a paper, oldest first."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.COMMENTS_IN_GROUP, paper_id=paper_id, group_id=group_id, most=limit)
        return [_comment(row) for row in rows]

    def notes(self, reader_id: int, paper_ids: Collection[int]) -> list[Comment]:
        """The notes of a reader on these papers that are not deleted, oldest first."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.NOTES_ON_PAPERS, reader_id=reader_id, ids=in_list(set(paper_ids)))
        return [_comment(row) for row in rows]

    def papers_with_notes(self, reader_id: int) -> set[int]:
        """The papers on which a reader has notes."""
        with self._database.read() as connection:
            return {paper_id for (paper_id,) in fetch(connection, sql.PAPERS_WITH_NOTES, reader_id=reader_id)}

    def of_author(self, author: Author) -> list[Comment]:
        """Everything that somebody wrote for everybody, and a reader's notes, oldest first."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.COMMENTS_OF_ACCOUNT, account_id=author.account_id or 0)
            rows += fetch(connection, sql.NOTES_OF_READER, reader_id=author.reader_id or 0)
        return [_comment(row) for row in rows]

    def counts(self, paper_ids: Collection[int], reader_id: int = 0) -> dict[int, int]:
        """The comments on papers that everybody sees, and the notes of a reader; a paper without any is left out."""
        with self._database.read() as connection:
            return dict(fetch(connection, sql.COMMENT_COUNTS, ids=in_list(set(paper_ids)), reader_id=reader_id))

    def versions(self, comment_id: int) -> list[CommentVersion]:
        """Earlier versions of a comment, oldest first."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.VERSIONS_OF_COMMENT, comment_id=comment_id)
        return [CommentVersion(n, parse_time(at), text) for n, at, text in rows]

    def mentioned(self, comment_ids: Collection[int]) -> dict[int, frozenset[str]]:
        """The names of the members that each of these comments mentions."""
        names: dict[int, set[str]] = defaultdict(set)
        with self._database.read() as connection:
            for comment_id, name in fetch(connection, sql.MENTIONED_IN, ids=in_list(set(comment_ids))):
                names[comment_id].add(name)
        return {comment_id: frozenset(group) for comment_id, group in names.items()}

    def members(self, names: Iterable[str]) -> dict[str, int]:
        """The accounts of those of these names that are members."""
        with self._database.read() as connection:
            return dict(fetch(connection, sql.MEMBERS_NAMED, names=in_list(names)))

    def mentions_of(self, account_id: int, limit: int = 100) -> list[tuple[Comment, bool]]:
        """The comments that mention a member, newest first, each with whether it was seen."""
        with self._database.read() as connection:
            rows = fetch(connection, sql.MENTIONS_OF_ACCOUNT, account_id=account_id, most=limit)
        return [(_comment(row[:-1]), row[-1] is not None) for row in rows]

    def unseen_mentions(self, account_id: int) -> int:
        """How many comments mention a member who has not seen it."""
        with self._database.read() as connection:
            return int(fetch(connection, sql.UNSEEN_MENTIONS, account_id=account_id)[0][0])

    # Writing ----------------------------------------------------------------------------------------------------

    def add(
        self, author: Author, paper_id: int, text: str, parent_id: int | None = None, mentions: Collection[int] = ()
    ) -> int:
        """Add a comment, in answer to another; returns its number. A form that is sent again adds nothing.

        Raises UnknownPaper, and UsageError for an answer to what is not on this paper or was deleted.
        """
        with self._database.write() as connection:
            live = follow(connection, [paper_id]).get(paper_id)
            if live is None:
                raise UnknownPaper(f"no paper has the number {paper_id}")
            now = self._database.now()
            _require_answerable(connection, author, live, parent_id)
            since = stored_time(parse_time(now) - _SAME_WITHIN)
            key = {
                "paper_id": live,
                "account_id": author.account_id or 0,
                "reader_id": author.reader_id or 0,
                "parent_id": parent_id or 0,
                "group_id": author.group_id or 0,
            }
            if same := fetch(connection, sql.SAME_COMMENT, **key, text=text, since=since):
                return int(same[0][0])
            number = next_id(connection, "comments")
            row = (number, live, author.account_id, author.reader_id, parent_id, now, text, author.group_id)
            insert(connection, statements.ADD_COMMENT, [row])
            insert(connection, statements.ADD_MENTIONS, [(number, account) for account in mentions])
        return number

    def edit(self, comment_id: int, text: str, mentions: Collection[int] = ()) -> bool:
        """Replace the text and keep what it was as a version; False if nothing changes or it is deleted."""
        with self._database.write() as connection:
            before = _get(connection, comment_id)
            if before is None or before.deleted_at is not None or before.text == text:
                return False
            now = self._database.now()
            number = len(fetch(connection, sql.VERSIONS_OF_COMMENT, comment_id=comment_id)) + 1
            insert(connection, statements.ADD_COMMENT_VERSION, [(comment_id, number, now, before.text)])
            connection.execute(statements.CHANGE_COMMENT, {"of_comment": comment_id, "text": text, "edited_at": now})
            connection.execute(statements.FORGET_OTHER_MENTIONS, {"of_comment": comment_id, "ids": in_list(mentions)})
            insert(connection, statements.ADD_MENTIONS, [(comment_id, account) for account in mentions])
        return True

    def delete(self, comment_id: int) -> None:
        """Remove the text with all its versions and mentions; the place in the thread stays."""
        with self._database.write() as connection:
            now = self._database.now()
            connection.execute(statements.CHANGE_COMMENT, {"of_comment": comment_id, "text": "", "deleted_at": now})
            connection.execute(statements.FORGET_COMMENT_VERSIONS, {"of_comment": comment_id})
            connection.execute(statements.FORGET_OTHER_MENTIONS, {"of_comment": comment_id, "ids": in_list(())})

    def hide(self, comment_id: int, reason: str, by: str) -> bool:
        """Hide a comment with a reason, which resolves its reports; False if it is hidden already."""
        return self._set_hidden(comment_id, reason, by, is_hidden=True)

    def unhide(self, comment_id: int, reason: str, by: str) -> bool:
        """Show a hidden comment again; False if it is not hidden."""
        return self._set_hidden(comment_id, reason, by, is_hidden=False)

    def see_mentions(self, account_id: int, last: int) -> None:
        """Note that a member has seen the mentions in comments up to the number `last`."""
        row = {"of_account": account_id, "last": last, "seen_at": self._database.now()}
        with self._database.write() as connection:
            connection.execute(statements.SEE_MENTIONS, row)

    def _set_hidden(self, comment_id: int, reason: str, by: str, *, is_hidden: bool) -> bool:
        with self._database.write() as connection:
            before = _get(connection, comment_id)
            if before is None or (before.hidden_at is not None) == is_hidden:
                return False
            now = self._database.now()
            change = {"hidden_at": now if is_hidden else None, "hidden_reason": reason if is_hidden else ""}
            connection.execute(statements.CHANGE_COMMENT, {"of_comment": comment_id, **change})
            target = f"comment {comment_id}"
            log_act(connection, now, by, "hide" if is_hidden else "unhide", target, reason)
            if is_hidden:
                close_reports(connection, now, target, "resolved")
        return True


def _require_answerable(connection: Reading, author: Author, paper_id: int, parent_id: int | None) -> None:
    if parent_id is None:
        return
    parent = _get(connection, parent_id)
    if parent is None or parent.paper_id != paper_id or not _is_among(author, parent):
        raise UsageError(f"there is no comment {parent_id} on this paper to answer")
    if parent.deleted_at is not None or parent.hidden_at is not None:
        raise UsageError("this comment is gone; answer another one")


def _is_among(author: Author, parent: Comment) -> bool:
    """Whether an answer is read by those who read what it answers."""
    return parent.note_of in (None, author.reader_id) and parent.group_id == author.group_id


def _get(connection: Reading, comment_id: int) -> Comment | None:
    rows = fetch(connection, sql.COMMENT, comment_id=comment_id)
    return _comment(rows[0]) if rows else None


def _comment(row: Sequence[Any]) -> Comment:
    (
        number,
        paper_id,
        account_id,
        note_of,
        author,
        full_name,
        parent_id,
        at,
        text,
        edited,
        deleted,
        hidden,
        why,
        group,
    ) = row
    return Comment(
        id=number,
        paper_id=paper_id,
        account_id=account_id,
        note_of=note_of,
        author=author,
        full_name=full_name,
        parent_id=parent_id,
        at=parse_time(at),
        text=text,
        edited_at=parse_time(edited) if edited else None,
        deleted_at=parse_time(deleted) if deleted else None,
        hidden_at=parse_time(hidden) if hidden else None,
        hidden_reason=why,
        group_id=group,
    )
