"""Every method of the product shows in its docstring how to use it, and what it shows is so."""

from __future__ import annotations

from pathlib import Path

import pytest

from broadsheet.kit.card import Card
from broadsheet.methods import Method, methods
from tests.contract.docstrings import check, parameters


@pytest.mark.parametrize("method", parameters(methods()))
def test_the_example_of_a_method_runs(method: Method, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    check(method, "broadsheet")


SHOWN = '''
"""Counts."""

__all__ = ["Counts"]


class Counts:
    """Counts.

    {}
    """
'''


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        ("Nothing.", "no docstring shows how"),
        (">>> from annex.retrieval.counts import Counts\n    >>> 1 + 1\n    3", "Expected:\n    3"),
        (">>> from annex.retrieval.counts import Counts\n    >>> from annex._kit import thing", "which is not public"),
        (">>> from annex.retrieval.counts import Counts\n    >>> 1 / 3\n    0.333333", "round what is printed"),
        (">>> from annex.retrieval.counts import Counts\n    >>> 1 / 0", "ZeroDivisionError"),
    ],
)
def test_a_wrong_example_is_caught(lines: str, says: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "annex" / "retrieval").mkdir(parents=True)
    path = tmp_path / "annex" / "retrieval" / "counts.py"
    path.write_text(SHOWN.format(lines), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    for name in ("annex", "annex.retrieval", "annex.retrieval.counts"):
        monkeypatch.delitem(__import__("sys").modules, name, raising=False)
    method = Method("retrieval", "counts", path, Card("Counts", "none", 2026, "nothing"))
    with pytest.raises(AssertionError, match=says):
        check(method, "annex")
