from __future__ import annotations

import httpx
import pytest

from tests.web.markup import Page
from tests.web.served import Served

BIBTEX = """@article{one, title={Late interaction with pruned token vectors}, author={Lee, Ada}, year={2026},
  eprint={2601.00001}, archivePrefix={arXiv}}
@article{two, title={Salt marshes and the slow tide}, author={Reed, Joan}, year={2020}}
@article{bad, author={Nobody}, year={2020}}
"""


def test_save_returns_to_the_page_and_says_so(own: Served) -> None:
    number = own.number("2601.00001")
    answer = own.post(f"/papers/{number}/act", action="save", next="/search?q=late", position="3", policy="test")
    assert answer.status_code == 303
    assert answer.headers["location"] == f"/search?q=late&done=save&paper={number}#p{number}"
    assert set(own.library.state("me").saved) == {number}
    page = own.client.get(answer.headers["location"])
    assert "Saved “Late interaction with pruned token vectors”." in page.text
    assert Page(page.text).faults == []


@pytest.mark.parametrize(
    ("action", "rating", "hidden"), [("up", 1, False), ("down", -1, False), ("hide", None, True)], ids=str
)
def test_actions_and_their_undo(own: Served, action: str, rating: int | None, hidden: bool) -> None:
    number = own.number("2601.00002")
    own.post(f"/papers/{number}/act", action=action)
    state = own.library.state("me")
    assert state.ratings.get(number) == rating
    assert (number in state.hidden) is hidden
    answer = own.post("/undo", next="/search?q=token")
    assert answer.headers["location"] == f"/search?q=token&done=undo&was={action}&paper={number}#p{number}"
    state = own.library.state("me")
    assert (dict(state.ratings), set(state.hidden)) == ({}, set())
    assert own.post("/undo").headers["location"] == "/?done=nothing"


def test_a_script_gets_a_fragment(own: Served) -> None:
    number = own.number("2601.00001")
    sent = {"csrf": own.token(), "action": "hide", "next": "/"}
    answer = own.client.post(f"/papers/{number}/act", data=sent, headers={"X-Fragment": "true"})
    assert answer.status_code == 200
    assert "<html" not in answer.text
    assert f'id="a{number}"' in answer.text
    assert "data-hidden" in answer.text
    assert 'data-swap="outer"' in answer.text
    assert 'id="notice" data-swap="inner"' in answer.text
    assert 'action="/undo"' in answer.text
    undone = own.client.post("/undo", data={"csrf": sent["csrf"]}, headers={"X-Fragment": "true"})
    assert f'id="a{number}"' in undone.text
    assert "data-hidden" not in undone.text


def test_opening_is_noted_quietly(own: Served) -> None:
    number = own.number("2601.00001")
    assert own.post(f"/papers/{number}/act", action="open").status_code == 204
    assert list(own.library.state("me").opened) == [number]


def test_the_page_learns(own: Served) -> None:
    picks = [str(own.number(f"2512.0010{n}")) for n in (1, 2)]
    assert own.post("/start", pick=picks).headers["location"] == "/?done=start"
    page = own.client.get("/").text
    assert Page(page).faults == []
    assert "Make this page yours" not in page
    first = page.index('class="card lead"')
    assert "Coral reef acoustics number 3" in page[first : first + 900]
    assert "Near “<a href" in page.replace("\n", "")
    assert "Looks for" in page


@pytest.mark.parametrize(("path", "fields"), [("/start", {}), ("/reset", {}), ("/import", {"text": "  "})], ids=str)
def test_forms_left_empty_are_told(own: Served, path: str, fields: dict[str, str]) -> None:
    answer = own.post(path, **fields)
    assert answer.status_code == 400
    assert Page(answer.text).faults == []


def test_import_a_file(own: Served) -> None:
    sent = {"file": ("../../my refs.bib", BIBTEX.encode(), "application/x-bibtex")}
    answer = own.client.post("/import", data={"csrf": own.token(), "next": "/"}, files=sent)
    assert answer.status_code == 303, answer.text
    state = own.library.state("me")
    titles = {own.library.paper(i).paper.title for i in state.saved}
    assert titles == {"Late interaction with pruned token vectors", "Salt marshes and the slow tide"}
    page = own.client.get(answer.headers["location"]).text
    assert "1 new, 1 here already" in page
    assert "1 could not be read" in page
    sources = own.client.get("/sources").text
    assert "my refs.bib" in sources
    assert "broadsheet-" not in sources  # nothing of the temporary folder


@pytest.mark.parametrize("text", ["2601.00001\nhttps://doi.org/10.5555/late.1", BIBTEX], ids=["ids", "bibtex"])
def test_import_pasted_text(own: Served, text: str) -> None:
    answer = own.post("/import", text=text)
    assert answer.status_code == 303
    assert own.number("2601.00001") in own.library.state("me").saved


def test_tags_and_collections(own: Served) -> None:
    number = own.number("2601.00001")
    tag = 'to/read & "soon"'
    own.post(f"/papers/{number}/act", action="tag", value=tag)
    own.post("/collections", what="add", name="Group", paper=str(number))
    assert own.library.state("me").tags[tag] == {number}
    assert own.library.collections("me") == {"Group": (number,)}
    for query in ({"tag": tag}, {"collection": "Group"}):
        page = own.client.get("/library", params=query)
        assert Page(page.text).faults == []
        assert "Late interaction with pruned" in page.text
        exported = own.client.get("/library/export/jsonl", params=query)
        assert len(exported.text.splitlines()) == 1
    assert Page(own.client.get(f"/paper/{number}").text).faults == []
    own.post(f"/papers/{number}/act", action="untag", value=tag)
    own.post("/collections", what="remove", name="Group", paper=str(number))
    assert own.library.collections("me") == {"Group": ()}
    own.post("/collections", what="delete", name="Group")
    assert own.library.collections("me") == {}
    assert not own.library.state("me").tags.get(tag)
    assert own.post(f"/papers/{number}/act", action="tag", value=" ").status_code == 400


def test_the_mix_can_be_set_and_set_back(own: Served) -> None:
    own.post("/tuning", recency="0.9", diversity="0", exploration="1")
    mix = own.library.tuning("me")
    assert (mix.recency, mix.diversity, mix.exploration) == (0.9, 0.0, 1.0)
    own.post(f"/papers/{own.number('2512.00101')}/act", action="save")
    assert own.client.get("/").status_code == 200  # every setting gives a page
    own.post("/tuning/default")
    mix = own.library.tuning("me")
    assert (mix.recency, mix.diversity, mix.exploration) == (0.25, 0.3, 0.05)
    assert own.post("/tuning", recency="7", diversity="0", exploration="0").status_code == 400


def test_forget_me(own: Served) -> None:
    own.post(f"/papers/{own.number('2601.00001')}/act", action="save")
    assert own.post("/reset", sure="yes").status_code == 303
    assert dict(own.library.state("me").saved) == {}
    assert "Make this page yours" in own.client.get("/").text


def test_quarantine_is_shown_and_cleared(own: Served) -> None:
    own.post("/import", text=BIBTEX)
    records = own.library.quarantine()
    assert len(records) == 1
    page = own.client.get("/sources")
    assert records[0].reason in page.text.replace("&#39;", "'")
    assert Page(page.text).faults == []
    own.post("/quarantine/clear", record=str(records[0].id))
    assert own.library.quarantine() == []


def test_a_sync_runs_in_the_background_and_tells_its_end(own: Served) -> None:
    assert own.post("/sources/sync", name="no-such-source").headers["location"] == "/sources?done=sync"
    own.client.get("/sources/progress")
    syncing = own.client  # the page itself shows the end
    for _ in range(100):
        text = syncing.get("/sources/progress").text
        if "Last sync" in text:
            break
    assert "no-such-source" in text


@pytest.mark.parametrize(
    "target", ["//evil.example", "https://evil.example", "/\\evil.example", "javascript:x", "/\r\nX: y"]
)
def test_no_redirect_leaves_the_site(own: Served, target: str) -> None:
    answer = own.post("/undo", next=target)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/?done=nothing"


@pytest.mark.parametrize("what", ["explode", ""])
def test_unknown_actions_are_refused(own: Served, what: str) -> None:
    assert own.post("/papers/1/act", action=what).status_code == 400
    assert own.post("/collections", what=what, name="x", paper="1").status_code == 400
    assert own.post("/papers/9999/act", action="save").status_code == 404


def test_a_notice_says_only_what_we_wrote(site: Served) -> None:
    for query in ("done=evil", "done=save&paper=<b>", "done=import&read=<i>&added=1e9", "done=save&paper=999999"):
        answer: httpx.Response = site.client.get(f"/?{query}")
        assert answer.status_code == 200
        assert "<b>" not in answer.text
        assert "<i>" not in answer.text
