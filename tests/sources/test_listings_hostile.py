"""Mails, listings, groups and answers of graphs that are damaged, hostile, or of other times."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from broadsheet.kit.paper import Record, Rejected
from broadsheet.sources.files.arxiv_listing import ArxivListingSource
from broadsheet.sources.files.arxiv_mail import ArxivMailSource, listed_paper
from broadsheet.sources.files.jabref import Groups, grouping, read_groups
from broadsheet.sources.files.tabular import paper_of
from broadsheet.sources.files.works import row_of_work

HEAD = "\\\\\narXiv:2603.01234\nDate: Sun, 1 Mar 2026 10:00:00 GMT   (14kb)\n\n"


def mail(folder: Path, text: str) -> list[Record | Rejected]:
    path = folder / "mail.txt"
    path.write_text(text, encoding="utf-8", errors="surrogatepass")
    return list(ArxivMailSource().read(path))


def listing(folder: Path, text: str) -> list[Record | Rejected]:
    path = folder / "list.html"
    path.write_text(text, encoding="utf-8")
    return list(ArxivListingSource().read(path))


@pytest.mark.parametrize(
    ("rest", "title", "abstract"),
    [
        ("Title: Cut off", "Cut off", ""),
        ("Title: No authors\n\\\\\n  Text.\n\\\\ ( https://arxiv.org/abs/2603.01234 ,  1kb)\n", "No authors", "Text."),
        ("Title: <script>x</script> kept as text\n\\\\\n  A.\n", "<script>x</script> kept as text", "A."),
        ("Title: Windows\r\nAuthors: Ada Example\r\n\\\\\r\n  Lines.\r\n", "Windows", "Lines."),
        ("Title: $x^2$ and \\'etale\n\\\\\n  $\\alpha$ decays.\n", "$x^2$ and étale", "$\\alpha$ decays."),
    ],
)
def test_a_mails_entry_is_read_as_far_as_it_goes(tmp_path: Path, rest: str, title: str, abstract: str) -> None:
    (item,) = mail(tmp_path, HEAD + rest)
    assert isinstance(item, Record)
    assert (item.paper.title, item.paper.abstract) == (title, abstract)


def test_an_endless_entry_is_cut_and_an_old_id_is_read(tmp_path: Path) -> None:
    old = "\\\\\nPaper: hep-th/9901001\nDate: Fri, 1 Jan 1999 10:00:00 GMT\n\nTitle: Old\nAuthors: A. Example\n\\\\\n"
    endless, last = mail(tmp_path, f"{HEAD}Title: Long\n\\\\\n{'word ' * 50_000}\n{old}")
    assert isinstance(endless, Record)
    assert len(endless.paper.abstract) < 50_000
    assert isinstance(last, Record)
    assert (last.source_id, last.paper.year) == ("hep-th/9901001", 1999)


def test_categories_that_are_none_are_left_out() -> None:
    fields = {"Title": "T", "Categories": f"cs.IR; stat.ML 68T05 {'x' * 50} cs.IR <b>"}
    assert listed_paper("2603.01234v3", fields, "").categories == ("cs.IR", "stat.ML")
    assert listed_paper("2603.01234v3", fields, "").version == 3


@pytest.mark.parametrize(
    "page",
    [
        "<dl><dt>[1] <a href='/abs/2603.01234'>arXiv:2603.01234</a></dt><dd>Title: Unclosed<dd>Subjects: (cs.IR)",
        "<DL><DT>[1] <A HREF='/abs/2603.01234'>arXiv:2603.01234</A></DT><DD><DIV>Title: Unclosed</DIV></DD></DL>",
        "<dt>[1] arXiv:2603.01234</dt><dd><div>Title: Un&#99;losed</div><script>[2] arXiv:1</script></dd>",
    ],
)
def test_a_page_in_bad_or_old_html_is_read(tmp_path: Path, page: str) -> None:
    (item,) = listing(tmp_path, page)
    assert isinstance(item, Record)
    assert (item.paper.title, item.paper.ids.arxiv) == ("Unclosed", "2603.01234")


def test_an_entry_without_a_title_is_rejected_with_its_line(tmp_path: Path) -> None:
    (item,) = listing(tmp_path, "\n\n<dt>[1] arXiv:2603.01234</dt><dd></dd>")
    assert isinstance(item, Rejected)
    assert "needs an id and a title" in item.reason


@pytest.mark.parametrize(
    ("key", "groups", "keywords", "paths"),
    [
        ("a", "", [], ()),
        ("a", "One, Two,, One ", [], ("In / One", "Two")),
        ("b", "", [], ("By hand",)),
        ("a", "", ["ML", "ml"], ("Topic",)),
        ("b", "One", ["ml"], ("In / One", "By hand", "Topic")),
    ],
)
def test_groups_of_an_entry_come_from_field_key_and_keyword(
    key: str, groups: str, keywords: list[str], paths: tuple[str, ...]
) -> None:
    known = Groups({"One": "In / One"}, {"b": ("By hand",)}, {"ml": ("Topic",)})
    assert known.of(key, groups, keywords) == paths


def test_a_tree_written_is_the_tree_read() -> None:
    names = ["A", "A / B", "A / B / C", "D / E", "Ünïcode / 例"]
    text = grouping(names)
    assert set(read_groups(text).paths.values()) >= {"A", "A / B", "A / B / C", "D", "D / E", "Ünïcode / 例"}
    assert grouping(["{}", " / ", ";;"]) == ""


@pytest.mark.parametrize(
    ("locations", "arxiv"),
    [
        ([{"landing_page_url": "https://arxiv.org/abs/2603.01234"}], "2603.01234"),
        ([{"landing_page_url": None}, {"pdf_url": "http://arxiv.org/pdf/hep-th/9901001v2"}], "hep-th/9901001"),
        ([None, 7, {"landing_page_url": "https://example.org/arxiv"}], ""),
        ("rubbish", ""),
    ],
)
def test_a_works_preprint_is_found_among_its_places(locations: Any, arxiv: str) -> None:
    row = row_of_work({"id": "https://openalex.org/W1234567", "title": "T", "authorships": [], "locations": locations})
    assert row is not None
    assert paper_of(row)[0].ids.arxiv == arxiv
