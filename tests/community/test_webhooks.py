"""Closed days posted to a real server on loopback, in the shapes that chats take."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from broadsheet.community import Community
from broadsheet.community.mail.shapes import SHAPES, Post, PostItem
from broadsheet.community.scheduler import Scheduler
from broadsheet.kit.errors import UsageError
from tests.community.chat import Chat, chatting
from tests.community.mailing import Clock, enter, mailing
from tests.community.relay import Sink


@pytest.fixture
def chat() -> Iterator[Chat]:
    with chatting() as running:
        yield running


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def community(tmp_path: Path, clock: Clock) -> Iterator[Community]:
    with mailing(tmp_path, Sink(port=1), clock, 'webhooks = "any"') as made:
        yield made


def close_a_day(community: Community, clock: Clock, *numbers: int) -> list[str]:
    """Enter papers and close their day."""
    enter(community, *numbers)
    clock.tomorrow(hour=0)
    return Scheduler(community).run()


def test_a_closed_day_is_posted_once(community: Community, clock: Clock, chat: Chat) -> None:
    community.mail.posting().add("lab", chat.url, "slack")
    lines = close_a_day(community, clock, 1, 2)
    assert "webhooks: 1 queued" in lines
    for _ in range(3):
        Scheduler(community).run()
        community.mail.deliver()
    (told,) = chat.told
    assert told["blocks"][0]["text"]["text"] == "Daily kelp, 29 June"
    assert len(told["blocks"]) == 4
    assert "<https://papers.example.org/paper/" in told["blocks"][1]["text"]["text"]


def test_a_chat_that_is_down_is_asked_again(community: Community, clock: Clock, chat: Chat) -> None:
    community.mail.posting().add("lab", chat.url, "mattermost")
    close_a_day(community, clock, 1)
    chat.answers[:] = [503, 429]
    for result in ("deferred", "deferred", "sent"):
        assert dict(community.mail.deliver().counts) == {result: 1}
        clock.now += timedelta(minutes=20)
    assert len(chat.told) == 1


@pytest.mark.parametrize(("answer", "result"), [(404, "refused"), (302, "refused"), (0, "unknown")])
def test_what_is_refused_or_perhaps_posted_is_not_repeated(
    community: Community, clock: Clock, chat: Chat, answer: int, result: str
) -> None:
    community.mail.posting().add("lab", chat.url, "discord")
    close_a_day(community, clock, 1)
    chat.answers[:] = [answer]
    assert dict(community.mail.deliver().counts) == {result: 1}
    clock.now += timedelta(hours=12)
    assert community.mail.deliver().counts.total() == 0
    assert len(chat.told) == (answer == 0)


def test_without_permission_only_public_addresses_are_posted_to(tmp_path: Path, clock: Clock, chat: Chat) -> None:
    with mailing(tmp_path, Sink(port=1), clock) as community:
        for name, url in (("own", chat.url), ("cloud", "http://169.254.169.254/latest"), ("v6", "http://[::1]:1/")):
            community.mail.posting().add(name, url, "slack")
        close_a_day(community, clock, 1)
        assert dict(community.mail.deliver().counts) == {"refused": 3}
        assert {one.error.partition(": ")[2] for one in community.mail.queue.listed("dead")} == {
            "not a public address; refused"
        }
    assert chat.told == []


@pytest.mark.parametrize(
    ("name", "url", "shape"),
    [
        ("a b", "https://example.org/x", "slack"),
        ("lab", "ftp://example.org/x", "slack"),
        ("lab", "https://user:word@example.org/x", "slack"),
        ("lab", "https:///x", "slack"),
        ("lab", "https://example.org/x", "teams"),
        ("lab", "https://[::1", "slack"),
    ],
)
def test_an_impossible_webhook_is_refused(community: Community, name: str, url: str, shape: str) -> None:
    with pytest.raises(UsageError):
        community.mail.posting().add(name, url, shape)
    assert community.library.catalogue.community.webhooks.all() == []


def test_a_new_webhook_is_told_of_days_that_close_from_now_on(community: Community, clock: Clock, chat: Chat) -> None:
    close_a_day(community, clock, 1)
    clock.now += timedelta(hours=1)
    community.mail.posting().add("lab", chat.url, "slack")
    Scheduler(community).run()
    community.mail.deliver()
    assert chat.told == []
    assert community.mail.posting().test("lab") == "200 ok"
    assert community.library.catalogue.community.webhooks.remove("lab")
    assert not community.library.catalogue.community.webhooks.remove("lab")


def test_every_shape_stays_within_its_limits_and_calls_nobody() -> None:
    title = "@everyone <!channel> [x](http://evil.example) `code` *bold* " + "long " * 200
    post = Post(
        title, "https://papers.example.org/", [PostItem(title, "https://papers.example.org/paper/1", title)] * 90
    )
    slack, mattermost, discord = (SHAPES[name](post) for name in ("slack", "mattermost", "discord"))
    assert len(slack["blocks"]) == 50
    assert all(len(block["text"]["text"]) <= 3000 for block in slack["blocks"])
    assert len(slack["blocks"][0]["text"]["text"]) <= 150
    assert "<!" not in json.dumps(slack["blocks"][1:])
    assert len(mattermost["text"]) <= 16_383
    assert "@everyone" not in mattermost["text"]
    assert "[x](http" not in mattermost["text"]
    assert len(discord["content"]) <= 2000
    assert len(discord["embeds"]) <= 10
    sizes = [(len(one["title"]), len(one["description"])) for one in discord["embeds"]]
    assert all(title <= 256 and text <= 4096 for title, text in sizes)
    assert sum(map(sum, sizes)) <= 6000
    assert discord["allowed_mentions"] == {"parse": []}
