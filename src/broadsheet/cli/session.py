"""What every command shares: which library, how to answer, and the options that are the same everywhere.

Commands import the library, the web server and tables of numbers inside their functions: `broadsheet --help`
must be fast, and a search must not load a web framework that it does not use.
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

_HERE = Path("library")  # what `make demo` fills

__all__ = ["Among", "Count", "Ids", "Json", "Reader", "Session", "default_library", "for_each", "paper_ids"]

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
    if named := os.environ.get("BROADSHEET_LIBRARY"):
        return expanded(named)
    return _HERE if _is_library(_HERE) else _of_user()


def expanded(text: str) -> Path:
    """The path with ~ and ~user spelt out; as it stands where there is no such user."""
    return Path(os.path.expanduser(text))


def _of_user() -> Path:
    data = os.environ.get("XDG_DATA_HOME")
    return (Path(data) if data else expanded("~/.local/share")) / "broadsheet"


def _is_library(folder: Path) -> bool:
    # Look for the file, not the folder: on some systems every home folder has a `Library` of its own.
    return (folder / "catalogue.db").is_file()


def _made_anew(folder: Path) -> str:
    """What to say before a library is made in `folder`; "" if there is one or no other could be meant."""
    if _is_library(folder) or folder.resolve() not in (_HERE.resolve(), _of_user().resolve()):
        return ""
    others = [one for one in (_HERE, _of_user()) if _is_library(one) and one.resolve() != folder.resolve()]
    if others:
        choose = "--library or $BROADSHEET_LIBRARY says which"
        return f"a new library is made in {folder}; another is in {others[0]}: {choose}"
    return f"a new library is made in {folder}; --library names another place" if folder == _of_user() else ""


@dataclass(frozen=True, slots=True)
class Session:
    """One run of the command line."""

    folder: Path
    json: bool = False

    @classmethod
    def of(cls, context: typer.Context, json: bool) -> Session:
        """The session the main command made; `--json` counts on either side of the command's name."""
        found = context.find_object(cls)
        session = found if found is not None else cls(default_library())
        return replace(session, json=session.json or json)

    def open(self, *, create: bool = False) -> Library:
        """The library, to be used in a `with`. Raises LibraryError where there is none and `create` is false."""
        import broadsheet

        if create and (remark := _made_anew(self.folder)):
            output.note(remark)
        return broadsheet.open(self.folder, create=create)

    @contextmanager
    def indexed(self) -> Iterator[Library]:
        """The library with its indexes up to date; a long update, as after an upgrade, shows its progress."""
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
        """Print `data` as JSON with `--json`, else `lines` for people."""
        if self.json:
            output.write_json(data)
        else:
            output.write_lines(lines)


def paper_ids(file: Path | None) -> list[str] | None:
    """The ids listed in `file`, one a line, `#` comments and blank lines left out; None without a file."""
    if file is None:
        return None
    from broadsheet.cli.files import read_text

    lines = (line.partition("#")[0].strip() for line in read_text(file).splitlines())
    return [line for line in lines if line]


def for_each(ids: Iterable[str], action: Callable[[str], None]) -> list[str]:
    """Apply `action` to each id; the ids that worked. An unknown paper is reported and the others go on.

    Raises UnknownPaper if none worked, so that the exit code is 2, not 1.
    """
    done: list[str] = []
    unknown: list[UnknownPaper] = []
    for text in ids:
        try:
            action(text)
            done.append(text)
        except UnknownPaper as error:
            unknown.append(error)
    if unknown and not done:
        raise unknown[0]
    for reason in unknown:
        output.note(str(reason))
    return done
