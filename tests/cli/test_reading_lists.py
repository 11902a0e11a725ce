"""Collections as reading lists, from the command line."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Cli


def test_a_reading_list_from_its_order_to_its_file(cli: Cli, tmp_path: Path) -> None:
    cli("collection", "add", "chapter two", "inv-1", "inv-2", "inv-3")
    moved = cli("collection", "order", "chapter two", "inv-3", "up", "--json").json
    shown = cli("collection", "show", "chapter two", "--json").json
    assert [paper["sources"][0]["id"] for paper in shown] == ["inv-1", "inv-3", "inv-2"]
    assert moved["papers"] == [paper["id"] for paper in shown]
    assert cli("collection", "order", "chapter two", "inv-2", "1").out == "moved: inv-2\n"
    assert cli("collection", "section", "chapter two", "Basics", "inv-3").out == "sections: Basics\n"
    assert cli("collection", "section", "chapter two", "Later").out == "sections: Basics, Later\n"
    assert cli("collection", "section", "chapter two", "Later", "--move", "up").out == "sections: Later, Basics\n"
    assert cli("collection", "section", "chapter two", "Later", "--remove").out == "sections: Basics\n"
    assert cli("collection", "section", "chapter two", "Basics", "--rename", "Start").out == "sections: Start\n"
    assert cli("collection", "remark", "chapter two", "inv-3", "read it twice").out == "remarked: inv-3\n"
    cli("comments", "inv-3", "--add", "my own **note**")
    text = cli("collection", "export", "chapter two", "--notes").out
    assert text.startswith("# chapter two\n\n## Start\n\n1. **News feeds number 3")
    assert ("*read it twice*" in text, "> my own **note**" in text, "## Further papers" in text) == (True, True, True)
    assert "my own" not in cli("collection", "export", "chapter two").out
    done = cli("collection", "export", "chapter two", "--format", "html", "-o", "list.html", "--json")
    assert done.json == {"papers": 3, "file": "list.html"}
    assert (tmp_path / "list.html").read_text(encoding="utf-8").count("<li>") == 3
    assert cli("collection", "export", "chapter two", "--format", "docx").code == 2


def test_it_is_shared_with_a_reader_and_by_a_link(cli: Cli) -> None:
    cli("collection", "add", "thesis", "inv-1")
    cli("reader", "create", "ada")
    assert cli("collection", "share", "thesis").out == "thesis is shared with nobody.\n"
    shared = cli("collection", "share", "thesis", "--with", "ada", "--edit", "--link", "--json").json
    assert (shared["members"], shared["groups"]) == ({"ada": True}, {})
    assert shared["link"].startswith("/collections/shared/")
    assert cli("collection", "share", "thesis").out.splitlines()[1].split() == ["ada", "may", "edit"]
    assert "1: thesis, of me" in cli("collection", "list", "--reader", "ada").out
    assert cli("collection", "remark", "1", "inv-1", "by ada", "--reader", "ada").out == "remarked: inv-1\n"
    assert "*by ada*" in cli("collection", "export", "1", "--reader", "ada").out
    assert cli("collection", "share", "1", "--link", "--reader", "ada").code == 2
    refused = cli("collection", "share", "thesis", "--with", "nobody")
    assert (refused.code, "no member is called 'nobody'" in refused.err) == (2, True)
    assert cli("collection", "unshare", "thesis").code == 2
    assert cli("collection", "unshare", "thesis", "--with", "ada", "--link").out == "no longer shared: thesis\n"
    assert cli("collection", "share", "thesis", "--json").json == {"members": {}, "groups": {}, "link": ""}


def test_what_a_collection_lacks(cli: Cli) -> None:
    cli("collection", "add", "thesis", "inv-1", "inv-7")
    found = cli("collection", "complete", "thesis", "-k", "3", "--json").json
    assert (len(found), found[0]["reasons"][0][:6]) == (3, "near “")
    assert cli("collection", "complete", "thesis", "-k", "1").out.count("\n") == 2
    assert cli("collection", "complete", "nothing").code == 2
