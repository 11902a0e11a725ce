"""Who is an author: what a record must say for a claim to be confirmed at once, and the rest is decided by people."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.catalogue.community.people import Person as Known
from broadsheet.catalogue.community.people_index import name_key
from broadsheet.community import Community
from broadsheet.community.actor import VISITOR, Actor, Role
from broadsheet.community.claims import ORCID_ISSUER, stated
from broadsheet.kit.errors import RateLimited, UsageError
from broadsheet.kit.paper import Paper, Person, Record
from tests.community.people import change, query

Member = Callable[..., Actor]
ORCID, OTHER = "0000-0002-1825-0097", "0000-0001-5109-3700"
ADA = Known(1, name_key("Ada Example"), "Ada Example", "")
WITH_ORCID = Known(2, f"orcid:{ORCID}", "Ada Example", ORCID)


def by(*authors: Person) -> Paper:
    return Paper("On kelp", authors=authors)


def author(name: str = "Ada Example", orcid: str = "", *affiliations: str) -> Person:
    return Person(name, orcid=orcid, affiliations=affiliations)


@pytest.mark.parametrize(
    ("paper", "person", "orcids", "email", "evidence"),
    [
        (by(author(orcid=ORCID)), WITH_ORCID, {ORCID}, "", f"ORCID {ORCID}"),
        (by(author(orcid=ORCID)), ADA, {ORCID}, "", f"ORCID {ORCID}"),
        (by(author("A. Example", ORCID)), WITH_ORCID, {ORCID}, "", f"ORCID {ORCID}"),  # however the record spells them
        (by(author("Bo Sample", ORCID)), ADA, {ORCID}, "", ""),  # the member's, but beside another author's name
        (by(author(orcid=OTHER)), WITH_ORCID, {ORCID}, "", ""),
        (by(author(orcid=ORCID)), WITH_ORCID, {OTHER}, "", ""),
        (by(author(orcid=ORCID)), WITH_ORCID, set(), "", ""),
        (by(author("Ada Example", "", "Kelp Lab, ada@uni.example")), ADA, set(), "ada@uni.example", "ada@uni.example"),
        (by(author("ADA  example", "", "ada@uni.example")), ADA, set(), "ada@uni.example", "ada@uni.example"),
        (by(author("Bo Sample", "", "ada@uni.example")), ADA, set(), "ada@uni.example", ""),  # beside another's name
        (by(author("Ada Example", OTHER, "ada@uni.example")), ADA, set(), "ada@uni.example", ""),  # another Ada
        (by(author("Ada Example", ORCID, "ada@uni.example")), WITH_ORCID, set(), "ada@uni.example", "ada@uni.example"),
        (by(author()), ADA, {ORCID}, "ada@uni.example", ""),
        (by(), ADA, {ORCID}, "ada@uni.example", ""),
    ],
)
def test_what_a_record_states(paper: Paper, person: Known, orcids: set[str], email: str, evidence: str) -> None:
    assert stated(paper, person, orcids, email) == evidence


@pytest.mark.parametrize(
    ("affiliation", "says_so"),
    [
        ("ada@uni.example", True),
        ("Kelp Lab (ADA@Uni.Example)", True),
        ("Kelp Lab, ada@uni.example.", True),
        ("mailto:ada@uni.example", True),
        ("ada@uni.example; bo@uni.example", True),
        ("eva.ada@uni.example", False),  # somebody else's address ends like hers
        ("x+ada@uni.example", False),
        ("x-ada@uni.example", False),
        ("ada@uni.example.org", False),
        ("ada@uni.example-2", False),
        ("ada@uni.examples", False),
        ("ada@uni-example", False),
        ("adaXuni.example", False),
    ],
)
def test_an_address_is_the_whole_address(affiliation: str, says_so: bool) -> None:
    paper = by(author("Ada Example", "", affiliation))
    assert bool(stated(paper, ADA, set(), "ada@uni.example")) is says_so


@given(st.text(max_size=40), st.from_regex(r"[a-z][a-z0-9.+*]{0,8}@[a-z]{1,8}\.[a-z]{2,4}", fullmatch=True))
def test_no_text_around_it_makes_another_address_hers(text: str, email: str) -> None:
    alone = by(author("Ada Example", "", f"{text} {email} {text}"))
    assert stated(alone, ADA, set(), email) == email
    grown = by(author("Ada Example", "", f"x{email}", f"{email}x", f"{email}.org"))
    assert stated(grown, ADA, set(), email) == ""


# --- over a library -------------------------------------------------------------------------------------------------


def record(source: str, *authors: Person, n: int = 1) -> Record:
    return Record(Paper(f"Kelp of shore number {n}", authors=authors), source, f"{source}-{n}", "made:1")


def with_email(community: Community, member: Member, name: str, email: str, orcid: str = "") -> Actor:
    actor = member(name)
    change(community.library, "UPDATE accounts SET email = ? WHERE id = ?", email, actor.account_id)
    if orcid:
        change(community.library, "INSERT INTO identities VALUES (?, ?, ?, '')", ORCID_ISSUER, orcid, actor.account_id)
    return actor


def test_a_file_that_somebody_sent_confirms_nobody(community: Community, member: Member) -> None:
    """Whoever may import could write a record that makes them an author: only sources of the network count."""
    eve = with_email(community, member, "eve", "eve@uni.example")
    text = author("Ada Example", "", "eve@uni.example")
    community.library.catalogue.papers.add([record("jsonl:mine.jsonl", text)])
    assert community.claims.claim(eve, "ada-example").state == "pending"
    community.claims.withdraw(eve, community.claims.mine(eve)[0].id)
    community.library.catalogue.papers.add([record("crossref", text, n=2)])
    claim = community.claims.claim(eve, "ada-example")
    assert (claim.state, claim.evidence[:15]) == ("confirmed", "eve@uni.example")


def test_a_confirmed_claim_takes_votes_for_ones_own_out(community: Community, member: Member) -> None:
    cy, amos = member("cy"), member("amos", role=Role.admin)
    community.votes.cast(cy, 3)
    claim = community.claims.claim(cy, "cy-otherwise")
    assert (claim.state, community.votes.counts([3])) == ("pending", {3: 1})
    community.claims.decide(amos, claim.id, confirmed=True, why="I know her")
    assert community.votes.counts([3]) == {3: 0}
    community.claims.decide(amos, claim.id, confirmed=False, why="another Cy")
    assert community.votes.counts([3]) == {3: 1}
    assert query(community.library, "SELECT act, detail FROM audit_log") == [
        ("confirm claim", "I know her"),
        ("refuse claim", "another Cy"),
    ]


def test_one_claims_a_name_once_until_it_is_refused_or_withdrawn(community: Community, member: Member) -> None:
    cy, amos = member("cy"), member("amos", role=Role.admin)
    first = community.claims.claim(cy, "cy-otherwise", is_shown=True)
    assert community.claims.claim(cy, "Cy Otherwise").id == first.id
    community.claims.decide(amos, first.id, confirmed=False, why="not yet")
    second = community.claims.claim(cy, "cy-otherwise")
    assert (second.id > first.id, second.state) == (True, "pending")
    assert community.claims.withdraw(cy, second.id).state == "withdrawn"
    assert community.claims.withdraw(cy, second.id).state == "withdrawn"
    with pytest.raises(UsageError, match="was withdrawn"):
        community.claims.decide(amos, second.id, confirmed=True, why="she is")
    assert [claim.state for claim in community.claims.mine(cy)] == ["refused", "withdrawn"]


def test_who_may_do_what_with_a_claim(community: Community, member: Member) -> None:
    cy, bo, cleo = member("cy"), member("bo"), member("cleo", role=Role.curator)
    claim = community.claims.claim(cy, "cy-otherwise")
    refused: tuple[tuple[Actor, Callable[[], object]], ...] = (
        (bo, lambda: community.claims.withdraw(bo, claim.id)),
        (bo, lambda: community.claims.show(bo, claim.id, is_shown=True)),
        (cleo, lambda: community.claims.decide(cleo, claim.id, confirmed=True, why="so")),
        (VISITOR, lambda: community.claims.claim(VISITOR, "cy-otherwise")),
        (cy, lambda: community.claims.claim(cy, "nobody-here")),
        (cy, lambda: community.claims.withdraw(cy, 999)),
    )
    for actor, act in refused:
        with pytest.raises(UsageError):
            act()
        assert [one.state for one in community.claims.mine(actor)] == (["pending"] if actor == cy else [])
    with pytest.raises(UsageError, match="give a reason"):
        community.claims.decide(member("amos", role=Role.admin), claim.id, confirmed=True, why=" ")


def test_who_agreed_is_named_on_the_authors_page(community: Community, member: Member) -> None:
    cy, amos = member("cy"), member("amos", role=Role.admin)
    claim = community.claims.claim(cy, "cy-otherwise")
    person = community.people.named("cy-otherwise")
    community.claims.show(cy, claim.id, is_shown=True)
    assert community.claims.shown(person) == []  # not before it is confirmed
    community.claims.decide(amos, claim.id, confirmed=True, why="so")
    assert community.claims.shown(person) == ["cy"]
    community.claims.show(cy, claim.id, is_shown=False)
    assert community.claims.shown(person) == []


def test_nobody_claims_everybody(community: Community, member: Member) -> None:
    people = [
        author(f"Author {word}")
        for word in ["Alder", "Birch", "Cedar", "Douglas", "Elm", "Fir", "Gorse", "Hazel", "Ivy", "Juniper", "Kapok"]
    ]
    community.library.catalogue.papers.add([record("crossref", *people, n=9)])
    eve = member("eve")
    for one in people[:10]:
        community.claims.claim(eve, one.name)
    with pytest.raises(RateLimited):
        community.claims.claim(eve, people[10].name)
    assert len(community.claims.pending()) == 10
    assert {claim.member for claim in community.claims.pending()} == {"eve"}
