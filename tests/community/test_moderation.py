"""Reports, what curators decide about them, and the log that everybody reads."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from broadsheet.community import Community
from broadsheet.community.actor import VISITOR, Actor, Role
from broadsheet.community.moderation import Target, target_of
from broadsheet.kit.errors import RateLimited, UnknownPaper, UsageError
from tests.community.people import query

Member = Callable[..., Actor]


def test_a_report_waits_for_a_curator(community: Community, member: Member) -> None:
    dora, emil, cleo = member("dora"), member("emil"), member("cleo", role=Role.curator)
    number = community.comments.add(dora, 3, "buy kelp")
    target, moderation = Target("comment", number), community.moderation
    assert moderation.report(emil, target, " it is\nan advertisement ")
    assert not moderation.report(emil, target, "it still is")
    assert moderation.report(cleo, target, "spam")
    assert moderation.report(emil, Target("paper", 3), "not a paper")
    with pytest.raises(UsageError, match="only a curator"):
        moderation.queue(emil)
    queue = [
        (str(case.target), [(one.reporter, one.reason) for one in case.reports]) for case in moderation.queue(cleo)
    ]
    assert queue == [
        ("comment 1", [("emil", "it is an advertisement"), ("cleo", "spam")]),
        ("paper 3", [("emil", "not a paper")]),
    ]
    for refused in (emil, VISITOR):
        with pytest.raises(UsageError, match="only a curator"):
            moderation.resolve(refused, target, "me")
    with pytest.raises(UsageError, match="give a reason"):
        moderation.resolve(cleo, target, "")
    assert moderation.resolve(cleo, target, "hidden") == 2
    assert moderation.dismiss(cleo, target, "there is nothing left") == 0
    assert moderation.dismiss(cleo, Target("paper", 3), "it is one") == 1
    assert moderation.queue(cleo) == []
    assert [(act.actor, act.act, act.target, act.reason) for act in moderation.log()] == [
        ("cleo", "dismiss report", "paper 3", "it is one"),
        ("cleo", "resolve report", "comment 1", "hidden"),
    ]
    assert moderation.log(1)[0].id == 2
    assert [act.id for act in moderation.log(before=2)] == [1]
    assert query(community.library, "SELECT count(*) FROM audit_log") == [(2,)]
    assert moderation.report(emil, target, "again, a new one")
    community.comments.hide(cleo, number, "spam indeed")
    assert moderation.queue(cleo) == []


def test_the_public_log_names_no_reporter(community: Community, member: Member) -> None:
    community.moderation.report(member("emil"), Target("paper", 3), "not a paper")
    community.moderation.resolve(member("cleo", role=Role.curator), Target("paper", 3), "deleted")
    assert "emil" not in str(community.moderation.log())


def test_what_cannot_be_reported(community: Community, member: Member) -> None:
    emil = member("emil")
    with pytest.raises(UsageError, match="there is no comment 9"):
        community.moderation.report(emil, Target("comment", 9), "spam")
    with pytest.raises(UsageError, match="there is no submission 9"):
        community.moderation.report(emil, Target("submission", 9), "spam")
    with pytest.raises(UnknownPaper):
        community.moderation.report(emil, Target("paper", 99), "spam")
    with pytest.raises(UsageError, match="sign in"):
        community.moderation.report(VISITOR, Target("paper", 3), "spam")
    with pytest.raises(UsageError, match="nobody to report to"):
        community.moderation.report(Actor(Role.admin, "me"), Target("paper", 3), "spam")
    with pytest.raises(UsageError, match="at most 500 characters"):
        community.moderation.report(emil, Target("paper", 3), "x" * 501)
    for text in ("", "comment", "comment 0", "comment -1", "account 3", "comment 1 2", "comment 1\n"):
        with pytest.raises(UsageError, match="names nothing that can be reported"):
            target_of(text)
    assert target_of("paper 77").path == "/paper/77"


def test_a_member_reports_so_much_an_hour(community: Community, member: Member) -> None:
    dora, emil = member("dora"), member("emil")
    for n in range(20):
        community.comments.add(dora, 3, f"number {n}")
        community.moderation.report(emil, Target("comment", n + 1), "I do not like it")
    with pytest.raises(RateLimited):
        community.moderation.report(emil, Target("paper", 1), "nor this")
