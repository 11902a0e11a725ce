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
from tests.contract.promises import Promise, promises

HOUSE = Path(broadsheet_lab.__file__).parent
FOUND = list(discovered(HOUSE, "lab.tests.methods"))
ROOMS = sorted({method.room for method in methods(HOUSE)})


@pytest.mark.parametrize(
    ("example", "promise"),
    [
        pytest.param(example, promise, id=f"{method.room}/{method.name}, {name}: {promise.__name__}")
        for method, name, example in FOUND
        for promise in promises(example, PROMISES)
    ],
)
def test_a_method_keeps_its_promises(example: Example, promise: Promise) -> None:
    promise(example)


@pytest.mark.parametrize("example", [pytest.param(e, id=f"{m.room}/{m.name}, {name}") for m, name, e in FOUND])
def test_a_method_has_what_the_protocols_it_keeps_ask_for(example: Example) -> None:
    subjects = example.subjects()
    for protocol in example.keeps:
        assert any(isinstance(subject, protocol) for subject in subjects)


@pytest.mark.parametrize("room", ROOMS)
def test_a_protocol_that_no_method_keeps_does_not_exist(room: str) -> None:
    contract = f"broadsheet_lab.{room}.contract"
    defined = protocols(importlib.import_module(contract)) if importlib.util.find_spec(contract) else ()
    kept = {protocol for method, _, example in FOUND if method.room == room for protocol in example.keeps}
    assert set(defined) <= kept <= set(PROMISES)
