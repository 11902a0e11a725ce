"""Makes the map, or places what came since it was made.

snapshot, vectors ──► nearest papers ──► layout ──► regions ──► names ──► one file
                            └─ of new papers only ──► places among the old, which stay where they are ──┘
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import Catalogue
from broadsheet.kit.errors import CorruptFile
from broadsheet.kit.progress import Progress
from broadsheet.kit.threads import one_thread
from broadsheet.kit.unit import unit_rows
from broadsheet.pipeline.atlas import atlas_file
from broadsheet.pipeline.atlas.atlas_file import Atlas, Frame
from broadsheet.pipeline.atlas.layout import NEAR, align, lay_out, place
from broadsheet.pipeline.atlas.neighbours import neighbours
from broadsheet.pipeline.atlas.region_names import Phrases, region_names
from broadsheet.pipeline.atlas.regions import ZOOMS, cut, inherit
from broadsheet.pipeline.index.paper_vectors import PaperVectors
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.locks import exclusive

__all__ = ["AtlasReport", "Waiting", "update", "waiting"]

GROWTH = 1.5  # papers, times those when the map was laid out, from which it is laid out anew
STEADY = 0.6  # share of papers in common with which a region keeps its name, too
_PATIENCE = 50  # papers more
_READ = 20_000  # vectors decoded at once


@dataclass(frozen=True, slots=True)
class AtlasReport:
    """What a run did."""

    papers: int  # on the map
    placed: int  # new on it
    regions: int
    is_new: bool  # whether it was laid out anew
    seconds: float


@dataclass(frozen=True, slots=True)
class Waiting:
    """What the next run has to do."""

    rows: NDArray[np.int64]  # of the snapshot, with a vector and not on the map
    gone: int  # papers on the map that the library has no more
    source: str
    is_new: bool  # whether it lays the map out anew

    @property
    def is_due(self) -> bool:
        """Whether there is anything to do."""
        return bool(len(self.rows) or self.gone or self.is_new)


def waiting(snapshot: IndexSnapshot, vectors: PaperVectors | None, old: Atlas | None, anew: bool = False) -> Waiting:
    """What is to be done about the papers of a snapshot, given the stored map."""
    source = _source(snapshot, vectors, old)
    rows = snapshot.alive.rows()
    if vectors is not None and source == vectors.encoder.name:
        rows = rows[vectors.has(rows)]
    else:
        rows = rows[_has_static(snapshot, rows)]
    if old is None or anew or not old.laid or old.source != source or len(rows) > GROWTH * old.laid + _PATIENCE:
        return Waiting(rows, 0, source, old is None or anew or bool(len(rows) or len(old)))
    on_map = np.isin(snapshot.ids[rows], old.ids)
    gone = int((snapshot.rows_of(old.ids) < 0).sum())
    return Waiting(rows[~on_map], gone, source, False)


def _source(snapshot: IndexSnapshot, vectors: PaperVectors | None, old: Atlas | None) -> str:
    """The vectors to lay out by: those of the transformer where all papers have them, else the static ones.

    A map that was made by the former is gone on with while most papers have them.
    """
    static = f"static {snapshot.manifest.encoder}"
    if vectors is None or not vectors.count:
        return static
    name = str(vectors.encoder.name)
    goes_on = old is not None and old.source == name and 2 * vectors.count >= snapshot.count
    return name if goes_on or vectors.is_complete else static


def _has_static(snapshot: IndexSnapshot, rows: NDArray[np.int64]) -> NDArray[np.bool_]:
    """Whether each row's static vector says anything: a text without a known word has zeros."""
    scales = np.concatenate([np.empty(0, np.float32), *(s.codes.codes.any(axis=1) for s in snapshot.segments)])
    return np.asarray(scales[rows] > 0)


def _vectors(
    snapshot: IndexSnapshot, vectors: PaperVectors | None, source: str, rows: NDArray[np.int64]
) -> NDArray[np.float32]:
    """The unit vectors of these rows, (m, d); a row that has none, because its text has changed, gets zeros."""
    use = vectors.vectors if vectors is not None and source == vectors.encoder.name else snapshot.dense.vectors
    parts = [unit_rows(np.nan_to_num(use(rows[at : at + _READ]))) for at in range(0, len(rows), _READ)]
    return np.ascontiguousarray(np.concatenate(parts) if parts else np.zeros((0, 1)), np.float32)


def update(
    indexes: Path,
    catalogue: Catalogue,
    snapshot: IndexSnapshot,
    vectors: PaperVectors | None,
    *,
    anew: bool = False,
    on_progress: Progress | None = None,
    wait: float = 5.0,
) -> AtlasReport:
    """Bring the map up to date with a snapshot, or lay it out `anew`; one that is not usable is laid out anew.

    Raises Busy if another process holds the lock for `wait` seconds, OSError.
    """
    started = time.monotonic()
    folder = atlas_file.folder_of(indexes)
    folder.mkdir(parents=True, exist_ok=True)
    tell = on_progress or (lambda *_: None)
    with exclusive(folder / ".lock", wait=wait), one_thread():
        for left_over in folder.glob(".*.part"):  # of a killed process
            left_over.unlink(missing_ok=True)
        try:
            old = atlas_file.read(indexes)
        except CorruptFile:
            old = None
        todo = waiting(snapshot, vectors, old, anew)
        if old is not None and not todo.is_due:
            return AtlasReport(len(old), 0, len(old.numbers), False, time.monotonic() - started)
        x = _vectors(snapshot, vectors, todo.source, todo.rows) if todo.is_new else None
        if x is not None:
            atlas = _laid_out(catalogue, snapshot, todo, x, old, tell)
        else:
            assert old is not None
            atlas = _placed(snapshot, vectors, todo, old, tell)
        atlas_file.write(indexes, atlas)
    return AtlasReport(len(atlas), len(todo.rows), len(atlas.numbers), todo.is_new, time.monotonic() - started)


def _laid_out(
    catalogue: Catalogue,
    snapshot: IndexSnapshot,
    todo: Waiting,
    x: NDArray[np.float32],
    old: Atlas | None,
    tell: Progress,
) -> Atlas:
    """A new map; turned to lie as the old one did, with its regions' numbers where they are the same."""
    n = len(x)
    tell("comparing papers", 0, None)
    near, _ = neighbours(x, np.arange(n), NEAR)
    map_ = lay_out(x, near, told=lambda done, total: tell("laying out", done, total))
    ids = snapshot.ids[todo.rows]
    before = _positions(old, ids)
    common = np.flatnonzero(before >= 0)
    if old is not None:
        map_ = align(map_, common, old.map[before[common]])
    tell("naming regions", 0, None)
    zooms = cut(map_, near)
    named = _names(catalogue, ids, zooms)
    numbers, first = list[int](), old.next_number if old is not None else 1
    names = list[tuple[str, ...]]()
    for zoom, labels in enumerate(zooms):
        given, shares, first, earlier = _inherited(old, labels, before, zoom, first)
        numbers += given
        steady = zip(given, shares, named[zoom], strict=True)
        names += [earlier[one] if share >= STEADY else name for one, share, name in steady]
    starts = np.cumsum([0, *(int(labels.max(initial=-1)) + 1 for labels in zooms)])
    parents = np.full(int(starts[-1]), -1, np.int32)
    for zoom in range(1, ZOOMS):
        parents[starts[zoom] + zooms[zoom]] = starts[zoom - 1] + zooms[zoom - 1]
    return Atlas(
        ids=ids,
        map=map_,
        leaves=(starts[ZOOMS - 1] + zooms[-1]).astype(np.int32),
        numbers=np.array(numbers, np.int64),
        zooms=np.repeat(np.arange(ZOOMS), np.diff(starts)).astype(np.int32),
        parents=parents,
        names=tuple(names),
        frame=Frame.around(map_),
        source=todo.source,
        laid=n,
        next_number=first,
    )


def _positions(atlas: Atlas | None, ids: NDArray[np.int64]) -> NDArray[np.int64]:
    """Where each of these papers is on a map, -1 if it is not, (m,)."""
    if atlas is None or not len(atlas):
        return np.full(len(ids), -1, np.int64)
    order = np.argsort(atlas.ids, kind="stable")
    at = np.minimum(np.searchsorted(atlas.ids[order], ids), len(order) - 1)
    return np.where(atlas.ids[order[at]] == ids, order[at], -1)


def _names(catalogue: Catalogue, ids: NDArray[np.int64], zooms: list[NDArray[np.int64]]) -> list[list[tuple[str, ...]]]:
    """The names of the regions of each zoom, by the titles of their papers."""
    titles = {d.id: d.title for batch in catalogue.papers.documents() for d in batch}
    phrases = Phrases.of([titles.get(number, "") for number in ids.tolist()])
    named: list[list[tuple[str, ...]]] = []
    for zoom, labels in enumerate(zooms):
        around, above = (zooms[zoom - 1], named[-1]) if zoom else (None, ())
        named.append(region_names(phrases, labels, around, above))
    return named


def _inherited(
    old: Atlas | None, labels: NDArray[np.int64], before: NDArray[np.int64], zoom: int, first: int
) -> tuple[list[int], list[float], int, dict[int, tuple[str, ...]]]:
    """(the numbers of the regions of a zoom, what they share with the old ones, the next number, the old names)."""
    numbers, was = list[int](), np.full(len(labels), -1, np.int64)
    names: dict[int, tuple[str, ...]] = {}
    if old is not None:
        own = np.flatnonzero(old.zooms == zoom)
        numbers = old.numbers[own].tolist()
        names = {number: old.names[at] for number, at in zip(numbers, own.tolist(), strict=True)}
        known = before >= 0
        was[known] = np.searchsorted(own, old.regions[zoom][before[known]])
    given, shares = inherit(labels, was, numbers, first)
    return given, shares, max(first, *(number + 1 for number in given)) if given else first, names


def _placed(snapshot: IndexSnapshot, vectors: PaperVectors | None, todo: Waiting, old: Atlas, tell: Progress) -> Atlas:
    """The old map without the papers that are gone, with the new ones on it."""
    tell("placing papers", 0, len(todo.rows))
    stays = snapshot.rows_of(old.ids) >= 0
    kept = int(stays.sum())
    rows = np.concatenate([snapshot.rows_of(old.ids[stays]), todo.rows])
    ids, map_, leaves = old.ids[stays], old.map[stays], old.leaves[stays]
    if len(todo.rows):
        x = _vectors(snapshot, vectors, todo.source, rows)
        new = np.arange(len(rows)) >= kept
        near, scores = neighbours(x, np.flatnonzero(new), NEAR)
        start = np.concatenate([map_, np.zeros((len(todo.rows), 2), np.float32)])
        map_ = place(start, new, near, scores)
        leaves = np.concatenate([leaves, _leaves(old, map_, leaves, near, scores)])
        ids = np.concatenate([ids, snapshot.ids[todo.rows]])
    tell("placing papers", len(todo.rows), len(todo.rows))
    return replace(old, ids=ids, map=map_, leaves=leaves)


def _leaves(
    old: Atlas,
    map_: NDArray[np.float32],
    leaves: NDArray[np.int32],
    near: NDArray[np.int32],
    scores: NDArray[np.float32],
) -> NDArray[np.int32]:
    """The finest region of each new paper, (m,): that of most of its near papers, else that of the next middle."""
    kept, own = len(leaves), np.flatnonzero(old.zooms == ZOOMS - 1)
    known = (near >= 0) & (near < kept)
    votes = np.zeros((len(near), len(old.numbers)), np.float32)
    at, place_ = np.nonzero(known)
    np.add.at(votes, (at, leaves[near[at, place_]]), np.maximum(scores[at, place_], 0.01))
    sums = np.zeros((len(old.numbers), 2))
    np.add.at(sums, old.leaves, old.map.astype(np.float64))
    middles = sums[own] / np.maximum(np.bincount(old.leaves, minlength=len(old.numbers))[own], 1)[:, None]
    apart = ((map_[kept:, None].astype(np.float64) - middles) ** 2).sum(axis=2)
    return np.asarray(np.where(known.any(axis=1), votes.argmax(axis=1), own[apart.argmin(axis=1)]), np.int32)
