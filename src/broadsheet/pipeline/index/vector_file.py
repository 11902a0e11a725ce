"""The files of the papers' vectors: parts that are only added and merged, never changed.

indexes/vectors/MODEL.000001.bin   the vectors of some papers, with the papers' numbers and the checksums of their texts
                MODEL.000002.bin   later ones; a paper that is in two parts has its vector in the later one

Every part names the model that made it, and only parts of one model are read. A part appears whole or not at all, so a
process killed at any moment, or a full disk, costs at most the vectors that were not written yet.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.catalogue import Document
from broadsheet.indexes.contract import Arrays, check_types
from broadsheet.indexes.scan import CodeBlock
from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile

__all__ = [
    "FIX",
    "Key",
    "OpenParts",
    "VectorPart",
    "checksum",
    "concatenate",
    "folder_of",
    "part_paths",
    "read_part",
    "read_parts",
    "remove_others",
    "text_of",
    "write_part",
]

METHOD = "vectors"
VERSION = 1
FIX = "run `broadsheet precise build`"
_TRIES = 4  # times the folder is listed while another process merges its parts
Key = tuple[Path, tuple[int, ...]]  # a file and its stamp
OpenParts = Mapping[Key, "VectorPart"]
_NAME = re.compile(r"(?P<model>.+)\.(?P<number>\d{6,})\.bin")


def text_of(document: Document) -> str:
    """The text of a paper that is encoded."""
    return f"{document.title}. {document.abstract or document.summary}"


def checksum(document: Document) -> int:
    """A checksum of the text of a paper that is encoded."""
    return zlib.crc32(text_of(document).encode())


def folder_of(indexes: Path) -> Path:
    """The folder of the vectors of a library whose indexes are in `indexes`."""
    return indexes / "vectors"


@dataclass(frozen=True, slots=True)
class VectorPart:
    """The vectors of some papers; aligned arrays."""

    ids: NDArray[np.int64]  # the catalogue's paper numbers
    sums: NDArray[np.uint32]  # checksums of the encoded texts
    codes: CodeBlock

    def __len__(self) -> int:
        return len(self.ids)

    @classmethod
    def of(cls, documents: Sequence[Document], vectors: NDArray[np.float32]) -> VectorPart:
        """The vectors (n, d) of n documents. Raises ValueError on NaN or infinity."""
        ids = np.array([d.id for d in documents], np.int64)
        return cls(ids, np.array([checksum(d) for d in documents], np.uint32), CodeBlock.of(vectors))

    def take(self, at: NDArray[np.int64]) -> VectorPart:
        """The vectors at these positions."""
        block = self.codes
        codes = CodeBlock(block.bits[at], block.codes[at], block.scales[at], block.dimensions)
        return VectorPart(self.ids[at], self.sums[at], codes)


def concatenate(parts: Sequence[VectorPart]) -> VectorPart:
    """Several parts, at least one, as one."""
    codes = CodeBlock.concatenate([p.codes for p in parts])
    return VectorPart(np.concatenate([p.ids for p in parts]), np.concatenate([p.sums for p in parts]), codes)


def part_paths(folder: Path, model: str) -> list[Path]:
    """The parts of this model, the oldest first."""
    found = [(int(name["number"]), path) for path in folder.glob("*.bin") if (name := _named(path, model))]
    return [path for _, path in sorted(found)]


def _named(path: Path, model: str) -> re.Match[str] | None:
    name = _NAME.fullmatch(path.name)
    return name if name and name["model"] == model else None


def write_part(folder: Path, model: str, part: VectorPart) -> Path:
    """Write a part that is later than all others; returns its path. The caller holds the lock. Raises OSError."""
    paths = part_paths(folder, model)
    number = int(_NAME.fullmatch(paths[-1].name)["number"]) + 1 if paths else 1  # type: ignore[index]
    path = folder / f"{model}.{number:06d}.bin"
    arrays: Arrays = {"ids": part.ids, "sums": part.sums, **part.codes.to_arrays()}
    artifacts.write(path, arrays, method=METHOD, version=VERSION, meta={"model": model})
    return path


def read_part(path: Path, model: str, dimensions: int) -> VectorPart:
    """Read a part. Raises CorruptFile naming it and the fix if it is missing, damaged, or of another version or
    model."""
    artifact = artifacts.read(path, method=METHOD, version=VERSION, fix=FIX)
    try:
        if artifact.meta.get("model") != model:
            raise ValueError(f"made by {artifact.meta.get('model')}, wanted {model}")
        check_types(artifact.arrays, ids=np.int64, sums=np.uint32)
        part = VectorPart(artifact.arrays["ids"], artifact.arrays["sums"], CodeBlock.from_arrays(artifact.arrays))
        if not len(part.ids) == len(part.sums) == part.codes.rows or part.codes.dimensions != dimensions:
            raise ValueError("numbers, sums and codes do not fit together")
    except (ValueError, KeyError, IndexError) as error:
        raise CorruptFile(f"{path}: not usable ({error}); {FIX}") from error
    return part


def read_parts(
    folder: Path, model: str, dimensions: int, previous: OpenParts | None = None
) -> tuple[OpenParts, tuple[str, ...]]:
    """(the parts of this model, the oldest first; a line for each that is not usable).

    Parts that are open in `previous` are reused. Another process may merge parts meanwhile.
    """
    previous = previous or {}
    parts: dict[Key, VectorPart] = {}
    problems: list[str] = []
    for _ in range(_TRIES):
        parts, problems, is_missing = {}, [], False
        for path in part_paths(folder, model):
            try:
                key = path, artifacts.stamp(path)
                parts[key] = previous[key] if key in previous else read_part(path, model, dimensions)
            except CorruptFile as error:
                problems.append(str(error))
                is_missing |= not path.exists()
            except OSError as error:
                problems.append(f"{path}: {error.strerror or error}; {FIX}")
        if not is_missing:
            break
    return parts, tuple(problems)


def remove_others(folder: Path, model: str, keep: Sequence[Path] | None = None) -> None:
    """Remove what killed processes and other models have left, and with `keep` all parts of this model but these.

    The caller holds the lock.
    """
    for path in folder.iterdir():
        is_unwanted = not _named(path, model) or (keep is not None and path not in keep)
        if path.suffix == ".part" or (path.suffix == ".bin" and is_unwanted):
            path.unlink(missing_ok=True)
    earlier = folder.parent / "precise"  # where another model's vectors were before parts
    for path in earlier.glob("*vectors.bin*"):
        path.unlink(missing_ok=True)
    with suppress(OSError):
        (earlier / ".lock").unlink(missing_ok=True)
        earlier.rmdir()
