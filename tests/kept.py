"""A folder for what a module of tests makes once and copies for each run, gone when the process ends."""

from __future__ import annotations

import atexit
import shutil
import tempfile
from pathlib import Path

__all__ = ["kept_folder"]


def kept_folder() -> Path:
    """A new folder; state machines of Hypothesis have no fixtures to ask for one."""
    folder = Path(tempfile.mkdtemp())
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder
