"""The command line measures a method, a board, or everything, and goes on where one fails."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from broadsheet.kit.errors import UsageError
from broadsheet.methods import methods
from broadsheet_lab import bench
from broadsheet_lab.bench import METHODS, NAMES, __main__, every, run
from broadsheet_lab.methods_page import lab_methods


def test_a_name_is_a_method_or_a_board(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[tuple[object, ...]] = []

    class Module:
        @staticmethod
        def measure(out: Path, *rest: object) -> list[Path]:
            calls.append((out, *rest[1:]))
            return [out / "x.json"]

    asked: list[str] = []

    def imported(name: str) -> type[Module]:
        asked.append(name)
        return Module

    monkeypatch.setattr(bench, "import_module", imported)
    assert run("bebr", tmp_path) == run("digest", tmp_path) == [tmp_path / "x.json"]
    assert run("aspects", tmp_path)
    assert asked == [f"broadsheet_lab.bench.{name}" for name in (METHODS["bebr"], "digest", "text")]
    assert calls == [(tmp_path, ["bebr"]), (tmp_path,), (tmp_path, ["aspects"])]
    with pytest.raises(UsageError, match=r"no method or benchmark 'text/aspects'; there are the benchmarks spine"):
        run("text/aspects", tmp_path)


def test_everything_is_every_method_and_every_board_once() -> None:
    names = every()
    assert len(set(names)) == len(names)
    assert set(METHODS) < set(names) <= {*METHODS, *NAMES}
    assert {"spine", "search", "feed", "vectors", "transformer"} < set(names)
    assert not {"text", "methods", "ranker", "search-dev"} & set(names)
    assert set(METHODS) <= {method.name for method in (*methods(), *lab_methods())}


def test_all_goes_on_where_one_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def measured(name: str, out: Path, tell: Callable[[str], None]) -> list[Path]:
        if name == "two":
            raise ZeroDivisionError("no readers")
        return [out / f"{name}.json"]

    monkeypatch.setattr(__main__, "every", lambda: ("one", "two", "three"))
    monkeypatch.setattr(__main__, "run", measured)
    assert __main__.main(["--all", "--out", str(tmp_path)]) == 2
    shown = capsys.readouterr()
    assert shown.out == f"written: {tmp_path / 'one.json'}\nwritten: {tmp_path / 'three.json'}\n"
    assert "bench: 2 of 3: two, about 0 minutes left\n" in shown.err
    assert shown.err.endswith("bench: failed: two: ZeroDivisionError: no readers\n")
    monkeypatch.setattr(__main__, "every", lambda: ("one",))
    assert __main__.main(["--all", "--out", str(tmp_path)]) == 0
