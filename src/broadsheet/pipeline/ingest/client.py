"""The client by which a library asks providers: all its processes share the queues and introduce themselves alike."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from broadsheet.catalogue import Catalogue
from broadsheet.settings import Settings
from broadsheet.sources.net.http import PoliteClient
from broadsheet.sources.net.rate_limit import Provider, user_agent

__all__ = ["client_of"]


def client_of(
    catalogue: Catalogue,
    settings: Settings,
    providers: Mapping[str, Provider],
    *,
    url: str,
    sleep: Callable[[float], None],
) -> PoliteClient:
    """A client, to be closed, by the library's clock; `url` is the address that it introduces itself with."""
    return PoliteClient(
        providers,
        user_agent=user_agent(url=url, email=settings.contact.email),
        state=catalogue.harvest.provider_store(),
        clock=lambda: catalogue.now().timestamp(),
        sleep=sleep,
    )
