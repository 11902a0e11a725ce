"""Votes over the life of papers and members, against a model of a few lines: a machine does everything at random.

The model knows one rule: a reader's vote for a work counts unless the reader is one of its authors, or an administrator
decided otherwise. Whatever else happens, such as papers that become one, are deleted and restored, must not matter.
"""

from __future__ import annotations

import shutil
import tempfile
from functools import cache
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from broadsheet.catalogue import Catalogue
from broadsheet.catalogue.community.accounts import NewAccount
from broadsheet.catalogue.community.people_index import name_key
from broadsheet.catalogue.community.tables import CommunityTables
from broadsheet.kit.errors import UnknownPaper
from broadsheet.kit.text import fold
from tests.catalogue.made import record
from tests.clock import ticking
from tests.kept import kept_folder

AUTHORS = ("Ada Example", "Bo Sample", "Cy Otherwise")
NAMES = ("", "Dora Diver", "Example, Ada", "bo sample", "Cy Ótherwise")  # what members call themselves
READERS = ("dora", "emil", "finn")
PAIRS = 2  # papers 1 and 2, 3 and 4 are of one work each, which nobody knows yet
WORKS = ("Tides of the northern sea", "A grammar of unwritten tongues")
READER, PAPER = st.sampled_from(READERS), st.integers(1, 2 * PAIRS)


def of_pair(n: int, *, arxiv: bool, doi: bool) -> dict[str, str]:
    """Identifiers of a work: of its preprint, of its article, or of both."""
    return ({"arxiv": f"2401.0000{n + 1}"} if arxiv else {}) | ({"doi": f"10.1145/{n + 1}"} if doi else {})


def words(name: str) -> tuple[str, ...]:
    """A name in any order and spelling."""
    return tuple(sorted(fold(name).split()))


@cache
def template() -> Path:
    """A catalogue with four papers and three members; copied for each run."""
    path = kept_folder() / "catalogue.db"
    with Catalogue.open(path, create=True, clock=ticking()) as catalogue:
        for n, work in enumerate(WORKS):
            preprint = record(
                f"{work}, first version", "arxiv", f"a{n}", (AUTHORS[n],), **of_pair(n, arxiv=True, doi=False)
            )
            article = record(
                f"{work[::-1]} in print", "crossref", f"d{n}", ("Somebody Else",), **of_pair(n, arxiv=False, doi=True)
            )
            catalogue.papers.add([preprint, article])
        for name in READERS:
            catalogue.community.accounts.create(NewAccount(name, "", "reader"))
        assert catalogue.papers.ids().tolist() == [1, 2, 3, 4]
    return path


class VoteLife(RuleBasedStateMachine):
    """Three members, and four papers that become two. A paper is named by the place it had in the beginning."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        path = Path(shutil.copyfile(template(), Path(self.folder.name) / "catalogue.db"))
        self.catalogue = Catalogue.open(path, clock=ticking())
        self.tables: CommunityTables = self.catalogue.community
        self.accounts = {name: one for name in READERS if (one := self.tables.accounts.named(name))}
        self.number = {paper: paper for paper in range(1, 2 * PAIRS + 1)}  # another once it was deleted and restored
        self.joined: set[int] = set()  # papers that became part of the one before them
        self.deleted: dict[int, int] = {}  # paper → its deletion
        self.votes: set[tuple[str, int]] = set()
        self.decisions: dict[tuple[str, int], tuple[int, bool, str]] = {}  # (which it was, whether to count, why)
        self.full_names = dict.fromkeys(READERS, "")
        self.claims: set[tuple[str, str]] = set()

    def teardown(self) -> None:
        self.catalogue.close()
        self.folder.cleanup()

    def live(self, paper: int) -> int:
        """The paper that it is part of now; 0 for one that is deleted."""
        survivor = paper - 1 if paper in self.joined else paper
        return 0 if survivor in self.deleted else survivor

    def papers(self) -> list[int]:
        """The papers that are here."""
        return sorted({self.live(paper) for paper in self.number} - {0})

    def verdict(self, reader: str, paper: int) -> tuple[bool, str]:
        """Whether a vote counts, and why not."""
        if (reader, paper) in self.decisions:
            _, counted, why = self.decisions[reader, paper]
            return counted, "" if counted else why
        number = self.number[paper]
        authors = {words(one.name) for one in self.catalogue.papers.stored([number])[number].paper.authors}
        own = {self.full_names[reader], *(name for by, name in self.claims if by == reader)} - {""}
        return (False, "own work") if authors & set(map(words, own)) else (True, "")

    # What people do ---------------------------------------------------------------------------------------------

    @rule(reader=READER, paper=PAPER)
    def votes_for(self, reader: str, paper: int) -> None:
        """By whatever number they know the paper."""
        known = self.number[self.live(paper) or paper] if paper in self.joined else self.number[paper]
        if live := self.live(paper):
            vote = self.tables.votes.cast(self.accounts[reader].reader_id, known, "front", paper)
            self.votes.add((reader, live))
            assert (vote.paper_id, vote.counted, vote.why_not) == (self.number[live], *self.verdict(reader, live))
        else:
            with pytest.raises(UnknownPaper):
                self.tables.votes.cast(self.accounts[reader].reader_id, known)

    @rule(reader=READER, paper=PAPER)
    def takes_it_back(self, reader: str, paper: int) -> None:
        if live := self.live(paper):
            had = (reader, live) in self.votes
            assert self.tables.votes.withdraw(self.accounts[reader].reader_id, self.number[live]) is had
            self.votes.discard((reader, live))

    @rule(reader=READER, paper=PAPER, counted=st.booleans())
    def administrator_decides(self, reader: str, paper: int, counted: bool) -> None:
        if live := self.live(paper):
            number, which = self.accounts[reader].reader_id, max([0, *(one for one, *_ in self.decisions.values())]) + 1
            self.tables.votes.decide(number, self.number[live], counted=counted, reason=f"word {which}", by="root")
            self.decisions[reader, live] = which, counted, f"word {which}"

    @rule(reader=READER, name=st.sampled_from(NAMES))
    def calls_themself(self, reader: str, name: str) -> None:
        self.tables.accounts.change(self.accounts[reader].id, full_name=name)
        self.full_names[reader] = name

    @rule(reader=READER, author=st.sampled_from(AUTHORS), confirmed=st.booleans())
    def claims_a_name(self, reader: str, author: str, confirmed: bool) -> None:
        account, claims = self.accounts[reader], self.tables.claims
        number = claims.add(account.id, name_key(author), author, is_shown=False)
        claims.decide(number, "confirmed" if confirmed else "refused", by="root", reason="seen")
        self.tables.votes.names_changed(account.reader_id)
        (self.claims.add if confirmed else self.claims.discard)((reader, author))

    # What happens to papers -------------------------------------------------------------------------------------

    @rule(n=st.integers(0, PAIRS - 1))
    def two_turn_out_to_be_one(self, n: int) -> None:
        preprint, article = 2 * n + 1, 2 * n + 2
        if article in self.joined or {preprint, article} & self.deleted.keys():
            return
        both = record("Both of them", "openalex", f"o{n}", (), **of_pair(n, arxiv=True, doi=True))
        (survivor,) = self.catalogue.papers.add([both]).paper_ids
        self.joined.add(article)
        self.number[preprint] = self.number[article] = survivor
        self.votes = {(reader, self.live(paper)) for reader, paper in self.votes}
        decisions = sorted(self.decisions.items(), key=lambda one: one[1])  # of two the later one stays
        self.decisions = {(reader, self.live(paper) or paper): one for (reader, paper), one in decisions}

    @precondition(lambda self: len(self.deleted) < 2)
    @rule(paper=PAPER)
    def is_deleted(self, paper: int) -> None:
        if live := self.live(paper):
            self.deleted[live] = self.catalogue.papers.delete(self.number[live])

    @precondition(lambda self: self.deleted)
    @rule(data=st.data())
    def comes_back(self, data: st.DataObject) -> None:
        paper = data.draw(st.sampled_from(sorted(self.deleted)))
        (self.number[paper],) = self.catalogue.papers.restore(self.deleted.pop(paper))

    # What must be true then -------------------------------------------------------------------------------------

    @invariant()
    def a_count_is_the_number_of_votes_that_count(self) -> None:
        for paper in self.papers():
            of_paper = self.tables.votes.of_paper(self.number[paper])
            verdicts = {vote.reader: (vote.counted, vote.why_not) for vote in of_paper}
            assert verdicts == {by: self.verdict(by, paper) for by, voted in self.votes if voted == paper}
            assert len(of_paper) == len(verdicts)
            counts = self.tables.votes.counts([self.number[paper]])
            assert sum(counts.values()) == sum(counted for counted, _ in verdicts.values())

    @invariant()
    def everybody_sees_their_own(self) -> None:
        here = [self.number[paper] for paper in self.papers()]
        for reader, account in self.accounts.items():
            own = {self.number[paper] for by, paper in self.votes if by == reader and paper in self.papers()}
            assert self.tables.votes.own(account.reader_id, here).keys() == own
            assert {vote.paper_id for vote in self.tables.votes.of_reader(account.reader_id)} == own

    @invariant()
    def the_catalogue_is_whole(self) -> None:
        assert self.catalogue.check() == []


TestVoteLife = VoteLife.TestCase
TestVoteLife.settings = settings(max_examples=25, stateful_step_count=30, deadline=None, phases=[Phase.generate])
