"""Comments on papers: who may write, change, hide and read them.

Where there are no accounts a comment is a note of the reader to themself, and nobody else ever sees it.
"""

from __future__ import annotations

import re
from collections.abc import Collection

from broadsheet.catalogue.community.comments import Author, Comment, CommentVersion
from broadsheet.community.actor import Actor, Role
from broadsheet.community.participation import (
    author_of,
    limited,
    paragraphs,
    reader_id_of,
    reason,
    require_curator,
)
from broadsheet.community.threads import Entry, in_thread
from broadsheet.kit.errors import UsageError
from broadsheet.pipeline.library import Library

__all__ = ["LONGEST", "MENTION", "Comments"]

LONGEST = 10_000  # characters of a comment
_MOST_MENTIONS = 10  # members whom one comment tells of itself
MENTION = re.compile(r"(?<![\w@./+-])@([A-Za-z0-9](?:[A-Za-z0-9]|[-_](?=[A-Za-z0-9])){1,29})(?![\w@])")


class Comments:
    """Comments over a library."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._stored = library.catalogue.community.comments

    # Reading ----------------------------------------------------------------------------------------------------

    def thread(self, actor: Actor, paper_id: int) -> list[Entry]:
        """The comments on a paper in reading order, as `actor` may read them: see `readable`."""
        comments = self._stored.of_paper(paper_id, reader_id_of(self._library, actor))
        return in_thread(comments)

    def counts(self, actor: Actor, paper_ids: Collection[int]) -> dict[int, int]:
        """The comments on each of these papers that stand."""
        counts = self._stored.counts(paper_ids, reader_id_of(self._library, actor))
        return {paper_id: counts.get(paper_id, 0) for paper_id in paper_ids}

    def get(self, actor: Actor, comment_id: int) -> Comment:
        """One comment. Raises UsageError where there is none, or it is another reader's note."""
        comment = self._stored.get(comment_id)
        if comment is None or comment.note_of not in (None, reader_id_of(self._library, actor)):
            raise UsageError(f"there is no comment {comment_id}")
        return comment

    def is_own(self, actor: Actor, comment: Comment) -> bool:
        """Whether `actor` wrote the comment."""
        if comment.note_of is not None:
            return comment.note_of == reader_id_of(self._library, actor)
        return comment.account_id is not None and comment.account_id == actor.account_id

    def is_readable(self, actor: Actor, comment: Comment) -> bool:
        """Whether `actor` may read the text: a hidden one is for its author and for curators."""
        if comment.deleted_at is not None:
            return False
        return comment.hidden_at is None or actor.role.may(Role.curator) or self.is_own(actor, comment)

    def versions(self, actor: Actor, comment_id: int) -> list[CommentVersion]:
        """What a comment said earlier, for everybody who may read it. Raises UsageError for others."""
        if not self.is_readable(actor, self.get(actor, comment_id)):
            raise UsageError("this comment is gone, and so are its versions")
        return self._stored.versions(comment_id)

    def mentioned(self, comment_ids: Collection[int]) -> dict[int, frozenset[str]]:
        """The names that each of these comments mentions."""
        return self._stored.mentioned(comment_ids)

    # Writing ----------------------------------------------------------------------------------------------------

    def add(self, actor: Actor, paper_id: int, text: str, parent_id: int | None = None) -> int:
        """Say something about a paper, in answer to another comment; returns the number of the comment.

        The same again within an hour is one comment. Raises UsageError for who may not or what cannot be said,
        RateLimited, UnknownPaper.
        """
        author = author_of(self._library, actor)
        text = paragraphs(text, LONGEST)
        limited(self._library, "comment of", author, self._library.settings.discussion.comments_an_hour)
        return self._stored.add(author, paper_id, text, parent_id, self._accounts_mentioned(author, text))

    def edit(self, actor: Actor, comment_id: int, text: str) -> None:
        """Change one's own comment; everybody can read what it was. Raises UsageError, RateLimited."""
        author, text = self._author_of_own(actor, comment_id), paragraphs(text, LONGEST)
        limited(self._library, "comment of", author, self._library.settings.discussion.comments_an_hour)
        self._stored.edit(comment_id, text, self._accounts_mentioned(author, text))

    def delete(self, actor: Actor, comment_id: int) -> None:
        """Delete one's own comment with all its versions; its place in the thread stays. Raises UsageError."""
        self._author_of_own(actor, comment_id)
        self._stored.delete(comment_id)

    def hide(self, actor: Actor, comment_id: int, why: str) -> None:
        """Hide a comment, with a reason that everybody can read. Raises UsageError for others than curators."""
        require_curator(actor)
        self._require_comment(actor, comment_id)
        self._stored.hide(comment_id, reason(why), actor.reader)

    def unhide(self, actor: Actor, comment_id: int, why: str) -> None:
        """Show a hidden comment again. Raises UsageError for others than curators."""
        require_curator(actor)
        self._require_comment(actor, comment_id)
        self._stored.unhide(comment_id, reason(why), actor.reader)

    # Mentions ---------------------------------------------------------------------------------------------------

    def mentions(self, actor: Actor) -> list[tuple[Comment, bool]]:
        """The comments that mention whoever asks, newest first, each with whether it was seen."""
        return self._stored.mentions_of(actor.account_id) if actor.account_id is not None else []

    def unseen_mentions(self, actor: Actor) -> int:
        """How many of them were not seen yet."""
        return self._stored.unseen_mentions(actor.account_id) if actor.account_id is not None else 0

    def see_mentions(self, actor: Actor, last: int) -> None:
        """Note that the mentions up to the comment `last` were seen."""
        if actor.account_id is not None:
            self._stored.see_mentions(actor.account_id, last)

    def _accounts_mentioned(self, author: Author, text: str) -> list[int]:
        if author.account_id is None:
            return []
        names = list(dict.fromkeys(name.lower() for name in MENTION.findall(text)))[: 10 * _MOST_MENTIONS]
        accounts = self._stored.members(names)
        told = [accounts[name] for name in names if name in accounts and accounts[name] != author.account_id]
        return told[:_MOST_MENTIONS]

    def _author_of_own(self, actor: Actor, comment_id: int) -> Author:
        comment = self.get(actor, comment_id)
        author = author_of(self._library, actor)
        if not self.is_own(actor, comment):
            raise UsageError("this comment is somebody else's")
        if comment.deleted_at is not None:
            raise UsageError("this comment is deleted")
        return author

    def _require_comment(self, actor: Actor, comment_id: int) -> None:
        if self.get(actor, comment_id).note_of is not None:
            raise UsageError("this is a note of yours: nobody else sees it, so there is nothing to hide")
