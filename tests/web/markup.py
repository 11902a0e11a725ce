"""Reads a page the way a strict reviewer would."""

from __future__ import annotations

import re
from html.parser import HTMLParser

VOID = frozenset(["area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"])
NAMED_ELSEWHERE = frozenset({"hidden", "submit"})


# the bookmark to be dragged from the page: it runs on other pages alone, and holds nothing but our own address
BOOKMARK = re.compile(r"javascript:void\(open\('https?://[\w.:-]+/add\?url='\+encodeURIComponent\(location\.href\)\)\)")


class Page(HTMLParser):
    """Elements, text and faults of one page."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.faults: list[str] = []
        self._open: list[str] = []
        self._label_depth = 0
        self.feed(text)
        self.close()
        if self._open:
            self.faults.append(f"left open: {self._open}")
        self._judge()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if "label" in self._open:
            found["in-label"] = "yes"
        self.elements.append((tag, found))
        if tag not in VOID and "svg" not in self._open:
            self._open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        if "svg" in self._open and tag != "svg":
            return
        if tag in VOID:
            self.faults.append(f"</{tag}> closes a void element")
        elif not self._open or self._open.pop() != tag:
            self.faults.append(f"</{tag}> closes another element")

    def handle_data(self, data: str) -> None:
        if self._open and self._open[-1] in ("script", "style") and data.strip():
            self.faults.append(f"inline {self._open[-1]}")

    def all(self, tag: str, **wanted: str) -> list[dict[str, str]]:
        """Attributes of every such element."""
        return [a for t, a in self.elements if t == tag and all(a.get(k) == v for k, v in wanted.items())]

    def meta(self, name: str) -> list[str]:
        """Contents of the meta elements of this name."""
        return [a["content"] for a in self.all("meta", name=name)]

    def _judge(self) -> None:
        tags = [tag for tag, _ in self.elements]
        for tag in ("h1", "main", "title"):
            if tags.count(tag) != 1:
                self.faults.append(f"{tags.count(tag)} {tag} elements")
        ids = [a["id"] for _, a in self.elements if "id" in a]
        self.faults += [f"id {i!r} twice" for i in set(ids) if ids.count(i) > 1]
        labelled = {a.get("for") for a in self.all("label")}
        for tag, a in self.elements:
            if tag in ("input", "textarea", "select") and a.get("type") not in NAMED_ELSEWHERE:
                named = a.get("id") in labelled or "aria-label" in a or "in-label" in a
                if not named:
                    self.faults.append(f"unlabelled {tag} {a}")
            self.faults += [f"inline {name} on {tag}" for name in a if name == "style" or name.startswith("on")]
            loaded = a.get("src") or (a.get("href") if tag == "link" and a.get("rel") != "canonical" else None)
            if loaded and not loaded.startswith("/"):
                self.faults.append(f"{tag} loads {loaded}")
            href = a.get("href", "")
            if href and not href.startswith(("/", "#", "http://", "https://")) and not BOOKMARK.fullmatch(href):
                self.faults.append(f"{tag} links {href}")
            is_picture = tag == "img" and (loaded or "").startswith("/pictures/") and "alt" in a
            if tag in ("img", "iframe", "object", "embed") and not is_picture:
                self.faults.append(f"a {tag} element")
