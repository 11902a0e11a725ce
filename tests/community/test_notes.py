"""Notes and highlights as a reader makes them, and the text that exports have of them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from broadsheet.community import Community
from broadsheet.community.actor import VISITOR, Actor
from broadsheet.community.comments import ME
from broadsheet.community.notes import spans_in
from broadsheet.kit.errors import UnknownPaper, UsageError
from broadsheet.kit.paper import Paper
from tests.catalogue.made import record

Member = Callable[..., Actor]


def test_words_are_found_in_the_title_before_the_abstract(community: Community, member: Member) -> None:
    ada, notes = member("ada"), community.notes
    notes.mark(ada, 1, "LEARNING to\n rank")
    notes.mark(ada, 1, "what arxiv says")
    marked = [(one.field, one.passage.quote) for one in notes.highlights(ada, 1)]
    assert marked == [("title", "Learning to rank"), ("abstract", "What arXiv says")]
    assert notes.highlights(ada, 2) == notes.highlights(member("bo"), 1) == notes.highlights(VISITOR, 1) == []


@pytest.mark.parametrize(
    ("quote", "said"),
    [
        ("not in it at all", "not in the title"),
        ("", "no text in it"),
        (" \x00 ", "no text in it"),
        ("x" * 2001, "at most"),
    ],
)
def test_what_cannot_be_marked(community: Community, member: Member, quote: str, said: str) -> None:
    with pytest.raises(UsageError, match=said):
        community.notes.mark(member("ada"), 1, quote)


def test_who_may_not(community: Community, member: Member) -> None:
    ada, bo = member("ada"), member("bo")
    number = community.notes.mark(ada, 1, "few clicks")
    for actor in (bo, VISITOR):
        with pytest.raises(UsageError, match=f"no highlight {number} of yours"):
            community.notes.unmark(actor, number)
    with pytest.raises(UsageError, match="sign in"):
        community.notes.mark(VISITOR, 1, "few clicks")
    with pytest.raises(UnknownPaper):
        community.notes.mark(ada, 99, "few clicks")
    community.notes.unmark(ada, number)
    with pytest.raises(UsageError, match=f"no highlight {number}"):
        community.notes.unmark(ada, number)


def test_the_text_of_a_paper_has_its_marks_then_its_notes(community: Community, member: Member) -> None:
    ada = member("ada")
    community.comments.add(ada, 1, "first *note*", audience=ME)
    community.comments.add(ada, 1, "said to all")
    community.notes.mark(ada, 1, "few clicks")
    community.comments.add(ada, 3, "on kelp", audience=ME)
    assert community.notes.texts(ada, [1, 2, 3]) == {1: "“few clicks”\n\nfirst *note*", 3: "on kelp"}
    assert community.notes.papers(ada) == {1, 3}
    assert community.notes.texts(member("bo"), [1, 3]) == community.notes.texts(VISITOR, [1]) == {}


def test_marks_stand_where_the_words_are_now(community: Community, member: Member) -> None:
    ada = member("ada")
    community.notes.mark(ada, 1, "few clicks")
    community.notes.mark(ada, 1, "What arXiv")
    own = community.notes.highlights(ada, 1)
    paper = community.library.paper(1).paper
    title, abstract = spans_in(paper, own, "title"), spans_in(paper, own, "abstract")
    assert [paper.title[a:b] for a, b in title] == ["few clicks"]
    assert [paper.abstract[a:b] for a, b in abstract] == ["What arXiv"]
    assert spans_in(Paper("Another title", "Another abstract"), own, "title") == []
    revised = record("Few clicks, revised: learning", "arxiv", "2401.00001", arxiv="2401.00001", version=3)
    community.library.catalogue.papers.add([revised])
    paper = community.library.paper(1).paper
    assert [paper.title[a:b] for a, b in spans_in(paper, own, "title")] == ["Few clicks"]


def test_notes_are_limited_as_comments_are(community: Community, member: Member) -> None:
    from broadsheet.kit.errors import RateLimited

    ada = member("ada")
    most = community.library.settings.discussion.comments_an_hour
    for number in range(most):
        community.comments.add(ada, 1, f"note {number}", audience=ME)
    with pytest.raises(RateLimited):
        community.comments.add(ada, 1, "one too many", audience=ME)
    assert len(community.comments.thread(ada, 1, ME)) == most
