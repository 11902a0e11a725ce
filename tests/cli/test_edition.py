"""Editions on the command line."""

from __future__ import annotations

from tests.cli.conftest import Cli


def test_pick_show_and_take_back(cli: Cli) -> None:
    assert "0 papers, open until" in cli("edition").out
    picked = cli("edition", "pick", "inv-1", "inv-2", "nobody")
    assert (picked.code, "no paper 'nobody'" in picked.err) == (1, True)
    shown = cli("edition", "--json").json
    assert (shown["is_open"], [paper["via"] for paper in shown["papers"]]) == (True, ["pick", "pick"])
    assert {paper["by"] for paper in shown["papers"]} == {"me"}
    assert cli("edition", shown["name"], "--json").json["papers"] == shown["papers"]
    again = cli("edition", "pick", "inv-1")
    assert (again.code, "inv-1 is in an edition already" in again.err) == (0, True)
    assert cli("edition", "unpick", "inv-1").code == 0
    assert len(cli("edition", "--json").json["papers"]) == 1
    refused = cli("edition", "unpick", "inv-1")
    assert (refused.code, "in no edition by a curator's pick" in refused.err) == (2, True)


def test_close_says_what_it_closed(cli: Cli) -> None:
    answer = cli("edition", "close", "--json").json
    assert (answer["closed"], answer["papers"], answer["hub"]) == ([], 0, "")
    assert "No day was due." in cli("edition", "close").out


def test_a_name_that_is_none(cli: Cli) -> None:
    refused = cli("edition", "2026-02-31")
    assert (refused.code, refused.out) == (2, "")
    assert "write it as 2026-11-28, 2026-W48 or 2026-11" in refused.err
