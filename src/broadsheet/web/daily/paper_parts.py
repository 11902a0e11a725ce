"""What a community adds to the page of a paper.

Each part is a function here, whose values its piece of templates/daily/_paper_parts.html prints.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from broadsheet.pipeline.records import Stored
from broadsheet.web.daily.ballots import submission_part, vote_part
from broadsheet.web.daily.organisations import organisation_part
from broadsheet.web.daily.picks import pick_part
from broadsheet.web.daily.tagging import annotations_part
from broadsheet.web.daily.threads import comments_part
from broadsheet.web.exchange.elsewhere import elsewhere_part
from broadsheet.web.groups.paper_notes import notes_part
from broadsheet.web.site import Site
from broadsheet.web.steering.changes import changes_part

__all__ = ["PARTS", "paper_parts"]

Part: TypeAlias = Callable[[Site, Stored], Mapping[str, Any]]

PARTS: tuple[Part, ...] = (
    organisation_part,
    vote_part,
    submission_part,
    pick_part,
    annotations_part,
    comments_part,
    notes_part,
    elsewhere_part,
    changes_part,
)


def paper_parts(site: Site, stored: Stored) -> dict[str, Any]:
    """The values that the pieces print. Raises ValueError where two parts use one name."""
    values: dict[str, Any] = {}
    for part in PARTS:
        own = part(site, stored)
        if twice := values.keys() & own.keys():
            raise ValueError(f"two parts of the paper page name a value {sorted(twice)[0]!r}")
        values |= own
    return values
