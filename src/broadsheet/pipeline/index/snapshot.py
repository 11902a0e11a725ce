"""A searchable snapshot of the catalogue: immutable segments, opened by memory map.

A segment holds a range of papers in seven files (columns, postings, positions, names, codes, prefixes, words); the
manifest lists the segments, their encoder, and the last change of the catalogue that they contain. Rows are numbered
through all segments. A paper that changed has a new row in a later segment, and its old row is marked dead.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
from numpy.typing import NDArray

from broadsheet.encoders.static import StaticEncoder
from broadsheet.indexes.contract import Block, VectorIndex
from broadsheet.indexes.inverted import Inverted, PostingBlock
from broadsheet.indexes.positions import PositionBlock, Positions
from broadsheet.indexes.scan import CodeBlock
from broadsheet.kit import artifacts
from broadsheet.kit.bag_of_words import find_sorted
from broadsheet.kit.errors import CorruptFile
from broadsheet.kit.hash_table import HashTable
from broadsheet.kit.mask import Mask
from broadsheet.kit.text import STOP_TERMS
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.index.columns import Columns
from broadsheet.pipeline.index.familiarity import familiarity, word_factors
from broadsheet.pipeline.index.index_choice import BULK, BulkBlock, index_of
from broadsheet.pipeline.index.manifest import FORMAT, PARTS, Manifest
from broadsheet.pipeline.index.prefixes import PrefixBlock
from broadsheet.pipeline.index.words import WordBlock
from broadsheet.retrieval.bm25 import BM25

__all__ = [
    "IndexSnapshot",
    "Segment",
    "load",
]

VERIFIED_BYTES = 2**30  # in a larger snapshot the checksums of vectors are verified by `check` only, not at opening
TEXT_FIELDS = ("title", "abstract", "keywords")


@dataclass(frozen=True, slots=True)
class Segment:
    """An indexed range of papers."""

    columns: Columns
    postings: PostingBlock
    positions: PositionBlock
    names: PositionBlock
    codes: CodeBlock
    prefixes: PrefixBlock
    words: WordBlock

    @property
    def rows(self) -> int:
        """How many papers."""
        return self.columns.rows

    PARTS: ClassVar[tuple[str, ...]] = PARTS


@dataclass(frozen=True)
class IndexSnapshot:
    """Segments searched as one."""

    manifest: Manifest
    segments: tuple[Segment, ...]
    encoder: StaticEncoder
    weighting: BM25
    dead: Mask
    bulk: BulkBlock | None = None  # lists or a graph over the vectors of the first segments

    def __len__(self) -> int:
        return len(self.ids)

    @property
    def encoder_name(self) -> str:
        """A line about the encoder of the vectors."""
        origin = "tuned on this library" if self.manifest.tuned else "as shipped"
        return f"static, {self.encoder.dimensions} dimensions, {len(self.encoder.vocabulary_):,} words, {origin}"

    @cached_property
    def _frequencies(self) -> NDArray[np.int64]:
        """How many papers have each word of the encoder, (v,)."""
        return self.inverted.frequencies(self.encoder.vocabulary_)

    @cached_property
    def familiarity(self) -> float:
        """How well the encoder knows the field of these papers, 0..1."""
        words = find_sorted(STOP_TERMS, self.encoder.vocabulary_) < 0
        return familiarity(self.encoder.lengths[words], self._frequencies[words], max(len(self), 1))

    @cached_property
    def word_factors(self) -> NDArray[np.float32]:
        """What the encoder's vector of each word is multiplied by in a query, (v,)."""
        return word_factors(self.encoder.lengths, self._frequencies, max(len(self), 1), self.familiarity)

    @cached_property
    def ids(self) -> NDArray[np.int64]:
        """The paper number of every row, (n,)."""
        return np.concatenate([np.empty(0, np.int64), *(s.columns.ids for s in self.segments)])

    @cached_property
    def years(self) -> NDArray[np.int32]:
        """The year of every row, 0 where unknown, (n,)."""
        return np.concatenate([np.empty(0, np.int32), *(s.columns.years for s in self.segments)])

    @cached_property
    def days(self) -> NDArray[np.int32]:
        """The date of every row as an ordinal, 0 where unknown, (n,)."""
        return np.concatenate([np.empty(0, np.int32), *(s.columns.days for s in self.segments)])

    @cached_property
    def has_code(self) -> NDArray[np.bool_]:
        """Whether each row's paper has the address of a code host, (n,)."""
        return np.concatenate([np.empty(0, np.bool_), *(s.columns.has_code for s in self.segments)])

    @cached_property
    def sums(self) -> NDArray[np.uint32]:
        """The checksum of the text of every row, (n,)."""
        return np.concatenate([np.empty(0, np.uint32), *(s.columns.sums for s in self.segments)])

    def valid_days(self, today: date) -> NDArray[np.int32]:
        """`days` with 0 for dates after tomorrow, (n,); tomorrow is already today in some time zones."""
        return np.where(self.days > today.toordinal() + 1, 0, self.days).astype(np.int32)

    @cached_property
    def inverted(self) -> Inverted:
        """The postings."""
        return Inverted([s.postings for s in self.segments])

    @cached_property
    def positions(self) -> Positions:
        """The stemmed terms of titles, abstracts and keywords, in order."""
        return Positions([s.positions for s in self.segments])

    @cached_property
    def names(self) -> Positions:
        """The unstemmed terms of author and venue names, in order."""
        return Positions([s.names for s in self.segments])

    @cached_property
    def dense(self) -> VectorIndex:
        """The vector index."""
        return index_of([s.codes for s in self.segments], self.bulk)

    @cached_property
    def vocabulary(self) -> HashTable:
        """Finds the encoder's row of a term by 32 bits of its hash, as in positions; stop words are skipped."""
        return HashTable(self.encoder.vocabulary_.astype(np.uint32), skip=STOP_TERMS.astype(np.uint32))

    def knows_people(self, pairs: NDArray[np.uint64]) -> NDArray[np.bool_]:
        """Flags of the pairs of first and last words that belong to an author, (m,)."""
        flags = np.zeros(len(pairs), np.bool_)
        for segment in self.segments:
            flags |= find_sorted(segment.columns.people.pairs, pairs) >= 0
        return flags

    def family_counts(self, families: NDArray[np.uint64]) -> NDArray[np.int64]:
        """The number of authors with each of these last words of names, (m,)."""
        counts = np.zeros(len(families), np.int64)
        for people in (segment.columns.people for segment in self.segments):
            at = find_sorted(people.families, families)
            counts += np.where(at >= 0, np.append(people.counts, 0)[at], 0)
        return counts

    @cached_property
    def alive(self) -> Mask:
        """The rows of current papers; other rows are dead."""
        return ~self.dead

    @cached_property
    def count(self) -> int:
        """How many papers."""
        return self.alive.count()

    @cached_property
    def _rows_by_id(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        rows = self.alive.rows()
        order = np.argsort(self.ids[rows], kind="stable")
        return self.ids[rows][order], rows[order]

    def rows_of(self, ids: Sequence[int] | NDArray[np.int64]) -> NDArray[np.int64]:
        """The row of every paper number, -1 where it is not in the snapshot, (m,)."""
        numbers = np.asarray(ids, np.int64)
        sorted_ids, rows = self._rows_by_id
        if not len(sorted_ids):
            return np.full(len(numbers), -1, np.int64)
        at = np.minimum(np.searchsorted(sorted_ids, numbers), len(sorted_ids) - 1)
        return np.where(sorted_ids[at] == numbers, rows[at], -1)

    def present_rows(self, ids: Collection[int] | NDArray[np.int64]) -> NDArray[np.int64]:
        """The rows of those of these papers that are in the snapshot, in their order, (m,)."""
        rows = self.rows_of(ids if isinstance(ids, np.ndarray) else list(ids))
        return rows[rows >= 0]


# of each of Segment.PARTS
_BLOCKS: tuple[type[Block], ...] = (
    Columns,
    PostingBlock,
    PositionBlock,
    PositionBlock,
    CodeBlock,
    PrefixBlock,
    WordBlock,
)


def _open_segment(folder: Path, name: str, verify: bool, vectors: bool) -> Segment:
    """Open a segment; with `verify` checksums are verified, those of the vectors' codes only with `vectors` too.

    Damaged codes only give wrong scores; other damaged arrays could crash compiled code.
    """
    blocks: list[Any] = []
    for part, kind in zip(Segment.PARTS, _BLOCKS, strict=True):
        path = folder / f"{name}.{part}.bin"
        verify_part = verify and (vectors or part != "codes")
        arrays = artifacts.read(path, method=part, version=FORMAT, verify=verify_part).arrays
        try:
            blocks.append(kind.from_arrays(arrays))
        except (ValueError, KeyError, IndexError) as error:
            raise CorruptFile(f"{path}: damaged ({error}); run `broadsheet check --repair`") from error
    if len({block.rows for block in blocks}) != 1:
        raise CorruptFile(f"{folder / name}: its parts differ in length; run `broadsheet check --repair`")
    return Segment(*blocks)


def _open_bulk(folder: Path, manifest: Manifest, verify: bool) -> BulkBlock | None:
    if not manifest.bulk:
        return None
    path = folder / manifest.bulk
    arrays = artifacts.read(path, method=manifest.vectors, version=FORMAT, verify=verify).arrays
    try:
        return BULK[manifest.vectors].from_arrays(arrays)
    except (ValueError, KeyError, IndexError) as error:
        raise CorruptFile(f"{path}: damaged ({error}); run `broadsheet check --repair`") from error


def _is_small(folder: Path, manifest: Manifest) -> bool:
    """Whether all files together have at most VERIFIED_BYTES."""
    sizes = [path.stat().st_size for name in manifest.files() if (path := folder / name).exists()]
    return sum(sizes) <= VERIFIED_BYTES


def load(
    folder: Path, manifest: Manifest, *, verify: bool | None = None, previous: IndexSnapshot | None = None
) -> IndexSnapshot:
    """Open the files of a manifest; segments, index and encoder that are open in `previous` are reused.

    With `verify` the checksums of all files are verified; by default those of the vectors only in a small snapshot.
    Raises CorruptFile naming the first file that is missing or damaged.
    """
    vectors = _is_small(folder, manifest) if verify is None else verify
    verify = verify is not False
    open_segments = dict(zip(previous.manifest.segments, previous.segments, strict=True)) if previous else {}
    segments = tuple(
        open_segments.get(name) or _open_segment(folder, name, verify, vectors) for name in manifest.segments
    )
    if previous and previous.manifest.encoder == manifest.encoder:
        encoder = previous.encoder
    else:
        path = folder / manifest.encoder
        encoder = pretrained.read_encoder(path, fix="run `broadsheet check --repair`", verify=verify)
    bulk = (
        previous.bulk if previous and previous.manifest.bulk == manifest.bulk else _open_bulk(folder, manifest, vectors)
    )
    if bulk and bulk.rows not in np.cumsum([s.rows for s in segments]):
        raise CorruptFile(f"{folder / manifest.bulk}: covers other papers; run `broadsheet check --repair`")
    weighting = BM25(k1=manifest.k1, b=manifest.b)
    weighting.average_length_ = manifest.average_length
    rows = sum(s.rows for s in segments)
    dead = Mask.of(np.zeros(rows, np.bool_))
    if manifest.dead:
        path = folder / manifest.dead
        dead = Mask(artifacts.read(path, method="dead", version=FORMAT).arrays["words"], rows)
        if len(dead.words) != -(-rows // 64):
            raise CorruptFile(f"{path}: covers another number of rows; run `broadsheet check --repair`")
    return IndexSnapshot(manifest, segments, encoder, weighting, dead, bulk)
