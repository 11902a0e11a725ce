"""The web face: pages, JSON API and feeds over one library."""

from broadsheet.web.app import create_app

__all__ = ["create_app"]
