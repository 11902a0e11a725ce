"""Whatever people do to a catalogue, in whatever order, it stays whole: a machine that does it at random."""

from __future__ import annotations

import sqlite3
import tempfile
from contextlib import closing
from pathlib import Path

from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from broadsheet.catalogue import Catalogue, Event
from broadsheet.kit.errors import UsageError
from broadsheet.kit.paper import Record
from tests.catalogue.made import record
from tests.clock import ticking

TITLES = (
    "Learning to rank with very few clicks",
    "Learning to rank with very many clicks",
    "A careful study of kelp in cold water",
    "Kelp",
)
PEOPLE = (("Ada Example", "Bo Sample"), ("A. Example",), ("Cy Otherwise",), ())
IDENTIFIERS: tuple[dict[str, str], ...] = (
    {},
    {"arxiv": "2401.00001"},
    {"doi": "10.1145/1"},
    {"arxiv": "2401.00001", "doi": "10.1145/1"},
    {"arxiv": "2401.00002"},
    {"doi": "10.1145/2", "pmid": "7"},
)
RECORDS = st.builds(
    lambda title, people, ids, year, source, named: record(
        title, source, title.rpartition(" ")[2] if named else "", authors=people, year=year, **ids
    ),
    st.sampled_from(TITLES),
    st.sampled_from(PEOPLE),
    st.sampled_from(IDENTIFIERS),
    st.sampled_from((None, 2020, 2024)),
    st.sampled_from(("jsonl:a.jsonl", "bibtex:b.bib", "ris:c.ris")),
    st.booleans(),
)
GROUP = "Reading group"
ACTIONS = st.sampled_from(("open", "save", "unsave", "up", "down", "unrate", "hide", "unhide"))


class Histories(RuleBasedStateMachine):
    """Two readers, and records of which several mean the same papers."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        self.catalogue = Catalogue.open(Path(self.folder.name) / "catalogue.db", create=True, clock=ticking())
        self.seq = 0

    @initialize()
    def two_readers(self) -> None:
        self.readers = [self.catalogue.readers.get(name, create=True).id for name in ("ada", "bo")]
        self.catalogue.readers.create_collection(self.readers[0], GROUP)

    def teardown(self) -> None:
        self.catalogue.close()
        self.folder.cleanup()

    def papers(self) -> list[int]:
        return [int(number) for number in self.catalogue.papers.ids()]

    @rule(batch=st.lists(RECORDS, min_size=1, max_size=3))
    def add(self, batch: list[Record]) -> None:
        added = self.catalogue.papers.add(batch)
        assert len(added.paper_ids) == len(batch)
        here = set(self.papers())
        for number, outcome in zip(added.paper_ids, added.outcomes, strict=True):
            assert outcome in {"added", "updated", "unchanged", "merged", "deleted"}
            assert (number in here) == (outcome != "deleted")

    @rule(batch=st.lists(RECORDS, min_size=1, max_size=2))
    def add_twice(self, batch: list[Record]) -> None:
        """What was read before changes nothing."""
        self.catalogue.papers.add(batch)
        before = self.papers()
        again = self.catalogue.papers.add(batch)
        assert self.papers() == before
        assert set(again.outcomes) <= {"unchanged", "updated", "merged", "deleted"}

    @precondition(lambda self: len(self.catalogue.papers.ids()) > 0)
    @rule(data=st.data(), action=ACTIONS)
    def act(self, data: st.DataObject, action: str) -> None:
        reader = data.draw(st.sampled_from(self.readers))
        paper = data.draw(st.sampled_from(self.papers()))
        self.catalogue.readers.log(reader, [Event(action, paper)])
        state = self.catalogue.readers.state(reader)
        if action in ("save", "unsave"):
            assert (paper in state.saved) == (action == "save")
        if action in ("hide", "unhide"):
            assert (paper in state.hidden) == (action == "hide")

    @rule(data=st.data())
    def undo(self, data: st.DataObject) -> None:
        self.catalogue.readers.undo(data.draw(st.sampled_from(self.readers)))

    @precondition(lambda self: len(self.catalogue.papers.ids()) > 0)
    @rule(data=st.data())
    def collect(self, data: st.DataObject) -> None:
        reader, paper = self.readers[0], data.draw(st.sampled_from(self.papers()))
        self.catalogue.readers.add_to_collection(reader, GROUP, paper)
        assert paper in self.catalogue.readers.collections(reader)[GROUP]

    def voters(self, paper: int) -> set[str]:
        return {vote.reader for vote in self.catalogue.community.votes.of_paper(paper)}

    @precondition(lambda self: len(self.catalogue.papers.ids()) > 0)
    @rule(data=st.data(), withdraws=st.booleans())
    def vote(self, data: st.DataObject, withdraws: bool) -> None:
        """A reader votes once for a work, however often they say so."""
        reader, paper = data.draw(st.sampled_from(self.readers)), data.draw(st.sampled_from(self.papers()))
        votes = self.catalogue.community.votes
        voters = self.voters(paper)
        name = dict(zip(self.readers, ("ada", "bo"), strict=True))[reader]
        if withdraws:
            assert votes.withdraw(reader, paper) == (name in voters)
            assert self.voters(paper) == voters - {name}
        else:
            votes.cast(reader, paper)
            assert self.voters(paper) == voters | {name}

    @precondition(lambda self: len(self.catalogue.papers.ids()) > 0)
    @rule(data=st.data(), day=st.sampled_from(("2026-07-01", "2026-07-02")), printed=st.sampled_from((None, "{}")))
    def take_part(self, data: st.DataObject, day: str, printed: str | None) -> None:
        """A paper gets a row of each kind that a community adds, if it has none of that key."""
        paper = data.draw(st.sampled_from(self.papers()))
        with closing(sqlite3.connect(self.catalogue.path)) as raw, raw:
            for statement, values in (
                ("submissions (paper_id, at)", (paper, day)),
                ("comments (paper_id, at, text)", (paper, day, "")),
                ("edition_papers (paper_id, day, entered_at, via, printed)", (paper, day, day, "pick", printed)),
                ("paper_links (paper_id, kind, url, at)", (paper, "code", f"https://x.org/{day}", day)),
                ("paper_tags (paper_id, tag, at)", (paper, day, day)),
                ("paper_counts (paper_id, source, kind, day, value)", (paper, "hf", "votes", day, 3)),
                ("exposures (paper_id, day, page, position, shown)", (paper, day, "front", 1, 1)),
                ("delivery_papers (recipient, paper_id, delivery_id)", (day, paper, 1)),
            ):
                marks = ", ".join("?" * len(values))
                raw.execute(f"INSERT OR IGNORE INTO {statement} VALUES ({marks})", values)

    @precondition(lambda self: len(self.catalogue.papers.ids()) > 0)
    @rule(data=st.data())
    def delete_and_restore(self, data: st.DataObject) -> None:
        """What a deletion takes is brought back under a new number, with what readers did with it."""
        paper = data.draw(st.sampled_from(self.papers()))
        before = [self.catalogue.readers.state(reader).saved for reader in self.readers]
        content, voters = self.catalogue.papers.stored([paper])[paper].paper, self.voters(paper)
        deletion = self.catalogue.papers.delete(paper)
        assert paper not in self.papers()
        assert all(paper not in self.catalogue.readers.state(reader).saved for reader in self.readers)
        [new] = self.catalogue.papers.restore(deletion)
        assert self.catalogue.papers.stored([new])[new].paper == content
        assert self.voters(new) == voters
        for reader, saved in zip(self.readers, before, strict=True):
            after = self.catalogue.readers.state(reader).saved
            assert set(after) == {new if number == paper else number for number in saved}

    @precondition(lambda self: len(self.catalogue.papers.ids()) > 0)
    @rule(data=st.data())
    def delete(self, data: st.DataObject) -> None:
        self.catalogue.papers.delete(data.draw(st.sampled_from(self.papers())))

    @precondition(lambda self: any(not one.restored for one in self.catalogue.papers.deletions()))
    @rule(data=st.data())
    def restore(self, data: st.DataObject) -> None:
        deletion = data.draw(st.sampled_from([one.id for one in self.catalogue.papers.deletions() if not one.restored]))
        assert set(self.catalogue.papers.restore(deletion)) <= set(self.papers())

    @precondition(lambda self: any(not merge.undone for merge in self.catalogue.papers.merges()))
    @rule(data=st.data())
    def undo_merge(self, data: st.DataObject) -> None:
        open_merges = [merge.id for merge in self.catalogue.papers.merges() if not merge.undone]
        before = len(self.papers())
        try:
            new = self.catalogue.papers.undo_merge(data.draw(st.sampled_from(open_merges)))
        except UsageError:  # the record that joined is gone, or was given another paper since
            assert len(self.papers()) == before
        else:
            assert new in self.papers()
            assert len(self.papers()) == before + 1

    @invariant()
    def it_is_whole(self) -> None:
        assert self.catalogue.check() == []
        assert self.catalogue.papers.count() == len(self.papers())

    @invariant()
    def readers_hold_papers_that_are_there(self) -> None:
        here = set(self.papers())
        for reader in getattr(self, "readers", ()):
            state = self.catalogue.readers.state(reader)
            assert {*state.saved, *state.ratings, *state.hidden} <= here
            voted = [vote.paper_id for vote in self.catalogue.community.votes.of_reader(reader)]
            assert len(set(voted)) == len(voted)
            assert set(voted) <= here
            for papers in self.catalogue.readers.collections(reader).values():
                assert set(papers) <= here

    @invariant()
    def identifiers_lead_to_papers_that_are_there(self) -> None:
        """One that another work says by mistake leads to the paper that had it first, while that is not deleted."""
        here = self.catalogue.papers.stored(self.papers())
        missing = None if self.catalogue.papers.deletions() else 0  # no paper has the number 0
        for scheme, value in {pair for row in here.values() for pair in row.paper.ids.pairs()}:
            number = self.catalogue.papers.resolve(f"{scheme}:{value}")
            assert number in here or number is missing

    @invariant()
    def the_change_log_only_grows(self) -> None:
        last = self.catalogue.changes.last_seq()
        assert last >= self.seq
        self.seq = last


TestHistories = Histories.TestCase
TestHistories.settings = settings(max_examples=12, stateful_step_count=15, deadline=None, phases=[Phase.generate])
