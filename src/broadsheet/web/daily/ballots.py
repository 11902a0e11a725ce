"""Votes and submissions as pages show them: on cards, and on the page of a paper."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any

from broadsheet.pipeline.records import Stored
from broadsheet.web.presenters import Card
from broadsheet.web.site import Site

__all__ = ["submission_part", "vote_part", "with_ballots"]


def with_ballots(site: Site, cards: Iterable[Card]) -> list[Card]:
    """The cards with the votes for their papers; as they are where one reader has the library alone."""
    cards = list(cards)
    if not site.community.has_accounts or not cards:
        return cards
    ballots = site.community.votes.ballots(site.actor, [card.id for card in cards])
    return [replace(card, ballot=ballots[card.id]) for card in cards]


def vote_part(site: Site, stored: Stored) -> Mapping[str, Any]:
    """The votes for a paper, and the voters who agreed to be shown."""
    votes = site.community.votes
    ballot = votes.ballots(site.actor, [stored.id])[stored.id]
    asks = ballot.is_mine and votes.is_unasked(site.actor)
    return {"ballot": ballot, "voters": votes.voters(stored.id), "asks_for_name": asks}


def submission_part(site: Site, stored: Stored) -> Mapping[str, Any]:
    """Who submitted the paper, why, and what the actor may do about it."""
    pictures = site.library.catalogue.community.submissions.pictures_of([stored.id])
    return {
        "standing": site.community.submissions.standing(site.actor, stored.id),
        "picture_id": pictures.get(stored.id),  # that everybody may see
    }
