"""Title hashes: the index keys for finding a paper by its title. Pure.

The database stores hashes of normalised titles, so `normalise_title` may change only with a migration.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from broadsheet.catalogue.dedup.titles import is_generic
from broadsheet.kit.text import fold

__all__ = [
    "SHORT_TITLE",
    "first_field",
    "first_page",
    "gram_hashes",
    "hashes_at",
    "normalise_title",
    "title_grams",
    "title_hashes",
]

SHORT_TITLE = 4  # words; a shorter title is weak evidence
_MIN_GRAMS = 9  # a set with fewer 3-grams reaches the threshold only with an equal one
_FIRST_NUMBER = re.compile(r"\d+")


def normalise_title(text: str) -> str:
    """The folded words of a title with single spaces between them."""
    return fold(text)


@lru_cache(maxsize=8192)  # the same titles recur within a batch
def title_grams(title: str) -> frozenset[str]:
    """The word 3-grams of a normalised title; none if it has fewer than four words."""
    words = title.split()
    if len(words) < SHORT_TITLE:
        return frozenset()
    return frozenset([f"{a} {b} {c}" for a, b, c in zip(words, words[1:], words[2:], strict=False)])


def title_hashes(title: str, extra: Mapping[str, Any]) -> list[int]:
    """The hashes by which a title is looked up: of the whole title, and of grams that any similar title must share.

    A generic heading has one hash, of the title with volume and page; without a page it has none.
    """
    if is_generic(title):
        return hashes_at(title, first_field(extra, "volume"), first_page(extra))
    return hashes_at(title)


def hashes_at(title: str, volume: str = "", page: str = "") -> list[int]:
    """The hashes of a normalised title; a generic heading is hashed with its volume and page."""
    joined_title = title.replace(" ", "")
    if is_generic(title):
        return [zlib.crc32(f"{joined_title}|{volume}|{page}".encode())] if page else []
    whole = zlib.crc32(joined_title.encode())
    if title.count(" ") <= _MIN_GRAMS:  # n words have n - 2 grams at most
        return [whole]
    grams = title_grams(title)
    return [whole, *(gram_hashes(grams) if len(grams) >= _MIN_GRAMS else ())]


def gram_hashes(grams: frozenset[str]) -> list[int]:
    """The hashes of a gram set's prefix: its first |G| - ceil(0.9 |G|) + 1 grams in a fixed order.

    Prefix filtering: in any fixed order, two sets with Jaccard >= 0.9 share at least one gram of their prefixes. Long
    grams come first because they are rare and give few false candidates ("a survey of" comes last).
    """
    if not grams:
        return []
    longest_first = sorted(sorted(grams), key=len, reverse=True)
    return [zlib.crc32(gram.encode()) for gram in longest_first[: len(grams) - (9 * len(grams) + 9) // 10 + 1]]


def first_page(extra: Mapping[str, Any]) -> str:
    """The first page or the article number, folded; "" if the record has neither."""
    pages = first_field(extra, "pages", "article_number")
    first = _FIRST_NUMBER.search(pages)
    return first[0] if first else pages


def first_field(extra: Mapping[str, Any], *keys: str) -> str:
    """The value of the first of these fields that is set, folded and without leading zeros."""
    value = next((extra[key] for key in keys if extra.get(key) not in (None, "")), "")
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return fold(str(value)).lstrip("0")
