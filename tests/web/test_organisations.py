"""The pages of organisations and authors, their feeds and API, and claims by forms."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from broadsheet.kit.paper import Identifiers, Paper, Person, Record
from tests.web.markup import Page
from tests.web.members import Town, post, town
from tests.web.served import Served

ORCID = "0000-0002-1825-0097"
BERKELEY = "/organisations/university-california-berkeley"
EVIL = "<script>alert(1)</script> University"
RECORDS = tuple(
    Record(Paper(title, authors=authors, year=year, ids=Identifiers(arxiv=f"2401.9000{n}")), "arxiv", f"kelp{n}", "")
    for n, (title, year, authors) in enumerate(
        (
            ("On kelp", 2023, (Person("Ada Example", orcid=ORCID, affiliations=("UC Berkeley",)), Person("Bo Other"))),
            ("On more kelp", 2024, (Person("Ada Example", affiliations=("EECS, UC Berkeley, CA", EVIL)),)),
            ("On moss", 2022, (Person("Bo Other", affiliations=("Tidal GmbH, me@tidal.example",)),)),
        )
    )
)


@pytest.fixture
def harbour(stocked: Path, tmp_path: Path) -> Iterator[Town]:
    """A community whose papers name organisations."""
    with town(stocked, tmp_path / "library") as running:
        running.library.add(*RECORDS)
        yield running


def test_an_organisation_has_a_page_with_papers_and_people(harbour: Town) -> None:
    visitor = harbour.as_("")
    everything = visitor.get("/organisations")
    assert Page(everything.text).faults == []
    assert f'<a href="{BERKELEY}">University of California, Berkeley</a> <span>2' in everything.text
    assert "<script>alert" not in everything.text
    assert "University of California, Berkeley" not in visitor.get("/organisations", params={"q": "tidal"}).text
    page = visitor.get(BERKELEY).text
    assert Page(page).faults == []
    assert re.findall(r'<h2 class="title"><a href="[^"]+">([^<]+)</a>', page) == ["On more kelp", "On kelp"]
    assert f'<a href="/authors/{ORCID}">Ada Example</a>' in page
    assert "Mend it" not in page
    assert "1 paper of 2023" in visitor.get(BERKELEY, params={"year": "2023", "sort": "votes"}).text
    assert visitor.get("/organisations/UC%20Berkeley").status_code == 404
    assert visitor.get("/organisations/none").status_code == 404
    redirected = visitor.get("/organisations/University%20of%20California,%20Berkeley")
    assert (redirected.status_code, redirected.headers["location"]) == (307, BERKELEY)


def test_the_most_voted_come_first_where_asked(harbour: Town) -> None:
    kelp = harbour.library.resolve("2401.90000")
    post(harbour.as_("rita"), f"/papers/{kelp}/vote", vote="cast")
    page = harbour.as_("").get(BERKELEY, params={"sort": "votes"}).text
    assert re.findall(r'<h2 class="title"><a href="[^"]+">([^<]+)</a>', page) == ["On kelp", "On more kelp"]


def test_paper_pages_and_cards_lead_there(harbour: Town) -> None:
    kelp = harbour.library.resolve("2401.90000")
    page = harbour.as_("").get(f"/paper/{kelp}").text
    assert f'<a href="{BERKELEY}">University of California, Berkeley</a>' in page
    assert f'<a href="/authors/{ORCID}" title="UC Berkeley">Ada Example</a>' in page
    assert '<a href="/authors/bo-other">Bo Other</a>' in harbour.as_("").get("/search", params={"q": "kelp"}).text


def test_an_author_has_a_page_that_tells_namesakes_apart(harbour: Town) -> None:
    visitor = harbour.as_("")
    page = visitor.get("/authors/ada-example").text
    assert Page(page).faults == []
    assert "several people may share it" in page
    assert f'<a href="/authors/{ORCID}">Ada Example, ORCID {ORCID}</a> (1 paper)' in page
    page = visitor.get(f"/authors/{ORCID}").text
    assert f'href="https://orcid.org/{ORCID}"' in page
    assert '<a href="/authors/bo-other">Bo Other</a>' in page
    assert visitor.get("/authors/Bo%20Other").headers["location"] == "/authors/bo-other"
    assert visitor.get("/authors/nobody").status_code == 404
    assert "Is this you?" not in page


def test_both_have_feeds(harbour: Town) -> None:
    visitor = harbour.as_("")
    atom = visitor.get(f"{BERKELEY}/feed.atom")
    assert atom.headers["content-type"].startswith("application/atom+xml")
    assert re.findall("<title>(.*?)</title>", atom.text)[1:] == ["On more kelp", "On kelp"]
    items = visitor.get("/authors/bo-other/feed.json").json()["items"]
    assert [item["title"] for item in items] == ["On kelp", "On moss"]
    assert visitor.get("/organisations/none/feed.atom").status_code == 404


def test_programs_read_both(harbour: Town) -> None:
    visitor = harbour.as_("")
    first = visitor.get("/api/v1/organisations", params={"q": "berkeley"}).json()
    assert first == [
        {"key": "university-california-berkeley", "name": "University of California, Berkeley", "papers": 2}
    ]
    one = visitor.get("/api/v1/organisations/university-california-berkeley").json()
    assert (one["total"], one["years"][0], len(one["authors"])) == (2, {"year": 2024, "papers": 1}, 2)
    author = visitor.get(f"/api/v1/authors/{ORCID}").json()
    assert (author["name"], author["orcid"], author["total"]) == ("Ada Example", ORCID, 1)
    assert author["namesakes"] == [{"key": "ada-example", "name": "Ada Example", "papers": 1}]
    assert visitor.get("/api/v1/authors/nobody").status_code == 404


def test_curators_mend_organisations(harbour: Town) -> None:
    cleo = harbour.as_("cleo")
    page = cleo.get(BERKELEY).text
    assert Page(page).faults == []
    answer = post(cleo, "/organisations/tidal", what="join", value="UC Berkeley")
    assert answer.headers["location"] == f"{BERKELEY}?done=organisation"
    assert "Part again" in cleo.get(BERKELEY).text
    assert cleo.get("/organisations/tidal").headers["location"] == BERKELEY
    assert (
        post(cleo, "/organisations/tidal", what="part").headers["location"] == "/organisations/tidal?done=organisation"
    )
    post(cleo, "/organisations/tidal", what="address", value="https://tidal.example/<x>")
    page = cleo.get("/organisations/tidal").text
    assert "https://tidal.example/&lt;x&gt;" in page
    assert post(cleo, "/organisations/tidal", what="address", value="javascript:alert(1)").status_code == 400
    assert post(harbour.as_("rita"), "/organisations/tidal", what="rename", value="Mine").status_code == 403


def test_a_claim_waits_for_an_administrator_and_is_shown_if_agreed(harbour: Town) -> None:
    rita, amos = harbour.as_("rita"), harbour.as_("amos")
    assert "Is this you?" in rita.get("/authors/bo-other").text
    answer = post(rita, "/authors/bo-other/claim", shown="yes")
    assert answer.headers["location"] == "/authors/bo-other?done=claim"
    assert "An administrator will decide" in rita.get("/authors/bo-other").text
    waiting = amos.get("/admin/claims").text
    assert Page(waiting).faults == []
    number = re.findall(r'action="/admin/claims/(\d+)"', waiting)[0]
    assert rita.get("/admin/claims").status_code == 403
    assert post(amos, f"/admin/claims/{number}", what="confirm").status_code == 400  # without a reason
    post(amos, f"/admin/claims/{number}", what="confirm", reason="seen")
    assert 'Here as <a href="/members/rita">rita</a>.' in harbour.as_("").get("/authors/bo-other").text
    own = rita.get("/claims").text
    assert Page(own).faults == []
    assert "confirmed: seen" in own
    assert post(harbour.as_("otto"), f"/claims/{number}", what="withdraw").status_code == 400  # another's
    post(rita, f"/claims/{number}", what="hide")
    assert "Here as" not in harbour.as_("").get("/authors/bo-other").text
    post(rita, f"/claims/{number}", what="withdraw")
    assert "Is this you?" in rita.get("/authors/bo-other").text


def test_the_address_in_a_record_confirms_at_once(harbour: Town) -> None:
    harbour.library.catalogue.community.accounts.change(harbour.number("otto"), email="me@tidal.example")
    answer = post(harbour.as_("otto"), "/authors/bo-other/claim")
    assert answer.headers["location"] == "/authors/bo-other?done=claimed"


def test_a_reader_alone_has_the_pages_and_no_claims(site: Served) -> None:
    page = site.client.get("/organisations")
    assert page.status_code == 200
    assert Page(page.text).faults == []
    assert site.client.get("/claims").status_code == 404
