"""What a card of the reader's page leads with."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from broadsheet.pipeline.records import FeedItem, Stored
from broadsheet.web.presenters import Card, feed_card
from tests.pipeline.world import BEES, paper

WHEN = datetime(2026, 1, 1, tzinfo=UTC)
BEGINNING = "Flowers are far. Much is not known of the fields in the north, where few people live. "
CENTRAL = "The dance of bees tells other bees the distance of flowers and fields, and how many bees are to come."
REST = (
    " Rain keeps hives at home. We counted 400 hives in two summers. Code is on our pages, beside notes, maps and "
    "films. Nobody was stung, and honey was left where it stood. Others may repeat what we did in years of less rain, "
    "or by the sea, where salt wind blows and little grows."
)
LONG = BEGINNING + CENTRAL + REST


def led(abstract: str, summary: str = "", written: str = "") -> Card:
    stored = Stored(1, replace(paper(BEES, 1), abstract=abstract, summary=summary), WHEN)
    return feed_card(FeedItem(stored, 1, 1.0, ()), "page", {}, written)


def test_a_long_abstract_is_led_by_its_central_sentence() -> None:
    card = led(LONG)
    assert [span.text for span in card.lead] == [CENTRAL]
    assert (card.rest, card.rest_label) == (LONG.strip(), "Abstract")


def test_a_summary_comes_first_and_a_short_abstract_stays_whole() -> None:
    assert [span.text for span in led(LONG, written="A model says so.").lead] == ["A model says so."]
    assert [span.text for span in led(LONG, summary="Told in short.").lead] == ["Told in short."]
    short = led(BEGINNING)
    assert [span.text for span in short.lead] == [BEGINNING.strip()]
    assert not short.rest
    assert not led("").lead
