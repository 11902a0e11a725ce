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
    assert rejections([bad])[0].reason.startswith("document type or entity declarations are not taken")


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
    (item,) = map(record, read(FeedSource(), feed, "old.rdf"))
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
