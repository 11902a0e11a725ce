"""Every method of the laboratory shows in its docstring how to use it, and what it shows is so."""

from __future__ import annotations

from pathlib import Path

import pytest

from broadsheet.methods import Method
from broadsheet_lab.methods_page import lab_methods
from tests.contract.docstrings import check, parameters


@pytest.mark.parametrize("method", parameters(lab_methods()))
def test_the_example_of_a_method_runs(method: Method, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    check(method, "broadsheet_lab")
