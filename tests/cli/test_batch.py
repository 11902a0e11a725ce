"""Batch search: the run's format, names of papers, bad lines, and a file that is whole or absent."""

from __future__ import annotations

from pathlib import Path

import pytest

from broadsheet.cli.batch import read_queries
from tests.cli.conftest import Cli, jsonl

QUERIES = [{"query_id": "q1", "query": "late interaction"}, {"query_id": 2, "query": "title:table search"}]


@pytest.fixture
def queries(tmp_path: Path) -> Path:
    path = tmp_path / "queries.jsonl"
    path.write_text(jsonl(QUERIES), encoding="utf-8")
    return path


def rows(path: Path) -> list[list[str]]:
    return [line.split(" ") for line in path.read_text(encoding="utf-8").splitlines()]


def test_a_run_has_six_columns_best_first(cli: Cli, queries: Path, tmp_path: Path) -> None:
    run = cli("search", "--queries", str(queries), "--run", "out.trec", "-k", "3", "--tag", "mine", "--json")
    assert (run.code, run.json["queries"], run.json["skipped"]) == (0, 2, [])
    lines = rows(tmp_path / "out.trec")
    assert [line[0] for line in lines] == ["q1"] * 3 + ["2"] * 3
    assert [line[3] for line in lines] == ["1", "2", "3"] * 2
    assert {(line[1], line[5], len(line)) for line in lines} == {("Q0", "mine", 6)}
    scores = [float(line[4]) for line in lines[:3]]
    assert scores == sorted(scores, reverse=True)
    page = cli("search", "late interaction", "-k", "3", "--json").json
    assert [line[2] for line in lines[:3]] == [str(hit["id"]) for hit in page["results"]]


def test_papers_may_be_named_by_the_id_they_arrived_with(cli: Cli, queries: Path, tmp_path: Path) -> None:
    assert cli("add", "-", stdin=jsonl([{"title": "Table search without any number at all"}])).code == 0
    assert cli("search", "--queries", str(queries), "--run", "out.trec", "--docid", "source").code == 0
    names = [line[2] for line in rows(tmp_path / "out.trec")]
    assert {"inv-0", "inv-5"} <= set(names)
    assert all(name.startswith(("inv-", "paper:")) for name in names)


def test_bad_lines_are_named_and_skipped(cli: Cli, tmp_path: Path) -> None:
    text = (
        jsonl(QUERIES[:1])
        + "{nonsense\n\n[1]\n"
        + jsonl([{"query_id": "q 2", "query": "x"}, {"query_id": "q3"}, QUERIES[0], QUERIES[1]])
    )
    (tmp_path / "mixed.jsonl").write_text(text, encoding="utf-8")
    run = cli("search", "--queries", "mixed.jsonl", "--run", "out.trec", "-k", "1")
    assert run.code == 1
    told = run.err.splitlines()
    assert [line.split(": ")[1] for line in told] == [f"mixed.jsonl:{n}" for n in (2, 4, 5, 6, 7)]
    assert "already that of line 1" in told[-1]
    assert [line[0] for line in rows(tmp_path / "out.trec")] == ["q1", "2"]


def test_a_run_to_standard_output_holds_nothing_else(cli: Cli, queries: Path) -> None:
    run = cli("search", "--queries", str(queries), "--run", "-", "-k", "1")
    assert run.code == 0
    assert [len(line.split(" ")) for line in run.out.splitlines()] == [6, 6]


def test_queries_from_standard_input(cli: Cli, tmp_path: Path) -> None:
    assert cli("search", "--queries", "-", "--run", "out.trec", "-k", "1", stdin=jsonl(QUERIES)).code == 0
    assert len(rows(tmp_path / "out.trec")) == 2


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (["--queries", "queries.jsonl"], "--run"),
        (["word", "--queries", "queries.jsonl", "--run", "o"], "leave out QUERY"),
        (["--queries", "absent.jsonl", "--run", "o"], "absent.jsonl"),
        (["--queries", "queries.jsonl", "--run", "o", "--tag", "two words"], "one word"),
        (["--queries", "queries.jsonl", "--run", "no/such/folder/o"], "cannot be written"),
        (["--queries", "empty.jsonl", "--run", "o"], "empty.jsonl:1"),
        ([], "nothing to search for"),
    ],
)
@pytest.mark.usefixtures("queries")
def test_an_impossible_run_is_refused(cli: Cli, tmp_path: Path, arguments: list[str], says: str) -> None:
    (tmp_path / "empty.jsonl").write_text("nothing\n", encoding="utf-8")
    run = cli("search", *arguments)
    assert run.code == 2
    assert says in run.err
    assert not (tmp_path / "o").exists()


def test_a_failed_run_leaves_the_old_file_alone(
    cli: Cli, queries: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "out.trec").write_text("old\n", encoding="utf-8")

    def fail(*_: object) -> object:
        raise KeyboardInterrupt

    monkeypatch.setattr("broadsheet.cli.batch.run_lines", fail)
    run = cli("search", "--queries", str(queries), "--run", "out.trec")
    assert run.code == 130
    assert (tmp_path / "out.trec").read_text(encoding="utf-8") == "old\n"
    assert not list(tmp_path.glob(".out.trec*"))


def test_a_line_separator_inside_a_query_does_not_split_the_line(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_text('{"query_id": "a", "query": "one\u2028two"}\r\n', encoding="utf-8")
    assert list(read_queries(path, [])) == [("a", "one\u2028two")]
