"""An encoder is at home where the words that it finds telling are the rare ones."""

from __future__ import annotations

import numpy as np

from broadsheet.pipeline.index.familiarity import familiarity, word_factors
from broadsheet.retrieval.bm25 import idf

DOCUMENTS = 2000
FREQUENCIES = np.array([5 + 7 * (i % 250) for i in range(5000)], np.int64)


def test_at_home_where_long_vectors_are_of_rare_words_and_nowhere_else() -> None:
    rarity = idf(FREQUENCIES, DOCUMENTS)
    assert familiarity(rarity * np.float32(0.3), FREQUENCIES, DOCUMENTS) == 1.0
    assert familiarity(np.arange(5000, dtype=np.float32), FREQUENCIES, DOCUMENTS) == 0.0
    mixed = np.asarray(rarity / rarity.std(), np.float32) + np.tile(np.array([-1, 1], np.float32), 2500)
    assert 0.0 < familiarity(mixed, FREQUENCIES, DOCUMENTS) <= 1.0


def test_a_small_library_says_too_little_to_doubt_the_encoder() -> None:
    few = FREQUENCIES[:20]
    assert familiarity(-idf(few, DOCUMENTS), few, DOCUMENTS) == 1.0
    assert familiarity(np.ones(3, np.float32), np.array([0, 4, 5]), 10) == 1.0
    assert familiarity(np.empty(0, np.float32), np.empty(0, np.int64), 1) == 1.0


def test_at_home_nothing_changes_and_elsewhere_words_weigh_by_their_rarity() -> None:
    lengths = np.array([2.0, 1.0, 1.0, 0.5], np.float32)
    frequencies = np.array([900, 900, 10, 10], np.int64)
    assert word_factors(lengths, frequencies, 1000, 1.0).tolist() == [1, 1, 1, 1]
    weights = lengths * word_factors(lengths, frequencies, 1000, 0.0)
    rarity = idf(frequencies, 1000)
    np.testing.assert_allclose(weights / weights[2], rarity / rarity[2], rtol=1e-5)
    half = lengths * word_factors(lengths, frequencies, 1000, 0.5)
    np.testing.assert_allclose(half, (lengths + weights) / 2, rtol=1e-5)
