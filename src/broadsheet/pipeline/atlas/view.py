"""The map as it is shown: the regions with their papers, years and trends, and the papers in tiles."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from broadsheet.pipeline.atlas.atlas_file import Atlas
from broadsheet.pipeline.atlas.regions import ZOOMS
from broadsheet.pipeline.atlas.tiles import Points, Tiles
from broadsheet.pipeline.index.snapshot import IndexSnapshot

__all__ = ["AtlasView", "Region", "YearCount"]

UNNAMED = "no common words"
RECENT, EARLIER = 3, 6  # years whose shares are compared, the last ones and those before
LEAST = 12  # papers in those years from which a region's growth is told
YEARS = 40  # shown of a trend, at most


@dataclass(frozen=True, slots=True)
class Region:
    """A region of the map."""

    number: int  # the same from day to day
    zoom: int  # 0 is the coarsest
    parent: int | None  # the number of the region around it
    phrases: tuple[str, ...]
    papers: int
    x: float  # its middle, in 0..1 of the map
    y: float
    growth: float | None  # its share of the papers of the last years, over that of the years before; None if few

    @property
    def name(self) -> str:
        """Its phrases in a row."""
        return ", ".join(self.phrases) or UNNAMED


@dataclass(frozen=True, slots=True)
class YearCount:
    """The papers of a region in one year, and their share of the year's papers on the map."""

    year: int
    papers: int
    share: float


class AtlasView:
    """The map of the papers of one snapshot; immutable. Papers that are no more are left out."""

    def __init__(self, atlas: Atlas, snapshot: IndexSnapshot) -> None:
        self.snapshot = snapshot
        self.atlas = atlas
        rows = snapshot.rows_of(atlas.ids)
        alive = np.flatnonzero(rows >= 0)
        self.ids: NDArray[np.int64] = atlas.ids[alive]
        self.regions_of = atlas.regions[:, alive]
        self.places = atlas.frame.inside(atlas.map[alive])
        self.years: NDArray[np.int32] = snapshot.years[rows[alive]]
        self._order = np.argsort(self.ids, kind="stable")

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def waiting(self) -> int:
        """Papers of the library that are not on the map: new, or without a vector."""
        return self.snapshot.count - len(self)

    @cached_property
    def regions(self) -> tuple[Region, ...]:
        """All regions that have papers, zoom by zoom, the coarsest first, in the order of the stored list."""
        atlas, total = self.atlas, len(self.atlas.numbers)
        counts = self._counts(np.ones(len(self), np.bool_))
        middles = np.zeros((total, 2))
        for labels in self.regions_of:
            for region in np.unique(labels).tolist():
                middles[region] = np.median(self.places[labels == region], axis=0)
        growth = self._growth()
        return tuple(
            Region(
                int(atlas.numbers[at]),
                int(atlas.zooms[at]),
                int(atlas.numbers[atlas.parents[at]]) if atlas.parents[at] >= 0 else None,
                atlas.names[at],
                int(counts[at]),
                float(middles[at, 0]),
                float(middles[at, 1]),
                growth[at],
            )
            for at in range(total)
            if counts[at]
        )

    def _counts(self, which: NDArray[np.bool_]) -> NDArray[np.int64]:
        """How many of the flagged papers each region of the stored list has, (r,)."""
        return np.bincount(self.regions_of[:, which].ravel(), minlength=len(self.atlas.numbers))

    @cached_property
    def _by_number(self) -> dict[int, Region]:
        return {region.number: region for region in self.regions}

    def region(self, number: int) -> Region | None:
        """The region of that number; None if there is none."""
        return self._by_number.get(number)

    def inside(self, number: int | None, zoom: int = 0) -> list[Region]:
        """The regions in a region, or with None those of a zoom; those with most papers first."""
        found = [r for r in self.regions if (r.parent == number if number is not None else r.zoom == zoom)]
        return sorted(found, key=lambda region: (-region.papers, region.number))

    def path(self, number: int) -> list[Region]:
        """A region and those around it, the coarsest first."""
        path, at = list[Region](), self.region(number)
        while at is not None:
            path.append(at)
            at = self.region(at.parent) if at.parent is not None else None
        return path[::-1]

    def path_of(self, paper: int) -> list[Region]:
        """The regions around a paper, the coarsest first; none if it is not on the map."""
        [at] = self._find([paper])
        return self.path(int(self.atlas.numbers[self.regions_of[ZOOMS - 1, at]])) if at >= 0 else []

    def papers_in(self, number: int) -> NDArray[np.int64]:
        """The numbers of the papers of a region, the newest first."""
        at = self._members(number)
        return self.ids[at[np.lexsort((-self.ids[at], -self.years[at]))]]

    def _members(self, number: int) -> NDArray[np.int64]:
        [place] = np.flatnonzero(self.atlas.numbers == number)
        return np.flatnonzero(self.regions_of[self.atlas.zooms[place]] == place)

    def _find(self, papers: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
        """Where each of these papers is, -1 if it is not on the map."""
        wanted = np.asarray(papers, np.int64)
        if not len(self):
            return np.full(len(wanted), -1, np.int64)
        sorted_ = self.ids[self._order]
        at = np.minimum(np.searchsorted(sorted_, wanted), len(self) - 1)
        return np.where(sorted_[at] == wanted, self._order[at], -1)

    # Years --------------------------------------------------------------------------------------------------------

    @cached_property
    def _known(self) -> tuple[int, NDArray[np.int64]]:
        """(the first year with a paper; the number of papers of every year from then on)."""
        years = self.years[self.years > 0]
        if not len(years):
            return 0, np.empty(0, np.int64)
        first = max(int(years.min()), int(years.max()) - YEARS + 1)
        return first, np.bincount(years[years >= first] - first)

    @property
    def year_span(self) -> tuple[int, int]:
        """The first and the last year that a paper has; (0, 0) if none has one."""
        known = self.years[self.years > 0]
        return (int(known.min()), int(known.max())) if len(known) else (0, 0)

    def trend(self, number: int | None = None) -> list[YearCount]:
        """The papers of a region by year, or of the whole map, from the first year on; of the last 40 at most."""
        first, totals = self._known
        years = self.years if number is None else self.years[self._members(number)]
        counts = np.bincount(years[years >= max(first, 1)] - first, minlength=len(totals))
        shares = counts / np.maximum(totals, 1)
        return [YearCount(first + i, int(counts[i]), float(shares[i])) for i in range(len(totals))]

    def _growth(self) -> list[float | None]:
        """The growth of every region of the stored list."""
        total = len(self.atlas.numbers)
        last = int(self.years.max(initial=0))
        recent = self.years > last - RECENT
        earlier = ~recent & (self.years > last - RECENT - EARLIER) & (self.years > 0)
        now, before = self._counts(recent), self._counts(earlier)
        if not recent.any() or not earlier.any():
            return [None] * total
        ratio = ((now + 0.5) / recent.sum()) / ((before + 0.5) / earlier.sum())
        return [float(one) if both >= LEAST else None for one, both in zip(ratio, now + before, strict=True)]

    # Points -------------------------------------------------------------------------------------------------------

    @cached_property
    def tiles(self) -> Tiles:
        """The papers in tiles."""
        starts = np.flatnonzero(self.atlas.zooms == ZOOMS - 1)
        first = int(starts[0]) if len(starts) else 0
        leaves = self.regions_of[ZOOMS - 1].astype(np.int64) - first
        return Tiles(Points(self.ids, self.places, leaves, self.years))

    def encode(self, papers: Sequence[int] | NDArray[np.int64]) -> bytes:
        """Those of these papers that are on the map, in their order, as the bytes of a tile."""
        at = self._find(papers)
        return self.tiles.points.encode(at[at >= 0])
