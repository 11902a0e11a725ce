"""Answers of OAI-PMH that are cut, empty or no XML: what is whole in them is read, and the harvest goes on."""

from __future__ import annotations

from contextlib import suppress
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.kit.errors import SourceError
from broadsheet.kit.paper import Record
from tests.sources.harvesting import ALL_DAYS, IR, LG, Library
from tests.sources.invented import oai_page, oai_record
from tests.sources.provider import Invented, invented, provider


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
        ("bomb", "document type or entity declarations are not accepted"),
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
