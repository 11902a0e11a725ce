"""A closed day in the shapes that chats take, each within its limits. Nothing in a title can call the whole room."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from broadsheet.community.mail.mime import one_line
from broadsheet.kit.errors import UsageError

__all__ = ["SHAPES", "Post", "PostItem", "byline", "require_hook"]

SLACK_SECTION, SLACK_HEADER, SLACK_BLOCKS = 3000, 150, 50
MATTERMOST = 16_000  # of 16,383 characters
DISCORD_TITLE, DISCORD_TEXT, DISCORD_EMBEDS, DISCORD_ALL = 256, 500, 10, 5800  # of 6,000 in all
_TITLE, _LINE = 250, 300
_LONGEST_URL = 2000
_AUTHORS = 4  # that are named


@dataclass(frozen=True, slots=True)
class PostItem:
    """A paper in a post."""

    title: str
    url: str
    line: str  # authors and votes


@dataclass(frozen=True, slots=True)
class Post:
    """What is posted."""

    title: str
    url: str
    items: Sequence[PostItem]


def _slack(post: Post) -> dict[str, Any]:
    lines = [f"*<{item.url}|{_slack_text(item.title)}>*\n{_slack_text(item.line)}" for item in post.items]
    sections = [
        {"type": "section", "text": {"type": "mrkdwn", "text": line[:SLACK_SECTION]}}
        for line in lines[: SLACK_BLOCKS - 2]
    ]
    header = {"type": "header", "text": {"type": "plain_text", "text": one_line(post.title, SLACK_HEADER)}}
    more = {"type": "section", "text": {"type": "mrkdwn", "text": f"<{post.url}|The whole day>"}}
    return {
        "text": _slack_text(one_line(post.title, _TITLE)),
        "blocks": [header, *sections, more],
        "unfurl_links": False,
        "unfurl_media": False,
    }


def _mattermost(post: Post) -> dict[str, Any]:
    text = f"#### [{_markdown(one_line(post.title, _TITLE))}]({post.url})"
    for at, item in enumerate(post.items, 1):
        entry = f"\n{at}. **[{_markdown(item.title)}]({item.url})**\n   {_markdown(item.line)}"
        if len(text) + len(entry) > MATTERMOST:
            break
        text += entry
    return {"text": text}


def _discord(post: Post) -> dict[str, Any]:
    embeds, size = [], 0
    for item in post.items[:DISCORD_EMBEDS]:
        title, text = one_line(item.title, DISCORD_TITLE), _markdown(one_line(item.line, DISCORD_TEXT))
        size += len(title) + len(text)
        if size > DISCORD_ALL:
            break
        embeds.append({"title": title, "url": item.url, "description": text})
    content = f"**{_markdown(one_line(post.title, _TITLE))}** {post.url}"
    return {"content": content, "embeds": embeds, "allowed_mentions": {"parse": []}}


def _json(post: Post) -> dict[str, Any]:
    items = [
        {"title": one_line(item.title, _TITLE), "url": item.url, "line": one_line(item.line, _LINE)}
        for item in post.items
    ]
    return {"title": one_line(post.title, _TITLE), "url": post.url, "items": items}


def _slack_text(text: str) -> str:
    """Text that Slack shows as it is."""
    return one_line(text, _LINE).replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def _markdown(text: str) -> str:
    """Text that Markdown shows as it is; a mention is broken by a space of no width."""
    return re.sub(r"([\\`*_{}\[\]()#+|<>~!-])", r"\\\1", one_line(text, _LINE)).replace("@", "@\u200b")


SHAPES: Mapping[str, Callable[[Post], dict[str, Any]]] = {
    "slack": _slack,
    "mattermost": _mattermost,
    "discord": _discord,
    "json": _json,
}


def byline(names: Sequence[str]) -> str:
    """The first authors of a paper, for a post."""
    return ", ".join(names[:_AUTHORS]) + (" and others" if len(names) > _AUTHORS else "")


def require_hook(url: str, shape: str) -> None:
    """Raise UsageError for what is no address of a webhook, or no shape."""
    try:
        parts = urlsplit(url)
        is_address = parts.scheme in {"http", "https"} and bool(parts.hostname) and not parts.username
    except ValueError:
        is_address = False
    if not is_address or len(url) > _LONGEST_URL or not url.isprintable() or " " in url:
        raise UsageError("the address of a webhook begins with https:// and has no name or password in it")
    if shape not in SHAPES:
        raise UsageError(f"{shape[:40]!r} is no shape; there are {', '.join(SHAPES)}")
