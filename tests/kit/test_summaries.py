"""The sentence that says in short what a paper is about."""

import pytest

from broadsheet.kit.paper import Paper
from broadsheet.kit.summaries import summary_of


@pytest.mark.parametrize(
    ("paper", "summary"),
    [
        (Paper("T"), ""),
        (Paper("T", abstract="Long."), ""),
        (Paper("T", summary="Ours.", extra={"tldr": "Theirs."}), "Ours."),
        (Paper("T", extra={"tldr": " Theirs. "}), "Theirs."),
        (Paper("T", extra={"TL;DR": "Theirs."}), "Theirs."),
        (Paper("T", extra={"tldr": {"model": "m", "text": "Made by a model."}}), "Made by a model."),
        (Paper("T", extra={"tldr": ["no", "text"]}), ""),
        (Paper("T", extra={"tldr": {"text": 3}}), ""),
    ],
)
def test_summary(paper: Paper, summary: str) -> None:
    assert summary_of(paper) == summary
