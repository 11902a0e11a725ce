"""The laboratory's indexes keep the promises of their room."""

from pathlib import Path

import pytest

import broadsheet_lab
from broadsheet.methods import methods
from tests.contract.examples import Example, examples_of
from tests.contract.promises import Promise, promises

HOUSE = Path(broadsheet_lab.__file__).parent


def kept(name: str) -> list[tuple[Example, Promise]]:
    [method] = [method for method in methods(HOUSE) if method.name == name]
    return [(one, promise) for one in examples_of(method, "lab.tests.methods").values() for promise in promises(one)]


@pytest.mark.parametrize("name", ["squash", "hnsw_order"])
def test_an_index_keeps_its_promises(name: str) -> None:
    if name == "hnsw_order":
        pytest.importorskip("hnswlib", reason="the extra `ann`, which needs a compiler")
    for example, promise in kept(name):
        promise(example)
