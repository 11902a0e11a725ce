"""Every command and program that the pages show does what they say."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.docs.blocks import ROOT, blocks, pages
from tests.docs.runner import Runner

PAGES = {str(page.relative_to(ROOT)): page for page in pages()}
FROM_NOTHING = "docs/tutorial.md"
REASONS = ("network", "installation", "repository", "made-up names")


def run(page: Path, runner: Runner) -> None:
    for block in blocks(page):
        if not block.reason:
            runner.run(block)


@pytest.mark.parametrize("name", [name for name, page in PAGES.items() if blocks(page) and name != FROM_NOTHING])
def test_what_a_page_shows_runs_in_a_folder_with_a_library(name: str, folder: Path, runner: Runner) -> None:
    run(PAGES[name], runner)


def test_the_tutorial_runs_in_an_empty_folder(runner: Runner) -> None:
    run(PAGES[FROM_NOTHING], runner)


def test_few_blocks_are_kept_out_and_each_says_why() -> None:
    every = [block for page in pages() for block in blocks(page)]
    out = [block for block in every if block.reason]
    for block in out:
        assert block.reason.startswith(REASONS), f"{block}: {block.reason}"
    assert len(out) <= len(every) / 5, [str(block) for block in out]
