"""The tables of accounts and of the scheduler, at the edges of their times."""

from __future__ import annotations

from datetime import timedelta

import pytest

from broadsheet.catalogue.community.accounts import NewAccount
from broadsheet.catalogue.community.codes import CONFIRM, RESET, SIGN_UP
from broadsheet.kit.errors import UsageError
from tests.clock import NOON
from tests.community.house import Desk

HOUR = timedelta(hours=1)
TICK = timedelta(microseconds=1)


# --- sessions -------------------------------------------------------------------------------------------------------


def test_a_session_ends_at_its_moment(desk: Desk) -> None:
    rita, sessions = desk.account("rita"), desk.tables.sessions
    sessions.begin(rita.id, "hash-1", NOON + HOUR, "Firefox\x00 on a phone" + "!" * 400)
    signed_in = sessions.signed_in("hash-1")
    assert signed_in is not None
    assert (signed_in.name, signed_in.role, signed_in.session.account_id) == ("rita", "reader", rita.id)
    assert len(signed_in.session.agent) == 300
    assert "\x00" not in signed_in.session.agent
    assert sessions.signed_in("hash-2") is None
    desk.after(HOUR - TICK)
    assert sessions.signed_in("hash-1") is not None
    desk.after(TICK)
    assert sessions.signed_in("hash-1") is None
    assert sessions.of_account(rita.id) == []


def test_a_session_that_is_used_lasts_longer_and_is_listed_first(desk: Desk) -> None:
    rita, sessions = desk.account("rita"), desk.tables.sessions
    sessions.begin(rita.id, "phone", NOON + HOUR, "phone")
    desk.after(TICK)
    sessions.begin(rita.id, "desk", NOON + HOUR, "desk")
    desk.after(TICK)
    assert [one.agent for one in sessions.of_account(rita.id)] == ["desk", "phone"]
    phone = sessions.signed_in("phone")
    assert phone is not None
    sessions.use(phone.session.id, NOON + 3 * HOUR)
    assert [one.agent for one in sessions.of_account(rita.id)] == ["phone", "desk"]
    desk.after(2 * HOUR)
    assert [(one.agent, one.expires_at) for one in sessions.of_account(rita.id)] == [("phone", NOON + 3 * HOUR)]


def test_sessions_are_ended_by_whose_they_are(desk: Desk) -> None:
    rita, otto, sessions = desk.account("rita"), desk.account("otto"), desk.tables.sessions
    for number in range(3):
        sessions.begin(rita.id, f"rita-{number}", NOON + HOUR, "")
    sessions.begin(otto.id, "otto", NOON + HOUR, "")
    [of_otto] = sessions.of_account(otto.id)
    assert sessions.end_one(rita.id, of_otto.id) is False
    first = sessions.signed_in("rita-0")
    assert first is not None
    assert sessions.end_one(rita.id, first.session.id) is True
    assert sessions.end_one(rita.id, first.session.id) is False
    last = sessions.signed_in("rita-2")
    assert last is not None
    assert sessions.end_all(rita.id, but=last.session.id) == 1
    assert [one.id for one in sessions.of_account(rita.id)] == [last.session.id]
    sessions.end("rita-2")
    sessions.end("unknown")
    assert sessions.end_all(rita.id) == 0
    assert [one.id for one in sessions.of_account(otto.id)] == [of_otto.id]


def test_a_suspended_account_is_signed_in_nowhere(desk: Desk) -> None:
    rita, tables = desk.account("rita"), desk.tables
    tables.sessions.begin(rita.id, "hash", NOON + HOUR, "")
    tables.accounts.change(rita.id, suspended_at=NOON.isoformat(timespec="microseconds"), suspended_reason="spam")
    assert tables.sessions.signed_in("hash") is None
    tables.accounts.change(rita.id, suspended_at=None, suspended_reason="")
    assert tables.sessions.signed_in("hash") is not None
    tables.accounts.restrict(rita.id, role="curator")
    assert tables.sessions.signed_in("hash") is None
    changed = tables.accounts.get(rita.id)
    assert changed is not None
    assert changed.role == "curator"


# --- codes ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("purpose", [SIGN_UP, CONFIRM, RESET])
def test_a_code_is_for_one_purpose_until_its_moment(desk: Desk, purpose: str) -> None:
    rita, codes = desk.account("rita"), desk.tables.codes
    codes.add("hash", purpose, None if purpose == SIGN_UP else rita.id, "new@example.org", NOON + HOUR)
    for other in {SIGN_UP, CONFIRM, RESET} - {purpose}:
        assert codes.find("hash", other) is None
    code = codes.find("hash", purpose)
    assert code is not None
    assert (code.email, code.expires_at, code.used_at) == ("new@example.org", NOON + HOUR, None)
    desk.after(HOUR)
    assert codes.find("hash", purpose) is None


def test_a_code_of_an_address_makes_one_account_of_that_address(desk: Desk) -> None:
    codes, accounts = desk.tables.codes, desk.tables.accounts
    codes.add("hash", SIGN_UP, None, "rita@example.org", NOON + HOUR)
    desk.account("otto")
    with pytest.raises(UsageError, match="otto"):
        codes.join("hash", NewAccount("otto", "hash", "reader"))
    assert codes.find("hash", SIGN_UP) is not None  # a name that is taken does not use it up
    made = codes.join("hash", NewAccount("rita", "hash", "reader", email="typed@example.org"))
    assert made is not None
    assert (made.name, made.email) == ("rita", "rita@example.org")
    assert codes.join("hash", NewAccount("rita2", "hash", "reader")) is None
    assert accounts.named("rita2") is None


def test_a_confirmed_address_replaces_the_old_and_voids_resets(desk: Desk) -> None:
    rita, codes = desk.account("rita", email="old@example.org"), desk.tables.codes
    codes.add("reset", RESET, rita.id, "old@example.org", NOON + HOUR)
    codes.add("confirm", CONFIRM, rita.id, "new@example.org", NOON + HOUR)
    confirmed = codes.confirm("confirm")
    assert confirmed is not None
    assert confirmed.email == "new@example.org"
    assert codes.confirm("confirm") is None
    assert codes.reset("reset", "other") is None
    assert desk.tables.accounts.of_email("old@example.org") is None


def test_an_address_that_was_taken_meanwhile_is_refused(desk: Desk) -> None:
    rita, codes = desk.account("rita"), desk.tables.codes
    codes.add("confirm", CONFIRM, rita.id, "one@example.org", NOON + HOUR)
    desk.account("otto", email="one@example.org")
    with pytest.raises(UsageError, match="another account"):
        codes.confirm("confirm")
    before = desk.tables.accounts.named("rita")
    assert before is not None
    assert before.email == ""


def test_a_new_password_ends_sessions_and_other_codes(desk: Desk) -> None:
    rita, otto, tables = desk.account("rita"), desk.account("otto"), desk.tables
    for account in (rita, otto):
        tables.sessions.begin(account.id, account.name, NOON + HOUR, "")
    for name in ("first", "second"):
        tables.codes.add(name, RESET, rita.id, "", NOON + HOUR)
    assert tables.codes.reset("first", "new hash") is not None
    assert tables.accounts.password(rita.id) == "new hash"
    assert tables.codes.reset("second", "worse") is None
    assert tables.sessions.signed_in("rita") is None
    assert tables.sessions.signed_in("otto") is not None
    tables.codes.add("third", RESET, rita.id, "", NOON + HOUR)
    tables.codes.void(rita.id, CONFIRM)
    assert tables.codes.find("third", RESET) is not None
    tables.codes.void(rita.id, RESET)
    assert tables.codes.find("third", RESET) is None


# --- invitations ----------------------------------------------------------------------------------------------------


def test_invitations_are_spent_returned_and_used_once(desk: Desk) -> None:
    rita, tables = desk.account("rita", invitations=1), desk.tables
    tables.invitations.add(rita.id, "one", "for Nina" + "!" * 300, NOON + HOUR, is_free=False)
    with pytest.raises(UsageError, match="no invitations are left"):
        tables.invitations.add(rita.id, "two", "", NOON + HOUR, is_free=False)
    [open_] = tables.invitations.of_account(rita.id)
    assert (len(open_.note), open_.used_by, open_.expires_at) == (200, None, NOON + HOUR)
    assert tables.invitations.revoke(rita.id + 1, open_.id, is_free=False) is False
    assert tables.invitations.revoke(rita.id, open_.id, is_free=False) is True
    assert tables.invitations.find("one") is None
    tables.invitations.add(rita.id, "three", "", NOON + HOUR, is_free=False)
    nina = tables.invitations.accept("three", NewAccount("nina", "hash", "reader"))
    assert nina is not None
    assert nina.invited_by == rita.id
    [used] = tables.invitations.of_account(rita.id)
    assert (used.used_by, used.used_at) == (nina.id, NOON)
    assert tables.invitations.revoke(rita.id, used.id, is_free=False) is False
    assert tables.invitations.accept("three", NewAccount("nora", "hash", "reader")) is None
    assert [(name, inviter) for _, name, inviter, _, _ in tables.accounts.tree()] == [("rita", None), ("nina", rita.id)]


def test_an_invitation_expires_and_a_name_that_is_taken_leaves_it(desk: Desk) -> None:
    rita, invitations = desk.account("rita"), desk.tables.invitations
    invitations.add(rita.id, "code", "", NOON + HOUR, is_free=True)
    with pytest.raises(UsageError, match="rita"):
        invitations.accept("code", NewAccount("rita", "hash", "reader"))
    assert invitations.find("code") is not None
    desk.after(HOUR)
    assert invitations.find("code") is None
    assert invitations.accept("code", NewAccount("nina", "hash", "reader")) is None
    assert desk.tables.accounts.named("nina") is None


# --- attempts -------------------------------------------------------------------------------------------------------


def test_an_attempt_counts_at_every_subject_or_at_none(desk: Desk) -> None:
    attempts = desk.tables.attempts
    name, network = ("name rita", 2, HOUR), ("network", 3, 2 * HOUR)
    assert attempts.take([name, network]) is None
    desk.after(HOUR / 4)
    assert attempts.take([name, network]) is None
    assert attempts.take([name, network]) == HOUR * 3 / 4
    assert attempts.take([network]) is None  # the refused one was not counted here either
    assert attempts.take([network]) == HOUR * 7 / 4
    assert attempts.take([name, network]) == HOUR * 7 / 4  # the longer wait of the two
    attempts.succeed(["name rita"], ["network"])
    assert attempts.take([name, network]) is None
    assert attempts.take([network]) is not None


# --- jobs -----------------------------------------------------------------------------------------------------------


def test_a_job_is_done_once_a_period_and_begun_anew_after_a_crash(desk: Desk) -> None:
    jobs = desk.tables.jobs
    assert jobs.begin("close", "2026-07-01") is True
    assert [(one.name, one.finished_at) for one in jobs.latest()] == [("close", None)]
    desk.after(HOUR)
    assert jobs.begin("close", "2026-07-01") is True  # its process ended
    assert jobs.latest()[0].started_at == NOON + HOUR
    jobs.finish("close", "2026-07-01", "3 papers\x00" + "!" * 2000)
    assert jobs.begin("close", "2026-07-01") is False
    assert jobs.begin("close", "2026-07-02") is True
    assert jobs.begin("sync", "2026-07-01") is True
    done = next(one for one in jobs.latest() if one.finished_at is not None)
    assert (done.period, done.finished_at, len(done.outcome)) == ("2026-07-01", NOON + HOUR, 1000)


def test_jobs_are_forgotten_after_a_season(desk: Desk) -> None:
    jobs = desk.tables.jobs
    jobs.finish("sync", "early", "never begun")
    assert [(one.period, one.started_at, one.outcome) for one in jobs.latest()] == [("early", NOON, "never begun")]
    desk.after(timedelta(days=90))
    jobs.finish("sync", "middle", "")
    assert {one.period for one in jobs.latest()} == {"early", "middle"}
    desk.after(TICK)
    jobs.finish("sync", "late", "")
    assert [one.period for one in jobs.latest()] == ["late", "middle"]
    assert [one.period for one in jobs.latest(most=1)] == ["late"]


# --- the audit log --------------------------------------------------------------------------------------------------


def test_acts_are_listed_page_by_page_newest_first(desk: Desk) -> None:
    audit = desk.tables.audit
    for number in range(5):
        audit.record("amos", "role", f"member {number}", "x" * 3000)
        desk.after(TICK)
    first = audit.latest(2)
    assert [one.target for one in first] == ["member 4", "member 3"]
    assert [one.target for one in audit.latest(9, before=first[-1].id)] == ["member 2", "member 1", "member 0"]
    assert {len(one.detail) for one in first} == {2000}
    assert first[0].at == NOON + 4 * TICK
