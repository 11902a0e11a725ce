"""BibTeX as it is found in the wild."""

from __future__ import annotations

import logging
from datetime import date

import pytest
from hypothesis import given

from broadsheet.kit.errors import SourceError
from broadsheet.kit.paper import Identifiers, Person, Record
from broadsheet.sources.files.bibtex import BibtexSource
from tests.sources.reading import anything, fuzz, mutations, papers, read, rejections, survives

SAMPLE = r"""@comment{jabref-meta: databaseType:bibtex;}
@preamble{"\newcommand{\x}{y}"}
@string{inv = "Proc. " # {Inv.}}
% a line between entries
@inproceedings{godel2020,
  title     = {A {Nested {Deep}} Title with $x_{i}$ \& \emph{More}},
  author    = {G\"odel, Kurt and {\'E}va Kov{\'a}cs and van Beethoven, Jr, Ludwig
               and {Research and Development} and others},
  booktitle = inv # " 2020", year = 2020, month = jan, pages = {1--2},
  doi = {https://doi.org/10.1234/Inv.1}, keywords = {ranking; invented, things}, abstract = "An {\ss} abstract
     on two lines.",
  groups = {Reading list, To do}, readstatus = {skimmed}, file = {:C\:/x_y.pdf:PDF},
}
@misc{pre, title={{Preprint}}, author={Ada Example}, eprint={2603.01234v2}, archivePrefix={arXiv}, primaryClass={cs.IR},
  date={2026-03-01}, url={https://arxiv.org/abs/2603.01234}, note={12 pages}}
"""


def one(entry: str) -> Record:
    (item,) = read(BibtexSource(), entry, "refs.bib")
    assert isinstance(item, Record)
    return item


def test_entry_of_a_reference_manager() -> None:
    first, second = read(BibtexSource(), SAMPLE, "refs.bib")
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    paper = first.paper
    assert (first.source, first.source_id, first.place) == ("bibtex:refs.bib", "godel2020", "refs.bib:5")
    assert first.tags == ("Reading list", "To do")
    assert paper.title == "A Nested Deep Title with $x_{i}$ & More"
    assert paper.authors == (
        Person("Kurt Gödel", "Kurt", "Gödel"),
        Person("Éva Kovács", "Éva", "Kovács"),
        Person("Ludwig van Beethoven Jr", "Ludwig", "van Beethoven", suffix="Jr"),
        Person("Research and Development", is_group=True),
    )
    assert (paper.venue, paper.year, paper.kind) == ("Proc. Inv. 2020", 2020, "inproceedings")
    assert (paper.ids.doi, paper.keywords) == ("10.1234/inv.1", ("ranking", "invented", "things"))
    assert paper.abstract == "An ß abstract on two lines."
    assert paper.extra == {
        "date": "2020-01", "pages": "1-2", "readstatus": "skimmed", "files": r":C\:/x_y.pdf:PDF", "et_al": True,
        "citation_key": "godel2020",
    }  # fmt: skip
    assert second.paper.ids == Identifiers(arxiv="2603.01234")
    assert (second.paper.kind, second.paper.categories, second.paper.comments) == ("preprint", ("cs.IR",), "12 pages")
    assert (second.paper.submitted, second.paper.year) == (date(2026, 3, 1), 2026)


@pytest.mark.parametrize(
    "entry",
    [
        "@misc{k, title = {A Title}\n  year = {2001}\n}",
        '@misc{k, title = "A Title" year = 2001, author = {X} }',
        "@MISC{k, TITLE = {A Title}, YEAR = {2001},}",
        "@misc(k, title = {A Title}, year = 2001)",
        "@ misc {k, title = {A Title}, year = 2001}",
        "@misc{k, title = {A Title}, title = {Another}, year = 2001}",
        "\ufeff@misc{k,\r\n title = {A\r\n Title},\r\n year = {2001}\r\n}\r\n",
        '@misc{k, title = "A {T}itle", year = "{2001}"}',
        "Some words first. @misc{k, title = {A Title}, date = {2001-05}}",
        "@misc{k, title = A # { } # Title, year = 2001}",
        "@misc{\n  title = {A Title},\n  year = {2001}\n}",
        "@Misc{title = A Title, YEAR=2001}",
        "@misc{k\n  title = {A Title},\n  year = {2001}\n}",
    ],
)
def test_sloppy_entries_are_understood(entry: str) -> None:  # A21
    paper = one(entry).paper
    assert (paper.title, paper.year) == ("A Title", 2001)


def test_encodings() -> None:
    text = "@misc{k, title = {Größe}, author = {José Núñez}}"
    for data in (text.encode(), text.encode("latin-1"), text.encode("utf-16"), text.encode("utf-8-sig")):
        (paper,) = papers(read(BibtexSource(), data))
        assert (paper.title, paper.authors[0].name) == ("Größe", "José Núñez")
    mixed = text.encode() + b"\n" + text.encode("latin-1")
    assert [paper.title for paper in papers(read(BibtexSource(), mixed))] == ["Größe", "Größe"]


def test_repeated_keys_are_kept_apart() -> None:
    items = read(BibtexSource(), "@misc{k, title={One}}\n@misc{k, title={Two}}\n@misc{, title={None}}")
    assert [(item.source_id, item.paper.title) for item in items if isinstance(item, Record)] == [
        ("k", "One"), ("k~2", "Two"), ("", "None"),
    ]  # fmt: skip


def test_broken_entry_is_quarantined_and_the_rest_read(capfd: pytest.CaptureFixture[str]) -> None:
    items = read(
        BibtexSource(),
        "@misc{a, title={One}}\n@misc{cut, title={Never\n@misc{b, title={Two}}\n@misc{c, year=1}",
        "r.bib",
    )
    assert [paper.title for paper in papers(items)] == ["One", "Two"]
    cut, untitled = rejections(items)
    assert (cut.place, cut.raw) == ("r.bib:2", "@misc{cut, title={Never")
    assert (untitled.place, untitled.reason) == ("r.bib:4", "entry 'c' has no title")
    assert capfd.readouterr().err == ""
    assert logging.getLogger("bibtexparser").level == logging.NOTSET


def test_truncated_file_keeps_what_stands_before_the_cut() -> None:
    cut = SAMPLE.encode()[: SAMPLE.index("12 pages")]
    items = read(BibtexSource(), cut)
    assert len(papers(items)) == 1
    (bad,) = rejections(items)
    assert "the file ends here" in bad.reason


def test_nested_strings_cannot_blow_up() -> None:
    bomb = '@string{a0 = "' + "x" * 100 + '"}\n'
    bomb += "".join(f"@string{{a{n} = a{n - 1} # a{n - 1} # a{n - 1} # a{n - 1}}}\n" for n in range(1, 40))
    paper = one(bomb + "@misc{k, title = {T}, abstract = a39 # a39}").paper
    assert 100 < len(paper.abstract) <= 65_536


@pytest.mark.parametrize("data", ["", "no entry here", "{}", "\x00\x01"])
def test_file_without_entries_is_refused(data: str) -> None:
    with pytest.raises(SourceError, match="expected BibTeX entries"):
        read(BibtexSource(), data)


@fuzz
@given(anything | anything.map(lambda data: b"@misc{" + data) | mutations(SAMPLE.encode()))
def test_no_input_crashes(data: bytes) -> None:
    survives(BibtexSource(), data)
