"""The worker gives papers their vectors by itself, says how far it is, and stops when told to."""

from __future__ import annotations

import errno
import logging
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from broadsheet.kit import artifacts
from broadsheet.kit.progress import time_left
from broadsheet.pipeline import pretrained
from broadsheet.pipeline.index import vector_build, vector_worker
from broadsheet.pipeline.index.vector_worker import PoliteEncoder, VectorWorker
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.locks import exclusive
from tests.pipeline import world
from tests.pipeline.toy import Toy, where
from tests.pipeline.world import BEES

SECONDS = 20  # that a test waits at most


def until(holds: Callable[[], bool]) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.005)


def test_it_encodes_what_is_there_and_what_comes(library: Library, toy: Toy) -> None:
    worker = VectorWorker(library._index, encode=toy.all, every=0.05)
    worker.start()
    try:
        until(lambda: library.vector_count() == 120)
        library.add(world.record(BEES, 40))
        until(lambda: library.vector_count() == 121)
        until(lambda: not worker.line)
    finally:
        worker.stop(SECONDS)
    assert not worker._thread.is_alive()


def test_it_stops_after_the_papers_being_encoded(library: Library, toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(vector_build, "BATCH", 10)
    begun, go = threading.Event(), threading.Event()

    def encode(lists: Iterable[Sequence[str]]) -> Iterator[NDArray[np.float32]]:
        for texts in lists:
            yield toy.encode(texts)
            begun.set()
            assert go.wait(SECONDS)

    worker = VectorWorker(library._index, encode=encode)
    worker.start()
    assert begun.wait(SECONDS)
    until(lambda: worker.line.startswith("encoding: 10 of 120 papers, about "))
    worker._stopping.set()
    go.set()
    worker.stop(SECONDS)
    assert not worker._thread.is_alive()
    assert library.vector_count() == 10  # stored


def test_the_model_that_ships_runs_in_a_process_that_a_stop_ends_at_once() -> None:
    model = pretrained.read_transformer()
    assert model is not None
    texts = [["rudder", "keel"], ["honeycomb"], ["sourdough and rye"], ["sundial"], []]
    found = list(PoliteEncoder()(texts))
    assert [len(vectors) for vectors in found] == [2, 1, 1, 1, 0]
    assert np.concatenate(found) == pytest.approx(np.concatenate([model.encode(some) for some in texts]), abs=1e-6)
    encoder, count = PoliteEncoder(), 0
    for _ in encoder([["rudder"]] * 1000):
        count += 1
        if count == 2:
            (stopping := threading.Thread(target=encoder.stop)).start()
            stopping.join(60)
    assert count < 1000


def test_a_full_disk_is_said_once_and_tried_again_later(
    library: Library, toy: Toy, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    write = artifacts.write

    def fill(*arguments: Any, **options: Any) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(vector_worker, "PATIENCE", 0.01)
    library.snapshot()
    monkeypatch.setattr(artifacts, "write", fill)
    worker = VectorWorker(library._index, encode=toy.all, every=0.01)
    with caplog.at_level(logging.WARNING, logger=vector_worker.__name__):
        worker.start()
        try:
            until(lambda: len(toy.texts) > 240)  # it tried again
            until(lambda: "the disk is full; nothing is lost" in worker.line)
            assert library.search("rudder").results
            monkeypatch.setattr(artifacts, "write", write)
            until(lambda: library.vector_count() == 120)
        finally:
            worker.stop(SECONDS)
    assert len([one for one in caplog.records if "disk is full" in one.getMessage()]) == 1


def test_while_another_process_is_at_it_it_waits(library: Library, toy: Toy) -> None:
    where(library).mkdir(parents=True)
    worker = VectorWorker(library._index, encode=toy.all, every=0.01)
    with exclusive(where(library) / ".lock", wait=0):
        worker.start()
        time.sleep(0.1)
        assert library.vector_count() == 0
    until(lambda: library.vector_count() == 120)
    worker.stop(SECONDS)


@pytest.mark.parametrize(
    ("done", "total", "seconds", "said"),
    [
        (0, 100, 5.0, ""),
        (100, 100, 5.0, ""),
        (5, None, 5.0, ""),
        (50, 100, 5.0, "about 5 seconds left"),
        (99, 100, 1.0, "about 1 second left"),
        (10, 100, 60.0, "about 9 minutes left"),
        (1, 101, 72.0, "about 2.0 hours left"),
    ],
)
def test_the_time_left_is_that_of_the_pace_so_far(done: int, total: int | None, seconds: float, said: str) -> None:
    assert time_left(done, total, seconds) == said
