"""The excerpt of a paper that a reranker reads: its title and the sentences of its abstract nearest to the query."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from broadsheet.encoders.static import StaticEncoder
from broadsheet.kit.sentences import sentences

__all__ = ["excerpts"]

MOST_WORDS = 68  # words of title and sentences; sentences are not cut


def excerpts(
    encoder: StaticEncoder, vector: NDArray[np.float32], papers: Sequence[tuple[str, str]], *, most: int = MOST_WORDS
) -> list[str]:
    """One text for each (title, abstract), given the query vector (d,); sentences keep their order.

    A sentence that does not fit is left out, except the nearest, which is always there.
    """
    parts = [[abstract[a:b] for a, b in sentences(abstract)] for _, abstract in papers]
    flat = [sentence for some in parts for sentence in some]
    near = encoder.encode(flat) @ vector if flat else np.zeros(0, np.float32)
    found, start = [], 0
    for (title, _), some in zip(papers, parts, strict=True):
        room, taken = most - len(title.split()), set[int]()
        for i in np.argsort(-near[start : start + len(some)], kind="stable").tolist():
            length = len(some[i].split())
            if length <= room or not taken:
                taken.add(i)
                room -= length
        start += len(some)
        chosen = " ".join(some[i].strip() for i in sorted(taken))
        found.append(f"{title}. {chosen}" if title else chosen)
    return found
