"""How one becomes a member: by a confirmed address where sign-up is open, or by a member's invitation."""

from __future__ import annotations

from datetime import timedelta

from broadsheet.catalogue.community.accounts import Account, NewAccount
from broadsheet.catalogue.community.codes import SIGN_UP
from broadsheet.catalogue.community.invitations import Invitation
from broadsheet.community.accounts import letters
from broadsheet.community.accounts.credentials import account_name, full_name, hashed, mail_address, new_code
from broadsheet.community.accounts.desk import Desk
from broadsheet.community.accounts.passwords import checked_password
from broadsheet.community.actor import Role
from broadsheet.kit.errors import UsageError

__all__ = ["Joining"]

_LINK_LASTS = timedelta(days=1)
_INVITATION_LASTS = timedelta(days=14)
_DEAD_LINK = "This link does not work, or no longer: ask for another one."


class Joining:
    """Sign-ups and invitations."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    # Open sign-up -----------------------------------------------------------------------------------------------

    def expect(self, email: str, address: str) -> str:
        """Count an attempt to sign up; the mail address in one spelling. Raises UsageError, RateLimited."""
        if self._desk.settings.community.sign_up != "open":
            raise UsageError("One becomes a member here by invitation only.")
        email = mail_address(email)
        self._desk.limits.take("sign-up", email, address)
        return email

    def write_to(self, email: str, base: str) -> None:
        """Send the link to join with an address; to a member's address, that it has an account already."""
        if self._desk.tables.accounts.of_email(email):
            self._desk.send(email, letters.has_account(self._desk.title, f"{base}/sign-in"))
            return
        code = new_code()
        self._desk.tables.codes.add(hashed(code), SIGN_UP, None, email, self._desk.now() + _LINK_LASTS)
        self._desk.send(email, letters.sign_up(self._desk.title, f"{base}/sign-up/{code}"))

    def address_of(self, code: str, address: str) -> str:
        """The mail address that a sign-up link was sent to. Raises UsageError, RateLimited."""
        found = self._desk.tables.codes.find(hashed(code), SIGN_UP)
        if found is None:
            self._desk.limits.take("code", "", address)
            raise UsageError(_DEAD_LINK)
        return found.email

    def sign_up(self, code: str, name: str, password: str, shown: str, address: str) -> Account:
        """Make the account of a confirmed address. Raises UsageError, RateLimited."""
        email = self.address_of(code, address)
        account = self._desk.tables.codes.join(hashed(code), self._new(name, password, shown, email))
        if account is None:
            raise UsageError(_DEAD_LINK)
        return account

    # Invitations ------------------------------------------------------------------------------------------------

    def invite(self, account: Account, note: str = "") -> str:
        """A new invitation of a member; its code. Raises UsageError if they have none left."""
        code, expires = new_code(), self._desk.now() + _INVITATION_LASTS
        self._desk.tables.invitations.add(account.id, hashed(code), note, expires, is_free=_is_free(account))
        return code

    def revoke(self, account: Account, invitation_id: int) -> None:
        """Take an unused invitation back. Raises UsageError if the member has none such."""
        if not self._desk.tables.invitations.revoke(account.id, invitation_id, is_free=_is_free(account)):
            raise UsageError("There is no such invitation of yours, or it has been used.")

    def invitations_of(self, account: Account) -> list[Invitation]:
        """A member's invitations, newest first."""
        return self._desk.tables.invitations.of_account(account.id)

    def inviter(self, code: str, address: str) -> str:
        """The name of who wrote an invitation. Raises UsageError if it cannot be used, RateLimited."""
        found = self._desk.tables.invitations.find(hashed(code))
        account = self._desk.tables.accounts.get(found.account_id) if found else None
        closed = self._desk.settings.community.sign_up == "closed"
        if account is None or account.suspended_at is not None or closed:
            self._desk.limits.take("code", "", address)
            raise UsageError("This invitation does not work, or no longer: ask who sent it for another one.")
        return account.name

    def accept(self, code: str, name: str, password: str, shown: str, address: str) -> Account:
        """Make the account that an invitation is for. Raises UsageError, RateLimited."""
        self.inviter(code, address)
        account = self._desk.tables.invitations.accept(hashed(code), self._new(name, password, shown))
        if account is None:
            raise UsageError(_DEAD_LINK)
        return account

    def _new(self, name: str, password: str, shown: str, email: str = "") -> NewAccount:
        name, shown = account_name(name), full_name(shown)
        checked_password(password, name, email)
        stored = self._desk.passwords.hash(password)
        left = self._desk.settings.community.invitations
        return NewAccount(name, stored, Role.reader.value, full_name=shown, invitations=left)


def _is_free(account: Account) -> bool:
    """Whether an account has invitations without end."""
    return account.role == Role.admin
