"""Agents over streamable HTTP, through the protocol's own client and through nobody's."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx2
import pytest
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client

from broadsheet.community.actor import Scope
from tests.web.members import Town
from tests.web.served import Served

ACCEPT = {"Accept": "application/json, text/event-stream"}


def call(url: str, tool: str, arguments: dict[str, Any], token: str = "") -> Any:
    async def ask() -> Any:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        async with (
            httpx2.AsyncClient(headers=headers, trust_env=False) as http,
            Client(streamable_http_client(f"{url}/mcp", http_client=http)) as client,
        ):
            return await client.call_tool(tool, arguments)

    return asyncio.run(ask())


def test_an_agent_of_a_private_library_acts_for_its_reader(own: Served) -> None:
    found = call(own.url, "search", {"query": "token pruning", "k": 1}).structured_content["papers"]
    assert found[0]["id"] == "arxiv:2601.00002"
    call(own.url, "save", {"id": found[0]["id"]})
    assert own.library.resolve("2601.00002") in own.library.state("me").saved


def test_members_reach_what_their_token_does(members: Town) -> None:
    account = members.site.community.accounts.named("rita")
    tokens = members.site.community.accounts.tokens
    reading = tokens.create(account.id, "reading agent", {Scope.read})
    assert not call(members.url, "feed", {"k": 3}, reading).is_error
    refused = call(members.url, "save", {"id": "2601.00002"}, reading)
    assert refused.is_error
    assert "lacks the scope write" in refused.content[0].text
    visitor = call(members.url, "feed", {})
    assert visitor.is_error
    assert "this is for a reader" in visitor.content[0].text
    assert not call(members.url, "search", {"query": "retrieval"}).is_error


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"rubbish", {"Content-Type": "application/json"}, 400),
        (b"[]", {"Content-Type": "application/json"}, 400),
        (b"{}", {"Content-Type": "text/plain"}, 400),
        (b"{" * 100_000, {"Content-Type": "application/json"}, 413),
        (b"{}", {"Content-Type": "application/json", "Origin": "https://evil.example"}, 403),
    ],
)
def test_rubbish_is_refused(site: Served, body: bytes, headers: dict[str, str], status: int) -> None:
    assert site.client.post("/mcp", content=body, headers={**ACCEPT, **headers}).status_code == status
    assert site.client.get("/health").status_code == 200


def test_there_is_no_stream_to_wait_on(site: Served) -> None:
    assert site.client.get("/mcp", headers=ACCEPT, timeout=10).status_code == 405
