"""Experts by field: copies that agree until they part, and each text through its own alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from broadsheet_lab.encoders.contract import ConditionedEncoder
from broadsheet_lab.encoders.moe import MixtureOfExperts
from tests.contract.examples import Example

torch = pytest.importorskip("torch")
pytest.importorskip("tokenizers")

THINGS, WAYS = ("ships", "bread", "clocks", "bees", "stones", "lamps"), ("search", "proof", "chance", "force")
TEXTS = [f"{t} by {w} at {f}" for f in ("sea", "court") for t in THINGS for w in WAYS]
FIELDS = np.repeat(["art", "law"], 24)
PAIRS = np.array([(i, j) for i in range(48) for j in range(i) if FIELDS[i] == FIELDS[j] and i % 4 == j % 4])


def base() -> Any:
    from broadsheet_lab.networks import Network

    return Network.small(TEXTS, layers=2)


def mixture(**options: Any) -> MixtureOfExperts:
    settings = {"upper": 1, "steps": 8, "batch": 8, "rate": 3e-3, **options}
    return MixtureOfExperts(base(), **settings).fit(TEXTS, FIELDS, PAIRS)


def experts_of(method: MixtureOfExperts, expert: int) -> dict[str, np.ndarray]:
    return {n: w for n, w in method.weights_.items() if f"ups.{expert}." in n or f"downs.{expert}." in n}


def test_copies_say_what_the_network_says_and_the_route_does_not_matter() -> None:
    method = mixture(steps=0)
    expected = base().encode(TEXTS)
    for fields in (FIELDS, FIELDS[::-1]):
        np.testing.assert_allclose(method.encode(TEXTS, fields), expected, atol=0.01)
    first, second = experts_of(method, 0), experts_of(method, 1)
    assert len(first) == 4
    for a, b in zip(first.values(), second.values(), strict=True):
        np.testing.assert_array_equal(a, b)


def test_a_batch_of_one_field_changes_its_expert_alone() -> None:
    method, plain = MixtureOfExperts(base(), upper=1, steps=3, batch=8), mixture(steps=0)
    method.fit(TEXTS, FIELDS, PAIRS[FIELDS[PAIRS[:, 0]] == "art"])
    assert method.fields_.tolist() == ["art", "law"]
    for name, weights in experts_of(method, 1).items():
        np.testing.assert_array_equal(weights, plain.weights_[name])
    assert all((w != plain.weights_[name]).any() for name, w in experts_of(method, 0).items())
    marks = next(w for name, w in method.weights_.items() if name.endswith("marks"))
    assert marks[0].any()
    assert not marks[1].any()


def test_a_text_goes_through_the_block_of_its_field_in_any_company() -> None:
    from broadsheet_lab.bert import Layer, Shape
    from broadsheet_lab.encoders._experts import ExpertLayer

    torch.manual_seed(0)
    plain = Layer(Shape(pieces=4, hidden=32, heads=2, inner=64, layers=1))
    layer = ExpertLayer(plain, 3, marked=False)
    with torch.no_grad():
        layer.ups[2].weight.normal_()
    x, mask = torch.randn(5, 4, 32), torch.zeros(5, 1, 1, 4)
    layer.route = torch.tensor([2, 0, 1, 2, 0])
    with torch.no_grad():
        found = layer(x, mask)
        for i, expert in enumerate(layer.route.tolist()):
            layer.route = torch.tensor([expert])
            np.testing.assert_allclose(layer(x[i : i + 1], mask[:1])[0], found[i], atol=1e-5)
        layer.route = torch.zeros(5, dtype=torch.long)
        same = layer(x, mask)
    np.testing.assert_allclose(same[2], found[2], atol=1e-5)  # 0 and 1 are still copies
    assert float((same[0] - found[0]).abs().max()) > 0.1


def test_pairs_come_together_and_training_leaves_the_base_alone() -> None:
    method = mixture(steps=30)
    assert method.base is not None
    np.testing.assert_array_equal(method.base.encode(TEXTS), base().encode(TEXTS))

    def nearest(vectors: np.ndarray) -> float:
        likeness = np.where(FIELDS[:, None] == FIELDS, vectors @ vectors.T, -np.inf)
        np.fill_diagonal(likeness, -np.inf)
        return float((likeness.argmax(axis=1) % 4 == np.arange(48) % 4).mean())

    assert nearest(method.encode(TEXTS, FIELDS)) > 0.9
    assert nearest(base().encode(TEXTS)) < 0.7
    assert method.course_ is not None
    assert method.course_.losses[-1] < method.course_.losses[0]


def test_a_second_fit_forgets_the_first(tmp_path: Path) -> None:
    told: list[str] = []
    method = MixtureOfExperts(base(), upper=1, steps=2, batch=8)
    method.fit(TEXTS, np.full(48, "old"), PAIRS, kept=tmp_path / "moe.pt", tell=told.append)
    method.fit(TEXTS, FIELDS, PAIRS)
    fresh = MixtureOfExperts(base(), upper=1, steps=2, batch=8).fit(TEXTS, FIELDS, PAIRS)
    np.testing.assert_array_equal(method.encode(TEXTS, FIELDS), fresh.encode(TEXTS, FIELDS))
    assert len(told) == 2
    assert not list(tmp_path.iterdir())


def test_what_does_not_fit_is_named() -> None:
    method = mixture(steps=0)
    with pytest.raises(ValueError, match="no expert for the field 'sea': there are art, law"):
        method.encode(TEXTS[:1], np.array(["sea"]))
    with pytest.raises(ValueError, match="there are none: call fit first"):
        MixtureOfExperts(base()).encode(TEXTS[:1], np.array(["sea"]))
    with pytest.raises(ValueError, match="1 texts and 2 fields"):
        method.encode(TEXTS[:1], FIELDS[:2])
    for fields, pairs in ((FIELDS[1:], PAIRS), (FIELDS, PAIRS[:0]), (FIELDS, PAIRS + 1)):
        with pytest.raises(ValueError, match="48 texts"):
            method.fit(TEXTS, fields, pairs)
    arrays = dict(method.to_arrays())
    name = next(name for name in arrays if name.endswith("ups.1.weight"))
    for broken in (arrays[name][1:], np.full_like(arrays[name], np.nan)):
        with pytest.raises(ValueError, match=f"{name}: the arrays are not those of this network"):
            MixtureOfExperts.from_arrays({**arrays, name: broken}, base())


EXAMPLES = {
    "two fields": Example(
        make=lambda texts, fields: MixtureOfExperts(base(), upper=1, steps=3, batch=8).fit(texts, fields, PAIRS),
        answer=lambda method, texts, fields: method.encode(texts, fields),
        inputs=(TEXTS, FIELDS),
        keeps=(ConditionedEncoder,),
        given=lambda: {"base": base()},
    )
}
