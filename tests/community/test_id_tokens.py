"""ID tokens of a provider: one that is signed, of now, and for us signs in; whatever else is sent, signs nobody in."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from joserfc import jwt
from joserfc.jwk import ECKey, KeySet, OctKey

from broadsheet.community.accounts import oidc
from broadsheet.community.accounts.oidc import Claims, Providers, Started
from broadsheet.kit.errors import SourceError, UsageError
from broadsheet.settings.oidc import Oidc, OidcProvider

ISSUER, CLIENT, NOW = "https://id.example.org", "broadsheet", 1_782_900_000
KEY, OTHER_KEY = ECKey.generate_key("P-256", {"kid": "1"}), ECKey.generate_key("P-256", {"kid": "1"})
PROVIDER = OidcProvider("Uni", ISSUER, CLIENT, "a secret")
STARTED = Started("uni", "the state", "the nonce", "the verifier")
GOOD = {
    "iss": ISSUER,
    "sub": "0000-0001",
    "aud": CLIENT,
    "exp": NOW + 300,
    "iat": NOW,
    "nonce": "the nonce",
    "email": "Nina@Uni.example",
    "email_verified": True,
    "name": "Nina Novak",
}
DOCUMENT = {
    "issuer": ISSUER,
    "authorization_endpoint": f"{ISSUER}/authorize",
    "token_endpoint": f"{ISSUER}/token",
    "jwks_uri": f"{ISSUER}/keys",
}


def token(claims: Mapping[str, Any] | None = None, *, key: Any = KEY, header: Mapping[str, Any] | None = None) -> str:
    """An ID token with these changes; a claim that is None is left out."""
    content = {name: value for name, value in {**GOOD, **(claims or {})}.items() if value is not None}
    return jwt.encode({"alg": "ES256", "kid": "1", **(header or {})}, content, key)


class Elsewhere:
    """A provider that answers from memory, and notes what it was asked."""

    def __init__(self, answer: object, keys: list[Any], document: Mapping[str, Any]) -> None:
        self.answer, self.keys, self.document = answer, keys, document
        self.asked: list[tuple[str, str, dict[str, Any]]] = []

    def __call__(self, method: str, address: str, provider: OidcProvider, **options: Any) -> dict[str, Any]:
        self.asked.append((method, address, options))
        if address.endswith("openid-configuration"):
            return dict(self.document)
        if address.endswith("/keys"):
            keys = self.keys.pop(0) if len(self.keys) > 1 else self.keys[0]
            return dict(KeySet([keys]).as_dict(private=False))
        return {"id_token": self.answer} if isinstance(self.answer, str) else dict(self.answer)  # type: ignore[call-overload]


Answer = Callable[..., tuple[Providers, Elsewhere]]


@pytest.fixture
def providers(monkeypatch: pytest.MonkeyPatch) -> Answer:
    def make(
        answer: object, *keys: Any, document: Mapping[str, Any] | None = None, provider: OidcProvider = PROVIDER
    ) -> tuple[Providers, Elsewhere]:
        there = Elsewhere(answer, list(keys or (KEY,)), {**DOCUMENT, **(document or {})})
        monkeypatch.setattr(oidc, "_fetch", there)
        return Providers(Oidc((provider,)), lambda: NOW), there

    return make


def finish(providers: Providers, state: str = "the state", started: Started = STARTED) -> Claims:
    return providers.finish(started, "the code", state, "https://papers.example.org/back")


def test_a_good_token_says_who_it_is(providers: Answer) -> None:
    ours, there = providers(token())
    assert finish(ours) == Claims(ISSUER, "0000-0001", "nina@uni.example", "Nina Novak")
    [form] = [options for method, address, options in there.asked if method == "POST"]
    assert form["data"] == {
        "grant_type": "authorization_code",
        "code": "the code",
        "redirect_uri": "https://papers.example.org/back",
        "client_id": CLIENT,
        "code_verifier": "the verifier",
    }
    assert form["auth"] is not None  # the secret goes by Basic where the provider says nothing else


def test_the_secret_goes_as_the_provider_wants_it(providers: Answer) -> None:
    ours, there = providers(token(), document={"token_endpoint_auth_methods_supported": ["client_secret_post"]})
    finish(ours)
    [form] = [options for method, _, options in there.asked if method == "POST"]
    assert (form["data"]["client_secret"], form["auth"]) == ("a secret", None)
    ours, there = providers(token(), provider=replace(PROVIDER, client_secret=""))
    finish(ours)
    [form] = [options for method, _, options in there.asked if method == "POST"]
    assert ("client_secret" in form["data"], form["auth"]) == (False, None)


@pytest.mark.parametrize(
    ("claims", "email"),
    [
        ({"email_verified": False}, ""),
        ({"email_verified": "true"}, ""),  # not what the standard says: it may mean anything
        ({"email_verified": None}, ""),
        ({"email": None}, ""),
        ({"email": "x" * 300}, "x" * 254),
    ],
    ids=str,
)
def test_an_address_counts_only_where_the_provider_has_verified_it(
    providers: Answer, claims: dict[str, Any], email: str
) -> None:
    assert finish(providers(token(claims))[0]).email == email


@pytest.mark.parametrize(
    "claims",
    [
        {"iss": "https://evil.example"},
        {"iss": ISSUER + "/"},
        {"iss": None},
        {"aud": "another site"},
        {"aud": None},
        {"aud": ["another site"]},
        {"aud": [CLIENT, "another site"]},  # of several audiences azp says who it is for
        {"aud": [CLIENT, "another site"], "azp": "another site"},
        {"azp": "another site"},
        {"exp": NOW - 121},
        {"exp": None},
        {"exp": "soon"},
        {"iat": NOW + 121},
        {"iat": None},
        {"nonce": "another nonce"},
        {"nonce": None},
        {"nonce": ""},
        {"sub": None},
        {"sub": ""},
        {"sub": "x" * 256},
    ],
    ids=str,
)
def test_a_token_that_is_not_for_this_sign_in_signs_nobody_in(providers: Answer, claims: dict[str, Any]) -> None:
    with pytest.raises(UsageError):
        finish(providers(token(claims))[0])


@pytest.mark.parametrize(
    "claims",
    [{"exp": NOW - 119}, {"iat": NOW + 119}, {"aud": [CLIENT]}, {"aud": [CLIENT, "b"], "azp": CLIENT}, {"azp": CLIENT}],
    ids=str,
)
def test_what_the_standard_allows_is_taken(providers: Answer, claims: dict[str, Any]) -> None:
    assert finish(providers(token(claims))[0]).subject == "0000-0001"


def unsigned() -> str:
    """A token that says of itself that it needs no signature."""
    parts = ({"alg": "none", "typ": "JWT"}, GOOD)
    return ".".join(base64.urlsafe_b64encode(json.dumps(one).encode()).decode().rstrip("=") for one in parts) + "."


def by_public_key() -> str:
    """A token signed with the public key as if it were a shared secret."""
    return jwt.encode({"alg": "HS256"}, GOOD, OctKey.import_key(json.dumps(KEY.as_dict(private=False))))


def with_own_key() -> str:
    """A token that brings the key to verify it with along."""
    return token(key=OTHER_KEY, header={"jwk": OTHER_KEY.as_dict(private=False)})


@pytest.mark.parametrize(
    "forged",
    [
        token(key=OTHER_KEY),
        unsigned(),
        by_public_key(),
        with_own_key(),
        token()[:-4] + "AAAA",
        token().replace(".", "", 1),
        "",
        "a.b.c",
        "é.é.é",
        ".".join([token().split(".")[0], token({"sub": "0000-0002"}).split(".")[1], token().split(".")[2]]),
    ],
    ids=range(10),
)
def test_a_forged_token_signs_nobody_in(providers: Answer, forged: str) -> None:
    with pytest.raises(UsageError, match="cannot be trusted"):
        finish(providers(forged)[0])


def test_new_keys_of_the_provider_are_fetched_once(providers: Answer) -> None:
    ours, there = providers(token(key=OTHER_KEY), KEY, OTHER_KEY)
    assert finish(ours).subject == "0000-0001"
    assert finish(ours).subject == "0000-0001"
    assert [address for _, address, _ in there.asked].count(f"{ISSUER}/keys") == 2
    assert [address for _, address, _ in there.asked].count(f"{ISSUER}/.well-known/openid-configuration") == 1


@pytest.mark.parametrize("state", ["", "another state", "the stat", "the state ", "THE STATE", "é"])
def test_an_answer_that_nobody_asked_for_is_not_even_read(providers: Answer, state: str) -> None:
    ours, there = providers(token())
    with pytest.raises(UsageError, match="not begun in this browser"):
        finish(ours, state)
    assert there.asked == []


def test_what_the_provider_says_is_told(providers: Answer) -> None:
    with pytest.raises(UsageError, match="Uni did not accept this sign-in: invalid_grant"):
        finish(providers({"error": "invalid_grant"})[0])
    with pytest.raises(UsageError, match="no token"):
        finish(providers({"id_token": 7})[0])


@pytest.mark.parametrize(
    ("document", "said"),
    [
        ({"issuer": "https://evil.example"}, "is of another issuer"),
        ({"issuer": None}, "is of another issuer"),
        ({"token_endpoint": None}, "names no token_endpoint"),
        ({"token_endpoint": "ftp://id.example.org/token"}, "names no token_endpoint"),
        ({"token_endpoint": ["https://id.example.org"]}, "names no token_endpoint"),
        ({"jwks_uri": ""}, "names no jwks_uri"),
    ],
    ids=str,
)
def test_a_discovery_document_that_is_wrong_is_named(providers: Answer, document: dict[str, Any], said: str) -> None:
    with pytest.raises(SourceError, match=said):
        finish(providers(token(), document=document)[0])


def test_the_way_there_is_another_each_time(providers: Answer) -> None:
    ours, _ = providers(token())
    ways = [ours.start("uni", "https://papers.example.org/back") for _ in range(3)]
    for address, started in ways:
        assert address.startswith(f"{ISSUER}/authorize?")
        assert "code_challenge_method=S256" in address
        assert f"state={started.state}" in address
        assert f"nonce={started.nonce}" in address
        assert started.verifier not in address  # what proves later that it was us
        assert "secret" not in address
    for part in ("state", "nonce", "verifier"):
        assert len({getattr(started, part) for _, started in ways}) == 3
    with pytest.raises(UsageError, match="no such way to sign in"):
        ours.start("nobody", "https://papers.example.org/back")


def test_providers_by_name(providers: Answer) -> None:
    ours, _ = providers(token())
    assert ours.all() == [("uni", "Uni")]
    assert (ours.name_of(ISSUER), ours.name_of("https://gone.example")) == ("Uni", "https://gone.example")
    with pytest.raises(UsageError, match="no such way"):
        finish(ours, started=replace(STARTED, provider="gone"))
