"""How papers are received at other places: numbers by day, links, listings, whatever a record says of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from broadsheet.catalogue import Catalogue
from broadsheet.catalogue.community.receptions import Link, Listing
from broadsheet.kit.paper import Reception, Record
from tests.catalogue.made import BOTH, PREPRINT
from tests.catalogue.test_merge_community_rows import rows

DAY, NEXT = date(2026, 6, 29), date(2026, 6, 30)
CODE, PROJECT = ("code", "https://github.com/ada/kelp"), ("project", "https://kelp.example/")


def received(record: Record = PREPRINT, **what: object) -> Record:
    return replace(record, reception=Reception("hub.example", **what))  # type: ignore[arg-type]


def test_a_number_is_of_its_place_kind_and_day(catalogue: Catalogue) -> None:
    catalogue.papers.add([received(counts=(("hub.example", "votes", 5), ("github.com", "stars", 40)))])
    assert rows(catalogue, "paper_counts", "paper_id", "source", "kind", "day", "value") == [
        (1, "github.com", "stars", "2026-07-01", 40),
        (1, "hub.example", "votes", "2026-07-01", 5),
    ]
    # later on that day the number has grown: it replaces what was noted of the day
    catalogue.papers.add([received(counts=(("hub.example", "votes", 9),))])
    assert catalogue.community.votes.counts_elsewhere([1]) == {1: 9}
    assert catalogue.community.annotations.stars(1) == 40
    assert len(rows(catalogue, "paper_counts", "day")) == 2


@pytest.mark.parametrize(("number", "stored"), [(-3, 0), (0, 0), (7, 7), (2**60, 2**53)])
def test_a_number_that_cannot_be_is_brought_within_reason(catalogue: Catalogue, number: int, stored: int) -> None:
    catalogue.papers.add([received(counts=(("hub.example", "votes", number),))])
    assert [value for (value,) in rows(catalogue, "paper_counts", "value")] == [stored]


def test_links_stand_once_in_the_order_they_came(catalogue: Catalogue) -> None:
    catalogue.papers.add([received(links=(CODE, PROJECT))])
    catalogue.papers.add([received(links=(PROJECT, CODE, ("model", "https://hub.example/kelp")))])
    assert catalogue.community.receptions.links([1, 99]) == {
        1: [Link(kind, url, "", "arxiv") for kind, url in (CODE, PROJECT, ("model", "https://hub.example/kelp"))]
    }


def test_a_record_brings_so_many_links_and_none_without_end(catalogue: Catalogue) -> None:
    many = tuple(("other", f"https://x.org/{n}") for n in range(80))
    catalogue.papers.add([received(links=(("code", "https://x.org/" + "y" * 3000), *many))])
    urls = [link.url for link in catalogue.community.receptions.links([1])[1]]
    assert urls == [f"https://x.org/{n}" for n in range(49)]


def test_a_listing_has_its_day_its_moment_and_who_submitted(catalogue: Catalogue) -> None:
    moment = datetime(2026, 6, 29, 7, 30, tzinfo=UTC)
    catalogue.papers.add([received(listed_on=DAY, listed_at=moment, listed_by="akhaliq")])
    assert catalogue.community.receptions.listings([1, 99]) == {1: Listing("hub.example", DAY, moment, "akhaliq")}
    assert catalogue.community.editions.first_listed(DAY) == DAY
    assert catalogue.community.editions.first_listed(NEXT) is None
    # what the place says later takes the place of what it said; without a moment the day begins at midnight
    catalogue.papers.add([received(listed_on=NEXT)])
    midnight = datetime(2026, 6, 30, tzinfo=UTC)
    assert catalogue.community.receptions.listings([1]) == {1: Listing("hub.example", NEXT, midnight, "")}


def test_of_several_places_the_first_to_list_counts(catalogue: Catalogue) -> None:
    for place, day in (("b.example", NEXT), ("a.example", DAY)):
        reception = Reception(place, listed_on=day, listed_by=f"of {place}")
        catalogue.papers.add([replace(PREPRINT, reception=reception)])
    assert catalogue.community.receptions.listings([1])[1].place == "a.example"


def test_papers_that_become_one_are_received_as_one(two: Catalogue) -> None:
    two.papers.add([received(counts=(("hub.example", "votes", 5),), links=(CODE,), listed_on=NEXT)])
    (article,) = (one for one in two.papers.stored([2]).values())
    of_article = Record(article.paper, "crossref", article.source_ids[0][1], "made")
    two.papers.add([received(of_article, counts=(("hub.example", "votes", 8),), links=(CODE, PROJECT), listed_on=DAY)])
    assert two.community.votes.counts_elsewhere([1, 2]) == {1: 5, 2: 8}
    two.papers.add([BOTH])
    assert two.community.votes.counts_elsewhere([1, 2]) == {1: 8}  # of one place on one day the higher number
    assert [link.url for link in two.community.receptions.links([1])[1]] == [CODE[1], PROJECT[1]]
    assert two.community.receptions.listings([1])[1].day == DAY


def test_a_record_that_changes_nothing_else_still_brings_its_numbers(catalogue: Catalogue) -> None:
    assert catalogue.papers.add([received(counts=(("hub.example", "votes", 1),))]).outcomes == ("added",)
    seq = catalogue.changes.last_seq()
    assert catalogue.papers.add([received(counts=(("hub.example", "votes", 2),))]).outcomes == ("unchanged",)
    assert catalogue.community.votes.counts_elsewhere([1]) == {1: 2}
    assert catalogue.changes.last_seq() == seq  # votes elsewhere are no part of the paper


ODD = st.text(st.characters(codec=None), max_size=250)
COUNT = st.tuples(ODD, st.sampled_from(("votes", "stars")), st.integers(-(2**70), 2**70))


@settings(max_examples=20, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.builds(
        Reception,
        ODD,
        st.lists(COUNT, max_size=3).map(tuple),
        st.lists(st.tuples(st.sampled_from(("code", "other")), ODD), max_size=3).map(tuple),
        st.none() | st.dates(date(1900, 1, 1), date(2999, 1, 1)),
        st.none() | st.datetimes(datetime(1900, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC)),
        ODD,
    )
)
def test_whatever_a_place_says_the_record_comes_in(catalogue: Catalogue, reception: Reception) -> None:
    (number,) = catalogue.papers.add([replace(PREPRINT, reception=reception)]).paper_ids
    assert catalogue.check() == []
    receptions = catalogue.community.receptions
    assert all(len(link.by) <= 200 for link in receptions.links([number]).get(number, []))
    listing = receptions.listings([number]).get(number)
    assert listing is None or len(listing.place) <= 200
    assert catalogue.community.votes.counts_elsewhere([number]).get(number, 0) >= 0
