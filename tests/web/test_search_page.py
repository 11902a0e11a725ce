"""The search page: orders, pages, facets, suggestions, files, and the addresses of all."""

from __future__ import annotations

from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from broadsheet.kit.export_formats import ExportFormat
from broadsheet.web import suggesting
from broadsheet.web.search_address import SearchAddress
from tests.web.markup import Page
from tests.web.members import Town
from tests.web.served import PAPERS, Served


def test_an_address_has_only_what_is_not_usual() -> None:
    address = SearchAddress("salt marsh", within=("tides", "birds"), sort="date", page=3)
    assert address.link() == "/search?q=salt+marsh&within=tides&within=birds&sort=date"
    assert address.link(page=4) == address.link() + "&page=4"
    assert address.link(q="", within=(), sort="") == "/search"
    assert address.link("/search/export/csv", sort="", verbatim=True).endswith("&verbatim=1")
    assert address.hidden("q", "sort") == [("within", "tides"), ("within", "birds")]


def _papers(site: Served, address: str) -> list[str]:
    return [one["data-paper"] for one in Page(site.client.get(address).text).all("article")]


def test_pages_of_results_have_stable_addresses(site: Served) -> None:
    seen: list[str] = []
    for page, span in ((1, "1–10"), (2, "11–13")):
        address = f"/search?q=year%3A2024..&sort=date&page={page}"
        assert f"Results {span} of about 13" in site.client.get(address).text
        seen += _papers(site, address)
    assert len(seen) == len(set(seen)) == 13
    assert _papers(site, "/search?q=year%3A2024..+sort:date&page=2") == seen[10:]


def test_a_page_says_where_papers_with_all_the_words_end(site: Served) -> None:
    page = site.client.get("/search?q=dense+token").text
    assert "Results 1–2: about 1 with all the words, then the nearest in meaning" in page
    assert "of about" not in page


def test_the_order_in_the_address_goes_before_the_querys_own(site: Served) -> None:
    by_date = site.client.get("/api/v1/search?q=number&sort=date&limit=30").json()
    assert by_date["order"] == "date"
    days = [(hit["paper"]["submitted"], hit["paper"]["id"]) for hit in by_date["results"]]
    assert days == sorted(days, reverse=True)
    assert site.client.get("/api/v1/search?q=number+sort:date&sort=relevance").json()["order"] == ""
    assert site.client.get("/api/v1/search?q=number+sort:date").json()["order"] == "date"
    counted = site.client.get("/api/v1/search?q=number&sort=citations").json()
    assert (counted["order"], len(counted["notes"])) == ("", 1)


@pytest.mark.parametrize(("address", "others"), [("/search?q=number", 3), ("/search?q=number+sort:date", 3)])
def test_the_page_links_the_other_orders(site: Served, address: str, others: int) -> None:
    page = Page(site.client.get(address).text)
    links = [one["href"] for one in page.all("a") if "sort=" in one.get("href", "")]
    orders = {parse_qs(urlsplit(link).query)["sort"][0] for link in links}
    assert len(orders) == others


def _links(site: Served, address: str) -> dict[str, str]:
    page = Page(site.client.get(address).text)
    return {one["href"]: one.get("aria-current", "") for one in page.all("a") if one.get("rel") == "nofollow"}


def test_facets_are_queries_that_anyone_can_write(site: Served) -> None:
    links = _links(site, "/search?q=retrieval")
    assert "/search?q=retrieval+venue%3A%22Journal+of+Invented+Retrieval%22" in links
    assert "/search?q=retrieval+year%3A2026" in links
    narrow = _links(site, "/search?q=retrieval+year%3A2026&sort=date")
    assert narrow["/search?q=retrieval&sort=date"] == "true", "what is chosen can be taken out"
    assert "/search?q=retrieval+year%3A2026+OR+year%3A2025&sort=date" in narrow, "and another beside it"


def test_every_part_of_a_query_can_be_taken_out(site: Served) -> None:
    links = _links(site, "/search?q=retrieval+-coral+author%3AMora+year%3Asoon&sort=date")
    for rest in ("author%3AMora+year%3Asoon", "-coral+year%3Asoon", "-coral+author%3AMora"):
        assert f"/search?q=retrieval+{rest}&sort=date" in links


def test_a_pasted_passage_is_narrowed_from_without(site: Served) -> None:
    passage = " ".join(f"retrieval{n}" for n in range(45)) + " token pruning retrieval"
    narrow = [link for link in _links(site, "/search?" + urlencode({"q": passage})) if "within=" in link]
    assert all(parse_qs(urlsplit(link).query)["within"] == [passage] for link in narrow)
    assert any(parse_qs(urlsplit(link).query)["q"] == ["year:2025"] for link in narrow)


def test_suggestions_lead_to_papers_and_searches(site: Served) -> None:
    found = site.client.get("/api/suggest?q=lui").json()
    assert found == [
        {
            "kind": "author",
            "label": "Luis Mora",
            "query": 'author:"Luis Mora"',
            "href": "/search?q=author%3A%22Luis+Mora%22",
            "count": 2,
        }
    ]
    titles = [one for one in site.client.get("/api/suggest?q=late+inter").json() if one["kind"] == "title"]
    assert [(one["label"], one["href"]) for one in titles] == [(PAPERS[0].title, "/paper/1")]
    assert site.client.get("/api/suggest?q=" + "x" * 201).status_code == 400
    assert site.client.get("/api/suggest").json() == []


def test_suggestions_are_counted_where_anybody_may_ask(own_town: Town, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(suggesting, "_MOST", 2)
    answers = [own_town.as_("").get("/api/suggest?q=lui") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert int(answers[-1].headers["retry-after"]) > 0


@pytest.mark.parametrize("form", ["csv", "bibtex", "json", "jsonl", "ris", "csl"])
def test_results_are_files_in_their_order(site: Served, form: str) -> None:
    answer = site.client.get(f"/search/export/{form}?q=year%3A2024..&sort=date")
    shown = site.client.get("/api/v1/search?q=year%3A2024..&sort=date&limit=100").json()["results"]
    ids = [hit["paper"]["id"] for hit in shown]
    assert answer.status_code == 200
    assert answer.text == "".join(site.library.export(ids, form))
    assert f'filename="broadsheet-year-2024.{ExportFormat.named(form).ending}"' in answer.headers["content-disposition"]


def test_a_file_of_results_has_no_formula(site: Served) -> None:
    text = site.client.get("/search/export/csv?q=script").text
    assert "script" in text
    assert not any(line.startswith(("=", "+", "-", "@")) for line in text.splitlines())
    assert site.client.get("/search/export/csv?q=+").status_code == 400, "no query, no file"
    assert site.client.get("/search/export/docx?q=x").status_code == 400
