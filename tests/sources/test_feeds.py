"""RSS and Atom: arXiv's, everybody's, and hostile ones."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given

from broadsheet.kit.errors import SourceError
from broadsheet.kit.paper import Identifiers, Person, Record
from broadsheet.sources.contract import Item
from broadsheet.sources.providers.feeds import FeedSource, read_feed
from tests.sources.reading import anything, fuzz, mutations, papers, read, rejections, survives

ARXIV_ATOM = r"""<?xml version='1.0' encoding='UTF-8'?>
<feed xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/"
  xmlns="http://www.w3.org/2005/Atom">
  <id>http://rss.arxiv.org/atom/cs.IR</id><title>cs.IR updates</title><updated>2026-03-03T05:00:11+00:00</updated>
  <entry><id>oai:arXiv.org:2603.01234v1</id><title>An invented
     paper</title><updated>2026-03-03T05:00:11+00:00</updated>
    <summary>arXiv:2603.01234v1 Announce Type: new
 Abstract: Invented abstract with $a &lt; b$ in it.</summary>
    <category term="cs.LG"/><category term="cs.IR"/><published>2026-03-03T00:00:00-05:00</published>
    <arxiv:announce_type>new</arxiv:announce_type><dc:rights>http://creativecommons.org/licenses/by/4.0/</dc:rights>
    <dc:creator>Ada Example, Jos\'e Sample</dc:creator><arxiv:DOI>10.1234/X</arxiv:DOI></entry>
  <entry><id>oai:arXiv.org:hep-th/9901001v3</id><title>An old one</title><summary>Announce Type: replace
 Abstract: Old.</summary><published>2026-03-03T00:00:00-05:00</published></entry>
</feed>"""

ARXIV_RSS = r"""<rss xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/"
  version="2.0"><channel>
  <title>cs.IR updates</title><link>http://rss.arxiv.org/rss/cs.IR</link><skipDays><day>Sunday</day></skipDays>
  <item><title>Crossed</title><link>https://arxiv.org/abs/2602.00001</link>
    <description>arXiv:2602.00001v1 Announce Type: cross  Abstract: Text.</description>
    <guid isPermaLink="false">oai:arXiv.org:2602.00001v1</guid><category>cs.LG</category><category>cs.IR</category>
    <pubDate>Tue, 03 Mar 2026 00:00:00 -0500</pubDate><dc:creator>Bo Case</dc:creator></item>
</channel></rss>"""

JOURNAL = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
  xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/">
  <channel rdf:about="http://j.example/rss"><title>J. Invented</title><link>http://j.example/</link></channel>
  <item rdf:about="http://j.example/1"><title>One &amp;amp; &lt;i&gt;two&lt;/i&gt;</title>
   <link>http://j.example/1</link>
   <description>&lt;p&gt;First.&lt;/p&gt;&lt;script&gt;alert(1)&lt;/script&gt;
   &lt;p&gt;Second &amp;lt; third.&lt;/p&gt;</description>
   <dc:creator>Example, Ada</dc:creator><dc:creator>Bo Case</dc:creator><dc:date>2025-12-31</dc:date>
   <dc:identifier>doi:10.1234/J.1</dc:identifier><prism:publicationName>J. Invented</prism:publicationName></item>
  <item><link>http://j.example/2</link></item>
</rdf:RDF>"""

BOMB = """<?xml version="1.0"?><!DOCTYPE rss [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;">
<!ENTITY x SYSTEM "file:///etc/passwd">]>
<rss version="2.0"><channel><item><title>&c;&x;</title></item></channel></rss>"""


def record(item: Item) -> Record:
    assert isinstance(item, Record)
    return item


def test_arxiv_atom() -> None:
    new, replaced = map(record, read(FeedSource(), ARXIV_ATOM, "cs.atom"))
    assert (new.source, new.source_id, new.place) == (
        "feed:http://rss.arxiv.org/atom/cs.IR",
        "2603.01234",
        "cs.atom:entry 1",
    )
    paper = new.paper
    assert (paper.title, paper.abstract) == ("An invented paper", "Invented abstract with $a < b$ in it.")
    assert [person.name for person in paper.authors] == ["Ada Example", "José Sample"]
    assert paper.ids == Identifiers(arxiv="2603.01234", doi="10.1234/x")
    assert (paper.announced, paper.updated, paper.version, paper.year) == (date(2026, 3, 3), None, 1, 2026)
    assert (paper.categories, paper.extra) == (("cs.LG", "cs.IR"), {"announce_type": "new"})
    assert paper.licence == "http://creativecommons.org/licenses/by/4.0/"
    old = replaced.paper
    assert (old.ids.arxiv, old.version, old.year, old.abstract) == ("hep-th/9901001", 3, 1999, "Old.")
    assert (old.announced, old.updated) == (None, date(2026, 3, 3))


def test_arxiv_rss_as_a_providers_answer() -> None:
    (item,) = map(record, read_feed(ARXIV_RSS.encode(), place="rss/cs.IR", source="arxiv"))
    assert (item.source, item.source_id, item.place) == ("arxiv", "2602.00001", "rss/cs.IR:entry 1")
    assert (item.paper.abstract, item.paper.announced) == ("Text.", date(2026, 3, 3))
    later = ARXIV_RSS.replace("03 Mar 2026", "03 Jun 2026")
    assert record(next(iter(read_feed(later.encode(), place="x")))).paper.announced is None  # cross-listed long after


def test_journal_feed() -> None:
    items = read(FeedSource(), JOURNAL, "j.rdf")
    first = record(items[0])
    assert (first.source, first.source_id) == ("feed:http://j.example/", "http://j.example/1")
    paper = first.paper
    assert (paper.title, paper.abstract) == ("One & two", "First. Second < third.")
    assert [person.name for person in paper.authors] == ["Ada Example", "Bo Case"]
    assert (paper.ids.doi, paper.venue, paper.year) == ("10.1234/j.1", "J. Invented", 2025)
    (bad,) = rejections(items)
    assert (bad.place, bad.reason, bad.raw) == ("j.rdf:entry 2", "the entry has no title", "http://j.example/2")


def test_rss_author_with_mail_address() -> None:
    feed = "<rss><channel><item><title>T</title><author>a@b.c (Ada Example)</author></item></channel></rss>"
    (item,) = map(record, read(FeedSource(), feed, "x.rss"))
    assert item.paper.authors == (Person("Ada Example", "Ada", "Example"),)
    assert item.source == "feed:x.rss"


def test_empty_feed_is_no_error() -> None:
    assert read(FeedSource(), "<rss version='2.0'><channel><title>cs.IR</title></channel></rss>") == []


def test_failed_query_is_an_error() -> None:
    feed = "<rss><channel><title>Feed error for query: cs.XX</title></channel></rss>"
    with pytest.raises(SourceError, match=r"Feed error for query: cs\.XX"):
        list(read_feed(feed.encode(), place="rss/cs.XX"))


def test_truncated_feed_keeps_what_stands_before_the_cut() -> None:
    items = read(FeedSource(), ARXIV_ATOM[: ARXIV_ATOM.index("An old one")], "x.xml")
    assert [paper.title for paper in papers(items)] == ["An invented paper"]
    (bad,) = rejections(items)
    assert bad.place == "x.xml:after entry 1"
    assert "not whole XML" in bad.reason


def test_entities_are_refused() -> None:
    (bad,) = read(FeedSource(), BOMB, "x.xml")
    assert rejections([bad])[0].reason.startswith("document type or entity declarations are not accepted")


def test_absurd_nesting_is_refused() -> None:
    (bad,) = read(
        FeedSource(), "<rss><channel><item>" + "<a>" * 5000 + "</a>" * 5000 + "</item></channel></rss>", "x.xml"
    )
    assert "refused" in rejections([bad])[0].reason


@pytest.mark.parametrize("data", ["", "<html><body/></html>", "plain text"])
def test_other_files_are_refused(data: str) -> None:
    with pytest.raises(SourceError, match="expected an RSS or Atom feed"):
        read(FeedSource(), data)


@fuzz
@given(
    anything | mutations(ARXIV_ATOM.encode()) | mutations(JOURNAL.encode()) | anything.map(lambda data: b"<rss>" + data)
)
def test_no_input_crashes(data: bytes) -> None:
    survives(FeedSource(), data)
