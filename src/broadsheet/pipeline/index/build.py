"""Catalogue → snapshot: build it, keep it up to date from the change log, merge its small segments.

A snapshot keeps the encoder it was made with; when another is wanted (the package brings a new one, the library was
tuned) or the library has doubled, everything is built anew, so one snapshot never holds vectors of two encoders.
Otherwise changed papers go into a new small segment and their old rows die.
Files are written and synced first, the manifest last: a process killed at any point leaves the old snapshot whole.
"""

from __future__ import annotations

import errno
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np

from broadsheet.catalogue import Catalogue
from broadsheet.indexes.scan import CodeBlock
from broadsheet.kit import artifacts
from broadsheet.kit.errors import CorruptFile, LibraryError
from broadsheet.kit.mask import Mask
from broadsheet.kit.progress import Progress
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.index.index_choice import bulk_of, kind_for, why
from broadsheet.pipeline.index.manifest import FORMAT, MANIFEST, Manifest, read_manifest
from broadsheet.pipeline.index.segments import SEGMENT_ROWS, segments, write_segment
from broadsheet.pipeline.index.snapshot import IndexSnapshot, load
from broadsheet.pipeline.locks import exclusive
from broadsheet.retrieval.bm25 import BM25

__all__ = ["build", "catch_up", "describe", "disk_error", "latest", "rebuild", "verify"]

MOST_SEGMENTS = 8  # small segments are merged beyond this
REFIT_FACTOR = 2  # lengths are judged anew when the library has grown by this factor


def _write_dead(folder: Path, dead: Mask) -> str:
    if not dead.count():
        return ""
    name = f"dead-{uuid.uuid4().hex[:12]}.bin"
    artifacts.write(folder / name, {"words": dead.words}, method="dead", version=FORMAT)
    return name


def _remove_unused(folder: Path) -> None:
    """Delete files no manifest names. Call with the lock held."""
    manifest = read_manifest(folder)
    wanted = manifest.files() if manifest else set()
    for path in folder.iterdir():
        if path.name not in wanted and path.suffix in (".bin", ".part") and path.is_file():
            path.unlink(missing_ok=True)


def _encoder_name(folder: Path) -> str:
    """The name under which a snapshot keeps the encoder it should have."""
    source = pretrained.wanted_encoder(folder.parent)
    return f"encoder-{artifacts.fingerprint(source, fix=pretrained.fix_of(source))}.bin"


def _mark(catalogue: Catalogue, seq: int) -> str:
    """What tells the history of this catalogue up to `seq` from any other; a prefix of that once the paper is gone.

    A backup put back in its place soon reaches the same numbers again, with other papers behind them.
    """
    if not seq:
        return f"{catalogue.instance_id} empty"
    found = catalogue.changes.after(seq - 1, 1)
    if not found or found[0][0] != seq:
        return "not reached yet"
    _, paper, kind = found[0]
    held = catalogue.papers.stored([paper]).get(paper)
    return f"{catalogue.instance_id} {kind} {paper} {held.added_at.isoformat() if held else ''}"


def _fits(catalogue: Catalogue, manifest: Manifest) -> bool:
    """Whether the snapshot was built from this catalogue, not from one that was replaced since."""
    return manifest.mark.startswith(_mark(catalogue, manifest.seq))


def _swap_in(folder: Path, manifest: Manifest) -> Manifest:
    artifacts.write_atomic(folder / MANIFEST, [manifest.to_bytes()])
    _remove_unused(folder)
    return manifest


def _write_bulk(folder: Path, kind: str, segments: Sequence[str]) -> str:
    """Index the vectors of these segments, read back one by one; the name of the file, "" for a scan."""
    if kind == "scan":
        return ""
    paths = [folder / f"{name}.codes.bin" for name in segments]
    blocks = [CodeBlock.from_arrays(artifacts.read(path, method="codes", version=FORMAT).arrays) for path in paths]
    bulk = bulk_of(kind, blocks)
    if bulk is None:
        return ""
    name = f"vectors-{uuid.uuid4().hex[:12]}.bin"
    artifacts.write(folder / name, bulk.to_arrays(), method=kind, version=FORMAT)
    return name


def build(
    catalogue: Catalogue, folder: Path, on_progress: Progress | None = None, *, vectors: str = "auto"
) -> Manifest:
    """Build the snapshot anew from the catalogue and swap it in. Call with the lock held.

    `vectors` is the index wished for, see `pipeline.vectors`.
    """
    seq, total = catalogue.changes.last_seq(), catalogue.papers.count()
    mark = _mark(catalogue, seq)
    source, encoder_name = pretrained.wanted_encoder(folder.parent), _encoder_name(folder)
    encoder = pretrained.read_encoder(source, fix=pretrained.fix_of(source))
    if not (folder / encoder_name).exists():
        artifacts.write(folder / encoder_name, encoder.to_arrays(), method="static", version=pretrained.VERSION)
    weighting = BM25()
    names: list[str] = []
    for builder in segments(catalogue.papers.documents(), source, on_progress, total):
        if not names:  # the first segment stands for the library; later ones must be weighed as it was
            weighting.fit(builder.lengths())
        names.append(write_segment(folder, builder.finish(weighting)))
    kind = kind_for(vectors, total)
    if on_progress and kind != "scan":
        on_progress("indexing the vectors", 0, total)
    bulk = _write_bulk(folder, kind, names)
    length, tuned = weighting.average_length_, source != pretrained.ENCODER
    learned = (encoder_name, tuned, total, length, weighting.k1, weighting.b)
    return _swap_in(folder, Manifest(seq, *learned, tuple(names), "", mark, kind, bulk))


def _full(sizes: Sequence[int], indexed: int) -> int:
    """How many of the first segments are never merged: those of full size, and those under an index of their own."""
    full = next((i for i, size in enumerate(sizes) if 2 * size < SEGMENT_ROWS), len(sizes))
    return max(full, int(np.searchsorted(np.cumsum(sizes), indexed)) + 1 if indexed else 0)


def _append(catalogue: Catalogue, folder: Path, snapshot: IndexSnapshot) -> Manifest:
    """Put what changed since the snapshot into a new segment; merge small segments when there are many."""
    seq = catalogue.changes.last_seq()
    mark = _mark(catalogue, seq)
    changed = np.unique(np.array([paper for _, paper, _ in catalogue.changes.after(snapshot.manifest.seq)], np.int64))
    flags = snapshot.dead.flags().copy()
    rows = snapshot.rows_of(changed)
    flags[rows[rows >= 0]] = True
    kept = len(snapshot.segments)
    fresh = changed.tolist()
    sizes = [s.rows for s in snapshot.segments]
    full = _full(sizes, snapshot.bulk.rows if snapshot.bulk else 0)
    if kept - full >= MOST_SEGMENTS:
        later = range(full, len(sizes))
        kept = next(i for i in later if sizes[i] <= sum(sizes[i + 1 :]) + len(fresh) or i + 1 == len(sizes))
        start = sum(sizes[:kept])
        merged = snapshot.ids[start:][~flags[start:]]
        fresh = np.union1d(merged, changed).tolist()
        flags = flags[:start]
    names = list(snapshot.manifest.segments[:kept])
    added = 0
    for builder in segments(
        catalogue.papers.documents(ids=fresh), folder / snapshot.manifest.encoder, None, len(fresh)
    ):
        names.append(write_segment(folder, builder.finish(snapshot.weighting)))
        added += builder.rows
    dead = Mask.of(np.concatenate([flags, np.zeros(added, np.bool_)]))
    old = snapshot.manifest
    return _swap_in(folder, replace(old, seq=seq, mark=mark, segments=tuple(names), dead=_write_dead(folder, dead)))


def catch_up(
    catalogue: Catalogue,
    folder: Path,
    known: IndexSnapshot | None,
    *,
    wait: float = 60.0,
    on_progress: Progress | None = None,
    vectors: str = "auto",
) -> IndexSnapshot:
    """A snapshot that contains every change of the catalogue so far. Raises Busy, CorruptFile, OSError.

    `known` saves opening what it already holds. A snapshot without papers is built like any other. Where another index
    of the vectors is wished for than that of the snapshot, it is built anew.
    """
    folder.mkdir(exist_ok=True)
    with exclusive(folder / ".lock", wait=wait):
        manifest = read_manifest(folder)
        fits = (
            manifest is not None
            and _fits(catalogue, manifest)
            and manifest.encoder == _encoder_name(folder)
            and manifest.vectors == kind_for(vectors, manifest.fitted_on)
        )
        if manifest and fits and manifest.seq == catalogue.changes.last_seq():
            return known if known and known.manifest == manifest else load(folder, manifest, known=known)
        with _tidied(folder):
            if not manifest or not fits or catalogue.papers.count() >= REFIT_FACTOR * max(manifest.fitted_on, 1):
                return load(folder, build(catalogue, folder, on_progress, vectors=vectors), verify=False)
            snapshot = known if known and known.manifest == manifest else load(folder, manifest, known=known)
            return load(folder, _append(catalogue, folder, snapshot), known=snapshot)


@contextmanager
def _tidied(folder: Path) -> Iterator[None]:
    """Leave no file behind that a killed run or this one wrote in vain: a full disk must get its space back."""
    _remove_unused(folder)
    try:
        yield
    except BaseException:
        _remove_unused(folder)
        raise


def latest(folder: Path, known: IndexSnapshot | None, *, verify: bool | None = None) -> IndexSnapshot | None:
    """The snapshot as last written, without bringing it up to date; None if nothing was built yet.

    `verify` as for `load`. Raises CorruptFile, LibraryError.
    """
    for last in (False, False, False, True):
        manifest = read_manifest(folder)
        if manifest is None or (known and known.manifest == manifest):
            return known
        try:
            return load(folder, manifest, verify=verify, known=known)
        except CorruptFile:  # perhaps only gone, because another process has just swapped in the next snapshot
            if last or read_manifest(folder) == manifest:
                raise
        except OSError as error:
            raise disk_error(folder, error) from error
    return known


def rebuild(catalogue: Catalogue, folder: Path, on_progress: Progress | None = None, *, vectors: str = "auto") -> None:
    """Build everything anew, whatever state the folder is in. Raises Busy, LibraryError."""
    try:
        folder.mkdir(exist_ok=True)
        with exclusive(folder / ".lock", wait=600.0):
            (folder / MANIFEST).unlink(missing_ok=True)
            with _tidied(folder):
                build(catalogue, folder, on_progress, vectors=vectors)
    except OSError as error:
        raise disk_error(folder, error) from error


def disk_error(folder: Path, error: OSError) -> LibraryError:
    """What to tell when the folder cannot be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        fix = "the disk is full; nothing is lost: free some space and run the command again"
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        fix = "it cannot be written; make it writable, or copy the library to a place that is"
    else:
        fix = "nothing is lost; run the command again once this is put right"
    return LibraryError(f"{folder}: {error.strerror or error}: {fix}")


def _readable_manifest(folder: Path) -> Manifest | None:
    try:
        return read_manifest(folder)
    except CorruptFile:
        return None


def describe(folder: Path, *, vectors: str = "auto") -> str:
    """One line on what is built; `vectors` is the index wished for."""
    manifest = _readable_manifest(folder)
    if manifest is None:
        return "none built yet; the next search builds them"
    whose = "tuned on this library" if manifest.tuned else "as shipped"
    count = len(manifest.segments)
    parts = f"{count} segment{'' if count == 1 else 's'} up to change {manifest.seq}, encoder {whose}"
    return f"{parts}, {why(vectors, manifest.vectors, manifest.fitted_on)}"


def verify(catalogue: Catalogue, folder: Path) -> list[str]:
    """Open every file, check sums and contents against the catalogue; one line a problem.

    An index that is behind, or not built yet, is no damage: the next search brings it up to date.
    """
    try:
        snapshot = latest(folder, None, verify=True)
        _encoder_name(folder)  # what the next change is encoded with must be readable, too
    except LibraryError as error:
        return [str(error)]
    if snapshot is None:
        return []
    seq, wanted = snapshot.manifest.seq, catalogue.papers.ids()
    if not _fits(catalogue, snapshot.manifest):
        return [f"{folder}: built from another state of the catalogue (up to change {seq}); was a backup put in place?"]
    if seq != catalogue.changes.last_seq():
        return []
    held = np.sort(snapshot.ids[snapshot.alive.rows()])
    problems = []
    for lost, where in ((np.setdiff1d(wanted, held), "missing from"), (np.setdiff1d(held, wanted), "only in")):
        if len(lost):
            problems.append(f"{folder}: {len(lost)} papers are {where} the index, first {lost[:3].tolist()}")
    if len(held) != len(np.unique(held)):
        problems.append(f"{folder}: the index holds a paper twice")
    return problems
