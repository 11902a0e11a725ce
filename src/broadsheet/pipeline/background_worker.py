"""A thread that does a round of work now and whenever there is more, while a service runs, and says how it goes."""

from __future__ import annotations

import logging
from abc import ABC, abstractmethod
from threading import Event, Thread

from broadsheet.kit.errors import BroadsheetError
from broadsheet.pipeline.locks import Busy

__all__ = ["Worker"]


class Worker(ABC):
    """Does rounds of work until it is stopped, whatever happens in one; a failure is logged once."""

    def __init__(self, name: str, product: str, *, every: float, patience: float) -> None:
        """`name` is the thread's; `every` seconds between two rounds, at least `patience` after one that failed."""
        self._product = product
        self._every, self._patience = every, max(every, patience)
        self._log = logging.getLogger(type(self).__module__)
        self._logged = ""
        self._stopping = Event()
        self._thread = Thread(target=self._work, name=name, daemon=True)
        self.line = ""  # its progress, or why it stopped; empty if there is nothing to say

    @abstractmethod
    def _round(self) -> None:
        """Do what is due now, if anything. Raises Busy if another process is at it, BroadsheetError."""

    @abstractmethod
    def _interrupt(self) -> None:
        """End what a round does, as soon as that can be; from any thread."""

    def start(self) -> None:
        """Start the thread."""
        self._thread.start()

    def stop(self, seconds: float = 10.0) -> None:
        """End, and wait for that, at most `seconds`; what is not finished is made the next time."""
        self._stopping.set()
        self._interrupt()
        if self._thread.is_alive():
            self._thread.join(seconds)

    def _work(self) -> None:
        while not self._stopping.is_set():
            pause = self._every
            try:
                self._round()
            except Busy:
                self.line = ""  # another process is at it
            except BroadsheetError as error:
                if not self._stopping.is_set():
                    self._say(str(error))
                pause = self._patience
            except Exception:  # noqa: BLE001 - the service goes on without; the log has it
                self.line, pause = f"making {self._product} failed; the log has the details", self._patience
                self._log.exception("making %s failed", self._product)
            self._stopping.wait(pause)

    def _say(self, message: str) -> None:
        """Keep why it stopped for whoever looks, and log it once."""
        if message != self._logged:
            self._log.warning("making %s: %s", self._product, message)
        self.line = self._logged = message
