"""What a reader keeps of a paper in a connected library, on the paper's page, for the reader alone."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from broadsheet.pipeline.records import Stored
from broadsheet.web.site import Site

__all__ = ["elsewhere_part"]

_MOST = 20  # items of a paper


def elsewhere_part(site: Site, stored: Stored) -> Mapping[str, Any]:
    """The items that are this paper, with their notes and attachments; none for a visitor."""
    items = site.community.connections.of_paper(site.reader, stored.id)[:_MOST] if site.reader else []
    return {"elsewhere": items}
