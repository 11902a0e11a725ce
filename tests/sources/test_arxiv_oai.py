import json
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import date
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.kit.errors import ProviderParked, SourceError
from broadsheet.kit.paper import Person, Record, Rejected
from broadsheet.sources.contract import Page
from broadsheet.sources.net.rate_limit import MemoryStore
from broadsheet.sources.providers.arxiv_oai import ArxivOai, Progress
from broadsheet.sources.providers.oai_xml import OaiAnswer
from tests.sources.invented import oai_page, oai_record
from tests.sources.network import FakeClock, client_of
from tests.sources.provider import FakeProvider, Invented, invented, provider

IR, LG = "cs:cs:IR", "cs:cs:LG"
ALL_DAYS = {f"arxiv-oai:{name}": '{"from": "2026-03-01"}' for name in (IR, LG)}


class Library:
    """What a pipeline does with pages: commits records and cursor together, and can die in between."""

    def __init__(self, cursors: Mapping[str, str] | None = None) -> None:
        self.cursors = dict(ALL_DAYS if cursors is None else cursors)
        self.papers: dict[str, Record] = {}
        self.rejected: list[Rejected] = []
        self.received = 0

    def commit(self, page: Page) -> None:
        for item in page.items:
            if isinstance(item, Rejected):
                self.rejected.append(item)
            else:
                self.received += 1
                self.papers[item.source_id] = item
        if page.cursor:
            self.cursors.update([page.cursor])

    def sync(
        self,
        server: FakeProvider,
        sets: Sequence[str] = (IR,),
        *,
        pages: int | None = None,
        clock: FakeClock | None = None,
        store: MemoryStore | None = None,
        **options: Any,
    ) -> ArxivOai:
        with client_of(server, clock or FakeClock(), store) as client:
            source = ArxivOai(client, sets, base_url=server.endpoints.arxiv_oai, **options)
            for n, page in enumerate(source.pages(self.cursors.get), 1):
                self.commit(page)
                if n == pages:
                    break
        return source

    def cursor(self, name: str = IR) -> dict[str, Any]:
        cursor: dict[str, Any] = json.loads(self.cursors[f"arxiv-oai:{name}"])
        return cursor


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
    assert progress.restarted() == Progress("2026-03-06")
    progress = progress.after(_answer("2026-03-02", "2026-03-09"), date(2026, 3, 20))
    progress = progress.after(_answer("2026-03-10", "2026-03-10"), date(2026, 3, 20))
    assert progress.restarted() == Progress("2026-03-01")


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


def test_a_cut_page_is_asked_for_once_more() -> None:
    library = Library()
    with provider(faults={"oai": ["", "truncated"]}) as server:
        library.sync(server)
    assert len(server.log) == 6
    assert len(library.papers) == library.received == 20
    assert library.rejected == []  # nothing is missing


def test_a_page_that_stays_cut_keeps_what_came_and_goes_on_next_time() -> None:
    library = Library()
    with provider(faults={"oai": ["", "truncated", "truncated"]}) as server:
        library.sync(server)
        assert 4 < len(library.papers) < 8
        assert len(library.rejected) == 1
        assert library.rejected[0].place == "arxiv-oai cs:cs:IR"
        assert "not whole XML" in library.rejected[0].reason
        assert library.cursor()["seen"] == "2026-03-02"
        library.sync(server)
    assert len(library.papers) == 20


@pytest.mark.parametrize("fault", ["empty", "empty-list"])
def test_an_empty_page_is_asked_for_three_times_more(fault: str) -> None:
    library = Library()
    with provider(faults={"oai": ["", fault, fault, fault]}) as server:
        library.sync(server)
        assert (len(server.log), library.rejected) == (8, [])
        assert len(library.papers) == 20
    library = Library()
    with provider(faults={"oai": ["", *[fault] * 4]}) as server:
        library.sync(server, (IR, LG))
        assert [item.reason for item in library.rejected] == ["an empty answer 4 times; asked for again next time"]
        assert library.cursor(IR)["token"]  # where it was
        assert library.cursor(LG) == {"from": "2026-03-20"}  # the other set goes on
        library.sync(server, (IR, LG))
    assert len(library.papers) == 20


@pytest.mark.parametrize(
    ("fault", "reason"),
    [
        ("bomb", "document type or entity declarations are not taken"),
        ("wrong-type", "not whole XML"),
        ("404", "not whole"),
    ],
)
def test_what_is_no_answer_of_oai_is_quarantined(fault: str, reason: str) -> None:
    library = Library()
    with provider(faults={"oai": [fault, fault]}) as server:
        library.sync(server)
    assert len(server.log) == 2
    assert [item.reason[: len(reason)] for item in library.rejected] == [reason]
    assert library.cursors == ALL_DAYS


def test_one_unreadable_record_does_not_cost_the_others() -> None:
    good, other = oai_record(Invented("2603.00001", "Good")), oai_record(Invented("2603.00002", "Good too"))
    bad = [
        oai_record(Invented("2603.00003", "")),
        oai_record(Invented("nonsense", "No id")),
        "<record><header><identifier>oai:arXiv.org:2603.00004</identifier></header><metadata/></record>",
        oai_record(Invented("2603.00005", "Too long", "word " * 20_000)),
        "<record/>",
    ]
    page = oai_page(f"<ListRecords>{good}{''.join(bad)}{other}</ListRecords>", date(2026, 3, 20))
    library = Library()
    with provider(faults={"oai": [page.encode()]}) as server:
        library.sync(server)
    assert list(library.papers) == ["2603.00001", "2603.00002"]
    assert [item.place for item in library.rejected] == [
        f"arxiv-oai cs:cs:IR {name}"
        for name in ("oai:arXiv.org:2603.00003", "oai:arXiv.org:nonsense", "oai:arXiv.org:2603.00004",
                     "oai:arXiv.org:2603.00005", "(no identifier)")
    ]  # fmt: skip
    assert library.rejected[0].reason == "2603.00003 has no title"
    assert library.rejected[0].raw.startswith("<")
    assert max(len(item.raw) for item in library.rejected) == 2000
    assert library.cursor() == {"from": "2026-03-20"}


def test_a_record_that_is_no_xml_does_not_hold_up_the_page() -> None:
    records = [oai_record(Invented(f"2603.0000{n}", f"Paper {n}")) for n in (1, 2, 3, 4)]
    records[1] = records[1].replace("Paper 2", "Paper & <2").replace("</abstract>", "")
    records[3] = records[3].replace("Paper 4", "When n<m & k > 4")
    page = oai_page(f"<ListRecords>{''.join(records)}<resumptionToken/></ListRecords>", date(2026, 3, 20))
    library = Library()
    with provider(faults={"oai": [page.encode()]}) as server:
        library.sync(server)
    assert list(library.papers) == ["2603.00001", "2603.00003", "2603.00004"]
    assert library.papers["2603.00004"].paper.title == "When n<m & k > 4"  # one field alone is no XML
    assert [item.place for item in library.rejected] == ["arxiv-oai cs:cs:IR oai:arXiv.org:2603.00002"]
    assert "2603.00002" in library.rejected[0].raw
    assert library.cursor() == {"from": "2026-03-20"}


def test_stray_control_characters_and_bad_bytes_cost_nothing() -> None:
    page = oai_page(f"<ListRecords>{oai_record(Invented('2603.00001', 'Good'))}</ListRecords>", date(2026, 3, 20))
    library = Library()
    with provider(faults={"oai": [page.encode().replace(b"Good", b"G\x0bood \xff")]}) as server:
        library.sync(server)
    assert library.papers["2603.00001"].paper.title == "Good ÿ"


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


WHOLE = oai_page(f"<ListRecords>{''.join(map(oai_record, invented(3)))}</ListRecords>", date(2026, 3, 20)).encode()
MUTATED = st.tuples(st.integers(0, len(WHOLE)), st.binary(max_size=20), st.integers(0, len(WHOLE)))


def test_any_answer_gives_items_or_a_source_error() -> None:
    with provider() as server:

        @settings(max_examples=80, deadline=None)
        @given(st.binary(max_size=300) | MUTATED.map(lambda m: WHOLE[: m[0]] + m[1] + WHOLE[m[2] :]))
        def check(answer: bytes) -> None:
            library = Library()
            server.behave()
            server.misbehave("oai", *[answer] * 4)
            with suppress(SourceError):
                library.sync(server)
            assert all(isinstance(item, Record) for item in library.papers.values())

        check()


RUBBISH = "<br />\n<b>Notice</b>: Undefined index: creator in <b>x.php</b> on line <b>68</b><br />\n"


@pytest.mark.parametrize(("before", "behind"), [("", RUBBISH), (RUBBISH, ""), ("\n", "\n\0 <OAI-PMH>")])
def test_rubbish_around_an_answer_does_not_hold_up_the_harvest(before: str, behind: str) -> None:  # A24
    pages = [
        oai_page(
            f"<ListRecords>{oai_record(Invented(f'2603.0000{n}', f'Page {n}'))}{token}</ListRecords>", date(2026, 3, 20)
        )
        for n, token in ((1, "<resumptionToken>two</resumptionToken>"), (2, "<resumptionToken/>"))
    ]
    library = Library()
    with provider(faults={"oai": [f"{before}{pages[0]}{behind}".encode(), pages[1].encode()]}) as server:
        library.sync(server)
        assert [seen.query.get("resumptionToken") for seen in server.log] == [None, "two"]
    assert list(library.papers) == ["2603.00001", "2603.00002"]
    assert library.rejected == []


def test_a_damaged_record_and_rubbish_behind_the_end_cost_only_that_record() -> None:
    records = [oai_record(Invented(f"2603.0000{n}", f"Paper {n}")) for n in (1, 2)]
    records[0] = records[0].replace("</title>", "")
    page = oai_page(f"<ListRecords>{''.join(records)}</ListRecords>", date(2026, 3, 20))
    library = Library()
    with provider(faults={"oai": [f"{page}{RUBBISH}".encode()]}) as server:
        library.sync(server)
    assert (list(library.papers), len(library.rejected)) == (["2603.00002"], 1)
    assert library.cursor() == {"from": "2026-03-20"}


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
