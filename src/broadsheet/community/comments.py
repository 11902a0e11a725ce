"""Comments on papers: who may write, change, hide and read them.

A comment is for everybody, for the members of a group, or a note of a reader to themself, which nobody else ever sees.
Where there are no accounts every comment is a note.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Self

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

__all__ = ["EVERYBODY", "LONGEST", "ME", "MENTION", "Audience", "Comments"]

LONGEST = 10_000  # characters of a comment
_MOST_MENTIONS = 10  # members whom one comment tells of itself
MENTION = re.compile(r"(?<![\w@./+-])@([A-Za-z0-9](?:[A-Za-z0-9]|[-_](?=[A-Za-z0-9])){1,29})(?![\w@])")


@dataclass(frozen=True, slots=True)
class Audience:
    """Who reads a comment: everybody, the members of a group, or its writer alone."""

    group_id: int = 0
    is_me: bool = False

    def __str__(self) -> str:
        return "me" if self.is_me else f"group:{self.group_id}" if self.group_id else ""

    @classmethod
    def of(cls, comment: Comment) -> Self:
        """The audience of a comment."""
        return cls(comment.group_id or 0, comment.note_of is not None)

    @classmethod
    def named(cls, text: str) -> Self:
        """The audience of a text: "" for everybody, me, group:3. Raises UsageError."""
        kind, _, number = text.partition(":")
        if kind == "group" and number.isascii() and number.isdigit() and len(number) < 18:
            return cls(int(number))
        if text not in {"", "me"}:
            raise UsageError(f"nobody is called {text[:40]!r} as an audience; there are me, and group:3 for a group")
        return cls(is_me=text == "me")


EVERYBODY, ME = Audience(), Audience(is_me=True)


class Comments:
    """Comments over a library."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._stored = library.catalogue.community.comments
        self._groups = library.catalogue.community.groups
        self._has_accounts = library.settings.community.mode == "community"

    # Reading ----------------------------------------------------------------------------------------------------

    def thread(self, actor: Actor, paper_id: int, audience: Audience = EVERYBODY) -> list[Entry]:
        """The comments on a paper for an audience in reading order, as `actor` may read them: see `readable`.

        Raises UsageError for a group that the actor is not in.
        """
        reader_id = reader_id_of(self._library, actor)
        if audience.group_id:
            self._require_member(actor, audience.group_id)
            return in_thread(self._stored.in_group(paper_id, audience.group_id))
        if not self._has_accounts:
            return in_thread(self._stored.of_paper(paper_id, reader_id))
        if audience.is_me:
            return in_thread(self._stored.notes(reader_id, [paper_id]))
        return in_thread(self._stored.of_paper(paper_id))

    def counts(self, actor: Actor, paper_ids: Collection[int]) -> dict[int, int]:
        """The comments on each of these papers that stand, without those of groups."""
        counts = self._stored.counts(paper_ids, 0 if self._has_accounts else reader_id_of(self._library, actor))
        return {paper_id: counts.get(paper_id, 0) for paper_id in paper_ids}

    def get(self, actor: Actor, comment_id: int) -> Comment:
        """One comment. Raises UsageError where there is none, or it is another reader's note, or another group's."""
        comment = self._stored.get(comment_id)
        if comment is None or not self._may_see(actor, comment):
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

    def add(
        self, actor: Actor, paper_id: int, text: str, parent_id: int | None = None, audience: Audience = EVERYBODY
    ) -> int:
        """Say something about a paper; returns the number of the comment.

        An answer has the audience of what it answers. The same again within an hour is one comment. Raises UsageError
        for who may not or what cannot be said, RateLimited, UnknownPaper.
        """
        parent = self._stored.get(parent_id) if parent_id is not None else None
        if parent is not None and self._may_see(actor, parent):
            audience = Audience.of(parent)
        author = self._author(actor, audience)
        text = paragraphs(text, LONGEST)
        limited(self._library, "comment of", author_of(self._library, actor), self._an_hour)
        return self._stored.add(author, paper_id, text, parent_id, self._accounts_mentioned(author, text))

    def edit(self, actor: Actor, comment_id: int, text: str) -> None:
        """Change one's own comment; everybody can read what it was. Raises UsageError, RateLimited."""
        author, text = self._author_of_own(actor, comment_id), paragraphs(text, LONGEST)
        limited(self._library, "comment of", author_of(self._library, actor), self._an_hour)
        self._stored.edit(comment_id, text, self._accounts_mentioned(author, text))

    def delete(self, actor: Actor, comment_id: int) -> None:
        """Delete one's own comment with all its versions; its place in the thread stays. Raises UsageError.

        In a group its owners delete any.
        """
        comment = self.get(actor, comment_id)
        if comment.group_id is None or not self._is_owner(actor, comment.group_id):
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
        if author.group_id is not None:
            members = {member.account_id for member in self._groups.members(author.group_id)}
            told = [account for account in told if account in members]
        return told[:_MOST_MENTIONS]

    def _author_of_own(self, actor: Actor, comment_id: int) -> Author:
        comment = self.get(actor, comment_id)
        author = self._author(actor, Audience.of(comment))
        if not self.is_own(actor, comment):
            raise UsageError("this comment is somebody else's")
        if comment.deleted_at is not None:
            raise UsageError("this comment is deleted")
        return author

    def _require_comment(self, actor: Actor, comment_id: int) -> None:
        comment = self.get(actor, comment_id)
        if comment.note_of is not None:
            raise UsageError("this is a note of yours: nobody else sees it, so there is nothing to hide")
        if comment.group_id is not None:
            raise UsageError("this is said within a group: its owners can delete it")

    @property
    def _an_hour(self) -> int:
        return self._library.settings.discussion.comments_an_hour

    def _author(self, actor: Actor, audience: Audience) -> Author:
        """Who writes for an audience. Raises UsageError."""
        author = author_of(self._library, actor)
        if audience.is_me:
            return Author(reader_id=reader_id_of(self._library, actor))
        if not audience.group_id:
            return author
        self._require_member(actor, audience.group_id)
        return Author(account_id=author.account_id, group_id=audience.group_id)

    def _may_see(self, actor: Actor, comment: Comment) -> bool:
        """Whether a comment is for everybody, a note of whoever asks, or of a group of theirs."""
        if comment.group_id is not None:
            return self._is_member(actor, comment.group_id)
        return comment.note_of in (None, reader_id_of(self._library, actor))

    def _is_member(self, actor: Actor, group_id: int) -> bool:
        return any(actor.account_id == member.account_id for member in self._groups.members(group_id))

    def _is_owner(self, actor: Actor, group_id: int) -> bool:
        members = self._groups.members(group_id)
        return any(actor.account_id == member.account_id and member.is_owner for member in members)

    def _require_member(self, actor: Actor, group_id: int) -> None:
        if actor.account_id is None or not self._is_member(actor, group_id):
            raise UsageError(f"there is no group {group_id} of yours")
