"""The community: one library and everything that people do together over it."""

from __future__ import annotations

from broadsheet.pipeline.library import Library

__all__ = ["Community"]


class Community:
    """Over an open library, in either mode. Its parts are made when first used."""

    def __init__(self, library: Library) -> None:
        self.library = library

    @property
    def has_accounts(self) -> bool:
        """Whether people sign in here; otherwise one reader has all rights."""
        return self.library.settings.community.mode == "community"
