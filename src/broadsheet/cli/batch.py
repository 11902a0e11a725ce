"""Run every query of a file and write a TREC run file for evaluation tools."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import typer

from broadsheet.cli.files import read_text, write_text
from broadsheet.cli.output import note, progress
from broadsheet.kit.errors import UsageError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from broadsheet.cli.session import Session
    from broadsheet.pipeline.library import Library

__all__ = ["DocId", "read_lines", "read_queries", "run_lines", "run_name", "search_all"]


T = TypeVar("T")


class DocId(StrEnum):
    """The ids by which a run names papers."""

    paper = "paper"  # the number in the library
    source = "source"  # the source id of the paper's first record


def search_all(
    session: Session,
    queries: Path,
    run: Path,
    k: int,
    docid: DocId,
    tag: str,
    among: Sequence[str] | None,
    mode: str = "default",
    *,
    verbatim: bool = False,
) -> None:
    """Run every line of `queries` and write `run`; unreadable lines are reported and the exit code is 1.

    A run line is `query_id Q0 docid rank score tag`. Scores have nine digits, enough to distinguish float32 values.
    """
    run_name(tag)
    bad: list[str] = []
    query_list = list(read_queries(queries, bad))
    if bad and not query_list:
        raise UsageError(f"{queries}: no line can be searched for; {bad[0]}")
    line_count = 0
    with session.open() as library, progress() as on_progress, write_text(run) as out:
        for done, (query_id, text) in enumerate(query_list, start=1):
            hits = library.search_ids(text, k, among=among, mode=mode, verbatim=verbatim)
            for line in run_lines(library, query_id, hits.ids, hits.scores, docid, tag):
                out.write(line)
                line_count += 1
            on_progress("searching", done, len(query_list))
    for message in bad:
        note(message)
    if str(run) != "-":
        summary = {"queries": len(query_list), "lines": line_count, "skipped": bad, "run": str(run)}
        session.show(summary, [f"{len(query_list):,} queries, {line_count:,} lines in {run}"])
    if bad:
        raise typer.Exit(1)


def run_name(tag: str) -> None:
    """Raises UsageError if `tag` cannot be the name of a run."""
    if not tag or any(character.isspace() for character in tag):
        raise UsageError(f"--tag {tag!r}: a run's name is one word")


def run_lines(
    library: Library,
    topic: str,
    numbers: NDArray[np.int64],
    scores: NDArray[np.float32],
    docid: DocId,
    tag: str,
) -> Iterator[str]:
    """The lines of a run for one query or reader, best first."""
    ids = numbers.tolist()
    names = library.catalogue.papers.source_id(ids) if docid is DocId.source else {}
    for rank, (paper_id, score) in enumerate(zip(ids, scores.tolist(), strict=True), start=1):
        # A paper without a source id is named `paper:17`, an id that every command accepts.
        name = names.get(paper_id) or f"paper:{paper_id}" if docid is DocId.source else str(paper_id)
        yield f"{topic} Q0 {_word(name)} {rank} {score:.9g} {tag}\n"


def _word(name: str) -> str:
    """`name` with white space percent-encoded, since it would break the columns."""
    return "".join(quote(character) if character.isspace() else character for character in name)


def read_queries(path: Path, bad: list[str]) -> Iterator[tuple[str, str]]:
    """(query_id, query) of each line; for an unreadable line, a message with file and line is added to `bad`."""
    return read_lines(path, ("query_id", "query"), _query, bad)


def _query(data: Mapping[str, Any]) -> str:
    text = data.get("query")
    if not isinstance(text, str):
        raise ValueError(f"query should be a text, found {text!r}")
    return text


def read_lines(
    path: Path, names: tuple[str, str], parse: Callable[[Mapping[str, Any]], T], bad: list[str]
) -> Iterator[tuple[str, T]]:
    """(the id of each line, what `parse` makes of its object); of lines with the same id the first counts.

    `names` are those of the id, one word, and of what else a line should have. For a line that cannot be read, as where
    `parse` raises ValueError, a message with file and line is added to `bad`.
    """
    line_of: dict[str, int] = {}
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
            key = _id_of(data, *names)
            value = parse(data)
            if key in line_of:
                raise ValueError(f"{names[0]} {key!r} is already that of line {line_of[key]}")
        except (ValueError, RecursionError) as error:
            bad.append(f"{path}:{number}: skipped: {error}")
            continue
        line_of[key] = number
        yield key, value


def _id_of(data: Any, name: str, other: str) -> str:
    if not isinstance(data, dict):
        raise ValueError(f"wanted an object with {name} and {other}, found {type(data).__name__}")
    key = data.get(name)
    if isinstance(key, int) and not isinstance(key, bool):
        key = str(key)
    if not isinstance(key, str) or not key or any(c.isspace() for c in key):
        raise ValueError(f"{name} should be one word or a whole number, found {key!r}")
    return key
