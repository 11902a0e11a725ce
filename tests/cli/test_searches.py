"""Saved searches on the command line."""

from __future__ import annotations

from tests.cli.conftest import Cli


def test_a_search_from_saving_to_deletion_and_back(cli: Cli) -> None:
    assert cli("searches").out == 'No search is saved yet: broadsheet searches save NAME "QUERY".\n'
    assert cli("searches", "save", "tables", "table", "search", "--within", "readers").out == "saved: tables\n"
    listed = cli("searches", "list", "--json").json
    assert [(one["name"], one["search"], one["new"]) for one in listed] == [
        ("tables", {"q": "table search", "within": ["readers"]}, 0)
    ]
    assert cli("searches").out.splitlines()[1].split() == ["1", "tables", "readers", "›", "table", "search"]
    shown = cli("searches", "show", "tables", "-k", "2", "--json").json
    assert shown["results"] == cli("search", "table search", "--within", "readers", "-k", "2", "--json").json["results"]
    assert cli("searches", "show", "tables", "--new").out == "Nothing new.\n"
    assert cli("searches", "rename", "1", "lists").out == "renamed: lists\n"
    wrong = cli("searches", "show", "list")
    assert wrong.code == 2
    assert "there is lists" in wrong.err
    assert cli("searches", "delete", "lists").out == "deleted: lists (broadsheet restore 1 brings it back)\n"
    assert cli("searches", "--json").json == []
    assert cli("restore", "1").code == 0
    assert [one["name"] for one in cli("searches", "--json").json] == ["lists"]
