"""Accounts: the one object through which the pages and the command line reach them."""

from __future__ import annotations

import hmac
from collections.abc import Sequence

from broadsheet.catalogue.community import CommunityTables
from broadsheet.catalogue.community.accounts import Account, NewAccount
from broadsheet.community.accounts.administration import Administration
from broadsheet.community.accounts.credentials import account_name, full_name, mail_address
from broadsheet.community.accounts.desk import Desk
from broadsheet.community.accounts.identities import Identities
from broadsheet.community.accounts.joining import Joining
from broadsheet.community.accounts.limits import Limits
from broadsheet.community.accounts.passwords import Passwords, checked_password
from broadsheet.community.accounts.recovery import Recovery
from broadsheet.community.accounts.sessions import Sessions
from broadsheet.community.accounts.tokens import Tokens
from broadsheet.community.actor import VISITOR, Actor, Role
from broadsheet.community.outbox import SendMessage
from broadsheet.kit.clock import Clock
from broadsheet.kit.errors import UsageError
from broadsheet.settings import Settings

__all__ = ["Accounts"]


class Accounts:
    """The accounts of a community."""

    def __init__(
        self,
        tables: CommunityTables,
        settings: Settings,
        clock: Clock,
        send_message: SendMessage,
        passwords: Passwords | None = None,
    ) -> None:
        """`send_message` sends a mail: (to, subject, text)."""
        self.limits = Limits(tables.attempts)
        self.sessions = Sessions(tables.sessions, clock, settings.community.session_days)
        self.passwords = passwords or Passwords()
        desk = Desk(tables, settings, clock, send_message, self.passwords, self.limits, self.sessions)
        self.joining = Joining(desk)
        self.identities = Identities(desk)
        self.tokens = Tokens(tables.api_tokens, self.limits, clock)
        self.recovery = Recovery(desk)
        self.administration = Administration(desk)
        self._tables = tables
        self._settings = settings.community

    # Who they are -----------------------------------------------------------------------------------------------

    def get(self, account_id: int) -> Account | None:
        """The account of this number."""
        return self._tables.accounts.get(account_id)

    def named(self, name: str) -> Account:
        """The account of this name. Raises UsageError if there is none."""
        account = self._tables.accounts.named(name.strip().lower())
        if account is None:
            raise UsageError(f"no account is named {name.strip()[:60]!r}; `broadsheet account list` shows them")
        return account

    def among(self, ids: Sequence[int]) -> dict[int, Account]:
        """The accounts of these numbers that exist, by number."""
        return self._tables.accounts.among(ids)

    def like(self, text: str = "", *, after: int = 0, most: int = 100) -> list[Account]:
        """Accounts whose name, address or full name contains `text`, by number, those behind `after`."""
        return self._tables.accounts.like(text, after=after, most=most)

    def change(self, account: Account, *, shown: str, show_votes: bool | None) -> None:
        """Change what others see of a member. Raises UsageError for a name that cannot be shown."""
        votes = None if show_votes is None else int(show_votes)
        self._tables.accounts.change(account.id, full_name=full_name(shown), show_votes=votes)

    @property
    def has_admin(self) -> bool:
        """Whether an administrator can sign in."""
        return self._tables.accounts.has_admin()

    def create(
        self, name: str, password: str, role: Role = Role.reader, *, email: str = "", shown: str = ""
    ) -> Account:
        """Make an account as an operator does; a reader of that name who is here already becomes its reader.

        Raises UsageError for a name, password or address that cannot be used.
        """
        name, email = account_name(name), mail_address(email) if email else ""
        checked_password(password, name, email)
        new = NewAccount(
            name=name,
            password=self.passwords.hash(password),
            role=role.value,
            email=email,
            full_name=full_name(shown),
            invitations=self._settings.invitations,
        )
        return self._tables.accounts.create(new)

    # Signing in -------------------------------------------------------------------------------------------------

    def sign_in(
        self, name: str, password: str, *, address: str, agent: str = "", token: str = "", mark: str = ""
    ) -> str:
        """Sign in with a name or a confirmed address from a network address; returns the new session's token.

        `token` is of the session that the browser had before, which ends, and `mark` what `mark_of` gave it. Raises
        UsageError, the same for a wrong name and a wrong password, and RateLimited.
        """
        wanted = name.strip().lower()[:254]
        account = self._tables.accounts.of_email(wanted) if "@" in wanted else self._tables.accounts.named(wanted)
        stored = self._tables.accounts.password(account.id) if account else ""
        if account and mark and hmac.compare_digest(mark.encode(), _mark(account, stored).encode()):
            what, whose, where = "sign-in of a known browser", account.name, ""
        else:
            what, whose, where = "sign-in", wanted, address
        self.limits.take(what, whose, where)
        if not self.passwords.verify(stored, password) or account is None:
            raise UsageError("This name and password do not belong together.")
        if account.suspended_at is not None:
            raise UsageError(f"This account is suspended: {account.suspended_reason or 'no reason was given'}")
        self.limits.succeeded(what, whose, where)
        if self.passwords.is_outdated(stored):
            self._tables.accounts.change(account.id, password=self.passwords.hash(password))
        return self.start_session(account.id, agent=agent, token=token)

    def mark_of(self, token: str) -> str:
        """The mark of a browser in which the member of this session has signed in; a new password voids it."""
        signed_in = self.sessions.find(token)
        account = self.get(signed_in.session.account_id) if signed_in else None
        return _mark(account, self._tables.accounts.password(account.id)) if account else ""

    def start_session(self, account_id: int, *, agent: str = "", token: str = "") -> str:
        """Begin a session of an account that has proved itself; the browser's one before, `token`, ends."""
        if token:
            self.sessions.end(token)
        return self.sessions.begin(account_id, agent)

    def actor_of(self, token: str) -> Actor:
        """Who the holder of a session's token is; a visitor if it is of none."""
        signed_in = self.sessions.find(token)
        if signed_in is None:
            return VISITOR
        return Actor(Role(signed_in.role), signed_in.name, signed_in.session.account_id)


def _mark(account: Account, stored: str) -> str:
    text = f"known browser of {account.id}"
    return hmac.new(stored.encode(), text.encode(), "sha256").hexdigest() if stored else ""
