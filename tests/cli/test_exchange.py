"""Lists of feeds on the command line."""

from __future__ import annotations

import re
import xml.etree.ElementTree as ET
from pathlib import Path

from tests.cli.conftest import Cli


def test_feeds_go_out_as_opml_and_come_back_as_searches(cli: Cli, tmp_path: Path) -> None:
    cli("save", "1")
    cli("tag", "2", "<tag>")
    cli("searches", "save", "tables", "table search")
    file = tmp_path / "feeds.opml"
    done = cli("opml", "export", str(file), "--base", "https://papers.example.org/")
    assert re.fullmatch(rf"[4-9] feeds: {file}\n", done.out)
    addresses = {line.get("title"): line.get("xmlUrl", "") for line in ET.parse(file).iter("outline")}
    assert addresses["Broadsheet tagged “<tag>”"].startswith("https://papers.example.org/feeds/")
    assert cli("opml", "export").out == cli("opml", "export").out  # the same addresses
    listed = cli("opml", "export", "--json").json["feeds"]
    assert {f"Broadsheet {name}" for name in LISTED} <= {one["title"] for one in listed}
    other = tmp_path / "other.opml"
    other.write_text(OTHER, encoding="utf-8")
    read = cli("opml", "import", str(other))
    assert read.code == 1
    assert read.out == (
        "followed: Theirs\nnot followed: Blog: no source reads this address; "
        "`broadsheet add FILE` takes a feed that you downloaded\n"
    )
    assert cli("opml", "import", str(other), "--json").json["known"] == ["Theirs"]
    assert {one["search"]["q"] for one in cli("searches", "--json").json} == {"table search", "query expansion"}


LISTED = ("for me", "saved by me", "“tables”", "tagged “<tag>”")
OTHER = """<opml version="2.0"><body><outline text="Theirs" xmlUrl="https://x.org/search.json?q=query+expansion"/>
<outline text="Blog" xmlUrl="https://blog.example.org/feed"/></body></opml>"""


def test_what_is_no_list_is_refused_by_name(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "x.opml").write_text("<html></html>")
    refused = cli("opml", "import", str(tmp_path / "x.opml"))
    assert (refused.code, refused.out) == (2, "")
    assert "its root element is not opml" in refused.err
    assert cli("opml", "import", str(tmp_path / "none.opml")).code == 2


def test_everything_goes_to_another_library_and_back_out(cli: Cli, tmp_path: Path) -> None:
    cli("save", "1", "2")
    cli("tag", "3", "later")
    cli("collection", "add", "Group", "1")
    archive, other = tmp_path / "all.zip", tmp_path / "other"
    made = cli("takeout", str(archive))
    assert made.code == 0, made.err
    assert made.out.splitlines()[-1] == f"written: {archive}"
    assert archive.stat().st_mode & 0o077 == 0
    told = cli("import-takeout", str(archive), "--json", into=other).json
    assert (told["papers"], told["new_papers"], told["lost"]) == (3, 3, 0)
    assert told["rows"] == {"events": 3, "collections": 1, "collection_papers": 1}
    again = cli("import-takeout", str(archive), into=other)
    assert "papers: 3, 0 of them new" in again.out
    assert cli("collection", "list", "--json", into=other).json["Group"]
    undone = cli("imports", "--undo", str(told["import_id"]), into=other)
    assert undone.out.splitlines()[:2] == ["deleted: 3", "taken out of what a reader has: 5"]
    assert cli("collection", "list", "--json", into=other).json == {}


def test_an_archive_that_cannot_be_read_or_written_is_named(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "x.zip").write_bytes(b"PK")
    refused = cli("import-takeout", str(tmp_path / "x.zip"))
    assert (refused.code, refused.out) == (2, "")
    assert refused.err.startswith("broadsheet: x.zip: is no whole ZIP file")
    assert cli("takeout", str(tmp_path / "no" / "x.zip")).code == 2
    unknown = cli("takeout", str(tmp_path / "y.zip"), "--reader", "nobody")
    assert unknown.code == 2
    assert not (tmp_path / "y.zip").exists()
    assert not list(tmp_path.glob(".*part"))
