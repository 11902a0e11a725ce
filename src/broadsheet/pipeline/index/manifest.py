"""The manifest of an index folder: the segments and other files of a snapshot."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from pathlib import Path

from broadsheet.kit.errors import CorruptFile
from broadsheet.pipeline.index.index_choice import BULK

__all__ = ["FORMAT", "MANIFEST", "PARTS", "Manifest", "read_manifest"]

FORMAT = 4
MANIFEST = "manifest.json"
PARTS = ("columns", "postings", "positions", "names", "codes", "prefixes", "words")  # files of a segment


@dataclass(frozen=True, slots=True)
class Manifest:
    """The contents of a snapshot; written last, so every file that it names exists."""

    seq: int  # the last change of the catalogue that it contains
    encoder: str  # file name
    tuned: bool  # whether the encoder was trained on this library
    fitted_on: int  # papers the average length was fitted on
    average_length: float
    k1: float
    b: float
    segments: tuple[str, ...]  # stems of file names
    dead: str  # file name, "" while no row is dead
    mark: str = ""  # identifies the catalogue's history up to `seq`; see `build._mark`
    vectors: str = "scan"  # the kind of vector index
    bulk: str = ""  # file name of that index over the first segments, "" for a scan

    def files(self) -> set[str]:
        """Every file the manifest names."""
        parts = {f"{s}.{part}.bin" for s in self.segments for part in PARTS}
        return parts | {self.encoder, MANIFEST} | {name for name in (self.dead, self.bulk) if name}

    def to_bytes(self) -> bytes:
        """JSON with its own checksum."""
        body = {f: getattr(self, f) for f in self.__dataclass_fields__}
        if self.vectors == "scan":  # as written and read by versions that had only scans
            del body["vectors"], body["bulk"]
        text = json.dumps(body, sort_keys=True)
        return json.dumps({"format": FORMAT, "crc": zlib.crc32(text.encode()), "body": body}, indent=1).encode()


def read_manifest(folder: Path) -> Manifest | None:
    """Read the manifest of an index folder; None if this version has not built one yet. Raises CorruptFile."""
    path = folder / MANIFEST
    try:
        outer = json.loads(path.read_bytes())
        body = outer["body"]
        if isinstance(outer["format"], int) and outer["format"] < FORMAT:
            return None  # of an earlier version: the snapshot is rebuilt
        if outer["format"] != FORMAT:
            raise ValueError(f"format {outer['format']}, wanted {FORMAT}")
        if zlib.crc32(json.dumps(body, sort_keys=True).encode()) != outer["crc"]:
            raise ValueError("it does not match its checksum")
        if (kind := body.get("vectors", "scan")) not in ("scan", *BULK):
            raise ValueError(f"it names an index of kind {kind!r}")
        return Manifest(**{**body, "segments": tuple(body["segments"])})
    except FileNotFoundError:
        return None
    except (ValueError, KeyError, TypeError) as error:
        raise CorruptFile(f"{path}: damaged ({error}); run `broadsheet check --repair`") from error
