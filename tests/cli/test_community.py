"""Voting and submitting on the command line."""

from __future__ import annotations

from pathlib import Path

from tests.cli.conftest import Cli


def test_a_reader_votes_and_takes_it_back(cli: Cli) -> None:
    assert cli("vote", "1", "2").out.splitlines() == ["1: 1 vote", "2: 1 vote"]
    assert cli("vote", "1").out == "1: 1 vote\n"
    assert cli("unvote", "1", "--json").json == {"votes": {"1": 0}}
    partly = cli("vote", "2", "999")
    assert (partly.code, partly.out) == (1, "2: 1 vote\n")
    assert "no paper '999'" in partly.err


def test_a_paper_is_submitted(cli: Cli, tmp_path: Path) -> None:
    old = cli("submit", "1", "--reason", "a classic")
    assert old.code == 0
    assert ": noted, not in the daily: It is of " in old.out
    file = tmp_path / "new.bib"
    file.write_text("@article{a, title={Waves in the deep}, author={Lee, Ada}, year={3026}}")
    answer = cli("submit", str(file), "--json").json
    assert (answer["id"], answer["title"], answer["note"]) == (19, "Waves in the deep", "")
    assert answer["day"] is not None
    assert cli("submit", "19").out == f"Waves in the deep: in the edition of {answer['day']}\n"
    file.write_text("<svg/>")
    refused = cli("submit", "2", "--picture", str(file))
    assert (refused.code, refused.out) == (2, "")
    assert "SVG is not taken" in refused.err
    assert "names no paper" in cli("submit", "https://example.org/x.pdf").err
