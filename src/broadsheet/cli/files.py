"""Reading and writing files that a user names: clear errors, and atomic writes."""

from __future__ import annotations

import io
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from broadsheet.cli.output import piped
from broadsheet.kit.errors import UsageError

__all__ = ["new_file", "read_bytes", "read_text", "write_text"]


def read_text(path: Path) -> str:
    """The text of `path`, or of standard input for `-`. Raises UsageError if it cannot be read as UTF-8."""
    try:
        if str(path) == "-":
            return sys.stdin.buffer.read().decode("utf-8-sig")
        return path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        raise UsageError(f"{path}: is not UTF-8 text ({error.reason} at byte {error.start})") from None


def read_bytes(path: Path) -> bytes:
    """The content of `path`. Raises UsageError if it cannot be read."""
    try:
        return path.read_bytes()
    except OSError as error:
        raise UsageError(f"{path}: cannot be read ({error.strerror})") from None


@contextmanager
def write_text(path: Path | None) -> Iterator[TextIO]:
    """A stream that replaces `path` when the block ends without an error; standard output for None or `-`.

    The text is written to a temporary file in the same folder, which is renamed at the end: the path has the old or
    the complete new file, and a failure leaves nothing behind. Raises UsageError if it cannot be written.
    """
    if path is None or str(path) == "-":
        if isinstance(sys.stdout, io.TextIOWrapper):
            sys.stdout.reconfigure(encoding="utf-8")  # as in a file, whatever the terminal's encoding
        with piped():
            yield sys.stdout
        return
    with _writable(path):
        is_special = path.exists() and not path.is_file()
    if is_special:  # a pipe or a device cannot be renamed over
        with _writable(path), open(path, "w", encoding="utf-8") as out:
            yield out
        return
    target = Path(os.path.realpath(path))  # where a link leads; the link stays
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with _writable(path), open(part, "w", encoding="utf-8") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        with _writable(path):
            os.replace(part, target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def new_file(path: Path) -> Iterator[Path]:
    """A file beside `path`, for its owner alone, that replaces it when the block ends without an error.

    Raises UsageError if it cannot be written; then, as after any failure, nothing is left behind.
    """
    target = Path(os.path.realpath(path))
    part = target.with_name(f".{target.name}.{os.getpid()}.part")
    try:
        with _writable(path):
            part.touch(mode=0o600)
            yield part
            os.replace(part, target)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


@contextmanager
def _writable(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise UsageError(f"{path}: cannot be written ({error.strerror}); nothing was left there") from None
