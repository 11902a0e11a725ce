"""Voting by the buttons of pages and by programs, and who is kept from it."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor
from html import unescape

import httpx
import pytest

from tests.web.markup import Page
from tests.web.members import PASSWORD, Town, form_token, post
from tests.web.served import Served

KELP = "/paper/5"  # Coral reef acoustics number 1


def button(page: str, number: int = 5) -> tuple[str, str, str]:
    """What the button would do, whether it is pressed, and its words."""
    form = re.search(rf'<form class="vote" id="v{number}".*?</form>', page, re.S)
    assert form
    found = re.search(r'value="(cast|withdraw)" data-key="v" aria-pressed="(\w+)">(.*?)</button>', form[0], re.S)
    assert found, form[0]
    return found[1], found[2], unescape(re.sub("<[^>]+>", "", found[3])).strip()


def test_a_vote_by_a_form_and_back(own_town: Town) -> None:
    rita = own_town.as_("rita")
    page = rita.get(KELP).text
    assert Page(page).faults == []
    assert button(page) == ("cast", "false", "▲ 0 votes")
    answer = post(rita, "/papers/5/vote", vote="cast", page="paper", position="3", next=KELP)
    assert (answer.status_code, answer.headers["location"]) == (303, "/paper/5?done=vote&paper=5#p5")
    page = rita.get(answer.headers["location"]).text
    assert "Your vote for “Coral reef acoustics number 1” is counted." in unescape(page)
    assert button(page) == ("withdraw", "true", "▲ 1 vote")
    assert button(own_town.as_("otto").get(KELP).text) == ("cast", "false", "▲ 1 vote")
    (vote,) = own_town.library.catalogue.community.votes.of_paper(5)
    assert (vote.page, vote.position) == ("paper", 3)
    post(rita, "/papers/5/vote", vote="withdraw")
    assert button(rita.get(KELP).text) == ("cast", "false", "▲ 0 votes")


def test_a_card_has_the_button_and_page_js_swaps_it(own_town: Town) -> None:
    rita = own_town.as_("rita")
    page = rita.get("/search", params={"q": "coral reef"}).text
    assert Page(page).faults == []
    assert button(page) == ("cast", "false", "▲ 0 votes")
    token = form_token(rita, "/search?q=coral+reef")
    answer = rita.post("/papers/5/vote", data={"csrf": token, "vote": "cast"}, headers={"X-Fragment": "true"})
    assert answer.status_code == 200
    assert 'id="v5"' in answer.text
    assert 'data-swap="outer"' in answer.text
    assert button(answer.text) == ("withdraw", "true", "▲ 1 vote")


def test_a_visitor_reads_the_number_and_may_not_vote(own_town: Town) -> None:
    visitor = own_town.as_("")
    page = visitor.get(KELP).text
    assert '<span class="count"><span aria-hidden="true">▲</span> 0 votes</span>' in page
    token = form_token(visitor)
    assert visitor.post("/papers/5/vote", data={"csrf": token, "vote": "cast"}).status_code in (303, 401)
    assert visitor.put("/api/v1/papers/5/vote").status_code == 401
    assert visitor.get("/votes/rules").status_code == 200
    assert visitor.get("/votes").status_code in (303, 401)
    assert own_town.site.community.votes.counts([5]) == {5: 0}


def test_programs_vote_by_put_and_delete(own_town: Town) -> None:
    rita = own_town.as_("rita")
    once = {
        "paper": 5, "votes": 1, "elsewhere": 0, "voted": True, "counted": True, "why_not": "", "voters": [],
    }  # fmt: skip
    for path in ("/api/v1/papers/2512.00101/vote", "/api/v1/papers/5/vote", "/api/papers/2512.00101/upvote"):
        assert rita.put(path).json() == once
    assert rita.get("/api/v1/votes").json() == {"papers": [5]}
    assert rita.get("/api/v1/papers/5/votes").json() == once
    none = {**once, "votes": 0, "voted": False, "counted": False}
    for path in ("/api/papers/2512.00101/upvote", "/api/v1/papers/5/vote"):
        assert rita.delete(path).json() == none
    assert rita.put("/api/v1/papers/999/vote").status_code == 404


def test_another_site_cannot_vote(own_town: Town) -> None:
    rita = own_town.as_("rita")
    rita.get(KELP)
    foreign = {"Origin": "https://evil.example"}
    assert rita.put("/api/v1/papers/5/vote", headers=foreign).status_code == 403
    assert rita.put("/api/v1/papers/5/vote", headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert rita.post("/papers/5/vote", data={"vote": "cast"}).status_code == 403
    token = form_token(own_town.as_("otto"))
    assert rita.post("/papers/5/vote", data={"vote": "cast", "csrf": token}).status_code == 403
    assert rita.get("/papers/5/vote").status_code in (404, 405)
    assert own_town.site.community.votes.counts([5]) == {5: 0}


def test_a_vote_that_is_sent_again_counts_once(own_town: Town) -> None:
    rita = own_town.as_("rita")
    fields = {"csrf": form_token(rita, KELP), "vote": "cast"}
    assert {rita.post("/papers/5/vote", data=fields).status_code for _ in range(5)} == {303}
    assert own_town.site.community.votes.counts([5]) == {5: 1}
    stranger = httpx.post(own_town.url + "/papers/5/vote", data=fields, trust_env=False)
    assert stranger.status_code in (303, 401, 403)
    assert own_town.site.community.votes.counts([5]) == {5: 1}


@pytest.mark.parametrize("position", ["-1", "0", "9" * 9, "x", "²"])
def test_a_place_that_is_none_is_left_out(own_town: Town, position: str) -> None:
    post(own_town.as_("rita"), "/papers/5/vote", vote="cast", position=position, page="\x07" * 200)
    (vote,) = own_town.library.catalogue.community.votes.of_paper(5)
    assert vote.position is None


def test_an_administrator_sees_who_voted_and_decides(own_town: Town) -> None:
    amos, rita = own_town.as_("amos"), own_town.as_("rita")
    post(rita, "/papers/5/vote", vote="cast", page="front", position="2")
    assert rita.get("/admin/votes/5").status_code == 403
    assert post(rita, "/admin/votes/5", reader="rita", counted="no", reason="x").status_code == 403
    page = amos.get("/admin/votes/5").text
    assert Page(page).faults == []
    assert "1 counted of 1" in page
    assert "from front, place 2" in page
    answer = post(amos, "/admin/votes/5", reader="rita", counted="no", reason="<b>a ring</b>")
    assert answer.headers["location"] == "/admin/votes/5?done=decide"
    page = rita.get(KELP).text
    assert "Yours is a bookmark, not counted: &lt;b&gt;a ring&lt;/b&gt;" in page
    mine = rita.get("/votes").text
    assert Page(mine).faults == []
    assert "not counted: &lt;b&gt;a ring&lt;/b&gt;" in mine
    assert post(amos, "/admin/votes/5", reader="rita", counted="yes", reason="a mistake").status_code == 303
    assert own_town.site.community.votes.counts([5]) == {5: 1}


def test_an_administrator_sees_who_votes_together_for_paper_after_paper(own_town: Town) -> None:
    catalogue = own_town.library.catalogue
    ring = [(f"ring{n}", paper) for n in range(6) for paper in (5, 6)]
    papers = [1, 2, 3, 4, 7, 8, 9, 10, 11, 12, 13]
    others = [(f"other{n // 6}", papers[(n // 6 + n % 6) % 11]) for n in range(72)]
    for name, paper in [*ring, *others]:
        catalogue.community.votes.cast(catalogue.readers.get(name, create=True).id, paper, "front", 2)
    amos = own_town.as_("amos")
    page = amos.get("/admin/votes/5").text
    assert Page(page).faults == []
    assert page.count("voted for other papers, too, together with others of this list") == 6
    assert "together with others" not in amos.get("/admin/votes/7").text


def test_a_single_reader_votes_on_the_page_of_a_paper(own: Served) -> None:
    assert own.post("/papers/5/vote", vote="cast").status_code == 303
    assert button(own.client.get(KELP).text) == ("withdraw", "true", "▲ 1 vote")
    assert 'class="vote"' not in own.client.get("/search?q=coral+reef").text
    assert own.client.get("/votes").status_code == 200


def test_a_member_is_asked_once_whether_others_see_their_name(own_town: Town) -> None:
    rita, question = own_town.as_("rita"), "May others see your name with your votes?"
    assert question not in rita.get(KELP).text
    post(rita, "/papers/5/vote", vote="cast")
    page = rita.get(KELP).text
    assert question in page
    assert Page(page).faults == []
    assert "Votes from" not in own_town.as_("").get(KELP).text
    answer = post(rita, "/votes/name", shown="yes", next=KELP)
    assert answer.headers["location"] == "/paper/5?done=voter-yes"
    assert question not in rita.get(KELP).text
    assert question not in rita.get("/votes").text
    assert 'Votes from <a href="/members/rita">rita</a>' in own_town.as_("").get(KELP).text
    assert own_town.as_("").get("/api/v1/papers/5/votes").json()["voters"] == ["rita"]
    post(rita, "/votes/name", shown="no")
    assert "Votes from" not in own_town.as_("").get(KELP).text


def test_fifty_members_vote_at_once_and_every_vote_counts_once(own_town: Town) -> None:
    """By forms and by programs, each vote sent twice; half of them take one back."""
    accounts, papers = own_town.site.community.accounts, (5, 6, 7)

    def vote(n: int) -> list[int]:
        account = accounts.create(f"voter-{n}", PASSWORD)
        with httpx.Client(base_url=own_town.url, trust_env=False, timeout=60) as client:
            cookie = f"broadsheet_{httpx.URL(own_town.url).port}_session"
            client.cookies.set(cookie, accounts.start_session(account.id))
            fields = {"csrf": form_token(client, "/votes/rules"), "vote": "cast"}
            answers = [client.post(f"/papers/{paper}/vote", data=fields) for paper in papers]
            answers += [client.put(f"/api/v1/papers/{paper}/vote") for paper in papers]
            if n % 2:
                answers.append(client.delete("/api/v1/papers/7/vote"))
        return [answer.status_code for answer in answers]

    with ThreadPoolExecutor(50) as pool:
        answers = list(pool.map(vote, range(50)))
    assert {code for codes in answers for code in codes} == {200, 303}
    assert own_town.site.community.votes.counts(papers) == {5: 50, 6: 50, 7: 25}
    rows = [vote.reader for vote in own_town.library.catalogue.community.votes.of_paper(5)]
    assert len(set(rows)) == len(rows) == 50
    assert own_town.library.check().problems == ()
