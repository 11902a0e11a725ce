"""Accounts: who signs in, how one becomes a member, and what administrators do.

accounts ──┬── sessions        browsers that are signed in
           ├── joining         sign-up by a confirmed address, invitations
           ├── identities      signing in elsewhere, by OpenID Connect (oidc)
           ├── tokens          programs that act for a member
           ├── belongings      taking everything along
           ├── recovery        passwords and addresses that change
           └── administration  roles, suspensions, the audit log
over a desk: passwords (argon2id), credentials in one spelling, limits, letters.
"""

from broadsheet.community.accounts.accounts import Accounts

__all__ = ["Accounts"]
