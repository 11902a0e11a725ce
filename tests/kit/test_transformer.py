"""A network says what numpy says it says, the same in any company and on any thread; what does not fit is refused."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import numpy as np
import pytest

from broadsheet.kit import transformer
from broadsheet.kit.transformer import Network, TokenRows, project, quantise_weights
from tests import small_transformer
from tests.small_transformer import META, PIECES, arrays

LENGTHS = (1, 2, 3, 5, 12, 15, 16, 17, 31, 32, 33, 47, 48)


def texts(lengths: tuple[int, ...] = LENGTHS) -> list[list[int]]:
    rng = np.random.default_rng(3)
    return [rng.integers(0, len(PIECES), length).tolist() for length in lengths]


def test_means_are_those_of_numpy() -> None:
    model = arrays()
    found = Network(model, META).pooled(TokenRows.of(texts()))
    expected = small_transformer.pooled(model, META, texts())
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, expected, atol=0.02)  # a step of 1/254 falls either way
    np.testing.assert_allclose(found[0], expected[0], atol=1e-4)
    assert np.median(np.abs(found - expected)) < 2e-3


def test_a_wide_network_is_that_of_numpy() -> None:
    model = arrays(4, width=64, inner=128)  # in tiles, where the processor has them
    found = Network(model, META).pooled(TokenRows.of(texts()))
    expected = small_transformer.pooled(model, META, texts())
    np.testing.assert_allclose(found, expected, atol=0.03)
    assert np.median(np.abs(found - expected)) < 2e-3


def test_a_first_state_of_a_pair_is_that_of_numpy() -> None:
    model = arrays(1) | {"segments": np.random.default_rng(5).standard_normal((2, 32)).astype(np.float32)}
    ids, sides = texts((9,)), [[0] * 4 + [1] * 5]
    found = Network(model, META).pooled(TokenRows.of(ids, sides), first=True)
    np.testing.assert_allclose(found[0], small_transformer.states(model, META, ids[0], sides[0])[0], atol=0.02)
    other = Network(model, META).pooled(TokenRows.of(ids), first=True)
    assert np.abs(found - other).max() > 0.1


def test_a_text_says_the_same_in_any_company_and_on_any_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    network = Network(arrays(), META)
    together = network.pooled(TokenRows.of(texts()))
    for chunk in (1, 20, 1000):
        monkeypatch.setattr(transformer, "_CHUNK", chunk)
        np.testing.assert_array_equal(Network(arrays(), META).pooled(TokenRows.of(texts())), together)
    alone = [network.pooled(TokenRows.of([text])) for text in texts()]
    np.testing.assert_array_equal(np.concatenate(alone), together)
    np.testing.assert_array_equal(network.pooled(TokenRows.of(texts()), threads=3), together)
    with ThreadPoolExecutor(4) as pool:  # one network, several searches at once
        for found in pool.map(lambda _: network.pooled(TokenRows.of(texts())), range(40)):
            np.testing.assert_array_equal(found, together)
    assert network.pooled(TokenRows.of([])).shape == (0, 32)


def test_chunks_are_of_whole_texts_and_bounded() -> None:
    rows = TokenRows.of([[1] * n for n in (100, 20, 9, 200, 1, 1, 126, 2)])
    assert list(rows.chunks()) == [(0, 2), (2, 3), (3, 4), (4, 7), (7, 8)]


def test_extreme_numbers_stay_finite() -> None:
    model = arrays()
    model["embedding_norm"] = model["embedding_norm"] * np.float32(1e6)
    model["layer0.up.bias"] = np.full_like(model["layer0.up.bias"], 1e4)
    model["layer1.norm2"] = np.zeros_like(model["layer1.norm2"])  # all states alike: no steps between them
    assert (Network(model, META).pooled(TokenRows.of(texts())) == 0).all()
    model["layer1.norm2"] = arrays()["layer1.norm2"]
    assert np.isfinite(Network(model, META).pooled(TokenRows.of(texts()))).all()


def test_weights_have_seven_bits_and_a_sign() -> None:
    weights = np.array([[0.5, -1.0, 0.25], [0, 0, 0], [3, 1, 2]], np.float32)
    codes, scales = quantise_weights(weights)
    assert codes.tolist() == [[32, -64, 16], [0, 0, 0], [64, 21, 43]]
    assert scales.tolist() == [1 / 64, 0, 3 / 64]


def test_projections_are_products() -> None:
    rng = np.random.default_rng(0)
    x, weights, bias = (rng.standard_normal(s).astype(np.float32) for s in ((5, 48), (7, 48), (7,)))
    np.testing.assert_allclose(project(x, weights, bias), x @ weights.T + bias, atol=1e-5)
    np.testing.assert_allclose(project(x, weights), x @ weights.T, atol=1e-5)


WRONG: list[tuple[str, Any, str]] = [
    ("layer1.up", None, r"no layer1\.up"),
    ("layer1.up", lambda a: a[:-1], r"layer1\.up is int8 \(79, 32\), wanted int8 \(80, 32\)"),
    ("layer1.up", lambda a: a.astype(np.float32), "wanted int8"),
    ("layer0.up", None, "an empty network"),
    ("layer0.qkv", lambda a: a * 0 + 65, r"weights that are not in -64\.\.64"),
    ("layer0.out.scales", lambda a: a * np.float32(np.nan), "not finite"),
    ("layer0.down.bias", lambda a: a[None], r"bias is float32 \(1, 32\)"),
    ("positions", lambda a: a[:, :20].copy(), "multiples of 16"),
    ("positions", lambda a: a[:0], "an empty network"),
    ("embedding_norm", lambda a: a[0], "embedding_norm is"),
    ("embedding_scales", lambda a: a.astype(np.float64), "embedding_scales is float64"),
]


@pytest.mark.parametrize(("name", "change", "says"), WRONG)
def test_arrays_that_do_not_fit_are_refused(name: str, change: Any, says: str) -> None:
    model = arrays()
    array = model.pop(name)
    if change is not None:
        model[name] = change(array)
    with pytest.raises(ValueError, match=says):
        Network(model, META)


@pytest.mark.parametrize("meta", [{"heads": 3}, {"heads": 0}, {"heads": 4}, {"layers": 0}, {"layers": 3}])
def test_a_description_that_does_not_fit_is_refused(meta: dict[str, int]) -> None:
    with pytest.raises(ValueError, match=r"multiples of 16|an empty network|no layer2"):
        Network(arrays(), META | meta)
    with pytest.raises(KeyError):
        Network(arrays(), {"heads": 2})


def test_tokens_that_are_not_its_own_are_refused() -> None:
    network = Network(arrays(), META)
    for wrong in ([[len(PIECES)]], [[-1]]):
        with pytest.raises(ValueError, match=r"token ids must lie in 0\.\.23"):
            network.pooled(TokenRows.of(wrong))
    for wrong in ([[1], []], [[1] * 49]):
        with pytest.raises(ValueError, match="wanted 1 to 48"):
            network.pooled(TokenRows.of(wrong))
