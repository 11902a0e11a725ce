"""EndNote's tagged files and its XML."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given

from broadsheet.kit.errors import SourceError
from broadsheet.kit.paper import Identifiers, Person, Record
from broadsheet.sources.files.endnote import EndnoteSource
from broadsheet.sources.files.endnote_xml import EndnoteXmlSource
from tests.sources.reading import anything, fuzz, mutations, papers, read, rejections, survives

SAMPLE = """%0 Journal Article
%T A study of the river
that goes on
%A Other, Ann C.
%A World Health Organization,
%A Bob Stone
%J Journal of Rivers
%O J. Rivers
%V 57
%N 2
%P 422–448
%@ 0001-0001
%D 2013
%8 Sep 12
%R 10.1234/enw.1
%U https://example.org/a
%X An abstract in which 5
% of the stones moved &amp; so on.

A second paragraph.
%K rivers
deep water
%Z first note
%1 custom
%F Other2013

%0 Online Database
%A Rock, C
%E Editor, Ed
%T A second one
%D in press
%I River Press
"""
RECORD = """<record><source-app name="EndNote" version="20">EndNote</source-app><rec-number>12</rec-number>
<foreign-keys><key app="EN" db-id="abc">12</key></foreign-keys>
<ref-type name="Journal Article">17</ref-type><contributors><authors>
<author><style face="normal">Other, Ann C.</style></author><author>WHO,</author></authors><secondary-authors>
<author>Editor,
Ed</author></secondary-authors></contributors><titles><title><style face="normal">On </style>
<style face="italic">E. coli
</style><style face="normal"> in rivers &amp; stones</style></title><secondary-title>J Rivers</secondary-title>
<alt-title>
Journal of Rivers</alt-title></titles><periodical><full-title>J Rivers</full-title></periodical><pages>1-10</pages>
<volume>5</volume><number>2</number><keywords><keyword>rivers</keyword><keyword>deep water</keyword></keywords>
<dates><year>
<style>2013</style></year><pub-dates><date>Sep-Oct</date></pub-dates></dates>
<isbn>0001-0001 (Print)&#xD;1234-5679</isbn>
<accession-num>24034240</accession-num><abstract>Abs.</abstract><notes>A note</notes><urls><related-urls>
<url>https://example.org/a</url></related-urls><pdf-urls><url>internal-pdf://1/a.pdf</url></pdf-urls></urls>
<electronic-resource-num>https://doi.org/10.1234/xml.1</electronic-resource-num><remote-database-name>PubMed
</remote-database-name><language>eng</language><custom1>c1</custom1></record>"""
XML = f'<?xml version="1.0" encoding="UTF-8"?><xml><records>{RECORD}</records></xml>'


def test_tagged_records() -> None:
    first, second = read(EndnoteSource(), SAMPLE, "z.enw")
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    assert (first.source, first.source_id, first.place) == ("endnote:z.enw", "Other2013", "z.enw:1")
    paper = first.paper
    assert paper.title == "A study of the river that goes on"
    assert paper.abstract == "An abstract in which 5 % of the stones moved & so on. A second paragraph."
    assert paper.authors == (
        Person("Ann C. Other", "Ann C.", "Other"),
        Person("World Health Organization", is_group=True),
        Person("Bob Stone", "Bob", "Stone"),
    )
    assert (paper.year, paper.submitted, paper.venue, paper.kind) == (
        2013,
        date(2013, 9, 12),
        "Journal of Rivers",
        "article",
    )
    assert (paper.ids.doi, paper.urls) == ("10.1234/enw.1", ("https://example.org/a",))
    assert (paper.keywords, paper.comments) == (("rivers", "deep water"), "first note")
    assert paper.extra == {
        "journal_abbreviation": "J. Rivers", "issn": "0001-0001", "volume": "57", "issue": "2", "pages": "422-448",
        "%1": "custom", "citation_key": "Other2013",
    }  # fmt: skip
    assert (second.place, second.paper.kind, second.paper.year) == ("z.enw:27", "dataset", None)
    assert second.paper.extra == {
        "endnote_type": "Online Database", "date": "in press", "publisher": "River Press",
        "editors": [{"name": "Ed Editor", "given": "Ed", "family": "Editor"}],
    }  # fmt: skip


def test_tagged_records_apart_by_blank_lines() -> None:
    data = "%A Ann Other\n%T One\n%X Text.\n\nMore text.\n\n%T Two\n%A B. Stone\n"
    one, two = papers(read(EndnoteSource(), data))
    assert (one.title, one.abstract, two.title) == ("One", "Text. More text.", "Two")
    assert two.authors == (Person("B. Stone", "B.", "Stone"),)


@pytest.mark.parametrize("data", [b"% a comment\n\\title{x}\n", b"%PDF-1.7\n%T x", b"100 %T of it\n%A b", b"%T only\n"])
def test_what_is_no_tagged_file(data: bytes) -> None:
    assert not EndnoteSource().sniff(data)


def test_xml_records() -> None:
    (record,) = read(EndnoteXmlSource(), XML, "z.xml")
    assert isinstance(record, Record)
    assert (record.source, record.source_id, record.place) == ("endnote-xml:z.xml", "abc:12", "z.xml:record 1")
    paper = record.paper
    assert paper.title == "On E. coli in rivers & stones"
    assert paper.authors == (Person("Ann C. Other", "Ann C.", "Other"), Person("WHO", is_group=True))
    assert paper.ids == Identifiers(doi="10.1234/xml.1", pmid="24034240")
    assert (paper.year, paper.venue, paper.kind) == (2013, "Journal of Rivers", "article")
    assert (paper.keywords, paper.comments) == (("rivers", "deep water"), "A note")
    assert (paper.abstract, paper.language, paper.urls) == ("Abs.", "eng", ("https://example.org/a",))
    assert paper.extra == {
        "journal_abbreviation": "J Rivers", "date": "2013 Sep-Oct", "issn": ["0001-0001", "1234-5679"],
        "files": "internal-pdf://1/a.pdf", "pages": "1-10", "volume": "5", "issue": "2", "database": "PubMed",
        "custom1": "c1", "editors": [{"name": "Ed Editor", "given": "Ed", "family": "Editor"}],
    }  # fmt: skip


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16"])
def test_xml_encodings_and_names(encoding: str) -> None:
    data = XML.replace('encoding="UTF-8"', f'encoding="{"utf-16" if encoding == "utf-16" else "utf-8"}"')
    source = EndnoteXmlSource()
    assert source.sniff(data.encode(encoding)[:8192])
    assert len(papers(read(source, data.replace("Abs.", "Größe.").encode(encoding)))) == 1


def test_damaged_and_hostile_xml() -> None:
    items = read(EndnoteXmlSource(), XML.replace("</records>", "<record><titles>"), "z.xml")
    assert len(papers(items)) == 1
    (damage,) = rejections(items)
    assert damage.place == "z.xml:after record 1"
    untitled = XML.replace("</records>", '<record><ref-type name="Book">6</ref-type></record></records>')
    (lost,) = rejections(read(EndnoteXmlSource(), untitled, "z.xml"))
    assert (lost.place, lost.reason) == ("z.xml:record 2", "the record has no title (title)")
    bomb = '<!DOCTYPE xml [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>'
    hostile = XML.replace("?><xml>", f"?>{bomb}<xml>").replace("Abs.", "&b;")
    (refused,) = rejections(read(EndnoteXmlSource(), hostile))
    assert refused.reason.startswith("document type or entity declarations are not accepted")


def test_other_xml_is_refused() -> None:
    assert not EndnoteXmlSource().sniff(b'<?xml version="1.0"?><rss><channel/></rss>')
    with pytest.raises(SourceError, match="expected EndNote XML"):
        read(EndnoteXmlSource(), b"<rss/>")


@fuzz
@given(anything | anything.map(lambda data: b"%0 Book\n%T T\n" + data) | mutations(SAMPLE.encode()))
def test_no_tagged_input_crashes(data: bytes) -> None:
    survives(EndnoteSource(), data)


@fuzz
@given(anything | mutations(XML.encode()))
def test_no_xml_input_crashes(data: bytes) -> None:
    survives(EndnoteXmlSource(), data)
