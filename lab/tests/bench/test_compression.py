"""The compression benchmark on a small world: what is counted is what was found, and the table is complete."""

from dataclasses import replace

import numpy as np
import pytest

from broadsheet_lab.bench.compression import contest, short_list
from broadsheet_lab.bench.compressors import Contestant, World, contestants, run
from broadsheet_lab.compression.lvq import LVQ


@pytest.fixture(scope="module")
def world() -> World:
    rng = np.random.default_rng(0)
    x = rng.standard_normal((1200, 256)) * np.geomspace(1, 0.05, 256)
    x = (x / np.linalg.norm(x, axis=1, keepdims=True)).astype(np.float32)
    q = (x[:330] + 0.02 * rng.standard_normal((330, 256))).astype(np.float32)
    exact = np.stack([np.argsort(-(x @ query), kind="stable")[:10] for query in q[300:]])
    return World(x, q[:300], q[300:], exact)


def test_found_counts_the_nearest_ten(world: World) -> None:
    tops = [row.copy() for row in world.exact]
    tops[0] = np.append(tops[0][:7], [-1, -2, -3])
    assert world.found(tops).tolist() == [0.7] + [1.0] * 29


def test_a_contestant_is_measured(world: World) -> None:
    measured = run(Contestant("lvq", "lvq8", 256, lambda w: LVQ(bits=8).fit(w.vectors)), world)
    assert measured.bytes_a_vector == 260
    assert measured.recall.mean() >= 0.95
    assert measured.rescored == {100: 1.0, 1000: 1.0}
    assert 0 < measured.squared_error < 2e-4
    assert measured.codebook is None
    assert measured.to_json()["recall@10"] == pytest.approx(measured.recall.mean(), abs=1e-4)


def test_every_method_comes_at_every_size() -> None:
    named = [(one.name.split(",")[0].split(" ")[0], one.budget) for one in contestants()]
    for budget in (16, 32, 64, 128):
        assert named.count(("leanvec", budget)) == 6
        assert {("pq", budget), ("opq", budget)} <= set(named)
    assert len({(one.name, one.budget) for one in contestants()}) == len(named)


def test_the_contest_is_at_equal_recall_and_chooses_without_the_test_queries(world: World) -> None:
    duel = contest(world, reduced=64)
    assert duel["uncompressed_recall@10"] == 1.0
    assert duel["leanvec_recall@10"] >= 0.99
    assert min(duel["uncompressed_ms"], duel["leanvec_ms"], duel["ratio"]) > 0
    unasked = replace(world, test=world.test[:0], exact=world.exact[:0])
    assert duel["rescored"] == short_list(unasked, 64)
