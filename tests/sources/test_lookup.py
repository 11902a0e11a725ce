import json
from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.kit.errors import RecordError
from broadsheet.kit.paper import Paper, Person, Record, Rejected
from broadsheet.kit.references import references
from broadsheet.sources.contract import Item
from broadsheet.sources.net.rate_limit import MemoryStore
from broadsheet.sources.providers.arxiv_api import read_answer
from broadsheet.sources.providers.crossref_datacite import crossref_paper, datacite_paper
from broadsheet.sources.providers.lookup import lookup
from tests.sources.network import FakeClock, client_of, records
from tests.sources.provider import FakeProvider, Invented, invented, provider

PAPERS = (
    Invented("2603.00001", "A preprint", updated=date(2026, 3, 2), version=2, categories=("cs.LG", "cs.IR")),
    Invented("2603.00002", "A published paper", "One <b> & two.", doi="10.1234/inv.2", journal="J. Invented"),
    Invented("hep-th/9901001", "An old paper", authors=(("Ada", "von Example"),), categories=("hep-th",)),
)


def look_up(
    server: FakeProvider, *ids: str, clock: FakeClock | None = None, store: MemoryStore | None = None
) -> list[Item]:
    with client_of(server, clock or FakeClock(), store) as client:
        return list(lookup(client, ids, endpoints=server.endpoints))


def reasons(items: Sequence[Item]) -> dict[str, str]:
    return {item.place: item.reason for item in items if isinstance(item, Rejected)}


def test_arxiv_ids_in_any_form_are_one_request() -> None:
    with provider(PAPERS) as server:
        items = look_up(server, "arXiv:2603.00001v2", "https://arxiv.org/abs/hep-th/9901001v1", "2603.00001")
    assert [seen.route for seen in server.log] == ["api"]
    assert server.log[0].query["max_results"] == "2"
    assert [item.source_id for item in records(items)] == ["2603.00001", "hep-th/9901001"]
    first, old = (item.paper for item in records(items))
    assert (first.title, first.version, first.ids.arxiv) == ("A preprint", 2, "2603.00001")
    assert first.categories == ("cs.LG", "cs.IR")  # ACM and MSC classes are none of arXiv's
    assert first.authors == (Person("Ada Example", "Ada", "Example"), Person("José Sample", "José", "Sample"))
    assert (first.submitted, first.updated) == (date(2026, 3, 1), date(2026, 3, 2))
    assert old.authors == (Person("Ada von Example", "Ada", "von Example"),)


@pytest.mark.parametrize(
    ("text", "source_id"),
    [
        ("https://arxiv.org/abs/2603.00001/", "2603.00001"),
        ("https://huggingface.co/papers/2603.00001", "2603.00001"),
        ("https://alphaxiv.org/abs/2603.00001", "2603.00001"),
        ("arXiv:2603.00001,", "2603.00001"),
        ("(arXiv:2603.00001)", "2603.00001"),
        ("arXiv 2603.00001", "2603.00001"),
        ("DOI: https://doi.org/10.1234/inv.2", "10.1234/inv.2"),
        ("https://doi.org/https://doi.org/10.1234/inv.2", "10.1234/inv.2"),
        ("DOI 10.1234/inv.2", "10.1234/inv.2"),
        ("https://onlinelibrary.wiley.com/doi/full/10.1234/inv.2", "10.1234/inv.2"),
        ("https://doi-org.proxy.example.edu/10.1234/inv.2", "10.1234/inv.2"),
    ],
)
def test_an_identifier_is_looked_up_in_any_form_people_paste(text: str, source_id: str) -> None:  # D13
    with provider(PAPERS) as server:
        [item] = records(look_up(server, text))
    assert item.source_id == source_id


def test_a_hundred_ids_a_request() -> None:
    clock = FakeClock()
    papers = invented(150)
    with provider(papers, clock=clock.now) as server:
        items = look_up(server, *(paper.key for paper in papers), clock=clock)
    assert [item.source_id for item in records(items)] == [paper.key for paper in papers]
    assert [seen.query["max_results"] for seen in server.log] == ["100", "50"]
    assert server.log[1].at - server.log[0].at == 3.0


def test_unknown_and_senseless_ids_are_told_apart() -> None:
    with provider(PAPERS) as server:
        items = look_up(server, "hello", "2603.99999", "2603.00001", "10.9999/nobody")
    assert reasons(items) == {
        "hello": "neither an arXiv id such as 2603.01234 nor a DOI such as 10.1234/x",
        "2603.99999": "arXiv knows no paper of this id",
        "10.9999/nobody": "neither Crossref nor DataCite knows this DOI; check its spelling",
    }
    assert [item.source_id for item in items if isinstance(item, Record)] == ["2603.00001"]


def test_an_id_that_arxiv_refuses_does_not_cost_its_batch() -> None:
    papers = invented(10)
    with provider(papers) as server:
        items = look_up(server, *(paper.key for paper in papers), "9912.99999")
    assert sum(isinstance(item, Record) for item in items) == 10
    assert reasons(items) == {"9912.99999": "incorrect id format for 9912.99999"}


def test_a_page_without_entries_is_asked_for_again() -> None:
    with provider(PAPERS, {"api": ["empty-list", "empty-list"]}) as server:
        assert [item.source_id for item in records(look_up(server, "2603.00001"))] == ["2603.00001"]
        server.misbehave("api", *["empty-list"] * 3)
        assert reasons(look_up(server, "2603.00001")) == {"2603.00001": "arXiv knows no paper of this id"}
    assert len(server.log) == 6


def test_a_doi_from_crossref() -> None:
    with provider(PAPERS) as server:
        (item,) = records(look_up(server, "https://doi.org/10.1234/INV.2"))
    assert server.log[0].path == "/crossref/10.1234%2Finv.2"
    assert (item.source, item.source_id) == ("crossref", "10.1234/inv.2")
    paper = item.paper
    assert (paper.title, paper.abstract) == ("A published paper", "One <b> & two.")
    assert (paper.venue, paper.kind, paper.year, paper.submitted) == ("J. Invented", "article", 2026, date(2026, 3, 1))
    assert (paper.ids.doi, paper.ids.arxiv, paper.citations) == ("10.1234/inv.2", "2603.00002", 3)
    assert paper.authors[1] == Person("José Sample", "José", "Sample")


def test_a_doi_that_is_not_crossrefs_comes_from_datacite() -> None:
    with provider((*PAPERS, Invented("10.5281/zenodo.7", "A data set"))) as server:
        arxiv, other = records(look_up(server, "10.48550/arXiv.2603.00001", "10.5281/zenodo.7"))
    assert [seen.route for seen in server.log] == ["datacite", "crossref", "datacite"]
    assert (arxiv.source, arxiv.paper.ids.arxiv, arxiv.paper.ids.doi) == ("datacite", "2603.00001", "")
    assert arxiv.paper.authors[1] == Person("José Sample", "José", "Sample")
    assert (arxiv.paper.year, arxiv.paper.submitted, arxiv.paper.kind) == (2026, date(2026, 3, 1), "preprint")
    assert (other.paper.title, other.paper.ids.doi) == ("A data set", "10.5281/zenodo.7")


def test_a_provider_in_trouble_costs_only_its_own_ids() -> None:
    clock, store = FakeClock(), MemoryStore()
    faults = {"api": ["403"], "crossref": ["empty", "wrong-type"]}
    with provider(PAPERS, faults, clock=clock.now) as server:
        items = look_up(server, "2603.00001", "10.1234/a", "10.1234/b", "10.1234/inv.2", clock=clock, store=store)
    assert "left alone until 2026-03-20 05:00 UTC" in reasons(items)["2603.00001"]
    assert reasons(items)["10.1234/a"].startswith("Crossref answers with something that is no JSON")
    assert reasons(items)["10.1234/b"].startswith("Crossref answers with something that is no JSON")
    assert records(items[-1:])[0].paper.title == "A published paper"


def test_crossref_fields_in_their_less_usual_shapes() -> None:
    work = {
        "title": ["Ranking <i>in</i> CO<sub>2</sub>"], "subtitle": ["A study"], "type": "posted-content",
        "abstract": "<jats:sec><jats:title>Abstract</jats:title><jats:p>Here p < 0.05, q &gt; 3.</jats:p></jats:sec>",
        "author": [{"name": "The Group"}, {"family": "Mono"}, {}, 7, {"given": "A", "family": "B", "suffix": "III",
                   "ORCID": "http://orcid.org/0000-0002-1825-0097", "affiliation": [{"name": "U"}]}],
        "issued": {"date-parts": [[2021]]}, "updated-by": [{"type": "retraction"}],
    }  # fmt: skip
    paper = crossref_paper(json.dumps({"message": work}).encode(), "10.1/x")
    assert paper.title == "Ranking in CO2: A study"
    assert paper.abstract == "Here p < 0.05, q > 3."
    assert [author.name for author in paper.authors] == ["The Group", "Mono", "A B III"]
    assert (paper.authors[2].orcid, paper.authors[2].affiliations) == ("0000-0002-1825-0097", ("U",))
    assert (paper.year, paper.submitted, paper.kind, paper.is_retracted) == (2021, None, "preprint", True)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
CROSSREF = (
    "title subtitle author abstract container-title issued type subject license relation updated-by resource event"
)
DATACITE = "titles creators descriptions dates types publisher publicationYear container subjects rightsList url"


@settings(max_examples=150, deadline=None)
@given(
    st.dictionaries(st.sampled_from(CROSSREF.split()), JSON), st.dictionaries(st.sampled_from(DATACITE.split()), JSON)
)
def test_json_of_any_shape_is_a_paper(work: dict[str, Any], attributes: dict[str, Any]) -> None:
    work, attributes = {**work, "title": ["T"]}, {**attributes, "titles": [{"title": "T"}]}
    assert crossref_paper(json.dumps({"message": work}).encode(), "10.1/x").title.startswith("T")
    assert datacite_paper(json.dumps({"data": {"attributes": attributes}}).encode(), "10.1/x").title == "T"


def test_what_a_work_cites_is_read_where_a_provider_says_it() -> None:
    reference = [{"DOI": "10.5555/A", "key": "1"}, {"unstructured": "no identifier"}, 7, {"DOI": ["x"]}]
    paper = crossref_paper(json.dumps({"message": {"title": ["T"], "reference": reference}}).encode(), "10.1/x")
    assert references(paper) == {("doi", "10.5555/a")}
    related = [
        {"relationType": "Cites", "relatedIdentifier": "10.5555/b", "relatedIdentifierType": "DOI"},
        {"relationType": "References", "relatedIdentifier": "arXiv:2401.00001"},
        {"relationType": "IsPartOf", "relatedIdentifier": "10.5555/c"},
    ]
    attributes = {"titles": [{"title": "T"}], "relatedIdentifiers": related}
    paper = datacite_paper(json.dumps({"data": {"attributes": attributes}}).encode(), "10.1/x")
    assert references(paper) == {("doi", "10.5555/b"), ("arxiv", "2401.00001")}


@pytest.mark.parametrize("parse", [crossref_paper, datacite_paper])
@given(body=st.binary(max_size=200) | JSON.map(lambda value: json.dumps(value).encode()) | st.just(b"[" * 99_999))
def test_any_bytes_are_a_paper_or_a_record_error(parse: Callable[[bytes, str], Paper], body: bytes) -> None:
    with pytest.raises(RecordError):
        parse(body, "10.1/x")


@given(st.binary(max_size=300))
def test_any_bytes_as_an_answer_of_the_api(body: bytes) -> None:
    answer = read_answer(body)
    assert answer.items == ()
    assert answer.damage or body


def test_any_id_and_any_answer_give_an_item_each() -> None:
    with provider(PAPERS) as server:

        @settings(max_examples=50, deadline=None)
        @given(
            st.lists(st.text(max_size=30) | st.sampled_from(["2603.00001", "10.1/a"]), max_size=3),
            st.binary(max_size=50),
        )
        def check(ids: list[str], answer: bytes) -> None:
            server.behave()
            for route in ("api", "crossref", "datacite"):
                server.misbehave(route, *[answer] * 3)
            items = look_up(server, *ids)
            assert all(isinstance(item, Record | Rejected) for item in items)
            assert len(items) <= len(ids)

        check()


def test_every_form_that_people_paste_is_looked_up() -> None:
    asked = (
        "https://arxiv.org/abs/2603.00001/", "https://huggingface.co/papers/2603.00001", "(arXiv:2603.00001)",
        "arXiv 2603.00001,", "https://alphaxiv.org/abs/2603.00001", "Blau, D. Rivers. arXiv:2603.00001 (2026)",
    )  # fmt: skip
    with provider(PAPERS) as server:
        items = look_up(server, *asked)
    assert [item.source_id for item in records(items)] == ["2603.00001"]


def test_a_doi_with_angle_brackets_is_asked_for_whole() -> None:
    doi = "10.1002/(SICI)1097-4571(199806)49:8<693::AID-ASI4>3.0.CO;2-O"
    with provider(PAPERS) as server:
        items = look_up(server, f"DOI: https://doi.org/{doi}")
    assert list(reasons(items)) == [doi.lower()]
