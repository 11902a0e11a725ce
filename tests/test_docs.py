"""The papers of the project keep up with it: commands exist, links resolve, generated tables are current."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from broadsheet.cli import app
from broadsheet.methods import Method, methods
from tests.docs.blocks import blocks

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "lab").glob("*.md")])
BLOCK = re.compile(r"^```(\w*)\n(.*?)^```", re.MULTILINE | re.DOTALL)
INLINE = re.compile(r"`(broadsheet [^`]+)`")
LINK = re.compile(r"\[[^\]]*\]\(([^)#\s]+)[^)]*\)")


def commands(page: Path) -> list[str]:
    """Every `broadsheet …` of a page's inline code, and of its blocks that no test runs."""
    idle = [line.partition("  #")[0].strip() for one in blocks(page) if one.reason for line in one.code.splitlines()]
    inline = INLINE.findall(BLOCK.sub("", page.read_text(encoding="utf-8")))
    return [line for line in idle if line.startswith("broadsheet ")] + inline


NAMED = [pytest.param(line, id=f"{page.name}: {line}") for page in PAGES for line in commands(page)]


def test_the_readme_names_most_commands() -> None:
    assert len(NAMED) > 30


@pytest.mark.parametrize("line", NAMED)
def test_every_command_named_in_the_docs_exists_with_its_options(line: str) -> None:
    words = shlex.split(line.replace("…", ""))[1:]
    command: Any = get_command(app)
    context = command.make_context("broadsheet", [], resilient_parsing=True)
    options = {name for one in command.params for name in one.opts}
    valued = {name for one in command.params for name in one.opts if not getattr(one, "is_flag", True)}
    before = ""
    for word in words[: words.index("--")] if "--" in words else words:
        last, before = before, word
        if word.startswith("-") and word != "-":
            assert word in options, f"{line}: no option {word}"
        elif last not in valued and hasattr(command, "commands"):
            found = command.get_command(context, word)
            assert found is not None, f"{line}: no command {word}"
            command = found
            options |= {name for one in command.params for name in one.opts}
    assert not hasattr(command, "commands") or len(words) == 1 or words[0].startswith("-"), f"{line}: no subcommand"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_resolve(page: Path) -> None:
    for target in LINK.findall(page.read_text(encoding="utf-8")):
        if not target.startswith(("http://", "https://", "mailto:")):
            assert (page.parent / target).exists(), f"{page.name}: {target} is missing"


@pytest.mark.parametrize("method", methods(), ids=lambda method: method.name)
def test_every_method_has_a_stage_a_test_of_its_own_and_a_page_or_two(method: Method) -> None:
    assert method.card.stage
    assert (ROOT / "tests" / "methods" / f"test_{method.name}.py").is_file()
    assert len(method.path.read_text(encoding="utf-8").splitlines()) <= 300


def test_the_changelog_names_this_version() -> None:
    import tomllib

    version = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]["version"]
    assert f"## {version}" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_make_targets_named_in_the_docs_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    for page in PAGES:
        for target in re.findall(r"(?:^|`)make ([a-z]+)", page.read_text(encoding="utf-8"), re.MULTILINE):
            assert target in targets, f"{page.name}: make {target}"
