"""Discussions over days, against a model: comments are written, answered, changed, deleted, hidden and reported.

Whoever may read a text reads it as it stands, nobody else reads a word of it, and what was answered keeps its place.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

import broadsheet
from broadsheet.catalogue.community.comments import Comment
from broadsheet.community import Community
from broadsheet.community.actor import VISITOR, Actor, Role
from broadsheet.community.moderation import target_of
from broadsheet.community.threads import DEEPEST
from broadsheet.kit.errors import UsageError
from tests.clock import NOON
from tests.community.mailing import paper
from tests.community.people import join
from tests.kept import kept_folder

MEMBERS = {"rita": Role.reader, "otto": Role.reader, "cleo": Role.curator}
SETTINGS = '[community]\nmode = "community"\n[discussion]\ncomments_an_hour = 10000\n'
TEXTS = st.builds(
    lambda words, who: " ".join((words, *who)),
    st.sampled_from(("kelp is fine", "see section 3", "**no**", "what of $x^2$?")),
    st.lists(st.sampled_from(("@rita", "@otto", "@nobody")), max_size=2, unique=True),
)
MEMBER, READER = st.sampled_from(tuple(MEMBERS)), st.sampled_from(("rita", "otto"))


@cache
def template() -> Path:
    """A library of two papers and three members; copied for each run."""
    folder = kept_folder() / "library"
    folder.mkdir()
    (folder / "broadsheet.toml").write_text(SETTINGS)
    with broadsheet.open(folder, clock=lambda: NOON) as library:
        assert library.add(paper(1, NOON.date()), paper(2, NOON.date())).paper_ids == (1, 2)
        for name, role in MEMBERS.items():
            join(library, name, role=role)
    return folder


@dataclass
class Said:
    """A comment as the model knows it."""

    number: int
    paper: int
    by: str
    text: str
    answers: int | None = None
    earlier: list[str] = field(default_factory=list)
    is_deleted: bool = False
    hidden: str = ""  # why
    unseen: set[str] = field(default_factory=set)  # who is mentioned and has not looked


class CommentLife(RuleBasedStateMachine):
    """Two readers and a curator, who talk about two papers."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp())
        self.now = NOON
        copied = shutil.copytree(template(), self.folder / "library")
        self.library = broadsheet.open(copied, clock=lambda: self.now)
        community = Community(self.library)
        self.comments, self.moderation = community.comments, community.moderation
        accounts = self.library.catalogue.community.accounts
        self.actors = {
            name: Actor(role, name, one.id) for name, role in MEMBERS.items() if (one := accounts.named(name))
        }
        self.said: dict[int, Said] = {}
        self.reports: set[tuple[int, str]] = set()
        self.acts = 0

    def teardown(self) -> None:
        self.library.close()
        shutil.rmtree(self.folder)

    def draw(self, data: st.DataObject) -> Said:
        return self.said[data.draw(st.sampled_from(sorted(self.said)))]

    def mentioned(self, text: str, by: str) -> set[str]:
        return {name for name in MEMBERS if f"@{name}" in text.split()} - {by}

    # What members do --------------------------------------------------------------------------------------------

    @rule(by=MEMBER, number=st.integers(1, 2), text=TEXTS)
    def says(self, by: str, number: int, text: str) -> None:
        self._add(by, number, text, None)

    @precondition(lambda self: self.said)
    @rule(data=st.data(), by=MEMBER, text=TEXTS)
    def answers(self, data: st.DataObject, by: str, text: str) -> None:
        one = self.draw(data)
        if one.is_deleted or one.hidden:
            with pytest.raises(UsageError, match="this comment is gone"):
                self.comments.add(self.actors[by], one.paper, text, one.number)
        else:
            self._add(by, one.paper, text, one.number)
        with pytest.raises(UsageError, match=r"no comment \d+ on this paper"):
            self.comments.add(self.actors[by], 3 - one.paper, text, one.number)

    def _add(self, by: str, number: int, text: str, answers: int | None) -> None:
        self.now += timedelta(hours=2)  # the same words within an hour are one comment
        made = self.comments.add(self.actors[by], number, f"{text} \r\n", answers)
        assert made not in self.said
        assert self.comments.add(self.actors[by], number, text, answers) == made
        self.said[made] = Said(made, number, by, text, answers, unseen=self.mentioned(text, by))

    @precondition(lambda self: self.said)
    @rule(data=st.data(), by=MEMBER, text=TEXTS)
    def changes(self, data: st.DataObject, by: str, text: str) -> None:
        one = self.draw(data)
        if one.by != by or one.is_deleted:
            with pytest.raises(UsageError, match=r"somebody else's|is deleted"):
                self.comments.edit(self.actors[by], one.number, text)
            return
        self.comments.edit(self.actors[by], one.number, text)
        if text != one.text:
            before = self.mentioned(one.text, by)
            one.earlier, one.text = [*one.earlier, one.text], text
            now = self.mentioned(text, by)
            one.unseen = (one.unseen & now) | (now - before)

    @precondition(lambda self: self.said)
    @rule(data=st.data(), by=MEMBER)
    def deletes(self, data: st.DataObject, by: str) -> None:
        one = self.draw(data)
        if one.by != by or one.is_deleted:
            with pytest.raises(UsageError, match=r"somebody else's|is deleted"):
                self.comments.delete(self.actors[by], one.number)
            return
        self.comments.delete(self.actors[by], one.number)
        one.is_deleted, one.text, one.earlier, one.unseen = True, "", [], set()

    @precondition(lambda self: self.said)
    @rule(data=st.data(), by=READER)
    def reports_one(self, data: st.DataObject, by: str) -> None:
        one = self.draw(data)
        target = target_of(f"comment {one.number}")
        is_new = (one.number, by) not in self.reports
        self.now += timedelta(hours=2)
        assert self.moderation.report(self.actors[by], target, "spam") is is_new
        self.reports.add((one.number, by))

    @precondition(lambda self: self.said)
    @rule(data=st.data(), hides=st.booleans())
    def curator_hides_or_shows(self, data: st.DataObject, hides: bool) -> None:
        one, cleo = self.draw(data), self.actors["cleo"]
        act = self.comments.hide if hides else self.comments.unhide
        with pytest.raises(UsageError, match="only a curator"):
            act(self.actors["rita"], one.number, "no")
        act(cleo, one.number, "off topic")
        if bool(one.hidden) is not hides:
            self.acts += 1
            one.hidden = "off topic" if hides else ""
            if hides:
                self.reports = {(number, by) for number, by in self.reports if number != one.number}

    @precondition(lambda self: self.reports)
    @rule(data=st.data(), dismisses=st.booleans())
    def curator_decides(self, data: st.DataObject, dismisses: bool) -> None:
        number = data.draw(st.sampled_from(sorted({number for number, _ in self.reports})))
        decide = self.moderation.dismiss if dismisses else self.moderation.resolve
        of_target = {report for report in self.reports if report[0] == number}
        assert decide(self.actors["cleo"], target_of(f"comment {number}"), "looked at") == len(of_target)
        self.reports -= of_target
        self.acts += 1

    @rule(name=READER)
    def looks_at_mentions(self, name: str) -> None:
        self.comments.see_mentions(self.actors[name], max(self.said, default=0))
        for one in self.said.values():
            one.unseen.discard(name)

    # What must be true then -------------------------------------------------------------------------------------

    def may_read(self, actor: Actor, one: Said) -> bool:
        return not one.is_deleted and (not one.hidden or actor.role.may(Role.curator) or actor.reader == one.by)

    @invariant()
    def everybody_reads_what_they_may_and_nothing_else(self) -> None:
        for actor in (VISITOR, *self.actors.values()):
            for number in (1, 2):
                entries = self.comments.thread(actor, number)
                assert {entry.comment.id for entry in entries} == {
                    one.number for one in self.said.values() if one.paper == number
                }
                for entry in entries:
                    self._check(actor, entry.comment)

    def _check(self, actor: Actor, comment: Comment) -> None:
        one = self.said[comment.id]
        assert (comment.text, comment.parent_id, comment.author) == (one.text, one.answers, one.by)
        assert (comment.deleted_at is not None) is one.is_deleted
        assert (comment.hidden_at is not None, comment.hidden_reason) == (bool(one.hidden), one.hidden)
        assert self.comments.is_readable(actor, comment) is self.may_read(actor, one)
        if self.may_read(actor, one):
            assert [version.text for version in self.comments.versions(actor, one.number)] == one.earlier
        else:
            with pytest.raises(UsageError, match="is gone"):
                self.comments.versions(actor, one.number)

    @invariant()
    def an_answer_stands_below_what_it_answers(self) -> None:
        for number in (1, 2):
            entries = self.comments.thread(VISITOR, number)
            place = {entry.comment.id: at for at, entry in enumerate(entries)}
            for entry in entries:
                above = self.said[entry.comment.id].answers
                if above is None:
                    assert (entry.depth, entry.answers) == (0, None)
                else:
                    assert place[above] < place[entry.comment.id]
                    assert entry.depth == min(entries[place[above]].depth + 1, DEEPEST)

    @invariant()
    def counts_are_of_comments_that_stand(self) -> None:
        standing = [one.paper for one in self.said.values() if not one.is_deleted and not one.hidden]
        assert self.comments.counts(VISITOR, [1, 2]) == {number: standing.count(number) for number in (1, 2)}

    @invariant()
    def who_is_mentioned_is_told(self) -> None:
        for name in ("rita", "otto"):
            told = {comment.id: seen for comment, seen in self.comments.mentions(self.actors[name])}
            unseen = {one.number for one in self.said.values() if name in one.unseen and not one.hidden}
            assert {number for number, seen in told.items() if not seen} == unseen
            assert self.comments.unseen_mentions(self.actors[name]) == len(unseen)

    @invariant()
    def the_queue_of_curators_has_every_open_report(self) -> None:
        queue = self.moderation.queue(self.actors["cleo"])
        found = {(case.target.number, one.reporter) for case in queue for one in case.reports}
        assert found == self.reports
        assert len(self.moderation.log(1000)) == self.acts


TestCommentLife = CommentLife.TestCase
TestCommentLife.settings = settings(max_examples=12, stateful_step_count=25, deadline=None, phases=[Phase.generate])
