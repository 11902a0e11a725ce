"""Every method of the laboratory, found by its card, keeps the promises of its room."""

from __future__ import annotations

import importlib
import importlib.util
from pathlib import Path

import pytest

import broadsheet_lab
from broadsheet.methods import methods
from lab.tests.contract.promises import PROMISES
from tests.contract.examples import Example, discovered, protocols
from tests.contract.promises import Promise, cases, has_what_its_protocols_ask_for, named

HOUSE = Path(broadsheet_lab.__file__).parent
FOUND = list(discovered(HOUSE, "lab.tests.methods"))
ROOMS = sorted({method.room for method in methods(HOUSE)})


@pytest.mark.parametrize(("example", "promise"), cases(FOUND, PROMISES))
def test_a_method_keeps_its_promises(example: Example, promise: Promise) -> None:
    promise(example)


@pytest.mark.parametrize("example", named(FOUND))
def test_a_method_has_what_the_protocols_it_keeps_ask_for(example: Example) -> None:
    has_what_its_protocols_ask_for(example)


@pytest.mark.parametrize("room", ROOMS)
def test_a_protocol_that_no_method_keeps_does_not_exist(room: str) -> None:
    contract = f"broadsheet_lab.{room}.contract"
    defined = protocols(importlib.import_module(contract)) if importlib.util.find_spec(contract) else ()
    kept = {protocol for method, _, example in FOUND if method.room == room for protocol in example.keeps}
    assert kept <= set(PROMISES)
    if {method.name for method in methods(HOUSE)} == {method.name for method, _, _ in FOUND}:  # every extra is here
        assert set(defined) <= kept
