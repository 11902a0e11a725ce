"""What the papers of a snapshot can be counted by: the field and the venue of every row."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit import venues
from broadsheet.kit.fields import Fields, slug
from broadsheet.pipeline.index.snapshot import IndexSnapshot

__all__ = ["FacetColumns"]


@dataclass(frozen=True)
class FacetColumns:
    """Columns of a snapshot, each made on first use."""

    snapshot: IndexSnapshot
    fields: Fields

    # Fields -----------------------------------------------------------------------------------------------------

    @cached_property
    def _row_fields(self) -> tuple[tuple[str, ...], NDArray[np.int64], NDArray[np.int64]]:
        """(names of the fields, rows, fields): every row and field of it, once; aligned."""
        places: dict[str, int] = {}
        rows, fields, start = [np.empty(0, np.int64)], [np.empty(0, np.int64)], 0
        for segment in self.snapshot.segments:
            columns = segment.columns
            of_category = [self.fields.of_categories((name,)) for name in columns.category_names]
            row = np.repeat(np.arange(columns.rows), np.diff(columns.category_starts))
            category = np.asarray(columns.categories)
            if self.fields.are_main_categories:
                has_any = np.diff(columns.category_starts) > 0
                row, category = np.flatnonzero(has_any), category[columns.category_starts[:-1][has_any]]
            for at in range(max(map(len, of_category), default=0)):
                table = [places.setdefault(own[at], len(places)) if at < len(own) else -1 for own in of_category]
                field = np.array(table, np.int64)[category]
                rows.append(row[field >= 0] + start)
                fields.append(field[field >= 0])
            start += columns.rows
        pairs = np.unique(np.concatenate(rows) * max(len(places), 1) + np.concatenate(fields))
        return tuple(places), pairs // max(len(places), 1), pairs % max(len(places), 1)

    @property
    def field_names(self) -> tuple[str, ...]:
        """The fields that papers here have."""
        return self._row_fields[0]

    def field_counts(self, flags: NDArray[np.bool_]) -> NDArray[np.int64]:
        """How many of the flagged rows, (n,), each field has, (f,)."""
        names, rows, fields = self._row_fields
        return np.bincount(fields[flags[rows]], minlength=len(names))

    def rows_of_field(self, text: str) -> NDArray[np.bool_]:
        """Flags of the rows of the field with this name or slug, (n,)."""
        names, rows, fields = self._row_fields
        flags = np.zeros(len(self.snapshot), np.bool_)
        places = [at for at, name in enumerate(names) if slug(name) == slug(text)]
        flags[rows[np.isin(fields, places)]] = True
        return flags

    # Venues -----------------------------------------------------------------------------------------------------

    @cached_property
    def _row_venues(self) -> tuple[tuple[str, ...], NDArray[np.int64]]:
        """(distinct names of venues, the position of every row's name there)."""
        places: dict[str, int] = {}
        rows = [np.empty(0, np.int64)]
        for columns in (segment.columns for segment in self.snapshot.segments):
            table = [places.setdefault(name, len(places)) for name in columns.venue_names]
            rows.append(np.array(table, np.int64)[columns.venues])
        return tuple(places), np.concatenate(rows)

    @cached_property
    def _venue_labels(self) -> tuple[tuple[str, ...], NDArray[np.int64]]:
        """(labels, the position of every name's label): names that mean one venue have one label."""
        names, rows = self._row_venues
        counts = np.bincount(rows, minlength=len(names)).tolist()
        groups: dict[frozenset[str], list[int]] = {}
        for at, name in enumerate(names):
            groups.setdefault(venues.key(name), []).append(at)
        labels: list[str] = []
        of_name = np.zeros(len(names), np.int64)
        for key, own in groups.items():
            of_name[own] = len(labels)
            in_table = next((word[1:] for word in key if word.startswith("=")), "")
            labels.append(in_table or venues.display_name(names[max(own, key=lambda at: (counts[at], -at))]))
        return tuple(labels), of_name

    def venues(self, flags: NDArray[np.bool_]) -> Counter[str]:
        """How many of the flagged rows, (n,), each venue has, by the names that mean it."""
        labels, of_name = self._venue_labels
        counts = np.bincount(of_name, weights=self._name_counts(flags), minlength=len(labels)).astype(np.int64)
        return Counter({labels[at]: int(counts[at]) for at in np.flatnonzero(counts).tolist() if labels[at]})

    def venue_counts(self, flags: NDArray[np.bool_], most: int) -> Counter[str]:
        """How many of the flagged rows, (n,), the filters of the venues with most of them find."""
        counts = self._name_counts(flags)
        common = [label for label, _ in self.venues(flags).most_common(most)]
        return Counter({label: int(counts[self._names_of(label)].sum()) for label in common})

    def _name_counts(self, flags: NDArray[np.bool_]) -> NDArray[np.int64]:
        names, rows = self._row_venues
        return np.bincount(rows[flags], minlength=len(names))

    def _names_of(self, label: str) -> NDArray[np.int64]:
        if label not in self._found:
            names = self._row_venues[0]
            self._found[label] = np.array(
                [at for at, name in enumerate(names) if venues.matches(label, name)], np.int64
            )
        return self._found[label]

    @cached_property
    def _found(self) -> dict[str, NDArray[np.int64]]:
        return {}
