"""The tables of tags, links, reports and claims."""

from __future__ import annotations

from datetime import timedelta

import pytest

from broadsheet.kit.errors import UnknownPaper, UsageError
from tests.catalogue.made import ARTICLE, PREPRINT
from tests.clock import NOON
from tests.community.house import Desk

TICK = timedelta(seconds=1)


@pytest.fixture
def papers(desk: Desk) -> Desk:
    desk.catalogue.papers.add([PREPRINT, ARTICLE])
    return desk


# --- tags -----------------------------------------------------------------------------------------------------------


def test_tags_are_of_everybody_and_counted(papers: Desk) -> None:
    rita, table = papers.account("rita"), papers.tables.annotations
    for paper, name in ((1, "retrieval"), (1, "biology"), (2, "retrieval")):
        table.add_tag(paper, name, rita.id, 3)
        papers.after(TICK)
    table.add_tag(1, "retrieval", None, 3)  # a second time changes nothing
    assert [(tag.name, tag.account_id, tag.by, tag.at) for tag in table.tags(1)] == [
        ("biology", rita.id, "rita", NOON + TICK),
        ("retrieval", rita.id, "rita", NOON),
    ]
    assert table.tag_counts() == [("retrieval", 2), ("biology", 1)]
    assert table.tag_counts(limit=1) == [("retrieval", 2)]
    assert table.tagged("retrieval") == [2, 1]
    assert table.tagged("unknown") == []
    table.remove_tag(1, "biology")
    table.remove_tag(1, "never there")
    assert table.tag_counts() == [("retrieval", 2)]
    assert papers.tables.moderation.acts() == []  # whoever added it took it back


def test_a_paper_has_so_many_tags_and_must_be_here(papers: Desk) -> None:
    table = papers.tables.annotations
    for name in ("a", "b"):
        table.add_tag(1, name, None, 2)
    with pytest.raises(UsageError, match="at most 2 tags"):
        table.add_tag(1, "c", None, 2)
    table.add_tag(1, "b", None, 2)
    with pytest.raises(UnknownPaper, match="no paper has the number 9"):
        table.add_tag(9, "a", None, 2)


def test_what_a_curator_takes_off_is_in_both_logs(papers: Desk) -> None:
    table, tables = papers.tables.annotations, papers.tables
    table.add_tag(1, "spam", None, 5)
    table.remove_tag(1, "spam", "cleo", "an advertisement")
    table.add_link(1, "code", "https://spam.example", "", "rita", None, 5)
    [link] = table.links(1)
    table.remove_link(link, 1, "cleo", "another one")
    assert table.links(1) == []
    acts = [
        ("cleo", "remove link", "paper 1", "https://spam.example: another one"),
        ("cleo", "remove tag", "paper 1", "spam: an advertisement"),
    ]
    assert [(act.actor, act.act, act.target, act.reason) for act in tables.moderation.acts()] == acts
    assert [(act.actor, act.act, act.target, act.detail) for act in tables.audit.latest()] == acts


# --- links ----------------------------------------------------------------------------------------------------------


def test_links_stand_in_the_order_of_adding_and_an_address_once(papers: Desk) -> None:
    rita, table = papers.account("rita"), papers.tables.annotations
    table.add_link(2, "code", "https://code.example", "Code", "rita", rita.id, 2)
    table.add_link(2, "project", "https://page.example", "", "rita", rita.id, 2)
    table.add_link(2, "code", "https://code.example", "Other words", "otto", None, 2)
    assert [(link.kind, link.url, link.title, link.by, link.account_id) for link in table.links(2)] == [
        ("code", "https://code.example", "Code", "rita", rita.id),
        ("project", "https://page.example", "", "rita", rita.id),
    ]
    with pytest.raises(UsageError, match="at most 2 links"):
        table.add_link(2, "video", "https://video.example", "", "rita", rita.id, 2)
    with pytest.raises(UnknownPaper):
        table.add_link(9, "code", "https://code.example", "", "rita", rita.id, 2)
    assert table.links(1) == []
    assert table.stars(2) is None
    table.remove_link(table.links(2)[0], 2)
    assert [link.kind for link in table.links(2)] == ["project"]


# --- reports --------------------------------------------------------------------------------------------------------


def test_a_member_reports_a_thing_once_until_it_is_decided(papers: Desk) -> None:
    rita, otto, table = papers.account("rita"), papers.account("otto"), papers.tables.moderation
    assert table.report("comment 1", rita.id, "spam") is True
    assert table.report("comment 1", rita.id, "still spam") is False
    papers.after(TICK)
    assert table.report("comment 1", otto.id, "rude") is True
    assert table.report("paper 2", rita.id, "not a paper") is True
    assert [(one.target, one.reporter, one.reason) for one in table.open_reports()] == [
        ("comment 1", "rita", "spam"),
        ("comment 1", "otto", "rude"),
        ("paper 2", "rita", "not a paper"),
    ]
    assert len(table.open_reports(1)) == 1
    assert table.resolve("comment 1", "dismissed", "it is fine", "cleo") == 2
    assert table.resolve("comment 1", "dismissed", "again", "cleo") == 0
    assert table.resolve("paper 2", "resolved", "deleted", "cleo") == 1
    assert table.open_reports() == []
    assert [(one.act, one.target, one.reason) for one in table.acts()] == [
        ("resolve report", "paper 2", "deleted"),
        ("dismiss report", "comment 1", "it is fine"),
    ]
    assert table.report("comment 1", rita.id, "spam again") is True


def test_the_public_log_says_that_something_was_done_and_pages_go_back(papers: Desk) -> None:
    table = papers.tables.moderation
    for number in range(4):
        table.publish("cleo", "decide a claim", f"author {number}")
    newest = table.acts(2)
    assert [(one.target, one.reason) for one in newest] == [("author 3", ""), ("author 2", "")]
    assert [one.target for one in table.acts(9, before=newest[-1].id)] == ["author 1", "author 0"]
    assert papers.tables.audit.latest() == []


# --- claims ---------------------------------------------------------------------------------------------------------


def test_a_claim_waits_is_decided_and_may_be_made_again(papers: Desk) -> None:
    rita, otto, claims = papers.account("rita"), papers.account("otto"), papers.tables.claims
    number = claims.add(rita.id, "ada example", "Ada Example", is_shown=False)
    assert claims.add(rita.id, "ada example", "Ada Example", is_shown=True) == number
    assert claims.add(otto.id, "ada example", "Ada Example", is_shown=True) != number
    claim = claims.get(number)
    assert claim is not None
    assert (claim.member, claim.state, claim.is_shown, claim.decided_at) == ("rita", "pending", False, None)
    assert [one.member for one in claims.pending()] == ["rita", "otto"]
    assert [one.member for one in claims.of_name("ada example")] == ["rita", "otto"]
    papers.after(TICK)
    claims.decide(number, "refused", by="cleo", reason="no evidence")
    refused = claims.get(number)
    assert refused is not None
    assert (refused.state, refused.decided_by, refused.reason, refused.decided_at) == (
        *("refused", "cleo", "no evidence"),
        NOON + TICK,
    )
    again = claims.add(rita.id, "ada example", "Ada Example", is_shown=False)
    assert again != number
    claims.decide(again, "confirmed", by="cleo", evidence="orcid")
    claims.show(again, is_shown=True)
    confirmed = claims.of_account(rita.id)[-1]
    assert (confirmed.state, confirmed.evidence, confirmed.is_shown) == ("confirmed", "orcid", True)
    assert claims.add(rita.id, "ada example", "Ada Example", is_shown=False) == again
    assert [one.member for one in claims.pending(1)] == ["otto"]
    assert claims.get(99) is None
    assert claims.of_name("nobody") == []
    assert claims.subjects(rita.id, "https://orcid.example") == []
