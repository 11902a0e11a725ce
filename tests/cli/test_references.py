"""References from elsewhere: JabRef's groups, lists of identifiers, authors' papers, saved listings."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from broadsheet.pipeline.ingest.ingest import listed_ids
from broadsheet.sources.net.rate_limit import Endpoints, Provider
from tests.cli.conftest import Cli
from tests.sources.graph_server import GraphServer, graph_server, scholar_paper, work
from tests.sources.test_jabref import TREE


@pytest.fixture
def graph(library: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[GraphServer]:
    """Asked without pauses."""
    providers = Endpoints.providers

    def at_once(self: Endpoints) -> dict[str, Provider]:
        return {name: replace(rules, min_interval=0.0) for name, rules in providers(self).items()}

    monkeypatch.setattr(Endpoints, "providers", at_once)
    with graph_server(works=[work(n) for n in range(3)], papers=[scholar_paper(n) for n in range(2)]) as server:
        (library / "broadsheet.toml").write_text(
            f'[openalex]\nurl = "{server.url}"\nkey = "openalex-key"\nfollow = ["orcid:0000-0002-1825-0097"]\n'
            f'[semantic_scholar]\nurl = "{server.url}"\nkey = "scholar-key"\n'
        )
        yield server


def test_jabrefs_groups_become_collections_and_go_out_again(cli: Cli, tmp_path: Path) -> None:
    (tmp_path / "refs.bib").write_text(
        "@article{key1, title={A First Invented Reference}, groups={Search}}\n"
        "@article{key3, title={A Second Invented Reference}, keywords={machine learning}}\n" + TREE
    )
    assert cli("add", "refs.bib").code == 0
    assert cli("collection", "list", "--json").json == {}  # groups are somebody's, and nobody asked yet
    assert cli("reader", "import", "refs.bib").code == 0
    collections = cli("collection", "list", "--json").json
    assert {name: len(ids) for name, ids in collections.items()} == {"Reading / Search": 1, "By hand": 1, "Learning": 1}
    written = cli("export", "--saved", "--groups").out
    assert "groups = {By hand, Search}" in written
    assert "2 StaticGroup:Search" in written
    assert "groups" not in cli("export", "--saved").out
    assert cli("reader", "import", "refs.bib").code == 0
    assert cli("collection", "list", "--json").json == collections


def test_a_list_of_identifiers_is_looked_up(cli: Cli, graph: GraphServer, tmp_path: Path) -> None:
    (tmp_path / "ids.txt").write_text(f"# what we read\nW900001  # the first\n{1:040x}\n\ninv-3 is no identifier\n")
    assert listed_ids(tmp_path / "ids.txt") == []  # a line near the top is none
    lines = [f"{1:040x}", "https://openalex.org/W900001  # twice", "W900001"]
    (tmp_path / "ids.txt").write_text("\n".join(["# what we read", *lines]))
    assert listed_ids(tmp_path / "ids.txt") == [lines[0], "https://openalex.org/W900001", "W900001"]
    run = cli("add", "ids.txt")
    assert run.out.startswith("ids.txt: 2 read, 2 added")
    assert cli("reader", "import", "ids.txt").code == 0
    assert "Invented Work 1 about Ranking Things" in cli("export", "--saved").out
    assert "Scholarly Invention 1 on Reading Lists" in cli("export", "--saved").out


def test_what_is_no_list_of_identifiers(tmp_path: Path) -> None:
    for content in (b"", b"# only a comment\n", b"\0\1\2", b"@article{a, title={B}}", b"some words\n2603.01234\n"):
        (tmp_path / "file").write_bytes(content)
        assert listed_ids(tmp_path / "file") == []
    assert listed_ids(tmp_path / "missing") == []
    (tmp_path / "file").write_bytes(b"\xef\xbb\xbf10.1234/x\r\nPMID: 12\r\n" + b"2603.01234\n" * 2000 + b"odd one\n")
    ids = listed_ids(tmp_path / "file")
    assert (len(ids), ids[:2], ids[-1]) == (2003, ["10.1234/x", "PMID: 12"], "odd one")


def test_papers_of_an_author_and_those_that_cite_a_paper(cli: Cli, graph: GraphServer) -> None:
    run = cli("add", "--author-of", "s2:1741101", "--citing", "W900001", "--json")
    assert [(one["source"], one["added"]) for one in run.json["reports"]] == [
        ("s2:1741101", 2),
        ("cites:openalex:W900001", 3),
    ]
    wrong = cli("add", "--author-of", "Ada Example")
    assert (wrong.code, "is no author; write orcid:" in wrong.err) == (2, True)
    gone = cli("add", "--author-of", "s2:7")
    assert (gone.code, "does not know s2:7" in gone.err) == (2, True)


def test_a_sync_fetches_whom_the_settings_follow(cli: Cli, graph: GraphServer) -> None:
    run = cli("sync", "openalex")
    assert run.out.startswith("openalex: 3 read, 3 added")
    graph.log.clear()
    assert cli("sync", "openalex").out.startswith("openalex: 3 read, 0 added")
    assert "from_publication_date" in graph.log[0][1]["filter"]
    empty = cli("sync", "semantic-scholar")
    assert (empty.code, "nobody is followed" in empty.out) == (1, True)
    graph.faults[:] = ["418"]
    failed = cli("sync", "openalex")
    assert failed.code == 1
    assert "openalex-key" not in failed.out + failed.err
