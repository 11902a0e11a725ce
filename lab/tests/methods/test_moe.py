"""Experts by field: copies that agree until they part, gradients as numerical ones, and enforced routing."""

from typing import Any

import numpy as np
import pytest

from broadsheet_lab.encoders.moe import MixtureOfExperts, adapted, adapted_backward, gelu, gelu_slope
from broadsheet_lab.kit.optim import AdamW
from tests.contract.examples import Example


def unit(n: int, d: int, seed: int) -> np.ndarray:
    x = np.random.default_rng(seed).standard_normal((n, d)).astype(np.float32)
    return x / np.linalg.norm(x, axis=1, keepdims=True)


def weights(d: int = 5, h: int = 4) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(3)
    shapes = {"in": (d, h), "in_bias": (h,), "out": (h, d), "out_bias": (d,)}
    return {name: rng.standard_normal(shape).astype(np.float32) for name, shape in shapes.items()}


def two_fields(n: int = 400, d: int = 12) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Pairs alike in the first half of the directions in one field and in the second half in the other."""
    rng = np.random.default_rng(0)
    fields = np.where(np.arange(n) % 2 == 0, "art", "law")
    first, second = rng.standard_normal((2, n, d)).astype(np.float32)
    told = np.where(fields[:, None] == "art", np.arange(d) < d // 2, np.arange(d) >= d // 2)
    second = np.where(told, first + 0.3 * second, second).astype(np.float32)
    return (
        first / np.linalg.norm(first, axis=1, keepdims=True),
        second / np.linalg.norm(second, axis=1, keepdims=True),
        fields,
    )


def found_first(method: MixtureOfExperts, first: np.ndarray, second: np.ndarray, fields: np.ndarray) -> float:
    """How often a paper's nearest of the field is the one it is paired with."""
    a, b = method.encode(first, fields), method.encode(second, fields)
    scores = np.where(fields[:, None] == fields, a @ b.T, -np.inf)
    return float((scores.argmax(axis=1) == np.arange(len(a))).mean())


def test_gelu_and_its_slope() -> None:
    x = np.array([-2.0, -0.5, 0.0, 1.0], np.float32)
    np.testing.assert_allclose(gelu(x), [-0.0455003, -0.1542688, 0, 0.8413447], atol=1e-6)
    numerical = (gelu(x + np.float32(1e-2)) - gelu(x - np.float32(1e-2))) / 2e-2
    np.testing.assert_allclose(gelu_slope(x), numerical, atol=1e-4)


def test_the_gradients_of_an_expert_are_the_numerical_ones() -> None:
    x, expert, slope = unit(6, 5, 0), weights(), unit(6, 5, 1)
    found = adapted_backward(x, expert, slope)
    for name, gradient in found.items():
        assert gradient.shape == expert[name].shape
        for at in list(np.ndindex(gradient.shape))[::3]:
            sides = []
            for sign in (1, -1):
                moved = {key: value.copy() for key, value in expert.items()}
                moved[name][at] += sign * 1e-2
                sides.append(float((adapted(x, moved).astype(float) * slope).sum()))
            assert gradient[at] == pytest.approx((sides[0] - sides[1]) / 2e-2, abs=2e-3)


def test_an_untrained_mixture_says_what_the_frozen_encoder_says() -> None:
    first, second, fields = two_fields()
    method = MixtureOfExperts(together=0, apart=0).fit(first, second, fields)
    np.testing.assert_allclose(method.encode(first, fields), first, atol=1e-6)


def test_experts_trained_as_one_are_copies_and_the_route_does_not_matter() -> None:
    first, second, fields = two_fields()
    method = MixtureOfExperts(hidden=16, together=2, apart=0).fit(first, second, fields)
    assert method.fields_.tolist() == ["art", "law"]
    for values in method.experts_.values():
        assert values[0].tolist() == values[1].tolist()
    other = np.where(fields == "art", "law", "art")
    np.testing.assert_allclose(method.encode(first, fields), method.encode(first, other), atol=1e-6)
    assert np.abs(method.encode(first, fields) - first).max() > 1e-3


def test_a_batch_of_one_field_changes_its_expert_alone() -> None:
    first, second, fields = two_fields()
    method = MixtureOfExperts(hidden=8, together=1, apart=0).fit(first, second, fields)
    before = {name: values.copy() for name, values in method.experts_.items()}
    experts = [method._expert(e) for e in (0, 1)]
    law = np.flatnonzero(fields == "law")[:32]
    method._step(first[law], second[law], np.ones(32, np.int64), experts, [AdamW(rate=1e-2), AdamW(rate=1e-2)])
    for name, values in method.experts_.items():
        assert values[0].tolist() == before[name][0].tolist()
        assert (values[1] != before[name][1]).mean() > 0.9


def test_experts_beat_one_adapter_and_none_and_the_wrong_expert_is_worse() -> None:
    first, second, fields = two_fields(n=1200)
    train, test = slice(0, 800), slice(800, 1200)
    settings: dict[str, Any] = {"hidden": 64, "rate": 3e-3}
    split = MixtureOfExperts(together=0, apart=12, **settings).fit(first[train], second[train], fields[train])
    one = MixtureOfExperts(together=12, apart=0, **settings).fit(first[train], second[train], fields[train])
    none = MixtureOfExperts(together=0, apart=0).fit(first[train], second[train], fields[train])
    scores = [found_first(m, first[test], second[test], fields[test]) for m in (none, one, split)]
    assert scores[2] > max(scores[:2]) + 0.1
    a = split.encode(first[test], np.full(400, "law"))
    b = split.encode(second[test], np.full(400, "law"))
    right, art = split.encode(first[test], fields[test]), fields[test] == "art"
    wrong = ((a @ b.T)[art][:, art].argmax(axis=1) == np.arange(art.sum())).mean()
    good = (
        (right @ split.encode(second[test], fields[test]).T)[art][:, art].argmax(axis=1) == np.arange(art.sum())
    ).mean()
    assert wrong < 0.5 * good


def test_it_is_kept_as_arrays_and_a_second_fit_forgets_the_first() -> None:
    first, second, fields = two_fields(n=80)
    method = MixtureOfExperts(hidden=4).fit(second, first, np.full(80, "old")).fit(first, second, fields)
    fresh = MixtureOfExperts(hidden=4).fit(first, second, fields)
    again = MixtureOfExperts.from_arrays(dict(method.to_arrays()))
    for other in (fresh, again):
        assert other.encode(first, fields).tolist() == method.encode(first, fields).tolist()
    with pytest.raises(ValueError, match="1 fields with experts of"):
        MixtureOfExperts.from_arrays({**method.to_arrays(), "fields": method.fields_[1:]})


def test_what_does_not_fit_is_named() -> None:
    first, second, fields = two_fields(n=20)
    method = MixtureOfExperts(hidden=4).fit(first, second, fields)
    with pytest.raises(ValueError, match="no expert for the field 'sea': there are art, law"):
        method.encode(first[:1], np.array(["sea"]))
    with pytest.raises(ValueError, match=r"first \(20, 12\), second \(19, 12\)"):
        method.fit(first, second[1:], fields)
    with pytest.raises(ValueError, match="not 0 and 32"):
        MixtureOfExperts(hidden=0)


EXAMPLES = {
    "two fields": Example(
        make=lambda first, second, fields: MixtureOfExperts(hidden=4).fit(first, second, fields),
        answer=lambda method, first, _, fields: method.encode(first, fields),
        inputs=two_fields(60),
    )
}
