"""The values of a segment's papers that filters and counts read, one per row."""

from __future__ import annotations

import json
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.contract import Arrays
from broadsheet.pipeline.index.names import Directory

__all__ = ["Columns"]

_COLUMNS = ("ids", "years", "days", "venues", "sums")  # of one value a row


@dataclass(frozen=True, slots=True)
class Columns:
    """The values that filters read, one per row."""

    ids: NDArray[np.int64]  # the catalogue's paper numbers
    years: NDArray[np.int32]  # 0 where unknown
    days: NDArray[np.int32]  # proleptic ordinal of the paper's date, 0 where unknown
    venues: NDArray[np.int32]  # position in venue_names
    sums: NDArray[np.uint32]  # checksums of texts, see `vector_file.checksum`
    venue_names: tuple[str, ...]
    people: Directory
    has_code: NDArray[np.bool_]
    category_starts: NDArray[np.int64]  # (n + 1,), where the categories of each row begin
    categories: NDArray[np.int32]  # positions in category_names, the main one of each row first
    category_names: tuple[str, ...]

    def to_arrays(self) -> Arrays:
        """Everything needed to restore it."""
        names, category_names = (
            np.frombuffer(json.dumps(values).encode(), np.uint8) for values in (self.venue_names, self.category_names)
        )
        rows: Arrays = {name: getattr(self, name) for name in _COLUMNS} | {"names": names}
        people: Arrays = {"pairs": self.people.pairs, "families": self.people.families, "counts": self.people.counts}
        facets: Arrays = {
            "has_code": self.has_code,
            "category_starts": self.category_starts,
            "categories": self.categories,
            "category_names": category_names,
        }
        return {**rows, **people, **facets}

    @classmethod
    def from_arrays(cls, arrays: Arrays) -> Columns:
        """Restore the columns. Raises ValueError if the arrays do not fit together."""
        if len({len(arrays[name]) for name in (*_COLUMNS, "has_code")}) != 1:
            raise ValueError("columns differ in length")
        starts, categories = arrays["category_starts"], arrays["categories"]
        if len(starts) != len(arrays["ids"]) + 1 or starts[0] != 0 or starts[-1] != len(categories):
            raise ValueError("categories and their rows differ in length")
        names, category_names = (tuple(json.loads(arrays[k].tobytes())) for k in ("names", "category_names"))
        if categories.size and not 0 <= categories.min() <= categories.max() < len(category_names):
            raise ValueError("a category without a name")
        people = Directory(arrays["pairs"], arrays["families"], arrays["counts"])
        if len(people.families) != len(people.counts):
            raise ValueError("family names and their counts differ in length")
        rows = (arrays["ids"], arrays["years"], arrays["days"], arrays["venues"], arrays["sums"])
        return cls(*rows, names, people, arrays["has_code"].view(np.bool_), starts, categories, category_names)

    @property
    def rows(self) -> int:
        """How many papers."""
        return len(self.ids)
