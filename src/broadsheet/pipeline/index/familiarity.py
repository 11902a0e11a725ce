"""How well an encoder knows the field of a library.

An encoder learns which words tell papers apart: the longer a word's vector, the more it tells. In a library of its own
field those are the library's rare words; in another field ("library" in library science) they are not. So familiarity
is how the lengths of the vectors go with the words' inverse document frequencies, over the words of the library.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from broadsheet.retrieval.bm25 import idf

__all__ = ["familiarity", "word_factors"]

LEAST_PAPERS = 5  # that have a word, for its frequency to say something
OWN_FIELD = 0.79  # the correlation in 87,366 papers of the field that the shipped encoder learned from
DOUBT = 500  # so many words' worth of that are assumed, as a small library says little
NONE, FULL = 0.5, 0.68  # correlations from which familiarity goes from 0 to 1; 0.46 and 0.53 in two other fields


def familiarity(lengths: NDArray[np.float32], frequencies: NDArray[np.int64], documents: int) -> float:
    """0 (another field) to 1 (its own), from the length of each word's vector and how many documents have it, (v,)."""
    common = frequencies >= LEAST_PAPERS
    count = int(common.sum())
    if count < 3:
        return 1.0
    shares = np.sqrt(frequencies[common], dtype=np.float64)
    rarity = _centred(idf(frequencies[common], documents), shares)
    telling = _centred(lengths[common], shares)
    spread = np.sqrt((shares @ rarity**2) * (shares @ telling**2))
    correlation = float(shares @ (rarity * telling)) / max(float(spread), 1e-9)
    doubted = (count * correlation + DOUBT * OWN_FIELD) / (count + DOUBT)
    return float(np.clip((doubted - NONE) / (FULL - NONE), 0, 1))


def word_factors(
    lengths: NDArray[np.float32], frequencies: NDArray[np.int64], documents: int, familiarity: float
) -> NDArray[np.float32]:
    """What the vector of each word of a query is multiplied by, (v,): 1 for all where the encoder is at home.

    The less it is, the nearer a vector's length comes to the word's inverse document frequency. The vectors of papers
    stay as they are: there the same change loses on both other fields that were tried.
    """
    if familiarity >= 1:
        return np.ones(len(lengths), np.float32)
    rarity, shares = idf(frequencies, documents), np.sqrt(frequencies, dtype=np.float64)
    scale = float(shares @ lengths) / max(float(shares @ rarity), 1e-9)
    wanted = familiarity * lengths + (1 - familiarity) * scale * rarity
    return np.asarray(wanted / np.maximum(lengths, 1e-6), np.float32)


def _centred(values: NDArray[np.float32], shares: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(values - np.average(values, weights=shares), np.float64)
