"""A community's library of a few papers, with accounts that tests act for."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import broadsheet
from broadsheet.catalogue import Catalogue
from broadsheet.community import Community
from broadsheet.community.accounts import Accounts
from broadsheet.community.actor import Actor, Role
from tests.catalogue.made import ARTICLE, PREPRINT, record
from tests.clock import NOON, ticking
from tests.community.house import MONDAY, Clock, Desk, House, opened_accounts
from tests.community.people import join


@pytest.fixture
def community(tmp_path: Path) -> Iterator[Community]:
    """Papers 1 (by Ada Example and Bo Sample), 2 (by B. Sample) and 3 (by Cy Otherwise)."""
    (tmp_path / "broadsheet.toml").write_text('[community]\nmode = "community"\n')
    with broadsheet.open(tmp_path, clock=ticking()) as library:
        kelp = record("A careful study of kelp", "arxiv", "2401.00003", arxiv="2401.00003", authors=("Cy Otherwise",))
        library.catalogue.papers.add([PREPRINT, ARTICLE, kelp])
        yield Community(library)
        assert library.catalogue.check() == []


@pytest.fixture
def member(community: Community) -> Callable[..., Actor]:
    """Makes an account: member("dora", full_name="Dora Diver", role=Role.admin)."""

    def make(name: str, full_name: str = "", role: Role = Role.reader, *, show_votes: int | None = None) -> Actor:
        return join(community.library, name, full_name, role, show_votes=show_votes)

    return make


@pytest.fixture
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    folder = tmp_path / "library"
    folder.mkdir()
    lines = getattr(request, "param", "")
    (folder / "broadsheet.toml").write_text(f'[edition]\ncloses = "18:00"\n{lines}\n')
    return folder


@pytest.fixture
def house(settings: Path) -> Iterator[House]:
    house = House(settings, Clock(MONDAY))
    yield house
    house.library.close()


@pytest.fixture
def accounts(tmp_path: Path) -> Iterator[Accounts]:
    library, found = opened_accounts(tmp_path)
    with library:
        yield found


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    clock = Clock(NOON)
    catalogue = Catalogue.open(tmp_path / "catalogue.db", create=True, clock=clock)
    yield Desk(catalogue, clock)
    assert catalogue.check() == []
    catalogue.close()
