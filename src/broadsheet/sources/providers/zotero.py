"""Reads and writes a Zotero library by version 3 of its web API, or reads the same from a Zotero on this machine.

items since a version ──► pages of 100, oldest first ──► the next page, by the Link header
Every answer carries the version of the library; where that changes while pages are read, `versions` tells what is
missing. A key of access goes to Zotero's own host alone and is in no message.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, urlsplit

from broadsheet.kit.errors import SourceError
from broadsheet.sources.net.http import PoliteClient, Response
from broadsheet.sources.net.json_answers import json_again, json_of
from broadsheet.sources.net.rate_limit import Provider
from broadsheet.sources.text.clean import clean

__all__ = ["KEYS_AT_ONCE", "WRITTEN_AT_ONCE", "Created", "Rights", "ZoteroLibrary", "ZoteroPage", "providers", "rights"]

SIZE = 100  # items of a page, the most that Zotero gives
KEYS_AT_ONCE = 50  # items asked for by key
WRITTEN_AT_ONCE = 50
WEB, LOCAL = "zotero", "zotero-local"  # the providers
_REFUSED = frozenset({400, 403, 404, 409, 413})
_SAID = ("Zotero", "the next sync goes on here")  # of an answer that is cut
_LINK = re.compile(r'<([^<>]*)>\s*;\s*rel="?next"?')
_LIBRARY = re.compile(r"(local/)?(users|groups)/(\d{1,15})")
_WORDS = {
    400: "Zotero does not understand the request",
    403: "Zotero refuses the key: it was revoked, or may not do this; make another one and connect again",
    404: "Zotero has no such library, or does not show it to this key",
    409: "the library is locked; try again later",
    413: "Zotero refuses so many items at once",
}


@dataclass(frozen=True, slots=True)
class ZoteroPage:
    """One answer with items. `following` is where the next page begins; None at the end."""

    rows: tuple[dict[str, Any], ...]
    version: int  # of the library
    total: int
    following: int | None = None
    unchanged: bool = False  # nothing has changed since the version asked from


@dataclass(frozen=True, slots=True)
class Rights:
    """Whose key it is, and the libraries it reads and writes: "users/12", "groups/34"; "groups/all" for every group."""

    user_id: int
    name: str
    reads: frozenset[str]
    writes: frozenset[str]

    def may(self, libraries: frozenset[str], library: str) -> bool:
        """Whether a library is among some."""
        return library in libraries or (library.startswith("groups/") and "groups/all" in libraries)


@dataclass(frozen=True, slots=True)
class Created:
    """What became of items that were sent: by their position the new key and version, or the reason."""

    keys: Mapping[int, tuple[str, int]]
    failed: Mapping[int, str]
    version: int


def providers(web_url: str, local_url: str) -> dict[str, Provider]:
    """The queues of both; neither follows a redirect, and a Zotero that does not run here is not waited for."""
    return {
        WEB: Provider(WEB, (web_url,), 0.5, follows=False),
        LOCAL: Provider(LOCAL, (local_url,), 0.0, tries=1, park=0.0, follows=False, max_bytes=128 << 20),
    }


def rights(client: PoliteClient, url: str, key: str) -> Rights:
    """What a key may do. Raises SourceError where Zotero does not know it."""
    response = client.get(WEB, f"{url.rstrip('/')}/keys/current", headers=_headers(key), accept=_REFUSED)
    if response.status in {403, 404}:
        raise SourceError("Zotero does not know this key; copy it again from zotero.org/settings/keys")
    _refuse(response)
    answer = json_of(response, dict, *_SAID)
    user, access = answer.get("userID"), answer.get("access")
    if not isinstance(user, int):
        raise SourceError("Zotero does not say whose key this is; make one at zotero.org/settings/keys")
    sets: dict[str, set[str]] = {"library": set(), "write": set()}
    access = access if isinstance(access, dict) else {}
    for right, libraries in sets.items():
        own = access.get("user")
        if isinstance(own, dict) and own.get(right):
            libraries.add(f"users/{user}")
        groups = access.get("groups")
        for group, allowed in groups.items() if isinstance(groups, dict) else ():
            if isinstance(allowed, dict) and allowed.get(right):
                libraries.add(f"groups/{group}")
    return Rights(user, str(answer.get("username", ""))[:100], *map(frozenset, sets.values()))


class ZoteroLibrary:
    """One library, as `library` names it: users/12, groups/34, or local/users/0 at `url` on this machine."""

    def __init__(self, client: PoliteClient, url: str, library: str, *, key: str = "") -> None:
        match = _LIBRARY.fullmatch(library)
        if not match:
            raise SourceError(f"{library[:100]!r} names no Zotero library; it is users/NUMBER or groups/NUMBER")
        self._client = client
        self._provider = LOCAL if match[1] else WEB
        self._url = f"{url.rstrip('/')}/{match[2]}/{match[3]}"
        self._key = key

    def items(self, since: int, start: int) -> ZoteroPage:
        """The items changed since a version, the bin included, the oldest first, from position `start` on."""
        query = {"since": since, "limit": SIZE, "start": start, "sort": "dateAdded", "direction": "asc"}
        headers = {"If-Modified-Since-Version": str(since)} if since and not start else {}
        return self._page("items", {**query, "includeTrashed": 1}, headers)

    def items_of(self, keys: Sequence[str]) -> ZoteroPage:
        """These items, at most KEYS_AT_ONCE."""
        return self._page("items", {"itemKey": ",".join(keys), "limit": SIZE, "includeTrashed": 1}, {})

    def versions(self, since: int) -> tuple[dict[str, int], int]:
        """The version of each item changed since a version, and the version of the library."""
        response = self._get("items", {"since": since, "format": "versions", "includeTrashed": 1}, {})
        answer = json_of(response, dict, *_SAID)
        return {key: value for key, value in answer.items() if isinstance(value, int)}, _version(response)

    def collections(self, since: int) -> tuple[dict[str, Any], ...] | None:
        """The collections changed since a version; None where nothing at all in the library has changed."""
        rows: tuple[dict[str, Any], ...] = ()
        start: int | None = 0
        headers = {"If-Modified-Since-Version": str(since)} if since else {}
        while start is not None:
            page = self._page("collections", {"since": since, "limit": SIZE, "start": start}, headers)
            if page.unchanged:
                return None
            rows, start, headers = rows + page.rows, page.following, {}
        return rows

    def deleted(self, since: int) -> tuple[list[str], list[str]] | None:
        """The keys of (items, collections) deleted since a version; None from a Zotero that does not tell."""
        response = self._get("deleted", {"since": since}, {}, accept=frozenset({404, 501}))
        if response.status in {404, 501}:
            return None
        answer = json_of(response, dict, *_SAID)
        items, collections = (answer.get(name) for name in ("items", "collections"))
        return _texts(items), _texts(collections)

    def keys(self, what: str) -> set[str]:
        """The keys of all "items", the bin included, or of all "collections"."""
        query = {"format": "versions", **({"includeTrashed": 1} if what == "items" else {})}
        return set(json_of(self._get(what, query, {}), dict, *_SAID))

    def create_collection(self, name: str, token: str) -> str:
        """Make a collection; returns its key. `token` makes a repeated request one."""
        created = self._send("collections", [{"name": name, "parentCollection": False}], token)
        if created is None or 0 not in created.keys:
            why = created.failed.get(0, "no reason given") if created else "it was asked for twice"
            raise SourceError(f"Zotero did not make the collection {name!r}: {why}")
        return created.keys[0][0]

    def create(self, items: Sequence[Mapping[str, Any]], version: int, token: str) -> Created | None:
        """Make items where the library still has this version; None where it has another one. `token` as above."""
        return self._send("items", items, token, version)

    def _send(self, what: str, content: Any, token: str, version: int | None = None) -> Created | None:
        headers = {**_headers(self._key), "Zotero-Write-Token": token}
        headers |= {"If-Unmodified-Since-Version": str(version)} if version is not None else {}
        url = f"{self._url}/{what}"
        response = self._client.post_json(self._provider, url, content, headers=headers, accept={412, *_REFUSED})
        if response.status == 412:
            return None
        _refuse(response)
        answer = json_of(response, dict, *_SAID)
        made = {int(at): one for name in ("success", "unchanged") for at, one in _items(answer.get(name))}
        rows = {int(at): one for at, one in _items(answer.get("successful")) if isinstance(one, dict)}
        keys = {at: (str(key), _number(rows.get(at, {}).get("version"))) for at, key in made.items()}
        keys |= {at: (str(row.get("key", "")), _number(row.get("version"))) for at, row in rows.items()}
        failed = {
            int(at): clean(str(one.get("message", "") if isinstance(one, dict) else one))[:300]
            for at, one in _items(answer.get("failed"))
        }
        return Created(keys, failed, _version(response))

    def _page(self, what: str, query: Mapping[str, Any], headers: Mapping[str, str]) -> ZoteroPage:
        response, values = json_again(lambda: self._get(what, query, headers), list, *_SAID, without={304})
        version = _version(response)
        if values is None:
            return ZoteroPage((), version, 0, unchanged=True)
        link = _LINK.search(response.headers.get("link", ""))
        following = parse_qs(urlsplit(link[1]).query).get("start", [""])[0] if link else ""
        start = int(following) if following.isascii() and following.isdigit() and len(following) < 10 else 0
        is_next = start > int(query.get("start", 0))
        total = _number(response.headers.get("total-results"))
        return ZoteroPage(_rows(values), version, total, start if is_next else None)

    def _get(
        self,
        what: str,
        query: Mapping[str, Any],
        headers: Mapping[str, str],
        accept: frozenset[int] = frozenset(),
    ) -> Response:
        url, texts = f"{self._url}/{what}", {name: str(value) for name, value in query.items()}
        sent = {**_headers(self._key), **headers}
        response = self._client.get(self._provider, url, texts, headers=sent, accept=_REFUSED | accept)
        if response.status not in accept:
            _refuse(response)
        return response


def _headers(key: str) -> dict[str, str]:
    return {"Zotero-API-Version": "3", **({"Zotero-API-Key": key} if key else {})}


def _refuse(response: Response) -> None:
    if response.status in _REFUSED:
        text = (response.body or b"")[:200].decode("utf-8", "replace").strip()
        is_plain = text.isprintable() and not text.startswith("<")
        raise SourceError(_WORDS[response.status] + (f" ({text})" if text and is_plain else ""))


def _rows(values: Sequence[Any]) -> tuple[dict[str, Any], ...]:
    return tuple(one for one in values if isinstance(one, dict))


def _items(value: Any) -> list[tuple[str, Any]]:
    pairs = value.items() if isinstance(value, dict) else ()
    return [(at, one) for at, one in pairs if at.isascii() and at.isdigit() and len(at) < 6]


def _texts(value: Any) -> list[str]:
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []


def _version(response: Response) -> int:
    return _number(response.headers.get("last-modified-version"))


def _number(value: Any) -> int:
    if isinstance(value, str):
        return int(value) if value.isascii() and value.isdigit() and len(value) < 16 else 0
    return value if isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**53 else 0
