"""A catalogue to put records into; whatever a test did to it, it must still be whole."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from broadsheet.catalogue import Catalogue
from tests.catalogue.made import ARTICLE, PREPRINT
from tests.clock import ticking


@pytest.fixture
def catalogue(tmp_path: Path) -> Iterator[Catalogue]:
    with Catalogue.open(tmp_path / "catalogue.db", create=True, clock=ticking()) as opened:
        yield opened
        assert opened.check() == []


@pytest.fixture
def two(catalogue: Catalogue) -> Catalogue:
    """The preprint is paper 1, the article paper 2."""
    assert catalogue.papers.add([PREPRINT, ARTICLE]).paper_ids == (1, 2)
    return catalogue
