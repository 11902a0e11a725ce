"""The map from the command line."""

from __future__ import annotations

from pathlib import Path

import pytest

from broadsheet.pipeline import pretrained
from tests.cli.conftest import Cli
from tests.pipeline.toy import Toy


def test_a_map_is_made_listed_and_removed(cli: Cli, library: Path) -> None:
    assert "run `broadsheet atlas build`" in cli("atlas").err
    assert cli("atlas", "drop").out == "nothing to remove: there is no map\n"
    made = cli("atlas", "build", "--json")
    assert (made.code, made.json["papers"], made.json["placed"], made.json["is_new"]) == (0, 18, 18, True)
    assert "18 papers in 3 regions: 0 placed, all others stay where they were" in cli("atlas", "build").out
    listed = cli("atlas", "--json").json
    assert (listed["papers"], listed["waiting"], len(listed["regions"])) == (18, 0, 1)
    [region] = listed["regions"]
    assert region["papers"] == sum(year["papers"] for year in region["years"]) == 18
    number = region["number"]
    assert f"\n{number} " in cli("atlas").out
    assert cli("atlas", "--in", str(number), "--json").json["regions"][0]["zoom"] == 2
    assert cli("atlas", "--zoom", "3", "--json").json["regions"][0]["zoom"] == 3
    missing = cli("atlas", "--in", "999")
    assert (missing.code, "the map has no such region" in missing.err) == (2, True)
    (library / "indexes" / "atlas" / "atlas.bin").write_bytes(b"rubbish")
    assert "atlas.bin" in cli("atlas").err
    assert "laid out" in cli("atlas", "build", "--anew").out
    assert cli("atlas", "drop", "--json").json == {"dropped": True}


def test_daily_places_what_came(cli: Cli, library: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    model = Toy()
    monkeypatch.setattr(pretrained, "read_transformer", lambda: model)
    assert "map: 18 papers placed" in cli("daily", "--no-sync").out
    assert "map" not in cli("daily", "--no-sync").out
    cli("atlas", "drop")
    (library / "broadsheet.toml").write_text('[index]\nencode = "off"\n', encoding="utf-8")
    assert "map" not in cli("daily", "--no-sync").out
