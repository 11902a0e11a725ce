"""`python -m broadsheet_lab.bench NAME | --all | --table`: measures one or everything; renews METHODS.md and tables."""

from __future__ import annotations

import argparse
import sys
import textwrap
import time
from collections.abc import Sequence
from pathlib import Path

from broadsheet.cli.files import read_text, write_text
from broadsheet.kit.errors import BroadsheetError, UsageError
from broadsheet.methods import methods
from broadsheet_lab.bench import METHODS, NAMES, every, run
from broadsheet_lab.method_pages import FOLDER, MENU, render_menu, render_pages
from broadsheet_lab.methods_page import lab_methods, read_results, render_methods
from broadsheet_lab.tables import KINDS, fill_numbers

_EPILOG = """Run it in Broadsheet's source folder. Data comes from the folder $BROADSHEET_DATA.
Exit codes: 0 done, 2 unusable (one line says why), 130 stopped."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one benchmark (`arguments`, else those of the process) and return the exit code."""
    given = _parser().parse_args(arguments)
    try:
        if (given.name is not None) + given.all + given.table == 0:
            raise UsageError(
                "nothing to measure: name a method or benchmark, for example bm25, or say --all or --table"
            )
        written = run(given.name, given.out, _note) if given.name else []
        failed = _run_all(given.out) if given.all else []
        if given.table:
            written += _write_tables(given.out)
    except BroadsheetError as error:
        _note(str(error))
        return 2
    except KeyboardInterrupt:
        _note("stopped")
        return 130
    for path in written:
        print(f"written: {path}")
    for failure in failed:
        _note(f"failed: {failure}")
    return 2 if failed else 0


def _run_all(out: Path) -> list[str]:
    """Measure everything, going on where one fails; the names of those that failed, each with the reason."""
    failed, names, started = [], every(), time.monotonic()
    for done, name in enumerate(names):
        left = (
            f", about {(time.monotonic() - started) / done * (len(names) - done) / 60:.0f} minutes left" if done else ""
        )
        _note(f"{done + 1} of {len(names)}: {name}{left}")
        try:
            for path in run(name, out, _note):
                print(f"written: {path}", flush=True)
        except Exception as error:  # noqa: BLE001 - whatever stops one says nothing of the others
            failed.append(f"{name}: {type(error).__name__}: {error}")
            _note(f"failed: {failed[-1]}")
    return failed


def _parser() -> argparse.ArgumentParser:
    width = max(map(len, NAMES))
    names = "\n".join(f"  {name:{width}}  {what}" for name, (_, what) in NAMES.items())
    methods_ = textwrap.fill(", ".join(sorted(METHODS)), 100, initial_indent="  ", subsequent_indent="  ")
    parser = argparse.ArgumentParser(
        prog="python -m broadsheet_lab.bench",
        description=f"Measure a method's claims or a benchmark and write its result file.\n\nbenchmarks:\n{names}\n\n"
        f"methods, each measured by its name:\n{methods_}",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("name", nargs="?", metavar="NAME", help="the method or benchmark, for example bm25")
    parser.add_argument("--all", action="store_true", help="measure everything, going on where one fails")
    parser.add_argument(
        "--out", type=Path, default=Path("lab/results"), metavar="DIR", help="where results are written (lab/results)"
    )
    parser.add_argument(
        "--table",
        action="store_true",
        help="write lab/METHODS.md and the tables of README.md and docs",
    )
    return parser


def _note(text: str) -> None:
    print(f"bench: {text}", file=sys.stderr, flush=True)


def _write_tables(results: Path) -> list[Path]:
    """METHODS.md, and the blocks of numbers in README.md and the pages of docs, in the current folder."""
    found = read_results(results)
    pages = {Path("lab/METHODS.md"): render_methods(methods(), lab_methods(), found)}
    if MENU.is_file():
        pages |= {**render_pages(found), MENU: render_menu(read_text(MENU))}
        for path in set(FOLDER.glob("*.md")) - pages.keys():
            path.unlink()
    for path in (*Path().glob("README.md"), *sorted(Path("docs").rglob("*.md"))):
        text = read_text(path)
        if any(f"<!-- {kind}:" in text for kind in KINDS):
            pages[path] = fill_numbers(text, found)
    for path, text in pages.items():
        with write_text(path) as page:
            page.write(text)
    return list(pages)


if __name__ == "__main__":
    sys.exit(main())
