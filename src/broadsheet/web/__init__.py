"""Pages, JSON API and feeds of one library."""

from broadsheet.web.access import new_token
from broadsheet.web.app import create_app
from broadsheet.web.serving import config

__all__ = ["config", "create_app", "new_token"]
