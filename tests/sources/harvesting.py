"""What a pipeline does with the pages of a harvest, for the tests of it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from broadsheet.kit.paper import Record, Rejected
from broadsheet.sources.contract import Page
from broadsheet.sources.net.rate_limit import MemoryStore
from broadsheet.sources.providers.arxiv_oai import ArxivOai
from tests.sources.network import FakeClock, client_of
from tests.sources.provider import FakeProvider

IR, LG = "cs:cs:IR", "cs:cs:LG"


ALL_DAYS = {f"arxiv-oai:{name}": '{"from": "2026-03-01"}' for name in (IR, LG)}


class Library:
    """What a pipeline does with pages: commits records and cursor together, and can die in between."""

    def __init__(self, cursors: Mapping[str, str] | None = None) -> None:
        self.cursors = dict(ALL_DAYS if cursors is None else cursors)
        self.papers: dict[str, Record] = {}
        self.rejected: list[Rejected] = []
        self.received = 0

    def commit(self, page: Page) -> None:
        for item in page.items:
            if isinstance(item, Rejected):
                self.rejected.append(item)
            else:
                self.received += 1
                self.papers[item.source_id] = item
        if page.cursor:
            self.cursors.update([page.cursor])

    def sync(
        self,
        server: FakeProvider,
        sets: Sequence[str] = (IR,),
        *,
        pages: int | None = None,
        clock: FakeClock | None = None,
        store: MemoryStore | None = None,
        **options: Any,
    ) -> ArxivOai:
        with client_of(server, clock or FakeClock(), store) as client:
            source = ArxivOai(client, sets, base_url=server.endpoints.arxiv_oai, **options)
            for n, page in enumerate(source.pages(self.cursors.get), 1):
                self.commit(page)
                if n == pages:
                    break
        return source

    def cursor(self, name: str = IR) -> dict[str, Any]:
        cursor: dict[str, Any] = json.loads(self.cursors[f"arxiv-oai:{name}"])
        return cursor
