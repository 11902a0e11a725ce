"""Tags and links that members add to papers, for everybody. Whoever added one may take it back, and a curator may."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection
from enum import StrEnum
from urllib.parse import urlsplit, urlunsplit

from broadsheet.catalogue.community.annotations import PaperLink, PaperTag
from broadsheet.catalogue.paper_row import clean_text
from broadsheet.community.actor import Actor, Role
from broadsheet.community.participation import author_of, limited, line, reason
from broadsheet.kit.errors import UsageError
from broadsheet.kit.web_address import web_url
from broadsheet.pipeline.library import Library

__all__ = ["Annotations", "LinkKind", "link_url", "tag_name"]

LONGEST_TAG = 60  # characters, and so below
LONGEST_URL = 1000
LONGEST_TITLE = 120
_MOST_TAGS = 20  # of a paper
_MOST_LINKS = 40
_TAG = re.compile(r"[\w+#&.,:()' -]+")
_ODD_HOST = re.compile(r"[^a-z0-9.:\[\]-]")


class LinkKind(StrEnum):
    """What a link of a paper leads to."""

    code = "code"
    project = "project"
    model = "model"
    dataset = "dataset"
    demo = "demo"
    video = "video"
    other = "other"


def tag_name(text: str) -> str:
    """A tag in its one spelling: small letters, single spaces. Raises UsageError with the rule."""
    name = " ".join(unicodedata.normalize("NFKC", clean_text(text)).casefold().split())
    if not 0 < len(name) <= LONGEST_TAG or not _TAG.fullmatch(name) or not any(map(str.isalnum, name)):
        raise UsageError(
            f"{text.strip()[:LONGEST_TAG]!r} cannot be a tag: it has 1 to {LONGEST_TAG} letters, digits, spaces and "
            "some of + # & . , : ( ) ' - _"
        )
    return name


def link_url(text: str) -> str:
    """An address that a browser may safely follow, its host in plain letters. It is not visited. Raises UsageError."""
    text = text.strip()
    url = web_url(text) if text.isprintable() and not re.search(r"[\s\\<>\"']", text) else ""
    if not url or len(url) > LONGEST_URL:
        raise UsageError(f"{text[:100]!r} is not an address such as https://example.org/code")
    parts = urlsplit(url)
    try:
        port = f":{parts.port}" if parts.port is not None else ""
        host = (parts.hostname or "").encode("idna").decode()
    except ValueError:
        raise UsageError(f"{text[:100]!r} has no host that can be reached") from None
    if _ODD_HOST.search(host):
        raise UsageError(f"{text[:100]!r} has no host that can be reached")
    host = f"[{host}]" if ":" in host else host
    return urlunsplit(parts._replace(scheme=parts.scheme.lower(), netloc=host + port))


class Annotations:
    """Tags and links over a library."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._stored = library.catalogue.community.annotations

    # Tags -------------------------------------------------------------------------------------------------------

    def tags(self, paper_id: int) -> list[PaperTag]:
        """The tags of a paper by name."""
        return self._stored.tags(paper_id)

    def tag_counts(self, among: Collection[int] | None = None) -> list[tuple[str, int]]:
        """Every tag with the number of its papers, or of those `among` these, the most used first."""
        return self._stored.tag_counts(among)

    def tagged(self, name: str) -> list[int]:
        """The papers with a tag, in any spelling, the one tagged last first. Raises UsageError."""
        return self._stored.tagged(tag_name(name))

    def add_tag(self, actor: Actor, paper_id: int, name: str) -> str:
        """Put a tag on a paper; returns its one spelling. Raises UsageError, RateLimited, UnknownPaper."""
        author, name = author_of(self._library, actor), tag_name(name)
        limited(self._library, "annotation of", author, self._library.settings.discussion.annotations_an_hour)
        self._stored.add_tag(paper_id, name, author.account_id, _MOST_TAGS)
        return name

    def remove_tag(self, actor: Actor, paper_id: int, name: str, why: str = "") -> None:
        """Take a tag off a paper: one's own, or as a curator with a reason. Raises UsageError."""
        author, name = author_of(self._library, actor), tag_name(name)
        tag = next((tag for tag in self._stored.tags(paper_id) if tag.name == name), None)
        if tag is None:
            raise UsageError(f"the paper has no tag {name!r}")
        if tag.account_id == author.account_id:
            self._stored.remove_tag(paper_id, name)
        else:
            self._stored.remove_tag(paper_id, name, _curator(actor), reason(why))

    # Links ------------------------------------------------------------------------------------------------------

    def links(self, paper_id: int) -> list[PaperLink]:
        """The links of a paper, in the order of adding."""
        return self._stored.links(paper_id)

    def stars(self, paper_id: int) -> int | None:
        """The stars of a paper's code, where a place counts them."""
        return self._stored.stars(paper_id)

    def add_link(self, actor: Actor, paper_id: int, kind: str, url: str, title: str = "") -> str:
        """Add a link to a paper; returns its address. Raises UsageError, RateLimited, UnknownPaper."""
        if kind not in set(LinkKind):
            raise UsageError(f"no kind of link {kind[:40]!r}; there are {', '.join(LinkKind)}")
        author, url, title = author_of(self._library, actor), link_url(url), line(title, LONGEST_TITLE, "a title")
        limited(self._library, "annotation of", author, self._library.settings.discussion.annotations_an_hour)
        by = "" if author.account_id is not None else actor.reader
        self._stored.add_link(paper_id, kind, url, title, by, author.account_id, _MOST_LINKS)
        return url

    def remove_link(self, actor: Actor, paper_id: int, link_id: int, why: str = "") -> None:
        """Take a link off a paper: one's own, or as a curator with a reason. Raises UsageError."""
        author_of(self._library, actor)  # who is suspended removes nothing
        link = next((link for link in self._stored.links(paper_id) if link.id == link_id), None)
        if link is None:
            raise UsageError(f"the paper has no link {link_id}")
        if self.is_own(actor, link):
            self._stored.remove_link(link, paper_id)
        else:
            self._stored.remove_link(link, paper_id, _curator(actor), reason(why))

    def is_own(self, actor: Actor, annotation: PaperTag | PaperLink) -> bool:
        """Whether `actor` added it; where there are no accounts the one reader owns everything."""
        return bool(actor.reader) and annotation.account_id == actor.account_id


def _curator(actor: Actor) -> str:
    if not actor.role.may(Role.curator):
        raise UsageError("somebody else added this; report it, and a curator decides")
    return actor.reader
