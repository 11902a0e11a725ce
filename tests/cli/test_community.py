"""Voting and submitting on the command line."""

from __future__ import annotations

from tests.cli.conftest import Cli


def test_a_reader_votes_and_takes_it_back(cli: Cli) -> None:
    assert cli("vote", "1", "2").out.splitlines() == ["1: 1 vote", "2: 1 vote"]
    assert cli("vote", "1").out == "1: 1 vote\n"
    assert cli("unvote", "1", "--json").json == {"votes": {"1": 0}}
    partly = cli("vote", "2", "999")
    assert (partly.code, partly.out) == (1, "2: 1 vote\n")
    assert "no paper '999'" in partly.err
