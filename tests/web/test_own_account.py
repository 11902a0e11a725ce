"""A member's own account, and what administrators do to accounts."""

from __future__ import annotations

import re

import pytest

from tests.web.markup import Page
from tests.web.members import PASSWORD, Town, post

NEW = "a long new password"


def test_the_page_is_sound_and_kept_by_nobody(members: Town) -> None:
    for name in ("rita", "cleo", "amos"):
        answer = members.as_(name).get("/account")
        assert (answer.status_code, Page(answer.text).faults) == (200, [])
        assert answer.headers["cache-control"] == "private, no-store"
        assert len(answer.content) < 150_000
    assert members.as_("").get("/account").status_code == 401


def test_what_others_see_is_chosen_and_private_until_then(own_town: Town) -> None:
    accounts = own_town.site.community.accounts
    assert accounts.named("rita").show_votes is None
    assert 'value="no" checked' in own_town.as_("rita").get("/account").text
    post(own_town.as_("rita"), "/account/profile", full_name=" Rita  Reader ", show_votes="yes")
    assert (accounts.named("rita").full_name, accounts.named("rita").show_votes) == ("Rita Reader", True)
    post(own_town.as_("rita"), "/account/profile", full_name="", show_votes="no")
    assert (accounts.named("rita").full_name, accounts.named("rita").show_votes) == ("", False)
    answer = post(own_town.as_("rita"), "/account/profile", full_name="<b>" + "x" * 90)
    assert (answer.status_code, Page(answer.text).faults) == (400, [])


def test_a_new_password_signs_every_other_browser_out(own_town: Town) -> None:
    first, second = own_town.as_("rita"), own_town.browser()
    post(second, "/sign-in", name="rita", password=PASSWORD)
    before = dict(first.cookies)
    assert post(first, "/account/password", password="wrong", new=NEW).status_code == 400
    assert post(first, "/account/password", password=PASSWORD, new="short").status_code == 400
    assert second.get("/account").status_code == 200
    answer = post(first, "/account/password", password=PASSWORD, new=NEW)
    assert (answer.status_code, answer.headers["location"]) == (303, "/account?done=password")
    assert "every other browser is signed out" in first.get("/account?done=password").text
    assert second.get("/account").status_code == 401
    session = next(name for name in before if name.endswith("_session"))
    assert first.cookies[session] != before[session]
    assert "Your password was changed" in own_town.letter("rita@example.org")


def test_the_present_password_is_not_guessed_in_a_stolen_browser(own_town: Town) -> None:
    rita = own_town.as_("rita")
    codes = [post(rita, "/account/password", password=f"guess {n}", new=NEW).status_code for n in range(11)]
    assert codes == [400] * 10 + [429]


def test_another_address_counts_when_it_is_confirmed(own_town: Town) -> None:
    rita, accounts = own_town.as_("rita"), own_town.site.community.accounts
    assert post(rita, "/account/address", email="r@example.org", password="wrong").status_code == 400
    assert post(rita, "/account/address", email="r@example.org", password=PASSWORD).status_code == 200
    first = own_town.link("r@example.org")
    assert post(rita, "/account/address", email="r2@example.org", password=PASSWORD).status_code == 200
    second = own_town.link("r2@example.org")
    assert accounts.named("rita").email == "rita@example.org"
    assert post(rita, first).status_code == 400  # a later wish voids it
    assert post(own_town.browser(), second).status_code == 200  # in whichever browser
    assert accounts.named("rita").email == "r2@example.org"


def test_nobody_takes_the_address_of_another(own_town: Town) -> None:
    answer = post(own_town.as_("rita"), "/account/address", email="otto@example.org", password=PASSWORD)
    assert answer.status_code == 200
    assert "://" not in own_town.letter("otto@example.org")


def test_two_who_want_one_address_get_it_once(own_town: Town) -> None:
    links = []
    for name in ("rita", "otto"):
        post(own_town.as_(name), "/account/address", email="new@example.org", password=PASSWORD)
        links.append(own_town.link("new@example.org"))
    assert [post(own_town.browser(), link).status_code for link in links] == [200, 400]


def test_browsers_are_listed_and_signed_out(own_town: Town) -> None:
    rita, other, third = own_town.as_("rita"), own_town.browser(), own_town.browser()
    for browser, agent in ((other, "Phone <script>"), (third, "Tablet")):
        browser.headers["User-Agent"] = agent
        post(browser, "/sign-in", name="rita", password=PASSWORD)
    page = rita.get("/account").text
    assert "Phone &lt;script&gt;, last used" in page
    assert page.count("Sign it out") == 2
    number = re.search(r'<span>Tablet[^<]*</span>.*?name="session" value="(\d+)"', page)
    assert number
    post(own_town.as_("otto"), "/account/sessions/end", session=number[1])
    assert third.get("/account").status_code == 200  # it is not otto's to end
    post(rita, "/account/sessions/end", session=number[1])
    assert [one.get("/account").status_code for one in (rita, other, third)] == [200, 200, 401]
    post(rita, "/account/sessions/end")
    assert [one.get("/account").status_code for one in (rita, other)] == [200, 401]


# --- administrators -------------------------------------------------------------------------------------------------


def test_accounts_are_found_and_pages_are_sound(members: Town) -> None:
    amos = members.as_("amos")
    for path in ("/admin/accounts", "/admin/accounts?q=rita", "/admin/accounts?q=%25_", "/admin/audit"):
        answer = amos.get(path)
        assert (answer.status_code, Page(answer.text).faults) == (200, []), path
        assert answer.headers["cache-control"] == "private, no-store"
    found = amos.get("/admin/accounts?q=RIT").text
    assert re.findall(r'<h2 id="account-\d+">(\w+)</h2>', found) == ["rita"]
    assert re.findall(r'<h2 id="account-\d+">', amos.get("/admin/accounts?q=%25_").text) == []


def test_a_role_is_given_and_the_member_signs_in_again(own_town: Town) -> None:
    rita, amos, number = own_town.as_("rita"), own_town.as_("amos"), own_town.number("rita")
    assert rita.get("/sources").status_code == 403
    answer = post(amos, f"/admin/accounts/{number}/role", role="curator")
    assert (answer.status_code, answer.headers["location"]) == (303, "/admin/accounts?q=rita&done=role")
    assert rita.get("/sources").status_code == 401
    post(rita, "/sign-in", name="rita", password=PASSWORD)
    assert rita.get("/sources").status_code == 200
    assert post(amos, f"/admin/accounts/{number}/role", role="visitor").status_code == 400
    assert post(amos, f"/admin/accounts/{number}/role", role="king").status_code == 400
    assert post(amos, "/admin/accounts/999/role", role="reader").status_code == 404


def test_who_is_suspended_is_told_why_and_comes_back(own_town: Town) -> None:
    rita, amos, number = own_town.as_("rita"), own_town.as_("amos"), own_town.number("rita")
    assert post(amos, f"/admin/accounts/{number}/suspend", reason=" ").status_code == 400
    post(amos, f"/admin/accounts/{number}/suspend", reason="sent spam")
    assert rita.get("/account").status_code == 401
    told = post(rita, "/sign-in", name="rita", password=PASSWORD)
    assert (told.status_code, "suspended: sent spam" in told.text) == (400, True)
    wrong = post(rita, "/sign-in", name="rita", password="wrong password")
    assert "spam" not in wrong.text
    post(amos, f"/admin/accounts/{number}/restore")
    assert post(rita, "/sign-in", name="rita", password=PASSWORD).status_code == 303
    log = amos.get("/admin/audit").text
    acts = re.findall(r"<td>amos</td><td>(\w+)</td><td>(\w+)</td><td>([^<]*)</td>", log)
    assert acts == [("restore", "rita", ""), ("suspend", "rita", "sent spam")]
    public = own_town.as_("").get("/moderation/log").text
    acts = re.findall(r"<td>amos</td><td>(\w+)</td><td>([^<]*)</td><td>([^<]*)</td>", public)
    assert acts == [("restore", "a member", ""), ("suspend", "a member", "")]
    assert not re.search("rita|sent spam", public)


@pytest.mark.parametrize(("act", "fields"), [("role", {"role": "reader"}), ("suspend", {"reason": "tired"})])
def test_an_administrator_is_left(own_town: Town, act: str, fields: dict[str, str]) -> None:
    amos = own_town.as_("amos")
    answer = post(amos, f"/admin/accounts/{own_town.number('amos')}/{act}", **fields)
    assert (answer.status_code, Page(answer.text).faults) == (400, [])
    assert "last administrator" in answer.text
    assert amos.get("/admin/audit").status_code == 200
    assert own_town.site.community.accounts.administration.log() == []
