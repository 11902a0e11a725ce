"""Signing in with an account elsewhere: a real OpenID Connect provider in a process of its own."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest

from broadsheet.community.accounts.oidc import Providers
from broadsheet.kit.clock import utc_now  # the provider has the real clock
from broadsheet.kit.errors import SourceError, UsageError
from broadsheet.settings.oidc import Oidc, OidcProvider
from tests.web.markup import Page
from tests.web.members import Town, form_token, post, town
from tests.web.provider import running_provider


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    """The issuer of a provider that runs."""
    with running_provider() as issuer:
        yield issuer


def settings(issuer: str, how: str = "open") -> str:
    """Lines of the settings."""
    return (
        f'sign_up = "{how}"\n[[oidc.providers]]\nname = "Uni"\nissuer = "{issuer}"\n'
        'client_id = "broadsheet"\nclient_secret = "hush"'
    )


@pytest.fixture
def place(stocked: Path, tmp_path: Path, provider: str) -> Iterator[Town]:
    """A community whose members may sign in at the provider."""
    with town(stocked, tmp_path / "library", settings(provider), utc_now) as made:
        yield made


def consent(address: str, subject: str) -> str:
    """Sign in at the provider as somebody; where it sends the browser back to."""
    with httpx.Client(trust_env=False) as there:
        answer = there.post(address, data={"sub": subject})
        assert answer.status_code in {302, 303}, answer.text
        return answer.headers["location"]


def away(browser: httpx.Client, path: str = "/sign-in/with/uni?next=/library") -> str:
    """Where we send the browser to."""
    answer = browser.get(path)
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


def test_somebody_new_becomes_a_member_and_comes_back(place: Town) -> None:
    browser = place.browser()
    assert "Sign in with Uni" in browser.get("/sign-in").text
    back = consent(away(browser), "0000-0001")
    page = browser.get(back)
    assert (page.status_code, Page(page.text).faults) == (200, [])
    assert 'value="Nina Novak"' in page.text
    assert "Your address will be nina@uni.example." in page.text
    csrf = re.findall('name="csrf" value="([0-9a-f]+)"', page.text)[0]
    joined = browser.post("/sign-in/join", data={"csrf": csrf, "name": "nina", "full_name": "Nina Novak"})
    assert (joined.status_code, joined.headers["location"]) == (303, "/library")
    account = place.site.community.accounts.named("nina")
    assert (account.email, account.full_name, account.has_password) == ("nina@uni.example", "Nina Novak", False)
    again = place.browser()
    answer = again.get(consent(away(again), "0000-0001"))
    assert (answer.status_code, answer.headers["location"]) == (303, "/library")
    assert again.get("/library").status_code == 200
    page = again.get("/account")
    assert Page(page.text).faults == []
    refused = post(
        again, "/account/disconnect", issuer=place.site.library.settings.oidc.providers[0].issuer, subject="0000-0001"
    )
    assert (refused.status_code, "only way to sign in" in refused.text) == (400, True)


def test_a_members_address_elsewhere_opens_no_account(place: Town) -> None:
    browser = place.browser()
    page = browser.get(consent(away(browser), "0000-0002"))
    assert "A member here has your address." in page.text
    assert browser.get("/library").status_code == 401
    csrf = re.findall('name="csrf" value="([0-9a-f]+)"', page.text)[0]
    browser.post("/sign-in/join", data={"csrf": csrf, "name": "rita2"})
    assert place.site.community.accounts.named("rita2").email == ""  # rita keeps hers
    assert place.site.community.accounts.named("rita").email == "rita@example.org"


def test_an_address_that_the_provider_has_not_verified_is_nobodys(place: Town) -> None:
    browser = place.browser()
    page = browser.get(consent(away(browser), "0000-0003"))
    assert "otto@example.org" not in page.text
    assert "A member here has your address." not in page.text


def test_a_member_connects_and_then_signs_in_either_way(place: Town) -> None:
    rita = place.as_("rita")
    page = rita.get(consent(away(rita, "/account/connect/uni"), "0000-0002"))
    assert "Connect your account rita" in page.text
    csrf = re.findall('name="csrf" value="([0-9a-f]+)"', page.text)[0]
    assert rita.post("/account/connect", data={"csrf": csrf}).status_code == 303
    browser = place.browser()
    assert browser.get(consent(away(browser), "0000-0002")).headers["location"] == "/library"
    assert '<a href="/account">rita</a>' in browser.get("/library").text
    otto = place.as_("otto")
    answer = otto.get(consent(away(otto, "/account/connect/uni"), "0000-0002"))
    assert answer.status_code == 303  # it is rita's: nothing is offered
    issuer = place.site.library.settings.oidc.providers[0].issuer
    assert post(rita, "/account/disconnect", issuer=issuer, subject="0000-0002").status_code == 303
    assert place.browser().get(consent(away(place.browser()), "0000-0002")).status_code == 400  # another browser's


def test_who_is_suspended_stays_out(place: Town) -> None:
    accounts = place.site.community.accounts
    otto = place.as_("otto")
    page = otto.get(consent(away(otto, "/account/connect/uni"), "0000-0003"))
    csrf = re.findall('name="csrf" value="([0-9a-f]+)"', page.text)[0]
    otto.post("/account/connect", data={"csrf": csrf})
    accounts.administration.suspend(accounts.named("otto"), "spam", "amos")
    browser = place.browser()
    answer = browser.get(consent(away(browser), "0000-0003"))
    assert (answer.status_code, "suspended: spam" in answer.text) == (400, True)


def test_where_one_is_invited_the_code_counts_once(stocked: Path, tmp_path: Path, provider: str) -> None:
    with town(stocked, tmp_path / "library", settings(provider, "invitation"), utc_now) as place:
        accounts = place.site.community.accounts
        code = accounts.joining.invite(accounts.named("rita"))
        browser = place.browser()
        page = browser.get(consent(away(browser), "0000-0001"))
        csrf = re.findall('name="csrf" value="([0-9a-f]+)"', page.text)[0]
        wrong = browser.post("/sign-in/join", data={"csrf": csrf, "name": "nina", "invitation": "guess"})
        assert (wrong.status_code, "This invitation does not work" in wrong.text) == (400, True)
        link = f"{place.url}/invitations/{code}"
        assert browser.post("/sign-in/join", data={"csrf": csrf, "name": "nina", "invitation": link}).status_code == 303
        assert accounts.named("nina").invited_by == accounts.named("rita").id


@pytest.mark.parametrize("change", [{"state": "other"}, {"code": "other"}, {"state": ""}, {"error": "access_denied"}])
def test_an_answer_that_was_tampered_with_signs_nobody_in(place: Town, change: dict[str, str]) -> None:
    browser = place.browser()
    back = consent(away(browser), "0000-0001")
    query = {key: values[0] for key, values in parse_qs(urlsplit(back).query).items()} | change
    answer = browser.get(urlsplit(back).path, params=query)
    assert (answer.status_code, Page(answer.text).faults) == (400, [])
    assert browser.get("/account").status_code == 401


def test_an_answer_counts_in_the_browser_it_was_asked_from_and_once(place: Town) -> None:
    browser = place.browser()
    back = consent(away(browser), "0000-0001")
    assert place.browser().get(back).status_code == 400  # sent to a victim: whose account would it be?
    assert browser.get(back).status_code == 200
    assert browser.get(back).status_code == 400


def test_whom_we_send_away_comes_back_to_our_own_pages_alone(place: Town) -> None:
    for target in ("https://evil.example", "//evil.example", "/\\evil.example"):
        browser = place.browser()
        page = browser.get(consent(away(browser, f"/sign-in/with/uni?next={target}"), "0000-0001"))
        csrf = re.findall('name="csrf" value="([0-9a-f]+)"', page.text)
        if csrf:
            name = f"nina{len(target)}"
            assert browser.post("/sign-in/join", data={"csrf": csrf[0], "name": name}).headers["location"] == "/"
        else:
            assert page.headers["location"] == "/"


def test_a_form_without_the_way_there_makes_nothing(place: Town) -> None:
    browser = place.browser()
    token = form_token(browser)
    assert browser.post("/sign-in/join", data={"csrf": token, "name": "ghost"}).status_code == 400
    port = place.url.rpartition(":")[2]
    browser.cookies.set(f"broadsheet_{port}_back", "eyJ1bnRpbCI6IDllOTl9.00", domain="127.0.0.1", path="/")
    assert browser.post("/sign-in/join", data={"csrf": token, "name": "ghost"}).status_code == 400
    with pytest.raises(UsageError):
        place.site.community.accounts.named("ghost")
    assert browser.get("/sign-in/with/nobody").status_code == 400


def test_a_provider_that_is_away_is_told_of(stocked: Path, tmp_path: Path) -> None:
    with socket.socket() as closed:
        closed.bind(("127.0.0.1", 0))
        with town(stocked, tmp_path / "library", settings(f"http://127.0.0.1:{closed.getsockname()[1]}")) as place:
            answer = place.browser().get("/sign-in/with/uni")
            assert (answer.status_code, "The provider cannot be reached" in answer.text) == (400, True)


def test_discovery_reaches_nothing_within_our_network(monkeypatch: pytest.MonkeyPatch) -> None:
    one = OidcProvider("Evil", "https://issuer.example", "id")
    document = {"issuer": one.issuer, "token_endpoint": "https://169.254.169.254/latest"}
    asked = []

    def handler(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        return httpx.Response(200, json=document)

    client = httpx.Client
    monkeypatch.setattr(
        "broadsheet.community.accounts.oidc.httpx.Client",
        lambda **options: client(transport=httpx.MockTransport(handler)),
    )
    providers = Providers(Oidc((one,)), lambda: 0.0)
    for key, address in (("token_endpoint", "https://169.254.169.254/latest"), ("jwks_uri", "file:///etc/passwd")):
        document[key] = address
        with pytest.raises(SourceError):
            providers._read(providers._endpoint(one, key), one)
    assert asked == ["https://issuer.example/.well-known/openid-configuration"]
