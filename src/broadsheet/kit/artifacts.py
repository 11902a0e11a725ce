"""Arrays as one versioned, checksummed file that opens by memory map.

Layout: 8 magic bytes · uint32 header length · uint32 CRC-32 of the header · JSON header · arrays, each on a
64-byte boundary. The header names the method, its format version, free-form `meta` (training-data hash, sizes)
and per array dtype, shape, offset and CRC-32. A file appears under its name complete or not at all.
"""

from __future__ import annotations

import json
import os
import struct
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit.errors import CorruptFile
from broadsheet.kit.native import kernel, loaded

__all__ = ["Artifact", "fingerprint", "read", "stamp", "sync_folder", "write", "write_atomic"]

_MAGIC = b"BROADSH1"
_ALIGN = 64

_fast_crc32 = kernel("artifacts_crc32")


def _crc32(data: NDArray[np.uint8]) -> int:
    """The CRC-32 of bytes. It must be fast: opening a library checks every byte of its indexes."""
    return zlib.crc32(data.data) if loaded() == "baseline" else int(_fast_crc32(data, len(data)))


@dataclass(frozen=True, slots=True)
class Artifact:
    """The content of a file."""

    arrays: dict[str, NDArray[Any]]
    meta: dict[str, Any]


def sync_folder(folder: Path) -> None:
    """Flush a folder's entries to disk; only then is a rename durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def write_atomic(path: Path, chunks: list[bytes | memoryview]) -> None:
    """Write `chunks` to a temporary file beside `path`, flush it and rename it; on failure no file is left."""
    temporary = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with open(temporary, "wb") as out:
            for chunk in chunks:
                out.write(chunk)
            out.flush()
            os.fsync(out.fileno())
        os.replace(temporary, path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise
    sync_folder(path.parent)


def write(
    path: Path, arrays: Mapping[str, NDArray[Any]], *, method: str, version: int, meta: Mapping[str, Any] | None = None
) -> None:
    """Write arrays to the file `path`. Raises OSError if it cannot be written; then no file is left."""
    entries: dict[str, Any] = {}
    blocks: list[NDArray[Any]] = []
    offset = 0
    for name, array in arrays.items():
        block = np.ascontiguousarray(array)
        if block.size:  # nothing is put in front of an empty array: no checksum would cover it at the file's end
            offset = -(-offset // _ALIGN) * _ALIGN
        entries[name] = {
            "dtype": block.dtype.str,
            "shape": list(block.shape),
            "offset": offset,
            "crc": _crc32(block.reshape(-1).view(np.uint8)) if block.size else 0,
        }
        blocks.append(block)
        offset += block.nbytes
    header = json.dumps({"method": method, "version": version, "meta": dict(meta or {}), "arrays": entries}).encode()
    start = -(-(16 + len(header)) // _ALIGN) * _ALIGN
    chunks: list[bytes | memoryview] = [_MAGIC + struct.pack("<II", len(header), zlib.crc32(header)) + header]
    position = 16 + len(header)
    for block, entry in zip(blocks, entries.values(), strict=True):
        chunks.append(b"\0" * (start + entry["offset"] - position))
        if block.size:
            chunks.append(block.reshape(-1).view(np.uint8).data)
        position = start + entry["offset"] + block.nbytes
    write_atomic(path, chunks)


def read(
    path: Path, *, method: str, version: int, verify: bool = True, fix: str = "run `broadsheet check --repair`"
) -> Artifact:
    """Open a file written by `write`; arrays are read-only memory maps.

    Raises CorruptFile, naming the file and the `fix`, if it is missing, cut short, damaged, or of another method or
    version. `verify=False` trusts the array bytes (checks the header and the size only).
    """
    try:
        return _read(path, method, version, verify)
    except FileNotFoundError:
        raise CorruptFile(f"{path}: the file is missing; {fix}") from None
    except (ValueError, KeyError, TypeError, struct.error) as error:
        raise CorruptFile(f"{path}: damaged ({error}); {fix}") from error


def fingerprint(path: Path, *, fix: str = "run `broadsheet check --repair`") -> str:
    """Eight hexadecimal digits that identify a file's content: the checksum of its header, which holds the others.

    Raises CorruptFile as `read` does.
    """
    try:
        with open(path, "rb") as handle:
            _, crc = _header(handle)
    except FileNotFoundError:
        raise CorruptFile(f"{path}: the file is missing; {fix}") from None
    except (ValueError, struct.error) as error:
        raise CorruptFile(f"{path}: damaged ({error}); {fix}") from error
    return f"{crc:08x}"


def stamp(path: Path) -> tuple[int, ...]:
    """Inode, modification time and size, to notice that a file was replaced; () if it is missing. Raises OSError."""
    try:
        status = path.stat()
    except FileNotFoundError:
        return ()
    return status.st_ino, status.st_mtime_ns, status.st_size


def _header(handle: BinaryIO) -> tuple[bytes, int]:
    """The header's JSON and its checksum."""
    head = handle.read(16)
    if head[:8] != _MAGIC:
        raise ValueError("not a Broadsheet file")
    length, crc = struct.unpack("<II", head[8:16])
    raw = handle.read(length)
    if len(raw) != length or zlib.crc32(raw) != crc:
        raise ValueError("the header does not match its checksum")
    return raw, crc


def _read(path: Path, method: str, version: int, verify: bool) -> Artifact:
    with open(path, "rb") as handle:
        raw, _ = _header(handle)
    header = json.loads(raw)
    if (header["method"], header["version"]) != (method, version):
        raise ValueError(f"holds {header['method']} v{header['version']}, wanted {method} v{version}")
    start = -(-(16 + len(raw)) // _ALIGN) * _ALIGN
    data = np.memmap(path, dtype=np.uint8, mode="r")
    arrays: dict[str, NDArray[Any]] = {}
    for name, entry in header["arrays"].items():
        dtype, shape = np.dtype(entry["dtype"]), tuple(entry["shape"])
        size = int(np.prod(shape, dtype=np.int64)) * dtype.itemsize
        begin = start + entry["offset"]
        if begin + size > len(data):
            raise ValueError(f"cut short inside {name!r}")
        part = data[begin : begin + size]
        if verify and size and _crc32(part) != entry["crc"]:
            raise ValueError(f"{name!r} does not match its checksum")
        arrays[name] = np.asarray(part.view(dtype).reshape(shape))
    return Artifact(arrays, header["meta"])
