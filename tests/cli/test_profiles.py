"""Ranking for the readers of a file: the run's format, ids that are missing, bad lines, and what is refused."""

from __future__ import annotations

from pathlib import Path

import pytest

from broadsheet.cli.profiles import Profile, read_profiles
from tests.cli.conftest import Cli, jsonl

PROFILES = [{"reader_id": "r1", "saved": ["inv-0"], "disliked": ["inv-1"]}, {"reader_id": 2, "saved": [1, "inv-2"]}]


@pytest.fixture
def profiles(tmp_path: Path) -> Path:
    path = tmp_path / "profiles.jsonl"
    path.write_text(jsonl(PROFILES), encoding="utf-8")
    (tmp_path / "ids.txt").write_text("inv-0\ninv-1\ninv-3\ninv-4 # a remark\n\ninv-5\n", encoding="utf-8")
    return path


def columns(path: Path) -> list[list[str]]:
    return [line.split(" ") for line in path.read_text(encoding="utf-8").splitlines()]


def test_every_reader_gets_the_papers_to_rank_best_first(cli: Cli, profiles: Path, tmp_path: Path) -> None:
    run = cli(
        *("feed", "--profiles", str(profiles), "--among", "ids.txt", "--run", "out.trec"),
        *("-k", "200", "--docid", "source", "--tag", "mine", "--json"),
    )
    assert (run.code, run.json["readers"], run.json["skipped"], run.json["missing"]) == (0, 2, [], 0)
    lines = columns(tmp_path / "out.trec")
    assert {(line[1], line[5], len(line)) for line in lines} == {("Q0", "mine", 6)}
    for reader, papers in (("r1", {"inv-3", "inv-4", "inv-5"}), ("2", {"inv-1", "inv-3", "inv-4", "inv-5"})):
        own = [line for line in lines if line[0] == reader]
        assert {line[2] for line in own} == papers  # not what was saved or disliked
        assert [line[3] for line in own] == [str(rank) for rank in range(1, len(own) + 1)]
        assert sorted((float(line[4]) for line in own), reverse=True) == [float(line[4]) for line in own]
    again = cli("feed", "--profiles", str(profiles), "--among", "ids.txt", "--run", "-", "-k", "1")
    assert [line.split(" ")[3] for line in again.out.splitlines()] == ["1", "1"]


def test_missing_papers_are_counted_once_and_left_out(cli: Cli, profiles: Path, tmp_path: Path) -> None:
    lost = [{"reader_id": "r3", "saved": ["lost-1", "inv-0", "lost-2"], "disliked": ["lost-1"]}]
    profiles.write_text(jsonl([*PROFILES, *lost]), encoding="utf-8")
    (tmp_path / "ids.txt").write_text("inv-3\nlost-3\n", encoding="utf-8")
    run = cli("feed", "--profiles", str(profiles), "--among", "ids.txt", "--run", "out.trec")
    assert run.code == 1
    notes = [line for line in run.err.splitlines() if "not in the library" in line]
    assert [line.partition(": ")[2] for line in notes] == [
        "2 papers saved or disliked not in the library and left out, for example 'lost-1'",
        "1 paper to rank (--among) not in the library and left out, for example 'lost-3'",
    ]
    assert [line[0] for line in columns(tmp_path / "out.trec")] == ["r1", "2", "r3"]


def test_bad_lines_are_named_and_left_out(tmp_path: Path) -> None:
    path = tmp_path / "mixed.jsonl"
    bad_lines = [{"reader_id": "a b", "saved": []}, {"reader_id": "c"}, {"reader_id": "d", "saved": "inv-1"}]
    more = [{"reader_id": "e", "saved": [True]}, PROFILES[0], {"reader_id": "f", "saved": [], "disliked": None}]
    path.write_text(jsonl(PROFILES[:1]) + "{nonsense\n[1]\n\n" + jsonl([*bad_lines, *more]), encoding="utf-8")
    bad: list[str] = []
    assert list(read_profiles(path, bad)) == [Profile("r1", ("inv-0",), ("inv-1",)), Profile("f", ())]
    assert [message.split(":")[1] for message in bad] == ["2", "3", "5", "6", "7", "8", "9"]
    assert bad[-1] == f"{path}:9: skipped: reader_id 'r1' is already that of line 1"


def test_a_reader_without_a_known_save_has_a_ranking_too(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "p.jsonl").write_text(jsonl([{"reader_id": "new", "saved": []}]), encoding="utf-8")
    run = cli("feed", "--profiles", "p.jsonl", "--run", "out.trec", "-k", "3")
    assert run.code == 0
    assert [line[3] for line in columns(tmp_path / "out.trec")] == ["1", "2", "3"]


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--profiles", "profiles.jsonl"], "--run"),
        (["--run", "o"], "--profiles"),
        (["--among", "ids.txt"], "--profiles"),
        (["--profiles", "absent.jsonl", "--run", "o"], "absent.jsonl"),
        (["--profiles", "bad.jsonl", "--run", "o"], "bad.jsonl:1"),
        (["--profiles", "empty.jsonl", "--run", "o"], "the file is empty"),
        (["--profiles", "profiles.jsonl", "--among", "bad.jsonl", "--run", "o"], "none of these papers"),
        (["--profiles", "profiles.jsonl", "--run", "o", "--tag", "two words"], "one word"),
    ],
)
@pytest.mark.usefixtures("profiles")
def test_an_impossible_run_is_refused(cli: Cli, tmp_path: Path, arguments: list[str], says: str) -> None:
    (tmp_path / "bad.jsonl").write_text("nothing\n", encoding="utf-8")
    (tmp_path / "empty.jsonl").write_text("\n", encoding="utf-8")
    run = cli("feed", *arguments)
    assert (run.code, (tmp_path / "o").exists()) == (2, False)
    assert says in run.err
