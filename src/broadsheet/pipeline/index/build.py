"""Catalogue → snapshot: build it, update it from the change log, merge its small segments.

All vectors of a snapshot come from one encoder: if the encoder changes (a new release, a fine-tuned one) or the library
has doubled, the snapshot is rebuilt. Otherwise changed papers go into a new small segment and their old rows are marked
dead. Files are written and synced first and the manifest last, so that a process killed at any point leaves the old
snapshot complete.
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

MOST_SEGMENTS = 8  # small segments, at most, before they are merged
REFIT_FACTOR = 2  # growth of the library after which it is rebuilt


def _write_dead(folder: Path, dead: Mask) -> str:
    if not dead.count():
        return ""
    name = f"dead-{uuid.uuid4().hex[:12]}.bin"
    artifacts.write(folder / name, {"words": dead.words}, method="dead", version=FORMAT)
    return name


def _remove_unused(folder: Path) -> None:
    """Delete files that no manifest names. The caller holds the lock."""
    manifest = read_manifest(folder)
    files = manifest.files() if manifest else set()
    for path in folder.iterdir():
        if path.name not in files and path.suffix in (".bin", ".part") and path.is_file():
            path.unlink(missing_ok=True)


def _encoder_name(folder: Path) -> str:
    """The file name of the encoder in a snapshot."""
    source = pretrained.current_encoder(folder.parent)
    return f"encoder-{artifacts.fingerprint(source, fix=pretrained.fix_of(source))}.bin"


def _mark(catalogue: Catalogue, seq: int) -> str:
    """A mark of this catalogue's history up to change `seq`, to detect a restored backup: it soon reaches the same
    change numbers with other papers. If the paper of that change was deleted, the mark is only a prefix.
    """
    if not seq:
        return f"{catalogue.instance_id} empty"
    changes = catalogue.changes.after(seq - 1, 1)
    if not changes or changes[0][0] != seq:
        return "not reached yet"
    _, paper, kind = changes[0]
    stored = catalogue.papers.stored([paper]).get(paper)
    return f"{catalogue.instance_id} {kind} {paper} {stored.added_at.isoformat() if stored else ''}"


def _fits(catalogue: Catalogue, manifest: Manifest) -> bool:
    """Whether the snapshot was built from this catalogue, not from one that was replaced."""
    return manifest.mark.startswith(_mark(catalogue, manifest.seq))


def _swap_in(folder: Path, manifest: Manifest) -> Manifest:
    artifacts.write_atomic(folder / MANIFEST, [manifest.to_bytes()])
    _remove_unused(folder)
    return manifest


def _write_bulk(folder: Path, kind: str, segments: Sequence[str]) -> str:
    """Index the vectors of these segments; returns the file name, "" for a scan."""
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
    """Rebuild the snapshot from the catalogue and swap it in. The caller holds the lock.

    `vectors` is the kind of index in the settings, see `index_choice`.
    """
    seq, total = catalogue.changes.last_seq(), catalogue.papers.count()
    mark = _mark(catalogue, seq)
    source, encoder_name = pretrained.current_encoder(folder.parent), _encoder_name(folder)
    encoder = pretrained.read_encoder(source, fix=pretrained.fix_of(source))
    if not (folder / encoder_name).exists():
        encoder.save(folder / encoder_name)
    weighting = BM25()
    names: list[str] = []
    for builder in segments(catalogue.papers.documents(), source, on_progress, total):
        if not names:  # later segments use the average length of the first
            weighting.fit(builder.lengths())
        names.append(write_segment(folder, builder.finish(weighting)))
    kind = kind_for(vectors, total)
    if on_progress and kind != "scan":
        on_progress("indexing the vectors", 0, total)
    bulk = _write_bulk(folder, kind, names)
    length, tuned = weighting.average_length_, source != pretrained.ENCODER
    fit = (encoder_name, tuned, total, length, weighting.k1, weighting.b)
    return _swap_in(folder, Manifest(seq, *fit, tuple(names), "", mark, kind, bulk))


def _full(sizes: Sequence[int], indexed: int) -> int:
    """How many leading segments are not merged: full ones and those under a bulk index."""
    full = next((i for i, size in enumerate(sizes) if 2 * size < SEGMENT_ROWS), len(sizes))
    return max(full, int(np.searchsorted(np.cumsum(sizes), indexed)) + 1 if indexed else 0)


def _append(catalogue: Catalogue, folder: Path, snapshot: IndexSnapshot) -> Manifest:
    """Index the changes since the snapshot in a new segment; merge small segments when there are many."""
    seq = catalogue.changes.last_seq()
    mark = _mark(catalogue, seq)
    changed_ids = np.unique(
        np.array([paper for _, paper, _ in catalogue.changes.after(snapshot.manifest.seq)], np.int64)
    )
    flags = snapshot.dead.flags().copy()
    flags[snapshot.present_rows(changed_ids)] = True
    n_kept = len(snapshot.segments)
    fresh = changed_ids.tolist()
    sizes = [s.rows for s in snapshot.segments]
    full = _full(sizes, snapshot.bulk.rows if snapshot.bulk else 0)
    if n_kept - full >= MOST_SEGMENTS:
        later = range(full, len(sizes))
        n_kept = next(i for i in later if sizes[i] <= sum(sizes[i + 1 :]) + len(fresh) or i + 1 == len(sizes))
        start = sum(sizes[:n_kept])
        merged_ids = snapshot.ids[start:][~flags[start:]]
        fresh = np.union1d(merged_ids, changed_ids).tolist()
        flags = flags[:start]
    names = list(snapshot.manifest.segments[:n_kept])
    n_added = 0
    for builder in segments(
        catalogue.papers.documents(ids=fresh), folder / snapshot.manifest.encoder, None, len(fresh)
    ):
        names.append(write_segment(folder, builder.finish(snapshot.weighting)))
        n_added += builder.rows
    dead = Mask.of(np.concatenate([flags, np.zeros(n_added, np.bool_)]))
    manifest = snapshot.manifest
    return _swap_in(
        folder, replace(manifest, seq=seq, mark=mark, segments=tuple(names), dead=_write_dead(folder, dead))
    )


def catch_up(
    catalogue: Catalogue,
    folder: Path,
    previous: IndexSnapshot | None,
    *,
    wait: float = 60.0,
    on_progress: Progress | None = None,
    vectors: str = "auto",
) -> IndexSnapshot:
    """A snapshot with every change of the catalogue. Raises Busy, CorruptFile, OSError.

    Files already open in `previous` are reused. If the settings ask for another kind of vector index, the snapshot is
    rebuilt.
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
            return previous if previous and previous.manifest == manifest else load(folder, manifest, previous=previous)
        with _clean_folder(folder):
            if not manifest or not fits or catalogue.papers.count() >= REFIT_FACTOR * max(manifest.fitted_on, 1):
                return load(folder, build(catalogue, folder, on_progress, vectors=vectors), verify=False)
            snapshot = (
                previous if previous and previous.manifest == manifest else load(folder, manifest, previous=previous)
            )
            return load(folder, _append(catalogue, folder, snapshot), previous=snapshot)


@contextmanager
def _clean_folder(folder: Path) -> Iterator[None]:
    """Delete unused files before the run and again if it fails, so that a full disk gets its space back."""
    _remove_unused(folder)
    try:
        yield
    except BaseException:
        _remove_unused(folder)
        raise


def latest(folder: Path, previous: IndexSnapshot | None, *, verify: bool | None = None) -> IndexSnapshot | None:
    """The last written snapshot, not brought up to date; None if there is none.

    `verify` as for `load`. Raises CorruptFile, LibraryError.
    """
    for last in (False, False, False, True):
        manifest = read_manifest(folder)
        if manifest is None or (previous and previous.manifest == manifest):
            return previous
        try:
            return load(folder, manifest, verify=verify, previous=previous)
        except CorruptFile:  # another process may have swapped in the next snapshot
            if last or read_manifest(folder) == manifest:
                raise
        except OSError as error:
            raise disk_error(folder, error) from error
    return previous


def rebuild(catalogue: Catalogue, folder: Path, on_progress: Progress | None = None, *, vectors: str = "auto") -> None:
    """Rebuild the snapshot, whatever the state of the folder. Raises Busy, LibraryError."""
    try:
        folder.mkdir(exist_ok=True)
        with exclusive(folder / ".lock", wait=600.0):
            (folder / MANIFEST).unlink(missing_ok=True)
            with _clean_folder(folder):
                build(catalogue, folder, on_progress, vectors=vectors)
    except OSError as error:
        raise disk_error(folder, error) from error


def disk_error(folder: Path, error: OSError) -> LibraryError:
    """The error to raise when the folder cannot be written."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        fix = "the disk is full; nothing is lost: free some space and run the command again"
    elif error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        fix = "it cannot be written; make it writable, or copy the library to a place that is"
    else:
        fix = "nothing is lost; run the command again once this is solved"
    return LibraryError(f"{folder}: {error.strerror or error}: {fix}")


def _readable_manifest(folder: Path) -> Manifest | None:
    try:
        return read_manifest(folder)
    except CorruptFile:
        return None


def describe(folder: Path, *, vectors: str = "auto") -> str:
    """One line about the index; `vectors` is the kind in the settings."""
    manifest = _readable_manifest(folder)
    if manifest is None:
        return "none built yet; the next search builds them"
    origin = "tuned on this library" if manifest.tuned else "as shipped"
    count = len(manifest.segments)
    parts = f"{count} segment{'' if count == 1 else 's'} up to change {manifest.seq}, encoder {origin}"
    return f"{parts}, {why(vectors, manifest.vectors, manifest.fitted_on)}"


def verify(catalogue: Catalogue, folder: Path) -> list[str]:
    """Check checksums and contents of every file against the catalogue; one line per problem.

    An index that is behind or not built yet is no problem: the next search brings it up to date.
    """
    try:
        snapshot = latest(folder, None, verify=True)
        _encoder_name(folder)  # the encoder for the next change must be readable too
    except LibraryError as error:
        return [str(error)]
    if snapshot is None:
        return []
    seq, stored = snapshot.manifest.seq, catalogue.papers.ids()
    if not _fits(catalogue, snapshot.manifest):
        return [f"{folder}: built from another state of the catalogue (up to change {seq}); was a backup put in place?"]
    if seq != catalogue.changes.last_seq():
        return []
    indexed = np.sort(snapshot.ids[snapshot.alive.rows()])
    problems = []
    for lost, where in ((np.setdiff1d(stored, indexed), "missing from"), (np.setdiff1d(indexed, stored), "only in")):
        if len(lost):
            problems.append(f"{folder}: {len(lost)} papers are {where} the index, first {lost[:3].tolist()}")
    if len(indexed) != len(np.unique(indexed)):
        problems.append(f"{folder}: the index holds a paper twice")
    return problems
