"""Accounts over months, against a model: a machine joins, invites, signs in and out, resets, suspends at random.

What the model says of every session and token that was ever given out must be what the accounts say, at any moment.
"""

from __future__ import annotations

import re
import tempfile
from collections import defaultdict
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

import broadsheet
from broadsheet.community.accounts import Accounts
from broadsheet.community.actor import VISITOR, Actor, Role, Scope
from broadsheet.kit.errors import RateLimited, UsageError
from tests.clock import NOON
from tests.community.account_model import UNUSED, Box, Code, Member, Session
from tests.web.members import CHEAP

NAMES = ("rita", "otto", "cleo", "finn")
WORDS = ("correct horse battery", "staple of another kind", "a third long password")
NAME, PASSWORD = st.sampled_from(NAMES), st.sampled_from(WORDS)
LINK = re.compile(r"https://papers\.example\.org/[a-z-]+/(\S+)")
SETTINGS = '[community]\nmode = "community"\nsign_up = "open"\ninvitations = 2\n'


class AccountLife(RuleBasedStateMachine):
    """An administrator named root, and those who come and go."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = tempfile.TemporaryDirectory()
        (Path(self.folder.name) / "broadsheet.toml").write_text(SETTINGS)
        self.now = NOON
        self.letters: list[tuple[str, str, str]] = []
        self.library = broadsheet.open(self.folder.name, clock=lambda: self.now)
        send = lambda *letter: self.letters.append(letter)  # noqa: E731
        tables = self.library.catalogue.community
        self.accounts = Accounts(tables, self.library.settings, self.library.now, send, CHEAP)
        self.accounts.create("root", WORDS[0], Role.admin)
        self.members = {"root": Member(WORDS[0], Role.admin)}
        self.sessions: dict[str, Session] = {}
        self.tokens: dict[str, tuple[str, frozenset[Scope], datetime | None]] = {}
        self.sign_ups, self.resets, self.invitations = Box(), Box(), Box()
        self.tries = 0
        self.asked: dict[str, list[datetime]] = defaultdict(list)  # when somebody wanted to join with an address

    def teardown(self) -> None:
        self.library.close()
        self.folder.cleanup()

    def link(self) -> str:
        """The code in the last letter."""
        found = LINK.search(self.letters[-1][2])
        assert found
        return found[1]

    def address(self) -> str:
        """A network address that was never used: limits are another test's."""
        self.tries += 1
        return f"10.{self.tries // 65536}.{self.tries // 256 % 256}.{self.tries % 256}"

    # Joining ----------------------------------------------------------------------------------------------------

    @rule(name=NAME)
    def asks_to_join(self, name: str) -> None:
        email = f"{name}@example.org"
        self.asked[email] = [at for at in self.asked[email] if at > self.now - timedelta(days=1)]
        if len(self.asked[email]) == 3:
            with pytest.raises(RateLimited):
                self.accounts.joining.expect(email, self.address())
            return
        self.asked[email].append(self.now)
        self.accounts.joining.write_to(
            self.accounts.joining.expect(email, self.address()), "https://papers.example.org"
        )
        if any(member.email == email for member in self.members.values()):
            assert "has an account already" in self.letters[-1][2]
        else:
            self.sign_ups.codes.append(Code(self.link(), self.now + timedelta(days=1), email=email))

    @precondition(lambda self: self.sign_ups.codes)
    @rule(data=st.data(), password=PASSWORD)
    def follows_the_link(self, data: st.DataObject, password: str) -> None:
        code = data.draw(st.sampled_from(self.sign_ups.codes))
        name = code.email.partition("@")[0]
        is_taken = name in self.members or any(member.email == code.email for member in self.members.values())
        if self.now >= code.until or is_taken:
            with pytest.raises(UsageError):
                self.accounts.joining.sign_up(code.text, name, password, "", self.address())
            return
        account = self.accounts.joining.sign_up(code.text, name, password, "", self.address())
        self.sign_ups.codes.remove(code)
        self.members[name] = Member(password, email=code.email)
        assert (account.name, account.email, account.role, account.invited_by) == (name, code.email, "reader", None)

    @rule(data=st.data())
    def invites(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.members)))
        member = self.members[name]
        if not member.invitations and member.role is not Role.admin:
            with pytest.raises(UsageError, match="no invitations are left"):
                self.accounts.joining.invite(self.accounts.named(name))
            return
        code = self.accounts.joining.invite(self.accounts.named(name))
        member.invitations -= member.role is not Role.admin
        self.invitations.codes.append(Code(code, self.now + timedelta(days=14), of=name))

    @precondition(lambda self: self.invitations.codes)
    @rule(data=st.data(), name=NAME, password=PASSWORD)
    def accepts(self, data: st.DataObject, name: str, password: str) -> None:
        code = data.draw(st.sampled_from(self.invitations.codes))
        if self.now >= code.until or self.members[code.of].is_suspended or name in self.members:
            with pytest.raises(UsageError):
                self.accounts.joining.accept(code.text, name, password, "", self.address())
            return
        account = self.accounts.joining.accept(code.text, name, password, "", self.address())
        self.invitations.codes.remove(code)
        self.members[name] = Member(password)
        assert account.invited_by == self.accounts.named(code.of).id

    # Signing in and out -----------------------------------------------------------------------------------------

    @rule(data=st.data(), password=PASSWORD)
    def signs_in(self, data: st.DataObject, password: str) -> None:
        name = data.draw(st.sampled_from((*NAMES, "root")))
        member = self.members.get(name)
        if member is None or member.password != password or member.is_suspended:
            reason = "suspended" if member and member.password == password else "do not belong together"
            with pytest.raises(UsageError, match=reason):
                self.accounts.sign_in(name, password, address=self.address())
            return
        token = self.accounts.sign_in(name.upper(), password, address=self.address())
        self.sessions[token] = Session(name, self.now, self.now, self.now + UNUSED)

    @precondition(lambda self: self.sessions)
    @rule(data=st.data())
    def signs_out(self, data: st.DataObject) -> None:
        token = data.draw(st.sampled_from(sorted(self.sessions)))
        self.accounts.sessions.end(token)
        self.sessions[token].has_ended = True

    def _all_out(self, name: str) -> None:
        for session in self.sessions.values():
            session.has_ended |= session.name == name

    @rule(data=st.data(), scopes=st.sets(st.sampled_from(Scope), min_size=1), days=st.sampled_from((None, 1, 40)))
    def makes_a_token(self, data: st.DataObject, scopes: set[Scope], days: int | None) -> None:
        name = data.draw(st.sampled_from(sorted(self.members)))
        token = self.accounts.tokens.create(self.accounts.named(name).id, "script", scopes, days)
        self.tokens[token] = name, frozenset(scopes), None if days is None else self.now + timedelta(days=days)

    @precondition(lambda self: self.tokens)
    @rule(data=st.data())
    def revokes_the_newest_token(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted({name for name, *_ in self.tokens.values()})))
        account = self.accounts.named(name)
        newest = self.accounts.tokens.of_account(account.id)[0]
        self.accounts.tokens.revoke(account.id, newest.id)
        with pytest.raises(UsageError, match="no such token"):
            self.accounts.tokens.revoke(account.id, newest.id)
        del self.tokens[[token for token, (by, *_) in self.tokens.items() if by == name][-1]]

    # A new password ---------------------------------------------------------------------------------------------

    @rule(data=st.data(), password=PASSWORD)
    def sets_a_password(self, data: st.DataObject, password: str) -> None:
        name = data.draw(st.sampled_from(sorted(self.members)))
        self.accounts.recovery.set_password(self.accounts.named(name), password)
        self.members[name].password = password
        self.resets.codes = [code for code in self.resets.codes if code.of != name]
        self._all_out(name)

    @precondition(lambda self: any(member.email for member in self.members.values()))
    @rule(data=st.data())
    def forgets_it(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(name for name, member in self.members.items() if member.email)))
        before = len(self.letters)
        self.accounts.recovery.write_reset(self.members[name].email, "https://papers.example.org")
        assert len(self.letters) == before + (not self.members[name].is_suspended)
        if not self.members[name].is_suspended:
            self.resets.codes.append(Code(self.link(), self.now + timedelta(hours=1), of=name))

    @precondition(lambda self: self.resets.codes)
    @rule(data=st.data(), password=PASSWORD)
    def resets_it(self, data: st.DataObject, password: str) -> None:
        code = data.draw(st.sampled_from(self.resets.codes))
        if self.now >= code.until:
            with pytest.raises(UsageError, match="does not work, or no longer"):
                self.accounts.recovery.reset(code.text, password, self.address())
            return
        assert self.accounts.recovery.reset(code.text, password, self.address()).name == code.of
        self.members[code.of].password = password
        self.resets.codes = [one for one in self.resets.codes if one.of != code.of]
        self._all_out(code.of)

    # What administrators do, and time ---------------------------------------------------------------------------

    def _is_last_admin(self, name: str) -> bool:
        admins = [other for other, member in self.members.items() if member.role is Role.admin]
        return [other for other in admins if not self.members[other].is_suspended] == [name]

    @rule(data=st.data(), role=st.sampled_from((Role.reader, Role.curator, Role.admin)))
    def gets_a_role(self, data: st.DataObject, role: Role) -> None:
        name = data.draw(st.sampled_from(sorted(self.members)))
        if self._is_last_admin(name) and role is not Role.admin:
            with pytest.raises(UsageError, match="last administrator"):
                self.accounts.administration.set_role(self.accounts.named(name), role, "root")
            return
        has_changed = self.members[name].role is not role
        self.accounts.administration.set_role(self.accounts.named(name), role, "root")
        self.members[name].role = role
        if has_changed:
            self._all_out(name)

    @rule(data=st.data())
    def is_suspended(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.members)))
        if self._is_last_admin(name):
            with pytest.raises(UsageError, match="last administrator"):
                self.accounts.administration.suspend(self.accounts.named(name), "spam", "root")
            return
        self.accounts.administration.suspend(self.accounts.named(name), "spam", "root")
        self.members[name].is_suspended = True
        self._all_out(name)

    @rule(data=st.data())
    def is_let_in_again(self, data: st.DataObject) -> None:
        name = data.draw(st.sampled_from(sorted(self.members)))
        self.accounts.administration.restore(self.accounts.named(name), "root")
        self.members[name].is_suspended = False

    @rule(hours=st.sampled_from((1, 5, 24, 24 * 13, 24 * 29, 24 * 30)))
    def time_passes(self, hours: int) -> None:
        self.now += timedelta(hours=hours)

    # What must be true then -------------------------------------------------------------------------------------

    @invariant()
    def every_session_is_whose_the_model_says(self) -> None:
        for token, session in self.sessions.items():
            is_in = session.is_open(self.now) and not self.members[session.name].is_suspended
            actor = self.accounts.actor_of(token)
            if not is_in:
                assert actor == VISITOR
            else:
                number = self.accounts.named(session.name).id
                assert actor == Actor(self.members[session.name].role, session.name, number)

    @invariant()
    def every_token_does_what_it_was_made_for(self) -> None:
        for token, (name, scopes, until) in self.tokens.items():
            member, account = self.members[name], self.accounts.named(name)
            is_good = (until is None or self.now < until) and not member.is_suspended
            expected = Actor(member.role, name, account.id, scopes) if is_good else VISITOR
            assert self.accounts.tokens.actor_of(token, self.address()) == expected

    @invariant()
    def everybody_is_there_and_somebody_is_administrator(self) -> None:
        assert self.accounts.has_admin
        stored = {one.name: one for one in self.accounts.like()}
        assert stored.keys() == self.members.keys()
        for name, member in self.members.items():
            account = stored[name]
            assert (account.role, account.email) == (member.role, member.email)
            assert (account.suspended_at is not None) is member.is_suspended
            assert account.invitations_left == member.invitations

    @invariant()
    def the_log_has_every_act(self) -> None:
        acts = {entry.act for entry in self.accounts.administration.log(1000)}
        suspended = {name for name, member in self.members.items() if member.is_suspended}
        assert not suspended or "suspend" in acts


TestAccountLife = AccountLife.TestCase
TestAccountLife.settings = settings(max_examples=20, stateful_step_count=30, deadline=None, phases=[Phase.generate])
