"""Composed retrieval: the augmenter, the schedule and both losses transcribed; gradients against differences."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from broadsheet.kit.unit import unit_rows
from broadsheet_lab.retrieval.composed import Composer, augmented, coarse_share, mixed, multi_grained
from broadsheet_lab.retrieval.contract import Composition
from tests.contract.examples import Example


def cloud(n: int, d: int, seed: int = 0) -> NDArray[np.float32]:
    return unit_rows(np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32))


def cross_entropy(queries: NDArray[np.float32], targets: NDArray[np.float32]) -> float:
    """Query by query, as it is written."""
    losses = []
    for i, query in enumerate(queries.astype(np.float64)):
        logits = [float(query @ target) for target in targets.astype(np.float64)]
        losses.append(-math.log(math.exp(logits[i]) / sum(map(math.exp, logits))))
    return sum(losses) / len(losses)


def test_a_target_is_blurred_coordinate_by_coordinate() -> None:
    targets = cloud(3, 6) * 4
    found = augmented(targets, np.random.default_rng(5), alpha_scale=0.5, beta_scale=2.0)
    rng = np.random.default_rng(5)
    first, second = rng.standard_normal((3, 6)), rng.standard_normal((3, 6))
    for i in range(3):
        row = targets[i].astype(np.float64)
        m = sum(row) / 6
        s = math.sqrt(sum((v - m) ** 2 for v in row) / 5)
        flat = math.sqrt(sum((v - m) ** 2 for v in row) / 6 + 1e-5)
        for c in range(6):
            alpha = 0.5 * (1 + s * first[i, c])
            beta = 2.0 * (m + s * second[i, c])
            assert found[i, c] == pytest.approx(alpha * (row[c] - m) / flat + beta, rel=1e-4, abs=1e-5)


def test_noise_grows_with_the_spread_of_the_target() -> None:
    targets = np.repeat(cloud(1, 64), 400, axis=0)
    for length in (1.0, 4.0):
        spread = float((targets[0] * length).std(ddof=1))
        noise = augmented(targets * length, np.random.default_rng(0)) - augmented(
            targets * length, np.random.default_rng(0), alpha_scale=0, beta_scale=0
        )
        at = np.abs(targets[0]).argmin()  # where alpha counts least, beta's spread is what is left
        assert noise[:, at].std() == pytest.approx(spread, rel=0.1)


def test_the_coarse_loss_has_all_the_weight_at_first_and_1_over_e_of_it_at_the_end() -> None:
    assert coarse_share(0, 60) == 1.0
    assert coarse_share(60, 60) == pytest.approx(math.exp(-1))
    assert coarse_share(30, 60, 2.0) == pytest.approx(math.exp(-1))


def test_the_loss_is_the_papers() -> None:
    queries, targets = cloud(5, 8) * 3, cloud(5, 8, seed=1) * 3
    blurred = augmented(targets, np.random.default_rng(2))
    s = float(np.std(blurred.astype(np.float64), ddof=1))
    for gamma in (0.0, 0.4, 1.0):
        coarse = 0.5 * (math.exp(-s) * cross_entropy(queries, blurred) + s)
        expected = gamma * coarse + (1 - gamma) * cross_entropy(queries, targets)
        assert multi_grained(queries, targets, blurred, gamma)[0] == pytest.approx(expected, rel=1e-5)


def test_without_spread_the_coarse_loss_is_half_of_the_fine_one() -> None:
    queries, same = cloud(4, 8), np.ones((4, 8), np.float32)
    loss, slope = multi_grained(queries, cloud(4, 8, seed=1), same, 1.0)
    assert loss == pytest.approx(math.log(4) / 2, rel=1e-5)  # all targets alike: four equal chances
    np.testing.assert_allclose(slope, 0, atol=1e-7)


def test_the_gradient_of_every_weight_is_its_slope() -> None:
    x, t, f = (cloud(6, 4, seed=seed) for seed in range(3))
    method = Composer(hidden=5, epochs=2, batch=6).fit(x, t, f)
    rng = np.random.default_rng(0)
    method.weights_ = {  # away from zero, where everything started, and in double precision
        name: (w + 0.3 * rng.standard_normal(w.shape)).astype(np.float64) for name, w in method.weights_.items()
    }

    def loss() -> float:
        return method._gradient(x, t, f * 4, 0.5, np.random.default_rng(9))[0]

    gradients = method._gradient(x, t, f * 4, 0.5, np.random.default_rng(9))[1]
    for name, weight in method.weights_.items():
        flat, slopes = weight.reshape(-1), gradients[name].reshape(-1)
        for at in range(0, len(flat), 7):
            held = flat[at]
            flat[at] = held + 1e-5
            above = loss()
            flat[at] = held - 1e-5
            below = loss()
            flat[at] = held
            assert slopes[at] == pytest.approx((above - below) / 2e-5, abs=2e-4), name


def test_the_query_is_a_gated_sum_and_a_residual() -> None:
    x, t, f = (cloud(6, 4, seed=seed) for seed in range(3))
    w = Composer(hidden=3, epochs=3, batch=3).fit(x, t, f).weights_
    found = mixed(w, x, t)[0]
    for i in range(6):
        hidden = [
            max(0.0, float(np.concatenate([x[i], t[i]]) @ w["hidden"][:, h] + w["hidden_bias"][h])) for h in range(3)
        ]
        for c in range(4):
            gate = 1 / (1 + math.exp(-(sum(hidden[h] * w["gate"][h, c] for h in range(3)) + w["gate_bias"][c])))
            residual = sum(hidden[h] * w["residual"][h, c] for h in range(3)) + w["residual_bias"][c]
            assert found[i, c] == pytest.approx(gate * x[i, c] + (1 - gate) * t[i, c] + residual, rel=1e-4, abs=1e-6)


def test_an_untrained_query_is_the_mean_of_paper_and_words() -> None:
    x, t = cloud(5, 6), cloud(5, 6, seed=1)
    method = Composer(hidden=4, epochs=1, batch=2, rate=0.0).fit(x, t, t)
    np.testing.assert_allclose(method.encode(x, t), unit_rows(x + t), rtol=1e-5)


@pytest.mark.parametrize("coarse", [True, False])
def test_it_learns_to_swap_what_the_words_name(coarse: bool) -> None:
    """A world of 8 subjects x 8 methods: the words name a method, the target is the same subject by that method."""
    rng = np.random.default_rng(0)
    subjects, methods = cloud(8, 24, seed=1), cloud(8, 24, seed=2)
    named = cloud(8, 24, seed=3)  # how a method sounds as words has nothing to do with how its papers look
    worlds = unit_rows(subjects[:, None].repeat(8, 1).reshape(64, 24) + methods[None].repeat(8, 0).reshape(64, 24))
    subject, before, after = (rng.integers(0, 8, 1500) for _ in range(3))
    x, t, f = worlds[8 * subject + before], named[after], worlds[8 * subject + after]
    seen = (subject + after) % 8 != 0  # a pair of subject and new method in eight is never trained on
    method = Composer(hidden=64, epochs=20, coarse=coarse, rate=3e-3).fit(x[seen], t[seen], f[seen])
    found = (method.encode(x[~seen], t[~seen]) @ worlds.T).argmax(axis=1)
    assert (found == (8 * subject + after)[~seen]).mean() > 0.9
    plain = (unit_rows(x + t)[~seen] @ worlds.T).argmax(axis=1)
    assert (plain == (8 * subject + after)[~seen]).mean() < 0.3


def test_the_seed_decides_and_a_second_fit_forgets_the_first() -> None:
    x, t, f = (cloud(12, 6, seed=seed) for seed in range(3))
    method = Composer(hidden=4, epochs=2, batch=4, seed=1).fit(f, t, x)
    again = Composer(hidden=4, epochs=2, batch=4, seed=1).fit(x, t, f)
    np.testing.assert_array_equal(method.fit(x, t, f).encode(x, t), again.encode(x, t))
    assert not np.allclose(Composer(hidden=4, epochs=2, batch=4, seed=2).fit(x, t, f).encode(x, t), again.encode(x, t))


def test_what_was_learned_travels_as_arrays() -> None:
    x, t, f = (cloud(8, 6, seed=seed) for seed in range(3))
    method = Composer(hidden=4, epochs=1, batch=4).fit(x, t, f)
    np.testing.assert_array_equal(Composer.from_arrays(method.to_arrays()).encode(x, t), method.encode(x, t))
    broken = {**method.to_arrays(), "gate": np.zeros((4, 5), np.float32)}
    with pytest.raises(ValueError, match="do not fit together"):
        Composer.from_arrays(broken)
    with pytest.raises(ValueError, match="do not fit together"):
        Composer.from_arrays({})


def test_what_cannot_be_learned_or_encoded_is_named() -> None:
    x = cloud(4, 6)
    with pytest.raises(ValueError, match=r"aligned \(n, d\) arrays, not \[\(4, 6\), \(3, 6\), \(4, 6\)\]"):
        Composer().fit(x, x[:3], x)
    with pytest.raises(ValueError, match="1 triples are too few"):
        Composer().fit(x[:1], x[:1], x[:1])
    with pytest.raises(ValueError, match="nothing learned yet"):
        Composer().encode(x, x)
    with pytest.raises(ValueError, match=r"not 0, 60, 32, 4\.0"):
        Composer(hidden=0)
    fitted = Composer(hidden=2, epochs=1).fit(x, x, x)
    with pytest.raises(ValueError, match="vectors of 5 dimensions, learned on 6"):
        fitted.encode(x[:, :5], x[:, :5])


EXAMPLES = {
    name: Example(
        make=lambda x, t, f, coarse=coarse: Composer(hidden=4, epochs=2, batch=4, coarse=coarse).fit(x, t, f),
        answer=lambda method, x, t, _: method.encode(x, t),
        inputs=tuple(cloud(12, 6, seed=seed) for seed in range(3)),
        keeps=(Composition,),
    )
    for name, coarse in (("coarse and fine", True), ("fine alone", False))
}
