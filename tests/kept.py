"""A folder for what a module of tests makes once and copies for each run, gone when the process ends."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from broadsheet.catalogue import Catalogue
from tests.clock import NOON

__all__ = ["empty_catalogue", "kept_folder"]


def kept_folder() -> Path:
    """A new folder; state machines of Hypothesis have no fixtures to ask for one."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


@cache
def empty_catalogue() -> Path:
    """The file of a catalogue without papers, to copy."""
    path = kept_folder() / "catalogue.db"
    Catalogue.open(path, create=True, clock=lambda: NOON).close()
    return path
