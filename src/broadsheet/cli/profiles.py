"""Rank papers for every reader of a file, who need not be readers of the library, and write a TREC run file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import typer

from broadsheet.cli.batch import DocId, read_lines, run_lines, run_name
from broadsheet.cli.files import write_text
from broadsheet.cli.output import note, progress
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    from broadsheet.cli.session import Session

__all__ = ["Profile", "rank_all", "read_profiles"]


@dataclass(frozen=True, slots=True)
class Profile:
    """What one reader of a file saved and disliked: ids in any form, oldest first."""

    reader_id: str
    saved: tuple[str, ...]
    disliked: tuple[str, ...] = ()


def rank_all(
    session: Session,
    profiles: Path,
    run: Path,
    k: int,
    docid: DocId,
    tag: str,
    among: Sequence[str] | None,
) -> None:
    """Rank for every line of `profiles` and write `run`.

    A run line is `reader_id Q0 docid rank score tag`. Bad lines are reported and left out, ids that the library does
    not know are counted and left out, and in both cases the exit code is 1.
    """
    run_name(tag)
    bad: list[str] = []
    readers = list(read_profiles(profiles, bad))
    if not readers:
        raise UsageError(f"{profiles}: no line can be ranked for; {bad[0] if bad else 'the file is empty'}")
    line_count = 0
    with session.indexed() as library, progress() as on_progress:
        ids = [paper for reader in readers for paper in (*reader.saved, *reader.disliked)]
        numbers = library.catalogue.papers.resolve_many(dict.fromkeys([*ids, *(among or ())]))
        allowed = None if among is None else _known(among, numbers)
        if allowed is not None and not allowed:
            raise UsageError("--among: the library has none of these papers")
        with write_text(run) as out:
            for done, reader in enumerate(readers, start=1):
                saved, disliked = _known(reader.saved, numbers), _known(reader.disliked, numbers)
                ranked = library.rank_for(saved, disliked, among=allowed, k=k)
                for line in run_lines(library, reader.reader_id, ranked.numbers, ranked.scores, docid, tag):
                    out.write(line)
                    line_count += 1
                on_progress("ranking", done, len(readers))
    missing = {"saved or disliked": _missing(ids, numbers), "to rank (--among)": _missing(among or (), numbers)}
    for message in (*bad, *(_missing_message(what, names) for what, names in missing.items() if names)):
        note(message)
    if str(run) != "-":
        summary = {
            "readers": len(readers),
            "lines": line_count,
            "skipped": bad,
            "missing": sum(map(len, missing.values())),
            "run": str(run),
        }
        session.show(summary, [f"{len(readers):,} readers, {line_count:,} lines in {run}"])
    if bad or any(missing.values()):
        raise typer.Exit(1)


def _known(ids: Iterable[str], numbers: Mapping[str, int | None]) -> list[int]:
    """The numbers of the papers that the library has, each once, in order."""
    found = (numbers[paper] for paper in ids)
    return list(dict.fromkeys(number for number in found if number is not None))


def _missing(ids: Iterable[str], numbers: Mapping[str, int | None]) -> list[str]:
    return [paper for paper in dict.fromkeys(ids) if numbers[paper] is None]


def _missing_message(what: str, names: Sequence[str]) -> str:
    papers = "paper" if len(names) == 1 else "papers"
    return f"{len(names):,} {papers} {what} not in the library and left out, for example {names[0]!r}"


def read_profiles(path: Path, bad: list[str]) -> Iterator[Profile]:
    """The reader of each line; for an unreadable line, a message with file and line is added to `bad`."""
    for reader_id, (saved, disliked) in read_lines(path, ("reader_id", "saved"), _saved_and_disliked, bad):
        yield Profile(reader_id, saved, disliked)


def _saved_and_disliked(data: Mapping[str, Any]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    if "saved" not in data:
        raise ValueError("no saved: wanted a list of paper ids")
    return _ids(data, "saved"), _ids(data, "disliked")


def _ids(data: Mapping[str, Any], name: str) -> tuple[str, ...]:
    ids = data.get(name)
    if ids is None:
        ids = []
    if not isinstance(ids, list) or not all(isinstance(x, (str, int)) and not isinstance(x, bool) for x in ids):
        raise ValueError(f"{name} should be a list of paper ids, found {str(ids)[:80]!r}")
    return tuple(str(paper) for paper in ids)
