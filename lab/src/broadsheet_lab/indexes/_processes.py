"""Partitions served by processes: each holds some of them, mapped from one file, and answers for those alone.

The coordinator is the paper's query allocator: it filters, chooses partitions and merges; a process is a query
processor, which keeps its partitions from one call to the next. What goes between them is queries, the places a filter
leaves and the best rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from multiprocessing import get_context
from pathlib import Path
from types import TracebackType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from broadsheet_lab.indexes._partition import Partition, Stages

__all__ = ["Answer", "Call", "Processes"]

# (partition, query, k, places a filter leaves in it or None)
Call = tuple[int, NDArray[np.float32], int, NDArray[np.int64] | None]
Answer = tuple[NDArray[np.int64], NDArray[np.float32]]  # rows of the block, inner products
_WAIT = 60.0  # seconds for an answer


def _serve(pipe: Any, block: type[Any], path: Path, own: Sequence[int], stages: Stages) -> None:
    """Answer lists of calls until an empty one comes."""
    try:
        held = block.load(path)
        partitions: dict[int, Partition] = {i: held.partitions[i] for i in own}
        pipe.send(None)
        while calls := pipe.recv():
            pipe.send([partitions[i].search(query, k, places, stages) for i, query, k, places in calls])
    except Exception as error:  # noqa: BLE001  goes to the coordinator, which raises it
        pipe.send(error)
    finally:
        pipe.close()


class Processes:
    """`workers` processes that serve the partitions of a block saved at `path`, dealt out in turn."""

    def __init__(
        self, block: type[Any], path: Path, partitions: int, stages: Stages, *, workers: int, start: str = "spawn"
    ) -> None:
        context = get_context(start)
        self.workers = max(1, min(workers, partitions))
        self._pipes, self._processes = [], []
        for worker in range(self.workers):
            mine, theirs = context.Pipe()
            own = range(worker, partitions, self.workers)
            process = context.Process(target=_serve, args=(theirs, block, path, own, stages), daemon=True)  # type: ignore[attr-defined]
            process.start()
            theirs.close()
            self._pipes.append(mine)
            self._processes.append(process)
        for pipe in self._pipes:
            self._answer(pipe)

    @staticmethod
    def _answer(pipe: Any) -> Any:
        if not pipe.poll(_WAIT):
            raise TimeoutError(f"a process has not answered for {_WAIT:g} seconds")
        answer = pipe.recv()
        if isinstance(answer, Exception):
            raise answer
        return answer

    def search(self, calls: Sequence[Call]) -> list[Answer]:
        """The answers to all calls, in their order; the processes work at the same time."""
        shares = [[i for i, call in enumerate(calls) if call[0] % self.workers == w] for w in range(self.workers)]
        for pipe, share in zip(self._pipes, shares, strict=True):
            if share:
                pipe.send([calls[i] for i in share])
        answers: dict[int, Answer] = {}
        for pipe, share in zip(self._pipes, shares, strict=True):
            if share:
                answers |= zip(share, self._answer(pipe), strict=True)
        return [answers[i] for i in range(len(calls))]

    def close(self) -> None:
        """End the processes."""
        for pipe, process in zip(self._pipes, self._processes, strict=True):
            if process.is_alive():
                pipe.send([])
            process.join(5)
            if process.is_alive():
                process.terminate()
            pipe.close()
        self._pipes, self._processes = [], []

    def __enter__(self) -> Processes:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
