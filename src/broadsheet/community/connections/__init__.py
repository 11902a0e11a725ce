"""Libraries that readers keep elsewhere, kept in step with what they mark here."""

from broadsheet.community.connections.connections import Connections
from broadsheet.community.connections.report import SyncReport

__all__ = ["Connections", "SyncReport"]
