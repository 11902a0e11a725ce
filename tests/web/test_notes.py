"""Notes and highlights: kept for their reader alone, shown on the paper, found again in a new version of its text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from broadsheet.kit.paper import Record
from tests.web.discussion import HOSTILE, sound
from tests.web.members import Town, post, town
from tests.web.served import PAPERS, Served

QUOTE = PAPERS[0].abstract.split(". ")[0][:60]
TITLE = PAPERS[1].title.split()[0]


@pytest.fixture(scope="module")
def place(stocked: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """Rita has a note and two highlights on paper 1."""
    with town(stocked, tmp_path_factory.mktemp("notes") / "library") as running:
        rita = running.as_("rita")
        post(rita, "/papers/1/comments", text="my **private** thought", audience="me")
        assert post(rita, "/papers/1/highlights", what="mark", quote=QUOTE).status_code == 303
        yield running


def test_a_note_and_a_highlight_are_on_the_page_of_their_reader(place: Town) -> None:
    page = sound(place.as_("rita").get("/paper/1"))
    assert ("my <strong>private</strong> thought" in page, "Your notes (1)" in page, "<mark>" in page) == (True,) * 3
    assert "Comments (1)" not in page


def test_nobody_else_sees_them(place: Town) -> None:
    for name in ("otto", "cleo", "amos", ""):
        client = place.as_(name)
        for path in (
            "/paper/1",
            "/paper/1/comments",
            "/comments/1",
            "/papers/1.md",
            "/members/rita",
            "/moderation/log",
        ):
            answer = client.get(path)
            assert ("private" in answer.text, "<mark>" in answer.text) == (False, False), (name, path)
        for path in ("/api/v1/papers/1/comments", "/api/papers/1"):
            text = client.get(path).text
            assert ("thought" in text, '"numComments": 1' in text) == (False, False), (name, path)
        if name:
            assert client.get("/api/v1/papers/1/notes").json() == []
            assert client.get("/api/v1/papers/1/highlights").json() == []
            assert post(client, "/comments/1/report", reason="spam").status_code in {400, 404}
            assert post(client, "/papers/1/highlights", what="unmark", highlight="1").status_code == 400
    assert place.as_("cleo").post("/comments/1/hide", data={"reason": "no"}).status_code in {403, 404}
    assert place.site.community.comments.counts(place.site.actor, [1]) == {1: 0}


def test_a_note_is_answered_changed_and_deleted_within_its_audience(place: Town) -> None:
    rita = place.as_("rita")
    answer = post(rita, "/papers/1/comments", text="and one more", parent="1")
    assert "/paper/1?done=keep-note" in answer.headers["location"]
    number = int(answer.headers["location"].rpartition("#c")[2])
    assert "Your note on" in sound(rita.get(f"/comments/{number}"))
    shown = post(rita, "/papers/1/comments", text=HOSTILE, audience="me", what="preview")
    assert ('name="audience" value="me"' in shown.text, "<script>alert" in shown.text) == (True, False)
    post(rita, f"/comments/{number}/edit", text="and one changed")
    assert [one["text"] for one in rita.get("/api/v1/papers/1/notes").json()] == [
        "my **private** thought", "and one changed",
    ]  # fmt: skip
    post(rita, f"/comments/{number}/delete")
    assert len(rita.get("/api/v1/papers/1/notes").json()) == 1
    assert post(rita, "/papers/1/comments", text="x", audience="family").status_code == 400


def test_a_passage_is_marked_by_its_words_and_unmarked(place: Town) -> None:
    rita = place.as_("rita")
    body = rita.post("/api/v1/papers/2/highlights", json={"quote": TITLE.upper()}).json()
    assert [(one["field"], one["quote"], one["start"]) for one in body] == [("title", TITLE, 0)]
    assert len(rita.post("/api/v1/papers/2/highlights", json={"quote": TITLE}).json()) == 1
    assert f"<mark>{TITLE}</mark>" in sound(rita.get("/paper/2"))
    refused = rita.post("/api/v1/papers/2/highlights", json={"quote": "words that are not there"})
    assert (refused.status_code, "not in the title or the abstract" in refused.text) == (400, True)
    assert rita.request("DELETE", f"/api/v1/papers/2/highlights?highlight={body[0]['id']}", json={}).json() == []
    assert post(rita, "/papers/2/highlights", what="paint").status_code == 400
    assert place.as_("").post("/api/v1/papers/2/highlights", json={"quote": TITLE}).status_code == 401


def test_they_go_along_with_the_archive_and_with_exports(place: Town) -> None:
    rita = place.as_("rita")
    rows = place.library.catalogue.community.belongings.all(place.library.catalogue.readers.get("rita").id)
    assert ([row["quote"] for row in rows["highlights"]], rows["comments"][0]["text"]) == (
        [QUOTE], "my **private** thought",
    )  # fmt: skip
    post(rita, "/collections", what="add", name="Notes", paper="1")
    number = place.site.community.reading_lists.get("rita", "Notes").collection.id
    text = rita.get(f"/collections/{number}/export/markdown?notes=1").text
    assert (f"> “{QUOTE}”" in text, "> my **private** thought" in text) == (True, True)
    assert "thought" not in rita.get(f"/collections/{number}/export/markdown").text
    assert "private" in rita.get(f"/collections/{number}/export/bibtex?notes=1").text
    post(rita, f"/collections/{number}", what="share", name="otto")
    assert "thought" not in place.as_("otto").get(f"/collections/{number}/export/markdown?notes=1").text


def test_a_highlight_survives_a_new_version_and_says_when_its_words_are_gone(own: Served) -> None:
    own.post("/papers/1/highlights", what="mark", quote=QUOTE)
    changed = replace(PAPERS[0], abstract=f"In this version more is said. {PAPERS[0].abstract}", version=7)
    own.library.add(Record(changed, "invented", "inv-0", "invented:0"))
    assert f"<mark>{QUOTE}</mark>" in sound(own.client.get("/paper/1"))
    own.library.add(Record(replace(changed, abstract="Nothing of it is left.", version=8), "invented", "inv-0", "i:0"))
    page = sound(own.client.get("/paper/1"))
    assert ("no longer in the text" in page, "<mark>" in page) == (True, False)
    [one] = own.client.get("/api/v1/papers/1/highlights").json()
    assert (one["start"], one["quote"]) == (None, QUOTE)


def test_a_search_is_restricted_to_what_one_noted_or_marked(place: Town) -> None:
    def found(name: str) -> list[int]:
        answer = place.as_(name).get("/api/v1/search", params={"q": "has:note"}).json()
        return [one["paper"]["id"] for one in answer["results"]]

    assert (found("rita"), found("otto"), found("")) == ([1], [], [])


def test_one_reader_alone_has_notes_below_the_paper_as_before(own: Served) -> None:
    own.post("/papers/1/comments", text="for myself")
    page = sound(own.client.get("/paper/1"))
    assert (page.count("for myself"), "Your notes (1)" in page, "In your groups" in page) == (1, True, False)
