"""What files and providers say that a paper cites comes through reading, storing and merging."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

import broadsheet
from broadsheet.community import Community
from broadsheet.kit.references import references
from tests.clock import noon

OPENALEX = {
    "id": "https://openalex.org/W100000001",
    "title": "A work of OpenAlex on kelp",
    "authorships": [],
    "publication_year": 2026,
    "referenced_works": ["https://openalex.org/W2741809807", "https://openalex.org/W2741809808"],
}
S2 = {
    "paperId": "a" * 40,
    "title": "A paper of Semantic Scholar on reefs",
    "externalIds": {"DOI": "10.5555/s2"},
    "references": [{"paperId": None, "externalIds": {"ArXiv": "2401.00002"}, "title": "Another"}],
}
CROSSREF = {
    "type": "article-journal",
    "title": "A work of Crossref on corals",
    "DOI": "10.5555/cr",
    "reference": [{"key": "a", "DOI": "10.5555/target"}, {"key": "b", "unstructured": "No identifier, 1999"}],
}
BIBTEX = "@article{k, title={A paper of BibTeX on sand}, author={A, B}, year={2026}, references={10.5555/a; 10.5555/b}}"


@pytest.mark.parametrize(
    ("name", "content", "cited"),
    [
        ("w.jsonl", json.dumps(OPENALEX), {("openalex", "W2741809807"), ("openalex", "W2741809808")}),
        ("s2.jsonl", json.dumps(S2), {("arxiv", "2401.00002")}),
        ("cr.json", json.dumps([CROSSREF]), {("doi", "10.5555/target")}),
        ("b.bib", BIBTEX, {("doi", "10.5555/a"), ("doi", "10.5555/b")}),
    ],
)
def test_references_in_files_are_kept(tmp_path: Path, name: str, content: str, cited: set[Any]) -> None:
    (tmp_path / name).write_text(content + "\n")
    with broadsheet.open(tmp_path / "library", clock=noon) as library:
        (number,) = library.add(tmp_path / name).paper_ids
        assert references(library.paper(number).paper) == cited
        assert library.catalogue.community.alerts.citing(0) == [number]


def test_what_a_second_source_says_is_merged_and_survives_an_export(tmp_path: Path) -> None:
    """The first record lists nothing; the second, of the same DOI, does."""
    plain = {name: value for name, value in CROSSREF.items() if name != "reference"}
    with broadsheet.open(tmp_path / "library", clock=noon) as library:
        for number, item in enumerate((plain, {**CROSSREF, "note": "from elsewhere"})):
            file = tmp_path / f"{number}.json"
            file.write_text(json.dumps([item]))
            library.add(file)
        assert library.stats().papers == 1
        assert references(library.paper(1).paper) == {("doi", "10.5555/target")}
        (tmp_path / "out.bib").write_text("".join(library.export([1], "bibtex")))
        (tmp_path / "out.json").write_text("".join(library.export([1], "csl")))
    with broadsheet.open(tmp_path / "other", clock=noon) as other:
        other.add(tmp_path / "out.json")
        assert references(other.paper(1).paper) <= {("doi", "10.5555/target")}


def test_citations_reach_an_alert_whatever_the_source(tmp_path: Path) -> None:
    mine = tmp_path / "mine.bib"
    mine.write_text("@article{m, title={Mine}, author={Me, My}, year={2025}, doi={10.5555/a}, eprint={2401.00002}}\n")
    with broadsheet.open(tmp_path / "library", clock=noon) as library:
        library.import_saved("me", mine)
        community = Community(library)
        community.alerts.make("me", "cites", "author:My Me", "Cited", mail="no")
        for name, content in (("s2.jsonl", json.dumps(S2)), ("b.bib", BIBTEX), ("cr.json", json.dumps([CROSSREF]))):
            (tmp_path / name).write_text(content + "\n")
            library.add(tmp_path / name)
        assert community.alerts.run().papers == 2
        found = {library.paper(hit.paper_id).paper.title for hit in community.alerts.hits("me", "Cited")}
        assert found == {S2["title"], "A paper of BibTeX on sand"}
        assert community.alerts.citing_known() == (
            2,
            2,
        )  # those of this year alone have no day, and count as of January
