"""What readers are told of: papers that their alerts find, and changes of papers that they keep.

change log ──► runner ──► matches (targets, nearness) ──► alert_papers ──┬─► mail, webhook (community/mail)
                                                                         └─► pages, feeds, API
change log ──► changes ──► paper_changes ──► what a reader has not seen
"""

from broadsheet.community.alerts.alerts import KINDS, MAILS, Alerts
from broadsheet.community.alerts.changes import Changes

__all__ = ["KINDS", "MAILS", "Alerts", "Changes"]
