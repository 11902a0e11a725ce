"""Limits against a model that keeps every attempt: whatever is tried, by whom and when, the same is let through."""

from __future__ import annotations

import shutil
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from ipaddress import IPv4Address, IPv6Address, ip_address
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from broadsheet.catalogue import Catalogue
from broadsheet.catalogue.community.attempts import AttemptTable
from broadsheet.community.accounts import limits
from broadsheet.community.accounts.limits import Limits, network_of
from broadsheet.kit.errors import RateLimited
from tests.clock import NOON
from tests.kept import empty_catalogue

SECOND, HOUR, DAY = timedelta(seconds=1), timedelta(hours=1), timedelta(days=1)
NOWHERE = ""


@dataclass
class Clocked:
    """A table of attempts with a clock that is set, and a model beside it."""

    table: AttemptTable
    now: list[datetime]
    tried: dict[str, list[datetime]] = field(default_factory=lambda: defaultdict(list))

    def expected(self, most: int, window: timedelta, subject: str) -> timedelta | None:
        """How long to wait: None where there is room."""
        recent = [at for at in self.tried[subject] if at > self.now[0] - window]
        return recent[-most] + window - self.now[0] if len(recent) >= most else None


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("limits")


def clocked(folder: Path) -> Iterator[Clocked]:
    """An empty table."""
    path = Path(shutil.copyfile(empty_catalogue(), folder / "catalogue.db"))
    now = [NOON]
    with Catalogue.open(path, clock=lambda: now[0]) as catalogue:
        yield Clocked(catalogue.community.attempts, now)


STEPS = st.lists(
    st.tuples(st.sampled_from("abc"), st.integers(1, 3), st.sampled_from((1, 7, 60)), st.integers(0, 40)), max_size=25
)


@settings(max_examples=25)
@given(STEPS)
def test_a_window_slides(folder: Path, steps: list[tuple[str, int, int, int]]) -> None:
    """Each step: how long since the last, for whom, how many within how many seconds."""
    for run in clocked(folder):
        for subject, most, window, passes in steps:
            run.now[0] += passes * SECOND
            within = window * SECOND
            wait = run.expected(most, within, subject)
            assert run.table.take([(subject, most, within)]) == wait
            if wait is None:
                run.tried[subject].append(run.now[0])


@settings(max_examples=25)
@given(st.lists(st.tuples(st.sets(st.sampled_from("abcd"), min_size=1), st.integers(0, 30)), max_size=20))
def test_an_attempt_counts_at_all_its_subjects_or_at_none(folder: Path, steps: list[tuple[set[str], int]]) -> None:
    most = {"a": 1, "b": 2, "c": 3, "d": 5}
    for run in clocked(folder):
        for subjects, passes in steps:
            run.now[0] += passes * SECOND
            waits = [run.expected(most[one], 60 * SECOND, one) for one in sorted(subjects)]
            longest = max((wait for wait in waits if wait is not None), default=None)
            assert run.table.take([(one, most[one], 60 * SECOND) for one in sorted(subjects)]) == longest
            if longest is None:
                for one in subjects:
                    run.tried[one].append(run.now[0])


@settings(max_examples=15)
@given(st.integers(1, 8), st.integers(0, 3))
def test_whoever_waits_as_long_as_was_said_is_let_in(folder: Path, most: int, early: int) -> None:
    for run in clocked(folder):
        for n in range(most):
            run.now[0] += n * SECOND
            assert run.table.take([("x", most, HOUR)]) is None
        wait = run.table.take([("x", most, HOUR)])
        assert wait is not None
        run.now[0] += wait - early * SECOND
        assert run.table.take([("x", most, HOUR)]) == (None if early == 0 else early * SECOND)


# --- what is tried, by whom -----------------------------------------------------------------------------------------


def let_through(table: Limits, what: str, tries: Iterator[tuple[str, str]], most: int = 3000) -> int:
    """How many of these (name, address) come through before the first that does not."""
    for count, (name, address) in enumerate(tries):
        assert count < most, "there is no limit"
        try:
            table.take(what, name, address)
        except RateLimited:
            return count
    return -1


def same(name: str, address: str) -> Iterator[tuple[str, str]]:
    while True:
        yield name, address


def many_names(address: str) -> Iterator[tuple[str, str]]:
    return ((f"name{n}", address) for n in range(10_000))


def many_addresses(name: str) -> Iterator[tuple[str, str]]:
    return ((name, str(IPv4Address(n + 2**24))) for n in range(10_000))


def everybody() -> Iterator[tuple[str, str]]:
    return ((f"name{n}", str(IPv4Address(n + 2**24))) for n in range(10_000))


@pytest.mark.parametrize(
    ("what", "who", "most"),
    [
        ("sign-in", same("rita", "192.0.2.1"), 10),
        ("sign-in", many_names("192.0.2.1"), 100),
        ("sign-in", many_addresses("rita"), 200),
        ("sign-in of a known browser", same("rita", NOWHERE), 10),
        ("password", same("rita", NOWHERE), 10),
        ("sign-up", same("a@example.org", "192.0.2.1"), 3),
        ("sign-up", many_names("192.0.2.1"), 10),
        ("sign-up", everybody(), 500),
        ("reset", many_addresses("a@example.org"), 5),
        ("reset", many_names("192.0.2.1"), 10),
        ("address", same("rita", "192.0.2.1"), 5),
        ("address", many_names("192.0.2.1"), 20),
        ("subscribe", same("a@example.org", "192.0.2.1"), 3),
        ("subscribe", everybody(), 500),
        ("token", same(NOWHERE, "192.0.2.1"), 60),
        ("identity", same(NOWHERE, "192.0.2.1"), 60),
        ("identity", everybody(), 1000),
        ("leave", same("rita", NOWHERE), 10),
        ("import", same("rita", NOWHERE), 50),
        ("code", same(NOWHERE, "192.0.2.1"), 60),
    ],
)
def test_how_often_what_can_be_tried(tmp_path: Path, what: str, who: Iterator[tuple[str, str]], most: int) -> None:
    for run in clocked(tmp_path):
        assert let_through(Limits(run.table), what, who) == most


def test_every_kind_of_attempt_has_a_limit() -> None:
    assert all(any(limit is not None for limit in kinds) for kinds in limits._LIMITS.values())
    assert {len(kinds) for kinds in limits._LIMITS.values()} == {4}


def test_a_success_forgets_what_was_ones_own_and_gives_back_what_is_shared(tmp_path: Path) -> None:
    """A member who signs in often is not kept out, and does not wear out the limit of the network."""
    for run in clocked(tmp_path):
        table = Limits(run.table)
        for _ in range(300):
            table.take("sign-in", "rita", "192.0.2.1")
            table.succeeded("sign-in", "rita", "192.0.2.1")
        assert let_through(table, "sign-in", same("rita", "192.0.2.1")) == 10


def test_a_success_of_one_member_forgets_nothing_of_anothers(tmp_path: Path) -> None:
    for run in clocked(tmp_path):
        table = Limits(run.table)
        for _ in range(10):
            table.take("sign-in", "otto", "192.0.2.1")
        table.take("sign-in", "rita", "192.0.2.1")
        table.succeeded("sign-in", "rita", "192.0.2.1")
        with pytest.raises(RateLimited) as caught:
            table.take("sign-in", "otto", "192.0.2.1")
        assert caught.value.seconds == 15 * 60


@pytest.mark.parametrize(
    ("one", "other", "are_one"),
    [
        ("ada@example.org", "ada+news@example.org", True),
        ("ada+a@example.org", "ada+b@example.org", True),
        ("ada@example.org", "ada@example.net", False),
        ("ada@example.org", "adb@example.org", False),
        ("+a@example.org", "+b@example.org", False),  # nothing but what a plus adds: another mailbox each
    ],
)
def test_what_a_plus_adds_is_the_same_mailbox(tmp_path: Path, one: str, other: str, are_one: bool) -> None:
    for run in clocked(tmp_path):
        table = Limits(run.table)
        assert let_through(table, "reset", ((one, str(IPv4Address(n + 1))) for n in range(10))) == 5
        left = let_through(table, "reset", ((other, str(IPv4Address(n + 100))) for n in range(10)))
        assert left == (0 if are_one else 5)


@given(st.ip_addresses())
def test_a_network_is_an_address_that_stands_for_itself(address: IPv4Address | IPv6Address) -> None:
    network = network_of(str(address))
    assert network_of(network) == network
    assert network_of(f"{address}%eth0") == network
    if isinstance(address, IPv4Address):
        assert network == str(address)
        assert network_of(f"::ffff:{address}") == network
    elif address.ipv4_mapped is None:
        assert int(ip_address(network)) == int(address) >> 64 << 64


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1))
def test_a_household_has_one_network_and_the_next_another(house: int, one: int, other: int) -> None:
    def network(prefix: int, host: int) -> str:
        return network_of(str(IPv6Address(prefix << 64 | host)))

    if house:  # below it are addresses of the other kind
        assert network(house, one) == network(house, other)
        assert network(house ^ 1 or 2, one) != network(house, one)


@given(st.text(max_size=300))
def test_what_is_no_address_is_counted_as_it_is(text: str) -> None:
    try:
        ip_address(text.partition("%")[0])
    except ValueError:
        assert network_of(text) == text[:100]
