"""The community: one library and everything that people do together over it."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cached_property
from typing import TYPE_CHECKING

from broadsheet.pipeline.library import Library

if TYPE_CHECKING:
    from broadsheet.community.accounts import Accounts
    from broadsheet.community.alerts import Alerts, Changes
    from broadsheet.community.annotations import Annotations
    from broadsheet.community.claims import Claims
    from broadsheet.community.comments import Comments
    from broadsheet.community.connections import Connections
    from broadsheet.community.editions import Editions
    from broadsheet.community.exchange.followed_pages import FollowedPages
    from broadsheet.community.exchange.private_feeds import PrivateFeeds
    from broadsheet.community.exchange.programs import Programs
    from broadsheet.community.exposures import Exposures
    from broadsheet.community.group_reading import GroupReading
    from broadsheet.community.groups import Groups
    from broadsheet.community.mail.mail import Mail
    from broadsheet.community.moderation import Moderation
    from broadsheet.community.notes import Notes
    from broadsheet.community.organisations import Organisations
    from broadsheet.community.outbox import SendMessage
    from broadsheet.community.paper_sets import PaperSets
    from broadsheet.community.people import People
    from broadsheet.community.reading_lists import ReadingLists
    from broadsheet.community.searches import Searches
    from broadsheet.community.submissions import Submissions
    from broadsheet.community.summaries import Summaries
    from broadsheet.community.trends import Trends
    from broadsheet.community.votes import Votes
    from broadsheet.kit.fields import Fields
    from broadsheet.pipeline.records import FeedItem

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
    def submissions(self) -> Submissions:
        """What members bring into the daily."""
        from broadsheet.community.submissions import Submissions

        return Submissions(self.library, self.editions)

    @cached_property
    def exposures(self) -> Exposures:
        """What pages showed to whom."""
        from broadsheet.community.exposures import Exposures

        return Exposures(self.library)

    @cached_property
    def trends(self) -> Trends:
        """The order of papers by trend."""
        from broadsheet.community.trends import Trends

        fields = self.fields
        return Trends(self.library, lambda paper: next(iter(fields.of(paper)), ""))

    @cached_property
    def fields(self) -> Fields:
        """What lists can be restricted to."""
        from broadsheet.kit.fields import Fields

        return Fields(self.library.settings.edition.fields)

    @cached_property
    def editions(self) -> Editions:
        """The paper of a day, a week, a month."""
        from broadsheet.community.editions import Editions

        trends = self.trends
        return Editions(
            self.library,
            self.fields,
            lambda ids, now: [(trend.paper_id, trend.reason) for trend in trends.order(ids, now)],
        )

    @cached_property
    def accounts(self) -> Accounts:
        """Who signs in, and what they may do."""
        from broadsheet.community.accounts import Accounts

        library = self.library
        return Accounts(library.catalogue.community, library.settings, library.now, self.send_message)

    @cached_property
    def send_message(self) -> SendMessage:
        """Sends a mail: (to, subject, text)."""
        from broadsheet.community.outbox import Outbox

        return self.mail.send_message if self.mail.is_set_up else Outbox(self.library.path / "outbox")

    @cached_property
    def comments(self) -> Comments:
        """What is said about papers."""
        from broadsheet.community.comments import Comments

        return Comments(self.library)

    @cached_property
    def moderation(self) -> Moderation:
        """What is reported, and what curators do."""
        from broadsheet.community.moderation import Moderation

        return Moderation(self.library)

    @cached_property
    def annotations(self) -> Annotations:
        """Tags and links of papers."""
        from broadsheet.community.annotations import Annotations

        return Annotations(self.library)

    @cached_property
    def mail(self) -> Mail:
        """What goes out, once."""
        from broadsheet.community.mail.mail import Mail

        return Mail(self.library, lambda: self.editions)

    @cached_property
    def organisations(self) -> Organisations:
        """Where authors work."""
        from broadsheet.community.organisations import Organisations

        return Organisations(self.library)

    @cached_property
    def people(self) -> People:
        """Authors."""
        from broadsheet.community.people import People

        return People(self.library, self.organisations)

    @cached_property
    def claims(self) -> Claims:
        """Which authors are members."""
        from broadsheet.community.claims import Claims

        return Claims(self.library, self.people)

    @cached_property
    def paper_sets(self) -> PaperSets:
        """Sets of papers that a search can be restricted to."""
        from broadsheet.community.paper_sets import PaperSets

        return PaperSets(self)

    @cached_property
    def summaries(self) -> Summaries:
        """A sentence about papers, by a language model."""
        from broadsheet.community.summaries import Summaries

        return Summaries(self.library)

    @cached_property
    def searches(self) -> Searches:
        """What readers search for again and again."""
        from broadsheet.community.searches import Searches

        return Searches(self.library, self.paper_sets)

    @cached_property
    def private_feeds(self) -> PrivateFeeds:
        """The addresses of what readers follow."""
        from broadsheet.community.exchange.private_feeds import PrivateFeeds

        return PrivateFeeds(self)

    @cached_property
    def reading_lists(self) -> ReadingLists:
        """Collections in their order, and who may read them."""
        from broadsheet.community.reading_lists import ReadingLists

        return ReadingLists(self.library)

    @cached_property
    def groups(self) -> Groups:
        """Members who read together."""
        from broadsheet.community.groups import Groups

        return Groups(self.library, self.reading_lists)

    @cached_property
    def group_reading(self) -> GroupReading:
        """What groups read."""
        from broadsheet.community.group_reading import GroupReading

        return GroupReading(self.library, self.groups)

    @cached_property
    def notes(self) -> Notes:
        """What readers write and mark for themselves."""
        from broadsheet.community.notes import Notes

        return Notes(self.library)

    @cached_property
    def programs(self) -> Programs:
        """Feed readers that sign in."""
        from broadsheet.community.exchange.programs import Programs

        return Programs(self)

    @cached_property
    def alerts(self) -> Alerts:
        """What readers are told of."""
        from broadsheet.community.alerts import Alerts

        return Alerts(self)

    @cached_property
    def changes(self) -> Changes:
        """What changed of papers that readers keep."""
        from broadsheet.community.alerts import Changes

        return Changes(self.library)

    @cached_property
    def connections(self) -> Connections:
        """Libraries that readers keep elsewhere."""
        from broadsheet.community.connections import Connections

        return Connections(self.library)

    def followed_page(self, reader: str) -> Sequence[FeedItem]:
        """The first papers of a reader's page, for everything that follows parts of it; made once for each state."""
        return self._followed.items(reader)

    @cached_property
    def _followed(self) -> FollowedPages:
        from broadsheet.community.exchange.followed_pages import FollowedPages

        return FollowedPages(self.library)
