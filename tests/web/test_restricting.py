"""Indexes, feeds and the API of one field or of papers with votes, and submissions reported and hidden by programs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from broadsheet.kit.paper import Identifiers, Paper, Person, Record
from tests.web.markup import Page
from tests.web.members import Town, form_token, post, town
from tests.web.served import Served

ADA = Person("Ada Example", affiliations=("UC Berkeley",))
BO = Person("Bo Other", affiliations=("Tidal GmbH",))
RECORDS = tuple(
    Record(
        Paper(title, authors=(author,), year=2022 + n, categories=(category,), ids=Identifiers(arxiv=arxiv)),
        *("arxiv", f"kelp{n}", ""),
    )
    for n, (title, author, category, arxiv) in enumerate(
        (
            ("On moss", BO, "q-bio.PE", "2201.90000"),
            ("On kelp", ADA, "q-bio.PE", "2301.90001"),
            ("On search", ADA, "cs.IR", "2401.90002"),
        )
    )
)
BERKELEY = "university-california-berkeley"


@pytest.fixture
def harbour(stocked: Path, tmp_path: Path) -> Iterator[Town]:
    """A community whose papers name organisations and fields."""
    with town(stocked, tmp_path / "library") as running:
        running.library.add(*RECORDS)
        yield running


def field_of(town_: Town, number: str) -> str:
    """The name in addresses of the main field of a paper."""
    from broadsheet.kit.fields import slug

    stored = town_.library.paper(number)
    return slug(town_.site.community.fields.of(stored.paper)[0])


def test_indexes_are_restricted_to_a_field(harbour: Town) -> None:
    visitor, rita = harbour.as_(""), harbour.as_("rita")
    field = field_of(harbour, "2301.90001")
    page = visitor.get("/organisations", params={"field": field}).text
    assert Page(page).faults == []
    assert "University of California, Berkeley</a> <span>1<" in page
    assert "Tidal" in page
    assert "Tidal" not in visitor.get("/organisations", params={"field": field_of(harbour, "2401.90002")}).text
    assert "University of California, Berkeley</a> <span>2<" in visitor.get("/organisations").text
    for arxiv, tag in (("2301.90001", "kelp"), ("2401.90002", "search")):
        post(rita, f"/papers/{harbour.library.resolve(arxiv)}/tags", name=tag)
    tags = visitor.get("/tags", params={"field": field}).text
    assert Page(tags).faults == []
    assert ("/tags/kelp" in tags, "/tags/search" in tags) == (True, False)


def test_the_api_restricts_organisations_and_authors(harbour: Town) -> None:
    visitor = harbour.as_("")
    field = field_of(harbour, "2301.90001")
    counts = visitor.get("/api/v1/organisations", params={"field": field, "q": "california"}).json()
    assert [(one["key"], one["papers"]) for one in counts] == [(BERKELEY, 1)]
    kelp = harbour.library.resolve("2301.90001")
    for path in (f"/api/v1/organisations/{BERKELEY}", "/api/v1/authors/ada-example"):
        assert visitor.get(path).json()["total"] == 2
        one = visitor.get(path, params={"field": field}).json()
        assert (one["papers"], one["years"]) == ([kelp], [{"year": 2023, "papers": 1}])
        assert visitor.get(path, params={"min_votes": 1}).json()["papers"] == []
    post(harbour.as_("rita"), f"/papers/{kelp}/vote", vote="cast")
    assert visitor.get("/api/v1/authors/ada-example", params={"min_votes": 1}).json()["papers"] == [kelp]


def test_a_new_name_is_seen_at_once(harbour: Town) -> None:
    visitor, cleo = harbour.as_(""), harbour.as_("cleo")
    assert "University of California, Berkeley" in visitor.get("/organisations").text
    answer = cleo.post(
        f"/organisations/{BERKELEY}", data={"csrf": form_token(cleo), "what": "rename", "value": "Kelp Hall"}
    )
    assert answer.status_code == 303
    assert "Kelp Hall</a> <span>2<" in visitor.get("/organisations").text


def test_feeds_of_a_search_a_page_and_a_tag_are_restricted(own: Served) -> None:
    late = own.number("2601.00001")
    for arxiv in ("2601.00001", "2601.00002", "2512.00101"):
        own.library.act("me", arxiv, "tag", "mine")

    def titles(path: str, **params: str | int) -> list[str]:
        answer = own.client.get(path, params=params)
        assert answer.status_code == 200, answer.text
        return [item["title"] for item in answer.json()["items"]]

    field = "information-retrieval"
    both = {"Late interaction with pruned token vectors", "Token pruning for dense retrieval, revised"}
    assert set(titles("/search.json", q="pruning retrieval", field=field)) == both
    assert len(titles("/search.json", q="pruning retrieval")) > 2
    assert set(titles("/tagged.json", tag="mine", field=field)) == both
    assert len(titles("/tagged.json", tag="mine")) == 3
    assert set(titles("/feed.json", field=field)) <= both
    assert titles("/search.json", q="pruning", min_votes=1) == []
    own.site.community.votes.cast(own.site.actor, late)
    assert titles("/search.json", q="pruning", min_votes=1) == ["Late interaction with pruned token vectors"]
    ids = {own.client.get("/search.atom", params=params).text.partition("<id>")[2][:50] for params in (
        {"q": "pruning"}, {"q": "pruning", "field": field}, {"q": "pruning", "within": "token"}
    )}  # fmt: skip
    assert len(ids) == 3
    assert len(titles("/search.json", q="pruning", within="year:2026")) == 2


def test_programs_report_and_hide_submissions(harbour: Town) -> None:
    rita, otto, cleo = (harbour.as_(name) for name in ("rita", "otto", "cleo"))
    number = harbour.library.resolve("2401.90002")
    post(rita, f"/submit/{number}", reason="read it")
    [submission] = harbour.library.catalogue.community.submissions.of_paper(number)
    path = f"/api/v1/submissions/{submission.id}"

    def call(client: httpx.Client, act: str, reason: str = "an advertisement") -> int:
        return client.post(f"{path}/{act}", json={"reason": reason}).status_code

    assert call(harbour.as_(""), "report") == 401
    assert call(otto, "report") == 200
    reports = cleo.get("/api/v1/moderation").json()
    assert [report["target"] for report in reports] == [f"submission {submission.id}"]
    assert call(otto, "hide") == 403
    assert call(cleo, "hide", "") == 400
    assert call(cleo, "hide") == 200
    assert harbour.library.catalogue.community.submissions.of_paper(number)[0].hidden_reason == "an advertisement"
    assert call(cleo, "unhide", "it is none") == 200
    assert harbour.library.catalogue.community.submissions.of_paper(number)[0].hidden_at is None
    assert cleo.post("/api/v1/submissions/99/hide", json={"reason": "none"}).status_code == 400
