"""A method's page says what its source, its card and its results say."""

from __future__ import annotations

from pathlib import Path

import pytest

from broadsheet.kit.card import Card
from broadsheet.methods import Method
from broadsheet_lab import method_pages
from broadsheet_lab.method_pages import every_method, render_menu, render_pages
from broadsheet_lab.method_source import Name, Source, packages_that_import, read_source

SOURCE = Source("A method", "", "", (), "")
COUNTS = '''
"""Counts: words by how often they occur, a "sum"
of ones.

Problem: words are many. Idea: count <them>.

Ada Example: On Counting. 2026.
"""

from __future__ import annotations

from dataclasses import dataclass

from annex.retrieval._sums import Sum, summed

__all__ = ["CARD", "Bag", "Counts", "counted", "summed"]


@dataclass
class Bag:
    """Words."""

    words: tuple[str, ...]
    most: int = 3


class Counts(Sum):
    """Counts of words, (n,). Then more.

    >>> from annex.retrieval.counts import Counts
    >>> Counts(most=2).count(["a"])
    1

    Not an example.
    """

    def __init__(self, *, most: int = 3) -> None:
        self.most = most

    def count(self, texts: list[str], *, upper: bool = False) -> int:
        """How many, by P(w. | d). The rest."""

    @property
    def size(self) -> int:
        """Of it."""

    def _hidden(self) -> None: ...


def counted(texts: list[str], most: float = 1e-3, *more: int) -> int:
    """Texts that count."""
'''
SUMS = '''
from broadsheet.kit.persistence import Persistent


class Sum(Persistent):
    """A sum."""

    @classmethod
    def of(cls, parts: int) -> None:
        """From parts."""

    def count(self) -> None:
        """Another."""


def summed() -> None:
    """The sum."""
'''


@pytest.fixture
def annex(tmp_path: Path) -> Path:
    (tmp_path / "annex" / "retrieval").mkdir(parents=True)
    (tmp_path / "annex" / "retrieval" / "counts.py").write_text(COUNTS.lstrip(), encoding="utf-8")
    (tmp_path / "annex" / "retrieval" / "_sums.py").write_text(SUMS.lstrip(), encoding="utf-8")
    return tmp_path / "annex"


def test_the_source_of_a_method_is_read_without_importing_it(annex: Path) -> None:
    source = read_source(annex / "retrieval" / "counts.py", {"annex": annex})
    assert source.title == 'Counts: words by how often they occur, a "sum" of ones'
    assert source.idea == "Problem: words are many. Idea: count <them>."
    assert source.reference == "Ada Example: On Counting. 2026."
    assert (
        source.example
        == ">>> from annex.retrieval.counts import Counts\n>>> Counts(most=2).count(['a'])\n1".replace("'", '"')
    )
    bag, counts, counted, summed = source.names
    assert bag == Name("Bag", "class", "Bag(words, most=3)", "Words.")
    assert (counts.signature, counts.purpose, counts.persistent) == (
        "Counts(*, most=3)",
        "Counts of words, (n,).",
        True,
    )
    assert counts.docstring.startswith("Counts of words, (n,). Then more.\n\n>>> ")
    assert [(method.signature, method.purpose) for method in counts.methods] == [
        ("of(parts)", "From parts."),
        ("count(texts, *, upper=False)", "How many, by P(w. | d)."),
        ("size", "Of it."),
    ]
    assert (counted.signature, summed.purpose) == ("counted(texts, most=0.001, *more)", "The sum.")


def test_the_packages_that_use_a_method_are_named(tmp_path: Path) -> None:
    root = tmp_path / "broadsheet"
    for place, line in (("pipeline/search", "    from"), ("pipeline/feed", "# from"), ("retrieval", "from")):
        (root / place).mkdir(parents=True)
        (root / place / "a.py").write_text(f"{line} broadsheet.retrieval.bm25 import BM25\n", encoding="utf-8")
    assert packages_that_import("broadsheet.retrieval.bm25", root) == ["broadsheet.pipeline.search"]


def test_a_page_says_what_it_is_for_what_it_reached_and_who_uses_it() -> None:
    pages = render_pages({"bm25": {"seconds": 61.4, "machine": {"processor": "an abacus"}}})
    page = pages[method_pages.FOLDER / "bm25.md"]
    assert page.startswith("# BM25\n\n<!-- Made by `python -m broadsheet_lab.bench --table`")
    assert "\n\nRank by how often the query's words occur, saturating, " in page
    assert "\n## When to use it\n\nIt is for ranking documents for a bag of words. Choose it first: " in page
    assert "took 61 s on an abacus." in page
    assert "It departs from the paper:\n\n- the inverse document frequency never goes below zero\n" in page
    assert "\n- `BM25(*, k1=1.5, b=0.75)`: The weighting;" in page
    assert "\n    - `save(path)`, `BM25.load(path)`: what was learned, in one checksummed file\n" in page
    assert "Used by the product at: candidates by words: the weights of terms (`broadsheet.pipeline" in page
    laboratory = pages[method_pages.FOLDER / "squash.md"]
    assert "\n## In the product\n\nThe product does not use it" in laboratory
    index = pages[method_pages.FOLDER / "index.md"]
    cells = "[BM25](bm25.md) | ranking documents for a bag of words | the product | faithful | 1 not measured"
    assert f"\n| {cells} |\n" in index
    assert "[Squash](squash.md)" in index or "[SQUASH](squash.md)" in index


def test_what_is_no_markup_in_a_docstring_is_none_on_its_page() -> None:
    assert method_pages._text("<F, `a < *b*`> a*b*c") == "&lt;F, `a < *b*`> a\\*b\\*c"
    page = render_pages({})[method_pages.FOLDER / "term_dependence.md"]
    assert "\n\n*Metzler, Croft: " in page  # the reference, not the example behind it
    assert "\n```pycon\n>>> import numpy" in page


@pytest.mark.parametrize(
    ("when", "says"),
    [
        ("", ""),
        ("Choose it first.", "Choose it first."),
        ("texts are few; else, train", "Choose it when texts are few; else, train."),
        ("for sections", "Choose it for sections."),
    ],
)
def test_a_card_may_say_when_to_choose_a_method_in_its_own_way(when: str, says: str) -> None:
    card = Card("A Method", "2603.01234", 2026, "x", when=when, costs="nothing")
    page = "\n".join(method_pages._page(Method("ranking", "bm25", every_method()[0].path, card), SOURCE, {}, {}))
    assert f"\n## When to use it\n\nIt is for x. {says}".rstrip() + "\n\n## What it costs\n\nNothing.\n" in page


def test_the_contracts_of_the_laboratory_are_told() -> None:
    page = render_pages({})[method_pages.FOLDER / "contracts.md"]
    assert "\n## Compression\n\nIn `broadsheet_lab.compression.contract`.\n" in page
    assert "\n### Compressor\n\nMakes vectors small and scores queries against them.\n" in page
    assert "\n- `decode(codes)`: The vectors as far as the codes keep them, (n, d).\n" in page


def test_the_menu_has_every_page_below_its_mark_and_keeps_the_rest() -> None:
    mark = "      # made by `python -m broadsheet_lab.bench --table`\n"
    text = f"nav:\n  - Methods:\n{mark}      - Old:\n          - methods/old.md\n  - Reference:\n      - api.md\n"
    menu = render_menu(text)
    assert menu.startswith(f"nav:\n  - Methods:\n{mark}      - Encoders:\n")
    assert menu.endswith("\n  - Reference:\n      - api.md\n")
    assert "old.md" not in menu
    assert [line.strip() for line in menu.splitlines() if "methods/" in line] == [
        f"- methods/{method.name}.md" for method in every_method()
    ]
    assert render_menu(menu) == menu
