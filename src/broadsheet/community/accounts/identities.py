"""Identities elsewhere: what happens when somebody comes back from a provider."""

from __future__ import annotations

from broadsheet.catalogue.community.accounts import Account, NewAccount
from broadsheet.catalogue.community.identities import Identity
from broadsheet.community.accounts.credentials import account_name, full_name, hashed, mail_address
from broadsheet.community.accounts.desk import Desk
from broadsheet.community.accounts.oidc import Claims, Providers
from broadsheet.community.actor import Role
from broadsheet.kit.errors import UsageError

__all__ = ["Identities"]


class Identities:
    """Signs in, joins and connects with what a provider says."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self.providers = Providers(desk.settings.oidc, lambda: desk.now().timestamp())

    def of_account(self, account: Account) -> list[tuple[str, Identity]]:
        """The identities of an account, each with the name of its provider."""
        return [
            (self.providers.name_of(one.issuer), one) for one in self._desk.tables.identities.of_account(account.id)
        ]

    def account_of(self, claims: Claims) -> Account | None:
        """The account that an identity signs in; None if it has none. Raises UsageError where it is suspended."""
        number = self._desk.tables.identities.account_of(claims.issuer, claims.subject)
        account = self._desk.tables.accounts.get(number) if number is not None else None
        if account is not None and account.suspended_at is not None:
            raise UsageError(f"This account is suspended: {account.suspended_reason or 'no reason was given'}")
        return account

    def connect(self, account: Account, claims: Claims) -> None:
        """Let an identity sign in a member who is signed in already. Raises UsageError if it is another's."""
        self._desk.tables.identities.link(account.id, claims.issuer, claims.subject)

    def disconnect(self, account: Account, issuer: str, subject: str) -> None:
        """Take an identity from an account. Raises UsageError for the last way to sign in."""
        ways = len(self._desk.tables.identities.of_account(account.id)) + account.has_password
        if ways < 2:
            raise UsageError("This is your only way to sign in: set a password first.")
        if not self._desk.tables.identities.unlink(account.id, issuer, subject):
            raise UsageError("You are not connected with this identity.")

    def email_for(self, claims: Claims) -> str:
        """The address that a new account of an identity gets: the one its provider has verified, unless it is a
        member's or cannot be used; then ""."""
        try:
            email = mail_address(claims.email) if claims.email else ""
        except UsageError:
            return ""
        return "" if self._desk.tables.accounts.of_email(email) else email

    def is_members(self, claims: Claims) -> bool:
        """Whether a member here has the address of an identity: they should sign in and connect."""
        return bool(claims.email) and self._desk.tables.accounts.of_email(claims.email) is not None

    def join(self, claims: Claims, name: str, shown: str, invitation: str, address: str) -> Account:
        """Make the account of an identity. Where sign-up is not open it takes an invitation's code.

        Raises UsageError, RateLimited.
        """
        way = self._desk.settings.community.sign_up
        new = NewAccount(
            name=account_name(name),
            password="",
            role=Role.reader.value,
            email=self.email_for(claims),
            full_name=full_name(shown),
            invitations=self._desk.settings.community.invitations,
        )
        if way == "open":
            self._desk.limits.take("sign-up", "", address)
            return self._desk.tables.identities.join(new, claims.issuer, claims.subject)
        if way == "closed":
            raise UsageError("Nobody can become a member here at present.")
        code = invitation.strip().rpartition("/")[2]  # a link serves as well
        if self._desk.tables.invitations.find(hashed(code)) is None:
            self._desk.limits.take("code", "", address)
            raise UsageError("This invitation does not work, or no longer: ask who sent it for another one.")
        account = self._desk.tables.invitations.accept(hashed(code), new)
        if account is None:
            raise UsageError("This invitation has just been used.")
        self._desk.tables.identities.link(account.id, claims.issuer, claims.subject)
        return account
