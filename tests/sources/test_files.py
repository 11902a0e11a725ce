"""Which reader a file gets, and the bundled reading list."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest
from hypothesis import given

from broadsheet.kit.errors import SourceError
from broadsheet.kit.paper import Record
from broadsheet.sources.files.detect import FILE_SOURCES, find_source, read_file, reading_list
from tests.sources import (
    test_bibtex,
    test_csl,
    test_endnote,
    test_feeds,
    test_listing,
    test_medline,
    test_ris,
    test_wos,
)
from tests.sources.reading import anything, fuzz

CONTENTS = {
    "json": test_csl.SAMPLE.encode(),
    "json lines": b'{"title": "T"}\n',
    "feed": test_feeds.ARXIV_ATOM.encode(),
    "listing": test_listing.WITH_FACTS.encode(),
    "ris": test_ris.SAMPLE.encode(),
    "medline": test_medline.SAMPLE.encode(),
    "wos": test_wos.SAMPLE.encode(),
    "endnote": test_endnote.SAMPLE.encode(),
    "endnote-xml": test_endnote.XML.encode(),
    "bibtex": test_bibtex.SAMPLE.encode(),
}

if find_spec("pyarrow"):  # the extra `parquet`
    from tests.sources import test_parquet

    CONTENTS["parquet"] = test_parquet.table([test_parquet.ROW])


@pytest.mark.parametrize("name", CONTENTS)
@pytest.mark.parametrize("suffix", ["right", ".dat", ".json", ".BIB"])
def test_content_decides_whatever_the_suffix(name: str, suffix: str, tmp_path: Path) -> None:
    (source,) = [source for source in FILE_SOURCES if source.name == name.partition(" ")[0]]
    path = tmp_path / f"file{source.suffixes[0] if suffix == 'right' else suffix}"
    path.write_bytes(CONTENTS[name])
    assert find_source(path) is source
    assert any(isinstance(item, Record) for item in read_file(path))


def test_suffix_decides_where_the_content_says_nothing(tmp_path: Path) -> None:
    path = tmp_path / "late.bib"
    path.write_text("% " + "a long preface " * 1000 + "\n@misc{k, title={T}}")
    assert find_source(path).name == "bibtex"


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match=r"nowhere\.bib: no such file"):
        find_source(tmp_path / "nowhere.bib")
    with pytest.raises(SourceError, match="is a folder"):
        find_source(tmp_path)
    (tmp_path / "empty.bib").write_text("\n")
    with pytest.raises(SourceError, match=r"empty\.bib: is empty"):
        find_source(tmp_path / "empty.bib")
    (tmp_path / "image.png").write_bytes(b"\x89PNG\r\n")
    with pytest.raises(SourceError, match=r"the format is not known; known formats: parquet \(\.parquet"):
        find_source(tmp_path / "image.png")


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("list.txt", "Shopping list\n\nBread, milk and " + "a very long sentence " * 12 + "about shopping.\n"),
        ("diary.txt", "Daily Papers\n\nWhat I read in the morning.\n\n" + "Nothing of note, again. " * 20),
        ("ids.txt", "2203.13088\n10.1145/3397271.3401075\n"),
        ("table.csv", "title,year\nA,2020\n"),
        ("other.xml", "<?xml version='1.0'?><catalogue><record/></catalogue>"),
        ("mail.txt", "By the way: byAK and the research community are fine.\n\nYours\n"),
    ],
)
def test_a_text_of_no_format_is_refused_by_name(name: str, text: str, tmp_path: Path) -> None:  # A09
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(SourceError, match=rf"{name}: the format is not known; known formats: .*medline \(\.nbib"):
        find_source(path)


def test_pyarrow_is_imported_only_to_read_a_table() -> None:
    code = (
        "import sys; from broadsheet.sources.files.parquet import ParquetSource; "
        "ParquetSource().sniff(b'PAR1'); print('pyarrow' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True).stdout == "False\n"


def test_without_pyarrow_the_message_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pyarrow", None)
    path = tmp_path / "t.parquet"
    path.write_bytes(b"PAR1")
    with pytest.raises(SourceError) as caught:
        list(read_file(path))
    fix = "pip install '.[parquet]' in Broadsheet's source folder"
    assert str(caught.value) == f"{path}: reading Parquet needs pyarrow: {fix}"


@fuzz
@given(anything)
def test_no_content_confuses_the_choice(data: bytes) -> None:
    for source in FILE_SOURCES:
        assert source.sniff(data) in (True, False)


def test_bundled_reading_list() -> None:
    lines = reading_list().read_text(encoding="utf-8").splitlines()
    assert len(lines) == 269
    assert all("abstract" not in json.loads(line) for line in lines)
    records = [item for item in read_file(reading_list()) if isinstance(item, Record)]
    papers = [record.paper for record in records]
    assert len({paper.title for paper in papers}) == 269
    assert len({record.source_id for record in records}) == 269
    assert all(20 <= len(paper.summary.split()) <= 60 for paper in papers)
    assert all(paper.abstract == "" and paper.keywords for paper in papers)
    assert sum(bool(paper.authors) for paper in papers) == 255
    assert sum(bool(paper.ids.arxiv or paper.ids.doi) for paper in papers) == 265
    assert sum(paper.submitted is not None for paper in papers) == 218
    assert sum("votes" in paper.extra for paper in papers) == 8
    assert all(paper.year for paper in papers if paper.ids.arxiv)
    (muvera,) = [record for record in records if record.source_id == "muvera-multi-vector-retrieval"]
    assert muvera.paper.ids.arxiv == "2405.19504"
    (sesa,) = [paper for paper in papers if paper.title.startswith("SESA")]
    assert (sesa.year, len(sesa.authors)) == (2017, 2)
