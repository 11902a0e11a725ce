"""The sentence of a text that is most like all of it: its summary, where nobody wrote one."""

from __future__ import annotations

import re
from functools import lru_cache

import numpy as np

from broadsheet.kit.bag_of_words import bag
from broadsheet.kit.sentences import sentences
from broadsheet.kit.text import STOP_TERMS, tokenize

__all__ = ["central_sentence", "lead_sentence"]

_ADDRESS = re.compile(r"://|\bwww\.")
_FEWEST_TERMS = 5  # of a sentence that tells something


@lru_cache(maxsize=2048)  # the papers of a day are shown and mailed many times
def central_sentence(text: str) -> str:
    """The sentence that is most like all of the text, by the cosine of their words without stop words; "" of none."""
    spans = sentences(text)
    spans = [span for span in spans if not _ADDRESS.search(text, *span)] or spans  # where the code is tells nothing
    if not spans:
        return ""
    bags = bag(tokenize([text[start:stop] for start, stop in spans]))
    rows = np.zeros((len(spans), len(bags.terms)), np.float32)
    rows[np.repeat(np.arange(len(spans)), np.diff(bags.indptr)), bags.columns] = 1
    rows[:, np.isin(bags.terms, STOP_TERMS)] = 0
    lengths = rows.sum(axis=1)
    cosines = rows @ rows.sum(axis=0) / np.sqrt(np.maximum(lengths, 1))
    told = np.where(lengths >= min(_FEWEST_TERMS, lengths.max()), cosines, -1)
    start, stop = spans[int(told.argmax())]
    return text[start:stop].strip()


def lead_sentence(summary: str, text: str, longest: int) -> str:
    """What stands for a text in little space: its summary; else the text, or if that is longer its central sentence."""
    return summary.strip() or (central_sentence(text) if len(text) > longest else text)
