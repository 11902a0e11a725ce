"""Accounts that several ask for at once."""

from __future__ import annotations

import threading
from typing import Any

from broadsheet.community.accounts import Accounts
from broadsheet.community.actor import Role
from broadsheet.kit.errors import UsageError
from tests.web.members import PASSWORD


def raced(*calls: Any) -> list[str]:
    """Run calls at once; what each raised, "" for none."""
    barrier, outcomes = threading.Barrier(len(calls)), [""] * len(calls)

    def run(at: int) -> None:
        barrier.wait(20)
        try:
            calls[at]()
        except UsageError as error:
            outcomes[at] = str(error)

    threads = [threading.Thread(target=run, args=(at,)) for at in range(len(calls))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return outcomes


def test_an_invitation_used_at_once_makes_one_account(accounts: Accounts) -> None:
    accounts.create("rita", PASSWORD)
    code = accounts.joining.invite(accounts.named("rita"))
    joins = [lambda name=f"guest{n}": accounts.joining.accept(code, name, PASSWORD, "", "") for n in range(6)]
    assert raced(*joins).count("") == 1
    assert len(accounts.like("guest")) == 1


def test_invitations_asked_for_at_once_are_no_more_than_one_has(accounts: Accounts) -> None:
    accounts.create("rita", PASSWORD)
    rita = accounts.named("rita")
    assert raced(*[lambda: accounts.joining.invite(rita)] * 8).count("") == 5
    assert accounts.named("rita").invitations_left == 0


def test_two_administrators_who_demote_each_other_leave_one(accounts: Accounts) -> None:
    for name in ("amos", "anna"):
        accounts.create(name, PASSWORD, Role.admin)
    demote = accounts.administration.set_role
    amos, anna = accounts.named("amos"), accounts.named("anna")
    outcomes = raced(lambda: demote(amos, Role.reader, "anna"), lambda: demote(anna, Role.reader, "amos"))
    assert sorted(bool(outcome) for outcome in outcomes) == [False, True]
    assert accounts.has_admin


def test_one_name_is_taken_once(accounts: Accounts) -> None:
    outcomes = raced(*[lambda: accounts.create("rita", PASSWORD)] * 4)
    assert outcomes.count("") == 1
