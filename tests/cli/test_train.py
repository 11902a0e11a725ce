"""train roles: learns from marked abstracts, says how well, and writes where the library reads it."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from broadsheet.pipeline import pretrained
from broadsheet.pipeline.training import word_encoder
from tests.cli.conftest import Cli, jsonl, record
from tests.pipeline.test_aspects import write_marked


def test_train_roles_writes_into_the_library_and_tells_f1(cli: Cli, library: Path, tmp_path: Path) -> None:
    write_marked(tmp_path / "marked.csv")
    run = cli("train", "roles", "--data", "marked.csv", "--json")
    assert run.code == 0, run.err  # where this takes long, what goes to stderr is progress
    assert run.json["written"] == str(library / "sentence_roles.bin")
    assert run.json["f1"] == {"task": 1.0, "method": 1.0, "result": 1.0}
    assert run.json["macro_f1"] == 1.0
    assert cli("similar", "inv-3", "--aspect", "method").code == 0
    assert "mean 1.000" in cli("train", "roles", "--data", "marked.csv", "--out", str(tmp_path / "m.bin")).out
    assert (tmp_path / "m.bin").read_bytes() == (library / "sentence_roles.bin").read_bytes()


def test_train_roles_names_what_it_cannot_use(cli: Cli, library: Path, tmp_path: Path) -> None:
    assert cli("train", "roles", "--data", "absent.csv").code == 2
    path = write_marked(tmp_path / "marked.csv")
    with path.open("a", encoding="utf-8") as handle:
        handle.write("1,Text.,0,4,venue\n" * 7)
    run = cli("train", "roles", "--data", "marked.csv")
    assert run.code == 1
    assert run.err.count("label 'venue'") == 5
    assert "2 more lines were left out" in run.err
    (library / "sentence_roles.bin").write_text("broken", encoding="utf-8")
    broken = cli("similar", "inv-3", "--aspect", "task")
    assert broken.code == 2
    assert "sentence_roles.bin" in broken.err
    assert "train roles" in broken.err
    assert cli("train", "roles", "--data", "marked.csv", "--out", str(tmp_path / "no" / "m.bin")).code == 2


def test_train_roles_names_the_extra_it_needs(cli: Cli, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write_marked(tmp_path / "marked.csv")
    monkeypatch.setitem(sys.modules, "scipy.optimize", None)
    run = cli("train", "roles", "--data", "marked.csv", "--out", "m.bin")
    assert run.code == 2
    fix = "pip install '.[train]' in Broadsheet's source folder"
    assert run.err == f"broadsheet: learning sentence roles needs scipy: {fix}\n"


def test_train_encoder_writes_the_same_file_for_the_same_seed(cli: Cli, library: Path, tmp_path: Path) -> None:
    (tmp_path / "papers.jsonl").write_text(jsonl([record(n) for n in range(60)]), encoding="utf-8")
    (tmp_path / "without.txt").write_text("# held out\ninv-0\ninv-1 # this one, too\n", encoding="utf-8")
    wish = ("train", "encoder", "--data", "papers.jsonl", "--words", "random", "--epochs", "2")
    run = cli(*wish, "--out", "a.bin", "--without", "without.txt", "--json")
    assert run.code == 0, run.err  # where this takes long, what goes to stderr is progress
    assert (run.json["written"], run.json["papers"], len(run.json["losses"])) == ("a.bin", 58, 2)
    assert 0 <= run.json["before"] <= 1
    told = cli(*wish, "--out", "b.bin", "--without", "without.txt").out
    assert "written: b.bin" in told
    assert "learned from 58 papers" in told
    assert "papers never trained on" in told
    assert (tmp_path / "a.bin").read_bytes() == (tmp_path / "b.bin").read_bytes()
    assert pretrained.read_encoder(tmp_path / "a.bin").dimensions == 256
    assert cli(*wish, "--out", "c.bin", "--seed", "1").code == 0
    assert (tmp_path / "c.bin").read_bytes() != (tmp_path / "a.bin").read_bytes()


def test_train_encoder_names_what_it_cannot_use(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "papers.jsonl").write_text(jsonl([record(n) for n in range(10)]), encoding="utf-8")
    wish = ("train", "encoder", "--words", "random", "--out", "a.bin", "--data")
    for arguments, says in (
        ((*wish, "papers.jsonl"), "too little to learn from: 10 papers"),
        ((*wish, "absent.jsonl"), "absent.jsonl"),
        ((*wish, "papers.jsonl", "--without", "absent.txt"), "absent.txt"),
        ((*wish, "papers.jsonl", "--words", "glove"), "--words glove: there are transformer and random"),
        ((*wish, "papers.jsonl", "--out", "no/a.bin"), "no/a.bin: there is no folder no"),
    ):
        run = cli(*arguments)
        assert run.code == 2, arguments
        assert says in run.err
        assert len(run.err.splitlines()) == 1
    assert not (tmp_path / "a.bin").exists()


def test_train_library_says_whether_it_helped_and_can_be_undone(
    cli: Cli, library: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    few = cli("train", "library")
    assert few.code == 2
    assert "tuning needs 1,000 papers, and here are 18" in few.err
    assert "nothing to undo" in cli("train", "library", "--undo").out
    monkeypatch.setattr(word_encoder, "FEWEST", 10)
    monkeypatch.setattr(word_encoder, "LEAST_PAPERS", 10)
    figures = iter([0.5, 0.4])  # before, after
    monkeypatch.setattr(word_encoder, "_title_mrr", lambda *_: next(figures))
    run = cli("train", "library", "--json")
    assert (run.code, run.json["kept"], run.json["after"]) == (0, False, 0.4)
    assert not (library / pretrained.TUNED).exists()
    figures = iter([0.5, 0.6])
    told = cli("train", "library").out
    assert told.startswith("kept\n")
    assert "MRR@10 0.600, before 0.500" in told
    first = (library / pretrained.TUNED).read_bytes()
    assert "tuned on this library" in cli("check").out
    assert cli("search", "late interaction", "--json").json["results"]
    figures = iter([0.5, 0.6])
    assert cli("train", "library", "--json").json["kept"]
    assert (library / pretrained.TUNED).read_bytes() == first
    undone = cli("train", "library", "--undo", "--json")
    assert (undone.code, undone.json) == (0, {"undone": True})
    assert "as shipped" in cli("check").out
    assert not (library / pretrained.TUNED).exists()
