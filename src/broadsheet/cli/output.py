"""Output: answers on standard output, everything else on standard error; safe on any terminal.

Titles and abstracts are untrusted: control characters and direction overrides never reach the terminal.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, fields, is_dataclass
from datetime import date
from typing import TYPE_CHECKING, Any

import typer

from broadsheet.kit.errors import UsageError
from broadsheet.kit.progress import time_left

if TYPE_CHECKING:
    from rich.console import Console

    from broadsheet.kit.progress import Progress

__all__ = ["Line", "clean", "columns", "jsonable", "note", "piped", "progress", "silence", "write_json", "write_lines"]

_BROKEN_PIPE = 141  # what a shell reports after SIGPIPE
_UNSAFE = dict.fromkeys(
    (*range(0x20), *range(0x7F, 0xA0), 0x200E, 0x200F, *range(0x2028, 0x202F), *range(0x2066, 0x206A)), " "
)


@dataclass(frozen=True, slots=True)
class Line:
    """A line in parts: (text, style as a terminal shows it)."""

    parts: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return "".join(text for text, _ in self.parts)


def clean(text: str) -> str:
    """`text` on one line, without control characters or direction overrides."""
    return text.translate(_UNSAFE)


def note(text: str) -> None:
    """Print a remark on standard error, apart from the answer."""
    typer.echo(f"broadsheet: {clean(text)}", err=True)


@contextmanager
def piped() -> Iterator[None]:
    """Exit without an error message when the other end of standard output has closed the pipe."""
    try:
        yield
        sys.stdout.flush()
    except BrokenPipeError:
        silence()
        raise typer.Exit(_BROKEN_PIPE) from None
    except OSError as error:
        silence()
        raise UsageError(f"standard output cannot be written ({error.strerror})") from None


def silence() -> None:
    """Discard the buffer of a failed standard output, so that Python does not fail again when it closes it at exit."""
    try:
        sys.stdout.flush()
    except OSError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def write_json(data: object) -> None:
    """One JSON document."""
    with piped():
        encoding = sys.stdout.encoding or "utf-8"  # a stream in memory has none
        plain = not encoding.lower().startswith("utf")  # an escape that JSON knows, not Python's
        sys.stdout.write(json.dumps(jsonable(data), ensure_ascii=plain, indent=2) + "\n")


def write_lines(lines: Iterable[str | Line]) -> None:
    """Lines for people; styled and wrapped on a terminal, bare and whole in a pipe."""
    with piped():
        if not sys.stdout.isatty():
            for line in lines:
                sys.stdout.write(f"{clean(str(line))}\n")
            return
        from rich.padding import Padding
        from rich.text import Text

        console = _console()
        for line in lines:
            indent = len(str(line)) - len(str(line).lstrip(" "))
            parts = ((line, ""),) if isinstance(line, str) else line.parts
            text = Text.assemble(*((clean(part), style) for part, style in parts))
            console.print(
                Padding(text[indent:], (0, 0, 0, indent), expand=False)
            )  # a wrapped line stays under its beginning


def _console(*, stderr: bool = False) -> Console:
    from rich.console import Console

    return Console(stderr=stderr, highlight=False)


def columns(head: tuple[str, ...], rows: Iterable[tuple[object, ...]]) -> Iterator[str]:
    """Rows as aligned columns under a header; the last column is not padded."""
    table = [head, *(tuple(clean(str(cell)) for cell in row) for row in rows)]
    widths = [max(len(row[i]) for row in table) for i in range(len(head))]
    for row in table:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def jsonable(value: Any) -> Any:
    """Convert a value for JSON: records by field, dates in ISO form, sets sorted, papers in exchange form."""
    from broadsheet.kit.paper import Paper
    from broadsheet.kit.paper_json import to_json

    if isinstance(value, Paper):
        return to_json(value)
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: jsonable(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(key): jsonable(item) for key, item in value.items()}
    if isinstance(value, (set, frozenset)):
        return sorted(jsonable(item) for item in value)
    if isinstance(value, (list, tuple)):
        return [jsonable(item) for item in value]
    if isinstance(value, date):  # a datetime is one
        return value.isoformat()
    return value.item() if hasattr(value, "item") else value


@contextmanager
def progress() -> Iterator[Progress]:
    """A function (stage, done, total) that draws bars on a terminal and otherwise prints a line now and then."""
    if not sys.stderr.isatty():
        yield _plain_progress()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    times = TimeElapsedColumn(), TextColumn("left"), TimeRemainingColumn()
    with Bars(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        *times,
        console=_console(stderr=True),
        transient=True,
    ) as bars:
        tasks: dict[str, Any] = {}

        def draw(stage: str, done: int, total: int | None) -> None:
            if stage not in tasks:
                for earlier in tasks.values():  # one bar at a time: the stage before this one is over
                    bars.update(earlier, visible=False)
                tasks[stage] = bars.add_task(clean(stage), total=total)
            bars.update(tasks[stage], completed=done, total=total, visible=True)

        yield draw


def _plain_progress(every: float = 5.0) -> Progress:
    """Lines on standard error, the first after `every` seconds, so that short work stays silent."""
    last = [time.monotonic()]
    began: dict[str, tuple[float, int]] = {}  # stage → (when it began, what was done then)

    def write(stage: str, done: int, total: int | None) -> None:
        now = time.monotonic()
        started, before = began.setdefault(stage, (now, done))
        if now - last[0] >= every:
            last[0] = now
            left = time_left(done - before, total - before if total else None, now - started)
            of = f" of {total:,}" if total else ""
            typer.echo(f"{clean(stage)}: {done:,}{of}{f', {left}' if left else ''}", err=True)

    return write
