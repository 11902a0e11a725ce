"""What feed readers send, read: ids in every form, numbers, times, forms of either kind; and an item as they get it."""

from __future__ import annotations

import asyncio
from datetime import UTC, date, datetime

import pytest
from starlette.requests import Request

from broadsheet.community.exchange.streams import Stream
from broadsheet.kit.errors import UsageError
from broadsheet.kit.paper import Identifiers, Paper, Person
from broadsheet.pipeline.records import Stored
from broadsheet.web.exchange.greader_calls import Call, item_json, number_of, paper_of, read_call
from tests.clock import NOON


@pytest.mark.parametrize("paper", [1, 9, 10, 4_096, 123_456_789, 2**43])
def test_an_id_is_understood_in_every_form_that_programs_send(paper: int) -> None:
    number = number_of(paper)
    forms = [
        str(number),
        f"{number:x}",
        f"{number:016x}",
        f"{number:X}",
        f"tag:google.com,2005:reader/item/{number:016x}",
    ]
    assert [paper_of(form) for form in forms] == [paper] * 5
    assert len({len(str(number)), 16}) == 1  # as long as the ids of other servers
    assert not f"{number:x}".isdigit()  # a hexadecimal one is never taken for a decimal


@pytest.mark.parametrize(
    "text", ["", "0", "1", "-5", "1.5", "x", "tag:google.com,2005:reader/item/", "9" * 30, "f" * 17, "٣", "feed/page"]
)
def test_what_is_no_id_names_no_paper(text: str) -> None:
    assert paper_of(text) is None


def call(**pairs: str) -> Call:
    return Call(tuple(pairs.items()))


def test_numbers_and_times_of_a_call() -> None:
    assert [call(n=text).count("n", 20, 1000) for text in ("", "7", "5000", "-1", "1e3", "٣", "9" * 40)] == [
        *(20, 7, 1000, 20, 20, 20, 1000),
    ]
    at = datetime(2026, 7, 1, 12, 30, tzinfo=UTC)
    assert [call(ot=text).time("ot") for text in ("", "x", "0", "-4", "nan")] == [None] * 5
    assert call(ot="1782909000.0").time("ot") == call(ot="1782909000").time("ot") == at
    assert call(ot="1e300").time("ot") == datetime(9999, 12, 31, 23, 59, 59, tzinfo=UTC)
    assert call(ts="1782909000000000").until(NOON) == call(ts="1782909000").until(NOON) == at
    assert call().until(NOON) == NOON
    many = Call((("a", "x"), ("a", ""), ("a", "y"), ("s", "1"), ("s", "2")))
    assert (many.all("a"), many.one("s"), many.one("none")) == (["x", "y"], "2", "")
    with pytest.raises(UsageError, match="2 items at once; 1 are taken at most"):
        Call((("i", "1"), ("i", "2"))).papers(1)


def sent(body: bytes, kind: str = "application/x-www-form-urlencoded", query: bytes = b"") -> Call:
    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    scope = {"type": "http", "method": "POST", "headers": [(b"content-type", kind.encode())], "query_string": query}
    return asyncio.run(read_call(Request(scope, receive)))


def test_forms_of_either_kind_are_read_with_the_address() -> None:
    assert sent(b"i=1&i=2&a=user/-/state/com.google/read", query=b"output=json&T=x").pairs == (
        *(("output", "json"), ("T", "x"), ("i", "1"), ("i", "2"), ("a", "user/-/state/com.google/read")),
    )
    part = b'--b\r\nContent-Disposition: form-data; name="Email"\r\n\r\nme\r\n--b--\r\n'
    assert sent(part, "multipart/form-data; boundary=b").pairs == (("Email", "me"),)
    assert sent(b"").pairs == ()
    assert sent(b"a=%ff\xfe").one("a") == "\ufffd\ufffd"
    with pytest.raises(UsageError, match="more than 20,000 fields"):
        sent(b"i=1&" * 20_001)


def test_an_item_has_what_programs_read() -> None:
    paper = Paper(
        title="On <b>reefs</b>",
        abstract="Sound & reef.",
        authors=(Person("Ada Lee"), Person("Luis Mora")),
        ids=Identifiers(arxiv="2601.00001"),
        submitted=date(2026, 1, 5),
    )
    streams = [
        Stream("search:1", "“reef”", "/search?q=reef", "Saved searches"),
        Stream("page", "for me", "/", "Your page"),
    ]
    item = item_json(Stored(5, paper, NOON), NOON, streams, (True, True), "https://p.org")
    assert item["id"] == "tag:google.com,2005:reader/item/0005f00000000005"
    assert item["categories"] == [
        *(f"user/-/state/com.google/{name}" for name in ("reading-list", "read", "starred")),
        *("user/-/label/Saved searches", "user/-/label/Your page"),
    ]
    assert item["origin"] == {
        "streamId": "feed/search%3A1",
        "title": "“reef”",
        "htmlUrl": "https://p.org/search?q=reef",
    }
    assert item["canonical"] == [{"href": "https://arxiv.org/abs/2601.00001"}]
    assert (item["author"], item["published"]) == ("Ada Lee; Luis Mora", int(NOON.timestamp()))
    assert (item["crawlTimeMsec"], item["timestampUsec"]) == ("1782907200000", "1782907200000000")
    assert "Sound &amp; reef." in item["summary"]["content"]
    alone = item_json(Stored(5, Paper(title="x"), NOON), NOON, [], (False, False), "https://p.org")
    assert alone["categories"] == ["user/-/state/com.google/reading-list"]
    assert alone["canonical"][0]["href"] == "https://p.org/paper/5"
