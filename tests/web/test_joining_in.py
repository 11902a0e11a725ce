"""Becoming a member, confirming an address, and a forgotten password: every link leads to a button."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import httpx
import pytest

from tests.clock import NOON
from tests.web.markup import Page
from tests.web.members import PASSWORD, Town, form_token, post, town

NEW = "a long new password"


class Later:
    """A clock that a test moves."""

    def __init__(self) -> None:
        self.at = NOON

    def __call__(self) -> datetime:
        return self.at

    def skip(self, **time: float) -> None:
        self.at += timedelta(**time)


@pytest.fixture
def clock() -> Later:
    return Later()


@pytest.fixture
def open_town(stocked: Path, tmp_path: Path, clock: Later) -> Iterator[Town]:
    with town(stocked, tmp_path / "library", 'sign_up = "open"', clock) as running:
        yield running


def sent(running: Town, answer: httpx.Response) -> str:
    assert answer.status_code == 200, answer.text
    assert "Look into your mail" in answer.text
    assert Page(answer.text).faults == []
    return answer.text


def without_tokens(text: str) -> str:
    return re.sub(r'value="[0-9a-f]{64}"', "", text)


# --- open sign-up ---------------------------------------------------------------------------------------------------


def test_one_joins_with_a_confirmed_address(open_town: Town) -> None:
    browser = open_town.browser()
    page = browser.get("/sign-up")
    assert (page.status_code, Page(page.text).faults) == (200, [])
    sent(open_town, post(browser, "/sign-up", email="Nina@Example.ORG"))
    link = open_town.link("nina@example.org")
    for _ in range(3):  # a scanner opens it, too
        form = browser.get(link)
        assert (form.status_code, Page(form.text).faults) == (200, [])
    assert "nina@example.org" in form.text
    answer = post(browser, link, name="Nina", full_name="Nina Novak", password=NEW)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account")
    account = open_town.site.community.accounts.named("nina")
    assert (account.email, account.full_name, account.role, account.invitations_left) == (
        *("nina@example.org", "Nina Novak", "reader"),
        5,
    )
    again = post(open_town.browser(), link, name="nora", password=NEW)
    assert (again.status_code, "does not work, or no longer" in again.text) == (400, True)


def test_the_answer_does_not_tell_who_is_a_member(open_town: Town) -> None:
    browser = open_town.browser()
    answers = [post(browser, "/sign-up", email=email) for email in ("rita@example.org", "nobody@example.org")]
    assert without_tokens(answers[0].text) == without_tokens(answers[1].text)
    assert open_town.link("rita@example.org") == "/sign-in"
    assert open_town.link("nobody@example.org").startswith("/sign-up/")
    answers = [post(browser, "/reset-password", email=email) for email in ("rita@example.org", "nobody@example.org")]
    assert without_tokens(answers[0].text) == without_tokens(answers[1].text)
    assert open_town.link("rita@example.org").startswith("/reset-password/")
    assert open_town.mail == []


def test_a_link_dies_after_a_day(open_town: Town, clock: Later) -> None:
    browser = open_town.browser()
    sent(open_town, post(browser, "/sign-up", email="nina@example.org"))
    link = open_town.link("nina@example.org")
    clock.skip(hours=24)
    dead = browser.get(link)
    assert (dead.status_code, Page(dead.text).faults) == (400, [])


@pytest.mark.parametrize(
    ("fields", "reason"),
    [
        ({"name": "rita"}, "is taken"),
        ({"name": "me"}, "is taken"),  # a reader from before there were accounts
        ({"name": "RITA"}, "is taken"),
        ({"name": "x"}, "cannot be a name"),
        ({"name": "a--b"}, "cannot be a name"),
        ({"name": "rita\u0301"}, "cannot be a name"),
        ({"name": "../etc"}, "cannot be a name"),
        ({"name": "<script>"}, "cannot be a name"),
        ({"password": "short"}, "10 to 500 characters"),
        ({"password": "aaaaaaaaaaaaaaaa"}, "different characters"),
        ({"password": "nina@example.org"}, "neither your name nor your address"),
        ({"full_name": "x" * 81}, "at most 80 characters"),
        ({"full_name": "Nina\u202eNovak"}, "printable"),
    ],
)
def test_what_cannot_be_is_told_and_the_link_still_works(open_town: Town, fields: dict[str, str], reason: str) -> None:
    browser = open_town.browser()
    sent(open_town, post(browser, "/sign-up", email="nina@example.org"))
    link = open_town.link("nina@example.org")
    answer = post(browser, link, **{"name": "nina", "password": NEW, **fields})
    assert (answer.status_code, Page(answer.text).faults) == (400, [])
    assert reason in answer.text
    assert NEW not in answer.text
    assert post(browser, link, name="nina", password=NEW).status_code == 303


@pytest.mark.parametrize(
    "email", ["nobody", "a@b@c", "a b@c.org", "a@c.org\r\nBcc: d@e.org", "<a@c.org>", "", "x" * 300 + "@c.org"]
)
def test_what_is_no_address_is_not_written_to(open_town: Town, email: str) -> None:
    answer = post(open_town.browser(), "/sign-up", email=email)
    assert (answer.status_code, Page(answer.text).faults) == (400, [])
    assert open_town.mail == []


def test_an_address_is_not_flooded_and_nobody_signs_up_in_masses(open_town: Town) -> None:
    browser = open_town.browser()
    codes = [post(browser, "/sign-up", email="nina@example.org").status_code for _ in range(4)]
    assert codes == [200, 200, 200, 429]
    codes = [post(browser, "/sign-up", email=f"n{n}@example.org").status_code for n in range(8)]
    assert codes == [200] * 7 + [429]  # ten an hour from one network
    assert post(browser, "/sign-up", email="last@example.org").headers["retry-after"] == "3600"


def test_guesses_of_codes_are_counted(open_town: Town) -> None:
    browser = open_town.browser()
    paths = [f"/{kind}/guess-{n}" for n in range(20) for kind in ("sign-up", "invitations", "reset-password")]
    assert {browser.get(path).status_code for path in paths} == {400}
    assert browser.get("/confirm/guess").status_code == 429


def test_sign_up_is_by_invitation_where_it_is_not_open(members: Town) -> None:
    browser = members.browser()
    page = browser.get("/sign-up")
    assert (page.status_code, "by invitation" in page.text) == (200, True)
    assert post(browser, "/sign-up", email="nina@example.org").status_code == 400
    assert members.mail == []


# --- invitations ----------------------------------------------------------------------------------------------------


def invited(running: Town, by: str = "rita", note: str = "for Nina") -> str:
    """The path of a new invitation."""
    answer = post(running.as_(by), "/account/invitations", note=note)
    assert (answer.status_code, Page(answer.text).faults) == (200, [])
    found = re.search(rf"<code>{running.url}(/invitations/[\w-]{{43}})</code>", answer.text)
    assert found
    return found[1]


def test_a_member_invites_and_the_tree_is_kept(own_town: Town) -> None:
    link, browser = invited(own_town), own_town.browser()
    form = browser.get(link)
    assert (form.status_code, Page(form.text).faults) == (200, [])
    assert "rita invites you" in form.text
    answer = post(browser, link, name="nina", password=NEW, email="nina@example.org")
    assert answer.status_code == 303
    accounts = own_town.site.community.accounts
    assert accounts.named("nina").email == ""  # until it is confirmed
    confirm = own_town.link("nina@example.org")
    button = browser.get(confirm)
    assert (button.status_code, Page(button.text).faults) == (200, [])
    assert accounts.named("nina").email == ""
    assert post(browser, confirm).status_code == 200
    assert accounts.named("nina").email == "nina@example.org"
    assert post(browser, confirm).status_code == 400
    assert accounts.named("rita").invitations_left == 4
    [rita] = [one for one in accounts.administration.tree() if one.name == "rita"]
    assert [one.name for one in rita.invited] == ["nina"]
    page = own_town.as_("amos").get("/admin/accounts").text
    assert page.index(">rita</a>", page.index('id="tree"')) < page.index(">nina</a>", page.index('id="tree"'))
    assert "used by nina" in own_town.as_("rita").get("/account").text


def test_an_invitation_works_once_and_not_after_two_weeks_or_when_taken_back(
    stocked: Path, tmp_path: Path, clock: Later
) -> None:
    with town(stocked, tmp_path / "library", clock=clock) as running:
        link, browser = invited(running), running.browser()
        assert post(browser, link, name="nina", password=NEW).status_code == 303
        assert post(running.browser(), link, name="nora", password=NEW).status_code == 400
        late = invited(running)
        taken = invited(running)
        number = running.site.community.accounts.joining.invitations_of(running.site.community.accounts.named("rita"))[
            0
        ].id
        assert post(running.as_("otto"), "/account/invitations/revoke", invitation=str(number)).status_code == 400
        assert post(running.as_("rita"), "/account/invitations/revoke", invitation=str(number)).status_code == 303
        assert running.site.community.accounts.named("rita").invitations_left == 3
        clock.skip(days=14)
        assert [post(running.browser(), one, name="nora", password=NEW).status_code for one in (late, taken)] == [
            400,
            400,
        ]


def test_invitations_end(own_town: Town) -> None:
    for _ in range(5):
        invited(own_town)
    answer = post(own_town.as_("rita"), "/account/invitations")
    assert (answer.status_code, "no invitations are left" in answer.text) == (400, True)
    for _ in range(7):
        invited(own_town, "amos")


def test_an_invitation_of_who_is_suspended_does_not_work(own_town: Town) -> None:
    link = invited(own_town)
    accounts = own_town.site.community.accounts
    accounts.administration.suspend(accounts.named("rita"), "spam", "amos")
    assert own_town.browser().get(link).status_code == 400


# --- a forgotten password -------------------------------------------------------------------------------------------


def test_a_forgotten_password_is_set_by_a_link(open_town: Town, clock: Later) -> None:
    rita = open_town.as_("rita")
    browser = open_town.browser()
    sent(open_town, post(browser, "/reset-password", email="rita@example.org"))
    link = open_town.link("rita@example.org")
    sent(open_town, post(browser, "/reset-password", email="rita@example.org"))
    other = open_town.link("rita@example.org")
    form = browser.get(link)
    assert (form.status_code, Page(form.text).faults) == (200, [])
    assert rita.get("/library").status_code == 200  # opening it changed nothing
    assert post(browser, link, password="short").status_code == 400
    assert post(browser, link, password=NEW).status_code == 303
    assert browser.get("/library").status_code == 200
    assert rita.get("/library").status_code == 401
    assert [post(open_town.browser(), one, password=PASSWORD).status_code for one in (link, other)] == [400, 400]
    assert post(open_town.browser(), "/sign-in", name="rita", password=PASSWORD).status_code == 400
    assert post(open_town.browser(), "/sign-in", name="rita", password=NEW).status_code == 303
    assert [subject for _, subject, _ in open_town.mail] == ["Your password at Broadsheet was changed"]


def test_a_link_to_reset_dies_after_an_hour(open_town: Town, clock: Later) -> None:
    sent(open_town, post(open_town.browser(), "/reset-password", email="rita@example.org"))
    link = open_town.link("rita@example.org")
    clock.skip(minutes=60)
    assert open_town.browser().get(link).status_code == 400


def test_a_code_of_one_purpose_does_not_serve_another(open_town: Town) -> None:
    browser = open_town.browser()
    sent(open_town, post(browser, "/reset-password", email="rita@example.org"))
    code = open_town.link("rita@example.org").rpartition("/")[2]
    for path in ("sign-up", "confirm", "invitations"):
        assert post(browser, f"/{path}/{code}", name="nina", password=NEW).status_code == 400
    assert browser.get(f"/reset-password/{code}").status_code == 200


def test_links_name_the_address_that_is_set_whatever_a_request_says(stocked: Path, tmp_path: Path) -> None:
    with town(stocked, tmp_path / "library", 'sign_up = "open"\nurl = "https://papers.example.org"') as running:
        browser = running.browser()
        token = form_token(browser)
        headers = {"X-Forwarded-Host": "evil.example", "Forwarded": "host=evil.example"}
        browser.post("/reset-password", data={"csrf": token, "email": "rita@example.org"}, headers=headers)
        text = running.letter("rita@example.org")
        assert "https://papers.example.org/reset-password/" in text
        assert "evil" not in text


def test_a_session_ends_when_it_is_not_used(stocked: Path, tmp_path: Path, clock: Later) -> None:
    with town(stocked, tmp_path / "library", "session_days = 3", clock) as running:
        rita, otto = running.as_("rita"), running.as_("otto")
        clock.skip(days=2)
        assert rita.get("/library").status_code == 200
        clock.skip(days=2)
        assert [one.get("/library").status_code for one in (rita, otto)] == [200, 401]
