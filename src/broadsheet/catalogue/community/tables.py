"""The community's part of a catalogue."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from broadsheet.catalogue.database import Database

if TYPE_CHECKING:
    from broadsheet.catalogue.community.accounts import AccountTable
    from broadsheet.catalogue.community.alert_mail import AlertMail
    from broadsheet.catalogue.community.alerts import AlertTable
    from broadsheet.catalogue.community.annotations import AnnotationTable
    from broadsheet.catalogue.community.api_tokens import ApiTokenTable
    from broadsheet.catalogue.community.attempts import AttemptTable
    from broadsheet.catalogue.community.audit import AuditTable
    from broadsheet.catalogue.community.belongings import Belongings
    from broadsheet.catalogue.community.claims import ClaimTable
    from broadsheet.catalogue.community.codes import CodeTable
    from broadsheet.catalogue.community.comments import CommentTable
    from broadsheet.catalogue.community.editions import Editions
    from broadsheet.catalogue.community.exchange import ExchangeTables
    from broadsheet.catalogue.community.groups import GroupTable
    from broadsheet.catalogue.community.identities import IdentityTable
    from broadsheet.catalogue.community.invitations import InvitationTable
    from broadsheet.catalogue.community.jobs import Jobs
    from broadsheet.catalogue.community.mail_queue import MailQueue
    from broadsheet.catalogue.community.mail_recipients import MailRecipients
    from broadsheet.catalogue.community.moderation import ModerationTable
    from broadsheet.catalogue.community.organisations import OrganisationTable
    from broadsheet.catalogue.community.paper_changes import PaperChangeTable
    from broadsheet.catalogue.community.people import PeopleTable
    from broadsheet.catalogue.community.receptions import Receptions
    from broadsheet.catalogue.community.sessions import SessionTable
    from broadsheet.catalogue.community.submissions import Submissions
    from broadsheet.catalogue.community.summaries import SummaryTable
    from broadsheet.catalogue.community.trending import TrendingTables
    from broadsheet.catalogue.community.votes import Votes
    from broadsheet.catalogue.community.webhooks import Webhooks

__all__ = ["CommunityTables"]


class CommunityTables:
    """What people do together, each part an object over the same database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @cached_property
    def alerts(self) -> AlertTable:
        """What readers want to be told of."""
        from broadsheet.catalogue.community.alerts import AlertTable

        return AlertTable(self._database)

    @cached_property
    def alert_mail(self) -> AlertMail:
        """What alerts have not told yet."""
        from broadsheet.catalogue.community.alert_mail import AlertMail

        return AlertMail(self._database)

    @cached_property
    def paper_changes(self) -> PaperChangeTable:
        """What changed of papers that somebody keeps."""
        from broadsheet.catalogue.community.paper_changes import PaperChangeTable

        return PaperChangeTable(self._database)

    @cached_property
    def votes(self) -> Votes:
        """Who votes for which paper."""
        from broadsheet.catalogue.community.votes import Votes

        return Votes(self._database)

    @cached_property
    def submissions(self) -> Submissions:
        """What members submitted, with which pictures."""
        from broadsheet.catalogue.community.submissions import Submissions

        return Submissions(self._database)

    @cached_property
    def trending(self) -> TrendingTables:
        """How papers are received."""
        from broadsheet.catalogue.community.trending import TrendingTables

        return TrendingTables(self._database)

    @cached_property
    def editions(self) -> Editions:
        """Which papers the edition of a day has."""
        from broadsheet.catalogue.community.editions import Editions

        return Editions(self._database)

    @cached_property
    def receptions(self) -> Receptions:
        """How papers are received at other places."""
        from broadsheet.catalogue.community.receptions import Receptions

        return Receptions(self._database)

    @cached_property
    def accounts(self) -> AccountTable:
        """Who may sign in."""
        from broadsheet.catalogue.community.accounts import AccountTable

        return AccountTable(self._database)

    @cached_property
    def sessions(self) -> SessionTable:
        """The browsers that are signed in."""
        from broadsheet.catalogue.community.sessions import SessionTable

        return SessionTable(self._database)

    @cached_property
    def attempts(self) -> AttemptTable:
        """What rate limits count."""
        from broadsheet.catalogue.community.attempts import AttemptTable

        return AttemptTable(self._database)

    @cached_property
    def audit(self) -> AuditTable:
        """What administrators did."""
        from broadsheet.catalogue.community.audit import AuditTable

        return AuditTable(self._database)

    @cached_property
    def invitations(self) -> InvitationTable:
        """Who may join, by whose invitation."""
        from broadsheet.catalogue.community.invitations import InvitationTable

        return InvitationTable(self._database)

    @cached_property
    def codes(self) -> CodeTable:
        """What the links of mails do."""
        from broadsheet.catalogue.community.codes import CodeTable

        return CodeTable(self._database)

    @cached_property
    def comments(self) -> CommentTable:
        """What is said about papers."""
        from broadsheet.catalogue.community.comments import CommentTable

        return CommentTable(self._database)

    @cached_property
    def moderation(self) -> ModerationTable:
        """Reports, and what curators did."""
        from broadsheet.catalogue.community.moderation import ModerationTable

        return ModerationTable(self._database)

    @cached_property
    def annotations(self) -> AnnotationTable:
        """Tags and links of papers."""
        from broadsheet.catalogue.community.annotations import AnnotationTable

        return AnnotationTable(self._database)

    @cached_property
    def mail_recipients(self) -> MailRecipients:
        """Who gets mail."""
        from broadsheet.catalogue.community.mail_recipients import MailRecipients

        return MailRecipients(self._database)

    @cached_property
    def jobs(self) -> Jobs:
        """What the scheduler did."""
        from broadsheet.catalogue.community.jobs import Jobs

        return Jobs(self._database)

    @cached_property
    def summaries(self) -> SummaryTable:
        """What a language model wrote of papers."""
        from broadsheet.catalogue.community.summaries import SummaryTable

        return SummaryTable(self._database)

    @cached_property
    def webhooks(self) -> Webhooks:
        """Rooms of a chat that are told of every closed day."""
        from broadsheet.catalogue.community.webhooks import Webhooks

        return Webhooks(self._database)

    @cached_property
    def mail_queue(self) -> MailQueue:
        """What goes out, once."""
        from broadsheet.catalogue.community.mail_queue import MailQueue

        return MailQueue(self._database)

    @cached_property
    def api_tokens(self) -> ApiTokenTable:
        """What programs show."""
        from broadsheet.catalogue.community.api_tokens import ApiTokenTable

        return ApiTokenTable(self._database)

    @cached_property
    def identities(self) -> IdentityTable:
        """Who accounts are elsewhere."""
        from broadsheet.catalogue.community.identities import IdentityTable

        return IdentityTable(self._database)

    @cached_property
    def belongings(self) -> Belongings:
        """Everything that hangs on one reader."""
        from broadsheet.catalogue.community.belongings import Belongings

        return Belongings(self._database)

    @cached_property
    def organisations(self) -> OrganisationTable:
        """Where authors work."""
        from broadsheet.catalogue.community.organisations import OrganisationTable

        return OrganisationTable(self._database)

    @cached_property
    def people(self) -> PeopleTable:
        """The authors of papers."""
        from broadsheet.catalogue.community.people import PeopleTable

        return PeopleTable(self._database)

    @cached_property
    def claims(self) -> ClaimTable:
        """Names of authors that members say are theirs."""
        from broadsheet.catalogue.community.claims import ClaimTable

        return ClaimTable(self._database)

    @cached_property
    def exchange(self) -> ExchangeTables:
        """What readers take to other programs."""
        from broadsheet.catalogue.community.exchange import ExchangeTables

        return ExchangeTables(self._database)

    @cached_property
    def groups(self) -> GroupTable:
        """Members who read together."""
        from broadsheet.catalogue.community.groups import GroupTable

        return GroupTable(self._database)
