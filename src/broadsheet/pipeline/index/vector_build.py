"""Makes the vectors that papers lack, the most used and newest papers first, and stores them part by part.

snapshot, stored vectors ──► papers without a current vector ──► encoder ──► one more part ──► parts merged
"""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import Catalogue, Document
from broadsheet.encoders.contract import NamedEncoder
from broadsheet.kit.progress import Progress
from broadsheet.pipeline.index.paper_vectors import PaperVectors
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.index.vector_file import (
    VectorPart,
    concatenate,
    part_paths,
    read_parts,
    remove_others,
    text_of,
    write_part,
)
from broadsheet.pipeline.locks import exclusive

__all__ = ["STAGE", "BuildReport", "EncodeAll", "Pace", "in_this_process", "update"]

STAGE = "encoding"  # of the progress
MOST_PARTS = 8  # parts, at most, before the smaller ones are merged
CHUNK = 512  # papers read from the catalogue at once
BATCH = 32  # papers encoded at once: what a stop waits for

EncodeAll = Callable[
    [Iterable[Sequence[str]]], Iterator[NDArray[np.float32]]
]  # lists of texts → their vectors, in order


@dataclass(frozen=True, slots=True)
class Pace:
    """How often vectors are written, and when to stop. A killed run loses what was not written."""

    papers: int = 4096
    seconds: float = 30.0
    stops: Callable[[], bool] = lambda: False


@dataclass(frozen=True, slots=True)
class BuildReport:
    """The counts of an update of the vectors."""

    encoded: int  # papers
    kept: int
    bytes: int


def in_this_process(encoder: NamedEncoder) -> EncodeAll:
    """Encode list after list in the calling thread."""
    return lambda lists: (encoder.encode(texts) for texts in lists)


def update(
    folder: Path,
    catalogue: Catalogue,
    snapshot: IndexSnapshot,
    encoder: NamedEncoder,
    *,
    encode: EncodeAll | None = None,
    on_progress: Progress | None = None,
    pace: Pace | None = None,
    wait: float = 5.0,
) -> BuildReport:
    """Encode the papers of the snapshot that have no current vector, and drop the vectors of deleted ones.

    The most used papers come first, then the newest. What another model made is removed, and what cannot be read is
    made anew. Raises Busy if another process holds the lock for `wait` seconds, OSError, LibraryError.
    """
    pace = pace or Pace()
    folder.mkdir(parents=True, exist_ok=True)
    with exclusive(folder / ".lock", wait=wait):
        stored = _clean(folder, encoder)
        vectors = PaperVectors(snapshot, encoder, stored)
        missing = _in_order(snapshot, vectors, catalogue.papers.uses())
        kept = vectors.count
        encode = encode or in_this_process(encoder)
        done = _encode(folder, catalogue, encoder, encode, missing, on_progress, pace)
        return BuildReport(done, kept, sum(path.stat().st_size for path in part_paths(folder, encoder.name)))


def _clean(folder: Path, encoder: NamedEncoder) -> tuple[VectorPart, ...]:
    """Remove files of no use; returns the parts that are."""
    remove_others(folder, encoder.name)
    parts, problems = read_parts(folder, encoder.name, encoder.dimensions)
    if problems:
        remove_others(folder, encoder.name, [path for path, _ in parts])
    return tuple(parts.values())


def _in_order(snapshot: IndexSnapshot, vectors: PaperVectors, uses: dict[int, int]) -> list[int]:
    """The numbers of the papers without a current vector: the most used first, then the newest."""
    rows = np.flatnonzero(vectors.missing)
    numbers = snapshot.ids[rows]
    used = np.array([uses.get(number, 0) for number in numbers.tolist()], np.int64) if uses else np.zeros(len(rows))
    order = np.lexsort((-numbers, -snapshot.days[rows], -used))
    return [int(number) for number in numbers[order]]


def _encode(
    folder: Path,
    catalogue: Catalogue,
    encoder: NamedEncoder,
    encode: EncodeAll,
    numbers: Sequence[int],
    on_progress: Progress | None,
    pace: Pace,
) -> int:
    """Encode these papers and write their vectors; returns how many."""
    sent: deque[list[Document]] = deque()
    unsaved: list[VectorPart] = []
    done, n_unsaved, saved_at = 0, 0, time.monotonic()

    def save() -> None:
        nonlocal n_unsaved, saved_at
        if unsaved:
            write_part(folder, encoder.name, concatenate(unsaved))
            _merge(folder, encoder)
        unsaved.clear()
        n_unsaved, saved_at = 0, time.monotonic()

    if on_progress:
        on_progress(STAGE, 0, len(numbers))
    try:
        for vectors in encode(_texts(catalogue, numbers, sent, pace.stops)):
            documents = sent.popleft()
            unsaved.append(VectorPart.of(documents, vectors))
            done += len(documents)
            n_unsaved += len(documents)
            if n_unsaved >= pace.papers or time.monotonic() - saved_at >= pace.seconds:
                save()
            if on_progress:
                on_progress(STAGE, done, len(numbers))
    finally:
        save()  # also what was done before Ctrl-C or an error
    return done


def _texts(
    catalogue: Catalogue, numbers: Sequence[int], sent: deque[list[Document]], stops: Callable[[], bool]
) -> Iterator[list[str]]:
    """The texts of these papers, some at a time, until it stops; `sent` gets their documents."""
    for start in range(0, len(numbers), CHUNK):
        chunk = numbers[start : start + CHUNK]
        by_number = {d.id: d for batch in catalogue.papers.documents(ids=chunk) for d in batch}
        documents = [by_number[number] for number in chunk if number in by_number]
        for at in range(0, len(documents), BATCH):
            if stops():
                return
            sent.append(documents[at : at + BATCH])
            yield [text_of(d) for d in sent[-1]]


def _merge(folder: Path, encoder: NamedEncoder) -> None:
    """Merge the later parts when there are many: every part that stays is larger than all later ones together."""
    if len(part_paths(folder, encoder.name)) <= MOST_PARTS:
        return  # without reading what is stored
    parts, _ = read_parts(folder, encoder.name, encoder.dimensions)
    if len(parts) <= MOST_PARTS:
        return
    paths, blocks = [path for path, _ in parts], list(parts.values())
    sizes = [len(block) for block in blocks]
    first = next(i for i in range(len(sizes)) if sizes[i] <= sum(sizes[i + 1 :]) or i + 1 == len(sizes))
    whole = concatenate(blocks[first:])
    _, last = np.unique(whole.ids[::-1], return_index=True)  # of a paper with two vectors the later one
    write_part(folder, encoder.name, whole.take(np.sort(len(whole) - 1 - last)))
    for path in paths[first:]:
        path.unlink(missing_ok=True)
