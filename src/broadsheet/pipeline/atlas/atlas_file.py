"""The stored map: a place for every paper and the regions, in one file that can be deleted and made anew.

indexes/atlas/atlas.bin   places, regions and their names; it is replaced whole, so a process killed at any moment
                          leaves the old one
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.indexes.contract import Arrays, check_types
from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile
from broadsheet.pipeline.atlas.regions import ZOOMS

__all__ = ["FIX", "Atlas", "Frame", "folder_of", "path_of", "read", "write"]

METHOD = "atlas"
VERSION = 1
FIX = "run `broadsheet atlas build --anew`"
_EDGE = 0.0005  # share of the papers beyond each side of the frame when it is laid out; they are drawn on its edge
_MARGIN = 1.05


def folder_of(indexes: Path) -> Path:
    """The folder of the map of a library whose indexes are in `indexes`."""
    return indexes / "atlas"


def path_of(indexes: Path) -> Path:
    """The file of the map."""
    return folder_of(indexes) / "atlas.bin"


@dataclass(frozen=True, slots=True)
class Frame:
    """The square of the plane that the map shows."""

    x: float  # of its middle
    y: float
    half: float  # of a side

    @classmethod
    def around(cls, map_: NDArray[np.float32]) -> Frame:
        """The square around nearly all of these places (n, 2)."""
        if not len(map_):
            return cls(0.0, 0.0, 1.0)
        low, high = np.quantile(map_, [_EDGE, 1 - _EDGE], axis=0)
        middle, half = (low + high) / 2, float((high - low).max()) / 2 * _MARGIN
        return cls(float(middle[0]), float(middle[1]), half if half > 1e-6 else 1.0)

    def inside(self, map_: NDArray[np.float32]) -> NDArray[np.float32]:
        """These places in 0..1 of the frame, those outside on its edge, (n, 2)."""
        return np.asarray(np.clip((map_ - [self.x, self.y]) / (2 * self.half) + 0.5, 0, 1), np.float32)


@dataclass(frozen=True)
class Atlas:
    """The map; immutable. Regions are listed zoom by zoom, the coarsest first, each after the one it is in."""

    ids: NDArray[np.int64]  # (n,) the catalogue's paper numbers
    map: NDArray[np.float32]  # (n, 2)
    leaves: NDArray[np.int32]  # (n,) the region of the finest zoom, as a position in the list
    numbers: NDArray[np.int64]  # (r,) what a region is called by from day to day
    zooms: NDArray[np.int32]  # (r,) 0 is the coarsest
    parents: NDArray[np.int32]  # (r,) the region around it, -1 of the coarsest zoom
    names: tuple[tuple[str, ...], ...]  # (r,) phrases
    frame: Frame
    source: str  # the vectors that it was laid out by
    laid: int  # papers when it was laid out
    next_number: int  # of the next new region

    def __post_init__(self) -> None:
        """Raise ValueError if the arrays do not fit together."""
        n, r = len(self.ids), len(self.numbers)
        if self.map.shape != (n, 2) or self.leaves.shape != (n,) or not np.isfinite(self.map).all():
            raise ValueError("papers and their places do not fit together")
        if not len(self.zooms) == len(self.parents) == len(self.names) == r or len(np.unique(self.numbers)) != r:
            raise ValueError("regions and their names do not fit together")
        if len(np.unique(self.ids)) != n:
            raise ValueError("a paper is on the map twice")
        inner = self.zooms > 0
        is_within = (self.parents >= 0) & (self.parents < np.arange(r))
        if (
            (is_within != inner).any()
            or (self.zooms[self.parents[inner]] != self.zooms[inner] - 1).any()
            or ((self.zooms < 0) | (self.zooms >= ZOOMS)).any()
        ):
            raise ValueError("a region is in none")
        is_there = (self.leaves >= 0) & (self.leaves < r)
        if not is_there.all() or (self.zooms[self.leaves] != ZOOMS - 1).any():
            raise ValueError("a paper is in no region")

    def __len__(self) -> int:
        return len(self.ids)

    @cached_property
    def regions(self) -> NDArray[np.int32]:
        """The region of every paper at each zoom, as positions in the list, (ZOOMS, n)."""
        out = [self.leaves]
        for _ in range(ZOOMS - 1):
            out.append(self.parents[out[-1]])
        return np.array(out[::-1], np.int32).reshape(ZOOMS, len(self))


def write(indexes: Path, atlas: Atlas) -> None:
    """Replace the map. The caller holds the lock. Raises OSError."""
    arrays: Arrays = {
        "ids": atlas.ids,
        "map": atlas.map,
        "leaves": atlas.leaves,
        "numbers": atlas.numbers,
        "zooms": atlas.zooms,
        "parents": atlas.parents,
    }
    frame = atlas.frame
    meta = {
        "names": atlas.names,
        "frame": [frame.x, frame.y, frame.half],
        "source": atlas.source,
        "laid": atlas.laid,
        "next_number": atlas.next_number,
    }
    artifacts.write(path_of(indexes), arrays, method=METHOD, version=VERSION, meta=meta)


def read(indexes: Path) -> Atlas:
    """The stored map.

    Raises CorruptFile, naming the file and the fix, if it is missing, damaged or of another version.
    """
    path = path_of(indexes)
    artifact = artifacts.read(path, method=METHOD, version=VERSION, fix=FIX)
    arrays, meta = artifact.arrays, artifact.meta
    try:
        check_types(arrays, ids=np.int64, map=np.float32, leaves=np.int32)
        check_types(arrays, numbers=np.int64, zooms=np.int32, parents=np.int32)
        return Atlas(
            **{name: arrays[name] for name in ("ids", "map", "leaves", "numbers", "zooms", "parents")},
            names=tuple(tuple(map(str, phrases)) for phrases in meta["names"]),
            frame=Frame(*map(float, meta["frame"])),
            source=str(meta["source"]),
            laid=int(meta["laid"]),
            next_number=int(meta["next_number"]),
        )
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise CorruptFile(f"{path}: not usable ({error}); {FIX}") from error
