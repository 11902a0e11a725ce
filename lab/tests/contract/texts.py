"""A small collection in the words that the product's promises ask encoders about: of baking and of sailing."""

from __future__ import annotations

import numpy as np

__all__ = ["texts"]

TOPICS = (
    ("rye", "bread", "oven", "flour", "dough", "crust", "butter"),
    ("sail", "mast", "keel", "anchor", "harbour", "wind", "rope"),
)


def texts(count: int = 30, seed: int = 0) -> tuple[str, ...]:
    """`count` texts of each topic: four of its words each, among words that every text has."""
    rng = np.random.default_rng(seed)
    drawn = [rng.choice(topic, 4, replace=False) for _ in range(count) for topic in TOPICS]
    return tuple("the {} and the {} of a {} with {}".format(*words) for words in drawn)
