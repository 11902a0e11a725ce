"""RS2: which examples each epoch sees, the loss and a step transcribed, learning, bad input."""

import numpy as np
import pytest

from broadsheet.encoders.contract import Encoder
from broadsheet.kit.contrast import info_nce
from broadsheet_lab.encoders.rs2 import RS2, Resample, falling, parts
from lab.tests.contract.texts import texts as collection
from tests.contract.examples import Example

FRENCH = ["chat", "chien", "maison", "arbre", "livre", "pomme", "eau", "feu"]
ENGLISH = ["cat", "dog", "house", "tree", "book", "apple", "water", "fire"]


def pairs(n: int = 300, seed: int = 0) -> tuple[list[str], list[str]]:
    """Two words of one language, the same two in another: no word is shared."""
    rng = np.random.default_rng(seed)
    drawn = [rng.choice(8, 2, replace=False) for _ in range(n)]
    return [" ".join(FRENCH[i] for i in d) for d in drawn], [" ".join(ENGLISH[i] for i in d) for d in drawn]


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


def test_the_rate_falls_over_the_short_training() -> None:
    np.testing.assert_allclose(
        [falling(s, 4) for s in range(5)], [1, (1 + 0.5**0.5) / 2, 0.5, (1 - 0.5**0.5) / 2, 0], atol=1e-12
    )


def test_a_step_goes_down_the_slope_of_the_word_vectors() -> None:
    queries, documents = pairs(6)
    encoder = RS2(ratio=1.0, epochs=1, dimensions=4, batch=6, rate=1e-6, least=1).fit(queries, documents)
    start = encoder.vectors_.astype(np.float64)

    def loss(vectors: np.ndarray) -> float:
        encoder.vectors_ = vectors.astype(np.float64)
        units = []
        for texts in (queries, documents):
            sums = encoder._counts(texts) @ encoder.vectors_
            units.append(sums / np.linalg.norm(sums, axis=1, keepdims=True))
        return info_nce(units[0], units[1], temperature=encoder.temperature, both_ways=True)[0]

    gradient = np.zeros_like(start)
    for i in range(len(start)):
        for j in range(4):
            for sign in (1, -1):
                moved = start.copy()
                moved[i, j] += sign * 1e-4
                gradient[i, j] += sign * loss(moved) / 2e-4
    encoder.vectors_ = start.astype(np.float32)
    squares = np.full_like(encoder.vectors_, 0.1)
    encoder._step(encoder._counts(queries), encoder._counts(documents), squares, 0.01)
    expected = start - 0.01 * gradient / np.sqrt(0.1 + gradient**2)
    np.testing.assert_allclose(encoder.vectors_, expected, atol=2e-4)


def test_words_that_share_no_letter_are_joined_by_pairs() -> None:
    encoder = RS2(ratio=0.2, epochs=40, dimensions=16, batch=20, least=1).fit(*pairs())
    scores = encoder.encode(FRENCH) @ encoder.encode(ENGLISH).T
    np.testing.assert_array_equal(scores.argmax(axis=1), np.arange(8))
    assert encoder.losses_[-1] < 0.5 * encoder.losses_[0]
    again = RS2(ratio=0.2, epochs=40, dimensions=16, batch=20, least=1).fit(*pairs(seed=5)).fit(*pairs())
    np.testing.assert_array_equal(again.vectors_, encoder.vectors_)


def test_it_watches_every_epoch_and_is_kept_as_arrays() -> None:
    seen: list[float] = []
    encoder = RS2(epochs=5, dimensions=8, least=1).fit(*pairs(), watch=lambda e: seen.append(e.losses_[-1]))
    assert tuple(seen) == encoder.losses_
    again: Encoder = RS2.from_arrays(dict(encoder.to_arrays()))
    x = again.encode(["chat chien", "zebra", ""])
    np.testing.assert_array_equal(x, encoder.encode(["chat chien", "zebra", ""]))
    np.testing.assert_allclose(np.linalg.norm(x, axis=1), [1, 0, 0], atol=1e-6)
    assert (again.dimensions, x.dtype) == (8, np.float32)
    with pytest.raises(ValueError, match="for 15 terms"):
        RS2.from_arrays({**encoder.to_arrays(), "vocabulary": encoder.vocabulary_[1:]})


def test_bad_input() -> None:
    with pytest.raises(ValueError, match=r"at most 1, not 1\.5"):
        RS2(ratio=1.5)
    with pytest.raises(ValueError, match="not 'often'"):
        RS2(resample="often")  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="above zero"):
        RS2(batch=0)
    with pytest.raises(ValueError, match="1 queries with 2 documents"):
        RS2().fit(["a"], ["b", "c"])
    assert RS2(epochs=2, dimensions=3).fit([], []).encode(["anything"]).tolist() == [[0, 0, 0]]


EXAMPLES = {
    "three epochs": Example(
        make=lambda queries, documents: RS2(ratio=0.5, epochs=3, dimensions=8, least=1).fit(queries, documents),
        answer=lambda method, queries, _: method.encode(queries[:6]),
        inputs=(collection(), collection(seed=1)),
        keeps=(Encoder,),
    )
}
