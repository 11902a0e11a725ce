"""Where members may sign in with an account they have elsewhere: OpenID Connect providers."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields
from typing import Any

from broadsheet.settings.kinds import Kind, setting
from broadsheet.settings.secret_file import secret_in

__all__ = ["Oidc", "OidcProvider"]

_TABLES = "should be [[oidc.providers]] tables"
_ISSUER = re.compile(r"https://[^\s?#]+|http://(127\.0\.0\.1|localhost|\[::1\])(:\d+)?(/[^\s?#]*)?")


@dataclass(frozen=True)
class OidcProvider:
    """Where members may sign in with an account they have."""

    name: str
    issuer: str
    client_id: str
    client_secret: str = ""
    secret_file: str = ""  # its first line is the secret
    scope: str = "openid email profile"

    @property
    def key(self) -> str:
        """Names the provider in our addresses."""
        return re.sub("[^a-z0-9]+", "-", self.name.lower()).strip("-") or "provider"

    def secret(self) -> str:
        """What we show to the provider. Raises SettingError if its file cannot be read."""
        if not self.secret_file:
            return self.client_secret
        return secret_in(self.secret_file, "[oidc] secret_file")


def _read_providers(value: Any) -> tuple[OidcProvider, ...]:
    """Read tables of one provider each. Raises ValueError that says what is wrong, never a secret."""
    if not isinstance(value, list | tuple) or not all(isinstance(one, dict) for one in value):
        raise ValueError(_TABLES)
    keys = {key.name for key in fields(OidcProvider)}
    for one in value:
        if unknown := one.keys() - keys:
            raise ValueError(f"{_TABLES} of {', '.join(sorted(keys))}, not {min(unknown)!r}")
        if missing := {"name", "issuer", "client_id"} - one.keys():
            raise ValueError(f"{_TABLES}, each with {min(missing)!r}")
        if not all(isinstance(text, str) for text in one.values()):
            raise ValueError(f"{_TABLES} of texts")
        if not _ISSUER.fullmatch(one["issuer"]):
            raise ValueError(f"{_TABLES}, each with an issuer that is an https address")
    providers = tuple(OidcProvider(**one) for one in value)
    if len({one.key for one in providers}) < len(providers):
        raise ValueError(f"{_TABLES}, each with a name of its own")
    return providers


@dataclass(frozen=True)
class Oidc:
    """Signing in with OpenID Connect."""

    providers: tuple[OidcProvider, ...] = setting(
        (), Kind("tables", _read_providers), "`[[oidc.providers]]`: name, issuer, client_id, client_secret."
    )
