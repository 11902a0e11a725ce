"""Votes of a community: who may vote, and what everybody sees of it.

A vote is public as a count; who voted is shown of those who agreed to it. What a reader saves stays private.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from broadsheet.catalogue.community.vote_rule import OWN_WORK
from broadsheet.catalogue.community.votes import Decision, OwnVote, Vote
from broadsheet.community.actor import Actor, Role
from broadsheet.kit.errors import LibraryError, UnknownReader, UsageError
from broadsheet.pipeline.library import Library

__all__ = ["OWN_WORK", "Ballot", "Votes"]


@dataclass(frozen=True, slots=True)
class Ballot:
    """The votes for one paper as one reader sees them."""

    votes: int = 0
    elsewhere: int = 0  # counted by other places
    is_mine: bool = False  # the reader voted
    why_not: str = ""  # why the reader's own vote is not counted
    may_vote: bool = False  # whoever asks is a reader


class Votes:
    """Votes over a library. A count is always a count of rows."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._stored = library.catalogue.community.votes
        self._has_accounts = library.settings.community.mode == "community"

    def cast(self, actor: Actor, paper_id: int, page: str = "", position: int | None = None) -> Ballot:
        """Vote for a paper, from a page (its policy) and a place on it; twice is once.

        Raises UsageError for a visitor, UnknownPaper.
        """
        reader_id = self._reader_id(actor)
        position = position if position is not None and 0 < position < 1_000_000 else None
        vote = self._stored.cast(reader_id, paper_id, page, position)
        return self.ballots(actor, [vote.paper_id])[vote.paper_id]

    def withdraw(self, actor: Actor, paper_id: int) -> Ballot:
        """Take a vote back, if there is one. Raises UsageError for a visitor, UnknownPaper."""
        self._stored.withdraw(self._reader_id(actor), paper_id)
        live_id = self._library.resolve(paper_id)
        return self.ballots(actor, [live_id])[live_id]

    def counts(self, paper_ids: Collection[int]) -> dict[int, int]:
        """The counted votes of each of these papers."""
        counts = self._stored.counts(paper_ids)
        return {paper_id: counts.get(paper_id, 0) for paper_id in paper_ids}

    def totals(self, paper_ids: Collection[int]) -> dict[int, int]:
        """The votes of each of these papers, here and elsewhere together."""
        counts, elsewhere = self._stored.counts(paper_ids), self._stored.counts_elsewhere(paper_ids)
        return {paper_id: counts.get(paper_id, 0) + elsewhere.get(paper_id, 0) for paper_id in paper_ids}

    def ballots(self, actor: Actor, paper_ids: Collection[int]) -> dict[int, Ballot]:
        """The votes of each of these papers as `actor` sees them."""
        counts = self._stored.counts(paper_ids)
        elsewhere = self._stored.counts_elsewhere(paper_ids)
        own = self._own(actor, paper_ids)
        return {
            paper_id: Ballot(
                counts.get(paper_id, 0),
                elsewhere.get(paper_id, 0),
                paper_id in own,
                own[paper_id].why_not if paper_id in own else "",
                bool(actor.reader),
            )
            for paper_id in paper_ids
        }

    def voters(self, paper_id: int) -> list[str]:
        """Names of those whose vote is counted and who agreed to be shown."""
        return self._stored.voters(paper_id)

    def is_unasked(self, actor: Actor) -> bool:
        """Whether a member was never asked if others may see their name with their votes."""
        account = self._library.catalogue.community.accounts.get(actor.account_id) if actor.account_id else None
        return account is not None and account.show_votes is None

    def show_name(self, actor: Actor, shown: bool) -> None:
        """Say whether others may see one's name with one's votes. Raises UsageError where there are no accounts."""
        if actor.account_id is None:
            raise UsageError("nobody else reads here: there is nobody to show a name to")
        self._library.catalogue.community.accounts.change(actor.account_id, show_votes=int(shown))

    def mine(self, actor: Actor) -> list[Vote]:
        """The votes of whoever asks, newest first, each with whether it is counted. Raises UsageError for a visitor."""
        return self._stored.of_reader(self._reader_id(actor))

    def record(self, actor: Actor, paper_id: int) -> tuple[list[Vote], list[Decision]]:
        """Every vote for a paper and every decision about one: for administrators. Raises UsageError."""
        self._require_admin(actor)
        return self._stored.of_paper(paper_id), self._stored.decisions(paper_id)

    def decide(self, actor: Actor, paper_id: int, reader: str, *, counted: bool, reason: str) -> None:
        """Count a reader's vote or leave it out, with a reason that the voter can read; it can be decided again.

        Raises UsageError for others than administrators and without a reason, UnknownReader, UnknownPaper.
        """
        self._require_admin(actor)
        voter = self._library.catalogue.readers.get(reader)
        self._stored.decide(voter.id, paper_id, counted=counted, reason=reason, by=actor.reader)

    def names_changed(self, reader: str) -> None:
        """Apply the rule again to a reader's votes: call it when a full name or a claim has changed."""
        self._stored.names_changed(self._library.catalogue.readers.get(reader).id)

    def _own(self, actor: Actor, paper_ids: Collection[int]) -> dict[int, OwnVote]:
        try:
            reader = self._library.catalogue.readers.get(actor.reader) if actor.reader else None
        except (UnknownReader, LibraryError):  # nobody has read here yet
            reader = None
        return self._stored.own(reader.id, paper_ids) if reader else {}

    def _reader_id(self, actor: Actor) -> int:
        if not actor.reader:
            raise UsageError("sign in to vote")
        # where there are no accounts, the one reader is there from the start
        return self._library.catalogue.readers.get(actor.reader, create=not self._has_accounts).id

    def _require_admin(self, actor: Actor) -> None:
        if not actor.role.may(Role.admin):
            raise UsageError("only an administrator sees who voted")
