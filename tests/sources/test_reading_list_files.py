"""Reading lists as files for people, whatever their papers are called."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest

from broadsheet.community.list_files import list_file
from broadsheet.kit.errors import UsageError
from broadsheet.kit.export_formats import ExportFormat
from broadsheet.kit.paper import Identifiers, Paper, Person
from broadsheet.kit.reading_formats import READING_FORMATS, reading_format
from broadsheet.kit.reading_lists import ListedPaper, ReadingList, Section
from broadsheet.sources.files.write_reading_list import address_of

ONE = Paper("Late interaction_of *terms*", authors=(Person("Ada Lee"), Person("Bo Lin")), venue="SIGIR", year=2020)
TWO = Paper("<script>alert(1)</script>", ids=Identifiers(doi="10.1/x"), urls=("javascript:alert(1)",))
LIST = ReadingList(
    "For the & group",
    [
        Section("Basics", [ListedPaper(ONE, "start *here*", "“a passage”\n\nmy note")]),
        Section("Empty", []),
        Section("", [ListedPaper(TWO)]),
    ],
)


def written(form: str) -> str:
    return "".join(list_file(LIST, form))


def test_markdown_has_sections_numbers_links_and_remarks() -> None:
    text = written("markdown")
    assert text.startswith("# For the & group\n\n## Basics\n")
    assert "1. **Late interaction\\_of \\*terms\\***  \n   Ada Lee, Bo Lin  \n   SIGIR, 2020\n" in text
    assert "*start \\*here\\**" in text
    assert "   > “a passage”\n   >\n   > my note\n" in text
    assert "## Further papers\n\n2. **[\\<script\\>alert(1)\\</script\\>](<https://doi.org/10.1/x>)**" in text


def test_html_prints_on_paper_with_links_written_out_and_runs_nothing() -> None:
    text = written("html")
    assert "<h1>For the &amp; group</h1>" in text
    assert '<ol start="2">' in text
    assert '<a href="https://doi.org/10.1/x">https://doi.org/10.1/x</a>' in text
    assert ("<script" in text, "javascript:" in text, "@page" in text) == (False, False, True)


def test_reference_files_have_remark_and_notes_in_their_own_field() -> None:
    assert "annote = {start *here*" in written("bibtex")
    assert "RN  - start *here*" in written("ris")
    assert written("csl").count('"id"') == 2


def test_a_long_list_of_authors_is_counted() -> None:
    many = Paper("Many", authors=tuple(Person(f"Author {n}") for n in range(12)))
    text = "".join(list_file(ReadingList("x", [Section("", [ListedPaper(many)])]), "markdown"))
    assert "Author 7 and 4 more" in text
    assert "##" not in text


@pytest.mark.parametrize(
    ("paper", "address"),
    [
        (Paper("x", ids=Identifiers(doi="10.1/a b<c>")), "https://doi.org/10.1/a%20b%3Cc%3E"),
        (Paper("x", ids=Identifiers(arxiv="2601.00001")), "https://arxiv.org/abs/2601.00001"),
        (Paper("x", ids=Identifiers(arxiv="2601.00001", doi="10.1/x")), "https://doi.org/10.1/x"),
        (Paper("x", urls=("ftp://example.org/x", "https://example.org/x")), "https://example.org/x"),
        (Paper("x", urls=("javascript:alert(1)",)), ""),
        (Paper("x"), ""),
    ],
)
def test_a_paper_is_read_at_one_address(paper: Paper, address: str) -> None:
    assert address_of(paper) == address


@pytest.mark.parametrize("title", ["", " ", "\n"])
def test_a_paper_without_a_title_has_a_place(title: str) -> None:
    listed = ReadingList("x", [Section("", [ListedPaper(Paper(title))])])
    assert "Untitled" in "".join(list_file(listed, "markdown"))
    assert "Untitled" in "".join(list_file(listed, "html"))


@pytest.mark.parametrize(
    "text",
    ["</style><script>", "<!-- ", "]]>", "&amp;", "a\u2028b", "\x00\x1b[31m", "# no heading", "1. no item", "x" * 5000],
)
def test_hostile_words_stay_words(text: str) -> None:
    paper = Paper(text, authors=(Person(text),), venue=text)
    listed = ReadingList(text, [Section(text, [ListedPaper(paper, text, text)])])
    page = "".join(list_file(listed, "html"))
    assert ("<script" in page, "<!--" in page, page.count("</style>")) == (False, False, 1)
    plain = ReadingList(text, [Section(text, [ListedPaper(replace(paper, title=f"{text} $x$"), text)])])
    markdown = "".join(list_file(plain, "markdown"))
    assert "<script" not in markdown.replace("\\<script", "")
    assert markdown.count("\n# ") + markdown.startswith("# ") <= 2
    for form in ("bibtex", "ris", "csl", "csv", "json", "jsonl"):
        assert "".join(list_file(listed, form))


def test_numbers_go_on_through_sections_and_empty_ones_have_no_list() -> None:
    sections = [Section(name, [ListedPaper(Paper(f"{name} {n}")) for n in range(count)]) for name, count in
                (("A", 2), ("B", 0), ("C", 3))]  # fmt: skip
    page = "".join(list_file(ReadingList("x", sections), "html"))
    assert [int(start) for start in re.findall(r'<ol start="(\d+)">', page)] == [1, 3]
    assert [line.split(".")[0] for line in "".join(list_file(ReadingList("x", sections), "markdown")).splitlines()
            if line[:1].isdigit()] == ["1", "2", "3", "4", "5"]  # fmt: skip


def test_formats_are_known_by_their_names() -> None:
    assert [one.name for one in READING_FORMATS[:2]] == ["markdown", "html"]
    assert {one.name for one in READING_FORMATS[2:]} == {str(form) for form in ExportFormat}
    assert [reading_format(one.name) for one in READING_FORMATS] == list(READING_FORMATS)
    assert len({one.ending for one in READING_FORMATS}) == len(READING_FORMATS) - 1  # JSON twice
    with pytest.raises(UsageError, match="no format 'x'"):
        reading_format("x")
