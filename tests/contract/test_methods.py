"""Every method of the product, found by its card, keeps the promises of its room; so does one added in a folder."""

from __future__ import annotations

import importlib
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import broadsheet
from broadsheet.methods import methods
from tests.contract.examples import Example, discovered, examples_of, protocols
from tests.contract.promises import PROMISES, Promise, cases, has_what_its_protocols_ask_for, named, promises

HOUSE = Path(broadsheet.__file__).parent
FOUND = list(discovered(HOUSE, "tests.methods"))
ROOMS = sorted({method.room for method in methods(HOUSE)})


@pytest.mark.parametrize(("example", "promise"), cases(FOUND))
def test_a_method_keeps_its_promises(example: Example, promise: Promise) -> None:
    promise(example)


@pytest.mark.parametrize("example", named(FOUND))
def test_a_method_has_what_the_protocols_it_keeps_ask_for(example: Example) -> None:
    has_what_its_protocols_ask_for(example)


@pytest.mark.parametrize("room", ROOMS)
def test_a_protocol_that_no_method_keeps_does_not_exist(room: str) -> None:
    kept = {protocol for method, _, example in FOUND if method.room == room for protocol in example.keeps}
    assert set(protocols(importlib.import_module(f"broadsheet.{room}.contract"))) == kept
    assert kept <= set(PROMISES)


METHOD = '''
"""Counts: a word weighs what its count is."""

import numpy as np

from broadsheet.kit.card import Card

CARD = Card(title="Counts", paper="none", year=2026, solves="nothing much")


class Counts:
    """A weighting by counts."""

    def document(self, bags, lengths):
        """The counts."""
        return {document}

    def query(self, counts, frequencies, documents):
        """Counts over frequencies."""
        return (counts / frequencies).astype(np.float32)
'''
TEST = """
import numpy as np

from broadsheet.kit.bag_of_words import bag
from broadsheet.kit.text import tokenize
from broadsheet.retrieval.contract import Weighting
from tests.contract.examples import Example
from {house}.retrieval.counts import Counts

EXAMPLES = {{
    "plain": Example(
        make=lambda lengths: Counts(),
        answer=lambda method, lengths: method.document(bag(tokenize(["a b b"], stemmed=False)), lengths),
        inputs=(np.array([3], np.float32),),
        keeps=(Weighting,),
    )
}}
"""


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Iterator[Path]:
    """A folder with one method, whose words weigh as the parameter says, and its test."""
    folder = tmp_path / "annexe"
    (folder / "retrieval").mkdir(parents=True)
    (folder / "retrieval" / "counts.py").write_text(METHOD.replace("{document}", request.param), encoding="utf-8")
    (tmp_path / "annexe_tests").mkdir()
    (tmp_path / "annexe_tests" / "test_counts.py").write_text(TEST.format(house="annexe"), encoding="utf-8")
    monkeypatch.syspath_prepend(str(tmp_path))
    yield folder
    for name in [name for name in sys.modules if name.startswith("annexe")]:
        del sys.modules[name]


@pytest.mark.parametrize("house", ["bags.counts"], indirect=True)
def test_a_method_added_in_a_folder_is_found_and_checked(house: Path) -> None:
    [(method, name, example)] = discovered(house, "annexe_tests")
    assert (method.room, method.name, name) == ("retrieval", "counts", "plain")
    kept = list(promises(example))
    assert len(kept) == 7
    for promise in kept:
        promise(example)


@pytest.mark.parametrize("house", ["-bags.counts", "np.random.default_rng().random(len(bags.counts))"], indirect=True)
def test_an_added_method_that_breaks_a_promise_is_caught(house: Path) -> None:
    [(_, _, example)] = discovered(house, "annexe_tests")
    broken = []
    for promise in promises(example):
        try:
            promise(example)
        except AssertionError:
            broken.append(promise.__name__)
    assert broken


@pytest.mark.parametrize("house", ["bags.counts"], indirect=True)
def test_an_added_method_without_examples_is_told_what_to_write(house: Path) -> None:
    (house.parent / "annexe_tests" / "test_counts.py").unlink()
    with pytest.raises(AssertionError, match=r"test_counts\.py has to have EXAMPLES"):
        examples_of(methods(house)[0], "annexe_tests")
