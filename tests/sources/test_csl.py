"""CSL-JSON lists."""

from __future__ import annotations

import json
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.kit.errors import SourceError
from broadsheet.kit.paper import Identifiers, Person, Record
from broadsheet.sources.files.json_source import JsonSource
from tests.sources.reading import anything, fuzz, mutations, papers, read, rejections, survives

ITEM = {
    "id": "ex1", "type": "article", "title": "An <i>invented</i> paper", "number": "arXiv:2603.01234",
    "publisher": "arXiv",
    "author": [{"family": "Example", "given": "Ada"},
               {"family": "Berg", "given": "Bo", "non-dropping-particle": "van den"},
               {"literal": "The Consortium"}],
    "issued": {"date-parts": [[2026, "3", 1]]}, "DOI": "10.1234/INV.1", "URL": "https://a.b/c", "abstract": "Abstract.",
    "container-title": "Journal", "keyword": "ranking, search", "volume": 3, "custom": {"openalex": "W1"}, "PMID": "77",
}  # fmt: skip
SAMPLE = json.dumps([ITEM, {"id": 2, "title": "Second", "issued": {"raw": "May 1999"}}], indent=1)


def test_items() -> None:
    first, second = read(JsonSource(), SAMPLE, "z.json")
    assert isinstance(first, Record)
    assert isinstance(second, Record)
    paper = first.paper
    assert (first.source, first.source_id, first.place) == ("csl:z.json", "ex1", "z.json:2")
    assert paper.title == "An invented paper"
    assert paper.authors == (
        Person("Ada Example", "Ada", "Example"),
        Person("Bo van den Berg", "Bo", "van den Berg"),
        Person("The Consortium", is_group=True),
    )
    assert (paper.year, paper.submitted, paper.kind, paper.venue) == (2026, date(2026, 3, 1), "preprint", "Journal")
    assert paper.ids == Identifiers(arxiv="2603.01234", doi="10.1234/inv.1", openalex="W1", pmid="77")
    assert (paper.keywords, paper.urls) == (("ranking", "search"), ("https://a.b/c",))
    assert paper.extra == {"citation_key": "ex1", "publisher": "arXiv", "volume": "3"}
    assert (second.source_id, second.paper.title, second.paper.year) == ("2", "Second", 1999)


def test_cut_or_broken_items_are_quarantined() -> None:
    items = read(JsonSource(), '[{"title": "One"}, 5,\n {"id": "x"},\n {"title": "Two"}, {"title": "Thr', "z.json")
    assert [paper.title for paper in papers(items)] == ["One", "Two"]
    assert [(bad.place, bad.reason.split(":")[0]) for bad in rejections(items)] == [
        ("z.json:1", "the record is not a JSON object but int"),
        ("z.json:2", "the record has no title (its columns"),
        ("z.json:3", "not valid JSON at character 30"),
    ]


def test_list_under_items_and_absurd_dates() -> None:
    items = [{"title": "T", "issued": {"date-parts": [[2020, 99, 99]]}}, {"title": "U", "issued": {"date-parts": 5}}]
    first, second = papers(read(JsonSource(), json.dumps({"items": items})))
    assert (first.year, first.submitted, second.year) == (2020, None, None)


@pytest.mark.parametrize("data", ["", '"text"', "nonsense"])
def test_other_files_are_refused(data: str) -> None:
    with pytest.raises(SourceError, match="expected JSON objects, each with a `title`"):
        read(JsonSource(), data)


@fuzz
@given(anything | mutations(SAMPLE.encode()))
def test_no_input_crashes(data: bytes) -> None:
    survives(JsonSource(), data)


junk = st.recursive(
    st.none() | st.integers() | st.floats() | st.text(max_size=5), lambda x: st.lists(x, max_size=3), max_leaves=5
)


@fuzz
@given(
    st.dictionaries(
        st.sampled_from([*ITEM]), junk | st.dictionaries(st.sampled_from(["date-parts", "raw", "openalex"]), junk)
    )
)
def test_no_types_crash(item: dict[str, object]) -> None:
    survives(JsonSource(), json.dumps([item | {"title": "T"}]).encode())
