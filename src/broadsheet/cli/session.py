"""What every command shares: the library, the form of the answer, and common options.

Commands import the library, the web server and numpy inside their functions: `broadsheet --help` must be fast, and a
search must not load a web framework.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from broadsheet.cli import output
from broadsheet.kit.errors import UnknownPaper

if TYPE_CHECKING:
    from broadsheet.kit.progress import Progress
    from broadsheet.pipeline.library import Library

_LOCAL_FOLDER = Path("library")  # what `make demo` fills
COMMAND_LINE = "command line"  # who did it, in the logs of a community

__all__ = [
    "COMMAND_LINE",
    "Among",
    "Count",
    "Ids",
    "Json",
    "Reader",
    "Session",
    "default_library",
    "for_each",
    "paper_ids",
]

Json = Annotated[bool, typer.Option("--json", help="Answer in JSON on standard output.")]
Reader = Annotated[str, typer.Option("--reader", metavar="NAME", help="Whose page, marks and collections.")]
Count = Annotated[int, typer.Option("-k", "--count", min=1, max=1000, help="How many papers.")]
Among = Annotated[
    Path | None,
    typer.Option("--among", metavar="FILE", help="Only these papers: a file with one id a line, in any form."),
]
Ids = Annotated[list[str], typer.Argument(metavar="ID...", help="Our number, an arXiv id, a DOI or a source's own id.")]


def default_library() -> Path:
    """$BROADSHEET_LIBRARY, else ./library where there is one, else the user's data folder."""
    if folder := os.environ.get("BROADSHEET_LIBRARY"):
        return expand_home(folder)
    return _LOCAL_FOLDER if _is_library(_LOCAL_FOLDER) else _user_folder()


def expand_home(text: str) -> Path:
    """The path with ~ and ~user expanded; unchanged if there is no such user."""
    return Path(os.path.expanduser(text))


def _user_folder() -> Path:
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else expand_home("~/.local/share")) / "broadsheet"


def _is_library(folder: Path) -> bool:
    # Test for the file, not the folder: on macOS every home folder has a `Library` folder.
    return (folder / "catalogue.db").is_file()


def _new_library_remark(folder: Path) -> str:
    """The remark before a new library is made in `folder`; "" if it exists or was named explicitly."""
    if _is_library(folder) or folder.resolve() not in (_LOCAL_FOLDER.resolve(), _user_folder().resolve()):
        return ""
    others = [
        path for path in (_LOCAL_FOLDER, _user_folder()) if _is_library(path) and path.resolve() != folder.resolve()
    ]
    if others:
        choose = "--library or $BROADSHEET_LIBRARY says which"
        return f"a new library is made in {folder}; another is in {others[0]}: {choose}"
    return f"a new library is made in {folder}; --library names another place" if folder == _user_folder() else ""


@dataclass(frozen=True, slots=True)
class Session:
    """One run of the command line."""

    folder: Path
    json: bool = False

    @classmethod
    def of(cls, context: typer.Context, json: bool) -> Session:
        """The session of the main command; `--json` may stand before or after the command's name."""
        existing = context.find_object(cls)
        session = existing if existing is not None else cls(default_library())
        return replace(session, json=session.json or json)

    def open(self, *, create: bool = False) -> Library:
        """Open the library, for a `with` block. Raises LibraryError if there is none and `create` is false."""
        import broadsheet

        if create and (remark := _new_library_remark(self.folder)):
            output.note(remark)
        return broadsheet.open(self.folder, create=create)

    @contextmanager
    def indexed(self) -> Iterator[Library]:
        """Open the library and bring its indexes up to date; a long update shows its progress."""
        with self.open() as library:
            with ExitStack() as stack:
                bars: list[Progress] = []

                def on_progress(stage: str, done: int, total: int | None) -> None:
                    if not bars:
                        bars.append(stack.enter_context(output.progress()))
                    bars[0](stage, done, total)

                library.snapshot(on_progress)
            yield library

    def show(self, data: object, lines: Iterable[str | output.Line]) -> None:
        """Print `data` as JSON with `--json`, otherwise `lines` of text."""
        if self.json:
            output.write_json(data)
        else:
            output.write_lines(lines)


def paper_ids(file: Path | None) -> list[str] | None:
    """The ids listed in `file`, one per line, without `#` comments and blank lines; None without a file."""
    if file is None:
        return None
    from broadsheet.cli.files import read_text

    lines = (line.partition("#")[0].strip() for line in read_text(file).splitlines())
    return [line for line in lines if line]


def for_each(ids: Iterable[str], action: Callable[[str], None]) -> list[str]:
    """Apply `action` to each id; returns the ids that succeeded. An unknown paper is reported and skipped.

    Raises UnknownPaper if all are unknown, so that the exit code is 2, not 1.
    """
    done_ids: list[str] = []
    unknown: list[UnknownPaper] = []
    for text in ids:
        try:
            action(text)
            done_ids.append(text)
        except UnknownPaper as error:
            unknown.append(error)
    if unknown and not done_ids:
        raise unknown[0]
    for reason in unknown:
        output.note(str(reason))
    return done_ids
