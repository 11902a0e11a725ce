"""add and sync: counts, exit codes, standard input, and a time limit that keeps what arrived."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest

from broadsheet.cli.session import default_library
from tests.cli.conftest import Cli, jsonl, record


def test_adding_tells_what_became_of_each_record(cli: Cli, tmp_path: Path) -> None:
    file = tmp_path / "more.jsonl"
    file.write_text(jsonl([record(30), record(31)]), encoding="utf-8")
    first = cli("add", str(file))
    assert first.code == 0
    assert "2 read, 2 added, 0 updated, 0 unchanged, 0 merged, 0 quarantined" in first.out
    assert "papers/s" not in first.out  # of two papers a rate says nothing
    again = cli("add", str(file), "--json")
    assert (again.code, again.json["unchanged"], again.json["added"]) == (0, 2, 0)
    assert again.json["papers_per_second"] > 0


def test_a_bad_record_is_kept_aside_and_the_rest_goes_in(cli: Cli) -> None:
    run = cli("add", "-", "--json", stdin=jsonl([record(40)]) + "{broken\n" + jsonl([record(41)]))
    assert run.code == 1
    assert (run.json["read"], run.json["added"], run.json["quarantined"]) == (3, 2, 1)
    kept = cli("quarantine", "--json").json
    assert len(kept) == 1
    assert kept[0]["place"].endswith("stdin.jsonl:2")
    shown = cli("quarantine")
    assert shown.out.splitlines()[0].split() == ["ID", "SOURCE", "PLACE", "REASON"]
    assert cli("quarantine", "--clear", str(kept[0]["id"]), "--json").json == {"cleared": 1}
    assert cli("quarantine").out == "Nothing is quarantined.\n"
    assert cli("quarantine", "--clear-all").out == "cleared: 0\n"


def test_a_partly_bad_add_says_where_to_look(cli: Cli) -> None:
    run = cli("add", "-", stdin="{broken\n" + jsonl([record(42)]))
    assert run.code == 1
    assert "1 quarantined" in run.out
    assert run.err == "broadsheet: records that could not be read are kept aside: broadsheet quarantine\n"


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["add"], "nothing to add"),
        (["add", "--ids", "--reading-list"], "two requests"),
        (["add", "absent.bib"], "absent.bib"),
    ],
)
def test_an_unusable_request_is_one_line_and_exit_code_2(cli: Cli, arguments: list[str], says: str) -> None:
    run = cli(*arguments)
    assert (run.code, run.out) == (2, "")
    assert run.err.startswith("broadsheet: ")
    assert says in run.err
    assert run.err.count("\n") == 1


def test_the_reading_list_fills_a_new_library(cli: Cli, tmp_path: Path) -> None:
    run = cli("add", "--reading-list", "--json", into=tmp_path / "new")
    assert (run.code, run.json["added"]) == (0, 269)


def test_sync_of_an_unknown_source_is_refused(cli: Cli) -> None:
    run = cli("sync", "nosuchsource")
    assert run.code == 2
    assert "nosuchsource" in run.err


def test_a_provider_that_is_down_is_told_and_ends_with_1(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    # Port 1 refuses at once; a second is far less than the retries would take.
    for key in ("OAI_URL", "FEED_URL", "API_URL"):
        monkeypatch.setenv(f"BROADSHEET_ARXIV__{key}", "http://127.0.0.1:1/")
    run = cli("sync", "--seconds", "1", "--json")
    assert run.code == 1
    assert json.loads(run.out)
    assert cli("search", "late interaction", "--json").json["results"]


def test_one_file_that_cannot_be_read_keeps_no_other_out(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "good.jsonl").write_text(jsonl([record(50)]), encoding="utf-8")
    run = cli("add", "absent.bib", "good.jsonl", "--json")
    assert (run.code, run.json["added"], len(run.json["reports"])) == (1, 1, 1)
    assert run.json["reports"][0]["messages"] == ["absent.bib: no such file"]


def test_the_default_library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert default_library() == tmp_path / "data" / "broadsheet"
    (tmp_path / "library").mkdir()
    assert default_library() == tmp_path / "data" / "broadsheet"  # not a library of ours
    (tmp_path / "library" / "catalogue.db").touch()
    assert default_library() == Path("library")
    monkeypatch.setenv("BROADSHEET_LIBRARY", str(tmp_path / "named"))
    assert default_library() == tmp_path / "named"


def test_a_new_library_beside_another_is_told(cli: Cli, library: Path, tmp_path: Path) -> None:
    file = tmp_path / "one.jsonl"
    file.write_text(jsonl([record(50)]), encoding="utf-8")
    assert cli("add", str(file)).err == ""  # there already
    run = cli("add", str(file), into=tmp_path / "data" / "broadsheet")
    assert run.err == (
        f"broadsheet: a new library is made in {tmp_path / 'data' / 'broadsheet'}; another is in library: --library or "
        "$BROADSHEET_LIBRARY says which\n"
    )
    shutil.rmtree(library)
    assert f"another is in {tmp_path / 'data' / 'broadsheet'}:" in cli("add", str(file)).err


def test_a_new_library_of_the_users_own_is_told(cli: Cli, library: Path, tmp_path: Path) -> None:
    shutil.rmtree(library)
    run = cli("add", "--reading-list", into=tmp_path / "data" / "broadsheet")
    assert run.err.endswith("broadsheet; --library names another place\n")
