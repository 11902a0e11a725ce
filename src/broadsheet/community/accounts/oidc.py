"""Signing in elsewhere: OpenID Connect, the authorization code flow with PKCE, a nonce and a checked ID token.

browser ── to the provider, with state, nonce and a challenge ──► provider
        ◄── back with a code ──┘
we      ── the code and the verifier ──► provider ── ID token ──► signature, issuer, audience, nonce, time: checked

The provider is one that the operator set. What its discovery document names is nevertheless checked: another host is
asked only if its addresses are public.
"""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from threading import Lock
from typing import Any
from urllib.parse import urlsplit

import httpx

from broadsheet.kit.errors import SettingError, SourceError, UsageError
from broadsheet.settings.oidc import Oidc, OidcProvider
from broadsheet.sources.net.fetch import is_loopback, redirect_target
from broadsheet.sources.net.post import exchange

__all__ = ["Claims", "Providers", "Started"]

_TIMEOUT = 10.0  # seconds, for each answer
_MAX_BYTES = 1_000_000  # of an answer
_KEPT = 3600.0  # seconds that a discovery document and keys are used
_LEEWAY = 120  # seconds that clocks may differ
_ALGORITHMS = ["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
_LONGEST_SUBJECT = 255  # characters; OpenID Connect Core, 2


@dataclass(frozen=True, slots=True)
class Started:
    """A sign-in that a browser was sent away for: what it must bring back, and what only we know."""

    provider: str  # the key
    state: str
    nonce: str
    verifier: str


@dataclass(frozen=True, slots=True)
class Claims:
    """What a provider says of who signed in."""

    issuer: str
    subject: str
    email: str  # "" unless the provider says that it is verified
    name: str


class Providers:
    """The providers that are set, and the flow with each. Safe among threads."""

    def __init__(self, settings: Oidc, clock: Callable[[], float] = time.time) -> None:
        self._providers = {one.key: one for one in settings.providers}
        self._clock = clock
        self._lock = Lock()
        self._documents: dict[str, tuple[float, dict[str, Any]]] = {}  # by address: when it was read

    def all(self) -> list[tuple[str, str]]:
        """(key, name) of every provider."""
        return [(key, one.name) for key, one in self._providers.items()]

    def name_of(self, issuer: str) -> str:
        """The name of the provider with this issuer; the issuer where it is set no longer."""
        return next((one.name for one in self._providers.values() if one.issuer == issuer), issuer)

    def start(self, key: str, back: str) -> tuple[str, Started]:
        """The address to send the browser to, and what is to be remembered. `back` is our address to return to.

        Raises UsageError where there is no such provider, SourceError where it does not answer as it should.
        """
        provider, client = self._provider(key), _authlib()
        started = Started(key, _random(), _random(), _random() + _random())
        session = client(provider.client_id, scope=provider.scope, redirect_uri=back, code_challenge_method="S256")
        endpoint = self._endpoint(provider, "authorization_endpoint")
        with session:
            address, _ = session.create_authorization_url(
                endpoint, state=started.state, nonce=started.nonce, code_verifier=started.verifier
            )
        return str(address), started

    def finish(self, started: Started, code: str, state: str, back: str) -> Claims:
        """Who the browser came back as. Raises UsageError, SourceError."""
        if not secrets.compare_digest(started.state.encode(), state.encode()):
            raise UsageError("This sign-in was not begun in this browser, or too long ago. Try again.")
        provider = self._provider(started.provider)
        token = self._id_token(provider, started, code, back)
        try:
            claims = self._verify(provider, token, self._keys(provider))
        except UsageError:  # perhaps the provider has new keys
            claims = self._verify(provider, token, self._keys(provider, anew=True))
        if not secrets.compare_digest(str(claims.get("nonce", "")).encode(), started.nonce.encode()):
            raise UsageError(f"{provider.name} answered another sign-in than this one. Try again.")
        subject = str(claims["sub"])
        if not 0 < len(subject) <= _LONGEST_SUBJECT:
            raise UsageError(f"{provider.name} names nobody.")
        email = str(claims.get("email") or "") if claims.get("email_verified") is True else ""
        return Claims(provider.issuer, subject, email[:254].lower(), str(claims.get("name") or "")[:80])

    # Below: what is asked of the provider ----------------------------------------------------------------------

    def _provider(self, key: str) -> OidcProvider:
        if key not in self._providers:
            raise UsageError("There is no such way to sign in here.")
        return self._providers[key]

    def _id_token(self, provider: OidcProvider, started: Started, code: str, back: str) -> str:
        endpoint = self._endpoint(provider, "token_endpoint")
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": back,
            "client_id": provider.client_id,
            "code_verifier": started.verifier,
        }
        # by Basic where the provider says nothing else: OpenID Connect Discovery, 3
        methods = self._document(provider).get("token_endpoint_auth_methods_supported") or ["client_secret_basic"]
        secret = provider.secret()
        auth = httpx.BasicAuth(provider.client_id, secret) if secret and "client_secret_basic" in methods else None
        if secret and auth is None:
            form["client_secret"] = secret
        answer = _fetch("POST", endpoint, provider, data=form, auth=auth)
        token = answer.get("id_token")
        if not isinstance(token, str):
            raise UsageError(
                f"{provider.name} did not accept this sign-in: {str(answer.get('error', 'no token'))[:100]}"
            )
        return token

    def _verify(self, provider: OidcProvider, token: str, keys: Mapping[str, Any]) -> dict[str, Any]:
        """The claims of an ID token. Raises UsageError for one that is forged, old, or for somebody else."""
        from joserfc import jwt
        from joserfc.errors import JoseError
        from joserfc.jwk import KeySet

        try:
            decoded = jwt.decode(token, KeySet.import_key_set(dict(keys)), algorithms=_ALGORITHMS)  # type: ignore[arg-type]
            registry = jwt.JWTClaimsRegistry(
                now=int(self._clock()),
                leeway=_LEEWAY,
                iss={"essential": True, "value": provider.issuer},
                sub={"essential": True},
                aud={"essential": True, "value": provider.client_id},
                exp={"essential": True},
                iat={"essential": True},
            )
            registry.validate(decoded.claims)
        except (JoseError, ValueError, KeyError, TypeError) as error:
            raise UsageError(f"What {provider.name} answered cannot be trusted: {error}") from error
        audience, party = decoded.claims["aud"], decoded.claims.get("azp", provider.client_id)
        if party != provider.client_id or (
            isinstance(audience, list) and len(audience) > 1 and "azp" not in decoded.claims
        ):
            raise UsageError(f"What {provider.name} answered is meant for another site.")
        return dict(decoded.claims)

    def _keys(self, provider: OidcProvider, *, anew: bool = False) -> dict[str, Any]:
        return self._read(self._endpoint(provider, "jwks_uri"), provider, anew=anew)

    def _document(self, provider: OidcProvider) -> dict[str, Any]:
        document = self._read(provider.issuer.rstrip("/") + "/.well-known/openid-configuration", provider)
        if document.get("issuer") != provider.issuer:
            raise SourceError(f"{provider.issuer}: its discovery document is of another issuer; check [oidc]")
        return document

    def _endpoint(self, provider: OidcProvider, what: str) -> str:
        address = self._document(provider).get(what)
        if not isinstance(address, str) or urlsplit(address).scheme not in {"http", "https"}:
            raise SourceError(f"{provider.issuer}: its discovery document names no {what}")
        return address

    def _read(self, address: str, provider: OidcProvider, *, anew: bool = False) -> dict[str, Any]:
        """A document of the provider, at most an hour old."""
        with self._lock:
            read_at, document = self._documents.get(address, (0.0, {}))
            if not document or anew or not 0 <= self._clock() - read_at < _KEPT:
                document = _fetch("GET", address, provider)
                self._documents[address] = (self._clock(), document)
        return document


def _fetch(method: str, address: str, provider: OidcProvider, **options: Any) -> dict[str, Any]:
    """A JSON object from the provider. Raises SourceError; an error that OAuth defines is returned as it is."""
    own = urlsplit(provider.issuer).hostname or ""
    target, host = redirect_target(provider.issuer, address, {own}, loopback=is_loopback(own))
    options["headers"] = {"Accept": "application/json"}
    try:
        status, body = exchange(method, target, host, most=_MAX_BYTES, timeout=_TIMEOUT, **options)
        if len(body) > _MAX_BYTES:
            raise SourceError(f"{address}: the answer is too long")
        if status not in {200, 400, 401}:
            raise SourceError(f"{address}: answered {status}")
        answer = json.loads(body)
    except (httpx.HTTPError, ValueError) as error:
        raise SourceError(f"{address}: {type(error).__name__}: {error}") from error
    if not isinstance(answer, dict):
        raise SourceError(f"{address}: answered no JSON object")
    return answer


def _random() -> str:
    return secrets.token_urlsafe(32)


def _authlib() -> Any:
    try:
        from authlib.integrations.httpx_client import OAuth2Client
    except ImportError:
        raise SettingError("[oidc] needs the extra `oidc`: pip install 'broadsheet[oidc]'") from None
    return OAuth2Client
