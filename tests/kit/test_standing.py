"""Papers that are retracted or withdrawn, as records say it."""

from __future__ import annotations

import pytest

from broadsheet.kit.paper import Paper
from broadsheet.kit.standing import standing


@pytest.mark.parametrize(
    "title",
    [
        "WITHDRAWN: Rivers and stones",
        "Withdrawn - Rivers and stones",
        "[Withdrawn] Rivers and stones",
        "(Withdrawn) Rivers and stones",
        "Rivers and stones (withdrawn)",
        "Rivers and stones [Withdrawn by the authors].",
        "Withdrawn",
        "Paper withdrawn: Rivers and stones",
    ],
)
def test_titles_say_that_a_paper_is_withdrawn(title: str) -> None:
    assert standing(Paper(title)) == "withdrawn"


@pytest.mark.parametrize(
    "title",
    [
        "[RETRACTED] Rivers and stones",
        "RETRACTED ARTICLE: Rivers and stones",
        "Retracted: Rivers and stones",
        "**Paper retracted by author request (see the notice)** Rivers and stones",
    ],
)
def test_titles_say_that_a_paper_is_retracted(title: str) -> None:
    assert standing(Paper(title)) == "retracted"


@pytest.mark.parametrize(
    "comments",
    [
        "This paper has been withdrawn by the author due to a crucial error in equation 3",
        "This submission has been withdrawn by arXiv administrators",
        "Withdrawn",
        "withdrawn due to an error in Lemma 2",
        "Paper withdrawn. The main theorem is wrong",
        "12 pages. The article is withdrawn, see the new one",
        "Withdrawn by the authors",
        "The author has withdrawn this paper",
        "We withdraw this manuscript",
        "This work was temporarily withdrawn",
    ],
)
def test_comments_say_that_a_paper_is_withdrawn(comments: str) -> None:
    assert standing(Paper("Rivers and stones", comments=comments)) == "withdrawn"
    assert standing(Paper("Rivers and stones", "We study rivers.", comments=comments)) == "withdrawn"


@pytest.mark.parametrize(
    ("abstract", "said"),
    [
        ("This paper has been withdrawn by the author due to an error.", "withdrawn"),
        ("The manuscript is withdrawn.", "withdrawn"),
        ("Withdrawn by the author.", "withdrawn"),
        ("We ask when a patient is withdrawn from a study.", ""),
        ("Money is withdrawn from banks. This paper has a model of it.", ""),
    ],
)
def test_an_abstract_that_begins_so_says_it(abstract: str, said: str) -> None:
    assert standing(Paper("Rivers and stones", abstract)) == said


@pytest.mark.parametrize(
    ("title", "comments"),
    [
        ("Withdrawn patients in clinical trials", ""),
        ("Why retracted papers are cited", ""),
        ("Retracted and withdrawn work: a study", ""),
        ("Rivers and stones", "Supersedes the withdrawn arXiv:2101.00001"),
        ("Rivers and stones", "12 pages; replaces an earlier withdrawn version"),
        ("Rivers and stones", ""),
    ],
)
def test_papers_that_stand(title: str, comments: str) -> None:
    assert standing(Paper(title, comments=comments)) == ""


def test_what_the_record_says_counts() -> None:
    assert standing(Paper("Rivers", is_retracted=True)) == "retracted"
