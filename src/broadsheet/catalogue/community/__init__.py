"""What a community stores: accounts, editions, votes, comments, organisations, mail."""

from broadsheet.catalogue.community.tables import CommunityTables

__all__ = ["CommunityTables"]
