"""The sentence of a text that is most like all of it: its summary, where nobody wrote one."""

from __future__ import annotations

import numpy as np

from broadsheet.kit.bag_of_words import bag
from broadsheet.kit.sentences import sentences
from broadsheet.kit.text import tokenize

__all__ = ["central_sentence"]

_FEWEST_TERMS = 5  # of a sentence that tells something


def central_sentence(text: str) -> str:
    """The sentence that is most like all of the text, by the cosine of their words; "" of an empty text."""
    spans = sentences(text)
    if not spans:
        return ""
    bags = bag(tokenize([text[start:stop] for start, stop in spans]))
    rows = np.zeros((len(spans), len(bags.terms)), np.float32)
    rows[np.repeat(np.arange(len(spans)), np.diff(bags.indptr)), bags.columns] = 1
    lengths = rows.sum(axis=1)
    cosines = rows @ rows.sum(axis=0) / np.sqrt(np.maximum(lengths, 1))
    told = np.where(lengths >= min(_FEWEST_TERMS, lengths.max()), cosines, -1)
    start, stop = spans[int(told.argmax())]
    return text[start:stop].strip()
