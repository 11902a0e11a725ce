"""Positions: the terms of every document in order, field by field, for phrases and field queries.

Problem: a bag of words does not know whether words are side by side or in the title. Idea: keep each document's terms
in reading order; the inverted index gives candidates, and a scan of their few hundred terms decides exactly.

Zobel, Moffat: Inverted Files for Text Search Engines. ACM Computing Surveys 38(2), 2006, section 4.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.contract import Arrays, Blocks
from broadsheet.kit.card import Card, Claim
from broadsheet.kit.native import kernel
from broadsheet.kit.persistence import Persistent
from broadsheet.kit.text import Tokens

__all__ = ["CARD", "PositionBlock", "Positions"]

CARD = Card(
    title="Inverted Files for Text Search Engines",
    paper="10.1145/1132956.1132959",
    year=2006,
    fidelity="faithful",
    solves="phrases and words of one field, exactly",
    when=(
        "Choose it to check candidates for phrases and fields; a phrase index of its own is faster where nearly "
        "every query is a phrase."
    ),
    costs="Nothing is trained; four bytes a word of a text; a query reads the texts of its candidates alone.",
    stage="candidates by words: phrases and fields",
    claims=(
        Claim(
            "ours",
            "papers.parquet, 87,366 papers, 100 two-word phrases drawn from abstracts",
            "median latency of all papers with a phrase, tantivy over this index (ratio)",
            1.0,
            ours=True,
        ),
    ),
    departures=(
        "positions are kept by document, not by term: a paper's text is short, and merging blocks is concatenation",
        "terms are kept as 32 bits of their hash; candidates come from lists keyed by all 64",
    ),
)


_matches = kernel("positions_matches")
_gather = kernel("positions_gather")


@dataclass(frozen=True, slots=True)
class PositionBlock(Persistent):
    """The terms of a block of documents: field f of document i has terms[bounds[i*fields+f]:bounds[i*fields+f+1]]."""

    terms: NDArray[np.uint32]  # (total,)
    bounds: NDArray[np.int64]  # (rows * fields + 1,)
    fields: int

    @classmethod
    def of(cls, tokens: Tokens, fields: int) -> PositionBlock:
        """From tokens with one text per document and field, in order of documents, then fields."""
        return cls(tokens.terms.astype(np.uint32), tokens.bounds, fields)

    @property
    def rows(self) -> int:
        """The number of documents."""
        return (len(self.bounds) - 1) // self.fields

    def to_arrays(self) -> Arrays:
        """Everything needed to restore it."""
        return {"terms": self.terms, "bounds": self.bounds, "fields": np.array([self.fields], np.int64)}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> PositionBlock:
        """Restore the block. Raises ValueError if the arrays do not fit together."""
        block = cls(arrays["terms"], arrays["bounds"], int(arrays["fields"][0]))
        if block.fields < 1 or (len(block.bounds) - 1) % block.fields or block.bounds[-1] != len(block.terms):
            raise ValueError("terms and their bounds differ in length")
        return block


class Positions(Blocks[PositionBlock]):
    """Position blocks, read as one.

    >>> import numpy as np
    >>> from broadsheet.indexes.positions import PositionBlock, Positions
    >>> from broadsheet.kit.text import term, tokenize
    >>> titles_and_abstracts = tokenize(["red glass", "of roofs", "glass red", "a red roof and glass"])
    >>> positions = Positions([PositionBlock.of(titles_and_abstracts, fields=2)])
    >>> phrase = np.array([term("red"), term("glass")], np.uint64)
    >>> positions.matches(phrase, fields=[0, 1], candidates=np.ones(2, np.bool_)).tolist()
    [True, False]
    """

    def read(self, rows: NDArray[np.int64]) -> tuple[NDArray[np.uint32], NDArray[np.int64]]:
        """The terms of the given rows in order, as 32 bits of their hashes, and the bounds of every field of each.

        Rows ascend; field f of the i-th has terms[bounds[i * fields + f]:bounds[i * fields + f + 1]].
        """
        parts, lengths = [np.empty(0, np.uint32)], [np.zeros(1, np.int64)]
        for start, block in self.parts():
            low, high = np.searchsorted(rows, (start, start + block.rows))
            if low == high:
                continue
            own = rows[low:high] - start
            total = int((block.bounds[(own + 1) * block.fields] - block.bounds[own * block.fields]).sum())
            terms, ends = np.empty(total, np.uint32), np.empty(len(own) * block.fields, np.int64)
            arrays = block.fields, block.terms, len(block.terms), block.bounds
            _gather(own, len(own), *arrays, terms, total, ends)
            parts.append(terms)
            lengths.append(np.diff(ends, prepend=0))
        return np.concatenate(parts), np.cumsum(np.concatenate(lengths))

    def matches(
        self, phrase: NDArray[np.uint64], fields: Sequence[int], candidates: NDArray[np.bool_]
    ) -> NDArray[np.bool_]:
        """Flags of the candidate rows with the terms of `phrase` side by side in one of the fields, (n,)."""
        flags = np.zeros(len(self), np.bool_)
        short = phrase.astype(np.uint32)
        columns = np.array(fields, np.int64)
        for start, block in self.parts():
            rows = np.flatnonzero(candidates[start : start + block.rows])
            hit = np.zeros(len(rows), np.bool_)
            arrays = block.fields, block.terms, len(block.terms), block.bounds
            _matches(rows, len(rows), short, len(short), columns, len(columns), *arrays, hit)
            flags[start + rows[hit]] = True
        return flags
