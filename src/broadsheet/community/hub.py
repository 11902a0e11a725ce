"""Telling a WebSub hub that the feeds of editions have changed, once a closed day.

What was told is kept beside the hub's queue; a hub that does not answer is asked again at the next call, as late as
the rules for all providers say.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from broadsheet.kit.errors import SourceError
from broadsheet.pipeline.ingest.client import client_of
from broadsheet.pipeline.library import Library
from broadsheet.sources.net.rate_limit import Provider

__all__ = ["TOPICS", "publish_due"]

TOPICS = ("/papers/feed.atom", "/papers/feed.json")
_NAME = "hub"  # of its queue
_PUBLISHED = "published_day"


def publish_due(library: Library, *, sleep: Callable[[float], None] = time.sleep) -> str:
    """Tell the hub of the last closed day with papers if it has not heard of it; "" or what went wrong."""
    settings = library.settings
    if not settings.edition.hub:
        return ""
    if not settings.community.url:
        return "[edition] hub needs [community] url, the address of the feeds"
    day = library.catalogue.community.editions.last_printed()
    store = library.catalogue.harvest.provider_store()
    if day is None or store.get(_NAME).get(_PUBLISHED) == day.isoformat():
        return ""
    try:
        _publish(library, sleep)
    except SourceError as error:
        return str(error)

    def note(state: dict[str, Any]) -> dict[str, Any]:
        return {**state, _PUBLISHED: day.isoformat()}

    store.update(_NAME, note)
    return ""


def _publish(library: Library, sleep: Callable[[float], None]) -> None:
    settings = library.settings
    hub = settings.edition.hub
    providers = {_NAME: Provider(_NAME, (hub,), 0.2, max_bytes=1 << 20, timeout=20.0)}
    url = settings.contact.url or settings.community.url
    with client_of(library.catalogue, settings, providers, url=url, sleep=sleep) as client:
        for topic in TOPICS:
            client.post(_NAME, hub, {"hub.mode": "publish", "hub.url": settings.community.url + topic})
