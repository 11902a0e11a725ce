"""Passwords and addresses that change: by the present password, or by a link to a confirmed address."""

from __future__ import annotations

from datetime import timedelta

from broadsheet.catalogue.community.accounts import Account
from broadsheet.catalogue.community.codes import CONFIRM, RESET
from broadsheet.community.accounts import letters
from broadsheet.community.accounts.credentials import hashed, mail_address, new_code
from broadsheet.community.accounts.desk import Desk
from broadsheet.community.accounts.passwords import checked_password
from broadsheet.kit.errors import UsageError

__all__ = ["Recovery"]

_CONFIRM_LASTS = timedelta(days=1)
_RESET_LASTS = timedelta(hours=1)
_DEAD_LINK = "This link does not work, or no longer: ask for another one."


class Recovery:
    """Changes of passwords and addresses."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def prove(self, account: Account, password: str) -> None:
        """Check the present password before something is changed; nothing where there is none.

        Raises UsageError, RateLimited.
        """
        if not account.has_password:
            return
        self._desk.limits.take("password", account.name)
        if not self._desk.passwords.verify(self._desk.tables.accounts.password(account.id), password):
            raise UsageError("This is not your present password.")

    def set_password(self, account: Account, password: str, base: str = "") -> None:
        """Set a password, end every session and make links to reset it useless. Raises UsageError."""
        checked_password(password, account.name, account.email)
        self._desk.tables.accounts.change(account.id, password=self._desk.passwords.hash(password))
        self._desk.tables.codes.void(account.id, RESET)
        self._desk.sessions.end_all(account.id)
        self._tell(account, base)

    def spelt(self, email: str) -> str:
        """A mail address in one spelling. Raises UsageError where it is none."""
        return mail_address(email)

    # An address -------------------------------------------------------------------------------------------------

    def expect_address(self, account: Account, email: str, address: str) -> str:
        """Count a wish to change an address; the new one in one spelling. Raises UsageError, RateLimited."""
        email = mail_address(email)
        self._desk.limits.take("address", account.name, address)
        return email

    def write_to(self, account: Account, email: str, base: str) -> None:
        """Send the link that confirms an address; to another member's address, that nothing was changed."""
        owner = self._desk.tables.accounts.of_email(email)
        if owner is not None and owner.id != account.id:
            self._desk.send(email, letters.is_taken(self._desk.title))
            return
        code = new_code()
        self._desk.tables.codes.void(account.id, CONFIRM)
        self._desk.tables.codes.add(hashed(code), CONFIRM, account.id, email, self._desk.now() + _CONFIRM_LASTS)
        self._desk.send(email, letters.confirm(self._desk.title, f"{base}/confirm/{code}"))

    def address_of(self, code: str, address: str) -> str:
        """The mail address that a link confirms. Raises UsageError, RateLimited."""
        return self._usable(code, CONFIRM, address)

    def confirm(self, code: str, address: str) -> Account:
        """Give an account its confirmed address. Raises UsageError, RateLimited."""
        self._usable(code, CONFIRM, address)
        account = self._desk.tables.codes.confirm(hashed(code))
        if account is None:
            raise UsageError(_DEAD_LINK)
        return account

    # A forgotten password ---------------------------------------------------------------------------------------

    def expect_reset(self, email: str, address: str) -> str:
        """Count a wish to reset a password; the mail address in one spelling. Raises UsageError, RateLimited."""
        email = mail_address(email)
        self._desk.limits.take("reset", email, address)
        return email

    def write_reset(self, email: str, base: str) -> None:
        """Send the link to set a new password, if the address is a member's."""
        account = self._desk.tables.accounts.of_email(email)
        if account is None or account.suspended_at is not None:
            return
        code = new_code()
        self._desk.tables.codes.add(hashed(code), RESET, account.id, email, self._desk.now() + _RESET_LASTS)
        self._desk.send(email, letters.reset(self._desk.title, f"{base}/reset-password/{code}"))

    def check_reset(self, code: str, address: str) -> None:
        """Raises UsageError if a link to reset cannot be used, RateLimited."""
        self._usable(code, RESET, address)

    def reset(self, code: str, password: str, address: str, base: str = "") -> Account:
        """Set a new password by a link; every session ends. Raises UsageError, RateLimited."""
        email = self._usable(code, RESET, address)
        checked_password(password, email)
        account = self._desk.tables.codes.reset(hashed(code), self._desk.passwords.hash(password))
        if account is None:
            raise UsageError(_DEAD_LINK)
        self._tell(account, base)
        return account

    def _usable(self, code: str, purpose: str, address: str) -> str:
        found = self._desk.tables.codes.find(hashed(code), purpose)
        if found is None:
            self._desk.limits.take("code", "", address)
            raise UsageError(_DEAD_LINK)
        return found.email

    def _tell(self, account: Account, base: str) -> None:
        if account.email:
            self._desk.send(account.email, letters.password_changed(self._desk.title, f"{base}/reset-password"))
