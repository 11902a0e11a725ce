"""Submissions: members bring papers into the daily, by identifier, link or file, each paper once.

text or file ──► lookup ──► the paper, new or known ──► submit, with a reason and a picture ──► the open edition
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import timedelta
from itertools import islice
from pathlib import Path

from broadsheet.catalogue.community.editions import EditionPaper
from broadsheet.catalogue.community.submissions import StoredPicture, Submission
from broadsheet.community.actor import Actor, Role
from broadsheet.community.editions import Editions
from broadsheet.community.participation import LONGEST_REASON, author_of, line, reason, require_curator
from broadsheet.community.pictures import encode_picture
from broadsheet.kit.errors import RateLimited, UsageError
from broadsheet.kit.identifiers import find
from broadsheet.kit.paper import Paper, Record
from broadsheet.pipeline.library import Library

__all__ = ["Standing", "Submissions"]

_MOST_RECORDS = 20  # of a file
_LONGEST_TEXT = 2000  # characters of an identifier or a link
_LOOKUPS = 5  # for one submission: people mistype
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Standing:
    """How a paper stands to the daily."""

    submission: Submission | None  # the first that there is
    entry: EditionPaper | None  # in an edition
    why_not: str  # why it cannot enter the daily; "" if it can, or is in it
    may_submit: bool
    may_withdraw: bool


class Submissions:
    """Submissions over a library, into its editions."""

    def __init__(self, library: Library, editions: Editions) -> None:
        self._library = library
        self._editions = editions
        self._stored = library.catalogue.community.submissions

    # Which paper ------------------------------------------------------------------------------------------------

    def find(self, actor: Actor, text: str) -> int:
        """The paper that an identifier or a link names, looked up and added if it is new here.

        The link itself is never opened: only identifiers in it are looked up, at arXiv, Crossref and DataCite.
        Raises UsageError for who may not, for what names no paper, RateLimited.
        """
        author = author_of(self._library, actor)
        text = line(text, _LONGEST_TEXT, "an id or a link")
        known = self._library.catalogue.papers.resolve(text) if text else None
        if known is not None:
            return known
        identifiers = find(text)
        if len(identifiers) != 1:
            kinds = "an arXiv id, a DOI, or a link that has one"
            problem = "more than one paper is named" if identifiers else "this names no paper"
            raise UsageError(f"{problem}; give {kinds}, or send the record as a file")
        scheme, value = identifiers[0]
        self._take(author.account_id, "look-up of", _LOOKUPS * self._library.settings.submissions.a_day)
        report = self._library.add_ids([f"{scheme}:{value}"], again=actor.role.may(Role.curator))
        number = self._library.catalogue.papers.resolve(f"{scheme}:{value}")
        if number is None and report.deleted:
            raise UsageError("this paper was deleted here; a curator can bring it back")
        if number is None:
            raise UsageError(" ".join(report.messages) or f"{text} could not be found; send the record as a file")
        return number

    def find_in_file(self, actor: Actor, path: Path) -> list[int]:
        """The papers of a small file in any known format, added if they are new. Raises UsageError, SourceError."""
        from broadsheet.sources.files.detect import read_file

        author = author_of(self._library, actor)
        items = list(islice(read_file(path), _MOST_RECORDS + 1))
        if len(items) > _MOST_RECORDS:
            raise UsageError(f"the file has more than {_MOST_RECORDS} records; send those you want to submit")
        records = [item for item in items if isinstance(item, Record)]
        if not records:
            raise UsageError(
                "no record could be read from the file; send BibTeX, RIS, CSL-JSON or another known format"
            )
        self._take(author.account_id, "look-up of", _LOOKUPS * self._library.settings.submissions.a_day)
        report = self._library.add(*records, again=actor.role.may(Role.curator))
        numbers = [stored.id for stored in self._library.papers(list(dict.fromkeys(report.paper_ids)))]
        if not numbers:
            raise UsageError("the papers of this file were deleted here; a curator can bring them back")
        return numbers

    # Submitting -------------------------------------------------------------------------------------------------

    def standing(self, actor: Actor, paper_id: int) -> Standing:
        """How a paper stands to the daily, and what `actor` may do about it."""
        stored = self._library.paper(paper_id)
        submissions = self._stored.of_paper(stored.id)
        first = submissions[0] if submissions else None
        entry = self._editions.row_of(stored.id)
        is_printed = entry is not None and entry.place is not None
        own = next((one for one in submissions if self._is_own(actor, one)), None)
        return Standing(
            submission=first,
            entry=entry,
            why_not="" if entry else self._too_old(stored.paper),
            may_submit=bool(actor.reader) and first is None and (entry is None or entry.via == "source"),
            may_withdraw=own is not None and not is_printed,
        )

    def submit(self, actor: Actor, paper_id: int, why: str = "", picture: bytes = b"") -> Standing:
        """Submit a paper to the open day, with a reason of at most 500 characters and a picture.

        A paper that was submitted already stays as it is; one that is too old for the daily is noted and does not
        enter it. Raises UsageError for who may not, a bad picture, a hidden submission; RateLimited, UnknownPaper.
        """
        author = author_of(self._library, actor)
        why = line(why, LONGEST_REASON, "a reason")
        paper = self._library.paper(paper_id)
        before = self._stored.of_paper(paper.id)
        if before and before[0].hidden_at is not None:
            raise UsageError(f"a curator has hidden the submission of this paper: {before[0].hidden_reason}")
        if not before:
            encoded = encode_picture(picture) if picture else None
            self._take(author.account_id, "submission of", self._library.settings.submissions.a_day)
            self._stored.add(paper.id, author.account_id, why, encoded)
        if not self._too_old(paper.paper):
            self._editions.enter(paper.id, "submission", actor.reader)
        return self.standing(actor, paper.id)

    def withdraw(self, actor: Actor, number: int) -> int:
        """Take one's own submission back while its day is open; returns the paper. Raises UsageError."""
        submission = self.get(number)
        if not self._is_own(actor, submission):
            raise UsageError("only who submitted it can take it back")
        entry = self._editions.row_of(submission.paper_id)
        if entry is not None and entry.place is not None:
            raise UsageError(f"the paper was printed on {entry.day}; what is printed stays")
        self._leave(submission)
        self._stored.remove(number)
        return submission.paper_id

    def hide(self, actor: Actor, number: int, why: str) -> int:
        """Hide a submission with a reason that everybody can read, and take the paper out of an open day.

        Returns the paper. Raises UsageError for others than curators.
        """
        require_curator(actor)
        submission = self.get(number)
        self._stored.hide(number, reason(why), actor.reader)
        self._leave(submission)
        return submission.paper_id

    def unhide(self, actor: Actor, number: int, why: str) -> int:
        """Show a hidden submission again, and let its paper enter the open day if it is not too old for it.

        Returns the paper. Raises UsageError for others than curators.
        """
        require_curator(actor)
        submission = self.get(number)
        self._stored.unhide(number, reason(why), actor.reader)
        if not self._too_old(self._library.paper(submission.paper_id).paper):
            self._editions.enter(submission.paper_id, "submission", submission.submitter)
        return submission.paper_id

    def get(self, number: int) -> Submission:
        """One submission. Raises UsageError if there is none."""
        submission = self._stored.get(number)
        if submission is None:
            raise UsageError(f"there is no submission {number}")
        return submission

    def picture(self, actor: Actor, number: int) -> StoredPicture | None:
        """A picture to show; None if there is none, or its submission is hidden from `actor`."""
        picture = self._stored.picture(number)
        is_visible = picture is not None and (picture.is_shown or actor.role.may(Role.curator))
        return picture if is_visible else None

    def _leave(self, submission: Submission) -> None:
        """Take a paper out of its open day, unless somebody else wants it there."""
        entry = self._editions.row_of(submission.paper_id)
        if entry is not None and entry.place is None and entry.via == "submission":
            self._library.catalogue.community.editions.leave(submission.paper_id)

    def _is_own(self, actor: Actor, submission: Submission) -> bool:
        return bool(actor.reader) and submission.account_id == actor.account_id

    def _too_old(self, paper: Paper) -> str:
        """Why a paper is too old for the daily; "" if it is not, or nobody knows its date."""
        today, window = self._editions.today, self._library.settings.edition.window
        rule = f"the daily takes papers of the last {window} days. It is here and can be found."
        first = min((day for day in (paper.submitted, paper.announced) if day), default=None)
        if first is None:
            return f"It is of {paper.year}; {rule}" if paper.year is not None and paper.year < today.year else ""
        is_old = (today - first).days > window
        return f"It is of {first.day} {first:%B %Y}; {rule}" if is_old else ""

    def _take(self, account_id: int | None, what: str, most: int) -> None:
        """Count one act of a member today. Raises RateLimited; a reader alone has no limit."""
        if account_id is None:
            return
        wait = self._library.catalogue.community.attempts.take([(f"{what} {account_id}", most, _DAY)])
        if wait is not None:
            raise RateLimited(max(1, math.ceil(wait.total_seconds())))
