"""A second process for pure work, where there is a second core: a generator runs there, its results come back in order.

    with SecondProcess(squares) as second:  # def squares(tasks): yield from (task * task for task in tasks)
        second.send(3)
        second.receive()  # 9

The process is a fresh interpreter that imports the function by its name. It shares nothing with this one, never runs
its main module, and ends with it, however that ends.
"""

from __future__ import annotations

import gc
import os
import pickle
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from queue import Queue
from threading import Thread
from typing import IO, Any

from broadsheet.kit.errors import LibraryError

__all__ = ["SecondProcess", "available", "serve"]

_START = (
    "import pickle, sys; sys.path[:] = pickle.load(sys.stdin.buffer)\n"
    "from broadsheet.kit.second_process import serve; serve()"
)
_AHEAD = 16  # results that may wait to be received
_RESULT, _ERROR, _END = range(3)


def available() -> bool:
    """Whether this machine has a second core for us, and this interpreter can be started again."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    name = Path(sys.executable or "").name.lower()
    return cores > 1 and name.startswith(("python", "pypy")) and not getattr(sys, "frozen", False)


class SecondProcess:
    """One process that runs `function(tasks, *arguments)`. Use as a context manager: it is gone behind the block."""

    def __init__(self, function: Callable[..., Iterator[Any]], *arguments: Any) -> None:
        """Start it; `function` is found by its module and name. Raises OSError if no process can be started."""
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C is for this process, which then ends the other
        )
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._tasks: IO[bytes] = self._process.stdin
        self._results: IO[bytes] = self._process.stdout
        self._name = function.__name__
        self._send(sys.path)
        self._send((function, arguments))

    def __enter__(self) -> SecondProcess:
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.wait()
        self._results.close()
        with suppress(OSError):  # what was still to be sent has nobody to go to
            self._tasks.close()

    @property
    def number(self) -> int:
        """The system's number of the process."""
        return self._process.pid

    def send(self, task: Any) -> None:
        """The next of its tasks. Raises LibraryError if the process is gone."""
        self._send(task)

    def receive(self) -> Any:
        """The next result. Raises what the function raised, StopIteration at its end, LibraryError if it is gone."""
        try:
            kind, content = pickle.load(self._results)
        except (EOFError, pickle.UnpicklingError):
            raise self._gone() from None
        if kind == _ERROR:
            raise content
        if kind == _END:
            raise StopIteration
        return content

    def __iter__(self) -> Iterator[Any]:
        return self

    __next__ = receive

    def _send(self, content: Any) -> None:
        try:
            pickle.dump(content, self._tasks, pickle.HIGHEST_PROTOCOL)
            self._tasks.flush()
        except BrokenPipeError:
            raise self._gone() from None

    def _gone(self) -> LibraryError:
        code = self._process.wait()
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        return LibraryError(
            f"the second process ({self._name}) was ended {how}, perhaps for want of memory; what was stored before "
            "is whole: run the command again"
        )


def serve() -> None:
    """What the second process does: run the function it is sent, and send back what that yields."""
    results = os.fdopen(os.dup(1), "wb", buffering=1 << 20)
    os.dup2(2, 1)  # whatever is printed must not stand between results
    function, arguments = pickle.load(sys.stdin.buffer)
    gc.set_threshold(1_000_000)  # as where records are stored: many objects, no cycles
    waiting: Queue[tuple[int, Any]] = Queue(_AHEAD)
    writer = Thread(target=_write, args=(waiting, results), daemon=True)
    writer.start()
    try:
        for result in function(_read(sys.stdin.buffer), *arguments):
            waiting.put((_RESULT, result))
    except Exception as error:  # noqa: BLE001 - raised again where the results are received
        waiting.put((_ERROR, error if _can_travel(error) else LibraryError(f"{type(error).__name__}: {error}")))
    else:
        waiting.put((_END, None))
    writer.join()
    os._exit(0)


def _can_travel(error: BaseException) -> bool:
    try:
        return isinstance(pickle.loads(pickle.dumps(error)), Exception)
    except Exception:  # noqa: BLE001 - whatever its own way of being stored raises
        return False


def _read(tasks: IO[bytes]) -> Iterator[Any]:
    while True:
        try:
            yield pickle.load(tasks)
        except EOFError:
            return


def _write(waiting: Queue[tuple[int, Any]], results: IO[bytes]) -> None:
    try:
        while True:
            message = waiting.get()
            pickle.dump(message, results, pickle.HIGHEST_PROTOCOL)
            results.flush()
            if message[0] != _RESULT:
                return
    except OSError:  # nobody reads any more
        os._exit(0)
