"""The three walks through the pipeline are as docs/architecture.md draws them, and each goes one way."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from types import FrameType

import pytest

import broadsheet
from broadsheet.pipeline.feed.evidence import COLUMNS
from broadsheet.pipeline.feed.feed_weights import read_feed_weights
from broadsheet.pipeline.library import Library
from tests.clock import ticking

ROOT = Path(__file__).parents[2]
PIPELINE = ROOT / "src" / "broadsheet" / "pipeline"
MOST_RETURNS = 2  # to a folder that was left
BIBTEX = """
@article{rye, title={Bread of rye}, author={Ada Laib}, year=2020, abstract={On rye, on dough and on bread.}}
@article{keel, title={The keels of ships}, author={Bo Mast}, year=2021, abstract={On keels, rudders and anchors.}}
@article{crust, title={A crust of bread}, author={Bo Laib}, year=2022, abstract={On the crust of rye bread.}}
"""

Walk = list[tuple[str, list[str]]]  # (folder, its files in the order of their first visit), one a stretch of the way


def drawn() -> dict[str, Walk]:
    """The sections of the drawing by their headings; the root of the pipeline is "pipeline"."""
    page = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    drawing = page.partition("## Three walks")[2].partition("```text\n")[2].partition("```")[0]
    sections: dict[str, Walk] = {}
    heading = ""
    for line in drawing.splitlines():
        files = re.findall(r"(\w+\.py)", line)
        if not files:
            heading = re.split(r"\s{2,}|,", line)[0] or heading
        elif line.startswith(" "):
            sections[heading][-1][1].extend(files)
        else:
            sections.setdefault(heading, []).append((line.split()[0], files))
    return sections


QUERY, RECORD, SAVE, CARRIED, BESIDE = (
    "a query to its results",
    "a BibTeX record to the index",
    "a save to the page",
    "carried along",
    "beside the way",
)


def names(walk: Walk) -> list[str]:
    """Its files as paths below the pipeline, in order."""
    return [file if folder == "pipeline" else f"{folder}/{file}" for folder, files in walk for file in files]


def walked(action: Callable[[], object]) -> Walk:
    """The files of the pipeline whose functions are called, but for what is carried along; in a stretch where new ones
    are visited only these."""
    carried, visits = set(names(drawn()[CARRIED])), list[str]()

    def note(frame: FrameType, event: str, _: object) -> None:
        path = Path(frame.f_code.co_filename)
        if event == "call" and not frame.f_code.co_name.startswith("<") and path.is_relative_to(PIPELINE):
            visits.append(path.relative_to(PIPELINE).as_posix())

    sys.setprofile(note)
    try:
        action()
    finally:
        sys.setprofile(None)
    places = [visit.rpartition("/")[::2] for visit in visits if visit not in carried]
    walk: Walk = []
    for folder, stretch in groupby(places, key=lambda place: place[0] or "pipeline"):
        files = list(dict.fromkeys(file for _, file in stretch))
        before = {file for other, seen in walk for file in seen if other == folder}
        walk.append((folder, [file for file in files if file not in before] or files))
    return walk


@pytest.fixture(scope="module")
def walks(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Walk]:
    """Each walk as it is gone in a small library."""
    folder = tmp_path_factory.mktemp("walks")
    (folder / "papers.bib").write_text(BIBTEX, encoding="utf-8")

    def save(library: Library) -> None:
        library.act("me", 1, "save")
        assert library.feed("me").items

    read_feed_weights(COLUMNS, with_vectors=False)  # kept from then on; where it is first read is no part of a walk
    with broadsheet.open(folder / "library", clock=ticking()) as library:
        return {
            RECORD: walked(lambda: library.add(folder / "papers.bib")),
            QUERY: walked(lambda: library.search("rye bread")),
            SAVE: walked(lambda: save(library)),
        }


@pytest.mark.parametrize("walk", [QUERY, RECORD, SAVE])
def test_a_walk_is_as_it_is_drawn(walks: dict[str, Walk], walk: str) -> None:
    assert walks[walk] == drawn()[walk]


@pytest.mark.parametrize("walk", [QUERY, RECORD, SAVE])
def test_no_folder_is_left_and_entered_again_more_than_twice(walks: dict[str, Walk], walk: str) -> None:
    folders = [folder for folder, _ in walks[walk]]
    assert max(folders.count(folder) for folder in folders) - 1 <= MOST_RETURNS


def imports(path: Path) -> set[str]:
    """The modules of the pipeline that a file imports, as paths below it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.startswith("broadsheet.pipeline"):
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
    return {name.removeprefix("broadsheet.pipeline.").replace(".", "/") + ".py" for name in found}


@pytest.mark.parametrize("walk", [QUERY, RECORD, SAVE])
def test_every_step_is_imported_by_one_before_it(walk: str) -> None:
    steps = list(dict.fromkeys(names(drawn()[walk])))
    for at, step in enumerate(steps[1:], start=1):
        assert any(step in imports(PIPELINE / before) for before in steps[:at]), step


def test_the_drawing_has_every_file_once_in_its_kind() -> None:
    sections = drawn()
    way = {name for walk in (QUERY, RECORD, SAVE) for name in names(sections[walk])}
    rest = [*names(sections[CARRIED]), *names(sections[BESIDE])]
    assert not way & set(rest)
    assert len(rest) == len(set(rest))
    files = {path.relative_to(PIPELINE).as_posix() for path in PIPELINE.rglob("*.py") if path.name != "__init__.py"}
    assert way | set(rest) == {file for file in files if not file.startswith("training/")}


def test_what_is_beside_the_way_is_imported_from_it() -> None:
    sections = drawn()
    every = [name for walk in sections.values() for name in names(walk)]
    for name in names(sections[BESIDE]):
        assert any(name in imports(PIPELINE / other) for other in every if other != name), name
