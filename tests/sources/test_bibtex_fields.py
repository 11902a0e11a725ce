"""What the fields of BibTeX and BibLaTeX entries become."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from broadsheet.kit.paper import Paper, Record
from broadsheet.sources.files.bibtex import BibtexSource
from tests.sources.reading import papers, read, rejections


def one(fields: str, kind: str = "article") -> Paper:
    (item,) = read(BibtexSource(), f"@{kind}{{k, title={{T}}, {fields}}}")
    assert isinstance(item, Record)
    return item.paper


def extra(fields: str, kind: str = "article") -> dict[str, Any]:
    return {name: value for name, value in one(fields, kind).extra.items() if name != "citation_key"}


@pytest.mark.parametrize(
    ("doi", "read_as"),
    [
        (r"10.1007/978-3-319-00000-0{\_}129-1", "10.1007/978-3-319-00000-0_129-1"),  # A02
        (r"10.1007/978-3-319-00000-0\_17-1", "10.1007/978-3-319-00000-0_17-1"),
        (r"https://doi.org/10.1234/A{\textunderscore}b", "10.1234/a_b"),
        (r"\url{https://doi.org/10.1234/x}", "10.1234/x"),
    ],
)
def test_escaped_dois(doi: str, read_as: str) -> None:
    paper = one(f"doi={{{doi}}}")
    assert paper.ids.doi == read_as
    assert "doi" not in paper.extra


@pytest.mark.parametrize(
    ("fields", "urls", "left"),
    [
        (r"url={\url{https://example.org/a_b}}", ("https://example.org/a_b",), {}),
        ("url={https://a.example/1 https://b.example/2}", ("https://a.example/1", "https://b.example/2"), {}),
        (r"url={https://a.example/1; http://b.example/\%7Eu}", ("https://a.example/1", "http://b.example/%7Eu"), {}),
        ("url={www.example.org/foo}", ("http://www.example.org/foo",), {}),
        ("url={ftp://a.example/one}", (), {"url": "ftp://a.example/one"}),
        ("url={see https://a.example/x}", ("https://a.example/x",), {"url": "see https://a.example/x"}),
        (r"howpublished={\url{https://example.org/how}}", ("https://example.org/how",), {}),
        (
            r"howpublished={Online: \url{https://example.org/how}}",
            ("https://example.org/how",),
            {"howpublished": "Online: https://example.org/how"},
        ),
        ("doi={hdl:2027/uc1.1}", (), {"doi": "hdl:2027/uc1.1"}),
        ("eprint={12345}, eprinttype={jstor}", (), {"eprint": "12345", "eprinttype": "jstor"}),
    ],
)
def test_addresses_are_found_and_what_is_none_is_kept(
    fields: str, urls: tuple[str, ...], left: dict[str, str]
) -> None:  # D04
    paper = one(fields)
    assert paper.urls == urls
    assert {name: value for name, value in paper.extra.items() if name != "citation_key"} == left


@pytest.mark.parametrize(
    ("fields", "year", "day", "kept"),
    [
        ("year={in press}", None, None, "in press"),
        ("date={2019-05}", 2019, None, "2019-05"),
        ("date={2018-11/2019-02}", 2018, None, "2018-11/2019-02"),
        ("year={Spring 2019}", 2019, None, "Spring 2019"),
        ("year=2019, month=may", 2019, None, "2019-05"),
        ("year=2019, month={05}, day={3}", 2019, date(2019, 5, 3), None),
        ('year=2019, month="3~" # may', 2019, date(2019, 5, 3), None),
        ("year=2019, date={2019-05-03}", 2019, date(2019, 5, 3), None),
        ("year=2019, month={jan-feb}", 2019, None, "jan-feb 2019"),
        ("month=may", None, None, "may"),
    ],
)
def test_dates(fields: str, year: int | None, day: date | None, kept: str | None) -> None:  # D01
    paper = one(fields)
    assert (paper.year, paper.submitted, paper.extra.get("date")) == (year, day, kept)
    assert "month" not in paper.extra


@pytest.mark.parametrize(
    ("fields", "kind", "canonical"),
    [
        ("volume=57, number=2, pages={422--448}", "article", {"volume": "57", "issue": "2", "pages": "422-448"}),
        ("pages={1 – 3, 7--9}, eid={e12}", "article", {"pages": "1-3, 7-9", "article_number": "e12"}),
        ("number={TR-7}, school={Office}", "techreport", {"report_number": "TR-7", "institution": "Office"}),
        ("publisher={P}, organization={O}", "book", {"publisher": "P", "organization": "O"}),
        ("address={Ghent}, issn={1-2}, series={LNCS}", "book", {"place": "Ghent", "issn": "1-2", "series": "LNCS"}),
        (
            "editor={Blau, Dan and {River Society} and others}", "book",
            {
                "editors": [
                    {"name": "Dan Blau", "given": "Dan", "family": "Blau"}, {"name": "River Society", "is_group": True},
                ],
                "editors_et_al": True,
            },
        ),
    ],
)  # fmt: skip
def test_fields_have_one_name_whatever_the_format(fields: str, kind: str, canonical: dict[str, Any]) -> None:
    assert extra(fields, kind) == canonical


@pytest.mark.parametrize(
    ("kind", "fields", "read_as"),
    [
        ("conference", "", "inproceedings"), ("report", "", "techreport"), ("thesis", "", "thesis"),
        ("thesis", "type={PhD thesis}", "phdthesis"), ("thesis", "type={mathesis}", "mastersthesis"),
        ("online", "", "online"), ("www", "", "online"), ("patent", "", "patent"), ("unpublished", "", "manuscript"),
        ("misc", "", "misc"), ("misc", "eprint={2603.01234}", "preprint"), ("oddity", "", "oddity"),
    ],
)  # fmt: skip
def test_kinds(kind: str, fields: str, read_as: str) -> None:
    assert one(fields, kind).kind == read_as


def test_markup_and_tex_in_one_value() -> None:
    paper = one(
        r"author={M&uuml;ller, Jan}, journal={Rivers \&amp; Stones},"
        r"abstract={<p>At p {\textless} 0.05 {\textless}i{\textgreater}in situ{\textless}/i{\textgreater} if x<y.</p>}"
    )
    assert (paper.authors[0].name, paper.venue) == ("Jan Müller", "Rivers & Stones")
    assert paper.abstract == "At p < 0.05 in situ if x<y."


def test_crossref_and_xdata() -> None:  # D06
    text = """@inproceedings{child, author={Ivo Lake}, title={Upland Streams}, crossref={Proc}, xdata={press}}
    @incollection{chapter, author={Ann Other}, title={Chapter}, crossref={vol}}
    @misc{alone, title={Alone}, crossref={nowhere}}
    @proceedings{proc, title={Third Meeting}, editor={Blau, Dan}, year=2007, doi={10.1234/proc}, crossref={mv}}
    @mvproceedings{mv, title={All Meetings}, series={Rivers}, location={Ghent}, crossref={proc}}
    @book{vol, title={The Volume}, author={Bo Case}, year=1999}
    @xdata{press, publisher={Invented Press}}
    @proceedings{second, booktitle={Second Meeting}, year=2006}"""
    child, chapter, alone, book, second = papers(read(BibtexSource(), text))
    assert (child.year, child.venue, child.ids.doi) == (2007, "Third Meeting", "")
    assert child.extra == {
        "citation_key": "child", "publisher": "Invented Press", "series": "Rivers", "place": "Ghent",
        "maintitle": "All Meetings", "editors": [{"name": "Dan Blau", "given": "Dan", "family": "Blau"}],
    }  # fmt: skip
    assert (chapter.year, chapter.venue, chapter.extra["bookauthor"]) == (1999, "The Volume", "Bo Case")
    assert alone.extra["crossref"] == "nowhere"
    assert (book.title, second.title, second.kind) == ("The Volume", "Second Meeting", "proceedings")


def test_control_entries_are_passed_over() -> None:  # D12
    text = """@IEEEtranBSTCTL{IEEEexample:BSTcontrol, CTLuse_forced_etal = "yes"}
    @CONTROL{REVTEX41Control}
    @CONTROL{achemso-control, ctrl-article-title = "yes"}
    @xdata{press, publisher={Invented Press}}
    @set{both, entryset={a,b}}
    @article{a, title={One}}"""
    items = read(BibtexSource(), text)
    assert [paper.title for paper in papers(items)] == ["One"]
    assert rejections(items) == []
