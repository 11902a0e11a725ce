"""Links of mails: each says what it was made for, and nothing that differs from it by one character says anything."""

from __future__ import annotations

import string
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from broadsheet.community.mail.links import Link, Links, Purpose
from broadsheet.kit.errors import UsageError
from tests.clock import NOON

LINKS = Links(b"the key of this library", "https://papers.example.org")
CHARACTERS = string.ascii_letters + string.digits + "._-"
RECIPIENTS = st.builds(
    lambda kind, number: f"{kind} {number}", st.sampled_from(("reader", "subscriber")), st.integers(1, 10**18 - 1)
)
WHAT = st.fixed_dictionaries(
    {},
    optional={
        "action": st.sampled_from(("save", "hide")),
        "paper_id": st.integers(1, 10**18 - 1),
        "until": st.datetimes(datetime(2026, 7, 2), datetime(2400, 1, 1), timezones=st.just(UTC)),
    },
)


def refused(token: str, purpose: Purpose, now: datetime = NOON, links: Links = LINKS) -> str:
    """What is said of a token that says nothing."""
    with pytest.raises(UsageError) as caught:
        links.read(token, purpose, now)
    return str(caught.value)


@given(st.sampled_from(Purpose), RECIPIENTS, WHAT)
def test_a_link_says_what_it_was_made_for(purpose: Purpose, recipient: str, what: dict[str, object]) -> None:
    token = LINKS.make(purpose, recipient, **what)  # type: ignore[arg-type]
    expected = Link(purpose, recipient, str(what.get("action", "")), int(what.get("paper_id", 0)))  # type: ignore[call-overload]
    assert LINKS.read(token, purpose, NOON) == expected
    assert LINKS.address("/mail/act", token) == f"https://papers.example.org/mail/act/{token}"
    assert set(token) <= set(CHARACTERS)  # nothing that a mail program breaks or an address must escape
    assert len(token) <= 110


@given(st.sampled_from(Purpose), st.sampled_from(Purpose), RECIPIENTS, WHAT)
def test_a_link_for_one_thing_does_no_other(
    purpose: Purpose, other: Purpose, recipient: str, what: dict[str, object]
) -> None:
    token = LINKS.make(purpose, recipient, **what)  # type: ignore[arg-type]
    if other is not purpose:
        assert "was changed" in refused(token, other)


@given(RECIPIENTS, WHAT, st.data())
def test_no_link_that_was_changed_in_one_place_works(
    recipient: str, what: dict[str, object], data: st.DataObject
) -> None:
    token = LINKS.make(Purpose.act, recipient, **what)  # type: ignore[arg-type]
    at = data.draw(st.integers(0, len(token) - 1))
    kind = data.draw(st.sampled_from(("replaced", "left out", "put in", "in another case")))
    sign = data.draw(st.sampled_from(CHARACTERS))
    changed = {
        "replaced": token[:at] + sign + token[at + 1 :],
        "left out": token[:at] + token[at + 1 :],
        "put in": token[:at] + sign + token[at:],
        "in another case": token[:at] + token[at].swapcase() + token[at + 1 :],
    }[kind]
    if changed != token:
        assert "not complete, or was changed" in refused(changed, Purpose.act)


@given(st.text(max_size=200))
def test_no_text_is_a_link(text: str) -> None:
    for purpose in Purpose:
        assert "not complete, or was changed" in refused(text, purpose)


@given(RECIPIENTS, RECIPIENTS)
def test_the_parts_of_two_links_make_no_third(one: str, other: str) -> None:
    """A signature is of everything before it: of the recipient, the paper, the action and the end."""
    mine = LINKS.make(Purpose.act, one, action="save", paper_id=1, until=NOON)
    theirs = LINKS.make(Purpose.act, other, action="hide", paper_id=2, until=NOON + timedelta(days=900))
    body, _, signature = mine.rpartition(".")
    other_body, _, other_signature = theirs.rpartition(".")
    for forged in (f"{body}.{other_signature}", f"{other_body}.{signature}"):
        assert "was changed" in refused(forged, Purpose.act)


@given(st.binary(min_size=1, max_size=40), RECIPIENTS)
def test_another_librarys_links_are_strangers(key: bytes, recipient: str) -> None:
    if key != b"the key of this library":
        foreign = Links(key, LINKS.base).make(Purpose.stop, recipient)
        assert "was changed" in refused(foreign, Purpose.stop)
        assert "was changed" in refused(LINKS.make(Purpose.stop, recipient), Purpose.stop, links=Links(key, LINKS.base))


@given(st.integers(0, 10**7), st.integers(0, 10**7))
def test_a_link_works_until_its_end_and_no_second_longer(lasts: int, later: int) -> None:
    end = NOON + timedelta(seconds=lasts)
    token = LINKS.make(Purpose.confirm, "subscriber 3", until=end)
    assert LINKS.read(token, Purpose.confirm, end) == Link(Purpose.confirm, "subscriber 3")
    assert "too old" in refused(token, Purpose.confirm, end + timedelta(seconds=later + 1))


@given(RECIPIENTS, st.integers(1, 10**9))
def test_a_link_without_an_end_has_none(recipient: str, days: int) -> None:
    token = LINKS.make(Purpose.stop, recipient)
    far = NOON + timedelta(days=days % 2_000_000)
    assert LINKS.read(token, Purpose.stop, far).recipient == recipient


@pytest.mark.parametrize(
    "token",
    [
        "",
        ".",
        "a.r1...",
        "a.x1..." + "A" * 22,
        "a.r..." + "A" * 22,
        "a.r1.s1.zz." + "A" * 22,
        "a.r١.s1.." + "A" * 22,  # a digit of another script
        "a.r1.s1.." + "A" * 23,
        "a.r1.s1..." + "A" * 22,
        "a.r1.s1..\n" + "A" * 22,
        "a.r1.s1.." + "é" * 22,
        "a.r1.s1.." + "\ud800" * 22,
    ],
)
def test_what_only_looks_like_a_link(token: str) -> None:
    assert "not complete, or was changed" in refused(token, Purpose.act)


def test_links_of_all_recipients_differ() -> None:
    tokens = {
        LINKS.make(purpose, f"{kind} {number}", action=action, paper_id=paper)
        for purpose in Purpose
        for kind in ("reader", "subscriber")
        for number in (1, 11, 111)
        for action in ("", "save", "hide")
        for paper in (0, 1, 11)
    }
    assert len(tokens) == len(Purpose) * 2 * 3 * 3 * 3
    assert len({token.rpartition(".")[2] for token in tokens}) == len(tokens)
