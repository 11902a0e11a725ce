"""Reading lists as files for people, whatever their papers are called."""

from __future__ import annotations

from broadsheet.community.list_files import list_file
from broadsheet.kit.paper import Identifiers, Paper, Person
from broadsheet.kit.reading_lists import ListedPaper, ReadingList, Section

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
