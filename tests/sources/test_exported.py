"""What other programs export is read whole, under any line end and encoding, and comes back from our own export."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from broadsheet.kit.paper_json import to_json
from broadsheet.sources.contract import FileSource
from broadsheet.sources.export import WRITERS
from broadsheet.sources.files.detect import sniff
from broadsheet.sources.files.json_source import JsonSource
from tests.sources import (
    exported_answers,
    exported_biblatex,
    exported_databases,
    exported_hits,
    exported_json,
    exported_managers,
    exported_tagged,
)
from tests.sources.reading import papers, read, rejections
from tests.sources.written import READERS

MODULES = (
    exported_answers, exported_biblatex, exported_databases, exported_hits, exported_json, exported_managers,
    exported_tagged,
)  # fmt: skip
EVERY = {name: export for module in MODULES for name, export in module.EXPORTS.items()}
CHANGES: dict[str, Callable[[str], bytes]] = {
    "windows": lambda text: text.replace("\n", "\r\n").encode(),
    "old mac": lambda text: text.replace("\n", "\r").encode(),
    "mark": lambda text: text.encode("utf-8-sig"),
    "utf-16": lambda text: text.encode("utf-16"),
    "utf-16 without mark": lambda text: text.lstrip().encode("utf-16-le"),
    "cp1252": lambda text: text.encode("cp1252"),
}


def source_of(text: str) -> FileSource:
    source = sniff(text.encode())
    assert source
    return source


@pytest.mark.parametrize("name", EVERY)
def test_an_export_gives_its_papers(name: str) -> None:
    text, expected = EVERY[name]
    items = read(source_of(text), text)
    assert [to_json(paper) for paper in papers(items)] == expected
    assert rejections(items) == []


@pytest.mark.parametrize("change", CHANGES)
@pytest.mark.parametrize("name", EVERY)
def test_line_ends_and_encodings_change_nothing(name: str, change: str) -> None:
    text, expected = EVERY[name]
    data = CHANGES[change](text)
    source = sniff(data)
    assert source
    assert source.name == source_of(text).name
    assert [to_json(paper) for paper in papers(read(source, data))] == expected


def said(paper: dict[str, Any]) -> dict[str, Any]:
    """What every format has a place for."""
    names = [author["name"] for author in paper.get("authors", [])]
    return {key: paper.get(key) for key in ("title", "year", "venue", "abstract", "keywords", "urls")} | {"by": names}


@pytest.mark.parametrize("form", READERS)
@pytest.mark.parametrize("name", EVERY)
def test_what_was_read_comes_back_from_every_export_that_is_read(name: str, form: str) -> None:
    text, expected = EVERY[name]
    written = "".join(WRITERS[form](papers(read(source_of(text), text))))
    back = [to_json(paper) for paper in papers(read(source_of(written), written))]
    assert [said(paper) for paper in back] == [said(paper) for paper in expected]
    assert [paper.get("ids", {}).get("doi") for paper in back] == [
        paper.get("ids", {}).get("doi") for paper in expected
    ]


@pytest.mark.parametrize("name", EVERY)
def test_json_gives_back_all_that_was_read(name: str) -> None:
    text, expected = EVERY[name]
    written = "".join(WRITERS["json"](papers(read(source_of(text), text))))
    assert [to_json(paper) for paper in papers(read(JsonSource(), written))] == expected
    assert json.loads(written) == expected


@pytest.mark.parametrize("name", EVERY)
def test_json_lines_give_back_all_that_was_read(name: str) -> None:
    text, expected = EVERY[name]
    written = "".join(WRITERS["jsonl"](papers(read(source_of(text), text))))
    assert [to_json(paper) for paper in papers(read(JsonSource(), written))] == expected
    assert [json.loads(line)["title"] for line in written.splitlines()] == [paper["title"] for paper in expected]


@pytest.mark.parametrize("name", EVERY)
def test_an_export_cut_anywhere_gives_the_papers_before_the_cut(name: str) -> None:
    text, expected = EVERY[name]
    titles = [paper["title"] for paper in expected]
    for cut in range(len(text) // 2, len(text), max(1, len(text) // 6)):
        source = sniff(text[:cut].encode())
        items = read(source, text[:cut]) if source else []
        read_titles = [paper.title for paper in papers(items)]
        assert len(read_titles) <= len(titles)
        assert all(whole.startswith(read[:3]) for whole, read in zip(titles, read_titles, strict=False))
