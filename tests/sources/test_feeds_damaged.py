"""Feeds that are no whole XML, in other encodings, of before 2024, and with dates of every kind."""

from __future__ import annotations

from datetime import date

import pytest

from broadsheet.sources.providers.feeds import FeedSource
from tests.sources.network import records
from tests.sources.reading import papers, read, rejections


def rss(*items: str, head: str = "", tail: str = "") -> str:
    entries = "".join(f"<item>{item}</item>" for item in items)
    return f"{head}<rss version='2.0'><channel><title>Rivers</title>{entries}</channel></rss>{tail}"


def titles(data: str | bytes) -> list[str]:
    items = read(FeedSource(), data, "x.rss")
    assert rejections(items) == []
    return [paper.title for paper in papers(items)]


@pytest.mark.parametrize(  # A17
    ("title", "read_as"),
    [
        ("An&nbsp;undefined entity", "An undefined entity"),
        ("Caf&eacute; &mdash; &Omega;", "Café — Ω"),
        ("R & D in rivers", "R & D in rivers"),
        ("AT&T and Q&A", "AT&T and Q&A"),
        ("Nobody&nowhere; knows", "Nobody&nowhere; knows"),
        ("A control &#x0B;sign and &#1;another", "A control sign and another"),
        ("Half a pair &#xD83D;", "Half a pair"),
        ("A dash of Windows&#150;1252", "A dash of Windows–1252"),
        ("When p < 0.05 & more", "When p < 0.05 & more"),
        ("A <b>bold<br> title", "A bold title"),
        ("<![CDATA[R & D &amp; A]]>", "R & D & A"),
    ],
)
def test_text_that_is_no_xml_costs_neither_its_entry_nor_the_others(title: str, read_as: str) -> None:
    feed = rss("<title>First</title>", f"<title>{title}</title><dc:date>2024</dc:date>", "<title>Last</title>")
    assert titles(feed) == ["First", read_as, "Last"]


def test_an_entry_beyond_repair_costs_itself_and_is_named() -> None:
    items = read(FeedSource(), rss("<title>First</title>", "<title>Never closed", "<title>Last</title>"), "x.rss")
    assert [paper.title for paper in papers(items)] == ["First", "Last"]
    (bad,) = rejections(items)
    assert (bad.place, bad.raw) == ("x.rss:entry 2", "<item><title>Never closed</item>")
    assert bad.reason.startswith("not whole XML: mismatched tag")
    assert [item.place for item in items] == ["x.rss:entry 1", "x.rss:entry 2", "x.rss:entry 3"]


def test_prefixes_that_nobody_declared_are_no_harm() -> None:
    feed = rss("<title>T</title><dc:creator>Ann Other</dc:creator><media:thumbnail url='x'/>")
    (paper,) = papers(read(FeedSource(), feed, "x.rss"))
    assert [one.name for one in paper.authors] == ["Ann Other"]


def test_messages_around_a_feed_are_not_part_of_it() -> None:
    notice = "<br />\n<b>Notice</b>: Undefined index in <b>x.php</b><br />\n"
    declared = '<?xml version="1.0" encoding="utf-8"?>'
    assert titles(rss("<title>One</title>", head=notice + declared, tail=notice)) == ["One"]
    assert titles("\ufeff\n " + rss("<title>One</title>", head=declared)) == ["One"]


def test_a_document_type_without_entities_is_taken() -> None:
    public = '<?xml version="1.0"?><!DOCTYPE rss PUBLIC "-//X//DTD RSS 0.91//EN" "http://x.example/rss-0.91.dtd">'
    assert titles(rss("<title>R&eacute;sum&eacute;</title>", head=public)) == ["Résumé"]


@pytest.mark.parametrize(  # A19
    ("declared", "encoding"),
    [
        ("utf-8", "cp1252"),
        ("", "cp1252"),
        ("us-ascii", "cp1252"),
        ("no-such-encoding", "cp1252"),
        ("iso-8859-1", "utf-8"),
        ("utf-16", "utf-8"),
        ("utf8", "utf-8"),
        ("iso-8859-1", "cp1252"),
        ("iso-8859-15", "iso-8859-15"),
        ("utf-16", "utf-16"),
        ("", "utf-16-le"),
        ("utf-32", "utf-32"),
    ],
)
def test_what_is_written_counts_not_what_is_declared(declared: str, encoding: str) -> None:
    head = f'<?xml version="1.0" encoding="{declared}"?>' if declared else '<?xml version="1.0"?>'
    assert titles(rss("<title>Größe der Flüsse – naïve</title>".replace("–", "-"), head=head).encode(encoding)) == [
        "Größe der Flüsse - naïve"
    ]


@pytest.mark.parametrize("encoding", ["gb2312", "shift_jis", "euc-kr", "iso-2022-jp", "big5", "koi8-r"])
def test_declared_encodings_of_other_scripts(encoding: str) -> None:
    word = {"euc-kr": "강의 연구", "koi8-r": "Реки и камни"}.get(encoding, "河川")
    feed = rss(f"<title>{word}</title>", head=f'<?xml version="1.0" encoding="{encoding}"?>')
    assert titles(feed.encode(encoding)) == [word]


def test_one_bad_byte_in_a_feed_of_one_line_leaves_the_other_letters() -> None:
    assert titles(rss("<title>Größe, Flüsse, naXve</title>").encode().replace(b"X", b"\xef")) == [
        "Größe, Flüsse, naïve"
    ]


OLD_ARXIV = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
  xmlns:dc="http://purl.org/dc/elements/1.1/"><item rdf:about="http://arxiv.org/abs/{id}">
  <title>Learning from \\'Etudes. (arXiv:{id}v{version} [cs.LG]{kind})</title><link>http://arxiv.org/abs/{id}</link>
  <description>&lt;p&gt;We show that n &amp;lt; m.
  &lt;/p&gt;</description>
  <dc:creator>&lt;a href="http://arxiv.org/find/cs/1/au:+Other_A/0/1/0/all/0/1"&gt;Ann Other&lt;/a&gt; (1),
  &lt;a href="x"&gt;Bob Stone&lt;/a&gt; (University of Rivers, Nowhere), &lt;a href="y"&gt;Cy Lake&lt;/a&gt;
  ((1) Uni of X)</dc:creator></item></rdf:RDF>"""


@pytest.mark.parametrize(  # C11
    ("identifier", "version", "kind", "announced_as"),
    [
        ("2301.01234", 2, " UPDATED", "replace"),
        ("2301.01234", 1, "", "new"),
        ("math/0611800", 1, " CROSS LISTED", "cross"),
    ],
)
def test_arxiv_feeds_of_before_2024(identifier: str, version: int, kind: str, announced_as: str) -> None:
    feed = OLD_ARXIV.format(id=identifier, version=version, kind=kind)
    (item,) = records(read(FeedSource(), feed, "old.rdf"))
    paper = item.paper
    assert (item.source_id, paper.ids.arxiv, paper.version) == (identifier, identifier, version)
    assert (paper.title, paper.abstract) == ("Learning from Études.", "We show that n < m.")
    assert [(one.name, one.affiliations) for one in paper.authors] == [
        ("Ann Other", ()),
        ("Bob Stone", ("University of Rivers, Nowhere",)),
        ("Cy Lake", ()),
    ]
    assert (paper.categories, paper.extra) == (("cs.LG",), {"announce_type": announced_as})


@pytest.mark.parametrize(  # D03
    ("text", "year", "day", "kept"),
    [
        ("2024-05", 2024, None, "2024-05"),
        ("2024", 2024, None, None),
        ("May 1, 2024", 2024, date(2024, 5, 1), None),
        ("Wed, 01 May 2024 10:00:00 GMT", 2024, date(2024, 5, 1), None),
        ("Spring 2024", 2024, None, "Spring 2024"),
        ("soon", None, None, "soon"),
    ],
)
def test_a_date_says_what_it_says(text: str, year: int | None, day: date | None, kept: str | None) -> None:
    (paper,) = papers(read(FeedSource(), rss(f"<title>T</title><dc:date>{text}</dc:date>"), "x.rss"))
    assert (paper.year, paper.announced, paper.extra.get("date")) == (year, day, kept)


def test_less_than_is_no_tag() -> None:  # C08
    feed = rss(
        "<title>Where x&lt;y and z&gt;w hold</title>"
        "<description><![CDATA[For n<m and k>j: <i>p</i><0.05.]]></description>"
    )
    (paper,) = papers(read(FeedSource(), feed, "x.rss"))
    assert (paper.title, paper.abstract) == ("Where x<y and z>w hold", "For n<m and k>j: p<0.05.")


def test_what_a_journal_says_of_volume_and_pages_is_kept() -> None:
    feed = rss(
        "<title>T</title><prism:volume>57</prism:volume><prism:number>2</prism:number><prism:issn>0001-0001</prism:issn>"
        "<prism:startingPage>422</prism:startingPage><prism:endingPage>448</prism:endingPage>"
        "<author>desk@rivers.example</author>"
    )
    (paper,) = papers(read(FeedSource(), feed, "x.rss"))
    assert paper.extra == {
        "volume": "57", "issue": "2", "issn": "0001-0001", "pages": "422-448", "author": "desk@rivers.example",
    }  # fmt: skip
