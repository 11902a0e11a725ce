"""Lists of feeds: written so that feed readers take them, read so that nothing in them does harm."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

import broadsheet
from broadsheet.community import Community
from broadsheet.community.exchange.opml import Line, import_opml, opml
from broadsheet.community.searches import SearchTerms
from broadsheet.kit.errors import UsageError
from tests.clock import noon


@pytest.fixture(scope="module")
def community(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Community]:
    with broadsheet.open(tmp_path_factory.mktemp("opml") / "library", clock=noon) as library:
        yield Community(library)


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Community]:
    with broadsheet.open(tmp_path / "library", clock=noon) as library:
        yield Community(library)


def document(*addresses: str, names: tuple[str, ...] = ()) -> bytes:
    root = ET.Element("opml", {"version": "2.0"})
    body = ET.SubElement(root, "body")
    for at, address in enumerate(addresses):
        ET.SubElement(body, "outline", {"text": names[at] if names else f"Feed {at}", "xmlUrl": address})
    return ET.tostring(root)


def test_a_list_has_folders_and_what_xml_forbids_is_written_so_that_it_can_be_read() -> None:
    lines = [
        Line('Alone <&> "quoted"', "https://p.org/a?b=1&c=2", "https://p.org/a"),
        Line("First", "https://p.org/1", label="Tags & more"),
        Line("Second", "https://p.org/2", label="Tags & more"),
        Line("Third", "https://p.org/3", label="Searches"),
    ]
    root = ET.fromstring(opml("Mine ü", lines))
    assert root.findtext("head/title") == "Mine ü"
    top = root.findall("body/outline")
    assert [one.get("text") for one in top] == ['Alone <&> "quoted"', "Tags & more", "Searches"]
    assert top[0].attrib == {
        "type": "rss",
        "text": 'Alone <&> "quoted"',
        "title": 'Alone <&> "quoted"',
        "xmlUrl": "https://p.org/a?b=1&c=2",
        "htmlUrl": "https://p.org/a",
    }
    assert [one.get("xmlUrl") for one in top[1]] == ["https://p.org/1", "https://p.org/2"]
    assert ET.fromstring(opml("Empty", [])).findall("body/outline") == []


QUERIES = {
    "https://rss.arxiv.org/rss/cs.IR": "field:information-retrieval",
    "https://rss.arxiv.org/atom/cs.IR+cs.IR": "field:information-retrieval",
    "http://export.arxiv.org/rss/math.CO": "field:combinatorics",
    "https://arxiv.org/rss/stat.ML": "field:machine-learning",
    "http://export.arxiv.org/api/query?search_query=all:electron": "electron",
    "http://export.arxiv.org/api/query?search_query=au:%22Ada+Lee%22+AND+abs:tides": 'author:"Ada Lee" tides',
    "http://export.arxiv.org/api/query?search_query=cat:cs.IR&start=0&max_results=9": "field:information-retrieval",
    "https://other.example.org/search.rss?q=late++interaction": "late interaction",
    "http://127.0.0.1:8000/search.json?q=x&token=secret": "x",
}


@pytest.mark.parametrize("address", QUERIES)
def test_a_feed_of_papers_becomes_the_search_that_finds_them(own: Community, address: str) -> None:
    report = import_opml(own, "me", document(address))
    assert (report.followed, report.known, report.skipped) == (("Feed 0",), (), ())
    [saved] = own.searches.all("me")
    assert saved.search == {"q": QUERIES[address]}
    assert "secret" not in str(saved)


NOT_OURS = (
    "https://blog.example.org/feed.xml",
    "https://arxiv.org.example.org/rss/cs.IR",
    "https://rss.arxiv.org/rss/",
    "https://rss.arxiv.org/rss/cs.IR+../../etc",
    "http://export.arxiv.org/api/query?id_list=2601.00001",
    "http://export.arxiv.org/api/query?search_query=cat:cs.IR+OR+cat:cs.CL",
    "http://export.arxiv.org/api/query?search_query=jr:nature",
    "ftp://other.example.org/search.atom?q=x",
    "https://other.example.org/search.atom",
    "https://other.example.org/search.atom?q=",
    "file:///etc/passwd",
    "javascript:alert(1)",
    "https://[broken",
    "x",
)


def test_every_other_feed_is_named_with_the_reason(community: Community) -> None:
    report = import_opml(community, "me", document(*NOT_OURS))
    assert report.followed == report.known == ()
    assert [title for title, _ in report.skipped] == [f"Feed {at}" for at in range(len(NOT_OURS))]
    assert all(why.startswith(("no source reads", "this query of arXiv’s")) for _, why in report.skipped)
    assert community.searches.all("me") == []


def test_names_that_are_taken_or_missing_get_others(own: Community) -> None:
    own.searches.save("me", "Same", SearchTerms("elsewhere"))
    base = "https://x.org/search.atom?q="
    report = import_opml(
        own, "me", document(base + "one", base + "two", base + "elsewhere", names=("Same", "", "Other"))
    )
    assert report.followed == ("one", "two")
    assert report.known == ("Same",)
    long = import_opml(own, "me", document(base + "three", names=("n" * 500,)))
    assert long.followed == ("n" * 200,)
    twice = import_opml(own, "me", document(base + "four", base + "four", names=("A", "A")))
    assert twice.followed == ("A",)
    alike = [base + "w" * 200 + end for end in "abcd"]
    report = import_opml(own, "me", document(*alike, names=("t" * 200,) * 4))
    assert report.followed == ("t" * 200, "w" * 200)
    assert [why for _, why in report.skipped] == [f"there is a saved search named {'t' * 200!r} already"] * 2


def test_a_reader_with_very_many_searches_is_told_which_were_left_out(own: Community) -> None:
    for n in range(199):
        own.searches.save("me", f"s{n}", SearchTerms(f"word{n}"))
    base = "https://x.org/search.atom?q="
    report = import_opml(own, "me", document(base + "a", base + "b"))
    assert report.followed == ("Feed 0",)
    assert report.skipped == (("Feed 1", "a reader has 200 saved searches at most; delete one first"),)


DEEP = b"<opml><body>" + b'<outline text="x">' * 60 + b"</outline>" * 60 + b"</body></opml>"
REFUSED = {
    "nothing": (b"", "no OPML"),
    "text": (b"just text", "no OPML"),
    "a page": (b"<html><body>x</body></html>", "its root element is not opml"),
    "a feed": (b"<rss version='2.0'><channel></channel></rss>", "its root element is not opml"),
    "cut off": (document("https://x.org/search.atom?q=x")[:-9], "no OPML that can be read"),
    "entities": (b'<!DOCTYPE o [<!ENTITY a "b">]><opml><body/></opml>', "not accepted"),
    "outside": (b'<!DOCTYPE o SYSTEM "http://x.org/o.dtd" [<!ENTITY a SYSTEM "file:///x">]><opml/>', "not accepted"),
    "deep": (DEEP, "refused"),
    "many": (document(*(f"https://x.org/{n}" for n in range(2001))), "2,000 are read at most"),
    "large": (b"<opml>" + b" " * 5_000_000 + b"</opml>", "5 MB at most"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_no_list_is_refused_whole(community: Community, name: str) -> None:
    body, message = REFUSED[name]
    with pytest.raises(UsageError, match=message):
        import_opml(community, "me", body)
    assert community.searches.all("me") == []


def test_lists_as_feed_readers_write_them_are_read(own: Community) -> None:
    body = (
        '\ufeff<?xml version="1.0" encoding="UTF-8"?>\n<opml version="1.1"><head><title>Abos</title></head><body>'
        '<outline title="Fächer" text="Fächer">'
        '<outline title="Tides &amp; co" xmlurl=" https://x.org/search.atom?q=tides " type="rss" htmlUrl=""/>'
        '</outline><outline text="no feed"/></body></opml>'
    ).encode()
    assert import_opml(own, "me", body).followed == ("Tides & co",)
    latin = body.decode().replace("\ufeff", "").replace("UTF-8", "ISO-8859-1").replace("tides", "rye").encode("latin-1")
    assert import_opml(own, "me", latin).followed == ("rye",)


def test_what_was_written_here_is_understood_here(own: Community) -> None:
    own.searches.save("me", "tides", SearchTerms("tides"))
    lines = own.private_feeds.lines("me", "https://p.org", make=True)
    report = import_opml(own, "me", opml("Mine", lines).encode())
    assert report.followed == ()
    assert len(report.skipped) == len(lines) == 3  # private addresses tell nobody what they list
