"""Makes the vectors of papers in the background, at low priority, while a service runs.

VectorWorker (a thread) ──► update ──► SecondProcess (nice, one core) ──► model
The thread only passes texts and vectors on; the model runs in a process of its own, which holds no lock that a search
waits for and ends with this one. One worker is at it across processes.
"""

from __future__ import annotations

import os
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from itertools import takewhile
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from broadsheet.kit import second_process
from broadsheet.kit.errors import LibraryError
from broadsheet.kit.progress import time_left
from broadsheet.kit.second_process import SecondProcess
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.background_worker import Worker
from broadsheet.pipeline.index.index import Index
from broadsheet.pipeline.index.vector_build import EncodeAll, Pace, in_this_process

__all__ = ["EVERY", "PoliteEncoder", "VectorWorker", "be_polite"]

EVERY = 30.0  # seconds between two looks at what is missing
PATIENCE = 600.0  # seconds before another try after a failure such as a full disk
NICE = 15
_AHEAD = 2  # lists of texts sent before the vectors of the first are received


def encode_lists(lists: Iterable[Sequence[str]]) -> Iterator[NDArray[np.float32]]:
    """The vectors of each list of texts, at low priority: the work of a second process."""
    be_polite()
    model = pretrained.read_transformer()
    assert model is not None, "the first process has read it"
    for texts in lists:
        yield model.encode(texts)


def be_polite() -> None:
    """Lower the priority of this process, and of its session where Linux shares time among sessions."""
    with suppress(OSError):
        os.nice(NICE)
    with suppress(OSError):
        Path("/proc/self/autogroup").write_text(str(NICE), encoding="ascii")


class PoliteEncoder:
    """Encodes lists of texts in a process of low priority, or in the calling thread where none can be started."""

    def __init__(self) -> None:
        self._process: SecondProcess | None = None
        self._is_stopped = False

    def __call__(self, lists: Iterable[Sequence[str]]) -> Iterator[NDArray[np.float32]]:
        """The vectors of each list, in order; after `stop` those that are missing do not come."""
        try:
            process = SecondProcess(encode_lists) if second_process.available() else None
        except OSError:
            process = None
        if process is None:
            model = pretrained.read_transformer()
            assert model is not None, "the caller has read it"
            yield from takewhile(lambda _: not self._is_stopped, in_this_process(model)(lists))
            return
        self._process = process
        with process:
            try:
                yield from _received(process, lists)
            except LibraryError:
                if not self._is_stopped:
                    raise

    def stop(self) -> None:
        """End the process at once, from any thread; where there is none, after the list at hand."""
        self._is_stopped = True
        if self._process is not None:
            self._process.end()


def _received(process: SecondProcess, lists: Iterable[Sequence[str]]) -> Iterator[NDArray[np.float32]]:
    """Send the lists, a few ahead, and receive their vectors."""
    waiting = 0
    for texts in lists:
        process.send(texts)
        waiting += 1
        if waiting > _AHEAD:
            waiting -= 1
            yield process.receive()
    for _ in range(waiting):
        yield process.receive()


class VectorWorker(Worker):
    """A thread that gives every paper its vector, now and whenever papers come."""

    def __init__(self, index: Index, *, encode: EncodeAll | None = None, every: float = EVERY) -> None:
        super().__init__("vectors", "vectors", every=every, patience=PATIENCE)
        self._index = index
        self._polite = PoliteEncoder()
        self._encode = encode or self._polite

    def _interrupt(self) -> None:
        self._polite.stop()

    def _round(self) -> None:
        """Encode what is missing now, if anything."""
        if self._index.vectors.encoder is None:
            return
        snapshot = self._index.snapshot()
        vectors = self._index.vectors.open(snapshot)
        if snapshot.count == (vectors.count if vectors else 0):
            self.line = ""
            return
        started = time.monotonic()

        def on_progress(stage: str, done: int, total: int | None) -> None:
            left = time_left(done, total, time.monotonic() - started)
            self.line = f"{stage}: {done:,} of {total:,} papers{f', {left}' if left else ''}"

        self._index.build_vectors(on_progress, encode=self._encode, pace=Pace(stops=self._stopping.is_set), wait=0)
        self.line = ""
