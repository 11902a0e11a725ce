"""The stand-in for Zotero is read and written by pyzotero as it reads Zotero: it speaks what real clients expect."""

from __future__ import annotations

import pytest

from tests.sources.zotero_server import KEY, paper_item, papers, zotero_server

pyzotero = pytest.importorskip("pyzotero.zotero", reason="pip install --no-deps pyzotero whenever")


def test_pyzotero_reads_and_writes_the_stand_in() -> None:
    with zotero_server(papers(120), longest=50) as server:
        server.collect("READING1", "Reading")
        server.put("P0000003", tags=[{"tag": "ml"}], collections=["READING1"])
        server.delete("P0000004")
        client = pyzotero.Zotero("12", "user", KEY)
        client.endpoint = server.url
        rows = client.everything(client.items(limit=50, sort="dateAdded", direction="asc"))
        assert [row["key"] for row in rows[:2]] == ["P0000000", "P0000001"]
        assert len(rows) == 119
        assert client.last_modified_version() == server.version
        assert client.item_versions(since=1) == {"P0000003": 3}
        assert [row["data"]["name"] for row in client.collections()] == ["Reading"]
        assert client.deleted(since=1)["items"] == ["P0000004"]
        assert client.tags() == ["ml"]
        assert client.key_info()["userID"] == 12
        made = client.create_items([paper_item(500)])
        assert list(made["success"]) == ["0"]
        assert server.items[made["success"]["0"]]["title"] == paper_item(500)["title"]
        server.misbehave("items", "403")
        with pytest.raises(pyzotero.ze.UserNotAuthorisedError):
            client.items()
