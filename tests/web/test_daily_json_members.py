"""What the JSON of daily papers says of members: their pictures, their claims, their comments."""

from __future__ import annotations

from typing import Any

import pytest

from tests.community.people import change
from tests.web.members import Town
from tests.web.test_submitting import submitted


def claimed(town: Town, name: str, *, is_shown: bool, state: str = "confirmed") -> None:
    """The member `name` is Ada Lee."""
    change(
        town.library,
        "INSERT INTO author_claims (account_id, name_key, name, state, is_shown, at, decided_at) VALUES"
        " (?, (SELECT key FROM people WHERE name LIKE '%Lee%' ORDER BY id DESC), 'Ada Lee', ?, ?, '', ?)",
        town.number(name), state, int(is_shown), "2026-06-01T12:00:00+00:00",
    )  # fmt: skip


def item(town: Town, number: int) -> dict[str, Any]:
    rows: list[dict[str, Any]] = town.as_("").get("/api/papers").json()
    return next(row for row in rows if row["broadsheet"]["id"] == number)


def levels(town: Town, number: int) -> tuple[dict[str, Any], dict[str, Any], dict[str, Any]]:
    """The three places where fields stand: a list item, its paper, and the paper alone."""
    listed = item(town, number)
    return listed, listed["paper"], town.as_("").get(f"/api/papers/{number}").json()


def test_a_submitted_picture_is_the_thumbnail_until_it_is_hidden(own_town: Town) -> None:
    number = submitted(own_town)
    for level in levels(own_town, number):
        assert level["mediaUrls"] == [f"{own_town.url}/pictures/1"]
        assert level["thumbnail"] == f"{own_town.url}/pictures/1"
    assert own_town.as_("").get(item(own_town, number)["thumbnail"]).headers["content-type"] == "image/webp"
    listed, inner, _ = levels(own_town, number)
    assert (listed["submittedBy"]["user"], inner["submittedOnDailyBy"]["name"]) == ("rita", "rita")
    own_town.library.catalogue.community.submissions.hide(1, "blurred", "cleo")
    for level in levels(own_town, number):
        assert (level["mediaUrls"], level["thumbnail"]) == ([], None)


@pytest.mark.parametrize(
    ("is_shown", "state", "named"), [(True, "confirmed", True), (False, "confirmed", False), (True, "pending", False)]
)
def test_an_author_is_a_member_where_the_claim_stands_and_is_shown(
    own_town: Town, is_shown: bool, state: str, named: bool
) -> None:
    number = submitted(own_town, "otto")
    claimed(own_town, "rita", is_shown=is_shown, state=state)
    for level in levels(own_town, number):
        assert level["isAuthorParticipating"] is False
    rita = own_town.site.community.accounts.named("rita")
    change(own_town.library, "UPDATE accounts SET full_name = 'Ada Lee' WHERE id = ?", rita.id)
    change(
        own_town.library,
        "INSERT INTO comments (paper_id, account_id, at, text) VALUES (?, ?, '2026-06-01T12:00:00+00:00', 'Mine')",
        number, rita.id,
    )  # fmt: skip
    listed, inner, alone = levels(own_town, number)
    for level in (listed, inner, alone):
        assert (level["isAuthorParticipating"], level["numComments"]) == (named, 1)
    for author in (inner["authors"][0], alone["authors"][0]):
        if named:
            assert (author["user"]["user"], author["user"]["fullname"]) == ("rita", "Ada Lee")
            assert (author["status"], author["statusLastChangedAt"]) == ("claimed_verified", "2026-06-01T12:00:00.000Z")
        else:
            assert {"user", "status", "statusLastChangedAt"}.isdisjoint(author)


def test_a_hidden_comment_of_an_author_is_no_part_of_the_discussion(own_town: Town) -> None:
    number = submitted(own_town)
    claimed(own_town, "rita", is_shown=True)
    change(
        own_town.library,
        "INSERT INTO comments (paper_id, account_id, at, text, hidden_at) VALUES (?, ?, '', 'Mine', '2026-06-02')",
        number, own_town.number("rita"),
    )  # fmt: skip
    assert item(own_town, number)["isAuthorParticipating"] is False
