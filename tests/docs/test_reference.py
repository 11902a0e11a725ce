"""The pages made from the code are those that the code makes now."""

from __future__ import annotations

import importlib.util
import json
import sys
import tomllib
from dataclasses import asdict, fields
from types import ModuleType

import pytest

from broadsheet.settings import Settings
from tests.docs.blocks import ROOT

PAGES = ("commands", "settings", "python", "contracts")


@pytest.fixture(scope="module")
def reference() -> ModuleType:
    spec = importlib.util.spec_from_file_location("reference", ROOT / "scripts" / "reference.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["reference"] = module
    spec.loader.exec_module(module)
    return module


@pytest.mark.parametrize("name", PAGES)
def test_a_generated_page_is_current(reference: ModuleType, name: str) -> None:
    page = (ROOT / "docs" / "reference" / f"{name}.md").read_text(encoding="utf-8")
    assert page == reference.PAGES[name](), "stale: run `make reference`"


def test_every_generated_page_is_listed(reference: ModuleType) -> None:
    assert {path.stem for path in (ROOT / "docs" / "reference").glob("*.md")} == set(reference.PAGES) == set(PAGES)


def test_the_settings_page_shows_the_defaults_as_a_file() -> None:
    text = (ROOT / "docs" / "reference" / "settings.md").read_text(encoding="utf-8")
    block = text.partition("```toml\n")[2].partition("```")[0]
    assert tomllib.loads(block) == json.loads(json.dumps(asdict(Settings())))


def test_every_setting_says_what_it_is() -> None:
    for section in fields(Settings):
        assert section.default.__doc__, section.name
        for key in fields(getattr(Settings, section.name)):
            assert key.metadata["about"], f"[{section.name}] {key.name}"
