"""Without torch a network says in one line what to install."""

import importlib
import sys

import pytest

from broadsheet_lab.ranking.tildev2 import TILDEv2


def test_what_is_missing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "broadsheet_lab.networks", raising=False)
    monkeypatch.setitem(sys.modules, "torch", None)
    with pytest.raises(ImportError, match=r"networks are made with torch: pip install './lab\[transformers\]'"):
        importlib.import_module("broadsheet_lab.networks")
    with pytest.raises(ImportError, match="networks are made with torch"):
        TILDEv2().tower()
