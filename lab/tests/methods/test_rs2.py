"""RS2: which examples each epoch sees, what a step is trained on and its loss, bad input."""

from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest

from broadsheet.encoders.contract import Encoder
from broadsheet.kit.contrast import info_nce
from broadsheet_lab.encoders.rs2 import RS2, Resample, batches, parts
from lab.tests.contract.texts import texts as collection
from tests.contract.examples import Example

FRENCH = ["chat", "chien", "maison", "arbre", "livre", "pomme", "eau", "feu"]
ENGLISH = ["cat", "dog", "house", "tree", "book", "apple", "water", "fire"]


def pairs(n: int = 300, seed: int = 0) -> tuple[list[str], list[str]]:
    """Two words of one language, the same two in another: no word is shared."""
    rng = np.random.default_rng(seed)
    drawn = [rng.choice(8, 2, replace=False) for _ in range(n)]
    return [" ".join(FRENCH[i] for i in d) for d in drawn], [" ".join(ENGLISH[i] for i in d) for d in drawn]


def network() -> Any:
    import torch

    from broadsheet_lab.networks import Network

    found = Network.small([*FRENCH, *ENGLISH])
    found.body.precision = torch.float32
    return found


def drawn(n: int, ratio: float, epochs: int, resample: Resample, seed: int = 0) -> list[np.ndarray]:
    return list(parts(n, ratio, epochs, resample, np.random.default_rng(seed)))


@pytest.mark.parametrize("resample", ["without", "with", "never"])
def test_every_part_has_its_size_and_no_example_twice(resample: Resample) -> None:
    found = drawn(103, 0.3, 40, resample)
    assert [len(part) for part in found] == [31] * 40
    assert all(len(np.unique(part)) == 31 and part.min() >= 0 and part.max() < 103 for part in found)
    for same, other in zip(found, drawn(103, 0.3, 40, resample), strict=True):
        np.testing.assert_array_equal(same, other)


def test_without_replacement_everything_is_seen_before_anything_again() -> None:
    found = np.concatenate(drawn(100, 0.1, 20, "without"))
    for half in (found[:100], found[100:]):
        np.testing.assert_array_equal(np.sort(half), np.arange(100))
    assert not np.array_equal(found[:100], found[100:])
    uneven = np.concatenate(drawn(100, 0.3, 10, "without"))  # 30 does not divide 100: no example is ever two ahead
    for seen in range(30, 301, 30):
        counts = np.bincount(uneven[:seen], minlength=100)
        assert counts.max() - counts.min() <= 1


def test_with_replacement_the_share_seen_is_that_of_independent_draws() -> None:
    seen = [len(np.unique(np.concatenate(drawn(1000, 0.1, 10, "with", seed)))) / 1000 for seed in range(20)]
    assert np.mean(seen) == pytest.approx(1 - 0.9**10, abs=0.01)


def test_a_fixed_part_stays_and_its_order_changes() -> None:
    first, *others = drawn(50, 0.2, 4, "never")
    for part in others:
        np.testing.assert_array_equal(np.sort(part), np.sort(first))
    assert any(not np.array_equal(part, first) for part in others)


def test_all_data_is_the_same_whichever_way_it_is_drawn() -> None:
    for resample in ("without", "with", "never"):
        for part in drawn(20, 1.0, 3, resample):
            np.testing.assert_array_equal(np.sort(part), np.arange(20))
    assert drawn(0, 0.5, 2, "without")[1].size == 0


def test_an_epochs_batches_are_even_and_whole() -> None:
    found = batches(np.arange(10), 4)
    assert [len(batch) for batch in found] == [4, 3, 3]
    np.testing.assert_array_equal(np.concatenate(found), np.arange(10))
    assert batches(np.arange(0), 4) == []


def test_it_trains_on_the_parts_and_on_nothing_else(monkeypatch: pytest.MonkeyPatch) -> None:
    pytest.importorskip("torch")
    queries, documents = pairs(40)
    from broadsheet_lab.towers import Tower

    seen: list[list[int]] = []
    vectors = Tower.vectors

    def watched(self: Any, read: Any, rows: np.ndarray) -> Any:
        seen.append(rows.tolist())
        return vectors(self, read, rows)

    monkeypatch.setattr(Tower, "vectors", watched)
    RS2(network(), ratio=0.25, epochs=4, batch=5, seed=3).fit(queries, documents)
    drawn = parts(40, 0.25, 4, "without", np.random.default_rng(3))
    expected = [batch.tolist() for part in drawn for batch in batches(part, 5)]
    assert seen[::2] == seen[1::2] == expected  # queries, and their documents


def test_the_loss_of_a_step_is_that_of_in_batch_negatives_both_ways() -> None:
    pytest.importorskip("torch")
    queries, documents = pairs(6)
    method = RS2(network(), ratio=1.0, epochs=1, batch=6, scale=20.0).fit(queries, documents)
    order = next(parts(6, 1.0, 1, "without", np.random.default_rng(0)))
    q, d = (network().encode([texts[i] for i in order.tolist()]) for texts in (queries, documents))
    assert method.course_.each == [pytest.approx(info_nce(q, d, temperature=0.05, both_ways=True)[0], rel=1e-3)]


def test_training_lessens_the_loss_and_leaves_the_start_as_it_was() -> None:
    pytest.importorskip("torch")
    start = network()
    before = start.encode(FRENCH)
    method = RS2(start, ratio=0.5, epochs=6, batch=16, rate=1e-2).fit(*pairs(60))
    assert method.course_.losses[-1] < method.course_.losses[0]
    np.testing.assert_array_equal(start.encode(FRENCH), before)
    again = RS2(start, ratio=0.5, epochs=6, batch=16, rate=1e-2).fit(*pairs(20)).fit(*pairs(60))
    np.testing.assert_array_equal(again.encode(FRENCH), method.encode(FRENCH))


def test_it_is_watched_after_every_epoch_and_kept_as_arrays() -> None:
    pytest.importorskip("torch")
    seen: list[int] = []
    method = RS2(network(), epochs=5, ratio=0.5, batch=4).fit(*pairs(16), watch=lambda m: seen.append(len(seen)))
    assert (seen, method.course_.steps) == ([0, 1, 2, 3, 4], 10)
    again: Encoder = RS2.from_arrays(dict(method.to_arrays()))
    np.testing.assert_allclose(again.encode(["chat"]), method.encode(["chat"]), atol=2e-2)
    assert again.dimensions == method.dimensions == 32


def test_bad_input() -> None:
    with pytest.raises(ValueError, match=r"at most 1, not 1\.5"):
        RS2(ratio=1.5)
    with pytest.raises(ValueError, match="not 'often'"):
        RS2(resample="often")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="above zero"):
        RS2(batch=0)
    with pytest.raises(ValueError, match="1 queries with 2 documents"):
        RS2().fit(["a"], ["b", "c"])
    with pytest.raises(ValueError, match="call fit first"):
        RS2().encode(["a"])


def _plain() -> Any:
    from broadsheet_lab.networks import Network

    return Network.small([*FRENCH, *ENGLISH])


def _answer(method: RS2, queries: tuple[str, ...], _: tuple[str, ...]) -> np.ndarray:
    return method.encode(queries[:6])


EXAMPLES: dict[str, Example] = {
    "parts": Example(make=lambda: None, answer=lambda _: drawn(30, 0.3, 4, "without")),
}
if find_spec("torch"):
    EXAMPLES["three epochs"] = Example(
        make=lambda queries, documents: RS2(_plain(), ratio=0.5, epochs=3, batch=8).fit(queries, documents),
        answer=_answer,
        inputs=(collection(), collection(seed=1)),
        keeps=(Encoder,),
    )
