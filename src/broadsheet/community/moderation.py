"""Moderation: reports of members, what curators decide, and the log of it that everybody can read."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from broadsheet.catalogue.community.moderation import ModerationAct, Report
from broadsheet.community.actor import Actor
from broadsheet.community.participation import author_of, limited, reason, require_curator
from broadsheet.kit.errors import UsageError
from broadsheet.pipeline.library import Library

__all__ = ["Case", "Moderation", "Target", "target_of"]

_TARGET = re.compile(r"(comment|paper|submission) ([1-9][0-9]{0,17})")
_REPORTS_AN_HOUR = 20


@dataclass(frozen=True, slots=True)
class Target:
    """What a report or an act is about."""

    kind: str  # comment | paper | submission
    number: int

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"

    @property
    def path(self) -> str:
        """Its page."""
        pages = {"comment": "/comments", "paper": "/paper", "submission": "/submissions"}
        return f"{pages[self.kind]}/{self.number}"


@dataclass(frozen=True, slots=True)
class Case:
    """Everything reported about one target, and not decided yet."""

    target: Target
    reports: Sequence[Report]


def target_of(text: str) -> Target:
    """The target of a text such as "comment 12". Raises UsageError."""
    match = _TARGET.fullmatch(text)
    if not match:
        raise UsageError(f"{text[:60]!r} names nothing that can be reported, such as comment 12 or paper 7")
    return Target(match[1], int(match[2]))


class Moderation:
    """Moderation over a library."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._stored = library.catalogue.community.moderation

    def report(self, actor: Actor, target: Target, why: str) -> bool:
        """Tell the curators about something, with a reason; False if it is reported by this member already.

        Raises UsageError for who may not and for what is not there, RateLimited, UnknownPaper.
        """
        author = author_of(self._library, actor)
        if author.account_id is None:
            raise UsageError("there is nobody to report to: this library has one reader")
        why = reason(why)
        self._require(target)
        limited(self._library, "report of", author, _REPORTS_AN_HOUR)
        return self._stored.report(str(target), author.account_id, why)

    def queue(self, actor: Actor) -> list[Case]:
        """What is reported and not decided, the oldest report first. Raises UsageError for others than curators."""
        require_curator(actor)
        cases: dict[str, list[Report]] = {}
        for report in self._stored.open_reports():
            cases.setdefault(report.target, []).append(report)
        return [Case(target_of(target), reports) for target, reports in cases.items()]

    def resolve(self, actor: Actor, target: Target, why: str) -> int:
        """Close the reports of a target: something was done. Returns their number; raises UsageError."""
        return self._close(actor, target, "resolved", why)

    def dismiss(self, actor: Actor, target: Target, why: str) -> int:
        """Close the reports of a target: nothing is to be done. Returns their number; raises UsageError."""
        return self._close(actor, target, "dismissed", why)

    def log(self, most: int = 100, before: int = 2**62) -> list[ModerationAct]:
        """What curators did, newest first, for everybody; what is before the number `before`."""
        return self._stored.acts(most, before)

    def _close(self, actor: Actor, target: Target, resolution: str, why: str) -> int:
        require_curator(actor)
        return self._stored.resolve(str(target), resolution, reason(why), actor.reader)

    def _require(self, target: Target) -> None:
        if target.kind == "comment":
            comment = self._library.catalogue.community.comments.get(target.number)
            if comment is None or comment.note_of is not None or comment.group_id is not None:
                raise UsageError(f"there is no {target}")
        elif target.kind == "submission":
            submission = self._library.catalogue.community.submissions.get(target.number)
            if submission is None or submission.hidden_at is not None:
                raise UsageError(f"there is no {target}")
        else:
            self._library.paper(target.number)
