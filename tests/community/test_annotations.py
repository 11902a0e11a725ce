"""Tags and links that members add to papers."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from broadsheet.community import Community
from broadsheet.community.actor import VISITOR, Actor, Role
from broadsheet.community.annotations import link_url, tag_name
from broadsheet.kit.errors import RateLimited, UnknownPaper, UsageError
from tests.catalogue.made import BOTH
from tests.community.people import change, query

Member = Callable[..., Actor]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("NLP", "nlp"),
        ("  Graph \n Neural  Networks ", "graph neural networks"),
        ("ＫＥＬＰ", "kelp"),
        ("C++", "c++"),
        ("Straße", "strasse"),
        ("機械学習", "機械学習"),
    ],
)
def test_a_tag_has_one_spelling(text: str, name: str) -> None:
    assert tag_name(text) == name


@pytest.mark.parametrize("text", ["", " ", "++", "a/b", "<b>", "a" * 61, "a\x00\x1bb", "../x", "a\u202eb", '"'])
def test_what_is_no_tag(text: str) -> None:
    with pytest.raises(UsageError, match="cannot be a tag"):
        tag_name(text)


def test_members_tag_and_take_back_their_own(community: Community, member: Member) -> None:
    dora, emil, cleo = member("dora"), member("emil"), member("cleo", role=Role.curator)
    notes = community.annotations
    assert notes.add_tag(dora, 3, "Kelp") == "kelp"
    notes.add_tag(emil, 3, "KELP")
    notes.add_tag(emil, 1, "kelp")
    notes.add_tag(emil, 3, "buy now")
    assert [(tag.name, tag.by) for tag in notes.tags(3)] == [("buy now", "emil"), ("kelp", "dora")]
    assert (notes.tag_counts(), notes.tagged("Kelp")) == ([("kelp", 2), ("buy now", 1)], [1, 3])
    with pytest.raises(UsageError, match="somebody else added this"):
        notes.remove_tag(emil, 3, "kelp")
    with pytest.raises(UsageError, match="give a reason"):
        notes.remove_tag(cleo, 3, "buy now")
    notes.remove_tag(cleo, 3, "Buy  now", "an advertisement")
    notes.remove_tag(dora, 3, "kelp")
    with pytest.raises(UsageError, match="no tag 'kelp'"):
        notes.remove_tag(dora, 3, "kelp")
    assert notes.tags(3) == []
    expected = [("cleo", "remove tag", "paper 3", "buy now: an advertisement")]
    assert query(community.library, "SELECT actor, act, target, reason FROM moderation_log") == expected
    assert query(community.library, "SELECT actor, act, target, detail FROM audit_log") == expected
    with pytest.raises(UsageError, match="sign in"):
        notes.add_tag(VISITOR, 3, "kelp")
    with pytest.raises(UnknownPaper):
        notes.add_tag(dora, 99, "kelp")


def test_a_paper_has_so_many_tags_and_links(community: Community, member: Member) -> None:
    dora, notes = member("dora"), community.annotations
    for n in range(20):
        notes.add_tag(dora, 3, f"tag {n}")
    notes.add_tag(dora, 3, "tag 0")
    with pytest.raises(UsageError, match="at most 20 tags"):
        notes.add_tag(dora, 3, "another")
    for n in range(38):
        notes.add_link(dora, 3, "code", f"https://example.org/{n}")
    with pytest.raises(RateLimited):
        notes.add_link(dora, 3, "code", "https://example.org/too-many-an-hour")
    emil = member("emil")
    for n in range(38, 40):
        notes.add_link(emil, 3, "code", f"https://example.org/{n}")
    with pytest.raises(UsageError, match="at most 40 links"):
        notes.add_link(emil, 3, "code", "https://example.org/another")


@pytest.mark.parametrize(
    ("text", "url"),
    [
        (" https://Example.org/Code?x=1#top ", "https://example.org/Code?x=1#top"),
        ("HTTP://example.org:8080/", "http://example.org:8080/"),
        ("https://user:secret@example.org/", "https://example.org/"),
        ("https://exämple.org/ä", "https://xn--exmple-cua.org/ä"),
        ("http://[::1]/x", "http://[::1]/x"),
    ],
)
def test_an_address_is_cleaned(text: str, url: str) -> None:
    assert link_url(text) == url


@pytest.mark.parametrize(
    "text",
    [
        "", "example.org", "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\nscript:alert(1)", "data:text/html,x",
        "//example.org", "https://", "https:///path", "https://example.org/a b", "https://example.org/\x00",
        "https://example.org/\u202e", 'https://example.org/"onclick="x', "https://example.org\\@evil.example",
        "https://example.org:port/", "https://[::1", "ftp://example.org/", "mailto:a@b.org", "https://a..org/",
        "https://example.org/" + "x" * 1000, "vbscript:x", "https://ex_ample\u3002\u3002org/",
    ],
)  # fmt: skip
def test_what_is_no_address(text: str) -> None:
    with pytest.raises(UsageError, match=r"is not an address|no host"):
        link_url(text)


def test_members_link_and_take_back_their_own(community: Community, member: Member) -> None:
    dora, emil, cleo = member("dora"), member("emil"), member("cleo", role=Role.curator)
    notes = community.annotations
    notes.add_link(dora, 3, "code", "https://example.org/kelp", " The\ncode ")
    notes.add_link(emil, 3, "video", "https://example.org/kelp", "A second time")
    notes.add_link(emil, 3, "other", "https://spam.example/", "")
    (code, spam) = notes.links(3)
    assert (code.kind, code.url, code.title, code.by) == ("code", "https://example.org/kelp", "The code", "dora")
    with pytest.raises(UsageError, match="there are code, project"):
        notes.add_link(dora, 3, "virus", "https://example.org/")
    with pytest.raises(UsageError, match="a title has at most 120"):
        notes.add_link(dora, 3, "code", "https://example.org/", "x" * 121)
    with pytest.raises(UsageError, match="somebody else added this"):
        notes.remove_link(emil, 3, code.id)
    with pytest.raises(UsageError, match="no link"):
        notes.remove_link(emil, 1, spam.id)
    notes.remove_link(cleo, 3, spam.id, "spam")
    notes.remove_link(dora, 3, code.id)
    assert notes.links(3) == []
    assert query(community.library, "SELECT act, target, reason FROM moderation_log") == [
        ("remove link", "paper 3", "https://spam.example/: spam")
    ]


def test_stars_are_the_latest_count(community: Community) -> None:
    assert community.annotations.stars(3) is None
    for day, stars in (("2026-06-01", 900), ("2026-06-30", 12)):
        change(community.library, "INSERT INTO paper_counts VALUES (3, 'a', 'stars', ?, ?)", day, stars)
    assert community.annotations.stars(3) == 12


def test_tags_and_links_follow_merged_papers(community: Community, member: Member) -> None:
    dora, notes = member("dora"), community.annotations
    for paper in (1, 2):
        notes.add_tag(dora, paper, "kelp")
        notes.add_link(dora, paper, "code", "https://example.org/kelp")
    community.library.catalogue.papers.add([BOTH])
    assert [tag.name for tag in notes.tags(1)] == ["kelp"]
    assert [link.url for link in notes.links(1)] == ["https://example.org/kelp"]
    notes.add_tag(dora, 2, "by the old number")
    assert notes.tagged("by the old number") == [1]
