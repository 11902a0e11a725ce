"""The community: one library and everything that people do together over it."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from broadsheet.pipeline.library import Library

if TYPE_CHECKING:
    from broadsheet.community.exposures import Exposures
    from broadsheet.community.trends import Trends
    from broadsheet.community.votes import Votes

__all__ = ["Community"]


class Community:
    """Over an open library, in either mode. Its parts are made when first used."""

    def __init__(self, library: Library) -> None:
        self.library = library

    @property
    def has_accounts(self) -> bool:
        """Whether people sign in here; otherwise one reader has all rights."""
        return self.library.settings.community.mode == "community"

    @cached_property
    def votes(self) -> Votes:
        """Who votes for which paper."""
        from broadsheet.community.votes import Votes

        return Votes(self.library)

    @cached_property
    def exposures(self) -> Exposures:
        """What pages showed to whom."""
        from broadsheet.community.exposures import Exposures

        return Exposures(self.library)

    @cached_property
    def trends(self) -> Trends:
        """The order of papers by trend."""
        from broadsheet.community.trends import Trends

        return Trends(self.library)
