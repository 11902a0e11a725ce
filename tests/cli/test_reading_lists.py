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


def test_every_command_answers_in_json(cli: Cli) -> None:
    cli("collection", "add", "thesis", "inv-1", "inv-2")
    ids = cli("collection", "list", "--json").json["thesis"]
    assert cli("collection", "order", "thesis", "inv-2", "1", "--json").json == {
        "collection": "thesis", "moved": "inv-2", "papers": ids[::-1],
    }  # fmt: skip
    assert cli("collection", "section", "thesis", "A", "inv-1", "--json").json == {
        "collection": "thesis", "sections": ["A"],
    }  # fmt: skip
    remarked = cli("collection", "remark", "thesis", "inv-1", "why", "--json").json
    assert (remarked["remarked"], remarked["papers"]) == ("inv-1", ids)
    shared = cli("collection", "share", "thesis", "--link", "--json").json
    assert (shared["members"], shared["groups"], shared["link"][:20]) == ({}, {}, "/collections/shared/")
    assert cli("collection", "unshare", "thesis", "--link", "--json").json == {"unshared": "thesis"}
    [found] = cli("collection", "complete", "thesis", "-k", "1", "--json").json
    assert ({"id", "title", "reasons"} <= found.keys(), found["id"] in ids) == (True, False)


def test_what_cannot_be_done_says_why(cli: Cli) -> None:
    cli("collection", "add", "thesis", "inv-1")
    cases = {
        ("order", "thesis", "inv-1", "sideways"): "a paper moves up or down, or to a place",
        ("order", "thesis", "inv-2", "up"): "is not in this collection",
        ("order", "thesis", "inv-99", "up"): "no paper 'inv-99'",
        ("section", "thesis", "", "--remove"): "there is no section ''",
        ("section", "thesis", " "): "a section needs a heading",
        ("section", "thesis", "x", "--move", "up"): "there is no section 'x'; there are none yet",
        ("section", "thesis", "x", "--rename", "y"): "there is no section 'x'",
        ("remark", "thesis", "inv-1", "x" * 501): "a remark has at most 500 characters",
        ("share", "thesis", "--with", "me"): "the collection is yours already",
        ("share", "lost"): "there is no collection 'lost' of yours",
        ("unshare", "thesis"): "say with whom no longer",
        ("complete", "lost"): "there is no collection 'lost' of yours",
        ("export", "thesis", "--format", "pdf"): "no format 'pdf'; there are markdown, html, bibtex",
    }
    for arguments, said in cases.items():
        answer = cli("collection", *arguments)
        assert (answer.code, said in answer.err) == (2, True), (arguments, answer.err)


def test_an_empty_collection_is_empty_everywhere(cli: Cli) -> None:
    cli("collection", "add", "thesis", "inv-1")
    cli("collection", "remove", "thesis", "inv-1")
    assert cli("collection", "export", "thesis").out == "# thesis\n"
    assert "<ol" not in cli("collection", "export", "thesis", "--format", "html").out
    assert cli("collection", "export", "thesis", "--format", "csl").out == "[]\n"
    assert cli("collection", "complete", "thesis").out.startswith("Nothing in this library is near enough")
    assert cli("collection", "complete", "thesis", "--json").json == []


def test_names_and_remarks_do_not_change_the_terminal(cli: Cli) -> None:
    cli("collection", "add", "\x1b[31mred", "inv-1")
    cli("reader", "create", "ada")
    cli("collection", "share", "\x1b[31mred", "--with", "ada")
    assert "\x1b" not in cli("collection", "list", "--reader", "ada").out
    cli("collection", "remark", "\x1b[31mred", "inv-1", "\x1b[31m why")
    assert "\x1b" not in cli("collection", "export", "\x1b[31mred", "--format", "html").out.replace("\x1b[31mred", "")
