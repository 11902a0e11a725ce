"""The benchmark of codes on a small world: what is counted, halves, and what there is to measure."""

import importlib
from pathlib import Path

import numpy as np
import pytest

from broadsheet.kit.errors import UsageError
from broadsheet_lab.bench import codes
from broadsheet_lab.bench.codes._world import World, codebook_error
from broadsheet_lab.compression.lvq import LVQ


@pytest.fixture(scope="module")
def world() -> World:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((300, 16)).astype(np.float32)
    vectors = {f"text {i}": row for i, row in enumerate(x)} | {"asked": x[7] + 0.01, "too": x[9] - 0.01}
    texts = [f"text {i}" for i in range(300)]
    dev = np.array([True, False])
    wanted = np.array([7, 9])
    return World(texts, ["text 0"] * 300, ("asked", "too"), wanted, dev, lambda t: np.stack([vectors[s] for s in t]))


def test_what_is_found_is_counted(world: World) -> None:
    for query, exact in zip(world.asked, world.exact, strict=True):
        assert exact.tolist() == np.argsort(-(world.vectors @ query))[:10].tolist()
    tops = np.stack([world.exact[0], np.append(world.exact[1][:4], [-1] * 6)])
    assert world.recall(tops).tolist() == [1.0, 0.4]
    late = np.array([[7, *range(300, 310)], [*range(300, 310), 9]])
    assert world.found(late).tolist() == [1.0, 0.0]  # the eleventh does not count


def test_a_half_has_its_queries_and_all_papers(world: World) -> None:
    test = world.half(dev=False)
    assert (test.queries, test.wanted.tolist(), len(test.vectors)) == (["too"], [9], 300)
    np.testing.assert_array_equal(test.exact, world.exact[1:])


def test_the_best_by_codes_are_those_of_the_scores(world: World) -> None:
    method = LVQ(bits=4).fit(world.vectors)
    kept = method.encode(world.vectors)
    expected = np.argsort(-method.scores(world.asked, kept), axis=1)[:, :10]
    assert (world.tops(method) == expected).mean() > 0.9  # rounding may swap two
    coded = world.tops(method, kept, most=3, coded=True)
    decoded = method.decode(method.encode(world.asked)) @ method.decode(kept).T
    assert (coded == np.argsort(-decoded, axis=1)[:, :3]).mean() > 0.9
    left = method.decode(kept) - world.vectors
    assert codebook_error(method, world.vectors) == pytest.approx(np.square(left).sum(axis=1).mean(), rel=1e-5)


def test_an_unknown_method_is_named() -> None:
    with pytest.raises(UsageError, match="no method 'pq' is measured here"):
        codes.measure(Path(), print, ["pq"])


def test_every_file_says_what_it_measures() -> None:
    for name in codes.names():
        pytest.importorskip("torch") if name in ("bebr", "lr2vq") else None
        assert callable(importlib.import_module(f"broadsheet_lab.bench.codes.{name}").claims)
