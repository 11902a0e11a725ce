"""OpenAlex and Semantic Scholar: papers of an author, papers that cite a paper, and papers by identifier."""

from __future__ import annotations

import random
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from broadsheet.kit.errors import ProviderParked, SourceError, UsageError
from broadsheet.kit.paper import Record, Rejected
from broadsheet.kit.references import references
from broadsheet.sources.net.http import PoliteClient
from broadsheet.sources.net.rate_limit import Endpoints, MemoryStore
from broadsheet.sources.providers.followed import Followed, followed
from broadsheet.sources.providers.lookup import lookup
from broadsheet.sources.providers.openalex import OpenAlex
from broadsheet.sources.providers.semantic_scholar import SemanticScholar
from tests.sources.graph_server import GraphServer, graph_server, scholar_paper, work
from tests.sources.network import FakeClock, records, rejected

ORCID = Followed("orcid", "0000-0002-1825-0097")
S2 = Followed("s2", "1741101")


@contextmanager
def asked(graph: GraphServer, clock: FakeClock | None = None) -> Iterator[PoliteClient]:
    clock = clock or FakeClock()
    providers = Endpoints(openalex=graph.url, semantic_scholar=graph.url).providers()
    state = MemoryStore()
    with PoliteClient(
        providers, user_agent="t", state=state, clock=clock.now, sleep=clock.sleep, rng=random.Random(7)
    ) as client:
        yield client


@pytest.fixture(scope="module")
def graph() -> Iterator[GraphServer]:
    with graph_server(works=[work(n) for n in range(5)], papers=[scholar_paper(n) for n in range(5)], size=2) as server:
        yield server


@pytest.fixture(autouse=True)
def _quiet(graph: GraphServer) -> None:
    graph.log.clear()
    graph.faults.clear()


def test_what_can_be_followed_is_read_in_any_form() -> None:
    assert followed("https://orcid.org/0000-0002-1825-009x").label == "orcid:0000-0002-1825-009X"
    assert followed("openalex:a5000000001").label == "openalex:A5000000001"
    assert followed("https://openalex.org/A5000000001") == followed("A5000000001")
    assert followed("https://www.semanticscholar.org/author/Ada-Example/1741101") == S2
    assert followed("cites: https://doi.org/10.1234/ABC").label == "cites:doi:10.1234/abc"
    for text in ("", "Ada Example", "orcid:1", "10.1234/x", "s2:abc"):
        with pytest.raises(UsageError, match="is no author; write orcid:"):
            followed(text)
    with pytest.raises(UsageError, match="names no paper"):
        followed("cites:nothing")


def test_the_works_of_an_author_come_page_by_page_with_what_they_cite(graph: GraphServer) -> None:
    with asked(graph) as client:
        source = OpenAlex(client, [ORCID], base_url=graph.url, key="secret-key")
        pages = list(source.pages(lambda _: None))
    assert [len(page.items) for page in pages] == [2, 2, 1]
    assert [page.cursor for page in pages] == [None, None, ("openalex:orcid:0000-0002-1825-0097", "2026-01-19")]
    first = records(pages[0].items)[0]
    assert (first.source, first.source_id) == ("openalex", "W900000")
    assert (first.paper.ids.doi, first.paper.ids.openalex, first.paper.ids.arxiv) == (
        *("10.1234/invented.0", "W900000", "2603.00000"),
    )
    assert first.paper.abstract == "Invented abstract"
    assert ("openalex", "W7700001") in references(first.paper)
    path, query, _ = graph.log[0]
    assert (path, query["filter"], query["per_page"], query["cursor"]) == (
        *("/works", "authorships.author.orcid:0000-0002-1825-0097", "100", "*"),
    )
    assert [query["cursor"] for _, query, _ in graph.log] == ["*", "c2", "c4"]
    assert all(query["api_key"] == "secret-key" for _, query, _ in graph.log)


def test_a_later_run_asks_only_for_what_may_be_new(graph: GraphServer) -> None:
    with asked(graph) as client:
        list(OpenAlex(client, [ORCID], base_url=graph.url).pages(lambda _: "2026-01-19"))
    assert graph.log[0][1]["filter"].endswith(",from_publication_date:2026-01-19")


def test_what_cites_a_paper_is_found_by_the_works_own_number(graph: GraphServer) -> None:
    with asked(graph) as client:
        source = OpenAlex(client, base_url=graph.url)
        assert len(records(list(source.author(followed("cites:10.1234/invented.1"))))) == 5
        assert [path for path, _, _ in graph.log][:2] == ["/works/doi:10.1234/invented.1", "/works"]
        assert graph.log[1][1]["filter"] == "cites:W900001"
        with pytest.raises(SourceError, match="does not know the paper"):
            list(source.author(followed("cites:10.1234/unknown")))
        with pytest.raises(SourceError, match="does not know s2:1741101"):
            list(source.author(S2))


def test_no_message_shows_the_key_and_a_busy_source_is_waited_for(graph: GraphServer) -> None:
    clock = FakeClock()
    with asked(graph, clock) as client:
        source = OpenAlex(client, base_url=graph.url, key="secret-key")
        graph.faults[:] = ["429", "", "cut", ""]
        assert len(list(source.author(ORCID))) == 5
        assert sum(clock.slept) > 4
        graph.faults[:] = ["cut", "cut"]
        with pytest.raises(SourceError, match="cut or no JSON"):
            list(source.author(ORCID))
        graph.faults[:] = ["418"]
        with pytest.raises(SourceError, match="status 418") as refused:
            list(source.author(ORCID))
        graph.faults[:] = ["500"] * 5
        with pytest.raises(ProviderParked, match="status 500") as parked:
            list(source.author(ORCID))
    assert "secret-key" not in f"{refused.value} {parked.value}"


def test_the_papers_of_an_author_at_semantic_scholar(graph: GraphServer) -> None:
    with asked(graph) as client:
        source = SemanticScholar(client, [S2], base_url=graph.url, key="scholars-key")
        pages = list(source.pages(lambda _: None))
        assert [page.cursor for page in pages] == [
            ("semantic-scholar:s2:1741101", "2"),
            ("semantic-scholar:s2:1741101", "4"),
            ("semantic-scholar:s2:1741101", "0"),
        ]
        assert [query["offset"] for _, query, _ in graph.log] == ["0", "2", "4"]
        assert graph.log[0][2]["x-api-key"] == "scholars-key"
        assert len(list(SemanticScholar(client, [S2], base_url=graph.url).pages(lambda _: "4"))) == 1  # goes on there
        first = records(pages[0].items)[0]
        assert (first.source, first.source_id, first.paper.ids.s2) == ("s2", "0" * 40, "0" * 40)
        assert (first.paper.ids.doi, first.paper.venue, first.paper.citations) == ("10.1234/scholar.0", "INVENT", 0)
        citing = list(source.author(followed("cites:10.1234/mine")))
        assert [item.paper.title for item in records(citing)][:1] == ["Scholarly Invention 0 on Reading Lists"]
        with pytest.raises(SourceError, match="does not know s2:99"):
            list(source.author(Followed("s2", "99")))
        with pytest.raises(SourceError, match="finds nothing by orcid"):
            list(source.author(ORCID))
        graph.faults[:] = ["cut", "cut"]
        with pytest.raises(SourceError, match="cut or no JSON"):
            list(source.author(S2))


def test_nobody_followed_is_said_with_the_setting(graph: GraphServer) -> None:
    with asked(graph) as client:
        for source in (OpenAlex(client), SemanticScholar(client)):
            with pytest.raises(SourceError, match="nobody is followed; set"):
                list(source.pages(lambda _: None))


def test_other_identifiers_are_looked_up_where_they_are_known(graph: GraphServer) -> None:
    with asked(graph) as client:
        graphs = OpenAlex(client, base_url=graph.url), SemanticScholar(client, base_url=graph.url)
        names = ["W900002", "PMID: 42", f"{3:040x}", "2020.acl-main.1", "rubbish"]
        items = list(lookup(client, names, graphs=graphs))
    read = [item for item in items if isinstance(item, Record)]
    assert [item.paper.title for item in read] == [
        "Invented Work 2 about Ranking Things",
        "Scholarly Invention 3 on Reading Lists",
    ]
    refused = {item.place: item.reason for item in items if isinstance(item, Rejected)}
    assert set(refused) == {"openalex pmid:42", "semantic-scholar acl:2020.acl-main.1", "rubbish"}
    assert "OpenAlex knows no work" in refused["openalex pmid:42"]


def test_rubbish_in_an_answer_is_kept_aside(graph: GraphServer) -> None:
    untitled: list[Any] = [{"id": "https://openalex.org/W1000001", "doi": "", "title": None}, 7]
    with graph_server(works=untitled, papers=[None]) as bad, asked(bad) as client:
        assert len(rejected(list(OpenAlex(client, base_url=bad.url).author(ORCID)))) == 2
        assert len(rejected(list(SemanticScholar(client, base_url=bad.url).author(S2)))) == 1
