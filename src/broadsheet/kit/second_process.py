"""Runs a generator in a second process, on a second core, and returns its results in order.

    with SecondProcess(squares) as second:  # def squares(tasks): yield from (task * task for task in tasks)
        second.send(3)
        second.receive()  # 9

The second process is a new interpreter that imports the function by its name. It shares no state with this process,
does not run its main module, and ends when this process ends, also when that is killed.
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
_AHEAD = 16  # results that may be computed before they are received
_RESULT, _ERROR, _END = range(3)


def available() -> bool:
    """Whether a second core is available to this process and its interpreter can be started again."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    name = Path(sys.executable or "").name.lower()
    return cores > 1 and name.startswith(("python", "pypy")) and not getattr(sys, "frozen", False)


class SecondProcess:
    """One process that runs `function(tasks, *arguments)`. Use it as a context manager: it ends with the block."""

    def __init__(self, function: Callable[..., Iterator[Any]], *arguments: Any) -> None:
        """Start the process, which imports `function` by module and name. Raises OSError if it cannot be started."""
        self._process = subprocess.Popen(
            [sys.executable, "-c", _START],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            start_new_session=True,  # Ctrl-C reaches only this process, which then ends the other
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

    def end(self) -> None:
        """End the process at once, from any thread; `receive` then raises LibraryError."""
        self._process.kill()

    def __exit__(self, *_: object) -> None:
        self.end()
        self._process.wait()
        self._results.close()
        with suppress(OSError):  # closing flushes unsent tasks, which nobody reads now
            self._tasks.close()

    @property
    def number(self) -> int:
        """The process id."""
        return self._process.pid

    def send(self, task: Any) -> None:
        """Send the next task. Raises LibraryError if the process has ended."""
        self._send(task)

    def receive(self) -> Any:
        """Return the next result.

        Raises the function's own error, StopIteration after its last result, LibraryError if the process has ended.
        """
        try:
            kind, content = pickle.load(self._results)
        except (EOFError, pickle.UnpicklingError):
            raise self._ended() from None
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
            raise self._ended() from None

    def _ended(self) -> LibraryError:
        code = self._process.wait()
        how = f"by signal {-code}" if code < 0 else f"with exit code {code}"
        return LibraryError(
            f"the second process ({self._name}) ended {how}, perhaps because memory ran out; what was stored before "
            "is complete: run the command again"
        )


def serve() -> None:
    """Run the function that the first process sends, and send back what it yields. The second process calls this."""
    results = os.fdopen(os.dup(1), "wb", buffering=1 << 20)
    os.dup2(2, 1)  # printed text goes to standard error, not between the results
    function, arguments = pickle.load(sys.stdin.buffer)
    gc.set_threshold(1_000_000)  # many objects, no cycles: collect rarely
    tasks: Queue[tuple[int, Any]] = Queue(_AHEAD)
    Thread(target=_read, args=(sys.stdin.buffer, tasks), daemon=True).start()
    waiting: Queue[tuple[int, Any]] = Queue(_AHEAD)
    writer = Thread(target=_write, args=(waiting, results), daemon=True)
    writer.start()
    try:
        for result in function(_taken(tasks), *arguments):
            waiting.put((_RESULT, result))
    except Exception as error:  # noqa: BLE001 - raised again where the results are received
        waiting.put((_ERROR, error if _can_pickle(error) else LibraryError(f"{type(error).__name__}: {error}")))
    else:
        waiting.put((_END, None))
    writer.join()
    os._exit(0)


def _can_pickle(error: BaseException) -> bool:
    try:
        return isinstance(pickle.loads(pickle.dumps(error)), Exception)
    except Exception:  # noqa: BLE001 - pickling an error can raise anything
        return False


def _read(sent: IO[bytes], tasks: Queue[tuple[int, Any]]) -> None:
    """Receive tasks as they are sent, so that the next one is here when one is done."""
    try:
        while True:
            tasks.put((_RESULT, pickle.load(sent)))
    except EOFError:
        tasks.put((_END, None))
    except Exception as error:  # noqa: BLE001 - raised again where the task is taken
        tasks.put((_ERROR, error))


def _taken(tasks: Queue[tuple[int, Any]]) -> Iterator[Any]:
    """The tasks in order, up to the last."""
    while True:
        kind, content = tasks.get()
        if kind == _END:
            return
        if kind == _ERROR:
            raise content
        yield content


def _write(waiting: Queue[tuple[int, Any]], results: IO[bytes]) -> None:
    try:
        while True:
            message = waiting.get()
            pickle.dump(message, results, pickle.HIGHEST_PROTOCOL)
            results.flush()
            if message[0] != _RESULT:
                return
    except OSError:  # the first process has ended
        os._exit(0)
