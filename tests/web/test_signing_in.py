"""Signing in and out: sessions of browsers."""

from __future__ import annotations

import httpx
import pytest

from broadsheet.community.accounts.credentials import hashed
from broadsheet.kit.errors import RateLimited, UsageError
from tests.web.markup import Page
from tests.web.members import PASSWORD, Town, form_token, post
from tests.web.served import Served


def cookies(answer: httpx.Response) -> dict[str, str]:
    """Set-Cookie headers by the name of the cookie without its port."""
    return {
        line.partition("=")[0].partition("_")[2].lstrip("0123456789"): line
        for line in answer.headers.get_list("set-cookie")
    }


def test_a_member_signs_in_and_out(own_town: Town) -> None:
    browser = own_town.browser()
    page = browser.get("/sign-in")
    assert (page.status_code, Page(page.text).faults) == (200, [])
    assert page.headers["cache-control"] == "private, no-store"
    answer = post(browser, "/sign-in", name=" Rita ", password=PASSWORD, next="/library")
    assert (answer.status_code, answer.headers["location"]) == (303, "/library")
    assert '<a href="/account">rita</a>' in browser.get("/library").text
    assert browser.get("/sign-in", params={"next": "/search"}).headers["location"] == "/search"
    kept = dict(browser.cookies)
    out = post(browser, "/sign-out")
    assert (out.status_code, out.headers["location"]) == (303, "/")
    assert browser.get("/library").status_code == 401
    again = httpx.get(own_town.url + "/library", cookies=kept, trust_env=False)
    assert again.status_code == 401  # the session is over, not only forgotten by the browser


def test_an_address_serves_as_a_name(own_town: Town) -> None:
    assert post(own_town.browser(), "/sign-in", name="RITA@example.org", password=PASSWORD).status_code == 303


def test_the_session_cookie_is_for_this_site_alone_and_the_database_has_its_hash(own_town: Town) -> None:
    browser = own_town.browser()
    line = cookies(post(browser, "/sign-in", name="rita", password=PASSWORD))["_session"]
    assert line.endswith("; Path=/; Max-Age=34560000; HttpOnly; SameSite=Lax")
    token = line.partition("=")[2].partition(";")[0]
    assert len(token) == 43  # 32 bytes
    content = (
        own_town.library.catalogue.path.read_bytes()
        + own_town.library.catalogue.path.with_suffix(".db-wal").read_bytes()
    )
    assert token.encode() not in content
    assert hashed(token).encode() in content


def test_no_session_that_was_planted_is_taken_over(own_town: Town) -> None:
    browser, cookie = own_town.browser(), f"broadsheet_{own_town.url.rpartition(':')[2]}_session"
    for planted in ("planted", own_town.as_("otto").cookies[cookie]):
        browser.cookies.set(cookie, planted, domain="127.0.0.1", path="/")
        token = form_token(browser, "/search")
        answer = browser.post("/sign-in", data={"csrf": token, "name": "rita", "password": PASSWORD})
        assert answer.status_code == 303
        assert planted not in cookies(answer)["_session"]
    assert own_town.as_("otto").get("/library").status_code == 401  # the session this browser had before has ended


def test_forms_from_before_signing_in_are_void(own_town: Town) -> None:
    browser = own_town.browser()
    before = form_token(browser)
    post(browser, "/sign-in", name="rita", password=PASSWORD)
    assert browser.post("/papers/1/act", data={"csrf": before, "action": "save"}).status_code == 403
    assert post(browser, "/papers/1/act", action="save").status_code == 303


@pytest.mark.parametrize(
    "target",
    ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)", "", "/\t/evil.example"],
)
def test_after_signing_in_one_stays_here(own_town: Town, target: str) -> None:
    answer = post(own_town.browser(), "/sign-in", name="rita", password=PASSWORD, next=target)
    assert answer.headers["location"] == "/"
    assert own_town.as_("rita").get("/sign-in", params={"next": target}).headers["location"] == "/"


def test_a_wrong_name_and_a_wrong_password_look_the_same(own_town: Town) -> None:
    tries = (("rita", "wrong password"), ("nobody", PASSWORD), ("nobody@example.org", PASSWORD), ("rita", ""))
    answers = [post(own_town.browser(), "/sign-in", name=name, password=password) for name, password in tries]
    assert [answer.status_code for answer in answers] == [400] * 4
    assert all("This name and password do not belong together." in answer.text for answer in answers)
    assert Page(answers[0].text).faults == []
    assert all("_session" not in cookies(answer) for answer in answers)


def test_a_form_of_another_site_signs_nobody_in(own_town: Town) -> None:
    fields = {"name": "otto", "password": PASSWORD}
    browser = own_town.browser()
    assert browser.post("/sign-in", data=fields).status_code == 403
    other = form_token(own_town.browser())
    assert browser.post("/sign-in", data={**fields, "csrf": other}).status_code == 403
    form_token(browser)
    headers = {"Origin": "https://evil.example"}
    assert browser.post("/sign-in", data={**fields, "csrf": form_token(browser)}, headers=headers).status_code == 403


def test_guesses_are_slowed_and_the_member_is_not_locked_out_by_others(own_town: Town) -> None:
    browser = own_town.browser()
    token = form_token(browser)
    codes = [
        browser.post("/sign-in", data={"csrf": token, "name": "rita", "password": f"guess number {n}"}).status_code
        for n in range(11)
    ]
    assert codes == [400] * 10 + [429]
    right = browser.post("/sign-in", data={"csrf": token, "name": "rita", "password": PASSWORD})
    assert (right.status_code, right.headers["retry-after"]) == (429, "900")
    assert "Come back in 15 minutes." in right.text
    accounts = own_town.site.community.accounts
    assert accounts.sign_in("rita", PASSWORD, address="192.0.2.7")


def test_guessers_with_many_addresses_do_not_keep_the_member_out(own_town: Town) -> None:
    accounts, browser = own_town.site.community.accounts, own_town.as_("rita")
    post(browser, "/sign-out")
    for n in range(200):
        with pytest.raises(UsageError, match="do not belong together"):
            accounts.sign_in("rita", "guess", address=f"192.0.2.{n}")
    with pytest.raises(RateLimited) as refused:
        accounts.sign_in("rita", PASSWORD, address="198.51.100.1")
    assert refused.value.seconds == 24 * 3600
    assert post(browser, "/sign-in", name="rita", password=PASSWORD).status_code == 303
    assert post(own_town.browser(), "/sign-in", name="rita", password=PASSWORD).status_code == 429
    otto = own_town.as_("otto")  # a browser of somebody else is no browser of rita's
    assert post(otto, "/sign-in", name="rita", password=PASSWORD).status_code == 429


def test_what_is_forgotten_is_what_one_did_and_not_who_one_is(own_town: Town) -> None:
    rita = own_town.as_("rita")
    post(rita, "/papers/1/act", action="save")
    post(rita, "/papers/1/act", action="tag", value="x")
    post(rita, "/collections", what="create", name="Shelf")
    post(rita, "/tuning", recency="1", diversity="0", exploration="0")
    assert post(rita, "/reset", sure="yes").status_code == 303
    kept = rita.get("/api/v1/library").json()
    assert (kept["saved"], kept["tags"], kept["collections"]) == ({}, {}, {})
    assert rita.get("/api/v1/tuning").json()["recency"] != 1
    assert rita.get("/account").status_code == 200
    post(rita, "/papers/2/act", action="save")
    assert rita.get("/api/v1/library").json()["saved"].keys() == {"2"}


def test_visitors_see_papers_and_a_way_in(members: Town) -> None:
    visitor = members.as_("")
    for path in ("/", "/search", "/search?q=token", "/paper/1", "/similar?like=1", "/api", "/api/v1/search?q=token"):
        answer = visitor.get(path)
        assert answer.status_code == 200, path
        if answer.headers["content-type"].startswith("text/html"):
            assert Page(answer.text).faults == [], path
            assert ">Sign in</a>" in answer.text
            assert 'href="/library"' not in answer.text.partition("</nav>")[0]
    refused = visitor.get("/library?shelf=saved")
    assert (refused.status_code, Page(refused.text).faults) == (401, [])
    assert 'href="/sign-in?next=%2Flibrary%3Fshelf%3Dsaved"' in refused.text


def test_where_there_is_one_reader_nobody_signs_in(own: Served) -> None:
    assert own.client.get("/sign-in").status_code == 404
    assert own.post("/sign-in", name="me", password="x").status_code == 404
    assert "Sign in" not in own.client.get("/").text
