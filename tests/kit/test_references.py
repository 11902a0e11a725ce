"""What records say that a paper cites, in the forms of several sources."""

from __future__ import annotations

from typing import Any

import pytest

from broadsheet.kit.paper import Paper
from broadsheet.kit.references import references


@pytest.mark.parametrize(
    ("extra", "cited"),
    [
        ({}, set()),
        ({"referenced_works": ["https://openalex.org/W2741809807", "W12"]}, {("openalex", "W2741809807")}),
        ({"reference": [{"key": "r", "DOI": "10.5555/ABC"}, {"unstructured": "X. arXiv:2401.00001v2"}]},
         {("doi", "10.5555/abc"), ("arxiv", "2401.00001")}),
        ({"references": [{"externalIds": {"ArXiv": "2401.00002", "DOI": "10.5555/s2"}, "paperId": None}]},
         {("arxiv", "2401.00002"), ("doi", "10.5555/s2")}),
        ({"references": "10.5555/a; https://doi.org/10.48550/arXiv.2401.00003"},
         {("doi", "10.5555/a"), ("arxiv", "2401.00003")}),
        ({"references": {"not": "a list"}, "reference": 7, "referenced_works": [None, 3, ["x"], {}]}, set()),
        ({"reference": [{"DOI": "x" * 1_000_000}, {"DOI": ["10.5555/a"]}]}, set()),
    ],
)  # fmt: skip
def test_references_are_read_in_every_form(extra: dict[str, Any], cited: set[tuple[str, str]]) -> None:
    assert references(Paper("A paper", extra=extra)) == cited


def test_a_record_with_a_million_references_is_read_in_part() -> None:
    paper = Paper("A paper", extra={"references": [f"10.5555/{n}" for n in range(20_000)]})
    assert len(references(paper)) == 5000
