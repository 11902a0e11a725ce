"""Composed retrieval: the augmenter, the schedule, both losses and the mixture transcribed; what is learned."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from broadsheet.kit.unit import unit_rows
from broadsheet_lab.retrieval.composed import Composer, augmented, coarse_share, multi_grained
from broadsheet_lab.retrieval.contract import Composition
from broadsheet_lab.training import Plan
from tests.contract.examples import Example

torch = pytest.importorskip("torch")

from broadsheet_lab.networks import Network  # noqa: E402  behind what may be missing
from broadsheet_lab.retrieval._mixtures import GatedMixture  # noqa: E402

WORDS = ("sparse graphs", "spoken words", "deep nets", "small data") * 3


def cloud(n: int, d: int, seed: int = 0) -> NDArray[np.float32]:
    return unit_rows(np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32))


def small() -> Network:
    return Network.small(WORDS, hidden=16, rank=2)


def cross_entropy(queries: NDArray[np.float32], targets: NDArray[np.float32]) -> float:
    """Query by query, as it is written."""
    losses = []
    for i, query in enumerate(queries.astype(np.float64)):
        logits = [float(query @ target) for target in targets.astype(np.float64)]
        losses.append(-math.log(math.exp(logits[i]) / sum(map(math.exp, logits))))
    return sum(losses) / len(losses)


def test_a_target_is_blurred_coordinate_by_coordinate() -> None:
    targets = cloud(3, 6) * 4
    torch.manual_seed(5)
    found = augmented(torch.from_numpy(targets), alpha_scale=0.5, beta_scale=2.0).numpy()
    torch.manual_seed(5)
    first, second = torch.randn(3, 6).numpy(), torch.randn(3, 6).numpy()
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
    torch.manual_seed(0)
    for length in (1.0, 4.0):
        long = torch.from_numpy(targets * np.float32(length))
        noise = (augmented(long) - augmented(long, alpha_scale=0, beta_scale=0)).numpy()
        spread = float((targets[0] * length).std(ddof=1))
        at = np.abs(targets[0]).argmin()  # where alpha counts least, beta's spread is what is left
        assert noise[:, at].std() == pytest.approx(spread, rel=0.1)


def test_the_coarse_loss_has_all_the_weight_at_first_and_1_over_e_of_it_at_the_end() -> None:
    assert coarse_share(0) == 1.0
    assert coarse_share(1) == pytest.approx(math.exp(-1))
    assert coarse_share(0.5, 2.0) == pytest.approx(math.exp(-1))


def test_the_loss_is_the_papers() -> None:
    torch.manual_seed(2)
    queries, targets = cloud(5, 8) * 3, cloud(5, 8, seed=1) * 3
    blurred = augmented(torch.from_numpy(targets)).numpy()
    s = float(np.std(blurred.astype(np.float64), ddof=1))
    q, t, b = (torch.from_numpy(x) for x in (queries, targets, blurred))
    for gamma in (0.0, 0.4, 1.0):
        coarse = 0.5 * (math.exp(-s) * cross_entropy(queries, blurred) + s)
        expected = gamma * coarse + (1 - gamma) * cross_entropy(queries, targets)
        assert float(multi_grained(q, t, b, gamma)) == pytest.approx(expected, rel=1e-5)


def test_without_spread_the_coarse_loss_is_half_of_the_fine_one() -> None:
    queries = torch.from_numpy(cloud(4, 8)).requires_grad_()
    loss = multi_grained(queries, torch.from_numpy(cloud(4, 8, seed=1)), torch.ones(4, 8), 1.0)
    assert float(loss.detach()) == pytest.approx(math.log(4) / 2, rel=1e-5)  # all targets alike: four equal chances
    loss.backward()
    np.testing.assert_allclose(queries.grad, 0, atol=1e-7)


def test_the_query_is_a_gated_sum_and_a_residual() -> None:
    x, t = cloud(6, 4), cloud(6, 4, seed=1)
    torch.manual_seed(0)
    mixture = GatedMixture(4, 3)
    with torch.no_grad():
        np.testing.assert_allclose(mixture(torch.from_numpy(x), torch.from_numpy(t)), (x + t) / 2, rtol=1e-5)
        for parameter in mixture.parameters():
            parameter.normal_()
        found = mixture(torch.from_numpy(x), torch.from_numpy(t)).numpy()
    w = {name: p.detach().numpy() for name, p in mixture.named_parameters()}
    for i in range(6):
        both = np.concatenate([x[i], t[i]])
        hidden = [max(0.0, float(w["hidden.weight"][h] @ both + w["hidden.bias"][h])) for h in range(3)]
        for c in range(4):
            logit, residual = (
                sum(hidden[h] * w[f"{name}.weight"][c, h] for h in range(3)) + w[f"{name}.bias"][c]
                for name in ("gate", "residual")
            )
            gate = 1 / (1 + math.exp(-logit))
            assert found[i, c] == pytest.approx(gate * x[i, c] + (1 - gate) * t[i, c] + residual, rel=1e-4, abs=1e-6)


def test_an_untrained_query_is_the_mean_of_paper_and_words_and_training_moves_mixture_and_text() -> None:
    x, f = cloud(12, 16), cloud(12, 16, seed=1)
    still = Composer(small(), hidden=4, plan=Plan(1, 4, 0.0)).fit(x, WORDS, f)
    np.testing.assert_allclose(still.encode(x, WORDS), unit_rows(x + small().encode(WORDS)), atol=1e-5)
    moved = Composer(small(), hidden=4, coarse=False, plan=Plan(20, 6, 3e-2)).fit(x, WORDS, f)
    assert moved.course_.losses[-1] < moved.course_.losses[0]
    assert moved.text_ is not None
    assert np.abs(moved.text_.encode(WORDS) - small().encode(WORDS)).max() > 0.01
    frozen = Composer(small(), hidden=4, text_learns=False, plan=Plan(20, 6, 3e-2)).fit(x, WORDS, f)
    assert frozen.text_ is not None
    np.testing.assert_array_equal(frozen.text_.encode(WORDS), small().encode(WORDS))


def test_the_seed_decides_and_the_coarse_loss_changes_what_is_learned() -> None:
    x, f = cloud(12, 16), cloud(12, 16, seed=1)

    def learned(seed: int, coarse: bool = True) -> NDArray[np.float32]:
        method = Composer(small(), hidden=4, coarse=coarse, plan=Plan(4, 4, 1e-2, seed=seed))
        return method.fit(x, WORDS, f).encode(x, WORDS)

    np.testing.assert_array_equal(learned(1), learned(1))
    assert not np.allclose(learned(2), learned(1))
    assert not np.allclose(learned(1, coarse=False), learned(1))


def test_arrays_that_do_not_fit_are_refused() -> None:
    x = cloud(12, 16)
    arrays = dict(Composer(small(), hidden=4, pace=2.0, plan=Plan(1, 4)).fit(x, WORDS, x).to_arrays())
    again = Composer.from_arrays(arrays)
    assert (again.hidden, again.pace, again.coarse, again.plan) == (4, 2.0, True, Plan(1, 4))
    with pytest.raises(ValueError, match="do not fit together"):
        Composer.from_arrays({**arrays, "mixture.gate.weight": np.zeros((4, 5), np.float32)})
    with pytest.raises(KeyError):
        Composer.from_arrays({})
    with pytest.raises(ValueError, match="nothing learned yet"):
        Composer().to_arrays()


def test_what_cannot_be_learned_or_encoded_is_named() -> None:
    x = cloud(4, 6)
    with pytest.raises(ValueError, match=r"\(3, 6\) are not aligned with 4 words"):
        Composer(small()).fit(x, WORDS[:4], x[:3])
    with pytest.raises(ValueError, match=r"papers \(4, 6\) and targets \(4, 6\) are not aligned with words of 16"):
        Composer(small()).fit(x, WORDS[:4], x)
    with pytest.raises(ValueError, match="nothing learned yet"):
        Composer().encode(x, WORDS[:4])
    with pytest.raises(ValueError, match=r"not 0, 64, 4\.0"):
        Composer(hidden=0)


EXAMPLES = {
    name: Example(
        make=lambda x, words, f, coarse=coarse: Composer(small(), hidden=4, coarse=coarse, plan=Plan(3, 4, 1e-2)).fit(
            x, words, f
        ),
        answer=lambda method, x, words, _: method.encode(x, words),
        inputs=(cloud(12, 16), WORDS, cloud(12, 16, seed=1)),
        keeps=(Composition,),
    )
    for name, coarse in (("coarse and fine", True), ("fine alone", False))
}
