"""`broadsheet zotero`: connect, sync, status, disconnect, and a key that is never shown."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Cli
from tests.sources.zotero_server import KEY, ZoteroServer, papers, zotero_server


@pytest.fixture
def zotero(library: Path) -> Iterator[ZoteroServer]:
    with zotero_server(papers(3)) as server:
        (library / "broadsheet.toml").write_text(f'[zotero]\nurl = "{server.url}"\nlocal_url = "{server.url}"\n')
        yield server


def test_a_library_is_connected_read_listed_and_disconnected(
    cli: Cli, zotero: ZoteroServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    assert cli("zotero").out == "No library is connected yet: broadsheet zotero connect.\n"
    refused = cli("zotero", "connect")
    assert (refused.code, refused.err) == (
        *(2, "broadsheet: name a file with the key: --key-file FILE, or set $ZOTERO_API_KEY\n"),
    )
    (tmp_path / "key").write_text(f"{KEY}\n")
    made = cli("zotero", "connect", "--key-file", str(tmp_path / "key"))
    assert made.out == "connected: users/12 [1]\nread it now: broadsheet zotero sync\n"
    assert cli("zotero", "sync").out == "users/12: 3 read, 3 new, 3 saved\n"
    listed = cli("zotero", "status", "--json")
    assert [(one["library"], one["papers"], one["version"], one["error"]) for one in listed.json] == [
        ("users/12", 3, 1, "")
    ]
    assert len(cli("collection", "list").out.splitlines()) == 1
    zotero.misbehave("collections", "403")
    failed = cli("zotero", "sync", "--json")
    assert failed.code == 1
    assert "refuses the key" in json.loads(failed.out)[0]["error"]
    assert "refuses the key" in cli("zotero").out
    gone = cli("zotero", "disconnect", "--take-back")
    assert gone.out == "disconnected: users/12\n3 marks taken back\n"
    told = [made, listed, failed, gone, cli("zotero", "sync")]
    assert not any(KEY in run.out + run.err for run in told)
    assert "no library is connected yet" in told[-1].err


def test_writing_back_is_said_before_it_is_done(
    cli: Cli, zotero: ZoteroServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOTERO_API_KEY", KEY)
    cli("save", "inv-1", "inv-2")
    made = cli("zotero", "connect", "--write-back", "Broadsheet")
    assert "the next sync makes 2 items in Zotero" in made.out
    assert cli("zotero", "sync").out == "users/12: 3 read, 3 new, 3 saved, 2 written\n"
    assert len(zotero.items) == 5
