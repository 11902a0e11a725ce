"""A small invented world with known right answers: four topics, each with words that no other topic has.

Paper n of a topic is about two of the topic's six subjects, by two of its four authors, in one of its two venues,
in one of the years 2015 to 2026. No line of it is anybody's but ours.
"""

from __future__ import annotations

import random
import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from broadsheet.kit.paper import Identifiers, Paper, Person, Record
from broadsheet.pipeline.library import Library
from broadsheet.pipeline.records import FeedPage, SearchPage

EACH = 30  # papers a topic
FIRST_YEAR, YEARS = 2015, 12
SOURCE = "invented"
_FILLER = ("study", "method", "result", "sample", "careful", "small", "large", "simple", "season", "evidence")


@dataclass(frozen=True, slots=True)
class Topic:
    """What its papers are about; `subjects` occur in no other topic."""

    name: str
    subjects: tuple[str, ...]
    families: tuple[str, ...]
    venues: tuple[str, ...]


BEES = Topic(
    "bees",
    ("honeycomb", "pollen", "swarming", "nectar", "beehive", "bumblebee"),
    ("Apis", "Drohne", "Imker", "Wabe"),
    ("Journal of Apiaries", "Meadow Letters"),
)
SHIPS = Topic(
    "ships",
    ("rudder", "keel", "harbour", "anchor", "galleon", "mooring"),
    ("Mast", "Segel", "Lotse", "Boje"),
    ("Harbour Review", "Tidal Letters"),
)
CLOCKS = Topic(
    "clocks",
    ("pendulum", "escapement", "mainspring", "sundial", "chronometer", "balance wheel"),
    ("Zeiger", "Feder", "Anker", "Unruh"),
    ("Annals of Horology", "Clockwork Notes"),
)
BREAD = Topic(
    "bread",
    ("sourdough", "rye", "kneading", "leaven", "crust", "oven spring"),
    ("Laib", "Krume", "Kruste", "Ofen"),
    ("Bakery Science", "Crumb Letters"),
)
TOPICS = (BEES, SHIPS, CLOCKS, BREAD)


def key(topic: Topic, n: int) -> str:
    """The id under which paper n of a topic arrives."""
    return f"{topic.name}-{n}"


def day(topic: Topic, n: int) -> date:
    """Years take turns; no two of the first 36 papers of the topics share a month."""
    return date(FIRST_YEAR + n % YEARS, 1 + (n // YEARS * 4 + TOPICS.index(topic)) % 12, 1 + n % 27)


def paper(topic: Topic, n: int, note: str = "") -> Paper:
    """Paper n of a topic; `note` is added to its abstract."""
    chance = random.Random(f"{topic.name} {n}")
    first, second = topic.subjects[n % 6], topic.subjects[(n + 1 + n // 6) % 6]
    words = [*chance.choices(_FILLER, k=14), *[first] * 3, *[second] * 2, *chance.choices(topic.subjects, k=2)]
    chance.shuffle(words)
    born = day(topic, n)
    return Paper(
        f"{first.capitalize()} and {second}, {topic.name} report {n}",
        f"{' '.join(words).capitalize()}. {note}".strip(),
        tuple(Person(f"{given} {topic.families[(n + i) % 4]}") for i, given in enumerate(("Ada", "Jörg"))),
        Identifiers(arxiv=f"{born:%y%m}.{TOPICS.index(topic) * 1000 + n:05d}"),
        born.year,
        topic.venues[n % 2],
        "article",
        submitted=born,
    )


def record(topic: Topic, n: int, note: str = "") -> Record:
    """As it arrives."""
    return Record(paper(topic, n, note), SOURCE, key(topic, n), f"{SOURCE}:{key(topic, n)}")


def records(topics: Iterable[Topic] = TOPICS, count: int = EACH) -> list[Record]:
    """The first `count` papers of every topic, topics taking turns."""
    topics = tuple(topics)
    return [record(topic, n) for n in range(count) for topic in topics]


def keys(found: SearchPage | FeedPage) -> list[str]:
    """The source ids of a page in its order."""
    items = found.results if isinstance(found, SearchPage) else found.items
    return [item.stored.source_ids[0][1] for item in items]


def topics_of(found: Iterable[str]) -> list[str]:
    """The topic of each source id."""
    return [name.partition("-")[0] for name in found]


def act(library: Library, action: str, *papers: str, reader: str = "me") -> None:
    """The same action on several papers."""
    for which in papers:
        library.act(reader, which, action)


def events(library: Library) -> list[tuple[str, int, int | None, str]]:
    """(kind, paper, position, policy) of every event in the catalogue's file, oldest first."""
    with closing(sqlite3.connect(Path(library.path) / "catalogue.db")) as connection:
        return connection.execute("SELECT kind, paper_id, position, policy FROM events ORDER BY id").fetchall()
