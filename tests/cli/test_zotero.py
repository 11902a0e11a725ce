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


def test_several_connections_are_told_apart(cli: Cli, zotero: ZoteroServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ZOTERO_API_KEY", KEY)
    assert cli("reader", "create", "ada").code == 0
    assert cli("zotero", "connect", "--json").json["library"] == "users/12"
    hers = cli("zotero", "connect", "--reader", "ada", "--group", "45", "--json").json
    assert (hers["id"], hers["library"], hers["papers"], hers["waiting"]) == (2, "groups/45", 0, 0)
    assert [one["id"] for one in cli("zotero", "status", "--json").json] == [1]
    wrong = cli("zotero", "sync", "2")
    assert (wrong.code, wrong.err) == (
        *(2, "broadsheet: which connection? There is 1 (users/12); `broadsheet zotero status` lists them\n"),
    )
    twice = cli("zotero", "connect")
    assert (twice.code, "connected already" in twice.err) == (2, True)
    failed = cli("zotero", "sync", "--reader", "ada")
    assert (failed.code, "Zotero has no such library" in failed.out) == (1, True)
    gone = cli("zotero", "disconnect", "2", "--reader", "ada", "--json")
    assert gone.json == {"disconnected": "groups/45", "taken_back": 0}
    assert cli("zotero", "disconnect", "--reader", "nobody").code == 2


def test_a_local_zotero_and_its_refusals(cli: Cli, library: Path) -> None:
    with zotero_server(papers(2), is_local=True) as server:
        (library / "broadsheet.toml").write_text(f'[zotero]\nlocal_url = "{server.url}"\n')
        refused = cli("zotero", "connect", "--local", "--write-back", "X")
        assert (refused.code, "only read" in refused.err) == (2, True)
        assert cli("zotero", "connect", "--local").out.startswith("connected: local/users/0 [1]")
        assert cli("zotero", "sync").out == "local/users/0: 2 read, 2 new, 2 saved\n"
        assert not (library / "keys").exists()
    (library / "broadsheet.toml").write_text('[community]\nmode = "community"\n')
    shut = cli("zotero", "sync")
    assert (shut.code, "the server's" in shut.out) == (1, True)


def test_a_key_comes_from_a_file_a_variable_or_a_pipe(
    cli: Cli, zotero: ZoteroServer, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    missing = cli("zotero", "connect", "--key-file", str(tmp_path / "none"))
    assert (missing.code, "cannot be read" in missing.err) == (2, True)
    wrong = cli("zotero", "connect", "--key-file", "-", stdin="not the key\n")
    assert (wrong.code, "does not know this key" in wrong.err) == (2, True)
    assert "not the key" not in wrong.err
    assert cli("zotero", "connect", "--key-file", "-", stdin=f"{KEY}\n").code == 0
    assert cli("zotero", "--help").code == 0


def test_what_cannot_be_read_is_said_and_kept_aside(
    cli: Cli, zotero: ZoteroServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ZOTERO_API_KEY", KEY)
    zotero.put("BAD00001", itemType="book", title="")
    cli("zotero", "connect")
    run = cli("zotero", "sync")
    assert (run.code, run.out) == (1, "users/12: 4 read, 3 new, 3 saved, 1 quarantined\n")
    assert "broadsheet quarantine" in run.err
    assert cli("quarantine", "--json").json[0]["place"] == "zotero item BAD00001"
