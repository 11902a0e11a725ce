"""The excerpt of a paper that a reranker reads: its title and the sentences of its abstract nearest to the query."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet.encoders.static import StaticEncoder
from broadsheet.kit.sentences import sentences

__all__ = ["excerpts"]

MOST_WORDS = 68  # words of title and sentences together; sentences are not cut


def excerpts(
    encoder: StaticEncoder, vector: NDArray[np.float32], papers: Sequence[tuple[str, str]], *, most: int = MOST_WORDS
) -> list[str]:
    """The excerpt of each (title, abstract) for a query vector (d,): at most `most` words; sentences keep their order.

    A sentence that does not fit is left out; the nearest one is always included.
    """
    parts = [[abstract[a:b] for a, b in sentences(abstract)] for _, abstract in papers]
    flat = [sentence for candidates in parts for sentence in candidates]
    cosines = encoder.encode(flat) @ vector if flat else np.zeros(0, np.float32)
    texts, start = [], 0
    for (title, _), candidates in zip(papers, parts, strict=True):
        room, selected = most - len(title.split()), set[int]()
        for i in np.argsort(-cosines[start : start + len(candidates)], kind="stable").tolist():
            length = len(candidates[i].split())
            if length <= room or not selected:
                selected.add(i)
                room -= length
        start += len(candidates)
        body = " ".join(candidates[i].strip() for i in sorted(selected))
        texts.append(f"{title}. {body}" if title else body)
    return texts
