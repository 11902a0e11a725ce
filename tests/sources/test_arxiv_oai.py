"""A harvest of arXiv: every page of every set, from where the last run came to."""

from datetime import date
from itertools import pairwise

import pytest

from broadsheet.kit.errors import ProviderParked
from broadsheet.kit.paper import Person
from broadsheet.sources.net.rate_limit import MemoryStore
from broadsheet.sources.providers.arxiv_oai import ArxivOai, Progress
from broadsheet.sources.providers.oai_xml import OaiAnswer
from tests.sources.harvesting import ALL_DAYS, IR, LG, Library
from tests.sources.network import FakeClock, client_of
from tests.sources.provider import Invented, invented, provider


def test_a_record_is_read_in_full() -> None:
    paper = Invented(
        "2603.01234", "An invented  paper\n about <ranking>", "Abstract with\n  $x^2$ & more.", suffix="Jr",
        categories=("cs.LG", "cs.IR"), updated=date(2026, 3, 2), doi="10.1234/Invented.1 10.9/other",
        journal="J. Invented 1 (2026) 1-12", comments="12 pages",
    )  # fmt: skip
    library = Library()
    with provider([paper]) as server:
        library.sync(server)
    record = library.papers["2603.01234"]
    assert (record.source, record.place) == ("arxiv", "arxiv-oai cs:cs:IR oai:arXiv.org:2603.01234")
    got = record.paper
    assert got.title == "An invented paper about <ranking>"
    assert got.abstract == "Abstract with $x^2$ & more."
    assert got.authors == (
        Person("Ada Example", "Ada", "Example"),
        Person("José Sample Jr", "José", "Sample", suffix="Jr"),
    )
    assert (got.ids.arxiv, got.ids.doi) == ("2603.01234", "10.1234/invented.1")
    assert got.categories == ("cs.LG", "cs.IR")
    assert (got.submitted, got.updated, got.year) == (date(2026, 3, 1), date(2026, 3, 2), 2026)
    assert (got.venue, got.comments, got.kind) == ("J. Invented 1 (2026) 1-12", "12 pages", "preprint")
    assert got.licence == "http://creativecommons.org/licenses/by/4.0/"
    assert got.urls == ("https://arxiv.org/abs/2603.01234",)


def test_a_harvest_takes_every_page_of_every_set() -> None:
    clock, library = FakeClock(), Library()
    with provider(clock=clock.now) as server:
        library.sync(server, (IR, LG), clock=clock)
    assert sorted(library.papers) == [paper.key for paper in invented(20)]
    assert library.rejected == []
    assert len(server.log) == 5 + 3  # 20 papers of cs.IR and 10 of cs.LG, four a page
    assert {later.at - earlier.at for earlier, later in pairwise(server.log)} == {3.0}
    assert library.cursor(IR) == library.cursor(LG) == {"from": "2026-03-20"}
    assert server.log[0].query == {"verb": "ListRecords", "metadataPrefix": "arXiv", "set": IR, "from": "2026-03-01"}
    assert set(server.log[1].query) == {"verb", "resumptionToken"}


def test_the_first_run_looks_back_some_days_and_the_next_from_the_last_answer() -> None:
    library, papers = Library({}), invented(20)
    with provider(papers, today=date(2026, 3, 20)) as server:
        library.sync(server, from_days=10)
        library.sync(server)
    assert [seen.query["from"] for seen in server.log] == ["2026-03-10", "2026-03-20"]
    assert library.papers == {}  # all of them are older: noRecordsMatch is no trouble
    assert library.rejected == []


def test_a_server_whose_clock_is_ahead_makes_us_skip_nothing() -> None:
    library = Library()
    with provider(invented(3), today=date(2031, 1, 1)) as server:
        library.sync(server)
    assert library.cursor() == {"from": "2026-03-20"}


@pytest.mark.parametrize("pages", [1, 2, 3, 4])
def test_a_killed_harvest_goes_on_where_it_was(pages: int) -> None:
    library = Library()
    with provider() as server:
        library.sync(server, pages=pages)
        assert len(library.papers) == 4 * pages
        assert (
            library.cursor()["token"] == server.log[-1].query.get("resumptionToken", "")[:0] + library.cursor()["token"]
        )
        library.sync(server)
    assert len(library.papers) == library.received == 20  # none missing, none asked for twice
    assert len(server.log) == 5


def test_a_page_given_but_not_committed_comes_again() -> None:
    library = Library()
    with provider() as server:
        with client_of(server, FakeClock()) as client:
            pages = ArxivOai(client, (IR,), base_url=server.endpoints.arxiv_oai).pages(library.cursors.get)
            library.commit(next(pages))
            next(pages)  # killed before its commit
        library.sync(server)
    assert len(library.papers) == library.received == 20


def test_an_expired_token_starts_again_from_the_last_day_committed() -> None:
    library = Library()
    with provider() as server:
        library.sync(server, pages=3)  # twelve papers, up to the second one of 4 March
        server.tokens.clear()
        library.sync(server)
    assert [seen.query.get("from") for seen in server.log[3:5]] == [None, "2026-03-04"]
    assert len(library.papers) == 20
    assert library.received == 12 + 10
    assert library.rejected == []


def test_tokens_that_always_expire_end_the_set_with_a_reason() -> None:
    library = Library()
    with provider(faults={"oai": ["", *["expired-token"] * 9]}) as server:
        library.sync(server)
    assert [item.reason[:42] for item in library.rejected] == ["the server refuses: badResumptionToken: un"]
    assert len(server.log) == 4


def test_datestamps_out_of_order_restart_from_the_first_day() -> None:
    progress = Progress("2026-03-01").after(_answer("2026-03-05", "2026-03-06"), date(2026, 3, 20))
    assert progress.restart() == Progress("2026-03-06")
    progress = progress.after(_answer("2026-03-02", "2026-03-09"), date(2026, 3, 20))
    progress = progress.after(_answer("2026-03-10", "2026-03-10"), date(2026, 3, 20))
    assert progress.restart() == Progress("2026-03-01")


def _answer(oldest: str, newest: str) -> OaiAnswer:
    return OaiAnswer(deleted=1, oldest=oldest, newest=newest, token=f"after {newest}", response_date="2026-03-20")


def test_a_limit_ends_the_run_after_a_whole_page() -> None:
    library = Library()
    with provider() as server:
        library.sync(server, (IR, LG), limit=5)
        assert len(server.log) == 4  # two pages of each set
        library.sync(server, (IR, LG))
    assert len(library.papers) == 20


def test_repeated_records_do_no_harm() -> None:
    library = Library()
    with provider(faults={"oai": ["", "repeat", "repeat"]}) as server:
        library.sync(server)
    assert library.received > 20
    assert len(library.papers) == 20


def test_deleted_records_give_no_item_but_are_counted() -> None:
    gone = Invented("2603.00007", "Withdrawn", deleted=True)
    library = Library()
    with provider([Invented("2603.00006", "Stays"), gone]) as server:
        assert library.sync(server).deleted == 1
    assert list(library.papers) == ["2603.00006"]
    assert library.rejected == []


def test_a_token_given_again_and_again_ends_the_set() -> None:
    library = Library()
    with provider(faults={"oai": ["same-token"] * 9}) as server:
        library.sync(server)
    assert len(server.log) <= 3
    assert "again and again" in library.rejected[0].reason


def test_an_unknown_format_or_set_is_a_reason_not_an_end() -> None:
    library = Library({**ALL_DAYS, "arxiv-oai:cs:cs:IR": '{"from": "2026-03-01", "token": "a token of yesterday"}'})
    with provider() as server:
        library.sync(server, ("no:such:SET", IR))
    assert len(library.papers) == 20


def test_a_failing_provider_ends_the_run_but_keeps_what_came() -> None:
    library, clock, store = Library(), FakeClock(), MemoryStore()
    with provider(faults={"oai": ["", "", *["503"] * 5]}, clock=clock.now) as server:
        with pytest.raises(ProviderParked, match="arxiv is left alone until"):
            library.sync(server, clock=clock, store=store)
        assert len(library.papers) == 8
        with pytest.raises(ProviderParked):
            library.sync(server, clock=clock, store=store)
        assert len(server.log) == 7
        clock.time += 31 * 60
        library.sync(server, clock=clock, store=store)
    assert len(library.papers) == library.received == 20


@pytest.mark.parametrize(
    "cursor", ["", "null", "[]", "{", '{"from": 3}', '{"from": "soon"}', '{"token": "x"}', "[" * 9999]
)
def test_a_cursor_that_makes_no_sense_begins_anew(cursor: str) -> None:
    assert Progress.from_json(cursor) is None


def test_progress_is_kept_in_json() -> None:
    progress = Progress("2026-03-01", "verb%3DListRecords", "2026-03-03T04:10:00Z", "2026-03-02")
    assert Progress.from_json(progress.to_json()) == progress


def test_accents_of_tex_are_letters_and_mathematics_stays() -> None:  # C01
    paper = Invented(
        "2603.00001", r"Schr\"odinger bridges on the Erd\H{o}s--R\'enyi graph of $\mathbb{R}^n$",
        r"Poincar\'e maps of ~10 km, see Fig.~1, and $\"a~b$ on {0,1}.", comments=r"In memory of Pal Erd\H os",
        journal=r"Ann. Inst. Henri Poincar\'e 1 (2026)", authors=(("Erwin", r"Schr\"odinger"),),
    )  # fmt: skip
    library = Library()
    with provider([paper]) as server:
        library.sync(server)
    got = library.papers["2603.00001"].paper
    assert got.title == r"Schrödinger bridges on the Erdős–Rényi graph of $\mathbb{R}^n$"
    assert got.abstract.startswith("Poincaré maps of ~10 km, see Fig. 1, and $")
    assert (got.comments, got.venue) == ("In memory of Pal Erdős", "Ann. Inst. Henri Poincaré 1 (2026)")
    assert [one.name for one in got.authors] == ["Erwin Schrödinger"]


def test_a_collaboration_is_a_group_and_the_sign_behind_it_nobody() -> None:  # B02
    paper = Invented(
        "2603.00001", "A paper of a collaboration",
        authors=(("", "River Collaboration"), ("", ":"), ("Ann", "Other"), ("Bob for the Lake", "Collaboration"),
                 ("on behalf of the Stone", "Collaboration"), ("LIGO Scientific", "Collaboration"), ("", "et al.")),
    )  # fmt: skip
    library = Library()
    with provider([paper]) as server:
        library.sync(server)
    got = library.papers["2603.00001"].paper.authors
    assert [(one.name, one.is_group) for one in got] == [
        ("River Collaboration", True),
        ("Ann Other", False),
        ("Bob", False),
        ("Lake Collaboration", True),
        ("Stone Collaboration", True),
        ("LIGO Scientific Collaboration", True),
    ]
