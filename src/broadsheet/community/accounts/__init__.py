"""Accounts: who signs in, how one becomes a member, and what administrators do.

accounts ──┬── sessions        browsers that are signed in
           ├── joining         sign-up by a confirmed address, invitations
           ├── recovery        passwords and addresses that change
           └── administration  roles, suspensions, the audit log
over a desk: passwords (argon2id), credentials in one spelling, limits, letters.
"""

from broadsheet.community.accounts.accounts import Accounts

__all__ = ["Accounts"]
