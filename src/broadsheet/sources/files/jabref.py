"""JabRef's groups: the tree in a comment of a .bib file, and the same tree made of the names of collections.

    @Comment{jabref-meta: grouping:
    0 AllEntriesGroup:;
    1 StaticGroup:Reading\\;0\\;1\\;\\;\\;\\;;
    2 StaticGroup:Search\\;0\\;1\\;\\;\\;\\;;
    }

An entry names its groups in the field `groups`. A group within another is one collection, "Reading / Search".
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from broadsheet.sources.text.clean import clean

__all__ = ["BETWEEN", "Groups", "group_name", "grouping", "read_groups"]

BETWEEN = " / "
_COMMENT = re.compile(r"@comment\s*\{\s*jabref-meta:\s*grouping:\s*(.*?)\n?\}\s*(?:\n|$)", re.IGNORECASE | re.DOTALL)
_NODE = re.compile(r"\s*(\d{1,3})\s+(\w+Group):(.*)", re.DOTALL)
_MOST = 10_000  # groups


@dataclass(frozen=True, slots=True)
class Groups:
    """The groups of a file: their paths by name, by the keys they list, and by the keyword they stand for."""

    paths: Mapping[str, str] = field(default_factory=dict)
    by_key: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    by_keyword: Mapping[str, tuple[str, ...]] = field(default_factory=dict)  # in lower case

    def of(self, key: str, groups: str, keywords: Iterable[str]) -> tuple[str, ...]:
        """The paths of an entry's groups, each once; `groups` is its field of that name."""
        named = [name for part in groups.split(",") if (name := clean(part))]
        paths = [self.paths.get(name, name) for name in named]
        paths += self.by_key.get(key, ())
        paths += [path for word in keywords for path in self.by_keyword.get(word.lower(), ())]
        return tuple(dict.fromkeys(paths))


def read_groups(text: str) -> Groups:
    """The groups of a file; none where it has no tree, or one that cannot be read."""
    comment = _COMMENT.search(text)
    if not comment:
        return Groups()
    paths: dict[str, str] = {}
    by_key: dict[str, list[str]] = {}
    by_keyword: dict[str, list[str]] = {}
    above: list[str] = []
    # older versions break lines anywhere
    for node in re.split(r"(?<!\\);", comment[1].replace("\r", "").replace("\n", ""))[:_MOST]:
        match = _NODE.fullmatch(node)
        if not match or match[2] == "AllEntriesGroup":
            continue
        parts = [part.replace("\\\\", "\\") for part in re.split(r"\\;", match[3])]
        name, level = clean(parts[0]), int(match[1])
        if not name:
            continue
        above = [*above[: level - 1], name]
        path = BETWEEN.join(above)
        if match[2] in {"StaticGroup", "ExplicitGroup"}:
            paths.setdefault(name, path)
            for key in parts[2:] if match[2] == "ExplicitGroup" else ():
                if key:
                    by_key.setdefault(clean(key), []).append(path)
        elif match[2] == "KeywordGroup" and parts[2:3] == ["keywords"] and parts[5:6] != ["1"]:
            by_keyword.setdefault(clean(parts[3] if len(parts) > 3 else "").lower(), []).append(path)
    by_keyword.pop("", None)
    return Groups(paths, _frozen(by_key), _frozen(by_keyword))


def group_name(collection: str) -> str:
    """The name of the group that a collection is: what stands last in it."""
    return _plain(collection.rpartition(BETWEEN)[2] or collection)


def grouping(collections: Iterable[str]) -> str:
    """The comment with the tree of these collections; "" for none."""
    lines: list[str] = []
    seen: set[tuple[str, ...]] = set()
    for collection in sorted(set(collections)):
        parts = tuple(_plain(part) for part in collection.split(BETWEEN) if _plain(part))
        for depth in range(1, len(parts) + 1):
            if parts[:depth] not in seen:
                seen.add(parts[:depth])
                lines.append(f"{depth} StaticGroup:{parts[depth - 1]}" + r"\;0\;1\;\;\;\;;")
    if not lines:
        return ""
    return "\n".join(["@Comment{jabref-meta: grouping:", "0 AllEntriesGroup:;", *lines, "}\n"])


def _plain(name: str) -> str:
    """A name without what separates groups or closes the comment."""
    return clean(re.sub(r"[,;\\{}]", " ", name))


def _frozen(lists: Mapping[str, Sequence[str]]) -> dict[str, tuple[str, ...]]:
    return {name: tuple(values) for name, values in lists.items()}
