"""Editions over weeks, against a model: papers are submitted, picked, hidden and taken back while days close.

What was printed once is printed for ever, a paper is in one edition, and what is open is what the model says.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from broadsheet.community.actor import Actor, Role
from broadsheet.community.periods import Kind, period_of
from broadsheet.kit.errors import UsageError
from tests.community.house import MONDAY, Clock, House
from tests.community.people import join
from tests.kept import kept_folder

WINDOW = 5  # days after its date within which a paper may be submitted
PAPERS = ("Kelp 1", "Coral 2", "Sand 3", "Silt 4", "Chalk 5")
SETTINGS = f"""
[edition]
time_zone = "America/New_York"
closes = "18:00"
window = {WINDOW}
[submissions]
a_day = 10000
[community]
mode = "community"
"""
MEMBERS = {"rita": Role.reader, "otto": Role.reader, "cleo": Role.curator}
PAPER = st.sampled_from(range(1, len(PAPERS) + 1))
READER = st.sampled_from(("rita", "otto"))


@cache
def template() -> Path:
    """A library of five papers of the same day, and three members; copied for each run."""
    folder = kept_folder() / "library"
    folder.mkdir()
    (folder / "broadsheet.toml").write_text(SETTINGS)
    house = House(folder, Clock(MONDAY))
    assert [house.add(name) for name in PAPERS] == list(range(1, len(PAPERS) + 1))
    for name, role in MEMBERS.items():
        join(house.library, name, role=role)
    house.library.close()
    return folder


@dataclass
class Entered:
    """A paper in an edition, as the model knows it."""

    day: date
    via: str
    by: str
    is_printed: bool = False


@dataclass
class Submitted:
    """A submission, as the model knows it."""

    number: int
    by: str
    is_hidden: bool = False


class EditionLife(RuleBasedStateMachine):
    """Two readers and a curator."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.house = House(Path(shutil.copytree(template(), self.folder / "library")), Clock(MONDAY))
        accounts = self.house.library.catalogue.community.accounts
        self.actors = {
            name: Actor(role, name, one.id) for name, role in MEMBERS.items() if (one := accounts.named(name))
        }
        self.entered: dict[int, Entered] = {}
        self.submitted: dict[int, Submitted] = {}
        self.begun: date | None = None
        self.closed: date | None = None
        self.printed: dict[date, list[object]] = {}

    def teardown(self) -> None:
        self.house.library.close()
        shutil.rmtree(self.folder)

    @property
    def today(self) -> date:
        return self.house.editions.today

    @property
    def is_late(self) -> bool:
        """Whether the papers are too old to be submitted."""
        return (self.today - MONDAY.date()).days > WINDOW

    def enter(self, paper: int, via: str, by: str) -> None:
        self.begun = self.begun or self.today
        self.entered.setdefault(paper, Entered(self.today, via, by))

    def leave(self, paper: int) -> None:
        """A paper whose submission is withdrawn or hidden; what a curator picked or a day printed stays."""
        entry = self.entered.get(paper)
        if entry is not None and entry.via == "submission" and not entry.is_printed:
            del self.entered[paper]

    # What members do --------------------------------------------------------------------------------------------

    @rule(paper=PAPER, by=READER)
    def submits(self, paper: int, by: str) -> None:
        submissions, before = self.house.community.submissions, self.submitted.get(paper)
        if before is not None and before.is_hidden:
            with pytest.raises(UsageError, match="a curator has hidden"):
                submissions.submit(self.actors[by], paper, f"{by} says so")
            return
        standing = submissions.submit(self.actors[by], paper, f"{by} says so")
        assert standing.submission is not None
        self.submitted.setdefault(paper, Submitted(standing.submission.id, by))
        assert (standing.submission.submitter, standing.may_submit) == (self.submitted[paper].by, False)
        if not self.is_late:
            self.enter(paper, "submission", by)
        assert bool(standing.why_not) is (self.is_late and paper not in self.entered)

    @precondition(lambda self: self.submitted)
    @rule(data=st.data(), by=READER)
    def withdraws(self, data: st.DataObject, by: str) -> None:
        paper = data.draw(st.sampled_from(sorted(self.submitted)))
        submission, entry = self.submitted[paper], self.entered.get(paper)
        if submission.by != by or (entry is not None and entry.is_printed):
            reason = "only who submitted it" if submission.by != by else "what is printed stays"
            with pytest.raises(UsageError, match=reason):
                self.house.community.submissions.withdraw(self.actors[by], submission.number)
            return
        assert self.house.community.submissions.withdraw(self.actors[by], submission.number) == paper
        self.leave(paper)
        del self.submitted[paper]

    @rule(paper=PAPER, by=st.sampled_from(("rita", "otto", "cleo")))
    def votes(self, paper: int, by: str) -> None:
        self.house.community.votes.cast(self.actors[by], paper)

    @rule(paper=PAPER)
    def curator_picks(self, paper: int) -> None:
        is_new = paper not in self.entered
        assert self.house.editions.pick(paper, "cleo") is is_new
        self.enter(paper, "pick", "cleo")

    @rule(paper=PAPER)
    def curator_takes_it_back(self, paper: int) -> None:
        entry = self.entered.get(paper)
        if entry is None or entry.via != "pick" or entry.is_printed:
            with pytest.raises(UsageError):
                self.house.editions.unpick(paper, "cleo")
            return
        assert self.house.editions.unpick(paper, "cleo").day == entry.day
        del self.entered[paper]

    @precondition(lambda self: self.submitted)
    @rule(data=st.data(), shows=st.booleans())
    def curator_hides_or_shows(self, data: st.DataObject, shows: bool) -> None:
        paper = data.draw(st.sampled_from(sorted(self.submitted)))
        submission, submissions = self.submitted[paper], self.house.community.submissions
        with pytest.raises(UsageError, match="only a curator"):
            submissions.hide(self.actors["rita"], submission.number, "no")
        if shows:
            assert submissions.unhide(self.actors["cleo"], submission.number, "fine") == paper
            if not self.is_late:
                self.enter(paper, "submission", submission.by)
        else:
            assert submissions.hide(self.actors["cleo"], submission.number, "spam") == paper
            self.leave(paper)
        submission.is_hidden = not shows

    # Time -------------------------------------------------------------------------------------------------------

    @rule(hours=st.sampled_from((1, 7, 24, 50)))
    def time_passes(self, hours: int) -> None:
        self.house.clock.now += timedelta(hours=hours)

    @rule()
    def days_close(self) -> None:
        first = self.closed + timedelta(days=1) if self.closed else self.begun or self.today
        due = [first + timedelta(days=n) for n in range((self.today - first).days)]
        assert self.house.close() == due
        assert self.house.close() == []
        self.begun = self.begun or self.today
        self.closed = due[-1] if due else self.closed
        for entry in self.entered.values():
            entry.is_printed |= entry.day in due
        for day in due:
            self.printed[day] = self._as_printed(day)

    def _as_printed(self, day: date) -> list[object]:
        entries = self.house.editions.edition(day).entries
        of_day = {paper for paper, entry in self.entered.items() if entry.day == day}
        assert {entry.paper_id for entry in entries} == of_day
        assert [entry.place for entry in entries] == list(range(1, len(of_day) + 1))
        votes = [entry.printed.votes for entry in entries]
        assert votes == sorted(votes, reverse=True)
        # a curator may still hide what a submitter said of a paper
        return [(e.place, e.via, e.by, e.paper_id, e.title, e.printed.votes, e.printed.reason) for e in entries]

    # What must be true then -------------------------------------------------------------------------------------

    @invariant()
    def every_paper_is_where_the_model_has_it(self) -> None:
        for paper in range(1, len(PAPERS) + 1):
            row, entry = self.house.editions.row_of(paper), self.entered.get(paper)
            assert (row is None) is (entry is None)
            if row is not None and entry is not None:
                assert (row.day, row.via, row.by) == (entry.day, entry.via, entry.by)
                assert (row.place is not None) is entry.is_printed is (row.printed is not None)

    @invariant()
    def what_is_printed_stays(self) -> None:
        for day, before in self.printed.items():
            edition = self.house.editions.edition(day)
            assert not edition.is_open
            assert self._as_printed(day) == before
            assert bool(edition.note) is not bool(edition.entries)

    @invariant()
    def a_week_has_the_papers_of_its_days(self) -> None:
        week = period_of(Kind.week, self.today)
        of_days = {paper for paper, entry in self.entered.items() if week.first <= entry.day <= week.last}
        entries = self.house.editions.of(week).entries
        assert {entry.paper_id for entry in entries} == of_days
        assert [entry.place for entry in entries] == list(range(1, len(entries) + 1))

    @invariant()
    def words_that_are_hidden_are_on_no_page(self) -> None:
        for paper, submission in self.submitted.items():
            entry = self.entered.get(paper)
            edition = self.house.editions.edition(entry.day).entries if entry else ()
            said = [one.printed.said for one in edition if one.paper_id == paper]
            if entry is None or submission.is_hidden:
                assert said in ([], [""])
            elif not entry.is_printed:
                assert said == [f"{submission.by} says so"]

    @invariant()
    def neighbours_lead_through_the_days_that_have_papers(self) -> None:
        days = sorted({entry.day for entry in self.entered.values()})
        for before, after in pairwise(days):
            following = self.house.editions.edition(before).following
            assert following is not None
            assert following.first == after
        if days:
            assert self.house.editions.edition(days[0]).previous is None


TestEditionLife = EditionLife.TestCase
TestEditionLife.settings = settings(max_examples=12, stateful_step_count=25, deadline=None, phases=[Phase.generate])
