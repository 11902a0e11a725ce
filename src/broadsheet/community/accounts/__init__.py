"""Accounts: who signs in, how one becomes a member, and what administrators do.

accounts ──┬── passwords       argon2id
           ├── credentials     names, addresses and codes as people write them, and their hashes
           ├── limits          how often a credential may be tried
           └── sessions        browsers that are signed in
"""

from broadsheet.community.accounts.accounts import Accounts

__all__ = ["Accounts"]
