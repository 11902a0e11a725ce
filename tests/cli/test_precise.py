"""The vectors of papers: made by the commands that bring papers, waited for, counted and removed."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

import broadsheet
from broadsheet.pipeline import library as libraries
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.locks import exclusive
from tests.cli.conftest import Cli, jsonl, record
from tests.pipeline.toy import Toy


@pytest.fixture(autouse=True)
def _model(monkeypatch: pytest.MonkeyPatch) -> None:
    model = Toy()
    monkeypatch.setattr(pretrained, "read_transformer", lambda: model)


def test_build_count_and_drop(cli: Cli, library: Path) -> None:
    assert cli("precise", "status").out == "0 of 18 papers have their vector\n"
    run = cli("precise", "build", "--json")
    assert (run.code, run.json["encoded"], run.json["kept"]) == (0, 18, 0)
    assert "0 papers encoded, 18 were up to date" in cli("precise", "build").out
    assert cli("precise", "status", "--json").json == {"encoded": 18, "papers": 18}
    assert "vectors: 18 of 18 papers" in cli("check").out
    assert cli("precise", "drop").out == "removed\n"
    assert not list((library / "indexes" / "vectors").glob("*.bin"))
    assert cli("precise", "drop", "--json").json == {"dropped": False}
    assert cli("search", "--precise", "journalism").code == 0


def test_add_can_wait_for_the_vectors(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "more.jsonl").write_text(jsonl([record(n) for n in range(18, 25)]), encoding="utf-8")
    assert cli("add", "more.jsonl").code == 0
    assert cli("precise", "status", "--json").json == {"encoded": 0, "papers": 25}
    (tmp_path / "last.jsonl").write_text(jsonl([record(30)]), encoding="utf-8")
    assert cli("add", "last.jsonl", "--wait").code == 0
    assert cli("precise", "status", "--json").json == {"encoded": 26, "papers": 26}


def test_daily_makes_vectors_too(cli: Cli) -> None:
    assert "vectors: 18 more papers" in cli("daily", "--no-sync").out
    assert "vectors" not in cli("daily", "--no-sync").out


def test_none_come_by_themselves_where_the_settings_say_so(cli: Cli, library: Path) -> None:
    with (library / "broadsheet.toml").open("a", encoding="utf-8") as settings:
        settings.write('[index]\nencode = "off"\n')
    with broadsheet.open(library) as opened:
        assert opened.encode_in_background() is None
    assert "vectors" not in cli("daily", "--no-sync").out
    assert cli("precise", "status", "--json").json["encoded"] == 0
    assert cli("precise", "build", "--json").json["encoded"] == 18  # when they are asked for


def test_a_build_waits_for_another_process(cli: Cli, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(libraries, "POLL", 0.01)
    folder = library / "indexes" / "vectors"
    folder.mkdir()
    held, free = threading.Event(), threading.Event()

    def other() -> None:
        with exclusive(folder / ".lock", wait=0):
            held.set()
            free.wait(10)

    thread = threading.Thread(target=other)
    thread.start()
    assert held.wait(10)
    assert "vectors" not in cli("daily", "--no-sync").out  # does not wait
    threading.Timer(0.2, free.set).start()
    assert cli("precise", "build", "--json").json["encoded"] == 18
    thread.join(10)


def test_without_the_model_papers_come_all_the_same(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pretrained, "read_transformer", lambda: None)
    (tmp_path / "more.jsonl").write_text(jsonl([record(19)]), encoding="utf-8")
    run = cli("add", "more.jsonl", "--wait")
    assert run.code == 0
    assert "install broadsheet again" in run.err
    run = cli("precise", "build")
    assert (run.code, run.out) == (2, "")
    assert cli("search", "news feeds").code == 0
