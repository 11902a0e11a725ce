"""A cheap request of the stand-in, and the time between requests."""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from typing import Any

from broadsheet.sources.net.http import PoliteClient, Response
from tests.sources.provider import FakeProvider

NO_SUCH = "10.9/none"  # a DOI nobody knows; with 404 accepted it is a cheap request that works


def ask(client: PoliteClient, server: FakeProvider, **options: Any) -> Response:
    return client.get("crossref", f"{server.endpoints.crossref}/{NO_SUCH}", accept={404}, **options)


def gaps(times: Sequence[float]) -> list[float]:
    return [later - earlier for earlier, later in itertools.pairwise(times)]
