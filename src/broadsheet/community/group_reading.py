"""What a group reads: what members save and vote for, what they nominate, and what they choose for which day."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

from broadsheet.catalogue.community.groups import Group, Nomination
from broadsheet.community.actor import Actor
from broadsheet.community.groups import Circle, Groups
from broadsheet.community.participation import line
from broadsheet.kit.errors import UsageError
from broadsheet.pipeline.library import Library

__all__ = ["LONGEST_WHY", "Agenda", "GroupReading", "Shown"]

LONGEST_WHY = 300  # characters
NEWS_DAYS = 30  # of the feed
MOST_OPEN = 100  # nominations without a day


@dataclass(frozen=True, slots=True)
class Shown:
    """A paper that members saved or voted for, and showed."""

    paper_id: int
    at: datetime
    savers: list[str] = field(default_factory=list)
    voters: list[str] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Agenda:
    """What a group reads: nominated, most votes first; next, the nearest day first; earlier, the last day first."""

    nominated: Sequence[Nomination]
    next: Sequence[Nomination]
    earlier: Sequence[Nomination]


class GroupReading:
    """The reading of groups over a library. Every method raises UsageError for what `actor` may not."""

    def __init__(self, library: Library, groups: Groups) -> None:
        self._library = library
        self._groups = groups
        self._stored = library.catalogue.community.groups

    def week(self, actor: Actor, which: int | str, days: int = 7) -> list[Shown]:
        """What members saved and voted for in the last days, of those who show it; the last saved first."""
        return self.shown(self._groups.get(actor, which).group.id, days)

    def shown(self, group_id: int, days: int) -> list[Shown]:
        """As `week`, of any group: for its feed."""
        since = self._library.now() - timedelta(days=days)
        of_paper: dict[int, Shown] = {}
        saves, votes = self._stored.saves(group_id, since), self._stored.votes(group_id, since)
        for paper_id, name, at in saves:
            of_paper.setdefault(paper_id, Shown(paper_id, at)).savers.append(name)
        for paper_id, name, at in votes:
            of_paper.setdefault(paper_id, Shown(paper_id, at)).voters.append(name)
        return sorted(of_paper.values(), key=lambda one: (one.at, one.paper_id), reverse=True)

    def of_reader(self, reader: str) -> list[Group]:
        """The groups of a reader by name, for lists of feeds."""
        account = self._library.catalogue.community.accounts.named(reader)
        return self._stored.of_account(account.id) if account else []

    def news(self, reader: str, group_id: int) -> list[tuple[int, str]]:
        """(paper, why) of what a group of a reader reads next, saved and voted for lately, for its feed."""
        if group_id not in {group.id for group in self.of_reader(reader)}:
            return []
        papers = {n.paper_id: f"Read together on {n.read_on}" for n in self.agenda_of(group_id).next}
        for one in self.shown(group_id, NEWS_DAYS):
            said = [f"saved by {', '.join(one.savers)}"] if one.savers else []
            said += [f"voted for by {', '.join(one.voters)}"] if one.voters else []
            papers.setdefault(one.paper_id, "; ".join(said).capitalize())
        return list(papers.items())

    def talk(self, actor: Actor, paper_id: int) -> list[tuple[Group, int]]:
        """The groups of whoever asks, each with the number of its comments on a paper."""
        own = self._groups.of(actor)
        counts = self._stored.discussing([group.id for group in own], paper_id) if own else {}
        return [(group, counts.get(group.id, 0)) for group in own]

    def agenda(self, actor: Actor, which: int | str) -> Agenda:
        """What the group reads next, and what it read."""
        return self.agenda_of(self._groups.get(actor, which).group.id)

    def agenda_of(self, group_id: int) -> Agenda:
        """As `agenda`, of any group: for its feed."""
        today = self._library.now().date()
        dated: dict[bool, list[tuple[date, Nomination]]] = defaultdict(list)
        open_: list[Nomination] = []
        for one in self._stored.nominations(group_id):
            if one.read_on is None:
                open_.append(one)
            else:
                dated[one.read_on >= today].append((one.read_on, one))
        coming = sorted(dated[True], key=lambda pair: pair[0])
        past = sorted(dated[False], key=lambda pair: pair[0], reverse=True)
        open_.sort(key=lambda one: -len(one.voters))  # of equal ones the first nominated stays first
        return Agenda(open_, [one for _, one in coming], [one for _, one in past])

    def discussed(self, actor: Actor, which: int | str) -> dict[int, int]:
        """The papers that the group talks about → comments, the last discussed first."""
        return self._stored.discussed(self._groups.get(actor, which).group.id)

    def nominate(self, actor: Actor, which: int | str, paper: int | str, why: str = "") -> None:
        """Nominate a paper, and vote for it. Raises UnknownPaper, RateLimited."""
        group_id, account = self._groups.get(actor, which).group.id, self._groups.account(actor, writes=True)
        number, why = self._library.resolve(paper), line(why, LONGEST_WHY, "a reason")
        known = self._stored.nominations(group_id)
        if all(one.paper_id != number for one in known):
            if sum(one.read_on is None for one in known) >= MOST_OPEN:
                raise UsageError(f"{MOST_OPEN} papers are nominated; choose one or take one back first")
            self._groups.limit(actor)
            self._stored.nominate(group_id, number, account, why)
        self._stored.vote(group_id, number, account)

    def withdraw(self, actor: Actor, which: int | str, paper: int) -> None:
        """Take a nomination away: one's own, or as an owner any."""
        circle = self._groups.get(actor, which)
        nomination = self._nomination(circle, paper)
        if not circle.me.is_owner and nomination.account_id != circle.me.account_id:
            raise UsageError("somebody else nominated it; an owner can take it away")
        self._stored.withdraw(circle.group.id, paper)

    def vote(self, actor: Actor, which: int | str, paper: int, *, cast: bool = True) -> None:
        """Vote for a nominated paper within the group, or take the vote back."""
        circle, account = self._groups.get(actor, which), self._groups.account(actor, writes=True)
        if self._nomination(circle, paper).read_on is not None:
            raise UsageError("this paper has its day already")
        change = self._stored.vote if cast else self._stored.unvote
        change(circle.group.id, paper, account)

    def pick(self, actor: Actor, which: int | str, day: date | None, paper: int = 0) -> int:
        """Choose what is read on a day: a nominated paper, or without one that with the most votes.

        Of equal votes the first nominated. Without a day the choice is taken back. Returns the paper.
        """
        circle = self._groups.owned(actor, which)
        nominated = self.agenda_of(circle.group.id).nominated
        if not paper and not nominated:
            raise UsageError("no paper is nominated yet")
        chosen = self._nomination(circle, paper) if paper else nominated[0]
        if day is not None and day < self._library.now().date():
            raise UsageError(f"{day.isoformat()} is past; choose today or a later day")
        self._stored.read_on(circle.group.id, chosen.paper_id, day)
        return chosen.paper_id

    def _nomination(self, circle: Circle, paper: int) -> Nomination:
        for one in self._stored.nominations(circle.group.id):
            if one.paper_id == paper:
                return one
        raise UsageError(f"paper {paper} is not nominated in this group")
