"""`broadsheet organisations` and `broadsheet author`."""

from __future__ import annotations

import json
from pathlib import Path

from tests.cli.conftest import Cli, jsonl


def test_organisations_and_authors_are_listed(cli: Cli, tmp_path: Path) -> None:
    people = [
        {"name": "Ada Example", "affiliations": ["EECS, UC Berkeley"]},
        {"name": "Bo Other", "affiliations": ["Google Brain"]},
    ]
    (tmp_path / "a.jsonl").write_text(jsonl([{"title": "On kelp", "year": 2023, "authors": people}]))
    cli("add", str(tmp_path / "a.jsonl"))
    listed = cli("organisations")
    assert listed.code == 0
    assert listed.out.splitlines()[1].split() == ["1", "Google", "google"]
    named = json.loads(cli("organisations", "berkeley", "--json").out)
    assert named == [
        {"key": "university-california-berkeley", "name": "University of California, Berkeley", "papers": 1}
    ]
    shown = cli("author", "ada example")
    assert shown.out.splitlines()[0] == "Ada Example: 1 paper"
    assert "at: University of California, Berkeley (1)" in shown.out
    assert "with: Bo Other (1)" in shown.out
    unknown = cli("author", "Nobody")
    assert (unknown.code, unknown.err.splitlines()[0][:32]) == (2, "broadsheet: no author 'Nobody' h")
