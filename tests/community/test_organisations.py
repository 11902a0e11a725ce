"""Organisations and authors follow the papers of the catalogue; curators join, rename and address organisations."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import broadsheet
from broadsheet.community import Community
from broadsheet.community.actor import Actor, Role
from broadsheet.community.organisations import Organisations
from broadsheet.community.people import author_slug, key_of_slug
from broadsheet.kit.errors import LibraryError, UsageError
from broadsheet.kit.paper import Identifiers, Paper, Person, Record
from tests.clock import ticking
from tests.community.people import join, query

ADA, BO = "0000-0002-1825-0097", "0000-0001-5109-3700"
CURATOR = Actor(Role.curator, "cleo", None)


def paper(title: str, *people: Person, source: str = "arxiv", **fields: object) -> Record:
    """A record, its source id made from its title."""
    number = f"2401.{sum(map(ord, title)):05d}"
    return Record(Paper(title, authors=people, ids=Identifiers(arxiv=number), **fields), source, number, "")  # type: ignore[arg-type]


RECORDS = (
    paper(
        "On kelp",
        Person("Ada Example", orcid=ADA, affiliations=("Dept. of EECS, UC Berkeley, Berkeley, CA",)),
        Person("Bo Sample", affiliations=("Google Research", "University of California, Berkeley")),
        year=2023,
    ),
    paper("On more kelp", Person("Ada Example", affiliations=("Univ. of Oxford",)), Person("Bo Sample"), year=2024),
    paper("On fish", Person("Cy Otherwise"), year=2024, extra={"organisations": ["Google", "Tidal GmbH"]}),
    paper("On sand", Person("Cy Otherwise"), year=2022, extra={"organisation": "Google"}),
)


@pytest.fixture
def community(tmp_path: Path) -> Iterator[Community]:
    (tmp_path / "broadsheet.toml").write_text('[community]\nmode = "community"\n')
    with broadsheet.open(tmp_path, clock=ticking()) as library:
        library.catalogue.papers.add(RECORDS)
        yield Community(library)
        assert library.catalogue.check() == []


def listed(community: Community, text: str = "") -> list[tuple[str, int]]:
    return [(one.name, one.papers) for one in community.organisations.like(text)]


def test_organisations_are_counted_by_papers(community: Community) -> None:
    assert listed(community) == [
        ("Google", 3),
        ("Tidal GmbH", 1),
        ("University of California, Berkeley", 1),
        ("University of Oxford", 1),
    ]
    assert listed(community, "univ ford") == [("University of Oxford", 1)]
    assert community.organisations.of_papers([1, 3]) == {
        1: [("university-california-berkeley", "University of California, Berkeley"), ("google", "Google")],
        3: [("google", "Google"), ("tidal", "Tidal GmbH")],
    }


def test_an_organisation_has_papers_years_and_people(community: Community) -> None:
    google = community.organisations.profile(community.organisations.named("Google Brain"))
    assert [number for number, _ in google.papers] == [3, 1, 4]
    assert list(google.years) == [(2024, 1), (2023, 1), (2022, 1)]
    assert [(one.name, one.papers) for one in google.people] == [("Bo Sample", 1)]
    berkeley = community.organisations.profile(community.organisations.named("UC Berkeley"))
    assert [one.key for one in berkeley.people] == [f"orcid:{ADA}", "bo sample"]


def test_what_changes_in_the_catalogue_is_followed(community: Community) -> None:
    assert ("Google", 3) in listed(community)
    library = community.library
    number = library.delete(3)
    library.catalogue.papers.add([paper("On ice", Person("Dee", affiliations=("Google",)), year=2025)])
    assert listed(community, "google") == [("Google", 3)]
    assert listed(community, "tidal") == []
    library.restore(number)
    assert listed(community, "google") == [("Google", 4)]
    edited = paper("On ice", Person("Dee", affiliations=("MIT CSAIL",)), year=2025)
    library.catalogue.papers.add([edited])
    assert listed(community, "massachusetts") == [("Massachusetts Institute of Technology", 1)]
    assert listed(community, "google") == [("Google", 3)]


def test_other_rules_derive_everything_again(community: Community, monkeypatch: pytest.MonkeyPatch) -> None:
    assert ("Google", 3) in listed(community)
    monkeypatch.setattr("broadsheet.community.organisations.keyed_organisations", lambda text: [("all", "All")])
    assert ("Google", 3) in listed(community)  # the rules have the same version
    monkeypatch.setattr("broadsheet.community.organisations.VERSION", 99)
    assert listed(community) == [("All", 4)]


def test_curators_join_and_part(community: Community) -> None:
    organisations = community.organisations
    with pytest.raises(UsageError, match="only a curator"):
        organisations.join(Actor(Role.reader, "rita", None), "tidal", "google")
    assert organisations.join(CURATOR, "tidal", "google").name == "Google"
    assert listed(community, "tidal") == []
    found = organisations.find("tidal")
    assert found is not None
    assert found.key == "google"
    assert [one.key for one in organisations.profile(found).joined] == ["tidal"]
    with pytest.raises(UsageError, match="already"):
        organisations.join(CURATOR, "google", "tidal")
    assert organisations.join(CURATOR, "university-oxford", "tidal").key == "google"
    assert listed(community, "google") == [("Google", 4)]
    assert organisations.part(CURATOR, "tidal").name == "Tidal GmbH"
    with pytest.raises(UsageError, match="not joined"):
        organisations.part(CURATOR, "tidal")
    organisations.part(CURATOR, "university-oxford")
    assert listed(community) == [
        ("Google", 3),
        ("Tidal GmbH", 1),
        ("University of California, Berkeley", 1),
        ("University of Oxford", 1),
    ]
    acts = [(one.actor, one.act, one.target) for one in community.library.catalogue.community.audit.latest()]
    assert acts[::-1] == [
        ("cleo", "join organisations", "tidal"),
        ("cleo", "join organisations", "university-oxford"),
        ("cleo", "part organisations", "tidal"),
        ("cleo", "part organisations", "university-oxford"),
    ]


def test_curators_rename_and_address_and_take_it_back(community: Community) -> None:
    organisations = community.organisations
    assert organisations.rename(CURATOR, "tidal", " Tidal\x00 Research ").name == "Tidal Research"
    assert organisations.set_url(CURATOR, "tidal", "https://tidal.example").url == "https://tidal.example"
    for bad in ("javascript:alert(1)", "tidal.example", "https:///nowhere"):
        with pytest.raises(UsageError, match="no address"):
            organisations.set_url(CURATOR, "tidal", bad)
    with pytest.raises(UsageError, match="letters"):
        organisations.rename(CURATOR, "tidal", "?!")
    assert organisations.rename(CURATOR, "tidal", "").name == "Tidal GmbH"
    assert organisations.set_url(CURATOR, "tidal", "").url == ""
    with pytest.raises(UsageError, match="no organisation 'Tidall' here"):
        organisations.named("Tidall")


def test_authors_are_told_apart_by_orcid_otherwise_by_name(community: Community) -> None:
    people = community.people
    by_name, by_orcid = people.named("ada-example"), people.named(ADA)
    assert (by_name.orcid, by_orcid.orcid) == ("", ADA)
    one, other = people.profile(by_name), people.profile(by_orcid)
    assert (list(one.papers), list(other.papers)) == ([(2, 2024)], [(1, 2023)])
    assert [(person.key, count) for person, count in one.namesakes] == [(f"orcid:{ADA}", 1)]
    assert [(person.key, count) for person, count in other.namesakes] == [("ada example", 1)]
    assert [(count.name, count.papers) for count in one.organisations] == [("University of Oxford", 1)]
    assert [(count.name, count.papers) for count in one.coauthors] == [("Bo Sample", 1)]
    assert [(count.name, count.papers) for count in people.profile(people.named("Bo Sample")).organisations] == [
        ("Google", 1),
        ("University of California, Berkeley", 1),
    ]
    assert people.find("nobody") is None
    with pytest.raises(UsageError, match="no author 'nobody' here"):
        people.named("nobody")


@pytest.mark.parametrize("key", [f"orcid:{ADA}", "ada example", "jean pierre o brien", "李 明"])
def test_an_address_names_an_author(key: str) -> None:
    assert key_of_slug(author_slug(key)) == key


def test_a_name_leads_to_its_only_orcid(community: Community) -> None:
    community.library.catalogue.papers.add([paper("On mud", Person("Una Known", orcid=BO))])
    assert community.people.named("una-known").orcid == BO


def test_a_read_only_library_shows_what_was_derived(community: Community) -> None:
    assert len(listed(community)) == 4
    with broadsheet.open(community.library.path, read_only=True) as library:
        organisations = Organisations(library)
        assert len(organisations.like()) == 4


def test_a_full_disk_leaves_what_was_derived(community: Community, monkeypatch: pytest.MonkeyPatch) -> None:
    assert len(listed(community)) == 4
    community.library.catalogue.papers.add([paper("On ice", Person("Dee", affiliations=("MIT",)))])

    def full(*_: object) -> None:
        raise LibraryError("catalogue.db: the disk is full")

    monkeypatch.setattr("broadsheet.catalogue.community.people_index._step", full)
    assert len(listed(community)) == 4
    monkeypatch.undo()
    assert len(listed(community)) == 5


def add_member(community: Community, name: str, email: str = "", orcid: str = "") -> Actor:
    actor = join(community.library, name)
    tables = community.library.catalogue.community
    assert actor.account_id is not None
    if email:
        tables.accounts.change(actor.account_id, email=email)
    if orcid:
        query_insert(community, actor.account_id, orcid)
    return actor


def query_insert(community: Community, account_id: int, orcid: str) -> None:
    from tests.community.people import change

    change(
        community.library,
        "INSERT INTO account_identities (issuer, subject, account_id, linked_at) VALUES (?, ?, ?, '')",
        "https://orcid.org", orcid, account_id,
    )  # fmt: skip


Add = Callable[..., Actor]


def test_an_orcid_in_a_record_confirms_a_claim_at_once(community: Community) -> None:
    ada = add_member(community, "ada", orcid=ADA)
    community.votes.cast(ada, 1)
    assert community.votes.counts([1]) == {1: 1}
    claim = community.claims.claim(ada, ADA, is_shown=True)
    assert (claim.state, claim.decided_by) == ("confirmed", "")
    assert claim.evidence == f"ORCID {ADA} in the record of paper 1 at arxiv"
    assert community.votes.counts([1]) == {1: 0}  # own work
    assert community.claims.names_of(claim.account_id) == ["Ada Example"]
    assert community.claims.shown(community.people.named(ADA)) == ["ada"]
    assert community.claims.claim(ada, ADA).id == claim.id  # twice is once
    community.claims.show(ada, claim.id, is_shown=False)
    assert community.claims.shown(community.people.named(ADA)) == []
    assert community.claims.withdraw(ada, claim.id).state == "withdrawn"
    assert community.votes.counts([1]) == {1: 1}
    assert community.claims.claim(ada, ADA).id != claim.id


def test_the_address_in_a_record_confirms_a_claim_only_beside_the_name(community: Community) -> None:
    community.library.catalogue.papers.add(
        [
            paper(
                "On tides",
                Person("Ed Mail", affiliations=("Tidal, ed@tidal.example.",)),
                Person("Fay Else", affiliations=("Tidal",)),
            ),
            paper("On waves", Person("Gus Sent", affiliations=("gus@tidal.example",)), source="bibtex:sent.bib"),
            paper("On foam", Person("Hal Near", affiliations=("xhal@tidal.example hal@tidal.example.org",))),
        ]
    )
    ed = add_member(community, "ed", "ed@tidal.example")
    claim = community.claims.claim(ed, "ed-mail")
    assert (claim.state, claim.evidence) == ("confirmed", "ed@tidal.example in the record of paper 5 at arxiv")
    assert community.claims.claim(ed, "fay-else").state == "pending"  # the address is another author's
    assert community.claims.claim(add_member(community, "gus", "gus@tidal.example"), "gus-sent").state == "pending"
    assert community.claims.claim(add_member(community, "hal", "hal@tidal.example"), "hal-near").state == "pending"
    other = community.claims.claim(add_member(community, "eve", orcid=BO), ADA)  # somebody else's ORCID
    assert other.state == "pending"


def test_administrators_decide_with_a_reason(community: Community) -> None:
    rita, admin = add_member(community, "rita"), Actor(Role.admin, "amos", None)
    claim = community.claims.claim(rita, "Cy Otherwise")
    assert [(one.member, one.name) for one in community.claims.pending()] == [("rita", "Cy Otherwise")]
    with pytest.raises(UsageError, match="only an administrator"):
        community.claims.decide(rita, claim.id, confirmed=True, why="me")
    with pytest.raises(UsageError, match="give a reason"):
        community.claims.decide(admin, claim.id, confirmed=True, why=" ")
    community.votes.cast(rita, 3)
    decided = community.claims.decide(admin, claim.id, confirmed=True, why="seen at a conference")
    assert (decided.state, decided.decided_by, decided.reason) == ("confirmed", "amos", "seen at a conference")
    assert (community.claims.pending(), community.votes.counts([3])) == ([], {3: 0})
    assert community.claims.decide(admin, claim.id, confirmed=False, why="a namesake").state == "refused"
    assert community.votes.counts([3]) == {3: 1}
    acts = [(one.act, one.target, one.detail) for one in community.library.catalogue.community.audit.latest(2)]
    assert acts == [
        ("refuse claim", "rita: cy-otherwise", "a namesake"),
        ("confirm claim", "rita: cy-otherwise", "seen at a conference"),
    ]
    with pytest.raises(UsageError, match="you have no claim"):
        community.claims.withdraw(add_member(community, "otto"), claim.id)
    community.claims.withdraw(rita, community.claims.claim(rita, "Cy Otherwise").id)
    last = community.claims.mine(rita)[-1]
    with pytest.raises(UsageError, match="withdrawn"):
        community.claims.decide(admin, last.id, confirmed=True, why="late")


def test_who_may_claim_and_how_much(community: Community) -> None:
    with pytest.raises(UsageError, match="sign in"):
        community.claims.claim(Actor(Role.visitor), "Cy Otherwise")
    with pytest.raises(UsageError, match="one reader"):
        community.claims.claim(Actor(Role.admin, "me"), "Cy Otherwise")
    with pytest.raises(UsageError, match="no author"):
        community.claims.claim(add_member(community, "rita"), "Nobody Here")
    assert query(community.library, "SELECT count(*) FROM author_claims") == [(0,)]
